//! What goes wrong, and what that does.

use super::{Naive, Ns, Place};
use ratetide::platform::incident::Harm;

impl Naive<'_> {
    /// The factors in force on a model of incidents of a kind, multiplied.
    fn factor(&self, m: usize, kind: impl Fn(Harm) -> bool) -> f64 {
        let all = self.scenario.incidents.iter().zip(&self.in_force);
        all.filter(|(incident, _)| incident.model as usize == m && kind(incident.harm))
            .map(|(_, f)| f)
            .product()
    }

    /// How many times as long service takes.
    pub fn slowdown(&self, m: usize) -> f64 {
        self.factor(m, |harm| matches!(harm, Harm::Slowdown { .. }))
    }

    /// How many times as long cold starts take.
    pub fn cold_start_factor(&self, m: usize) -> f64 {
        self.factor(m, |harm| matches!(harm, Harm::SlowColdStart { .. }))
    }

    /// The share of attempts that incidents spare.
    pub fn spared(&self, m: usize) -> f64 {
        self.factor(m, |harm| matches!(harm, Harm::ErrorShare { .. }))
    }

    pub fn incident(&mut self, now: Ns, i: usize, begins: bool) {
        let incident = self.scenario.incidents[i];
        let m = incident.model as usize;
        match incident.harm {
            // It is in the births.
            Harm::Traffic { .. } => {}
            Harm::LoseReplicas { count } if begins => self.lose_replicas(now, i, m, count as usize),
            Harm::LoseReplicas { .. } => {
                (0..self.taken[i]).for_each(|_| self.add_ready(m));
                self.smooth(now, m);
                self.serve_waiting(now, m);
            }
            Harm::ErrorShare { share } => self.in_force[i] = if begins { 1.0 - share } else { 1.0 },
            Harm::SlowColdStart { factor } => self.in_force[i] = if begins { factor } else { 1.0 },
            Harm::Slowdown { factor } => {
                let in_force = if begins { factor } else { 1.0 };
                if self.batching(m).is_some() {
                    return self.change_speed(now, m, |naive| naive.in_force[i] = in_force);
                }
                let before = self.slowdown(m);
                self.in_force[i] = in_force;
                let stretch = self.slowdown(m) / before;
                for t in self.serving(m) {
                    let completes = self.tries[t].completes;
                    let at = now + ((completes - now) as f64 * stretch).round() as Ns;
                    if at != completes {
                        self.await_completion(at, t);
                    }
                }
            }
        }
    }

    /// What was on them fails, or waits again at the head where it is work for spare capacity.
    fn lose_replicas(&mut self, now: Ns, i: usize, m: usize, count: usize) {
        let serving = self.serving(m);
        let lost = self.lose(m, count);
        self.taken[i] = lost.len();
        lost.iter().for_each(|&r| self.empty(r));
        let is_lost =
            |naive: &Self, t: usize| matches!(naive.tries[t].place, Place::Serving(r) if lost.contains(&r));
        let all: Vec<usize> = serving.into_iter().filter(|&t| is_lost(self, t)).collect();
        self.smooth(now, m);
        let (spare, other): (Vec<usize>, Vec<usize>) = all.into_iter().partition(|&t| self.is_spare(t));
        other.into_iter().for_each(|t| self.fail(now, t));
        for &t in &spare {
            self.tries[t].place = Place::Waiting;
        }
        self.models[m].spare.splice(0..0, spare);
        self.smooth(now, m);
        self.serve_waiting(now, m);
    }
}
