//! The thresholds of a scenario, judged: what was allowed, what was observed.

use super::console::Console;
use super::figures::{grouped, plural};
use crate::error::Error;
use crate::metrics::metric::Unit;
use crate::replications::Results;
use crate::scenario::Scenario;
use crate::scenario::check::{Check, Verdict};
use crate::statistics::interval::Interval;

/// A threshold with what was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Whether it holds.
    pub passed: bool,
    /// One line: the check, its limit, what was observed, and the interval over replications.
    pub line: String,
}

/// Judge every threshold of a scenario.
pub fn judge(scenario: &Scenario, results: &Results) -> Vec<Judged> {
    let of = |check: &Check| {
        let verdict = check.judge(scenario, &results.summaries);
        let line = line(check, &verdict, interval(check, scenario, results), scenario, results.replications);
        Judged { passed: verdict.passed, line }
    };
    scenario.checks.iter().map(of).collect()
}

/// Tell the failed ones on standard error, in one block for each scenario.
///
/// # Errors
/// [`Error::CheckFailed`] if any failed.
pub fn tell(name: &str, judged: &[Judged], console: &Console) -> Result<(), Error> {
    let failed: Vec<&Judged> = judged.iter().filter(|judged| !judged.passed).collect();
    if failed.is_empty() {
        return Ok(());
    }
    let word = console.paint_err().red("failed");
    failed.iter().for_each(|judged| console.raw(&format!("{word}: {}\n", judged.line)));
    let (failed, all) = (failed.len(), plural(judged.len() as f64, "check"));
    Err(Error::CheckFailed(format!("{name}: {failed} of {all} failed")))
}

fn line(
    check: &Check,
    verdict: &Verdict,
    interval: Option<Interval>,
    scenario: &Scenario,
    replications: u32,
) -> String {
    let unit = unit(check);
    let number = |value: f64| format!("{}{unit}", plain(value));
    let observed = verdict.observed.map_or("not defined in this run".to_owned(), number);
    let mut line = format!("{}; observed {observed}", threshold(check, scenario));
    if let Some(Interval { low, high, .. }) = interval {
        let (low, high) = (plain(low), plain(high));
        line.push_str(&format!(" (95 % interval {low} to {high} over {replications} replications)"));
    }
    line
}

/// A check in words, with its unit.
pub fn threshold(check: &Check, scenario: &Scenario) -> String {
    format!("{}{}", check.describe(scenario), unit(check))
}

fn unit(check: &Check) -> &'static str {
    match check.metric().unit {
        Unit::Seconds => " s",
        Unit::RequestsPerMinute | Unit::TokensPerMinute => "/min",
        Unit::Usd => " USD",
        Unit::Count | Unit::Share | Unit::Ratio => "",
    }
}

/// The interval over replications, where the check looks at one row or at all of them.
fn interval(check: &Check, scenario: &Scenario, results: &Results) -> Option<Interval> {
    let all = scenario.workloads.len();
    let rows: Vec<usize> = (0..all).filter(|&i| check.looks_at(&scenario.workloads[i])).collect();
    let row = match rows[..] {
        [row] => row,
        _ if rows.len() == all => all,
        _ => return None,
    };
    let values: Option<Vec<f64>> = results.values.iter().map(|run| run[row][check.metric]).collect();
    Interval::of(&values?)
}

/// At most four decimals, without trailing zeros.
fn plain(value: f64) -> String {
    let text = grouped(value, 4);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn numbers_are_plain() {
        assert_eq!([0.99, 0.123456, 12_000.0, 0.0, 10.0].map(plain), ["0.99", "0.1235", "12,000", "0", "10"]);
    }
}
