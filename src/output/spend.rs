//! What was spent, and by whom: `cost.csv`, and the sums per org, API key and lane.

use super::columns::COST;
use super::filling::{Filling, ReportFile, per_run};
use super::rows::workload_names;
use super::table::Cell;
use crate::metrics::summary::Summary;
use crate::platform::lane::WORDS;
use crate::replications::Results;
use crate::scenario::{Scenario, Workload};

/// What a workload spent in a bin, in USD, over all replications: on everything, and in vain.
pub fn spent(scenario: &Scenario, results: &Results, bin: usize, workload: usize) -> [f64; 2] {
    let (row, plan) = (results.outcomes.get(bin, workload), &scenario.workloads[workload]);
    let wasted = plan.price.cost_usd(row.wasted.prompt, row.wasted.output);
    let replica_ns = results.capacity.get(bin, plan.pool as usize).replica_ns;
    [plan.cost_usd(row.prompt_tokens, row.output_tokens, replica_ns) + wasted, wasted]
}

/// `cost.csv`.
pub(super) fn table(scenario: &Scenario, results: &Results) -> ReportFile {
    let mut file = Filling::new(&COST, &[], results);
    let n = results.replications;
    let usd = |sum: f64| Cell::Number(sum / f64::from(n));
    let names = workload_names(scenario);
    let mut sums = vec![0.0; names.len()];
    for bin in 0..results.outcomes.len() {
        for (w, [org, workload, model]) in names.iter().enumerate() {
            let (row, plan) = (results.outcomes.get(bin, w), &scenario.workloads[w]);
            let [cost, wasted] = spent(scenario, results, bin, w);
            sums[w] += cost;
            let mut cells = vec![Cell::Number(results.outcomes.start(bin).as_secs_f64())];
            cells.extend([org, plan.key.as_str(), workload, model, plan.lane.word()].map(Cell::Text));
            let counts = [row.requests, row.succeeded, row.prompt_tokens, row.output_tokens];
            cells.extend(counts.map(|count| per_run(count, n)));
            cells.extend([usd(cost), per_run(row.wasted.total(), n), usd(wasted), usd(sums[w])]);
            file.row(&cells);
        }
    }
    file.finish()
}

/// Workloads together: whose they are, and their summary.
pub struct Party<'a> {
    /// The org, where the party is of one.
    pub org: Option<&'a str>,
    /// The key or the lane.
    pub name: &'a str,
    /// The sums.
    pub summary: Summary,
}

/// The sums of the workloads that have the same label, in order of labels.
fn grouped<'a, K: Ord>(
    scenario: &'a Scenario,
    results: &Results,
    label: impl Fn(&'a Workload) -> K,
) -> Vec<(K, Summary)> {
    let mut groups = std::collections::BTreeMap::<K, Summary>::new();
    for (workload, summary) in scenario.workloads.iter().zip(&results.summaries) {
        groups.entry(label(workload)).or_default().add_workload(summary);
    }
    groups.into_iter().collect()
}

/// What each org spent.
pub fn orgs<'a>(scenario: &'a Scenario, results: &Results) -> Vec<Party<'a>> {
    let groups = grouped(scenario, results, |w| scenario.orgs[w.org as usize].name.as_str());
    groups.into_iter().map(|(name, summary)| Party { org: None, name, summary }).collect()
}

/// What was spent with each API key: keys are an org's own.
pub fn keys<'a>(scenario: &'a Scenario, results: &Results) -> Vec<Party<'a>> {
    let label = |w: &'a Workload| (scenario.orgs[w.org as usize].name.as_str(), w.key.as_str());
    let groups = grouped(scenario, results, label);
    groups.into_iter().map(|((org, name), summary)| Party { org: Some(org), name, summary }).collect()
}

/// What was spent in each lane in use.
pub fn lanes<'a>(scenario: &'a Scenario, results: &Results) -> Vec<Party<'a>> {
    let groups = grouped(scenario, results, |w| w.lane.index());
    groups.into_iter().map(|(lane, summary)| Party { org: None, name: WORDS[lane], summary }).collect()
}
