//! Rate trajectory: for each org and model, what it sends, what is served, and its dynamic rate.

use super::canvas::Canvas;
use super::data::ResultData;
use super::error::ChartError;
use super::finding::{self, Party};
use super::grid::{self, Grid};
use super::label::{self, Key, Label};
use super::page;
use super::panel::{self, Axis, Frame, Heading, Panel};
use super::scale::{percent, short};
use super::tally::{self, Group};
use super::theme::{Dash, MARGIN, OFFERED, RATE, SERVED, Stroke, WIDTH, solid};
use super::{Chart, Drawing};

/// Pairs shown at most.
const PAIRS_MAX: usize = 4;
/// Panels of one quantity share their range unless their peaks differ by more than this factor.
const SHARE_MAX: f64 = 12.0;
/// A dynamic rate above this many times the traffic leaves the plot, or the traffic would lie on the floor.
const ABOVE_MAX: f64 = 4.0;

/// The chart of dynamic rates.
#[derive(Debug)]
pub struct Rates;

/// One resource of one pair, per minute at each point.
#[derive(Debug, Clone, Default)]
struct Trace {
    offered: Vec<Option<f64>>,
    served: Vec<Option<f64>>,
    rate: Vec<Option<f64>>,
    bands: Vec<[Vec<Option<f64>>; 2]>,
}

impl Trace {
    /// The upper end the vertical axis needs.
    fn top(&self) -> f64 {
        let bands = self.bands.iter().map(|[_, high]| grid::peak(high)).fold(0.0, f64::max);
        let traffic = grid::peak(&self.offered).max(grid::peak(&self.served));
        let rate = grid::peak(&self.rate);
        match traffic {
            t if t > 0.0 && rate > ABOVE_MAX * t => 1.25 * t,
            t => t.max(rate).max(bands),
        }
    }
}

/// An org and a model with their traces.
#[derive(Debug, Clone)]
struct Pair {
    name: String,
    group: Group,
    requests: Trace,
    tokens: Trace,
}

impl Chart for Rates {
    fn name(&self) -> &'static str {
        "rates"
    }

    fn doc(&self) -> &'static str {
        "dynamic rate, offered and served load per org and model, in requests and in tokens"
    }

    fn draw(&self, data: &ResultData) -> Result<Option<Drawing>, ChartError> {
        let groups = tally::groups(data, &[0, 2]);
        if groups.is_empty() {
            return Ok(None);
        }
        let grid = Grid::of(data)?;
        let several_models = groups.iter().any(|group| group.key[1] != groups[0].key[1]);
        let name = |group: &Group| match several_models {
            true => format!("{} · {}", data.names.text(group.key[0]), data.names.text(group.key[1])),
            false => data.names.text(group.key[0]).to_owned(),
        };
        let worst = (0..groups.len())
            .filter(|&i| groups[i].tally.limited() > 0.0)
            .max_by(|&a, &b| groups[a].tally.limited().total_cmp(&groups[b].tally.limited()));
        let plural = if several_models { "pairs of org and model" } else { "orgs" };
        let (picked, chosen) =
            tally::pick(&groups, worst, PAIRS_MAX, [plural, "most attempts", "the most limited"]);
        let pairs: Vec<Pair> = picked.iter().map(|group| pair(data, &grid, group, name(group))).collect();
        let finding =
            finding::rates(&groups.iter().map(|group| party(group, name(group), &pairs)).collect::<Vec<_>>());
        let svg = picture(data, &grid, &pairs, &finding, &chosen)?;
        Ok(Some((svg, finding)))
    }
}

fn cells<'a>(
    data: &'a ResultData,
    group: &'a Group,
    values: &'a [f64],
) -> impl Iterator<Item = (f64, f64)> + 'a {
    let (orgs, models, times) = (data.outcomes.key(0), data.outcomes.key(2), data.outcomes.number("time_s"));
    (0..data.outcomes.rows)
        .filter(|&row| orgs[row] == group.key[0] && models[row] == group.key[1])
        .map(|row| (times[row], values[row]))
}

fn rate_cells<'a>(
    data: &'a ResultData,
    group: &'a Group,
    values: &'a [f64],
) -> impl Iterator<Item = (f64, f64)> + 'a {
    let (orgs, models, times) = (data.rates.key(0), data.rates.key(1), data.rates.number("time_s"));
    (0..data.rates.rows)
        .filter(|&row| orgs[row] == group.key[0] && models[row] == group.key[1])
        .map(|row| (times[row], values[row]))
}

fn requests(data: &ResultData, grid: &Grid, group: &Group) -> Trace {
    let counts = |column: &str| grid.per_minute(cells(data, group, data.outcomes.number(column)));
    let band = |column: &str| {
        let (low, high) = data.outcomes.band(column)?;
        Some([low, high].map(|values| grid.per_minute(cells(data, group, values))))
    };
    let rate_band = data.rates.band("dynamic_rate_rpm");
    let rate_band = rate_band.map(|(low, high)| [low, high].map(|v| grid.mean(rate_cells(data, group, v))));
    Trace {
        offered: counts("attempts"),
        served: counts("ok_200"),
        rate: grid.mean(rate_cells(data, group, data.rates.number("dynamic_rate_rpm"))),
        bands: [band("attempts"), band("ok_200"), rate_band].into_iter().flatten().collect(),
    }
}

fn tokens(data: &ResultData, grid: &Grid, group: &Group) -> Trace {
    let (prompt, output) = (data.outcomes.number("prompt_tokens"), data.outcomes.number("output_tokens"));
    let both = cells(data, group, prompt).chain(cells(data, group, output));
    let band = data.rates.band("dynamic_tokens_tpm");
    Trace {
        offered: Vec::new(),
        served: grid.per_minute(both),
        rate: grid.mean(rate_cells(data, group, data.rates.number("dynamic_tokens_tpm"))),
        bands: band
            .map(|(low, high)| [low, high].map(|v| grid.mean(rate_cells(data, group, v))))
            .into_iter()
            .collect(),
    }
}

fn pair(data: &ResultData, grid: &Grid, group: &Group, name: String) -> Pair {
    let (requests, tokens) = (requests(data, grid, group), tokens(data, grid, group));
    Pair { name, group: group.clone(), requests, tokens }
}

/// What the finding needs of a group; its rates are known if it is one of the drawn `pairs`.
fn party(group: &Group, name: String, pairs: &[Pair]) -> Party {
    let drawn = pairs.iter().find(|pair| pair.group.key == group.key);
    let rate = drawn.map_or(&[][..], |pair| &pair.requests.rate);
    let mut defined = rate.iter().flatten();
    let rate_rpm = defined.next().map(|first| (*first, *defined.next_back().unwrap_or(first)));
    let overdrive = drawn.map_or(0.0, |pair| {
        let sent = pair.requests.offered.iter().zip(rate);
        sent.filter_map(|(sent, rate)| Some(sent.as_ref()? / rate.filter(|rate| *rate > 0.0)?))
            .fold(0.0, f64::max)
    });
    Party { name, tally: group.tally, rate_rpm, overdrive }
}

/// One pair fills the width, requests above tokens; several stand in rows, requests beside tokens.
fn picture(
    data: &ResultData,
    grid: &Grid,
    pairs: &[Pair],
    finding: &str,
    chosen: &str,
) -> Result<String, ChartError> {
    let mut canvas = Canvas::new();
    let bands = pairs.iter().any(|pair| !pair.requests.bands.is_empty());
    let notes = [chosen, &page::band_note(&data.summary, bands)];
    let mut y = page::head(&mut canvas, data, Some(grid), finding, &notes)? + 24.0;
    let (columns, height) = if pairs.len() == 1 { (1, 250.0) } else { (2, 158.0) };
    let width = (WIDTH - 2.0 * MARGIN) / f64::from(columns);
    let gutter = if columns == 1 { 170.0 } else { 136.0 };
    let x_axis = Axis::time(grid, if columns == 1 { 12 } else { 7 });
    let tops = [
        shared_tops(pairs.iter().map(|p| p.requests.top())),
        shared_tops(pairs.iter().map(|p| p.tokens.top())),
    ];
    for (row, pair) in pairs.iter().enumerate() {
        for (place, trace) in [&pair.requests, &pair.tokens].into_iter().enumerate() {
            let column = if columns == 1 { 0 } else { place };
            if place == 0 || columns == 1 {
                y += 62.0;
            }
            let left = MARGIN + 52.0 + column as f64 * (width + 4.0);
            let right = MARGIN + (column as f64 + 1.0) * width - gutter;
            let frame = Frame { left, top: y, right, bottom: y + height };
            let y_axis = Axis::from_zero(tops[place][row], if columns == 1 { 5 } else { 4 });
            let panel = Panel::over_time(frame, grid, &y_axis);
            let x_title = columns == 1 && place == 1 || columns == 2 && row + 1 == pairs.len();
            let heading = Heading { x_title, ..heading(pair, place, shared(&tops[place])) };
            let org = data.names.text(pair.group.key[0]);
            let causes =
                panel::causes(&data.summary.causes, Some(org), Some(data.names.text(pair.group.key[1])));
            panel.shade(&mut canvas, &causes, true)?;
            panel.furnish(&mut canvas, &heading, (&x_axis, &y_axis), false)?;
            draw(&mut canvas, &panel, grid, trace, gutter)?;
            if place == 1 || columns == 1 {
                y += height + if x_title { 40.0 } else { 24.0 };
            }
        }
    }
    let about = format!("{finding}. Dynamic rate, offered and served load over simulated time.");
    Ok(canvas.finish(y + 12.0, finding, &about))
}

/// The same axis end for all, unless their peaks are too far apart for all to be seen.
fn shared_tops(tops: impl Iterator<Item = f64>) -> Vec<f64> {
    let tops: Vec<f64> = tops.collect();
    let high = tops.iter().copied().fold(0.0, f64::max);
    let low = tops.iter().copied().filter(|top| *top > 0.0).fold(f64::INFINITY, f64::min);
    if high <= SHARE_MAX * low { vec![high; tops.len()] } else { tops }
}

fn shared(tops: &[f64]) -> bool {
    tops.iter().all(|top| *top == tops[0])
}

fn heading(pair: &Pair, place: usize, shared: bool) -> Heading {
    let tally = &pair.group.tally;
    let own = if shared { "" } else { " (own scale)" };
    if place == 1 {
        return Heading { note: format!("tokens per minute{own}"), ..Heading::default() };
    }
    let mut parts = vec![format!("requests per minute{own}")];
    if tally.limited() > 0.0 {
        parts.push(format!("{} limited (429)", percent(tally.share(tally.limited()))));
    }
    if tally.unavailable > 0.0 {
        parts.push(format!("{} overload (503)", percent(tally.share(tally.unavailable))));
    }
    if parts.len() == 1 {
        parts.push(format!("{} served", percent(tally.share(tally.ok))));
    }
    Heading { title: pair.name.clone(), note: parts.join(" · "), x_title: false }
}

fn draw(
    canvas: &mut Canvas,
    panel: &Panel,
    grid: &Grid,
    trace: &Trace,
    gutter: f64,
) -> Result<(), ChartError> {
    let top = panel.y.high();
    let rate: Vec<Option<f64>> = trace.rate.iter().map(|rate| rate.filter(|rate| *rate <= top)).collect();
    if !trace.offered.is_empty() {
        panel.between(canvas, grid, (&trace.served, &trace.offered), (OFFERED, 0.16))?;
    }
    let dashed = Stroke { dash: Dash::Short, ..solid(RATE, 2.0) };
    for [low, high] in &trace.bands {
        panel.between(canvas, grid, (low, high), (SERVED, 0.14))?;
    }
    panel.line(canvas, grid, &trace.offered, solid(OFFERED, 1.5))?;
    panel.line(canvas, grid, &trace.served, solid(SERVED, 1.8))?;
    panel.line(canvas, grid, &rate, dashed)?;
    let mut labels = Vec::new();
    let mut label = |values: &[Option<f64>], stroke, name: &str, value: String| {
        if let Some(end) = values.iter().flatten().next_back() {
            labels.push(Label { y: panel.y.px(*end), key: Key::Line(stroke), name: name.to_owned(), value });
        }
    };
    let ends = |values: &[Option<f64>]| {
        let mut defined = values.iter().flatten();
        let first = defined.next().copied().unwrap_or(0.0);
        (first, defined.next_back().copied().unwrap_or(first))
    };
    let (first, last) = ends(&trace.rate);
    let off = if last > top { " ↑" } else { "" };
    label(&trace.rate, dashed, "dynamic rate", format!("{} → {}{off}", short(first), short(last)));
    label(
        &trace.offered,
        solid(OFFERED, 1.5),
        "offered",
        format!("peak {}", short(grid::peak(&trace.offered))),
    );
    label(
        &trace.served,
        solid(SERVED, 1.8),
        "served (200)",
        format!("peak {}", short(grid::peak(&trace.served))),
    );
    label::draw(canvas, &labels, (panel.frame.right, gutter), (panel.frame.top, panel.frame.bottom))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_share_their_range_unless_one_would_vanish() {
        assert_eq!(shared_tops([100.0, 50.0].into_iter()), [100.0, 100.0]);
        assert_eq!(shared_tops([1e6, 1.0].into_iter()), [1e6, 1.0]);
        assert_eq!(shared_tops([0.0, 0.0].into_iter()), [0.0, 0.0]);
    }

    #[test]
    fn a_rate_far_above_the_traffic_leaves_the_plot() {
        let values = |v: f64| vec![Some(v)];
        let trace = |rate| Trace { offered: values(100.0), rate: values(rate), ..Trace::default() };
        assert_eq!(trace(6000.0).top(), 125.0);
        assert_eq!(trace(300.0).top(), 300.0);
    }
}
