//! What is compared: of the requests whose client is exchanged, of their neighbours, and of all orgs.

use crate::metrics::metric::{self, Unit};
use crate::metrics::summary::Summary;

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// More.
    Higher,
    /// Less.
    Lower,
}

/// One replication under one strategy.
pub struct Seen<'a> {
    /// The requests whose client is exchanged.
    pub ours: &'a Summary,
    /// When the last of them succeeded.
    pub last_success_s: f64,
    /// Everybody else's, with ours there and without; `None` if there is nobody else.
    pub others: Option<[&'a Summary; 2]>,
    /// The success share of each org that made requests.
    pub shares: &'a [f64],
    /// Minutes of traffic after the warm-up.
    pub minutes: f64,
}

/// Something to compare.
pub struct Measure {
    /// Its name.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Which way is better.
    pub better: Better,
    /// One line.
    pub doc: &'static str,
    /// Its value; `None` where it is not defined, which counts as worse than any value.
    pub value: fn(&Seen) -> Option<f64>,
}

impl Measure {
    /// Whether it is of the neighbours, by its name: without any it has no value, whatever happens.
    pub fn is_of_neighbours(&self) -> bool {
        self.name.starts_with("neighbours_")
    }
}

/// A metric of the summary.
fn of(summary: &Summary, name: &str) -> Option<f64> {
    metric::find(name).and_then(|metric| (metric.value)(summary))
}

/// When all were done: of a backlog as its metric says, else when the last request succeeded, if all did.
fn finish(seen: &Seen) -> Option<f64> {
    if !seen.ours.finishes_s.is_empty() {
        return of(seen.ours, "time_to_finish_s");
    }
    let account = &seen.ours.account;
    (account.requests > 0 && account.succeeded == account.requests).then_some(seen.last_success_s)
}

/// A metric of the neighbours: with us there, less without.
fn change(seen: &Seen, name: &str) -> Option<f64> {
    let [with, without] = seen.others?;
    Some(of(with, name)? - of(without, name)?)
}

macro_rules! measures {
    ($($name:ident: $unit:ident $better:ident $doc:literal = |$seen:ident| $value:expr;)*) => {
        /// All measures, in the order they are told; the first is the primary one unless told otherwise.
        pub const MEASURES: &[Measure] = &[
            $(Measure {
                name: stringify!($name),
                unit: Unit::$unit,
                better: Better::$better,
                doc: $doc,
                value: |$seen| $value,
            },)*
        ];
    };
}

measures! {
    success_share: Share Higher "succeeded ÷ requests" = |seen| of(seen.ours, "success_share");
    goodput_tpm: TokensPerMinute Higher
        "prompt and output tokens of the requests that succeeded, per minute of traffic"
        = |seen| Some(seen.ours.account.useful.total() as f64 / seen.minutes);
    time_to_success_p50_s: Seconds Lower "time by which half of all requests had succeeded"
        = |seen| of(seen.ours, "time_to_success_p50_s");
    time_to_success_p95_s: Seconds Lower "time by which 95 % of all requests had succeeded"
        = |seen| of(seen.ours, "time_to_success_p95_s");
    time_to_success_p99_s: Seconds Lower "time by which 99 % of all requests had succeeded"
        = |seen| of(seen.ours, "time_to_success_p99_s");
    attempts_per_request: Ratio Lower "attempts ÷ requests" = |seen| of(seen.ours, "attempts_per_request");
    wasted_tokens: Count Lower "tokens served to attempts whose client had gone"
        = |seen| of(seen.ours, "wasted_tokens");
    time_to_finish_s: Seconds Lower "when the last request had succeeded; not defined if one never did"
        = |seen| finish(seen);
    cost_usd: Usd Lower "cost of everything served, work done in vain included"
        = |seen| of(seen.ours, "cost_usd");
    cost_per_success_usd: Usd Lower "cost ÷ requests that succeeded"
        = |seen| of(seen.ours, "cost_per_success_usd");
    neighbours_success_share_change: Share Higher
        "success share of all other workloads, less what it would be without these requests"
        = |seen| change(seen, "success_share");
    neighbours_time_to_success_p99_change_s: Seconds Lower
        "p99 time to success of all other workloads, less what it would be without these requests"
        = |seen| change(seen, "time_to_success_p99_s");
    fairness_jain: Ratio Higher "Jain's index (1984) of the orgs' success shares: 1 if all are equal"
        = |seen| crate::statistics::fairness::jain(seen.shares);
}

/// A measure's place in [`MEASURES`].
pub fn find(name: &str) -> Option<usize> {
    MEASURES.iter().position(|measure| measure.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::ledger::Account;

    #[test]
    fn harm_is_with_us_less_without_and_undefined_without_neighbours() {
        let summary = |succeeded| Summary {
            account: Account { requests: 10, succeeded, ..Account::default() },
            replications: 1,
            ..Summary::default()
        };
        let (ours, with, without) = (summary(5), summary(7), summary(9));
        let value = |name: &str, others| {
            let seen = Seen { ours: &ours, last_success_s: 9.0, others, shares: &[0.5, 0.7], minutes: 1.0 };
            (MEASURES[find(name).unwrap()].value)(&seen)
        };
        let harm = value("neighbours_success_share_change", Some([&with, &without])).unwrap();
        assert!((harm + 0.2).abs() < 1e-12, "{harm}");
        assert_eq!(value("neighbours_success_share_change", None), None);
        for measure in MEASURES.iter().filter(|measure| measure.is_of_neighbours()) {
            assert_eq!(value(measure.name, None), None, "{}", measure.name);
        }
        assert_eq!(value("neighbours_time_to_success_p99_change_s", Some([&with, &without])), None);
        assert_eq!(value("success_share", None), Some(0.5));
        assert_eq!(value("time_to_finish_s", None), None, "half of them never succeeded");
        let jain = value("fairness_jain", None).unwrap();
        assert!((jain - 1.44 / (2.0 * 0.74)).abs() < 1e-12, "{jain}");
    }
}
