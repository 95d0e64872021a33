//! One replication on several cores: its parts run apart, and each brings its own rows.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::{Watch, layout};
use crate::engine::{BEAT_EVENTS, Run, simulate_part};
use crate::metrics::recorder::Recorder;
use crate::scenario::Scenario;
use crate::scenario::limits::{Excess, Spent};
use crate::scenario::part::Part;
use crate::units::SimTime;

/// Simulate a replication part by part, and put what they found together: the same as in one piece.
pub(super) fn run<'a>(
    scenario: &Scenario,
    parts: &[Part],
    number: u64,
    watch: &dyn Watch,
) -> (Recorder<'a>, Run) {
    let spent = Spent::default();
    let reached: Vec<AtomicU64> = parts.iter().map(|_| AtomicU64::new(0)).collect();
    let one = |(index, part): (usize, &Part)| {
        let mut recorder = Recorder::new(layout(scenario), None);
        let mut beat = |now: SimTime| {
            reached[index].store(now.as_ns(), Ordering::Relaxed);
            let last = reached.iter().map(|at| at.load(Ordering::Relaxed)).min();
            watch.beat(number, SimTime::from_ns(last.unwrap_or(0)))
        };
        let run = simulate_part(scenario, part, &spent, number, &mut recorder, &mut beat);
        reached[index].store(u64::MAX, Ordering::Relaxed);
        recorder.finish(run.end);
        (recorder, run)
    };
    let found: Vec<(Recorder<'a>, Run)> = parts.par_iter().enumerate().map(one).collect();
    let mut found = found.into_iter().zip(parts);
    let ((mut recorder, mut run), _) = found.next().expect("there is at least one part");
    for ((other, theirs), part) in found {
        recorder.adopt(other, &part.workloads, &part.pairs, &part.models);
        run.adopt(&theirs, &part.workloads);
    }
    // What was left of each part since its last beat counts too, as it does in one piece.
    let (events_max, replications) =
        (scenario.limits.events_each(scenario.run.replications), scenario.run.replications);
    if run.excess.is_none() && run.finished && run.events - run.events % BEAT_EVENTS > events_max {
        run.excess = Some(Excess::Events(events_max, replications));
        run.finished = false;
    }
    (recorder, run)
}
