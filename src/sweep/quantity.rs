//! A number that is kept of every point: a metric of all requests, of an org's, or of a workload's.

use crate::metrics::metric::{self, METRICS, Unit};
use crate::metrics::summary::Summary;
use crate::read::nearest;
use crate::scenario::Scenario;

/// Kept unless told otherwise.
pub const USUAL: [&str; 7] = [
    "success_share",
    "goodput_tpm",
    "time_to_success_p50_s",
    "time_to_success_p99_s",
    "attempts_per_request",
    "unavailable_503_share",
    "cost_usd",
];

/// Prompt and output tokens of the requests that succeeded, per minute of traffic after the warm-up.
const GOODPUT: &str = "goodput_tpm";

/// A number that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// The org, as the file names it; `None`: all.
    org: Option<String>,
    /// The workload; `None`: all of the org's.
    workload: Option<String>,
    metric: &'static str,
}

impl Quantity {
    /// Read `METRIC`, `ORG/METRIC` or `ORG/WORKLOAD/METRIC`.
    ///
    /// # Errors
    /// There is no such metric; the message says which is nearest.
    pub fn parse(text: &str) -> Result<Quantity, String> {
        let parts: Vec<&str> = text.split('/').map(str::trim).collect();
        let (org, workload, name) = match parts[..] {
            [name] => (None, None, name),
            [org, name] => (Some(org.to_owned()), None, name),
            [org, workload, name] => (Some(org.to_owned()), Some(workload.to_owned()), name),
            _ => return Err(format!("{text:?} is not METRIC, ORG/METRIC or ORG/WORKLOAD/METRIC")),
        };
        let mut names = METRICS.iter().map(|metric| metric.name).chain([GOODPUT]);
        let Some(metric) = names.clone().find(|known| *known == name) else {
            let help = match nearest(name, &mut names) {
                Some(near) => format!("did you mean {near}?"),
                None => "`ratetide list metrics` names them".to_owned(),
            };
            return Err(format!("there is no metric {name}: {help}"));
        };
        Ok(Quantity { org, workload, metric })
    }

    /// Its text: what [`parse`](Quantity::parse) reads.
    pub fn name(&self) -> String {
        let parts = [self.org.as_deref(), self.workload.as_deref(), Some(self.metric)];
        parts.into_iter().flatten().collect::<Vec<_>>().join("/")
    }

    /// Its unit.
    pub fn unit(&self) -> Unit {
        metric::find(self.metric).map_or(Unit::TokensPerMinute, |metric| metric.unit)
    }

    /// Whether it is of anything in a scenario.
    pub fn is_in(&self, scenario: &Scenario) -> bool {
        (0..scenario.workloads.len()).any(|index| self.has(scenario, index))
    }

    fn has(&self, scenario: &Scenario, index: usize) -> bool {
        let workload = &scenario.workloads[index];
        let org = &scenario.orgs[workload.org as usize];
        self.org.as_deref().is_none_or(|name| org.name.as_str() == name || org.written().as_str() == name)
            && self.workload.as_deref().is_none_or(|name| workload.name.as_str() == name)
    }

    /// Its value, from the summary of each workload; `None` where it is not defined.
    pub fn value(&self, scenario: &Scenario, summaries: &[Summary]) -> Option<f64> {
        let ours: Vec<&Summary> =
            (0..summaries.len()).filter(|&i| self.has(scenario, i)).map(|i| &summaries[i]).collect();
        let mut sum = Summary::default();
        match ours[..] {
            // Of one alone the dynamic rates are defined too.
            [only] => sum = only.clone(),
            _ => ours.iter().for_each(|summary| sum.add_workload(summary)),
        }
        let value = match metric::find(self.metric) {
            Some(metric) => (metric.value)(&sum),
            None => {
                let run = &scenario.run;
                let minutes = run.duration.saturating_sub(run.warmup).as_secs_f64() / 60.0;
                Some(sum.account.useful.total() as f64 / f64::from(sum.replications.max(1)) / minutes)
            }
        };
        value.filter(|value| value.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_of_all_of_an_org_or_of_a_workload() {
        for name in USUAL.into_iter().chain(["spiky/success_share", "a/b/cost_usd"]) {
            assert_eq!(Quantity::parse(name).unwrap().name(), name);
        }
        assert_eq!(Quantity::parse("goodput_tpm").unwrap().unit(), Unit::TokensPerMinute);
        assert!(Quantity::parse("sucess_share").unwrap_err().contains("did you mean success_share?"));
        assert!(Quantity::parse("a/b/c/cost_usd").is_err());
    }
}
