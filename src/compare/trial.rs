//! Every strategy over the same replications, on every core.

use super::measure::{MEASURES, Seen};
use super::precision::{Ended, Rule};
use super::verdict::{Values, judge};
use crate::metrics::summary::Summary;
use crate::replications::{Record, Results, Watch, run_one};
use crate::scenario::Scenario;
use crate::scenario::limits::{Excess, PER_THREAD};
use crate::units::SimTime;
use rayon::prelude::*;

/// What is compared with what.
pub struct Trial<'a> {
    /// The scenario under each strategy: alike but for the clients.
    pub arms: Vec<&'a Scenario>,
    /// The workloads whose client is exchanged under each strategy, by index, their fallbacks among them.
    pub ours: Vec<Vec<usize>>,
    /// The strategy the others are compared with.
    pub baseline: usize,
    /// The measure that decides, by its place in [`MEASURES`].
    pub primary: usize,
}

/// What was seen.
pub struct Observed {
    /// Of each strategy, the replications merged.
    pub results: Vec<Results>,
    /// Of each strategy, per measure and replication.
    pub values: Vec<Values>,
    /// Replications of each.
    pub replications: u32,
    /// Why no more.
    pub ended: Ended,
}

impl Trial<'_> {
    /// Runs in one replication: the strategies, and once more without our requests if there are others.
    pub fn runs(&self) -> usize {
        self.arms.len() + usize::from(self.has_others())
    }

    /// Whether anybody but the requests that are compared makes requests.
    pub fn has_others(&self) -> bool {
        self.ours[0].len() < self.arms[0].workloads.len()
    }

    /// Simulate until the rule is content; `None` if it was stopped before the first replication was whole.
    /// The watch is told of run `replication · runs + strategy`.
    ///
    /// # Errors
    /// A run went beyond a limit.
    pub fn run(&self, rule: Rule, watch: &dyn Watch) -> Result<Option<Observed>, Excess> {
        let without = self.has_others().then(|| self.arms[0].without(&self.ours[0]));
        let scenarios: Vec<&Scenario> = self.arms.iter().copied().chain(&without).collect();
        let mut observed = Observed {
            results: Vec::new(),
            values: vec![vec![Vec::new(); MEASURES.len()]; self.arms.len()],
            replications: 0,
            ended: Ended::Fixed,
        };
        let mut until = rule.first();
        loop {
            if !self.extend(&mut observed, &scenarios, until, watch)? {
                observed.ended = Ended::Interrupted;
                break;
            }
            let Rule::Until(..) = rule else { break };
            if self.is_narrow(&observed.values, rule) {
                observed.ended = Ended::Narrow;
                break;
            }
            observed.ended = Ended::Capped;
            if !self.has_primary(&observed.values) {
                // No interval will ever be narrow: more replications tell nothing.
                break;
            }
            match rule.next(until) {
                Some(next) => until = next,
                None => break,
            }
        }
        observed.results.iter_mut().for_each(Results::sum_up);
        Ok((observed.replications > 0).then_some(observed))
    }

    /// Whether the measure that decides has a value anywhere.
    fn has_primary(&self, values: &[Values]) -> bool {
        values.iter().any(|values| values[self.primary].iter().any(Option::is_some))
    }

    fn is_narrow(&self, values: &[Values], rule: Rule) -> bool {
        let Rule::Until(width, _) = rule else { return true };
        let judged = judge(values, self.baseline, self.primary);
        let primary = |arm: usize| judged[arm].paired[self.primary];
        let others = (0..judged.len()).filter(|&arm| arm != self.baseline);
        let half_widths: Vec<Option<f64>> =
            others.map(|arm| primary(arm).interval.map(|interval| interval.half_width())).collect();
        width.is_met(&half_widths, primary(self.baseline).value)
    }

    /// Make it `until` replications, a few at a time; false if they were stopped. Only replications that are
    /// whole under every strategy count.
    fn extend(
        &self,
        observed: &mut Observed,
        scenarios: &[&Scenario],
        until: u32,
        watch: &dyn Watch,
    ) -> Result<bool, Excess> {
        let runs = scenarios.len();
        // Twice as many runs in memory as there are threads, in whole replications.
        let at_once = (PER_THREAD * rayon::current_num_threads()).div_ceil(runs) as u32;
        while observed.replications < until {
            let first = observed.replications;
            let count = at_once.min(until - first) as usize;
            let numbered: Vec<usize> = (0..count * runs).collect();
            let records: Vec<Record> = numbered
                .par_iter()
                .map(|&job| {
                    let number = u64::from(first) + (job / runs) as u64;
                    let job = u64::from(first) * runs as u64 + job as u64;
                    run_one(scenarios[job as usize % runs], number, &Numbered(watch, job), None)
                })
                .collect();
            if let Some(excess) = records.iter().find_map(Record::excess) {
                return Err(excess);
            }
            let mut records = records.into_iter();
            for _ in 0..count {
                let replication: Vec<Record> = records.by_ref().take(runs).collect();
                if !replication.iter().all(Record::finished) {
                    return Ok(false);
                }
                self.add(observed, replication);
            }
            // A short run may end without a beat of its own.
            let last = u64::from(observed.replications) * runs as u64 - 1;
            let run = &scenarios[0].run;
            if !watch.beat(last, SimTime::ZERO + run.duration + run.drain) {
                return Ok(observed.replications == until);
            }
        }
        Ok(true)
    }

    /// Take in one replication: a record of each strategy, then the one without our requests.
    fn add(&self, observed: &mut Observed, mut records: Vec<Record>) {
        let without = self.has_others().then(|| records.pop().expect("a run without our requests"));
        let without = without.map(|record| sum(record.summaries().iter()));
        for (arm, record) in records.iter().enumerate() {
            for (place, value) in self.measure(arm, record, without.as_ref()).into_iter().enumerate() {
                observed.values[arm][place].push(value);
            }
        }
        if observed.results.is_empty() {
            let first = records.into_iter().zip(&self.arms);
            observed.results = first.map(|(record, scenario)| Results::of(record, scenario)).collect();
        } else {
            observed.results.iter_mut().zip(records).for_each(|(results, record)| results.add(record));
        }
        observed.replications += 1;
    }

    fn measure(&self, arm: usize, record: &Record, without: Option<&Summary>) -> Vec<Option<f64>> {
        let (scenario, ours, summaries) = (self.arms[arm], &self.ours[arm], record.summaries());
        let last_success_s = ours.iter().map(|&index| record.last_success_s(index)).fold(0.0, f64::max);
        let numbered = || summaries.iter().enumerate();
        let others = sum(numbered().filter(|(index, _)| !ours.contains(index)).map(|(_, s)| s));
        let ours = sum(ours.iter().map(|&index| &summaries[index]));
        let share = |org: u32| {
            let of_org = numbered().filter(|(index, _)| scenario.workloads[*index].org == org);
            let account = sum(of_org.map(|(_, summary)| summary)).account;
            (account.requests > 0).then(|| account.succeeded as f64 / account.requests as f64)
        };
        let shares: Vec<f64> = (0..scenario.orgs.len() as u32).filter_map(share).collect();
        let seen = Seen {
            ours: &ours,
            last_success_s,
            others: without.map(|without| [&others, without]),
            shares: &shares,
            minutes: scenario.run.duration.saturating_sub(scenario.run.warmup).as_secs_f64() / 60.0,
        };
        MEASURES.iter().map(|measure| (measure.value)(&seen)).collect()
    }
}

/// Several workloads together.
fn sum<'a>(summaries: impl Iterator<Item = &'a Summary>) -> Summary {
    let mut total = Summary::default();
    summaries.for_each(|summary| total.add_workload(summary));
    total
}

/// Tells a watch of a run under a number of its own.
struct Numbered<'a>(&'a dyn Watch, u64);

impl Watch for Numbered<'_> {
    fn beat(&self, _: u64, now: SimTime) -> bool {
        self.0.beat(self.1, now)
    }
}
