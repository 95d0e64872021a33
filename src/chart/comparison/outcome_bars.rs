//! Outcome shares: what became of each strategy's requests, and of the attempts it took.

use plotters::style::RGBColor;

use super::super::Drawing;
use super::super::canvas::{Anchor, Canvas};
use super::super::error::ChartError;
use super::super::page;
use super::super::panel;
use super::super::scale::{grouped, percent, round_step, short};
use super::super::text;
use super::super::theme::{
    AXIS, CLIENT_TIMEOUT, HAIRLINE, INK, LABEL, LIMITED_429, MARGIN, OK_200, PANEL_TITLE, TICK, Type,
    UNAVAILABLE_503, WIDTH, solid,
};
use super::ComparisonChart;
use super::data::{ComparisonData, Told};
use super::words;

/// Room for names, and for the columns of shares, px.
const NAMES: f64 = 190.0;
const SHARES: f64 = 500.0;
/// One column of shares.
const COLUMN: f64 = 88.0;
const ROW: f64 = 32.0;
const BAR: f64 = 20.0;

/// Outcomes of attempts, in the order they are stacked: name, colour, columns of `compare.json`.
const KINDS: [(&str, RGBColor, &[&str]); 4] = [
    ("200", OK_200, &["ok_200"]),
    ("429", LIMITED_429, &["limited_429_request", "limited_429_token"]),
    ("503", UNAVAILABLE_503, &["unavailable_503"]),
    ("timed out", CLIENT_TIMEOUT, &["client_timeout"]),
];

/// The chart of outcomes.
#[derive(Debug)]
pub struct OutcomeBars;

impl ComparisonChart for OutcomeBars {
    fn name(&self) -> &'static str {
        "compare_outcomes"
    }

    fn doc(&self) -> &'static str {
        "attempts per request by outcome, and the share of requests that succeeded, per strategy"
    }

    fn draw(&self, data: &ComparisonData) -> Result<Option<Drawing>, ChartError> {
        if data.strategies().iter().all(|told| told.count("requests") == 0.0) {
            return Ok(None);
        }
        let finding = finding(data);
        let mut canvas = Canvas::new();
        let whose = data.whose();
        let top = page::head(&mut canvas, &data.summary, None, &finding, &[&whose])? + 26.0 + panel::HEAD;
        let (left, right) = (MARGIN + NAMES, WIDTH - MARGIN - SHARES);
        let bottom = top + ROW * data.strategies().len() as f64;
        let most = data.strategies().iter().map(attempts).fold(0.0, f64::max).max(1.0);
        let px = |attempts: f64| left + attempts / most * (right - left);
        heads(&mut canvas, (left, right, top))?;
        let step = round_step(most / 5.0);
        for tick in 0..=(most / step + 1e-9).floor() as usize {
            let (at, value) = (px(tick as f64 * step), tick as f64 * step);
            canvas.line(&[(at, top), (at, bottom)], solid(HAIRLINE, 1.0))?;
            canvas.text(&short(value), (at, bottom + 18.0), TICK, Anchor::Middle)?;
        }
        for (rank, told) in data.strategies().iter().enumerate() {
            row(&mut canvas, told, px, (left, right, top + ROW * (rank as f64 + 0.5)))?;
        }
        canvas.line(&[(left, top), (left, bottom)], solid(AXIS, 1.2))?;
        let title = "attempts per request, by how they ended";
        canvas.text(title, ((left + right) / 2.0, bottom + 38.0), TICK, Anchor::Middle)?;
        let about = format!("{finding}. Attempts per request by outcome, best strategy first.");
        Ok(Some((canvas.finish(bottom + 62.0, &finding, &about), finding)))
    }
}

/// Attempts that ended, per request.
fn attempts(told: &Told) -> f64 {
    let ended: f64 = KINDS.iter().map(|kind| of(told, kind.2)).sum();
    if told.count("requests") > 0.0 { ended / told.count("requests") } else { 0.0 }
}

fn of(told: &Told, columns: &[&str]) -> f64 {
    columns.iter().map(|column| told.count(column)).sum()
}

/// The right end of a column of shares.
fn column(right: f64, place: usize) -> f64 {
    right + 78.0 + COLUMN * place as f64
}

fn heads(canvas: &mut Canvas, (left, right, top): (f64, f64, f64)) -> Result<(), ChartError> {
    let at = (left - NAMES, top - 26.0);
    let note = "per request, best strategy first; at the right: % of attempts, then % of requests";
    panel::title(canvas, at, WIDTH - 2.0 * MARGIN, ("Attempts by outcome", PANEL_TITLE), note)?;
    for (place, (name, colour, _)) in KINDS.iter().enumerate() {
        let end = column(right, place);
        let start = end - text::width(name, TICK) - 16.0;
        canvas.rect((start, top - 15.0), (start + 11.0, top - 4.0), *colour, 1.0)?;
        canvas.text(name, (end, top - 5.0), TICK, Anchor::End)?;
    }
    canvas.text("succeeded", (column(right, KINDS.len()) + 14.0, top - 5.0), TICK, Anchor::End)
}

fn row(
    canvas: &mut Canvas,
    told: &Told,
    px: impl Fn(f64) -> f64,
    (left, right, y): (f64, f64, f64),
) -> Result<(), ChartError> {
    let name = text::fit(&told.strategy, LABEL, NAMES - 16.0);
    canvas.text(&name, (left - 14.0, y + 4.5), LABEL, Anchor::End)?;
    let requests = told.count("requests");
    if requests == 0.0 {
        return Ok(());
    }
    let plain = Type { bold: false, colour: INK, ..LABEL };
    let ended = attempts(told) * requests;
    let mut before = 0.0;
    for (place, (_, colour, columns)) in KINDS.iter().enumerate() {
        let count = of(told, columns);
        let from = px(before / requests);
        before += count;
        // What is rare is drawn at least as wide as can be seen.
        let to = px(before / requests).max(if count > 0.0 { from + 1.5 } else { from });
        if count > 0.0 {
            canvas.rect((from, y - BAR / 2.0), (to, y + BAR / 2.0), *colour, 1.0)?;
        }
        let share = percent(if ended > 0.0 { count / ended } else { 0.0 });
        canvas.text(&share, (column(right, place), y + 4.5), plain, Anchor::End)?;
    }
    let share = percent((told.count("succeeded") / requests).min(1.0));
    canvas.text(&share, (column(right, KINDS.len()) + 14.0, y + 4.5), LABEL, Anchor::End)?;
    Ok(())
}

/// Who sends most, and what that buys.
fn finding(data: &ComparisonData) -> String {
    let all = data.strategies().iter().filter(|told| told.count("requests") > 0.0);
    let by_attempts = |a: &&Told, b: &&Told| attempts(a).total_cmp(&attempts(b));
    let (Some(most), Some(least)) = (all.clone().max_by(by_attempts), all.min_by(by_attempts)) else {
        return "No request was made".to_owned();
    };
    let succeeded = |told: &Told| percent((told.count("succeeded") / told.count("requests")).min(1.0));
    let sent = |told: &Told| grouped(attempts(told), 1);
    if attempts(most) - attempts(least) < 0.05 {
        return format!("Every strategy makes {} attempts per request", sent(most));
    }
    format!(
        "{} makes {} attempts per request for {} success, {} {} for {}",
        words::name(most),
        sent(most),
        succeeded(most),
        words::name(least),
        sent(least),
        succeeded(least)
    )
}
