//! Rate trajectories side by side: a small panel for each strategy, all on the same scale.

use super::super::Drawing;
use super::super::axis::Axis;
use super::super::canvas::Canvas;
use super::super::error::ChartError;
use super::super::grid::{self, Grid};
use super::super::label::{self, Key, Label};
use super::super::page;
use super::super::panel::{self, Frame, Heading, Panel};
use super::super::scale::{compact, percent};
use super::super::theme::{Dash, MARGIN, OFFERED, RATE, SERVED, Stroke, WIDTH, solid};
use super::super::trace::Series;
use super::ComparisonChart;
use super::data::ComparisonData;
use super::words;

/// Panels at most.
const PANELS_MAX: usize = 20;
/// Points over the width of a panel.
const POINTS_MAX: usize = 180;
/// Bins of a run that are accepted.
const BINS_MAX: f64 = 1e6;
/// Room at the right for the names of the lines, px.
const GUTTER: f64 = 128.0;
const GAP: f64 = 14.0;
const HEIGHT: f64 = 112.0;

const OFFERED_LINE: Stroke = solid(OFFERED, 1.2);
const OFFERED_ALPHA: f64 = 0.14;
const SERVED_LINE: Stroke = solid(SERVED, 1.6);
const RATE_LINE: Stroke = Stroke { dash: Dash::Short, ..solid(RATE, 1.8) };

/// The chart of rates.
#[derive(Debug)]
pub struct Trajectories;

/// One strategy's lines, requests per minute.
struct Lines {
    name: String,
    note: String,
    rate: Series,
    band: Option<[Series; 2]>,
    offered: Series,
    served: Series,
    ends: Option<(f64, f64)>,
}

impl ComparisonChart for Trajectories {
    fn name(&self) -> &'static str {
        "compare_rates"
    }

    fn doc(&self) -> &'static str {
        "dynamic rate, offered and served load over time, a panel per strategy"
    }

    fn draw(&self, data: &ComparisonData) -> Result<Option<Drawing>, ChartError> {
        let Some(pair) = busiest(data) else { return Ok(None) };
        let grid = grid(data)?;
        let lines: Vec<Lines> =
            (0..data.strategies().len().min(PANELS_MAX)).map(|rank| lines(data, &grid, pair, rank)).collect();
        let finding = finding(&lines);
        let model = data.names.text(pair[1]).to_owned();
        let banded = lines.iter().any(|lines| lines.band.is_some());
        let more = match data.strategies().len() {
            n if n > PANELS_MAX => format!("{PANELS_MAX} of {n} strategies shown, the best"),
            _ => String::new(),
        };
        let notes = [format!("{} on {model}", data.whose()), more, page::band_note(&data.summary, banded)];
        let notes: Vec<&str> = notes.iter().map(String::as_str).collect();
        let mut canvas = Canvas::new();
        let top = page::head(&mut canvas, &data.summary, Some(&grid), &finding, &notes)? + 20.0;
        let bottom = panels(&mut canvas, data, &grid, &lines, (pair, top))?;
        let about = format!("{finding}. Requests per minute over simulated time, a panel per strategy.");
        Ok(Some((canvas.finish(bottom + 10.0, &finding, &about), finding)))
    }
}

/// The (org, model) with most attempts under any strategy.
fn busiest(data: &ComparisonData) -> Option<[u32; 2]> {
    let mut sums: std::collections::BTreeMap<[u32; 2], f64> = Default::default();
    for (row, attempts) in data.rates.number("attempts").iter().enumerate() {
        *sums.entry([data.rates.key(1)[row], data.rates.key(2)[row]]).or_default() += attempts;
    }
    sums.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(pair, _)| pair)
}

/// The bins up to the end of traffic, and of the drain as far as anything was sent in it.
fn grid(data: &ComparisonData) -> Result<Grid, ChartError> {
    let summary = &data.summary;
    let whole_s = summary.duration_s + summary.drain_s;
    if whole_s / summary.interval_s > BINS_MAX {
        return Err(ChartError::column("compare.json", "interval_s", "more than a million bins in the run"));
    }
    let times_s = data.rates.number("time_s");
    let busy = |column: &str| {
        let counts = data.rates.number(column).iter().zip(times_s);
        counts.filter(|(count, _)| **count > 0.0).map(|(_, time_s)| *time_s).fold(0.0, f64::max)
    };
    let last_s = busy("attempts").max(busy("ok_200")).min(whole_s);
    let end_s = summary.duration_s.max(last_s + summary.interval_s);
    let bins = (end_s / summary.interval_s - 1e-9).ceil().max(1.0) as usize;
    Ok(Grid { bins_per_point: bins.div_ceil(POINTS_MAX), ..Grid::new(summary.interval_s, bins) })
}

fn lines(data: &ComparisonData, grid: &Grid, pair: [u32; 2], rank: usize) -> Lines {
    let told = &data.strategies()[rank];
    let table = &data.rates;
    let rows: Vec<usize> = (0..table.rows)
        .filter(|&row| [table.key(1)[row], table.key(2)[row]] == pair)
        .filter(|&row| data.names.text(table.key(0)[row]) == told.strategy)
        .collect();
    let times_s = table.number("time_s");
    let cells =
        |column: &[f64]| -> Vec<(f64, f64)> { rows.iter().map(|&row| (times_s[row], column[row])).collect() };
    let rate = cells(table.number("dynamic_rate_rpm"));
    let band = table
        .band("dynamic_rate_rpm")
        .map(|(low, high)| [low, high].map(|column| grid.mean(cells(column).into_iter())));
    let value = data.primary(told).value;
    Lines {
        name: told.strategy.clone(),
        note: value.map_or(String::new(), |v| match data.conclusion.metric.as_str() {
            "success_share" => format!("{} succeed", percent(v)),
            metric => words::value(metric, v),
        }),
        band,
        offered: grid.per_minute(cells(table.number("attempts")).into_iter()),
        served: grid.per_minute(cells(table.number("ok_200")).into_iter()),
        ends: grid.ends(rate.iter().copied().filter(|(time_s, _)| *time_s < data.summary.duration_s)),
        rate: grid.mean(rate.into_iter()),
    }
}

/// Where the dynamic rates end.
fn finding(lines: &[Lines]) -> String {
    let ends: Vec<(&Lines, f64, f64)> =
        lines.iter().filter_map(|lines| lines.ends.map(|(first, last)| (lines, first, last))).collect();
    let by_last = |a: &&(&Lines, f64, f64), b: &&(&Lines, f64, f64)| a.2.total_cmp(&b.2);
    let (Some(high), Some(low)) = (ends.iter().rev().max_by(by_last), ends.iter().min_by(by_last)) else {
        return "No strategy has a dynamic rate".to_owned();
    };
    let name = |lines: &Lines| super::super::text::fit(&lines.name, super::super::theme::TITLE, 210.0);
    if high.2 - low.2 <= 0.02 * high.2 {
        return format!("Every strategy ends at a dynamic rate of about {}/min", compact(high.2));
    }
    format!(
        "{} ends at a dynamic rate of {}/min, {} at {}/min",
        name(high.0),
        compact(high.2),
        name(low.0),
        compact(low.2)
    )
}

/// All panels; returns the y below them.
fn panels(
    canvas: &mut Canvas,
    data: &ComparisonData,
    grid: &Grid,
    all: &[Lines],
    (pair, top): ([u32; 2], f64),
) -> Result<f64, ChartError> {
    let columns = match all.len() {
        1..=4 => 2,
        5..=9 => 3,
        _ => 4,
    };
    let width = (WIDTH - 2.0 * MARGIN - GUTTER - GAP * (columns as f64 - 1.0)) / columns as f64;
    let peak =
        all.iter().map(|lines| grid::peak(lines.offered.iter().chain(&lines.served))).fold(0.0, f64::max);
    let rate = all.iter().map(|lines| grid::peak(&lines.rate)).fold(0.0, f64::max);
    // A rate far above all traffic would press it to the floor.
    let y_axis = Axis::from_zero(peak.max(rate.min(1.5 * peak)).max(1.0), 4);
    let x_axis = Axis::time(grid, if columns == 2 { 6 } else { 4 });
    let [org, model] = pair.map(|id| data.names.text(id));
    let causes = panel::causes(&data.summary, grid, Some(org), Some(model));
    let rows = all.len().div_ceil(columns);
    let mut y = top;
    for row in 0..rows {
        y += panel::HEAD;
        for (column, lines) in all.iter().skip(row * columns).take(columns).enumerate() {
            let left = MARGIN + column as f64 * (width + GAP);
            let frame = Frame { left: left + panel::TICKS, top: y, right: left + width, bottom: y + HEIGHT };
            let panel = Panel::over_time(frame, grid, &y_axis);
            let is_last = row * columns + column + columns >= all.len();
            let heading = Heading { title: lines.name.clone(), note: lines.note.clone(), x_title: is_last };
            panel.shade(canvas, &causes, false)?;
            panel.furnish(canvas, &heading, (&x_axis, &y_axis), false)?;
            let is_named = row == 0 && (column + 1 == columns || column + 1 == all.len());
            draw(canvas, &panel, grid, lines, is_named)?;
        }
        y += HEIGHT + panel::FOOT + if row + 1 == rows { panel::X_TITLE } else { 4.0 };
        // Panels of the row before the last may carry the title of their axis.
        if row + 2 == rows && !all.len().is_multiple_of(columns) {
            y += panel::X_TITLE;
        }
    }
    Ok(y)
}

fn draw(
    canvas: &mut Canvas,
    panel: &Panel,
    grid: &Grid,
    lines: &Lines,
    is_named: bool,
) -> Result<(), ChartError> {
    let top = panel.y.high();
    let inside = |series: &Series| -> Series { series.iter().map(|v| v.filter(|v| *v <= top)).collect() };
    let rate = inside(&lines.rate);
    panel.area(canvas, grid, &lines.offered, (OFFERED, OFFERED_ALPHA, false))?;
    panel.line(canvas, grid, &lines.offered, OFFERED_LINE)?;
    if let Some([low, high]) = &lines.band {
        panel.between(canvas, grid, (&inside(low), &inside(high)), (RATE, 0.2))?;
    }
    panel.line(canvas, grid, &lines.served, SERVED_LINE)?;
    panel.line(canvas, grid, &rate, RATE_LINE)?;
    if !is_named {
        return Ok(());
    }
    let last = |series: &Series| series.iter().flatten().next_back().copied().unwrap_or(0.0);
    let named = [
        (&lines.rate, Key::Line(RATE_LINE), "dynamic rate"),
        (&lines.offered, Key::Outlined(OFFERED_LINE, 2.0 * OFFERED_ALPHA), "offered"),
        (&lines.served, Key::Line(SERVED_LINE), "served (200)"),
    ];
    let labels: Vec<Label> = named
        .into_iter()
        .filter(|(series, _, _)| series.iter().any(Option::is_some))
        .map(|(series, key, name)| Label {
            y: panel.y.px(last(series).min(top)),
            key,
            name: name.to_owned(),
            value: if name == "offered" { "per minute".to_owned() } else { String::new() },
        })
        .collect();
    label::draw(canvas, &labels, (panel.frame.right, GUTTER), (panel.frame.top, panel.frame.bottom))
}
