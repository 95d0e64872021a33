//! Ranking: every strategy's difference to the baseline with its interval, best first.

use super::super::canvas::{Anchor, Canvas};
use super::super::error::ChartError;
use super::super::page;
use super::super::panel;
use super::super::scale::{Scale, compact, grouped, round_step};
use super::super::text;
use super::super::theme::{
    AXIS, HAIRLINE, INK, LABEL, MARGIN, MUTED, PANEL_NOTE, PANEL_TITLE, REST, TICK, WIDTH, solid,
};
use super::super::{Drawing, theme::Type};
use super::ComparisonChart;
use super::data::{ComparisonData, Told, stroke};
use super::words;

/// Room for names, and for values and verdicts, px.
const NAMES: f64 = 190.0;
const VALUES: f64 = 310.0;
const ROW: f64 = 32.0;
/// Half the side of a mark, px.
const MARK: f64 = 3.5;

/// The chart of differences.
#[derive(Debug)]
pub struct Ranking;

impl ComparisonChart for Ranking {
    fn name(&self) -> &'static str {
        "compare_ranking"
    }

    fn doc(&self) -> &'static str {
        "every strategy's difference to the baseline on the primary measure, with its 95 % interval"
    }

    fn draw(&self, data: &ComparisonData) -> Result<Option<Drawing>, ChartError> {
        let finding = words::ranking(data);
        let mut canvas = Canvas::new();
        let n = data.summary.replications;
        let notes = [
            data.whose(),
            format!(
                "bars: 95 % confidence interval of the paired difference, Student t, n = {n} replications; \
                 verdicts at 5 % for all strategies together (Holm)"
            ),
        ];
        let notes: Vec<&str> = notes.iter().map(String::as_str).collect();
        let top = page::head(&mut canvas, &data.summary, None, &finding, &notes)? + 26.0 + panel::HEAD;
        let (left, right) = (MARGIN + NAMES, WIDTH - MARGIN - VALUES);
        let bottom = top + ROW * data.strategies().len() as f64;
        let x = axis(&mut canvas, data, (left, right), (top, bottom))?;
        heads(&mut canvas, data, &x, (right, top))?;
        for (rank, told) in data.strategies().iter().enumerate() {
            let y = top + ROW * (rank as f64 + 0.5);
            row(&mut canvas, data, (rank, told), &x, (left, right, y))?;
        }
        let about = format!("{finding}. Differences to {}, best strategy first.", data.baseline().strategy);
        Ok(Some((canvas.finish(bottom + 62.0, &finding, &about), finding)))
    }
}

/// The ends of everything drawn, zero included.
fn ends(data: &ComparisonData) -> (f64, f64) {
    let all = data.strategies().iter().map(|told| data.primary(told));
    let numbers = all.flat_map(|m| [m.diff, m.low, m.high]).flatten();
    numbers.fold((0.0, 0.0), |(low, high): (f64, f64), v| (low.min(v), high.max(v)))
}

/// The horizontal scale from a round number at or below the least to one above the largest, with its lines.
fn axis(
    canvas: &mut Canvas,
    data: &ComparisonData,
    (left, right): (f64, f64),
    (top, bottom): (f64, f64),
) -> Result<Scale, ChartError> {
    let (low, high) = ends(data);
    let step = round_step(((high - low) / 7.0).max(1e-9));
    let (first, last) = ((low / step - 0.15).floor(), (high / step + 0.15).ceil());
    let x = Scale::linear(first * step, last * step, left, right);
    let metric = &data.conclusion.metric;
    let scale = if words::is_share(metric) { 100.0 } else { 1.0 };
    let decimals = (-(step * scale).log10().floor()).clamp(0.0, 9.0) as usize;
    for tick in first as i64..=last as i64 {
        let at = x.px(tick as f64 * step);
        let is_zero = tick == 0;
        canvas.line(
            &[(at, top), (at, bottom)],
            solid(if is_zero { AXIS } else { HAIRLINE }, if is_zero { 1.6 } else { 1.0 }),
        )?;
        let size = (tick as f64 * step * scale).abs();
        let size = if size >= 1e6 { compact(size) } else { grouped(size, decimals) };
        let label = match tick {
            0 => "0".to_owned(),
            t if t < 0 => format!("−{size}"),
            _ => format!("+{size}"),
        };
        canvas.text(&label, (at, bottom + 18.0), TICK, Anchor::Middle)?;
    }
    canvas.line(&[(left, bottom), (right, bottom)], solid(AXIS, 1.2))?;
    let unit = match metric.as_str() {
        name if words::is_share(name) => "percentage points",
        name if name.ends_with("_s") => "s",
        name if name.ends_with("_usd") => "USD",
        name if name.ends_with("_tpm") => "tokens/min",
        _ => "",
    };
    let unit = if unit.is_empty() { String::new() } else { format!(" ({unit})") };
    let title = format!("difference to {}{unit}", data.baseline().strategy);
    let title = text::fit(&title, TICK, right - left);
    canvas.text(&title, ((left + right) / 2.0, bottom + 38.0), TICK, Anchor::Middle)?;
    Ok(x)
}

/// What stands over the columns.
fn heads(
    canvas: &mut Canvas,
    data: &ComparisonData,
    x: &Scale,
    (right, top): (f64, f64),
) -> Result<(), ChartError> {
    let metric = words::metric(&data.conclusion.metric);
    let mut title = metric.to_owned();
    title.get_mut(..1).into_iter().for_each(str::make_ascii_uppercase);
    let at = (MARGIN, top - 26.0);
    panel::title(
        canvas,
        at,
        right - MARGIN,
        (&title, PANEL_TITLE),
        "difference to the baseline, best first",
    )?;
    canvas.text("value", (right + 92.0, top - 6.0), TICK, Anchor::End)?;
    canvas.text("verdict", (right + 116.0, top - 6.0), TICK, Anchor::Start)?;
    canvas.text("baseline", (x.px(0.0), top - 6.0), TICK, Anchor::Middle)
}

fn row(
    canvas: &mut Canvas,
    data: &ComparisonData,
    (rank, told): (usize, &Told),
    x: &Scale,
    (left, right, y): (f64, f64, f64),
) -> Result<(), ChartError> {
    let measured = data.primary(told);
    let colour = stroke(rank).map_or(REST, |stroke| stroke.colour);
    let name = text::fit(&told.strategy, LABEL, NAMES - 16.0);
    canvas.text(&name, (left - 14.0, y + 4.5), LABEL, Anchor::End)?;
    match (measured.diff, measured.low.zip(measured.high)) {
        (Some(diff), interval) => {
            if let Some((low, high)) = interval {
                let ends = (x.px(low), x.px(high));
                canvas.line(&[(ends.0, y), (ends.1, y)], solid(colour, 2.4))?;
                for end in [ends.0, ends.1] {
                    canvas.line(&[(end, y - 7.0), (end, y + 7.0)], solid(colour, 1.6))?;
                }
            }
            let at = x.px(diff);
            canvas.rect((at - MARK, y - MARK), (at + MARK, y + MARK), colour, 1.0)?;
        }
        (None, _) => {
            let (told, zero) = ("not defined in every replication", x.px(0.0));
            let fits = zero + 10.0 + text::width(told, PANEL_NOTE) < right;
            let (at, anchor) = if fits { (zero + 10.0, Anchor::Start) } else { (zero - 10.0, Anchor::End) };
            canvas.text(told, (at, y + 4.5), PANEL_NOTE, anchor)?;
        }
    }
    let value = measured.value.map_or("–".to_owned(), |v| words::value(&data.conclusion.metric, v));
    let bold = Type { bold: told.verdict == "better", colour: INK, ..LABEL };
    canvas.text(&value, (right + 92.0, y + 4.5), bold, Anchor::End)?;
    let word = match (told.verdict.as_str(), measured.diff) {
        ("baseline", _) | ("", _) => told.verdict.clone(),
        (verdict, Some(diff)) => format!("{verdict}, {}", words::signed(&data.conclusion.metric, diff)),
        (verdict, None) => verdict.to_owned(),
    };
    let style =
        Type { colour: if told.verdict == "not distinguishable" { MUTED } else { INK }, ..PANEL_NOTE };
    canvas.text(&word, (right + 116.0, y + 4.5), style, Anchor::Start)
}
