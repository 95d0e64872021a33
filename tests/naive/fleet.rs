//! The replicas: who is ready, starting, draining, and how many each serves.

use super::{Event, LOOKS, Naive, Ns, REPLICAS, batching, rounded};
use ratetide::dist::{Dist, Law as _};

#[derive(Clone, Copy, PartialEq)]
pub enum Phase {
    Starting,
    Ready,
    Draining,
    Gone,
}

pub struct Replica {
    pub model: usize,
    phase: Phase,
    pub serving: Vec<usize>,
    pub group: batching::Group,
}

impl Naive<'_> {
    /// A model begins: with warm replicas, or with cold ones.
    pub fn open(&mut self, m: usize) {
        if let Some(interval) = self.models[m].scaler.interval() {
            self.push(interval, LOOKS, Event::Look(m));
        }
        let config = self.models[m].config;
        for _ in 0..config.replicas {
            match &config.cold_start {
                None => self.add_ready(m),
                Some(law) => self.start_replica(0, m, law),
            }
        }
        self.begin_smoothing(m);
    }

    fn all(&self, m: usize, phase: Phase) -> Vec<usize> {
        let is = |r: &usize| self.replicas[*r].model == m && self.replicas[*r].phase == phase;
        (0..self.replicas.len()).filter(is).collect()
    }

    pub fn all_ready(&self, m: usize) -> Vec<usize> {
        self.all(m, Phase::Ready)
    }

    pub fn ready(&self, m: usize) -> usize {
        self.all_ready(m).len()
    }

    pub fn is_ready(&self, r: usize) -> bool {
        self.replicas[r].phase == Phase::Ready
    }

    /// Ready and starting ones.
    pub fn current(&self, m: usize) -> usize {
        self.ready(m) + self.all(m, Phase::Starting).len()
    }

    /// Nothing is ready and nothing will be.
    pub fn is_dead(&self, m: usize) -> bool {
        self.current(m) == 0 && !self.models[m].scaler.scales_from_zero()
    }

    pub fn busy_ready(&self, m: usize) -> usize {
        self.all_ready(m).iter().map(|&r| self.replicas[r].serving.len()).sum()
    }

    /// What is in service, in order of arrival.
    pub fn serving(&self, m: usize) -> Vec<usize> {
        let here = self.replicas.iter().filter(|replica| replica.model == m);
        let mut all: Vec<usize> = here.flat_map(|replica| replica.serving.iter().copied()).collect();
        all.sort_by_key(|&t| self.tries[t].ordinal);
        all
    }

    fn add(&mut self, m: usize, phase: Phase) -> usize {
        self.replicas.push(Replica { model: m, phase, serving: Vec::new(), group: Default::default() });
        self.replicas.len() - 1
    }

    pub fn add_ready(&mut self, m: usize) {
        let r = self.add(m, Phase::Ready);
        self.models[m].rota.push(r);
    }

    /// A replica begins its cold start, drawn by its number on the model.
    pub fn start_replica(&mut self, now: Ns, m: usize, cold_start: &Dist) {
        let number = self.replicas.iter().filter(|replica| replica.model == m).count() as u64;
        let takes_s = cold_start.sample(&mut self.models[m].cold_starts.number(number).stream());
        let r = self.add(m, Phase::Starting);
        self.push(now + rounded(takes_s * self.cold_start_factor(m)), REPLICAS, Event::Ready(r));
    }

    pub fn become_ready(&mut self, now: Ns, r: usize) {
        if self.replicas[r].phase == Phase::Starting {
            let m = self.replicas[r].model;
            self.replicas[r].phase = Phase::Ready;
            self.models[m].rota.push(r);
            self.smooth(now, m);
            self.serve_waiting(now, m);
        }
    }

    /// Scale-in: starting ones first, the newest first, then the least busy ready ones, the newest of equals. They finish
    /// what they serve and do not return.
    pub fn shed(&mut self, now: Ns, m: usize, count: usize) {
        let mut ready = self.all_ready(m);
        ready.sort_by_key(|&r| (self.replicas[r].serving.len(), std::cmp::Reverse(r)));
        let starting = self.all(m, Phase::Starting);
        for r in starting.into_iter().rev().chain(ready).take(count) {
            self.leave(r, if self.replicas[r].serving.is_empty() { Phase::Gone } else { Phase::Draining });
        }
        self.smooth(now, m);
    }

    /// The newest ready ones are lost; which.
    pub fn lose(&mut self, m: usize, count: usize) -> Vec<usize> {
        let lost: Vec<usize> = self.all_ready(m).into_iter().rev().take(count).collect();
        lost.iter().for_each(|&r| self.leave(r, Phase::Gone));
        lost
    }

    fn leave(&mut self, r: usize, phase: Phase) {
        self.replicas[r].phase = phase;
        let m = self.replicas[r].model;
        self.models[m].rota.retain(|&other| other != r);
    }

    pub fn has_free_place(&self, m: usize) -> bool {
        self.all_ready(m).into_iter().any(|r| self.replicas[r].serving.len() < self.places(m))
    }

    /// A place is taken; in turn, who has another goes to the back.
    pub fn occupy(&mut self, r: usize, t: usize) {
        let m = self.replicas[r].model;
        self.replicas[r].serving.push(t);
        self.models[m].rota.retain(|&other| other != r);
        if self.replicas[r].serving.len() < self.places(m) {
            self.models[m].rota.push(r);
        }
    }

    /// A place is given back.
    pub fn release(&mut self, r: usize, t: usize) {
        let m = self.replicas[r].model;
        if self.replicas[r].serving.len() == self.places(m) && self.is_ready(r) {
            self.models[m].rota.push(r);
        }
        self.replicas[r].serving.retain(|&other| other != t);
        if self.replicas[r].phase == Phase::Draining && self.replicas[r].serving.is_empty() {
            self.replicas[r].phase = Phase::Gone;
        }
    }
}
