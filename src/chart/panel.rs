//! One plot: its heading, gridlines, ticks and shaded causes, and the ways to draw a series in it.

use plotters::style::RGBColor;

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Point};
use super::data::{Cause, Summary};
use super::error::ChartError;
use super::grid::Grid;
use super::scale::Scale;
use super::text;
use super::theme::{AXIS, HAIRLINE, INK, PANEL_NOTE, PANEL_TITLE, Stroke, TICK, Type, solid};

/// Causes drawn at most; the rest would be a grey wall.
const CAUSES_MAX: usize = 100;
/// Opacity of a cause's shade.
const SHADE: f64 = 0.06;

/// A plot rectangle, px on the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Bottom edge.
    pub bottom: f64,
}

/// What stands around a plot.
#[derive(Debug, Clone, Default)]
pub struct Heading {
    /// What is drawn, bold.
    pub title: String,
    /// The unit and a remark, after the title.
    pub note: String,
    /// Print the horizontal axis' title.
    pub x_title: bool,
}

/// From the edge of the page or column to the plot: room for tick labels, px.
pub const TICKS: f64 = 56.0;
/// Above the plot: the heading and the causes' labels, px.
pub const HEAD: f64 = 44.0;
/// Below the plot: tick labels, px; [`X_TITLE`] more where the axis is named.
pub const FOOT: f64 = 24.0;
/// The horizontal axis' title, px.
pub const X_TITLE: f64 = 18.0;

/// A name in bold and a remark after it on one line, cut to `width` px.
pub fn title(
    canvas: &mut Canvas,
    at: Point,
    width: f64,
    (name, style): (&str, Type),
    note: &str,
) -> Result<(), ChartError> {
    let share = if note.is_empty() { 1.0 } else { 0.6 };
    let name = text::fit(name, style, width * share);
    canvas.text(&name, at, style, Anchor::Start)?;
    let used = if name.is_empty() { 0.0 } else { text::width(&name, style) + 9.0 };
    if !note.is_empty() && width - used > 40.0 {
        let note = text::fit(note, PANEL_NOTE, width - used);
        canvas.text(&note, (at.0 + used, at.1), PANEL_NOTE, Anchor::Start)?;
    }
    Ok(())
}

/// A plot with its two scales.
#[derive(Debug, Clone)]
pub struct Panel {
    /// Where it is.
    pub frame: Frame,
    /// Horizontal scale.
    pub x: Scale,
    /// Vertical scale.
    pub y: Scale,
}

impl Panel {
    /// A panel over simulated time.
    pub fn over_time(frame: Frame, grid: &Grid, y: &Axis) -> Panel {
        Panel {
            frame,
            x: Scale::linear(0.0, grid.end_s(), frame.left, frame.right),
            y: Scale::linear(0.0, y.high(), frame.bottom, frame.top),
        }
    }

    /// Gridlines, axis, tick labels, heading. `x_lines` adds vertical gridlines.
    pub fn furnish(
        &self,
        canvas: &mut Canvas,
        heading: &Heading,
        (x, y): (&Axis, &Axis),
        x_lines: bool,
    ) -> Result<(), ChartError> {
        let Frame { left, top, right, bottom } = self.frame;
        let named = (heading.title.as_str(), PANEL_TITLE);
        title(canvas, (left - TICKS, top - 26.0), right - left + TICKS, named, &heading.note)?;
        for (value, label) in &y.ticks {
            let at = self.y.px(*value);
            canvas.line(&[(left, at), (right, at)], solid(HAIRLINE, 1.0))?;
            canvas.text(label, (left - 8.0, at + 4.2), TICK, Anchor::End)?;
        }
        for (value, label) in &x.ticks {
            let at = self.x.px(*value);
            if x_lines {
                canvas.line(&[(at, top), (at, bottom)], solid(HAIRLINE, 1.0))?;
            }
            canvas.line(&[(at, bottom), (at, bottom + 4.0)], solid(AXIS, 1.0))?;
            canvas.text(label, (at, bottom + 18.0), TICK, Anchor::Middle)?;
        }
        canvas.line(&[(left, bottom), (right, bottom)], solid(AXIS, 1.2))?;
        if heading.x_title {
            canvas.text(&x.title, ((left + right) / 2.0, bottom + 36.0), TICK, Anchor::Middle)?;
        }
        Ok(())
    }

    /// Shades the spans of `causes`, each with its label (if `labelled`) above the plot where there is room.
    pub fn shade(&self, canvas: &mut Canvas, causes: &[Cause], labelled: bool) -> Result<(), ChartError> {
        let Frame { left, top, right, bottom } = self.frame;
        let mut taken = left - 6.0;
        for cause in causes.iter().take(CAUSES_MAX) {
            let from = self.x.px(cause.start_s.min(cause.end_s));
            let to = self.x.px(cause.start_s.max(cause.end_s)).max(from + 2.0);
            canvas.rect((from, top), (to, bottom), INK, SHADE)?;
            let label = text::fit(&cause.label, TICK, 180.0);
            let width = text::width(&label, TICK);
            let start = from.min(right - width);
            if labelled && start >= taken + 6.0 {
                canvas.text(&label, (start, top - 6.0), TICK, Anchor::Start)?;
                taken = start + width;
            }
        }
        Ok(())
    }

    /// Runs of defined points as polylines from the first point's start to the last one's end.
    fn runs(&self, grid: &Grid, values: &[Option<f64>], steps: bool) -> Vec<Vec<Point>> {
        let mut runs: Vec<Vec<Point>> = Vec::new();
        let mut open = false;
        for (i, value) in values.iter().enumerate() {
            let Some(value) = *value else {
                open = false;
                continue;
            };
            let (start, end) = grid.edges_s(i);
            let y = self.y.px(value);
            let (from, to) = (self.x.px(start), self.x.px(end));
            if !open {
                runs.push(vec![(from, y)]);
                open = true;
            }
            let run = runs.last_mut().expect("just opened");
            let next_defined = values.get(i + 1).is_some_and(Option::is_some);
            if steps {
                run.extend([(from, y), (to, y)]);
            } else {
                run.push(((from + to) / 2.0, y));
                if !next_defined {
                    run.push((to, y));
                }
            }
        }
        runs
    }

    /// A line through the points' middles.
    pub fn line(
        &self,
        canvas: &mut Canvas,
        grid: &Grid,
        values: &[Option<f64>],
        stroke: Stroke,
    ) -> Result<(), ChartError> {
        self.runs(grid, values, false).iter().try_for_each(|run| canvas.line(run, stroke))
    }

    /// A filled area down to zero; `steps` keeps each point flat over its width.
    pub fn area(
        &self,
        canvas: &mut Canvas,
        grid: &Grid,
        values: &[Option<f64>],
        (colour, alpha, steps): (RGBColor, f64, bool),
    ) -> Result<(), ChartError> {
        for mut run in self.runs(grid, values, steps) {
            let base = self.y.px(0.0);
            run.push((run[run.len() - 1].0, base));
            run.push((run[0].0, base));
            canvas.area(&run, colour, alpha)?;
        }
        Ok(())
    }

    /// The space between two series where both are defined.
    pub fn between(
        &self,
        canvas: &mut Canvas,
        grid: &Grid,
        (low, high): (&[Option<f64>], &[Option<f64>]),
        (colour, alpha): (RGBColor, f64),
    ) -> Result<(), ChartError> {
        let both = |a: &[Option<f64>], b: &[Option<f64>]| -> Vec<Option<f64>> {
            a.iter().zip(b).map(|(a, b)| b.and(*a)).collect()
        };
        let (lows, highs) =
            (self.runs(grid, &both(low, high), false), self.runs(grid, &both(high, low), false));
        for (mut run, back) in lows.into_iter().zip(highs) {
            run.extend(back.into_iter().rev());
            canvas.area(&run, colour, alpha)?;
        }
        Ok(())
    }
}

/// The causes that touch `org` and `model` (none = any of them), by start, and the drain if `grid` shows it.
pub fn causes(summary: &Summary, grid: &Grid, org: Option<&str>, model: Option<&str>) -> Vec<Cause> {
    let touches = |named: &Option<String>, shown: Option<&str>| match (named, shown) {
        (Some(named), Some(shown)) => named == shown,
        _ => true,
    };
    let mut causes: Vec<Cause> = (summary.causes.iter())
        .filter(|cause| touches(&cause.org, org) && touches(&cause.model, model))
        .filter(|cause| cause.start_s.min(cause.end_s) < grid.end_s())
        .cloned()
        .collect();
    if grid.end_s() > summary.duration_s + grid.interval_s / 2.0 {
        let (start_s, end_s) = (summary.duration_s, grid.end_s());
        causes.push(Cause { start_s, end_s, label: "drain".to_owned(), model: None, org: None });
    }
    causes.sort_by(|a, b| a.start_s.total_cmp(&b.start_s).then(a.end_s.total_cmp(&b.end_s)));
    // What strikes twice at once, on two models say, is shaded once.
    causes.dedup_by(|next, kept| {
        let together = next.start_s == kept.start_s && next.end_s == kept.end_s;
        if together && next.label != kept.label {
            kept.label = format!("{}, {}", kept.label, next.label);
        }
        together
    });
    causes
}

#[cfg(test)]
mod tests {
    use super::super::data::ResultData;
    use super::super::samples::Sample;
    use super::*;

    fn panel(grid: &Grid) -> Panel {
        let frame = Frame { left: 0.0, top: 0.0, right: 100.0, bottom: 50.0 };
        Panel::over_time(frame, grid, &Axis::from_zero(10.0, 5))
    }

    #[test]
    fn a_line_spans_its_bins_and_breaks_where_nothing_is_defined() {
        let grid = Grid::new(1.0, 4);
        let runs = panel(&grid).runs(&grid, &[Some(0.0), Some(10.0), None, Some(5.0)], false);
        assert_eq!(runs[0], [(0.0, 50.0), (12.5, 50.0), (37.5, 0.0), (50.0, 0.0)]);
        assert_eq!(runs[1], [(75.0, 25.0), (87.5, 25.0), (100.0, 25.0)]);
    }

    #[test]
    fn a_single_bin_is_still_a_line() {
        let grid = Grid::new(10.0, 1);
        assert_eq!(panel(&grid).runs(&grid, &[Some(5.0)], false)[0].len(), 3);
    }

    #[test]
    fn causes_are_those_of_the_org_and_model_shown_and_the_drain() {
        let data = ResultData::read(&Sample::spike().files()).unwrap();
        let labels = |org: &str, bins| -> Vec<String> {
            let causes = causes(&data.summary, &Grid::new(10.0, bins), Some(org), Some("llama-3.3-70b"));
            causes.into_iter().map(|cause| cause.label).collect()
        };
        assert_eq!(labels("spiky", 1080), ["spiky ×60"]);
        assert_eq!(labels("steady", 1080), [""; 0]);
        assert_eq!(labels("steady", 1100), ["drain"]);
    }

    #[test]
    fn causes_of_one_span_are_shaded_once() {
        let mut summary = ResultData::read(&Sample::spike().files()).unwrap().summary;
        let twice = summary.causes[0].clone();
        summary.causes.extend([twice.clone(), Cause { label: "−2 replicas".to_owned(), ..twice }]);
        let causes = causes(&summary, &Grid::new(10.0, 1080), None, None);
        let labels: Vec<&str> = causes.iter().map(|cause| cause.label.as_str()).collect();
        assert_eq!(labels, ["spiky ×60, −2 replicas"]);
    }
}
