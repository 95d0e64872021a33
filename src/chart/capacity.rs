//! Capacity: for each model, replicas, utilisation and buffer wait on one time axis.

use std::collections::BTreeSet;

use plotters::style::RGBColor;

use super::axis::Axis;
use super::canvas::Canvas;
use super::data::ResultData;
use super::error::ChartError;
use super::finding::{self, CapacityFacts};
use super::grid::{self, Grid};
use super::label::{self, Key, Label};
use super::page;
use super::panel::{self, Frame, Heading, Panel};
use super::scale::{percent, short, span};
use super::tally;
use super::text;
use super::theme::{DRAINING, INK, MARGIN, NAME_MAX, READY, SECTION, STARTING, TITLE, WIDTH, solid};
use super::trace::Series;
use super::{Chart, Drawing};

/// Models shown at most, side by side.
const MODELS_MAX: usize = 3;
const GUTTER: f64 = 132.0;
/// Points over the width of the page.
const POINTS_MAX: usize = 480;
const HEIGHTS: [f64; 3] = [190.0, 140.0, 140.0];

/// The chart of capacity.
#[derive(Debug)]
pub struct Capacity;

/// One model at each point.
struct Fleet {
    name: String,
    /// Over the bins, not the points.
    facts: CapacityFacts,
    /// Most replicas in each state, over the bins.
    peaks: [f64; 3],
    /// Ready, starting, draining replicas.
    replicas: [Series; 3],
    utilization: Series,
    wait_s: Series,
    utilization_band: Option<[Series; 2]>,
    wait_band: Option<[Series; 2]>,
}

const STATES: [(&str, &str, RGBColor); 3] = [
    ("ready_replicas", "ready", READY),
    ("starting_replicas", "starting", STARTING),
    ("draining_replicas", "draining", DRAINING),
];

impl Chart for Capacity {
    fn name(&self) -> &'static str {
        "capacity"
    }

    fn doc(&self) -> &'static str {
        "replicas, utilisation and buffer wait per model"
    }

    fn draw(&self, data: &ResultData) -> Result<Option<Drawing>, ChartError> {
        if data.capacity.rows == 0 {
            return Ok(None);
        }
        let (picked, chosen) = tally::pick(&ranked(data), None, MODELS_MAX, ["models", "most attempts", ""]);
        let grid = Grid::of(data, POINTS_MAX / picked.len())?;
        let fleets: Vec<Fleet> = picked.iter().map(|model| fleet(data, &grid, *model)).collect();
        let finding = finding::capacity(&fleets.iter().map(|fleet| fleet.facts.clone()).collect::<Vec<_>>());
        let svg = picture(data, &grid, &fleets, &finding, &chosen)?;
        Ok(Some((svg, finding)))
    }
}

/// Models of the table: the most attempts first, then in order of appearance.
fn ranked(data: &ResultData) -> Vec<u32> {
    let present: BTreeSet<u32> = data.capacity.key(0).iter().copied().collect();
    let busy = tally::groups(data, &[2]).into_iter().map(|group| group.key[0]);
    let mut ranked: Vec<u32> = busy.filter(|model| present.contains(model)).collect();
    let used: BTreeSet<u32> = ranked.iter().copied().collect();
    ranked.extend(present.difference(&used));
    ranked
}

/// NaN, the table's "not defined", as none.
fn some(value: f64) -> Option<f64> {
    Some(value).filter(|value| !value.is_nan())
}

fn fleet(data: &ResultData, grid: &Grid, model: u32) -> Fleet {
    let (models, times) = (data.capacity.key(0), data.capacity.number("time_s"));
    let cells = |values: &[f64]| -> Vec<(f64, f64)> {
        (0..data.capacity.rows)
            .filter(|&row| models[row] == model)
            .map(|row| (times[row], values[row]))
            .collect()
    };
    let mean = |values: &[f64]| grid.mean(cells(values).into_iter());
    let max = |values: &[f64]| grid.max(cells(values).into_iter());
    let table = &data.capacity;
    let bins =
        |column: &str| -> Series { cells(table.number(column)).into_iter().map(|c| some(c.1)).collect() };
    let (ready, utilization) = (bins("ready_replicas"), bins("utilization"));
    let facts = CapacityFacts {
        name: text::fit(data.names.text(model), TITLE, NAME_MAX),
        ready: (ready.iter().flatten().copied().fold(grid::peak(&ready), f64::min), grid::peak(&ready)),
        utilization: (grid::mean(&utilization), grid::peak(&utilization)),
        wait_s_max: grid::peak(&bins("buffer_wait_mean_s")),
    };
    Fleet {
        facts,
        peaks: STATES.map(|(column, _, _)| grid::peak(&bins(column))),
        name: data.names.text(model).to_owned(),
        replicas: STATES.map(|(column, _, _)| mean(table.number(column))),
        utilization: mean(table.number("utilization")),
        wait_s: max(table.number("buffer_wait_mean_s")),
        utilization_band: table.band("utilization").map(|(low, high)| [low, high].map(mean)),
        wait_band: table.band("buffer_wait_mean_s").map(|(low, high)| [low, high].map(max)),
    }
}

fn picture(
    data: &ResultData,
    grid: &Grid,
    fleets: &[Fleet],
    finding: &str,
    chosen: &str,
) -> Result<String, ChartError> {
    let mut canvas = Canvas::new();
    let bands = fleets.iter().any(|fleet| fleet.utilization_band.is_some() || fleet.wait_band.is_some());
    let notes = [chosen, &page::band_note(&data.summary, bands)];
    let mut y = page::head(&mut canvas, &data.summary, Some(grid), finding, &notes)? + 22.0;
    let columns = fleets.len();
    let width = (WIDTH - 2.0 * MARGIN - GUTTER) / columns as f64;
    let x_axis = Axis::time(grid, 12 / columns);
    let axes = axes(fleets);
    if columns > 1 {
        y += 28.0;
    }
    for (row, height) in HEIGHTS.iter().enumerate() {
        y += panel::HEAD;
        for (column, fleet) in fleets.iter().enumerate() {
            let from = MARGIN + column as f64 * width;
            let right = from + width - if column + 1 == columns { 0.0 } else { 22.0 };
            if row == 0 && columns > 1 {
                panel::title(
                    &mut canvas,
                    (from, y - panel::HEAD - 4.0),
                    right - from,
                    (&fleet.name, SECTION),
                    "",
                )?;
            }
            let frame = Frame { left: from + panel::TICKS, top: y, right, bottom: y + height };
            let panel = Panel::over_time(frame, grid, &axes[row]);
            let causes = panel::causes(&data.summary, grid, None, Some(&fleet.name));
            panel.shade(&mut canvas, &causes, row == 0)?;
            panel.furnish(&mut canvas, &heading(fleet, row, grid), (&x_axis, &axes[row]), false)?;
            draw(&mut canvas, &panel, grid, fleet, (row, column + 1 == columns))?;
        }
        y += height + panel::FOOT + if row == 2 { panel::X_TITLE } else { 0.0 };
    }
    let about = format!("{finding}. Replicas, utilisation and buffer wait over simulated time.");
    Ok(canvas.finish(y + 14.0, finding, &about))
}

/// One axis per row, shared by the models.
fn axes(fleets: &[Fleet]) -> [Axis; 3] {
    let replicas = fleets.iter().flat_map(|fleet| stacked(fleet).pop().expect("three states"));
    let replicas = replicas.flatten().fold(0.0, f64::max);
    let utilization = fleets.iter().map(|fleet| grid::peak(&fleet.utilization)).fold(0.0, f64::max);
    let with_band = |fleet: &Fleet| {
        grid::peak(&fleet.wait_s).max(fleet.wait_band.as_ref().map_or(0.0, |b| grid::peak(&b[1])))
    };
    let wait = fleets.iter().map(with_band).fold(0.0, f64::max);
    [Axis::whole(replicas, 5), Axis::percent(utilization), Axis::from_zero(wait, 4)]
}

/// Sums of the replica states from below.
fn stacked(fleet: &Fleet) -> Vec<Series> {
    let mut sums: Vec<Series> = Vec::new();
    for state in &fleet.replicas {
        let below = sums.last();
        let sum = |(i, value): (usize, &Option<f64>)| {
            value.map(|value| value + below.and_then(|below| below[i]).unwrap_or(0.0))
        };
        sums.push(state.iter().enumerate().map(sum).collect());
    }
    sums
}

fn heading(fleet: &Fleet, row: usize, grid: &Grid) -> Heading {
    let facts = &fleet.facts;
    let (title, note) = match row {
        0 => ("Replicas", "number, stacked".to_owned()),
        1 => {
            let (mean, peak) = facts.utilization;
            ("Utilisation", format!("% of ready, mean {}, peak {}", percent(mean), percent(peak)))
        }
        _ => {
            let how = if grid.bins_per_point > 1 { "s, longest bin mean" } else { "s, bin mean" };
            let peak = if facts.wait_s_max > 0.0 {
                format!(", peak {}", span(facts.wait_s_max))
            } else {
                String::new()
            };
            ("Buffer wait", format!("{how}{peak}"))
        }
    };
    Heading { title: title.to_owned(), note, x_title: row == 2 }
}

fn draw(
    canvas: &mut Canvas,
    panel: &Panel,
    grid: &Grid,
    fleet: &Fleet,
    (row, last): (usize, bool),
) -> Result<(), ChartError> {
    if row > 0 {
        let (values, band) = if row == 1 {
            (&fleet.utilization, &fleet.utilization_band)
        } else {
            (&fleet.wait_s, &fleet.wait_band)
        };
        if let Some([low, high]) = band {
            panel.between(canvas, grid, (low, high), (INK, 0.14))?;
        } else {
            panel.area(canvas, grid, values, (READY, 0.4, false))?;
        }
        return panel.line(canvas, grid, values, solid(INK, 1.5));
    }
    let sums = stacked(fleet);
    for (sum, (_, _, colour)) in sums.iter().zip(STATES).rev() {
        panel.area(canvas, grid, sum, (colour, 1.0, true))?;
    }
    if !last {
        return Ok(());
    }
    let mut labels = Vec::new();
    let mut base = 0.0;
    for ((sum, peak), (_, name, colour)) in sums.iter().zip(fleet.peaks).zip(STATES) {
        let end = sum.last().copied().flatten().unwrap_or(base);
        let y = panel.y.px((base + end) / 2.0);
        base = end;
        if peak > 0.0 {
            labels.push(Label {
                y,
                key: Key::Square(colour),
                name: name.to_owned(),
                value: format!("at most {}", short(peak)),
            });
        }
    }
    label::order_as_stacked(&mut labels);
    label::draw(canvas, &labels, (panel.frame.right, GUTTER), (panel.frame.top, panel.frame.bottom))
}
