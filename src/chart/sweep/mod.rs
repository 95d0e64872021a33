//! Pictures of a sweep: one number over the parameters.

mod data;
mod heat_map;
mod pareto;
mod response;
#[cfg(test)]
mod tests;
mod words;

use rayon::prelude::*;

use super::error::ChartError;
use super::{Drawing, Picture, png};
pub use data::{SweepData, SweepFiles};

/// A kind of picture of a sweep.
pub trait SweepChart: Sync {
    /// File stem.
    fn name(&self) -> &'static str;

    /// One line for `list`.
    fn doc(&self) -> &'static str;

    /// The picture; none if the data hold nothing for it.
    ///
    /// # Errors
    /// The data contradict each other, or drawing failed.
    fn draw(&self, data: &SweepData) -> Result<Option<Drawing>, ChartError>;
}

/// Every chart of a sweep, in the order they are listed and drawn.
pub const SWEEP_CHARTS: &[&dyn SweepChart] = &[&heat_map::HeatMap, &response::Response, &pareto::Pareto];

/// Draws every chart the sweep has data for, in the order of [`SWEEP_CHARTS`].
///
/// # Errors
/// The first thing wrong, with file, line and column.
pub fn draw_sweep(files: &SweepFiles<'_>) -> Result<Vec<Picture>, ChartError> {
    let data = SweepData::read(files)?;
    let pictures: Vec<Result<Option<Picture>, ChartError>> = SWEEP_CHARTS
        .par_iter()
        .map(|chart| {
            let Some((svg, finding)) = chart.draw(&data)? else { return Ok(None) };
            Ok(Some(Picture { name: chart.name(), png: png::render(&svg)?, svg, finding }))
        })
        .collect();
    pictures.into_iter().filter_map(Result::transpose).collect()
}
