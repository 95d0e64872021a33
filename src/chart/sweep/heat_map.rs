//! Heat map: one number over two axes, a cell a level of each; further axes one panel a level.

use plotters::style::RGBColor;

use super::super::canvas::{Anchor, Canvas};
use super::super::error::ChartError;
use super::super::theme::{
    AXIS, INK, LABEL, MARGIN, MUTED, PANEL_NOTE, SECTION, TICK, Type, WHITE, WIDTH, solid,
};
use super::super::{Drawing, page, text};
use super::SweepChart;
use super::data::{Axis, SweepData};
use super::words;

/// Room for the levels of the vertical axis, px.
const LEVELS: f64 = 110.0;
/// Between two panels, px.
const GAP: f64 = 34.0;
/// Height of a row, px.
const ROW: f64 = 44.0;
/// Levels of an axis, and panels, drawn at most.
const LEVELS_MAX: usize = 40;
const PANELS_MAX: usize = 12;

/// The chart of two axes.
#[derive(Debug)]
pub struct HeatMap;

impl SweepChart for HeatMap {
    fn name(&self) -> &'static str {
        "sweep_heat_map"
    }

    fn doc(&self) -> &'static str {
        "one number over two axes of a grid, a panel for each level of the others"
    }

    fn draw(&self, data: &SweepData) -> Result<Option<Drawing>, ChartError> {
        let axes = &data.head.axes;
        if data.head.sampling != "grid" || axes.len() < 2 {
            return Ok(None);
        }
        let metric = data.primary();
        // The axis of strategies is told apart by panels, else the two with most levels span the map.
        let mut order: Vec<usize> = (0..axes.len()).collect();
        order.sort_by_key(|&i| {
            (axes[i].name == "strategy" && axes.len() > 2, std::cmp::Reverse(axes[i].levels.len()), i)
        });
        let (x, y, rest) = (order[0], order[1], &order[2..]);
        let panels: usize = rest.iter().map(|&i| axes[i].levels.len()).product();
        let Some(ends) = data.range_of(metric) else { return Ok(None) };
        if axes[x].levels.len() > LEVELS_MAX || axes[y].levels.len() > LEVELS_MAX || panels > PANELS_MAX {
            return Ok(None);
        }
        let finding = finding(data, metric);
        let mut canvas = Canvas::new();
        let name = &data.head.metrics[metric].name;
        let defined = data.rows.iter().filter(|row| row.cells[metric].value.is_some()).count();
        let blank = match data.rows.len() - defined {
            0 => String::new(),
            n => format!("not defined or failed at {n} points: blank"),
        };
        let dot = if data.head.best.is_some() { "framed: the best that meets the goal" } else { "" };
        let over = format!("{} over {} and {}", words::metric(name), axes[x].short(), axes[y].short());
        let notes = [over.as_str(), dot, blank.as_str()];
        let mut top = page::head(&mut canvas, &data.summary, None, &finding, &notes)? + 42.0;
        let columns = if panels == 1 { 1 } else { 2 };
        let width = (WIDTH - 2.0 * MARGIN - GAP * (columns as f64 - 1.0)) / columns as f64;
        let height = ROW * axes[y].levels.len() as f64;
        for panel in 0..panels {
            let chosen = levels_of(axes, rest, panel);
            let left = MARGIN + (panel % columns) as f64 * (width + GAP);
            let map = Map { data, metric, axes: (x, y), chosen: &chosen, ends };
            let title: Vec<String> = rest
                .iter()
                .zip(&chosen)
                .map(|(&i, &(_, level))| format!("{} {}", axes[i].short(), axes[i].levels[level]))
                .collect();
            if panels > 1 {
                let title = text::fit(&title.join(", "), SECTION, width);
                canvas.text(&title, (left, top), SECTION, Anchor::Start)?;
            }
            let at = if panels > 1 { top + 14.0 } else { top };
            map.draw(&mut canvas, (left + LEVELS, left + width), at)?;
            if panel % columns == columns - 1 || panel == panels - 1 {
                top = at + height + 74.0;
            }
        }
        key(&mut canvas, name, ends, top - 10.0)?;
        let about = format!("{finding}. A heat map of {over}.");
        Ok(Some((canvas.finish(top + 36.0, &finding, &about), finding)))
    }
}

/// The level of each further axis in a panel: (axis, level).
fn levels_of(axes: &[Axis], rest: &[usize], panel: usize) -> Vec<(usize, usize)> {
    let mut left = panel;
    let mut chosen: Vec<(usize, usize)> = Vec::new();
    for &axis in rest.iter().rev() {
        chosen.push((axis, left % axes[axis].levels.len()));
        left /= axes[axis].levels.len();
    }
    chosen.reverse();
    chosen
}

/// One panel.
struct Map<'a> {
    data: &'a SweepData,
    metric: usize,
    axes: (usize, usize),
    chosen: &'a [(usize, usize)],
    ends: (f64, f64),
}

impl Map<'_> {
    fn draw(&self, canvas: &mut Canvas, (left, right): (f64, f64), top: f64) -> Result<(), ChartError> {
        let axes = &self.data.head.axes;
        let (x, y) = (&axes[self.axes.0], &axes[self.axes.1]);
        let cell = (right - left) / x.levels.len() as f64;
        let bottom = top + ROW * y.levels.len() as f64;
        let name = &self.data.head.metrics[self.metric].name;
        let mut best = None;
        for (column, level) in x.levels.iter().enumerate() {
            let middle = left + cell * (column as f64 + 0.5);
            let level = text::fit(level, TICK, cell - 4.0);
            canvas.text(&level, (middle, bottom + 18.0), TICK, Anchor::Middle)?;
            for row in 0..y.levels.len() {
                // The lowest level stands at the bottom.
                let from = (left + cell * column as f64, bottom - ROW * (row as f64 + 1.0));
                let to = (from.0 + cell - 1.5, from.1 + ROW - 1.5);
                let point = self.point(column, row);
                match self.data.value(point, self.metric) {
                    Some(value) => {
                        let (colour, ink) = shade(share(value, self.ends));
                        canvas.rect(from, to, colour, 1.0)?;
                        let told = words::value(name, value).replace(" tokens/min", "");
                        let style = Type { colour: ink, bold: false, ..LABEL };
                        if text::width(&told, style) < cell - 6.0 {
                            canvas.text(&told, (middle, from.1 + ROW / 2.0 + 4.0), style, Anchor::Middle)?;
                        }
                    }
                    None => {
                        canvas.line(&[from, (to.0, from.1), to, (from.0, to.1), from], solid(AXIS, 1.0))?
                    }
                }
                if self.data.head.best.is_some_and(|best| best.point == point) {
                    best = Some((from, to));
                }
            }
        }
        for (row, level) in y.levels.iter().enumerate() {
            let middle = bottom - ROW * (row as f64 + 0.5);
            let level = text::fit(level, TICK, LEVELS - 14.0);
            canvas.text(&level, (left - 8.0, middle + 4.2), TICK, Anchor::End)?;
        }
        if let Some((from, to)) = best {
            let corners = [from, (to.0, from.1), to, (from.0, to.1), from];
            canvas.line(&corners, solid(WHITE, 5.0))?;
            canvas.line(&corners, solid(INK, 2.6))?;
        }
        let title = text::fit(&x.short(), PANEL_NOTE, right - left);
        canvas.text(&title, ((left + right) / 2.0, bottom + 38.0), PANEL_NOTE, Anchor::Middle)?;
        let title = text::fit(&format!("{} ↑", y.short()), PANEL_NOTE, right - left + LEVELS);
        canvas.text(&title, (left - LEVELS, top - 8.0), PANEL_NOTE, Anchor::Start)
    }

    /// The point at a level of both axes.
    fn point(&self, column: usize, row: usize) -> usize {
        let axes = &self.data.head.axes;
        let level = |axis: usize| match axis {
            axis if axis == self.axes.0 => column,
            axis if axis == self.axes.1 => row,
            axis => self.chosen.iter().find(|(i, _)| *i == axis).map_or(0, |(_, level)| *level),
        };
        // The last axis is the fastest.
        (0..axes.len()).fold(0, |point, axis| point * axes[axis].levels.len() + level(axis))
    }
}

/// Where a value lies between the ends.
fn share(value: f64, (low, high): (f64, f64)) -> f64 {
    if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 }
}

/// A cell's colour and that of its text: from pale to the darkest blue, so that it reads without any sense of hue too.
fn shade(share: f64) -> (RGBColor, RGBColor) {
    const PALE: [f64; 3] = [239.0, 246.0, 251.0];
    const MIDDLE: [f64; 3] = [86.0, 160.0, 206.0];
    const DARK: [f64; 3] = [8.0, 48.0, 92.0];
    let (from, to, part) =
        if share < 0.5 { (PALE, MIDDLE, share * 2.0) } else { (MIDDLE, DARK, share * 2.0 - 1.0) };
    let mix = |i: usize| (from[i] + part * (to[i] - from[i])).round() as u8;
    (RGBColor(mix(0), mix(1), mix(2)), if share < 0.6 { INK } else { WHITE })
}

/// What the colours mean.
fn key(canvas: &mut Canvas, name: &str, (low, high): (f64, f64), y: f64) -> Result<(), ChartError> {
    let (left, width, parts) = (MARGIN + LEVELS, 240.0, 48);
    for part in 0..parts {
        let from = left + width * f64::from(part) / f64::from(parts);
        let (colour, _) = shade((f64::from(part) + 0.5) / f64::from(parts));
        canvas.rect((from, y), (from + width / f64::from(parts) + 0.4, y + 12.0), colour, 1.0)?;
    }
    let style = Type { colour: MUTED, ..TICK };
    canvas.text(&words::value(name, low), (left - 8.0, y + 10.5), style, Anchor::End)?;
    canvas.text(&words::value(name, high), (left + width + 8.0, y + 10.5), style, Anchor::Start)
}

/// Where the number is best, and worst.
pub fn finding(data: &SweepData, metric: usize) -> String {
    let name = &data.head.metrics[metric].name;
    let less = data.wants_less(metric);
    let defined = (0..data.rows.len()).filter_map(|row| Some((row, data.value(row, metric)?)));
    let by_value =
        |a: &(usize, f64), b: &(usize, f64)| if less { b.1.total_cmp(&a.1) } else { a.1.total_cmp(&b.1) };
    // Of equals the first.
    let best = defined.clone().rev_max(by_value);
    let by_goal = data.head.best.filter(|best| best.point < data.rows.len());
    let by_goal = by_goal.and_then(|best| Some((best.point, data.value(best.point, metric)?)));
    let best = by_goal.or(best);
    let (Some((row, value)), Some((_, worst))) = (best, defined.min_by(by_value)) else {
        return format!("{} is not defined anywhere", capital(&words::metric(name)));
    };
    let at: Vec<String> = data
        .head
        .axes
        .iter()
        .zip(&data.rows[row].levels)
        .map(|(axis, level)| format!("{} {level}", axis.short()))
        .collect();
    let (metric, at) = (capital(&words::metric(name)), at.join(", "));
    let (best, worst) = (words::value(name, value), words::value(name, worst));
    if best == worst {
        return format!("{metric} is {best} at every point");
    }
    match data.head.best {
        Some(_) => format!("{metric} reaches {best} within the goal, at {at}"),
        None => format!("{metric} is best at {at}: {best}, against {worst} at worst"),
    }
}

/// The first of the largest.
trait FirstMax: Iterator + Sized {
    fn rev_max(self, compare: impl Fn(&Self::Item, &Self::Item) -> std::cmp::Ordering) -> Option<Self::Item> {
        self.reduce(|best, next| if compare(&next, &best).is_gt() { next } else { best })
    }
}

impl<I: Iterator> FirstMax for I {}

pub(super) fn capital(text: &str) -> String {
    let mut text = text.to_owned();
    text.get_mut(..1).into_iter().for_each(str::make_ascii_uppercase);
    text
}
