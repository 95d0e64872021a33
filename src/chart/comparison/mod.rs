//! Pictures of a comparison: strategies beside each other.
//!
//! A strategy has one colour and dash in all of them, by its rank.

mod curves;
mod data;
mod outcome_bars;
mod ranking;
#[cfg(test)]
mod tests;
mod trajectories;
mod words;

use rayon::prelude::*;

use super::error::ChartError;
use super::{Drawing, Picture, png};
pub use data::{ComparisonData, ComparisonFiles};

/// A kind of picture of a comparison.
pub trait ComparisonChart: Sync {
    /// File stem.
    fn name(&self) -> &'static str;

    /// One line for `list`.
    fn doc(&self) -> &'static str;

    /// The picture; none if the data hold nothing for it.
    ///
    /// # Errors
    /// The data contradict each other, or drawing failed.
    fn draw(&self, data: &ComparisonData) -> Result<Option<Drawing>, ChartError>;
}

/// Every chart of a comparison, in the order they are listed and drawn.
pub const COMPARISON_CHARTS: &[&dyn ComparisonChart] =
    &[&ranking::Ranking, &curves::Curves, &outcome_bars::OutcomeBars, &trajectories::Trajectories];

/// Draws every chart the comparison has data for, in the order of [`COMPARISON_CHARTS`].
///
/// # Errors
/// The first thing wrong, with file, line and column.
pub fn draw_comparison(files: &ComparisonFiles<'_>) -> Result<Vec<Picture>, ChartError> {
    let data = ComparisonData::read(files)?;
    let pictures: Vec<Result<Option<Picture>, ChartError>> = COMPARISON_CHARTS
        .par_iter()
        .map(|chart| {
            let Some((svg, finding)) = chart.draw(&data)? else { return Ok(None) };
            Ok(Some(Picture { name: chart.name(), png: png::render(&svg)?, svg, finding }))
        })
        .collect();
    pictures.into_iter().filter_map(Result::transpose).collect()
}
