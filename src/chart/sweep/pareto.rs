//! Pareto front: two numbers against each other, and the points that no other beats in both.

use super::super::axis::Axis as Ticks;
use super::super::canvas::{Anchor, Canvas, Point};
use super::super::error::ChartError;
use super::super::panel::{self, Frame, Heading, Panel};
use super::super::scale::Scale;
use super::super::theme::{INK, LABEL, MARGIN, REST, SERIES, TICK, Type, WIDTH, solid};
use super::super::{Drawing, page, text};
use super::SweepChart;
use super::data::SweepData;
use super::heat_map::capital;
use super::words;

const HEIGHT: f64 = 420.0;
/// Points named on the front.
const NAMED_MAX: usize = 8;
/// Points drawn at most: beyond this they are a cloud.
const POINTS_MAX: usize = 20_000;

/// The chart of two numbers.
#[derive(Debug)]
pub struct Pareto;

impl SweepChart for Pareto {
    fn name(&self) -> &'static str {
        "sweep_pareto"
    }

    fn doc(&self) -> &'static str {
        "two numbers against each other, and the points that no other beats in both"
    }

    fn draw(&self, data: &SweepData) -> Result<Option<Drawing>, ChartError> {
        let y = data.primary();
        let Some(x) = against(data, y) else { return Ok(None) };
        let points: Vec<(usize, f64, f64)> = (0..data.rows.len())
            .filter_map(|row| Some((row, data.value(row, x)?, data.value(row, y)?)))
            .filter(|(_, x, y)| *x >= 0.0 && *y >= 0.0)
            .take(POINTS_MAX)
            .collect();
        let front = front(&points, data.wants_less(x), data.wants_less(y));
        if points.len() < 3 || front.is_empty() {
            return Ok(None);
        }
        let [name_x, name_y] = [x, y].map(|metric| data.head.metrics[metric].name.as_str());
        let finding = finding(&points, &front, name_x, name_y);
        let mut canvas = Canvas::new();
        let way = |metric: usize| if data.wants_less(metric) { "less" } else { "more" };
        let note = format!(
            "a mark is a point of the sweep; {} of {} are on the front: {} {} and {} {} are better",
            front.len(),
            points.len(),
            way(x),
            words::metric(name_x),
            way(y),
            words::metric(name_y)
        );
        let top = page::head(&mut canvas, &data.summary, None, &finding, &[&note])? + 22.0 + panel::HEAD;
        let frame =
            Frame { left: MARGIN + panel::TICKS, top, right: WIDTH - MARGIN - 150.0, bottom: top + HEIGHT };
        let high = |pick: fn(&(usize, f64, f64)) -> f64| points.iter().map(pick).fold(0.0, f64::max);
        let axis = |name: &str, high: f64| {
            let is_share = name.rsplit('/').next().unwrap_or(name).contains("share");
            if is_share { Ticks::percent(1.0) } else { Ticks::from_zero(high, 6) }
        };
        let (mut x_axis, y_axis) = (axis(name_x, high(|p| p.1)), axis(name_y, high(|p| p.2)));
        x_axis.title = format!("{} ({name_x})", words::metric(name_x));
        let panel = Panel {
            frame,
            x: Scale::linear(0.0, x_axis.high(), frame.left, frame.right),
            y: Scale::linear(0.0, y_axis.high(), frame.bottom, frame.top),
        };
        let heading =
            Heading { title: capital(&words::metric(name_y)), note: name_y.to_owned(), x_title: true };
        panel.furnish(&mut canvas, &heading, (&x_axis, &y_axis), true)?;
        let at = |i: usize| (panel.x.px(points[i].1), panel.y.px(points[i].2));
        for i in (0..points.len()).filter(|i| !front.contains(i)) {
            mark(&mut canvas, at(i), 2.8, REST)?;
        }
        let line: Vec<Point> = front.iter().map(|&i| at(i)).collect();
        if line.len() > 1 {
            canvas.line(&line, solid(SERIES[0].0, 1.6))?;
        }
        for &i in &front {
            mark(&mut canvas, at(i), 4.2, SERIES[0].0)?;
        }
        name_points(&mut canvas, data, &points, &front, &panel)?;
        let about = format!("{finding}. {} against {}.", words::metric(name_y), words::metric(name_x));
        Ok(Some((canvas.finish(frame.bottom + 54.0, &finding, &about), finding)))
    }
}

fn mark(
    canvas: &mut Canvas,
    at: Point,
    half: f64,
    colour: plotters::style::RGBColor,
) -> Result<(), ChartError> {
    canvas.rect((at.0 - half, at.1 - half), (at.0 + half, at.1 + half), colour, 0.9)
}

/// The other number: the first of cost and times that is there and varies.
fn against(data: &SweepData, y: usize) -> Option<usize> {
    let varies = |metric: &usize| data.range_of(*metric).is_some_and(|(low, high)| high > low && low >= 0.0);
    let wanted = [
        "cost_usd",
        "time_to_success_p99_s",
        "time_to_success_p50_s",
        "attempts_per_request",
        "success_share",
    ];
    let named = wanted.iter().filter_map(|name| data.metric(name));
    named.chain(0..data.head.metrics.len()).filter(|metric| *metric != y).find(varies)
}

/// The points that no other beats in both, from left to right; of equals the first.
fn front(points: &[(usize, f64, f64)], less_x: bool, less_y: bool) -> Vec<usize> {
    let gain = |value: f64, less: bool| if less { -value } else { value };
    let key = |i: usize| (gain(points[i].1, less_x), gain(points[i].2, less_y));
    let mut order: Vec<usize> = (0..points.len()).collect();
    // The best of the first number first, of equals the best of the second.
    order.sort_by(|&a, &b| key(b).0.total_cmp(&key(a).0).then(key(b).1.total_cmp(&key(a).1)).then(a.cmp(&b)));
    let mut front: Vec<usize> = Vec::new();
    let mut best = f64::NEG_INFINITY;
    for i in order {
        if key(i).1 > best {
            best = key(i).1;
            front.push(i);
        }
    }
    front.sort_by(|&a, &b| points[a].1.total_cmp(&points[b].1));
    front
}

/// The levels of the points on the front, where there is room.
fn name_points(
    canvas: &mut Canvas,
    data: &SweepData,
    points: &[(usize, f64, f64)],
    front: &[usize],
    panel: &Panel,
) -> Result<(), ChartError> {
    let style = Type { colour: INK, bold: false, ..LABEL };
    let mut taken: Vec<Point> = Vec::new();
    let step = front.len().div_ceil(NAMED_MAX);
    for &i in front.iter().step_by(step.max(1)) {
        let at = (panel.x.px(points[i].1), panel.y.px(points[i].2));
        if taken.iter().any(|other| (other.0 - at.0).abs() < 140.0 && (other.1 - at.1).abs() < 15.0) {
            continue;
        }
        taken.push(at);
        let levels = text::fit(&data.rows[points[i].0].levels.join(", "), style, 190.0);
        let room = WIDTH - MARGIN - at.0 - 10.0;
        let (x, anchor) = if text::width(&levels, style) < room {
            (at.0 + 9.0, Anchor::Start)
        } else {
            (at.0 - 9.0, Anchor::End)
        };
        canvas.text(&levels, (x, at.1 + 14.0), style, anchor)?;
    }
    let names: Vec<String> = data.head.axes.iter().map(|axis| axis.short()).collect();
    let legend =
        text::fit(&format!("named: {}", names.join(", ")), TICK, panel.frame.right - panel.frame.left);
    canvas.text(&legend, (panel.frame.right, panel.frame.top - 8.0), TICK, Anchor::End)
}

fn finding(points: &[(usize, f64, f64)], front: &[usize], name_x: &str, name_y: &str) -> String {
    let told = |i: usize| (words::value(name_x, points[i].1), words::value(name_y, points[i].2));
    let (first, last) = (told(front[0]), told(front[front.len() - 1]));
    let (x, y) = (words::metric(name_x), capital(&words::metric(name_y)));
    if front.len() == 1 {
        return format!(
            "One point beats all others in both: {} {} at {x} {}",
            words::metric(name_y),
            first.1,
            first.0
        );
    }
    format!("{y} trades against {x}: {} at {} to {} at {}", first.1, first.0, last.1, last.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_is_what_no_other_point_beats_in_both() {
        let points: Vec<(usize, f64, f64)> =
            [(1.0, 1.0), (2.0, 3.0), (2.0, 2.0), (3.0, 2.5), (4.0, 4.0), (4.0, 4.0)]
                .iter()
                .enumerate()
                .map(|(i, p)| (i, p.0, p.1))
                .collect();
        assert_eq!(front(&points, true, false), [0, 1, 4], "less of the first, more of the second");
        assert_eq!(front(&points, false, false), [4]);
        assert_eq!(front(&points, true, true), [0]);
    }
}
