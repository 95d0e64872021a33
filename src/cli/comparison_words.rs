//! The first sentence on a comparison, and its numbers in print.

use super::figures::{UNDEFINED, count, grouped, money, percent, plural, rate, ratio, seconds, with_unit};
use crate::compare::comparison::Comparison;
use crate::compare::measure::Measure;
use crate::compare::verdict::Verdict;
use crate::metrics::metric::Unit;
use crate::statistics::interval::Interval;

/// A measure's value, in percent if it is a share; without its unit.
pub fn level(measure: &Measure, value: Option<f64>) -> String {
    let Some(value) = value else { return UNDEFINED.to_owned() };
    match measure.unit {
        Unit::Share if (0.0..=1.0).contains(&value) => percent(Some(value)),
        Unit::Share => signed(100.0 * value, 2),
        Unit::Seconds => seconds(Some(value)),
        Unit::Usd => money(value),
        Unit::Count => count(value),
        Unit::Ratio => ratio(Some(value)),
        Unit::RequestsPerMinute | Unit::TokensPerMinute => rate(value),
    }
}

/// With its sign, the minus a true one; nothing signed where it rounds to nothing.
pub fn signed(value: f64, decimals: usize) -> String {
    let text = grouped(value.abs(), decimals);
    match text.chars().all(|c| matches!(c, '0' | '.' | ',')) {
        true if value == 0.0 => "0".to_owned(),
        true => text,
        false if value < 0.0 => format!("−{text}"),
        false => format!("+{text}"),
    }
}

/// Decimals that show three digits of `scale`, but no fewer than two in percentage points.
fn decimals(unit: Unit, scale: f64) -> usize {
    match (unit, scale.abs()) {
        (Unit::Share, _) => 2,
        (_, s) if s >= 100.0 => 0,
        (_, s) if s >= 10.0 => 1,
        (_, s) if s >= 1.0 => 2,
        _ => 3,
    }
}

/// A difference with half the width of its interval: `+16.83 ± 0.71`; shares in percentage points.
pub fn difference(measure: &Measure, value: f64, interval: Option<Interval>) -> String {
    let scale = if measure.unit == Unit::Share { 100.0 } else { 1.0 };
    let half = interval.map_or(0.0, |interval| scale * interval.half_width());
    let digits = decimals(measure.unit, (scale * value).abs().max(half));
    let shown = signed(scale * value, digits);
    match interval {
        Some(_) => format!("{shown} ± {}", if half == 0.0 { "0".into() } else { grouped(half, digits) }),
        None => shown,
    }
}

/// A difference in words: `16.83 percentage points more`.
fn apart(measure: &Measure, value: f64) -> String {
    let scale = if measure.unit == Unit::Share { 100.0 } else { 1.0 };
    let number = grouped(scale * value.abs(), decimals(measure.unit, scale * value));
    let told = match measure.unit {
        Unit::Share => format!("{number} percentage points"),
        unit => with_unit(number, unit),
    };
    format!("{told} {}", if value < 0.0 { "less" } else { "more" })
}

/// What a strategy comes to on the primary measure.
fn achieves(comparison: &Comparison, arm: usize) -> String {
    let measure = comparison.measure();
    let org = &comparison.whose.org;
    let value = comparison.judged[arm].paired[comparison.primary].value;
    match (measure.name, value) {
        ("success_share", Some(_)) => format!("{} % of {org}'s requests succeed", level(measure, value)),
        (name, Some(_)) => format!("{name} of {org} is {}", with_unit(level(measure, value), measure.unit)),
        (name, None) => format!("{name} of {org} is not defined in every replication"),
    }
}

/// The sentence on a comparison.
pub fn finding(comparison: &Comparison) -> String {
    let (best, baseline) = (comparison.best(), comparison.baseline);
    let label = |arm: usize| comparison.labels[arm].as_str();
    let prefix = match comparison.observed.ended {
        crate::compare::precision::Ended::Interrupted => "Interrupted: ",
        _ => "",
    };
    let what = achieves(comparison, best);
    let judged = &comparison.judged[best];
    if comparison.observed.replications < 2 {
        return format!(
            "{prefix}{} comes first in a single replication, which proves nothing: {what}.",
            label(best)
        );
    }
    let mut text = match judged.verdict {
        Verdict::Baseline => format!("{prefix}Nothing is better than {}: {what}", label(best)),
        Verdict::Better => format!("{prefix}{} is best: {what}{}", label(best), lead(comparison, best)),
        _ => format!(
            "{prefix}{} cannot be told from {}, though it comes first: {what}",
            label(best),
            label(baseline)
        ),
    };
    let rivals: Vec<&str> =
        comparison.rivals.iter().filter(|&&arm| arm != baseline).map(|&arm| label(arm)).collect();
    text.push_str(&match rivals[..] {
        [] => String::new(),
        [one] => format!("; {one} cannot be told from it"),
        [one, two] => format!("; {one} and {two} cannot be told from it"),
        _ => format!("; {} other strategies cannot be told from it", rivals.len()),
    });
    if !comparison.laws.is_empty() {
        let holds = comparison.laws.iter().filter(|law| law.holds).count();
        let all = plural(comparison.laws.len() as f64, "other law");
        text.push_str(&format!(". That holds under {holds} of {all}"));
    }
    text + "."
}

/// How far ahead of the baseline, with the interval.
fn lead(comparison: &Comparison, arm: usize) -> String {
    let measure = comparison.measure();
    let paired = &comparison.judged[arm].paired[comparison.primary];
    let baseline = &comparison.labels[comparison.baseline];
    let Some((difference, interval)) = paired.difference.zip(paired.interval) else {
        return format!(", ahead of {baseline} in most replications");
    };
    let scale = if measure.unit == Unit::Share { 100.0 } else { 1.0 };
    let digits = decimals(measure.unit, scale * difference);
    let end = |value: f64| grouped(scale * value.abs(), digits);
    let (low, high) = match difference < 0.0 {
        true => (end(interval.high), end(interval.low)),
        false => (end(interval.low), end(interval.high)),
    };
    let range = if low == high { String::new() } else { format!(" (95 % interval {low} to {high})") };
    format!(", {} than {baseline}{range}", apart(measure, difference))
}
