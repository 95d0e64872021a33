//! A run: how it is started, and how it ended.

use super::Engine;
use crate::metrics::ledger::Ledger;
use crate::metrics::observer::Observer;
use crate::platform::lane::jobs::JobCounts;
use crate::scenario::Scenario;
use crate::scenario::limits::{Excess, Spent};
use crate::scenario::part::Part;
use crate::units::SimTime;

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Run {
    /// The accounts; they balance.
    pub ledger: Ledger,
    /// Batch jobs, per workload.
    pub jobs: Vec<JobCounts>,
    /// Events worked on.
    pub events: u64,
    /// When it ended.
    pub end: SimTime,
    /// False if it was stopped before the end.
    pub finished: bool,
    /// What it took too much of, if that stopped it.
    pub excess: Option<Excess>,
}

impl Run {
    /// Take over what another part of the run found, of these workloads.
    pub fn adopt(&mut self, other: &Run, workloads: &[bool]) {
        for workload in (0..workloads.len()).filter(|&workload| workloads[workload]) {
            self.ledger.whole[workload] = other.ledger.whole[workload];
            self.ledger.summary[workload] = other.ledger.summary[workload];
            self.jobs[workload] = other.jobs[workload];
        }
        self.events += other.events;
        self.end = self.end.min(other.end);
        self.finished &= other.finished;
        self.excess = self.excess.or(other.excess);
    }
}

/// Simulate one replication. `beat` is called now and then with the present instant; it returns false to stop
/// the run there, as does what goes beyond the scenario's limits. The result depends on the scenario, its seed and
/// `replication` alone.
pub fn simulate<O: Observer>(
    scenario: &Scenario,
    replication: u64,
    observer: &mut O,
    beat: &mut dyn FnMut(SimTime) -> bool,
) -> Run {
    simulate_part(scenario, &scenario.whole(), &Spent::default(), replication, observer, beat)
}

/// The same of a part of a scenario: what is not in it stays as it was at the start. `spent` is what all parts of the
/// replication take together, which the limits hold for.
pub fn simulate_part<O: Observer>(
    scenario: &Scenario,
    part: &Part,
    spent: &Spent,
    replication: u64,
    observer: &mut O,
    beat: &mut dyn FnMut(SimTime) -> bool,
) -> Run {
    let mut engine = Engine::new(scenario, part, spent, replication, observer);
    let (seen, obeyed) = (engine.observer.reads_headers(), |model| scenario.obeys_headers(model));
    (0..)
        .zip(&scenario.models)
        .for_each(|(model, _)| engine.platform.tell(model, seen, seen || obeyed(model)));
    engine.start();
    let finished = engine.run(beat);
    let now = if finished { engine.end } else { engine.now };
    engine.close(now);
    let ledger = engine.books.close();
    engine.jobs.assert_balanced();
    let jobs = engine.jobs.counts().to_vec();
    let Engine { events, excess, .. } = engine;
    Run { ledger, jobs, events, end: now, finished, excess }
}
