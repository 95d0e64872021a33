//! Turns among the orgs that wait: deficit round robin (Shreedhar and Varghese, *Efficient Fair Queueing using
//! Deficit Round Robin*, SIGCOMM 1995), in tokens and by weight.
//!
//! Orgs with waiting attempts stand in a ring. Whose turn it is gets a quantum of tokens on top of what it has
//! left, is served while its next attempt costs no more than that, and makes room for the next. Who waits for
//! nothing keeps nothing.
//!
//! The quantum of an org is Q × weight ÷ the least weight on the model, Q the largest cost that has waited so
//! far. So every turn serves somebody, each operation takes constant time, and of two orgs that always wait
//! neither is ever served more than 2·Q tokens beyond the other, per unit of the least weight.

use super::attempt::Id;
use crate::chain::{Chain, Links};
use std::collections::BTreeMap;

/// The orgs of a model whose attempts wait in one class. Only those are held, however many there are.
#[derive(Clone, Debug, Default)]
pub struct Turns {
    /// The weight of each org, by the first of the pairs next to each other that have it.
    weights: Vec<(u32, f64)>,
    weight_min: f64,
    flows: Vec<Flow>,
    free: Vec<u32>,
    /// The flow of each pair that waits.
    waiting: BTreeMap<u32, u32>,
    /// The flows with waiting attempts; the first has the turn.
    ring: Chain,
    ring_links: Links,
    links: Links,
    /// Q: the largest cost so far.
    largest: f64,
}

/// One org's waiting attempts.
#[derive(Clone, Debug)]
struct Flow {
    pair: u32,
    waiting: Chain,
    weight: f64,
    /// Tokens it may still be served.
    deficit: f64,
    /// It has its turn, and the quantum of it.
    granted: bool,
}

impl Turns {
    /// The pairs from `first` on have this weight, up to the first of the next call.
    pub fn join(&mut self, first: u32, weight: f64) {
        assert!(self.weights.last().is_none_or(|&(last, _)| last < first), "pairs join in order");
        self.weight_min = if self.weights.is_empty() { weight } else { self.weight_min.min(weight) };
        self.weights.push((first, weight));
    }

    /// An attempt of a pair waits: the number of its flow.
    pub fn push(&mut self, id: Id, pair: u32, cost: f64) -> u32 {
        self.largest = self.largest.max(cost);
        let flow = self.waiting.get(&pair).copied().unwrap_or_else(|| self.open(pair));
        self.flows[flow as usize].waiting.push(id, &mut self.links);
        flow
    }

    /// The first attempt of a pair waits: it has nothing left from before.
    fn open(&mut self, pair: u32) -> u32 {
        let (_, weight) = self.weights[self.weights.partition_point(|&(first, _)| first <= pair) - 1];
        let opened = Flow { pair, waiting: Chain::default(), weight, deficit: 0.0, granted: false };
        let flow = match self.free.pop() {
            Some(flow) => {
                self.flows[flow as usize] = opened;
                flow
            }
            None => {
                self.flows.push(opened);
                (self.flows.len() - 1) as u32
            }
        };
        self.waiting.insert(pair, flow);
        self.ring.push(flow, &mut self.ring_links);
        flow
    }

    /// Whose turn it is is served, at this cost.
    pub fn pay(&mut self, cost: f64) {
        let turn = self.ring.head().expect("somebody has the turn");
        self.flows[turn as usize].deficit -= cost;
    }

    /// Whose turn it is: pass the turn on until the attempt at the head of it is paid for. Asking again changes
    /// nothing.
    pub fn turn(&mut self, cost: impl Fn(Id) -> f64) -> Option<Id> {
        loop {
            let turn = self.ring.head()?;
            let flow = &mut self.flows[turn as usize];
            let id = flow.waiting.head().expect("a flow in the ring waits");
            if !std::mem::replace(&mut flow.granted, true) {
                flow.deficit += self.largest * (flow.weight / self.weight_min);
            }
            if cost(id) <= flow.deficit {
                return Some(id);
            }
            flow.granted = false;
            self.ring.remove(turn, &mut self.ring_links);
            self.ring.push(turn, &mut self.ring_links);
        }
    }

    /// An attempt of a flow waits no more, served or not.
    pub fn remove(&mut self, id: Id, flow: u32) {
        let Flow { pair, waiting, .. } = &mut self.flows[flow as usize];
        waiting.remove(id, &mut self.links);
        if waiting.is_empty() {
            self.waiting.remove(pair);
            self.ring.remove(flow, &mut self.ring_links);
            self.free.push(flow);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;
    use rand::RngExt as _;

    /// Orgs that always wait, with costs drawn from their ranges: tokens served to each after every service.
    fn served(orgs: &[(f64, u32, u32)], services: usize) -> Vec<Vec<f64>> {
        let mut stream = Key::new(5, 0).with("fair").stream();
        let (mut turns, mut costs, mut sums) = (Turns::default(), Vec::new(), vec![0.0; orgs.len()]);
        (0..).zip(orgs).for_each(|(pair, org)| turns.join(pair, org.0));
        let mut history = Vec::new();
        let (mut owner, mut flows) = (Vec::new(), Vec::new());
        for _ in 0..services {
            for (pair, &(_, low, high)) in orgs.iter().enumerate() {
                for _ in 0..2 {
                    costs.push(f64::from(stream.random_range(low..=high)));
                    owner.push(pair);
                    flows.push(turns.push(costs.len() as Id - 1, pair as u32, costs[costs.len() - 1]));
                }
            }
            let id = turns.turn(|id| costs[id as usize]).expect("somebody waits");
            turns.pay(costs[id as usize]);
            turns.remove(id, flows[id as usize]);
            sums[owner[id as usize]] += costs[id as usize];
            history.push(sums.clone());
        }
        history
    }

    #[test]
    fn v25_equal_tokens_and_a_bounded_gap_whatever_the_sizes() {
        let orgs = [(1.0, 10, 50), (1.0, 1000, 8000)];
        let history = served(&orgs, 20_000);
        for sums in &history {
            assert!((sums[0] - sums[1]).abs() <= 2.0 * 8000.0, "{sums:?}");
        }
        let last = history.last().expect("services");
        assert!((last[0] / last[1] - 1.0).abs() < 0.01, "{last:?}");
    }

    #[test]
    fn v25_weights_share_in_proportion() {
        let orgs = [(0.5, 100, 4000), (1.0, 10, 100), (2.0, 1000, 8000)];
        let history = served(&orgs, 80_000);
        let per_weight = |sums: &[f64], i: usize| sums[i] / (orgs[i].0 / 0.5);
        for sums in &history {
            for (i, j) in [(0, 1), (1, 2), (0, 2)] {
                assert!((per_weight(sums, i) - per_weight(sums, j)).abs() <= 2.0 * 8000.0, "{sums:?}");
            }
        }
        let last = history.last().expect("services");
        assert!((per_weight(last, 0) / per_weight(last, 2) - 1.0).abs() < 0.01, "{last:?}");
    }

    #[test]
    fn who_waits_for_nothing_keeps_nothing() {
        let mut turns = Turns::default();
        turns.join(0, 1.0);
        let flows = [turns.push(0, 7, 10.0), turns.push(1, 900_000, 100.0)];
        assert_eq!(turns.turn(|_| 10.0), Some(0));
        turns.pay(10.0);
        turns.remove(0, flows[0]);
        assert_eq!((turns.waiting.len(), turns.ring.len(), turns.flows.len()), (1, 1, 2));
        let again = turns.push(2, 7, 10.0);
        assert_eq!((again, turns.flows[again as usize].deficit), (flows[0], 0.0));
        turns.remove(1, flows[1]);
        turns.remove(2, again);
        assert_eq!((turns.turn(|_| 0.0), turns.flows.len()), (None, 2));
    }

    #[test]
    fn weights_are_those_of_the_row() {
        let mut turns = Turns::default();
        [(0, 1.0), (1, 4.0), (1_000_001, 2.0)]
            .into_iter()
            .for_each(|(first, weight)| turns.join(first, weight));
        for (pair, weight) in [(0, 1.0), (1, 4.0), (1_000_000, 4.0), (1_000_001, 2.0), (2_000_000, 2.0)] {
            let flow = turns.push(pair, pair, 1.0);
            assert_eq!(turns.flows[flow as usize].weight, weight, "{pair}");
        }
    }
}
