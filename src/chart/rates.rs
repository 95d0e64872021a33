//! Rate trajectory: for each org and model, what it sends, what is served, and its dynamic rate.

use super::axis::Axis;
use super::canvas::Canvas;
use super::data::ResultData;
use super::error::ChartError;
use super::finding::{self, Party};
use super::grid::{self, Grid};
use super::label::{self, Key, Label};
use super::page;
use super::panel::{self, Frame, Heading, Panel};
use super::scale::{self, compact, grouped, percent};
use super::tally::{self, Group};
use super::text;
use super::theme::{
    Dash, MARGIN, NAME_MAX, OFFERED, PANEL_TITLE, RATE, SECTION, SERVED, Stroke, TITLE, WIDTH, solid,
};
use super::trace::{Series, Trace};
use super::{Chart, Drawing};

/// Pairs shown at most.
const PAIRS_MAX: usize = 4;
/// Points over the whole width of the page.
const POINTS_MAX: usize = 480;
/// Between columns, px.
const GAP: f64 = 20.0;

/// What is offered is a pale area, so that it shows where what is served runs along its edge.
const OFFERED_LINE: Stroke = solid(OFFERED, 1.3);
const OFFERED_ALPHA: f64 = 0.14;
const SERVED_LINE: Stroke = solid(SERVED, 1.8);
const RATE_LINE: Stroke = Stroke { dash: Dash::Short, ..solid(RATE, 2.0) };

/// The chart of dynamic rates.
#[derive(Debug)]
pub struct Rates;

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
        let grid = Grid::of(data, if groups.len() == 1 { POINTS_MAX } else { POINTS_MAX / 2 })?;
        let several_models = groups.iter().any(|group| group.key[1] != groups[0].key[1]);
        let columns = if several_models { 0..2 } else { 0..1 };
        let name = |group: &Group| {
            let parts: Vec<String> =
                columns.clone().map(|i| data.names.text(group.key[i]).to_owned()).collect();
            text::fit_parts(&parts, TITLE, NAME_MAX)
        };
        let worst = (0..groups.len())
            .filter(|&i| groups[i].tally.limited() > 0.0)
            .max_by(|&a, &b| groups[a].tally.limited().total_cmp(&groups[b].tally.limited()));
        let plural = if several_models { "pairs of org and model" } else { "orgs" };
        let what = [plural, "most attempts", "the most limited"];
        let (picked, chosen) = tally::pick(&groups, worst, PAIRS_MAX, what);
        let pair = |group: &Group| {
            let key = [group.key[0], group.key[1]];
            let (requests, tokens) = (Trace::requests(data, &grid, key), Trace::tokens(data, &grid, key));
            Pair { name: name(group), group: group.clone(), requests, tokens }
        };
        let pairs: Vec<Pair> = picked.iter().map(pair).collect();
        let parties: Vec<Party> = groups.iter().map(|group| party(group, name(group), &pairs)).collect();
        let finding = finding::rates(&parties);
        let svg = picture(data, &grid, &pairs, &finding, &chosen)?;
        Ok(Some((svg, finding)))
    }
}

/// What the finding needs of a group; its rates are known if it is one of the drawn `pairs`.
fn party(group: &Group, name: String, pairs: &[Pair]) -> Party {
    let drawn = pairs.iter().find(|pair| pair.group.key == group.key);
    let rate_rpm = drawn.and_then(|pair| pair.requests.ends);
    Party {
        name,
        tally: group.tally,
        rate_rpm,
        overdrive: drawn.map_or(0.0, |pair| pair.requests.overdrive()),
    }
}

/// One pair fills the width, requests above tokens; several stand in rows, requests beside tokens. Tokens that
/// nobody limits are not drawn.
fn picture(
    data: &ResultData,
    grid: &Grid,
    pairs: &[Pair],
    finding: &str,
    chosen: &str,
) -> Result<String, ChartError> {
    let mut canvas = Canvas::new();
    let bands = pairs.iter().any(|pair| pair.requests.bands.iter().any(Option::is_some));
    let notes = [chosen, &page::band_note(&data.summary, bands)];
    let mut y = page::head(&mut canvas, &data.summary, Some(grid), finding, &notes)? + 26.0;
    let has_tokens = pairs.iter().any(|pair| pair.tokens.ends.is_some());
    let columns = if pairs.len() == 1 || !has_tokens { 1 } else { 2 };
    let (height, gutter, ticks) = match (columns, pairs.len()) {
        (1, 1) => (230.0, 150.0, (12, 5)),
        (1, _) => (150.0, 150.0, (12, 4)),
        _ => (150.0, 140.0, (7, 4)),
    };
    let width = (WIDTH - 2.0 * MARGIN - GAP * (columns as f64 - 1.0)) / columns as f64;
    let x_axis = Axis::time(grid, ticks.0);
    let tops = [
        scale::shared_tops(pairs.iter().map(|pair| pair.requests.top())),
        scale::shared_tops(pairs.iter().map(|pair| pair.tokens.top())),
    ];
    for (row, pair) in pairs.iter().enumerate() {
        y += 18.0;
        panel::title(
            &mut canvas,
            (MARGIN, y),
            WIDTH - 2.0 * MARGIN,
            (&pair.name, SECTION),
            &about(data, pair),
        )?;
        y += 6.0;
        let [org, model] = [0, 1].map(|i| data.names.text(pair.group.key[i]));
        let causes = panel::causes(&data.summary, grid, Some(org), Some(model));
        let resources = if has_tokens { 2 } else { 1 };
        for (place, trace) in [&pair.requests, &pair.tokens].into_iter().enumerate().take(resources) {
            let column = place % columns;
            if column == 0 {
                y += panel::HEAD;
            }
            let is_last = row + 1 == pairs.len() && place + columns >= resources;
            let left = MARGIN + column as f64 * (width + GAP);
            let frame =
                Frame { left: left + panel::TICKS, top: y, right: left + width - gutter, bottom: y + height };
            let y_axis = Axis::from_zero(tops[place][row], ticks.1);
            let panel = Panel::over_time(frame, grid, &y_axis);
            let shared = tops[place].iter().all(|top| *top == tops[place][0]);
            let heading = Heading {
                title: ["Requests", "Tokens"][place].to_owned(),
                note: if shared { "per minute" } else { "per minute (scales differ)" }.to_owned(),
                x_title: is_last,
            };
            if place == 1 && trace.ends.is_none() {
                // Beside pairs that do have a token limit.
                let heading = Heading { note: "not limited".to_owned(), ..heading.clone() };
                let title = (heading.title.as_str(), PANEL_TITLE);
                panel::title(&mut canvas, (left, y - 26.0), width, title, &heading.note)?;
            } else {
                panel.shade(&mut canvas, &causes, true)?;
                panel.furnish(&mut canvas, &heading, (&x_axis, &y_axis), false)?;
                draw(&mut canvas, &panel, grid, trace, gutter)?;
            }
            if column + 1 == columns {
                y += height + panel::FOOT + if heading.x_title { panel::X_TITLE } else { 8.0 };
            }
        }
    }
    let about = format!("{finding}. Dynamic rate, offered and served load over simulated time.");
    Ok(canvas.finish(y + 14.0, finding, &about))
}

/// Whose a pair is, if it is not one org's, and what became of its attempts, in a line.
fn about(data: &ResultData, pair: &Pair) -> String {
    match data.summary.members(data.names.text(pair.group.key[0])) {
        1 => shares(pair),
        members => format!("{} orgs, rates summed · {}", grouped(f64::from(members), 0), shares(pair)),
    }
}

/// What became of a pair's attempts, in a line.
fn shares(pair: &Pair) -> String {
    let tally = &pair.group.tally;
    let kinds = [
        (tally.limited(), "limited (429)"),
        (tally.unavailable, "overload (503)"),
        (tally.timeout, "timed out"),
    ];
    let mut parts = vec![format!("{} attempts", grouped(tally.attempts, 0))];
    parts.push(format!("{} served", percent(tally.share(tally.ok))));
    let failed = kinds.iter().filter(|(count, _)| *count > 0.0);
    parts.extend(failed.map(|(count, what)| format!("{} {what}", percent(tally.share(*count)))));
    parts.join(" · ")
}

fn draw(
    canvas: &mut Canvas,
    panel: &Panel,
    grid: &Grid,
    trace: &Trace,
    gutter: f64,
) -> Result<(), ChartError> {
    let top = panel.y.high();
    let rate: Series = trace.rate.iter().map(|rate| rate.filter(|rate| *rate <= top)).collect();
    panel.area(canvas, grid, &trace.offered, (OFFERED, OFFERED_ALPHA, false))?;
    panel.between(canvas, grid, (&trace.served, &trace.offered), (OFFERED, OFFERED_ALPHA))?;
    for (band, colour) in trace.bands.iter().zip([OFFERED, SERVED, RATE]) {
        if let Some([low, high]) = band {
            panel.between(canvas, grid, (low, high), (colour, 0.2))?;
        }
    }
    panel.line(canvas, grid, &trace.offered, OFFERED_LINE)?;
    panel.line(canvas, grid, &trace.served, SERVED_LINE)?;
    panel.line(canvas, grid, &rate, RATE_LINE)?;
    let (first, last) = trace.ends.unwrap_or((0.0, 0.0));
    let above = if last > top { " ↑" } else { "" };
    let peak = |values: &Series| format!("peak {}", compact(grid::peak(values)));
    let lines = [
        (
            &trace.rate,
            Key::Line(RATE_LINE),
            "dynamic rate",
            format!("{} → {}{above}", compact(first), compact(last)),
        ),
        (&trace.offered, Key::Outlined(OFFERED_LINE, 2.0 * OFFERED_ALPHA), "offered", peak(&trace.offered)),
        (&trace.served, Key::Line(SERVED_LINE), "served (200)", peak(&trace.served)),
    ];
    let mut labels = Vec::new();
    for (values, key, name, value) in lines {
        if let Some(end) = values.iter().flatten().next_back() {
            labels.push(Label { y: panel.y.px(*end), key, name: name.to_owned(), value });
        }
    }
    label::draw(canvas, &labels, (panel.frame.right, gutter), (panel.frame.top, panel.frame.bottom))
}
