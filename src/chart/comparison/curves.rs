//! Time-to-success curves, all strategies in one panel.

use super::super::Drawing;
use super::super::axis::Axis;
use super::super::canvas::Canvas;
use super::super::error::ChartError;
use super::super::label::{self, Key, Label};
use super::super::page;
use super::super::panel::{self, Frame, Heading, Panel};
use super::super::scale::{Scale, percent, span};
use super::super::text;
use super::super::theme::{LABEL, MARGIN, STRATEGIES, WIDTH};
use super::super::time_to_success::{Curve, path, time_axis};
use super::ComparisonChart;
use super::data::{ComparisonData, stroke};
use super::words;

const GUTTER: f64 = 284.0;
const HEIGHT_MIN: f64 = 400.0;
/// Height of a label of two lines, px.
const LABEL_PX: f64 = 37.0;

/// Of more labels the leading lines would be a thicket: colour and dash say it.
const LED_MAX: usize = 8;

/// The chart of times to success.
#[derive(Debug)]
pub struct Curves;

impl ComparisonChart for Curves {
    fn name(&self) -> &'static str {
        "compare_time_to_success"
    }

    fn doc(&self) -> &'static str {
        "share of all requests that had succeeded within a time, per strategy"
    }

    fn draw(&self, data: &ComparisonData) -> Result<Option<Drawing>, ChartError> {
        let curves = curves(data);
        let drawn: Vec<(usize, &Curve)> = curves
            .iter()
            .enumerate()
            .filter_map(|(rank, curve)| Some((rank, curve.as_ref()?)))
            .take(STRATEGIES.len())
            .collect();
        if drawn.is_empty() {
            return Ok(None);
        }
        let finding = finding(&drawn);
        let mut canvas = Canvas::new();
        let more = match curves.len() {
            n if n > STRATEGIES.len() => format!("{} of {n} strategies shown, the best", drawn.len()),
            _ => String::new(),
        };
        let never: Vec<&str> = data
            .strategies()
            .iter()
            .zip(&curves)
            .filter(|(_, curve)| curve.is_none())
            .map(|(told, _)| told.strategy.as_str())
            .collect();
        let never = if never.is_empty() {
            String::new()
        } else {
            format!("none ever succeeded: {}", never.join(", "))
        };
        let notes = [data.whose(), more, never];
        let notes: Vec<&str> = notes.iter().map(String::as_str).collect();
        let top = page::head(&mut canvas, &data.summary, None, &finding, &notes)? + 22.0 + panel::HEAD;
        let height = HEIGHT_MIN.max(LABEL_PX * drawn.len() as f64);
        let frame =
            Frame { left: MARGIN + panel::TICKS, top, right: WIDTH - MARGIN - GUTTER, bottom: top + height };
        let y_axis = Axis::percent(1.0);
        let ((low, high), x_axis) = time_axis(drawn.iter().map(|(_, curve)| *curve));
        let panel = Panel {
            frame,
            x: Scale::log(low, high, frame.left, frame.right),
            y: Scale::linear(0.0, 1.0, frame.bottom, frame.top),
        };
        let heading = Heading {
            title: "Time to success".to_owned(),
            note: "% of all requests that had succeeded within x (a curve that ends below 100 % shows requests that never did)"
                .to_owned(),
            x_title: true,
        };
        panel.furnish(&mut canvas, &heading, (&x_axis, &y_axis), true)?;
        let mut labels = Vec::new();
        // The best last, on top.
        for (rank, curve) in drawn.iter().rev() {
            let Some(stroke) = stroke(*rank) else { continue };
            canvas.line(&path(&panel, curve), stroke)?;
            let within = |share: f64, name| curve.reached_s(share).map(|s| format!("{name} in {}", span(s)));
            let times = [within(0.5, "50 %"), within(0.99, "99 %")].into_iter().flatten();
            let value: Vec<String> = std::iter::once(percent(curve.end())).chain(times).collect();
            labels.push(Label {
                y: panel.y.px(curve.end()),
                key: Key::Line(stroke),
                name: text::fit(&curve.parts[0], LABEL, label::name_room(GUTTER)),
                value: value.join(" · "),
            });
        }
        // Of those that end alike the better stands above.
        labels.reverse();
        if labels.len() > LED_MAX {
            stack(&mut labels, top);
        }
        label::draw(&mut canvas, &labels, (frame.right, GUTTER), (frame.top, frame.bottom))?;
        let about = format!("{finding}. Distribution of the time from a request’s birth to its success.");
        Ok(Some((canvas.finish(frame.bottom + 54.0, &finding, &about), finding)))
    }
}

/// Sets the labels below each other in the order of their curves' ends, with no line to lead to these.
fn stack(labels: &mut [Label], top: f64) {
    labels.sort_by(|a, b| a.y.total_cmp(&b.y));
    (0..).zip(labels).for_each(|(place, label)| label.y = top + LABEL_PX * f64::from(place));
}

/// A curve for each strategy; none where nothing ever succeeded.
fn curves(data: &ComparisonData) -> Vec<Option<Curve>> {
    let (times, shares) = (data.curves.number("time_s"), data.curves.number("succeeded_share"));
    let of = |name: &str| {
        let mut points: Vec<(f64, f64)> = Vec::new();
        for row in (0..data.curves.rows).filter(|&row| data.names.text(data.curves.key(0)[row]) == name) {
            let (time, share) = points.last().copied().unwrap_or((0.0, 0.0));
            points.push((times[row].max(time), shares[row].clamp(share, 1.0)));
        }
        (!points.is_empty()).then(|| Curve { parts: vec![name.to_owned()], points })
    };
    data.strategies().iter().map(|told| of(&told.strategy)).collect()
}

/// How far the best and the worst get.
fn finding(drawn: &[(usize, &Curve)]) -> String {
    let name = |curve: &Curve| text::fit(&curve.parts[0], super::super::theme::TITLE, 210.0);
    let by_end =
        |a: &&(usize, &Curve), b: &&(usize, &Curve)| a.1.end().total_cmp(&b.1.end()).then(b.0.cmp(&a.0));
    let (Some((_, best)), Some((_, worst))) = (drawn.iter().max_by(by_end), drawn.iter().min_by(by_end))
    else {
        return "No request succeeded".to_owned();
    };
    if best.end() - worst.end() > 5e-4 {
        return format!(
            "{} gets {} of the requests through, {} {}",
            name(best),
            percent(best.end()),
            name(worst),
            percent(worst.end())
        );
    }
    let reached = |curve: &Curve| curve.reached_s(0.99 * worst.end()).unwrap_or(0.0);
    let by_time = |a: &&(usize, &Curve), b: &&(usize, &Curve)| reached(a.1).total_cmp(&reached(b.1));
    match (drawn.iter().min_by(by_time), drawn.iter().max_by(by_time)) {
        (Some((_, fast)), Some((_, slow))) if drawn.len() > 1 => format!(
            "All end at {}; {} is there within {}, {} within {}",
            percent(best.end()),
            name(fast),
            span(reached(fast)),
            name(slow),
            span(reached(slow))
        ),
        _ => words::metric("success_share").to_owned(),
    }
}
