//! Response curves: the number along one axis, a line for each level of a second, a panel for each of a third.

use super::super::axis::Axis as Ticks;
use super::super::canvas::{Anchor, Canvas, Point};
use super::super::error::ChartError;
use super::super::label::{self, Key, Label};
use super::super::panel::{self, Frame, Heading, Panel};
use super::super::scale::Scale;
use super::super::theme::{LABEL, MARGIN, PANEL_NOTE, SERIES, STRATEGIES, Stroke, WIDTH};
use super::super::{Drawing, page, text};
use super::SweepChart;
use super::data::SweepData;
use super::heat_map::capital;
use super::words;

/// Room for names at the right, px.
const GUTTER: f64 = 200.0;
/// Lines of a panel, and panels, drawn at most.
const LINES_MAX: usize = STRATEGIES.len();
const PANELS_MAX: usize = 9;
/// Opacity of a band.
const BAND: f64 = 0.13;

/// The chart of one axis.
#[derive(Debug)]
pub struct Response;

impl SweepChart for Response {
    fn name(&self) -> &'static str {
        "sweep_response"
    }

    fn doc(&self) -> &'static str {
        "one number along an axis of a grid, a line for each level of a second, a panel for each of a third"
    }

    fn draw(&self, data: &SweepData) -> Result<Option<Drawing>, ChartError> {
        let axes = &data.head.axes;
        if data.head.sampling != "grid" || axes.len() > 3 {
            return Ok(None);
        }
        // Along the numbers with most levels; strategies are panels where there are three axes.
        let along = (0..axes.len()).filter(|&i| axes[i].levels.len() > 1 && axes[i].numbers().is_some());
        let Some(x) = along.max_by_key(|&i| (axes[i].levels.len(), std::cmp::Reverse(i))) else {
            return Ok(None);
        };
        let mut others: Vec<usize> = (0..axes.len()).filter(|&i| i != x).collect();
        others.sort_by_key(|&i| (axes[i].name == "strategy" && axes.len() > 2, i));
        let numbers = axes[x].numbers().expect("chosen for it");
        let count = |place: usize| others.get(place).map_or(1, |&i| axes[i].levels.len());
        let (lines, panels) = (count(0), count(1));
        let metric = data.primary();
        let Some(ends) = data.range_of(metric) else { return Ok(None) };
        if lines > LINES_MAX || panels > PANELS_MAX {
            return Ok(None);
        }
        let name = &data.head.metrics[metric].name;
        let curves = Curves { data, metric, x, others: &others, numbers: &numbers };
        let finding = curves.finding(lines);
        let has_bands = data.rows.iter().any(|row| row.cells[metric].band.is_some());
        let bands = page::band_note(&data.summary, has_bands);
        let mut canvas = Canvas::new();
        let along = format!("{} along {}", words::metric(name), axes[x].short());
        let mut top =
            page::head(&mut canvas, &data.summary, None, &finding, &[along.as_str(), bands.as_str()])?
                + 22.0
                + panel::HEAD;
        let columns = if panels > 1 { 2 } else { 1 };
        let gutter = if lines > 1 { GUTTER } else { 110.0 };
        let width = (WIDTH - 2.0 * MARGIN) / columns as f64;
        let height = if panels > 1 { 230.0 } else { 360.0 };
        let high = data
            .rows
            .iter()
            .filter_map(|row| row.cells[metric].band)
            .fold(ends.1, |high, band| high.max(band.1.min(1.5 * ends.1.abs().max(1e-9))));
        let y_axis = y_axis(name, high);
        for number in 0..panels {
            let left = MARGIN + (number % columns) as f64 * width;
            let frame =
                Frame { left: left + panel::TICKS, top, right: left + width - gutter, bottom: top + height };
            let (x_axis, x_scale) = x_axis(&numbers, &axes[x], frame);
            let panel =
                Panel { frame, x: x_scale, y: Scale::linear(0.0, y_axis.high(), frame.bottom, frame.top) };
            let title = match others.get(1) {
                Some(&i) => format!("{} {}", axes[i].short(), axes[i].levels[number]),
                None => capital(&words::metric(name)),
            };
            let note = if panels > 1 { String::new() } else { unit(name).to_owned() };
            panel.furnish(&mut canvas, &Heading { title, note, x_title: true }, (&x_axis, &y_axis), false)?;
            let mut labels = Vec::new();
            for line in 0..lines {
                let stroke = if lines == 1 {
                    Stroke { colour: SERIES[0].0, width: 2.2, dash: SERIES[0].1 }
                } else {
                    stroke(line)
                };
                let Some(label) = curves.draw(&mut canvas, &panel, (line, number), stroke)? else { continue };
                labels.push(label);
            }
            labels.sort_by(|a: &Label, b| a.y.total_cmp(&b.y));
            label::draw(&mut canvas, &labels, (frame.right, gutter), (frame.top, frame.bottom))?;
            if let (0, Some(&i), true) = (number, others.first(), lines > 1) {
                let head = text::fit(&axes[i].short(), PANEL_NOTE, gutter - 14.0);
                canvas.text(&head, (frame.right + 12.0, frame.top - 26.0), PANEL_NOTE, Anchor::Start)?;
            }
            if number % columns == columns - 1 {
                top += height + 54.0 + panel::HEAD;
            }
        }
        if panels % columns != 0 {
            top += height + 54.0 + panel::HEAD;
        }
        let about = format!("{finding}. Lines of {along}.");
        Ok(Some((canvas.finish(top - panel::HEAD + 6.0, &finding, &about), finding)))
    }
}

fn stroke(line: usize) -> Stroke {
    let (colour, dash) = STRATEGIES[line % STRATEGIES.len()];
    Stroke { colour, width: 2.0, dash }
}

/// Neighbours that are all defined: their points, and their bands as (x, low, high).
#[derive(Default)]
struct Run {
    points: Vec<Point>,
    band: Vec<(f64, f64, f64)>,
}

/// The lines of the chart.
struct Curves<'a> {
    data: &'a SweepData,
    metric: usize,
    x: usize,
    others: &'a [usize],
    numbers: &'a [f64],
}

impl Curves<'_> {
    fn point(&self, along: usize, line: usize, panel: usize) -> usize {
        let axes = &self.data.head.axes;
        let level = |axis: usize| match axis {
            axis if axis == self.x => along,
            axis if Some(&axis) == self.others.first() => line,
            _ => panel,
        };
        (0..axes.len()).fold(0, |point, axis| point * axes[axis].levels.len() + level(axis))
    }

    /// Runs of points that are defined, with their bands; the label of the last.
    fn draw(
        &self,
        canvas: &mut Canvas,
        panel: &Panel,
        (line, number): (usize, usize),
        stroke: Stroke,
    ) -> Result<Option<Label>, ChartError> {
        let cells =
            (0..self.numbers.len()).map(|i| self.data.rows[self.point(i, line, number)].cells[self.metric]);
        let mut runs: Vec<Run> = vec![Run::default()];
        let mut last = None;
        for (x, cell) in self.numbers.iter().zip(cells) {
            let Some(value) = cell.value else {
                runs.push(Run::default());
                continue;
            };
            let at = (panel.x.px(*x), panel.y.px(value));
            let run = runs.last_mut().expect("there is a first");
            run.points.push(at);
            run.band.extend(cell.band.map(|(low, high)| (at.0, panel.y.px(low.max(0.0)), panel.y.px(high))));
            last = Some((at, value));
        }
        for Run { points, band } in &runs {
            if band.len() > 1 {
                let upper = band.iter().map(|(x, _, high)| (*x, *high));
                let lower = band.iter().rev().map(|(x, low, _)| (*x, *low));
                let corners: Vec<Point> = upper.chain(lower).collect();
                canvas.area(&corners, stroke.colour, BAND)?;
            }
            if points.len() > 1 {
                canvas.line(points, stroke)?;
            }
            for at in points {
                canvas.rect((at.0 - 2.6, at.1 - 2.6), (at.0 + 2.6, at.1 + 2.6), stroke.colour, 1.0)?;
            }
        }
        let name =
            self.others.first().map_or(String::new(), |&i| self.data.head.axes[i].levels[line].clone());
        Ok(last.map(|(at, value)| {
            let value = words::value(&self.data.head.metrics[self.metric].name, value);
            // A line alone is named by its number.
            let (name, value) = if name.is_empty() { (value, String::new()) } else { (name, value) };
            let name = text::fit(&name, LABEL, label::name_room(GUTTER));
            Label { y: at.1, key: Key::Line(stroke), name, value }
        }))
    }

    /// How far the number goes along the axis, for the line that changes most.
    fn finding(&self, lines: usize) -> String {
        let name = &self.data.head.metrics[self.metric].name;
        let axis = &self.data.head.axes[self.x];
        let change = |line: usize| {
            let mut defined = (0..self.numbers.len())
                .filter_map(|i| Some((i, self.data.value(self.point(i, line, 0), self.metric)?)));
            let first = defined.next()?;
            Some((first, defined.next_back()?))
        };
        let size = |line: &usize| change(*line).map_or(-1.0, |(a, b)| (b.1 - a.1).abs());
        let most = (0..lines).reduce(|a, b| if size(&b) > size(&a) { b } else { a }).unwrap_or(0);
        let Some(((i, from), (j, to))) = change(most) else {
            return format!("{} is not defined along {}", capital(&words::metric(name)), axis.short());
        };
        let (from, to) = (words::value(name, from), words::value(name, to));
        let who = match self.others.first() {
            Some(&other) if lines > 1 => {
                format!(
                    " with {} {}",
                    self.data.head.axes[other].short(),
                    self.data.head.axes[other].levels[most]
                )
            }
            _ => String::new(),
        };
        let (metric, axis_name) = (capital(&words::metric(name)), axis.short());
        let (low, high) = (&axis.levels[i], &axis.levels[j]);
        if from == to {
            return format!("{metric} stays at {from} from {axis_name} {low} to {high}{who}");
        }
        format!("{metric} goes from {from} at {axis_name} {low} to {to} at {high}{who}")
    }
}

/// Ticks at the levels, as many as there is room for.
fn x_axis(numbers: &[f64], axis: &super::data::Axis, frame: Frame) -> (Ticks, Scale) {
    let (low, high) = (numbers[0], numbers[numbers.len() - 1]);
    let log = axis.range.as_ref().is_some_and(|range| range.log) || low > 0.0 && high / low >= 20.0;
    let scale = match log && low > 0.0 {
        true => Scale::log(low, high, frame.left, frame.right),
        false => Scale::linear(low, high, frame.left, frame.right),
    };
    let mut ticks: Vec<(f64, String)> = Vec::new();
    let mut free = f64::NEG_INFINITY;
    for (value, level) in numbers.iter().zip(&axis.levels) {
        let level = text::fit(level, PANEL_NOTE, 120.0);
        let half = text::width(&level, PANEL_NOTE) / 2.0 + 5.0;
        if scale.px(*value) - half >= free {
            free = scale.px(*value) + half;
            ticks.push((*value, level));
        }
    }
    (Ticks { ticks, title: axis.short() }, scale)
}

/// From zero; shares in percent, times in words.
fn y_axis(name: &str, high: f64) -> Ticks {
    let bare = name.rsplit('/').next().unwrap_or(name);
    if bare.contains("share") {
        return Ticks::percent(1.0);
    }
    Ticks::from_zero(high, 5)
}

fn unit(name: &str) -> &'static str {
    match name.rsplit('/').next().unwrap_or(name) {
        bare if bare.contains("share") => "% of requests or attempts",
        bare if bare.ends_with("_s") => "s",
        bare if bare.ends_with("_usd") => "USD",
        bare if bare.ends_with("_tpm") => "tokens/min",
        bare if bare.ends_with("_rpm") => "requests/min",
        _ => "",
    }
}
