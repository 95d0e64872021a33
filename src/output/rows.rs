//! The rows of the summary: whose they are, and their intervals over replications.

use crate::metrics::metric::METRICS;
use crate::metrics::summary::Summary;
use crate::replications::Results;
use crate::scenario::{Scenario, Workload};
use crate::statistics::interval::Interval;

/// org, workload and model of a row.
pub(super) type Names<'a> = [&'a str; 3];

/// The names of every workload, in order.
pub(super) fn workload_names(scenario: &Scenario) -> Vec<Names<'_>> {
    let name_of = |w: &'_ Workload| {
        (scenario.orgs[w.org as usize].name.as_str(), scenario.models[w.model as usize].name.as_str())
    };
    let names = scenario.workloads.iter().map(|w| (name_of(w), w.name.as_str()));
    names.map(|((org, model), workload)| [org, workload, model]).collect()
}

/// The rows of the summary: each workload, then all together.
pub(super) fn summary_rows<'a>(
    scenario: &'a Scenario,
    results: &'a Results,
) -> impl Iterator<Item = (Names<'a>, &'a Summary)> {
    let total = (["TOTAL", "", ""], &results.total);
    workload_names(scenario).into_iter().zip(&results.summaries).chain([total])
}

/// The interval of each metric of a row over replications; `None` where it is not defined in every run.
pub(super) fn intervals(results: &Results, row: usize) -> Vec<Option<Interval>> {
    let of = |metric: usize| {
        let values: Option<Vec<f64>> = results.values.iter().map(|run| run[row][metric]).collect();
        Interval::of(&values?)
    };
    (0..METRICS.len()).map(of).collect()
}
