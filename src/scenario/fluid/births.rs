//! How many requests of a workload are born in a step: as its process expects, or as closed loops let them.

use super::Step;
use super::fate::Fate;
use super::sender::Sender;
use crate::traffic::arrivals::Release;

impl Sender<'_> {
    /// Requests that are born in a step.
    pub(super) fn births(&mut self, step: &Step) -> f64 {
        let workload = self.workload;
        if workload.fallback_of.is_some() {
            return 0.0;
        }
        let arrivals = &workload.arrivals;
        if self.is_closed() {
            return self.born;
        }
        if let Some(backlog) = arrivals.backlog() {
            let left = backlog.requests() as f64 - self.born_before;
            let born = match backlog.release() {
                Release::Paced(per_s) if !workload.is_batch() => left.min(per_s * step.length_s),
                _ => left,
            };
            self.born_before += born;
            return born;
        }
        let born = workload.share * arrivals.expected_by(step.end);
        let new = born - self.born_before;
        self.born_before = born;
        new.max(0.0)
    }

    /// Whether its requests wait for each other.
    pub(super) fn is_closed(&self) -> bool {
        let arrivals = &self.workload.arrivals;
        let is_home = self.workload.fallback_of.is_none() && !self.workload.is_batch();
        is_home && (arrivals.users().is_some() || arrivals.hands_on_places())
    }

    /// Requests of a closed loop in a step, were each to meet this fate from its birth to its end.
    pub(super) fn closed_births(&mut self, step: &Step, fate: &Fate) -> f64 {
        let cycle_s = self.cycle_s(fate);
        let arrivals = &self.workload.arrivals;
        if let Some(users) = arrivals.users() {
            let open_s = arrivals.operational_s() - (step.end.as_secs_f64() - step.length_s);
            return step.length_s.min(open_s.max(0.0)) * users.rate_at(cycle_s);
        }
        let Some(backlog) = arrivals.backlog() else { return 0.0 };
        let Release::Concurrent(most) = backlog.release() else { return 0.0 };
        let left = (backlog.requests() as f64 - self.born_before).max(0.0);
        left.min(f64::from(most) * (step.length_s / cycle_s.max(1e-9)))
    }

    /// Mean seconds from a birth to the end of the request, were this fate met all the time.
    pub(super) fn cycle_s(&mut self, fate: &Fate) -> f64 {
        let last = self.waiting.len() - 1;
        let failed = fate.failed();
        let (mut still, mut cycle_s) = (1.0, 0.0);
        for ordinal in 0..=last {
            cycle_s += still * fate.served * fate.answered_s;
            if failed <= 0.0 {
                break;
            }
            let next = self.next(ordinal, fate);
            let again = failed * next.share;
            cycle_s += still * failed * next.pause_s;
            if ordinal == last {
                let more = again / (1.0 - again).max(1e-6);
                cycle_s += still * more * (fate.served * fate.answered_s + failed * next.pause_s);
            }
            still *= again;
        }
        cycle_s
    }
}
