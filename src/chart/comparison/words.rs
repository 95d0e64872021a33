//! A comparison's numbers and sentences in print.

use super::super::scale::{self, grouped, money, percent, short, span};
use super::super::text;
use super::super::theme::{NAME_MAX, TITLE};
use super::data::{ComparisonData, Told};

/// Whether a measure is a share.
pub fn is_share(metric: &str) -> bool {
    metric.contains("share")
}

/// A measure's value with its unit, by the end of its name.
pub fn value(metric: &str, value: f64) -> String {
    match metric {
        name if name.contains("change") => signed(name, value),
        name if is_share(name) => percent(value),
        name if name.ends_with("_s") => span(value.max(0.0)),
        name if name.ends_with("_usd") => money(value.max(0.0)),
        name if name.ends_with("_tpm") => format!("{} tokens/min", scale::compact(value)),
        _ => short_signed(value),
    }
}

/// A difference with its sign and unit; of shares in percentage points.
pub fn signed(metric: &str, value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "+" };
    let size = match metric {
        name if is_share(name) => format!("{} pp", points(value)),
        name if name.ends_with("_s") => span(value.abs()),
        name if name.ends_with("_usd") => money(value.abs()),
        _ => short(value.abs()),
    };
    if value == 0.0 { "±0".to_owned() } else { format!("{sign}{size}") }
}

/// Percentage points without sign.
fn points(value: f64) -> String {
    let points = (100.0 * value).abs();
    if points >= 9.95 { grouped(points, 1) } else { grouped(points, 2) }
}

fn short_signed(value: f64) -> String {
    if value < 0.0 { format!("−{}", short(-value)) } else { short(value) }
}

/// The name of a strategy, cut to leave room in a title.
pub fn name(told: &Told) -> String {
    text::fit(&told.strategy, TITLE, NAME_MAX / 2.0)
}

/// What a measure is, in words.
pub fn metric(name: &str) -> &str {
    match name {
        "success_share" => "share of requests that succeeded",
        "goodput_tpm" => "goodput",
        "time_to_success_p50_s" => "time by which half of all requests had succeeded",
        "time_to_success_p95_s" => "time by which 95 % of all requests had succeeded",
        "time_to_success_p99_s" => "time by which 99 % of all requests had succeeded",
        "attempts_per_request" => "attempts per request",
        "wasted_tokens" => "tokens served in vain",
        "time_to_finish_s" => "time until the last request had succeeded",
        "cost_usd" => "cost",
        "cost_per_success_usd" => "cost per request that succeeded",
        "neighbours_success_share_change" => "change of the neighbours’ success share",
        "neighbours_time_to_success_p99_change_s" => "change of the neighbours’ p99",
        "fairness_jain" => "Jain’s fairness index of the orgs’ success shares",
        other => other,
    }
}

/// Who is best, by how much, and how sure that is.
pub fn ranking(data: &ComparisonData) -> String {
    let conclusion = &data.conclusion;
    let (best, baseline) = (&data.strategies()[0], data.baseline());
    let primary = data.primary(best);
    let reached = match (conclusion.metric.as_str(), primary.value) {
        ("success_share", Some(share)) => {
            format!("{} of {}’s requests succeed", percent(share), conclusion.org)
        }
        (name, Some(v)) => format!("{} is {}", metric(name), value(name, v)),
        (name, None) => format!("{} is not always defined", metric(name)),
    };
    match (best.verdict.as_str(), primary.diff) {
        ("baseline", _) => format!("Nothing beats {}: {reached}", name(best)),
        ("better", Some(diff)) => {
            let diff = signed(&conclusion.metric, diff).replace(" pp", " percentage points");
            format!("{} is best: {reached}, {diff} against {}", name(best), name(baseline))
        }
        ("better", None) => format!("{} is best: {reached}", name(best)),
        _ => format!("{} comes first, but cannot be told from {}: {reached}", name(best), name(baseline)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_carry_their_unit_and_differences_their_sign() {
        assert_eq!(value("success_share", 0.8178), "81.8 %");
        assert_eq!(value("neighbours_success_share_change", -0.0123), "−1.23 pp");
        assert_eq!(
            (value("time_to_success_p99_s", 90.0), value("cost_usd", 5.5)),
            ("90 s".into(), "$5.50".into())
        );
        assert_eq!(signed("success_share", 0.0126), "+1.26 pp");
        assert_eq!(signed("success_share", -0.2), "−20.0 pp");
        assert_eq!((signed("time_to_success_p50_s", -2.0), signed("x", 0.0)), ("−2 s".into(), "±0".into()));
        assert_eq!(value("attempts_per_request", 2.336), "2.34");
    }
}
