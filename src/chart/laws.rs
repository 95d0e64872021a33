//! Laws: the dynamic rates that different laws grant one org, a line per model, over what the org offers.

use std::collections::{BTreeMap, BTreeSet};

use super::axis::Axis;
use super::canvas::Canvas;
use super::data::ResultData;
use super::error::ChartError;
use super::finding::{self, Granted};
use super::grid::{self, Grid};
use super::label::{self, Key, Label};
use super::page;
use super::panel::{self, Frame, Heading, Panel};
use super::scale::{self, Scale, compact, percent};
use super::tally::{self, Group};
use super::text;
use super::theme::{LABEL, MANY, MARGIN, NAME_MAX, OFFERED, Stroke, TITLE, WIDTH, solid};
use super::trace::{Series, Trace};
use super::{Chart, Drawing};

/// Points over the width of the page.
const POINTS_MAX: usize = 480;
const GUTTER: f64 = 300.0;
/// Height of a panel of few lines; each line needs [`LABEL_PX`] at its right.
const HEIGHT_MIN: f64 = 250.0;
const LABEL_PX: f64 = 52.0;
/// Rates further apart than this need a log axis.
const LINEAR_MAX: f64 = 30.0;
/// What lies further below the highest rate than this lies on the floor of a log axis.
const DECADES_MAX: f64 = 1e5;
const OFFERED_LINE: Stroke = solid(OFFERED, 1.3);
const OFFERED_ALPHA: f64 = 0.14;

/// The chart of laws.
#[derive(Debug)]
pub struct Laws;

/// What one law grants the org on its model.
struct Grant {
    model: String,
    law: String,
    group: Group,
    requests: Trace,
    tokens: Trace,
}

impl Chart for Laws {
    fn name(&self) -> &'static str {
        "laws"
    }

    fn doc(&self) -> &'static str {
        "dynamic rates of one org on models with different laws, and what it offers"
    }

    fn draw(&self, data: &ResultData) -> Result<Option<Drawing>, ChartError> {
        let Some(groups) = compared(data) else { return Ok(None) };
        let grid = Grid::of(data, POINTS_MAX)?;
        let (picked, chosen) =
            tally::pick(&groups, None, MANY.len(), ["models of the org", "most attempts", ""]);
        let grants: Vec<Grant> = picked.iter().map(|group| grant(data, &grid, group)).collect();
        let requests: Vec<&Trace> = grants.iter().map(|grant| &grant.requests).collect();
        let tokens: Vec<&Trace> = grants.iter().map(|grant| &grant.tokens).collect();
        let is_limited = |traces: &[&Trace]| traces.iter().any(|trace| trace.ends.is_some());
        if !is_limited(&requests) && !is_limited(&tokens) {
            return Ok(None);
        }
        let org = text::fit(data.names.text(groups[0].key[0]), TITLE, NAME_MAX / 2.0);
        let finding = finding::laws(&org, &grants.iter().map(granted).collect::<Vec<_>>());
        let panels: Vec<(&str, Vec<&Trace>)> = [("Requests", requests), ("Tokens", tokens)]
            .into_iter()
            .filter(|(_, traces)| is_limited(traces))
            .collect();
        let mut canvas = Canvas::new();
        let free: Vec<&str> = (grants.iter())
            .filter(|grant| grant.requests.ends.is_none() && grant.tokens.ends.is_none())
            .map(|grant| grant.model.as_str())
            .collect();
        let free = if free.is_empty() { String::new() } else { format!("no limit: {}", free.join(", ")) };
        let mut y = page::head(&mut canvas, &data.summary, Some(&grid), &finding, &[&chosen, &free])? + 22.0;
        for (place, (title, traces)) in panels.iter().enumerate() {
            let note = if *title == "Requests" {
                "per minute; grey: offered, mean over the models and their range"
            } else {
                "per minute; grey: served, mean over the models and their range"
            };
            let heading = Heading {
                title: format!("{title} of {org}"),
                note: note.into(),
                x_title: place + 1 == panels.len(),
            };
            y = draw(&mut canvas, data, &grid, (&grants, traces), &heading, y + panel::HEAD)?;
        }
        let about = format!("{finding}. Dynamic rates over simulated time, one line for each law.");
        Ok(Some((canvas.finish(y + 14.0, &finding, &about), finding)))
    }
}

/// The models, with a law each, of the org that uses most laws; none if no org uses two.
fn compared(data: &ResultData) -> Option<Vec<Group>> {
    let law = |model: u32| {
        let name = data.names.text(model);
        let head = data.summary.models.iter().find(|head| head.model == name)?;
        Some(head.law.as_str()).filter(|law| !law.is_empty())
    };
    let groups: Vec<Group> =
        tally::groups(data, &[0, 2]).into_iter().filter(|group| law(group.key[1]).is_some()).collect();
    let mut uses: BTreeMap<u32, (BTreeSet<&str>, f64)> = BTreeMap::new();
    for group in &groups {
        let (laws, attempts) = uses.entry(group.key[0]).or_default();
        laws.extend(law(group.key[1]));
        *attempts += group.tally.attempts;
    }
    // Of two that use as many, the one that bursts shows more.
    let bursts = |org: u32| {
        let name = data.names.text(org);
        data.summary.causes.iter().any(|cause| cause.org.as_deref() == Some(name))
    };
    let ranked = uses.iter().filter(|(_, (laws, _))| laws.len() > 1);
    let (&org, _) = ranked.max_by(|(a, (a_laws, a_sent)), (b, (b_laws, b_sent))| {
        let by_laws = a_laws.len().cmp(&b_laws.len());
        by_laws.then(bursts(**a).cmp(&bursts(**b))).then(a_sent.total_cmp(b_sent))
    })?;
    Some(groups.into_iter().filter(|group| group.key[0] == org).collect())
}

fn grant(data: &ResultData, grid: &Grid, group: &Group) -> Grant {
    let key = [group.key[0], group.key[1]];
    let model = data.names.text(key[1]).to_owned();
    let head = data.summary.models.iter().find(|head| head.model == model);
    Grant {
        law: head.map_or(String::new(), |head| head.law.clone()),
        model,
        group: group.clone(),
        requests: Trace::requests(data, grid, key),
        tokens: Trace::tokens(data, grid, key),
    }
}

fn granted(grant: &Grant) -> Granted {
    Granted {
        name: text::fit(&grant.model, TITLE, NAME_MAX / 2.0),
        tally: grant.group.tally,
        rate_rpm: grant.requests.ends.map(|ends| ends.1),
    }
}

/// Mean, least and most of the traffic of several traces at each point.
fn offered(traces: &[&Trace]) -> [Series; 3] {
    let series =
        |trace: &&Trace| if trace.offered.is_empty() { trace.served.clone() } else { trace.offered.clone() };
    let all: Vec<Series> = traces.iter().map(series).collect();
    let at = |i: usize| all.iter().filter_map(move |series| series.get(i).copied().flatten());
    let points = 0..all.first().map_or(0, Vec::len);
    let fold = |take: fn(f64, f64) -> f64, scale: f64| -> Series {
        points.clone().map(|i| at(i).reduce(take).map(|value| value * scale)).collect()
    };
    [fold(|a, b| a + b, 1.0 / traces.len() as f64), fold(f64::min, 1.0), fold(f64::max, 1.0)]
}

/// The vertical axis and scale: from zero, or logarithmic where the rates are far apart.
fn vertical(
    rates: impl Iterator<Item = f64> + Clone,
    traffic: f64,
    (top, bottom): (f64, f64),
) -> (Axis, Scale) {
    let high = rates.clone().fold(0.0, f64::max);
    let low = rates.filter(|rate| *rate > 0.0).fold(high, f64::min);
    if low > 0.0 && high / low > LINEAR_MAX {
        let low = low.max(high / DECADES_MAX);
        let ticks = scale::log_ticks(low, high.max(traffic.min(10.0 * high)));
        let scale = Scale::log(ticks[0], ticks[ticks.len() - 1], bottom, top);
        let ticks = ticks.into_iter().map(|v| (v, compact(v))).collect();
        return (Axis { ticks, title: String::new() }, scale);
    }
    // Traffic far above every rate would press them to the floor.
    let axis = Axis::from_zero(high.max(traffic.min(1.3 * high)), ((bottom - top) / 60.0) as usize);
    let scale = Scale::linear(0.0, axis.high(), bottom, top);
    (axis, scale)
}

/// One resource's panel; returns the y below.
fn draw(
    canvas: &mut Canvas,
    data: &ResultData,
    grid: &Grid,
    (grants, traces): (&[Grant], &[&Trace]),
    heading: &Heading,
    top: f64,
) -> Result<f64, ChartError> {
    let lines = traces.iter().filter(|trace| trace.ends.is_some()).count() + 1;
    let bottom = top + HEIGHT_MIN.max(lines as f64 * LABEL_PX);
    let frame = Frame { left: MARGIN + panel::TICKS, top, right: WIDTH - MARGIN - GUTTER, bottom };
    let [mean, least, most] = offered(traces);
    let rates = traces.iter().flat_map(|trace| trace.rate.iter().copied().flatten());
    let (y_axis, y) = vertical(rates, grid::peak(&most), (top, bottom));
    let low = y_axis.ticks[0].0;
    let x_axis = Axis::time(grid, 9);
    let panel = Panel { y, ..Panel::over_time(frame, grid, &y_axis) };
    let org = data.names.text(grants[0].group.key[0]);
    panel.shade(canvas, &causes(data, grid, org, grants), true)?;
    let log = if low > 0.0 { ", log scale" } else { "" };
    let heading = Heading {
        note: heading.note.replacen("per minute", &format!("per minute{log}"), 1),
        ..heading.clone()
    };
    panel.furnish(canvas, &heading, (&x_axis, &y_axis), false)?;
    let inside = |series: &Series| -> Series {
        series.iter().map(|value| value.filter(|v| (low..=y_axis.high()).contains(v))).collect()
    };
    panel.between(canvas, grid, (&least, &most), (OFFERED, OFFERED_ALPHA))?;
    panel.line(canvas, grid, &inside(&mean), OFFERED_LINE)?;
    let mut labels = Vec::new();
    let last = |series: &Series| series.iter().flatten().next_back().copied();
    for ((grant, trace), (colour, dash)) in grants.iter().zip(traces).zip(MANY) {
        let (Some((first, end)), Some(drawn)) = (trace.ends, last(&trace.rate)) else { continue };
        let stroke = Stroke { colour, width: 2.0, dash };
        panel.line(canvas, grid, &trace.rate, stroke)?;
        let tally = &grant.group.tally;
        let limited = match tally.limited() {
            0.0 => "no 429".to_owned(),
            count => format!("{} 429", percent(tally.share(count))),
        };
        let (name, rest) = law_label(grant);
        let numbers = format!("{} → {} · {limited}", compact(first), compact(end));
        let value = if rest.is_empty() { numbers } else { format!("{rest}\n{numbers}") };
        labels.push(Label { y: panel.y.px(drawn), key: Key::Line(stroke), name, value });
    }
    if let Some(end) = last(&mean) {
        let name = if traces[0].offered.is_empty() { "served" } else { "offered" };
        let value = format!("mean {}, peak {}", compact(grid::mean(&mean)), compact(grid::peak(&most)));
        let key = Key::Outlined(OFFERED_LINE, 2.0 * OFFERED_ALPHA);
        labels.push(Label { y: panel.y.px(end), key, name: name.to_owned(), value });
    }
    label::draw(canvas, &labels, (frame.right, GUTTER), (top, bottom))?;
    Ok(bottom + panel::FOOT + if heading.x_title { panel::X_TITLE } else { 8.0 })
}

/// A law's kind with its model, where that is not named after it, and how the law is set.
fn law_label(grant: &Grant) -> (String, String) {
    let (kind, rest) = grant.law.split_once(' ').unwrap_or((&grant.law, ""));
    let kind = kind.trim_end_matches([',', ':']);
    let parts = if grant.model.replace('-', "_") == kind {
        vec![kind.to_owned()]
    } else {
        vec![kind.to_owned(), grant.model.clone()]
    };
    (text::fit_parts(&parts, LABEL, label::name_room(GUTTER)), rest.to_owned())
}

/// What strikes the org on any of the models, once.
fn causes(data: &ResultData, grid: &Grid, org: &str, grants: &[Grant]) -> Vec<super::data::Cause> {
    let mut all = panel::causes(&data.summary, grid, Some(org), None);
    all.retain(|cause| cause.model.as_ref().is_none_or(|name| grants.iter().any(|g| g.model == *name)));
    all
}

#[cfg(test)]
mod tests {
    use super::super::samples::{Sample, Shape};
    use super::*;

    fn nine() -> Shape {
        Shape { models: (0..9).map(|i| format!("law-{i}")).collect(), laws: true, ..Shape::spike() }
    }

    fn draw(sample: &Sample) -> Option<Drawing> {
        Laws.draw(&ResultData::read(&sample.files()).unwrap()).unwrap()
    }

    #[test]
    fn one_law_is_no_comparison() {
        assert!(draw(&Sample::spike()).is_none());
        assert!(draw(&Shape { laws: false, ..nine() }.make()).is_none());
    }

    #[test]
    fn each_law_has_a_line_with_its_name() {
        let (svg, finding) = draw(&nine().make()).unwrap();
        for i in 1..9 {
            assert!(svg.contains(&format!("×{i} of the past {i} h, ≤ 0.{i} of capacity")), "{i}");
        }
        assert!(finding.contains("law-"), "{finding}");
        let (many, _) =
            draw(&Shape { models: (0..12).map(|i| format!("law-{i}")).collect(), ..nine() }.make()).unwrap();
        assert!(many.contains("9 of 12 models of the org shown"));
    }

    #[test]
    fn rates_far_apart_have_a_log_axis_and_others_start_at_zero() {
        let axis = |rates: &[f64], traffic| vertical(rates.iter().copied(), traffic, (0.0, 100.0)).0;
        assert_eq!(axis(&[60.0, 1000.0], 100.0).ticks[0].0, 0.0);
        assert_eq!(axis(&[10.0, 1000.0], 5.0).ticks[0].1, "10");
        assert!(axis(&[60.0], 1e9).high() <= 100.0);
        assert_eq!(axis(&[0.0], 0.0).ticks[0].0, 0.0);
        assert!(axis(&[1e-300, 1e15], 1e15).ticks.len() <= 12);
    }

    #[test]
    fn what_is_offered_is_the_mean_and_range_over_the_models() {
        let trace = |value| Trace { offered: vec![Some(value), None], ..Trace::default() };
        let [mean, least, most] = offered(&[&trace(2.0), &trace(4.0)]);
        assert_eq!((mean[0], least[0], most[0], mean[1]), (Some(3.0), Some(2.0), Some(4.0), None));
    }
}
