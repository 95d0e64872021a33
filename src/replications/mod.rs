//! All replications of a scenario, on every core, folded in order.
//!
//! Each replication depends on the scenario, the seed and its number alone. They are simulated in parallel
//! and merged one after the other by number, so the result's bytes do not depend on how many cores there are. A
//! replication that has the cores for itself is split into parts that meet in nothing (`apart`), with the same result.

mod apart;

use crate::engine::simulate;
use crate::metrics::ledger::{Account, Tokens};
use crate::metrics::metric::METRICS;
use crate::metrics::observer::AttemptRecord;
use crate::metrics::recorder::{Layout, Recorder};
use crate::metrics::series::{Bins, CapacityBin, OutcomeBin, RateBin};
use crate::metrics::summary::Summary;
use crate::scenario::Scenario;
use crate::scenario::limits::{Excess, PER_THREAD};
use crate::units::SimTime;
use rayon::prelude::*;

/// Watches a run from outside; called from several threads.
pub trait Watch: Sync {
    /// A replication has come to `now`; false to stop it there.
    fn beat(&self, replication: u64, now: SimTime) -> bool;
}

/// Nobody watches.
impl Watch for () {
    fn beat(&self, _: u64, _: SimTime) -> bool {
        true
    }
}

/// The values of all metrics, in the order of [`METRICS`], of one row in one replication.
pub type Values = Vec<Option<f64>>;

/// What all replications together found.
pub struct Results {
    /// Per workload, merged over replications.
    pub summaries: Vec<Summary>,
    /// All workloads together.
    pub total: Summary,
    /// Per replication: the values of each workload, then those of the total. Kept from two replications up.
    pub values: Vec<Vec<Values>>,
    /// Per bin and workload, added up.
    pub outcomes: Bins<OutcomeBin>,
    /// Per bin and (org, model), added up.
    pub rates: Bins<RateBin>,
    /// Per bin and model, added up.
    pub capacity: Bins<CapacityBin>,
    /// Replications merged.
    pub replications: u32,
    /// False if some were stopped.
    pub finished: bool,
    /// What one of them took too much of, if that stopped it.
    pub excess: Option<Excess>,
    /// Events worked on, in all.
    pub events: u64,
}

/// One replication's record.
pub struct Record<'a> {
    recorder: Recorder<'a>,
    finished: bool,
    excess: Option<Excess>,
    events: u64,
}

impl Record<'_> {
    /// Per workload.
    pub fn summaries(&self) -> &[Summary] {
        &self.recorder.summaries
    }

    /// When the last request of a workload succeeded; 0 if none did.
    pub fn last_success_s(&self, workload: usize) -> f64 {
        self.recorder.last_success[workload].as_secs_f64()
    }

    /// Events worked on.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// What it took too much of, if that stopped it.
    pub fn excess(&self) -> Option<Excess> {
        self.excess
    }

    /// False if it was stopped.
    pub fn finished(&self) -> bool {
        self.finished
    }
}

/// Simulate every replication of a scenario. `log`, if any, is told of every attempt of the first.
pub fn run_all(
    scenario: &Scenario,
    watch: &dyn Watch,
    log: Option<&mut (dyn FnMut(&AttemptRecord) + Send)>,
) -> Results {
    // The first has the cores for itself.
    let first = record(scenario, 0, watch, log, rayon::current_num_threads());
    let mut results = Results::of(first, scenario);
    if results.excess.is_some() {
        return results;
    }
    let chunk = rayon::current_num_threads() * PER_THREAD;
    let numbers: Vec<u64> = (1..u64::from(scenario.run.replications)).collect();
    for numbers in numbers.chunks(chunk) {
        let records: Vec<Record> =
            numbers.par_iter().map(|&number| run_one(scenario, number, watch, None)).collect();
        records.into_iter().for_each(|record| results.add(record));
        if !results.finished {
            break;
        }
    }
    results.sum_up();
    results
}

/// Simulate one replication on this thread. `log`, if any, is told of every attempt.
pub fn run_one<'a>(
    scenario: &Scenario,
    number: u64,
    watch: &dyn Watch,
    log: Option<&'a mut (dyn FnMut(&AttemptRecord) + Send)>,
) -> Record<'a> {
    record(scenario, number, watch, log, 1)
}

fn record<'a>(
    scenario: &Scenario,
    number: u64,
    watch: &dyn Watch,
    log: Option<&'a mut (dyn FnMut(&AttemptRecord) + Send)>,
    threads: usize,
) -> Record<'a> {
    // The log is in the order of the one loop.
    let parts = if log.is_none() { scenario.parts(threads) } else { Vec::new() };
    let (mut recorder, run) = if parts.len() > 1 {
        apart::run(scenario, &parts, number, watch)
    } else {
        let mut recorder = Recorder::new(layout(scenario), log);
        let run = simulate(scenario, number, &mut recorder, &mut |now| watch.beat(number, now));
        recorder.finish(run.end);
        (recorder, run)
    };
    for (index, (workload, account)) in scenario.workloads.iter().zip(&run.ledger.summary).enumerate() {
        let [whole, warmup] = recorder.replica_ns(workload.pool);
        let summary = &mut recorder.summaries[index];
        let cost =
            |tokens: Tokens, replica_ns: f64| workload.cost_usd(tokens.prompt, tokens.output, replica_ns);
        summary.account = *account;
        summary.wasted_cost_usd = workload.price.cost_usd(account.wasted.prompt, account.wasted.output);
        summary.cost_usd = cost(account.useful, whole - warmup) + summary.wasted_cost_usd;
        summary.jobs = run.jobs[index];
        if workload.arrivals.backlog().is_some() && workload.fallback_of.is_none() {
            let whole = &run.ledger.whole[index];
            let finished = run.finished && whole.succeeded == whole.requests;
            summary.finishes_s = vec![finished.then(|| recorder.last_success[index].as_secs_f64())];
        }
        if workload.is_batch() {
            summary.dynamic = None;
            let jobs = &run.jobs[index];
            let account = &run.ledger.whole[index];
            let ends = (jobs.requests, jobs.requests_done, jobs.requests_expired);
            match workload.fallback_of {
                None => assert!(
                    ends == (account.requests, account.succeeded, account.gave_up()),
                    "{jobs:?} {account:?}"
                ),
                Some(_) => assert!(jobs.requests_done == account.ok_200, "{jobs:?} {account:?}"),
            }
        }
        assert_spend(&recorder.outcomes, index, &run.ledger.whole[index]);
    }
    Record { recorder, finished: run.finished, excess: run.excess, events: run.events }
}

/// Assert that what the bins of a workload say was served is what the ledger says.
fn assert_spend(bins: &Bins<OutcomeBin>, workload: usize, account: &Account) {
    let (mut useful, mut wasted) = (Tokens::default(), Tokens::default());
    for bin in 0..bins.len() {
        let row = bins.get(bin, workload);
        useful += Tokens { prompt: row.prompt_tokens, output: row.output_tokens };
        wasted += row.wasted;
    }
    assert!(
        (useful, wasted) == (account.useful, account.wasted),
        "spend of workload {workload}: {account:?}"
    );
}

/// The shape of a scenario's records.
pub fn layout(scenario: &Scenario) -> Layout {
    let traffic_end = SimTime::ZERO + scenario.run.duration;
    Layout {
        workload_pairs: scenario.workloads.iter().map(|w| w.pair).collect(),
        pairs: scenario.pairs.len(),
        models: scenario.models.len(),
        interval: scenario.run.interval,
        warmup: SimTime::ZERO + scenario.run.warmup,
        traffic_end,
        end: traffic_end + scenario.run.drain,
    }
}

fn total(summaries: &[Summary]) -> Summary {
    let mut total = Summary::default();
    summaries.iter().for_each(|summary| total.add_workload(summary));
    total
}

fn values(summaries: &[Summary]) -> Vec<Values> {
    let of = |summary: &Summary| METRICS.iter().map(|metric| (metric.value)(summary)).collect();
    summaries.iter().chain([&total(summaries)]).map(of).collect()
}

impl Results {
    /// The first replication's.
    pub fn of(record: Record, scenario: &Scenario) -> Results {
        let Record { recorder, finished, excess, events } = record;
        let several = scenario.run.replications > 1;
        Results {
            values: if several { vec![values(&recorder.summaries)] } else { Vec::new() },
            summaries: recorder.summaries,
            total: Summary::default(),
            outcomes: recorder.outcomes,
            rates: recorder.rates,
            capacity: recorder.capacity,
            replications: 1,
            finished,
            excess,
            events,
        }
    }

    /// Merge the next one.
    pub fn add(&mut self, record: Record) {
        let other = record.recorder;
        self.values.push(values(&other.summaries));
        self.summaries
            .iter_mut()
            .zip(&other.summaries)
            .for_each(|(mine, theirs)| mine.add_replication(theirs));
        self.outcomes.merge(&other.outcomes, OutcomeBin::add);
        self.rates.merge(&other.rates, RateBin::add);
        self.capacity.merge(&other.capacity, CapacityBin::add);
        self.replications += 1;
        self.finished &= record.finished;
        self.excess = self.excess.or(record.excess);
        self.events += record.events;
    }

    /// Fill in the total, once all are merged.
    pub fn sum_up(&mut self) {
        self.total = total(&self.summaries);
    }
}
