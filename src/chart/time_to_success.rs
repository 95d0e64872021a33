//! Time to success: for each org and workload, the share of all requests that had succeeded within a time.

use std::collections::{BTreeMap, BTreeSet};

use super::axis::Axis;
use super::canvas::{Canvas, Point};
use super::data::ResultData;
use super::error::ChartError;
use super::label::{self, Key, Label};
use super::page;
use super::panel::{self, Frame, Heading, Panel};
use super::scale::{self, Scale, percent, span};
use super::tally;
use super::text;
use super::theme::{AXIS, HAIRLINE, LABEL, MARGIN, NAME_MAX, SERIES, Stroke, TITLE, WIDTH, solid};
use super::{Chart, Drawing};

/// Curves drawn in grey behind the named ones, at most.
const CONTEXT_MAX: usize = 60;
/// Points per curve.
const POINTS_MAX: usize = 600;
const GUTTER: f64 = 232.0;
const HEIGHT: f64 = 400.0;
/// A rise by more than this is a step.
const STEP_PX: f64 = 4.0;

/// The chart of times to success.
#[derive(Debug)]
pub struct TimeToSuccess;

/// One curve: the parts of its name and `(seconds, share)` in rising order, never empty.
#[derive(Debug, Clone)]
pub(super) struct Curve {
    pub(super) parts: Vec<String>,
    pub(super) points: Vec<(f64, f64)>,
}

impl Curve {
    pub(super) fn end(&self) -> f64 {
        self.points[self.points.len() - 1].1
    }

    /// The name, cut to leave room in a title.
    fn short_name(&self) -> String {
        text::fit_parts(&self.parts, TITLE, NAME_MAX)
    }

    /// The time by which `share` of all requests had succeeded, if they ever did.
    pub(super) fn reached_s(&self, share: f64) -> Option<f64> {
        let place = self.points.partition_point(|(_, s)| *s < share - 1e-12);
        self.points.get(place).map(|(time_s, _)| *time_s)
    }
}

impl Chart for TimeToSuccess {
    fn name(&self) -> &'static str {
        "time_to_success"
    }

    fn doc(&self) -> &'static str {
        "share of all requests that had succeeded within a time, per org and workload"
    }

    fn draw(&self, data: &ResultData) -> Result<Option<Drawing>, ChartError> {
        let curves = curves(data);
        if curves.is_empty() {
            return Ok(None);
        }
        let finding = finding(&curves);
        let worst = (0..curves.len()).min_by(|&a, &b| curves[a].end().total_cmp(&curves[b].end()));
        let what = ["curves", "most requests", "the one that ends lowest"];
        let (named, mut chosen) = tally::pick(&curves, worst, SERIES.len(), what);
        if !chosen.is_empty() {
            chosen = chosen.replace("shown", "named") + "; others in grey";
        }
        let context = &curves[..curves.len().min(CONTEXT_MAX)];
        let context = if chosen.is_empty() { &[] } else { context };
        let svg = picture(data, &named, context, &finding, &chosen)?;
        Ok(Some((svg, finding)))
    }
}

/// Who gave up, or who was slowest.
fn finding(curves: &[Curve]) -> String {
    let by_end = |a: &&Curve, b: &&Curve| a.end().total_cmp(&b.end());
    let (Some(worst), Some(best)) = (curves.iter().min_by(by_end), curves.iter().max_by(by_end)) else {
        return "No request was made".to_owned();
    };
    if worst.end() >= 1.0 - 1e-9 {
        let p99s = curves.iter().filter_map(|curve| Some((curve, curve.reached_s(0.99)?)));
        return match p99s.max_by(|a, b| a.1.total_cmp(&b.1)) {
            Some((slow, p99_s)) if curves.len() > 1 => {
                format!(
                    "Every request succeeded; the slowest, {}, needed {} for 99 %",
                    slow.short_name(),
                    span(p99_s)
                )
            }
            Some((_, p99_s)) => format!("Every request succeeded, 99 % of them within {}", span(p99_s)),
            None => "Every request succeeded".to_owned(),
        };
    }
    if best.end() == 0.0 {
        return "No request ever succeeded".to_owned();
    }
    let head = format!("{} of {}’s requests never succeeded", percent(1.0 - worst.end()), worst.short_name());
    match worst.reached_s(0.5) {
        _ if best.end() - worst.end() > 1e-4 => {
            format!("{head}; {} reached {}", best.short_name(), percent(best.end()))
        }
        Some(p50_s) => format!("{head}; half had within {}", span(p50_s)),
        None => head,
    }
}

/// All curves, the most requests first.
fn curves(data: &ResultData) -> Vec<Curve> {
    let table = &data.time_to_success;
    let (times, shares) = (table.number("time_s"), table.number("succeeded_share"));
    let mut points: BTreeMap<[u32; 3], Vec<(f64, f64)>> = BTreeMap::new();
    for row in 0..table.rows {
        let key = [0, 1, 2].map(|column| table.key(column)[row]);
        points.entry(key).or_default().push((times[row], shares[row].min(1.0)));
    }
    let requests: BTreeMap<Vec<u32>, f64> =
        tally::groups(data, &[0, 1, 2]).into_iter().map(|group| (group.key, group.tally.requests)).collect();
    let mut keys: Vec<[u32; 3]> = points.keys().copied().collect();
    let weight = |key: &[u32; 3]| requests.get(&key[..]).copied().unwrap_or(0.0);
    let end = |key: &[u32; 3]| points[key].last().map_or(0.0, |point| point.1);
    keys.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then(end(b).total_cmp(&end(a))));
    let equals: Vec<usize> = keys.chunk_by(|a, b| weight(a) == weight(b)).map(<[_]>::len).collect();
    let mut start = 0;
    for len in equals {
        bring_forward(&mut keys[start..start + len]);
        start += len;
    }
    let columns = naming_columns(&keys);
    let parts =
        |key: &[u32; 3]| columns.iter().map(|&column| data.names.text(key[column]).to_owned()).collect();
    let curve = |key: &[u32; 3]| Curve { parts: parts(key), points: points.remove(key).unwrap_or_default() };
    keys.iter().map(curve).collect()
}

/// Of curves that stand in order of their ends, bring to the front as many as are named, spread evenly from the highest
/// end to the lowest: named by order alone they might all look the same.
fn bring_forward<T>(curves: &mut [T]) {
    let named = SERIES.len().min(curves.len());
    for place in 1..named {
        let from = place * (curves.len() - 1) / (named - 1);
        curves[place..=from].rotate_right(1);
    }
}

/// The columns (0 org, 1 workload, 2 model) that name a curve: org and model where they tell all curves apart,
/// as in the other charts; else org and workload, which always do.
fn naming_columns(keys: &[[u32; 3]]) -> &'static [usize] {
    let differs = |column: usize| keys.iter().any(|key| key[column] != keys[0][column]);
    let pairs: BTreeSet<[u32; 2]> = keys.iter().map(|key| [key[0], key[2]]).collect();
    match (differs(1), differs(2)) {
        (_, true) if pairs.len() == keys.len() => &[0, 2],
        (true, _) => &[0, 1],
        (false, _) => &[0],
    }
}

fn picture(
    data: &ResultData,
    named: &[Curve],
    context: &[Curve],
    finding: &str,
    chosen: &str,
) -> Result<String, ChartError> {
    let mut canvas = Canvas::new();
    let top = page::head(&mut canvas, &data.summary, None, finding, &[chosen])? + 22.0 + panel::HEAD;
    let frame =
        Frame { left: MARGIN + panel::TICKS, top, right: WIDTH - MARGIN - GUTTER, bottom: top + HEIGHT };
    let y_axis = Axis::percent(1.0);
    let ((low, high), x_axis) = time_axis(named.iter().chain(context));
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
    for curve in context {
        canvas.line(&path(&panel, curve), solid(if named.len() > 1 { AXIS } else { HAIRLINE }, 0.9))?;
    }
    let mut labels = Vec::new();
    for (curve, (colour, dash)) in named.iter().zip(SERIES) {
        let stroke = Stroke { colour, width: 2.0, dash };
        canvas.line(&path(&panel, curve), stroke)?;
        let within = |share: f64, name| curve.reached_s(share).map(|s| format!("{name} in {}", span(s)));
        let times: Vec<String> = [within(0.5, "50 %"), within(0.99, "99 %")].into_iter().flatten().collect();
        labels.push(Label {
            y: panel.y.px(curve.end()),
            key: Key::Line(stroke),
            name: text::fit_parts(&curve.parts, LABEL, label::name_room(GUTTER)),
            value: format!("{} succeeded\n{}", percent(curve.end()), times.join(", ")),
        });
    }
    label::draw(&mut canvas, &labels, (frame.right, GUTTER), (frame.top, frame.bottom))?;
    let about = format!(
        "{finding}. Distribution of the time from a request's birth to its success, over all requests."
    );
    Ok(canvas.finish(frame.bottom + 54.0, finding, &about))
}

/// From where the first curve leaves the floor to where the last one ends: the range, and ticks 1, 3, 10 … in it.
pub(super) fn time_axis<'a>(curves: impl Iterator<Item = &'a Curve> + Clone) -> ((f64, f64), Axis) {
    let lasts = curves.clone().map(|curve| curve.points[curve.points.len() - 1].0);
    let high = lasts.fold(0.0, f64::max).max(1e-3);
    let firsts =
        curves.filter_map(|curve| curve.points.iter().find(|point| point.1 >= 0.002)).map(|point| point.0);
    let low = firsts.fold(high, f64::min).clamp(high * 1e-6, high * 0.3);
    let mut ticks = scale::log_ticks(low, high);
    // The plot ends with the data, not at the next tick.
    if ticks.len() > 2 && ticks[ticks.len() - 1] > high * 1.001 {
        ticks.pop();
    }
    let range = (ticks[0], high.max(ticks[ticks.len() - 1]));
    let title = "time from a request’s birth to its success (s, log scale)".to_owned();
    (range, Axis { ticks: ticks.into_iter().map(|v| (v, scale::short(v))).collect(), title })
}

/// A curve from the floor to the right edge, thinned to at most [`POINTS_MAX`] points.
pub(super) fn path(panel: &Panel, curve: &Curve) -> Vec<Point> {
    let stride = curve.points.len().div_ceil(POINTS_MAX);
    let last = curve.points[curve.points.len() - 1];
    let at = |(time_s, share): (f64, f64)| (panel.x.px(time_s), panel.y.px(share));
    let points = curve.points.iter().copied().step_by(stride).chain([last]).map(at);
    let mut path: Vec<Point> = Vec::new();
    for (x, y) in points {
        match path.last() {
            // Many at once: a step. The table's own steps are too fine to be seen, but would spoil the dashes.
            Some(&(_, before)) if before - y > STEP_PX => path.push((x, before)),
            Some(_) => {}
            // A jump from the floor, unless it would run along the axis.
            None if x > panel.frame.left + 1.0 => path.push((x, panel.y.px(0.0))),
            None => {}
        }
        path.push((x, y));
    }
    path.push((panel.frame.right, panel.y.px(last.1)));
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_are_named_from_the_highest_end_to_the_lowest() {
        let brought = |n: usize| {
            let mut curves: Vec<usize> = (0..n).collect();
            bring_forward(&mut curves);
            curves
        };
        assert_eq!(brought(12), [0, 3, 7, 11, 1, 2, 4, 5, 6, 8, 9, 10]);
        assert_eq!(brought(4), [0, 1, 2, 3]);
        assert_eq!((brought(1), brought(2)), (vec![0], vec![0, 1]));
    }

    #[test]
    fn the_finding_says_who_never_succeeded() {
        let curve =
            |name: &str, points: &[(f64, f64)]| Curve { parts: vec![name.into()], points: points.to_vec() };
        let good = curve("steady", &[(1.0, 0.6), (12.0, 1.0)]);
        let bad = curve("spiky", &[(4.0, 0.6), (60.0, 0.771)]);
        assert_eq!(finding(std::slice::from_ref(&good)), "Every request succeeded, 99 % of them within 12 s");
        assert_eq!(
            finding(&[good.clone(), curve("slow", &[(30.0, 1.0)])]),
            "Every request succeeded; the slowest, slow, needed 30 s for 99 %"
        );
        assert_eq!(
            finding(&[good, bad.clone()]),
            "22.9 % of spiky’s requests never succeeded; steady reached 100 %"
        );
        assert_eq!(finding(&[bad]), "22.9 % of spiky’s requests never succeeded; half had within 4 s");
        assert_eq!(finding(&[curve("a", &[(1.0, 0.0)])]), "No request ever succeeded");
        assert_eq!(finding(&[]), "No request was made");
    }

    #[test]
    fn a_curve_has_the_shortest_name_that_tells_it_apart() {
        // org, workload, model
        assert_eq!(naming_columns(&[[0, 5, 8], [1, 5, 8]]), [0]);
        assert_eq!(naming_columns(&[[0, 5, 8], [1, 6, 8]]), [0, 1]);
        assert_eq!(naming_columns(&[[0, 5, 8], [0, 6, 9], [1, 5, 8]]), [0, 2]);
        assert_eq!(naming_columns(&[[0, 5, 8], [0, 6, 8], [1, 5, 9]]), [0, 1]);
    }

    #[test]
    fn quantiles_count_all_requests() {
        let curve = Curve { parts: vec!["a".into()], points: vec![(1.0, 0.2), (2.0, 0.5), (4.0, 0.8)] };
        assert_eq!(
            (curve.reached_s(0.5), curve.reached_s(0.51), curve.reached_s(0.99)),
            (Some(2.0), Some(4.0), None)
        );
    }

    #[test]
    fn the_time_axis_is_sound_for_any_curve() {
        for points in [vec![(0.0, 0.0)], vec![(0.0, 1.0)], vec![(1e-300, 0.5), (1e15, 1.0)], vec![(3.0, 1.0)]]
        {
            let ((low, high), axis) = time_axis([Curve { parts: Vec::new(), points }].iter());
            assert!(low < high && axis.ticks.iter().all(|tick| (low..=high).contains(&tick.0)));
            assert!((2..=12).contains(&axis.ticks.len()));
            assert!(axis.ticks[0].0 > 0.0 && axis.ticks.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }
}
