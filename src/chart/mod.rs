//! Pictures of a result: SVG by plotters, and the same in pixels by resvg. Bytes in, bytes out; no I/O here.
//!
//! `run` and `plot` give the same result files to [`draw_all`], so they draw the same pictures. A new chart is
//! one new file with a [`Chart`] and one line in [`CHARTS`].
//!
//! | floor | files |
//! |---|---|
//! | charts | `rates`, `outcomes`, `capacity`, `forecast`, `time_to_success`, `laws`, `cost` |
//! | charts of a comparison | [`comparison`] |
//! | charts of a sweep | [`sweep`] |
//! | around a plot | `page` (head), `panel` and `axis` (frame, ticks, causes, lines, areas), `label` (names at the right), `finding` (the title) |
//! | numbers | `data` and `table` (files in), `grid` (bins), `tally` and `spend` (sums), `trace` (one pair's lines), `readiness` (capacity against demand), `scale` (ranges, ticks, print) |
//! | ink | `canvas` (SVG), `png`, `text` (the typeface), `theme` (colours, sizes) |

mod axis;
mod canvas;
mod capacity;
pub mod comparison;
mod cost;
mod data;
mod error;
mod finding;
mod forecast;
mod grid;
mod label;
mod laws;
mod outcomes;
mod page;
mod panel;
mod png;
mod rates;
mod readiness;
#[cfg(test)]
mod samples;
mod scale;
mod spend;
pub mod sweep;
mod table;
mod tally;
mod text;
mod theme;
mod time_to_success;
mod trace;

use rayon::prelude::*;

pub use data::{Cause, Files, ModelHead, ResultData, Summary};
pub use error::ChartError;
pub use table::{Layout, Names, Table};

/// An SVG document and the sentence in its title.
pub type Drawing = (String, String);

/// A kind of picture.
pub trait Chart: Sync {
    /// File stem.
    fn name(&self) -> &'static str;

    /// One line for `list`.
    fn doc(&self) -> &'static str;

    /// The picture; none if the data hold nothing for it.
    ///
    /// # Errors
    /// The data contradict each other, or drawing failed.
    fn draw(&self, data: &ResultData) -> Result<Option<Drawing>, ChartError>;
}

/// Every chart there is, in the order they are listed and drawn.
pub const CHARTS: &[&dyn Chart] = &[
    &rates::Rates,
    &outcomes::Outcomes,
    &capacity::Capacity,
    &forecast::Forecast,
    &time_to_success::TimeToSuccess,
    &laws::Laws,
    &cost::Cost,
];

/// One finished picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// File stem: the chart's name.
    pub name: &'static str,
    /// SVG document.
    pub svg: String,
    /// The same at double size, PNG.
    pub png: Vec<u8>,
    /// The sentence in its title.
    pub finding: String,
}

/// Draws every chart the result has data for, in the order of [`CHARTS`]. The same bytes in give the same bytes
/// out, on any number of threads.
///
/// # Errors
/// The first thing wrong, with file, line and column.
pub fn draw_all(files: &Files<'_>) -> Result<Vec<Picture>, ChartError> {
    let data = ResultData::read(files)?;
    let pictures: Vec<Result<Option<Picture>, ChartError>> = CHARTS
        .par_iter()
        .map(|chart| {
            let Some((svg, finding)) = chart.draw(&data)? else { return Ok(None) };
            Ok(Some(Picture { name: chart.name(), png: png::render(&svg)?, svg, finding }))
        })
        .collect();
    pictures.into_iter().filter_map(Result::transpose).collect()
}

#[cfg(test)]
mod tests;
