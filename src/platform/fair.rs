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

/// The orgs of a model whose attempts wait in one class.
#[derive(Clone, Debug, Default)]
pub struct Turns {
    flows: Vec<Flow>,
    /// The flows with waiting attempts; the first has the turn.
    ring: Chain,
    ring_links: Links,
    links: Links,
    weight_min: f64,
    /// Q: the largest cost so far.
    largest: f64,
}

/// One org's waiting attempts.
#[derive(Clone, Debug)]
struct Flow {
    waiting: Chain,
    weight: f64,
    /// Tokens it may still be served.
    deficit: f64,
    /// It has its turn, and the quantum of it.
    granted: bool,
}

impl Turns {
    /// An org of this weight, the next by number.
    pub fn join(&mut self, weight: f64) {
        self.weight_min = if self.flows.is_empty() { weight } else { self.weight_min.min(weight) };
        self.flows.push(Flow { waiting: Chain::default(), weight, deficit: 0.0, granted: false });
    }

    /// An attempt of a flow waits.
    pub fn push(&mut self, id: Id, flow: u32, cost: f64) {
        self.largest = self.largest.max(cost);
        let waiting = &mut self.flows[flow as usize].waiting;
        if waiting.is_empty() {
            self.ring.push(flow, &mut self.ring_links);
        }
        waiting.push(id, &mut self.links);
    }

    /// Serve whose turn it is.
    pub fn next(&mut self, cost: impl Fn(Id) -> f64) -> Option<Id> {
        let id = self.turn(&cost)?;
        let turn = self.ring.head().expect("somebody has the turn");
        self.flows[turn as usize].deficit -= cost(id);
        Some(id)
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
        let number = flow;
        let flow = &mut self.flows[flow as usize];
        flow.waiting.remove(id, &mut self.links);
        if flow.waiting.is_empty() {
            (flow.deficit, flow.granted) = (0.0, false);
            self.ring.remove(number, &mut self.ring_links);
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
        orgs.iter().for_each(|org| turns.join(org.0));
        let mut history = Vec::new();
        let mut owner = Vec::new();
        for _ in 0..services {
            for (flow, &(_, low, high)) in orgs.iter().enumerate() {
                for _ in 0..2 {
                    costs.push(f64::from(stream.random_range(low..=high)));
                    owner.push(flow as u32);
                    turns.push(costs.len() as Id - 1, flow as u32, costs[costs.len() - 1]);
                }
            }
            let id = turns.next(|id| costs[id as usize]).expect("somebody waits");
            turns.remove(id, owner[id as usize]);
            sums[owner[id as usize] as usize] += costs[id as usize];
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
        (0..2).for_each(|_| turns.join(1.0));
        turns.push(0, 0, 10.0);
        turns.push(1, 1, 100.0);
        assert_eq!(turns.next(|_| 10.0), Some(0));
        turns.remove(0, 0);
        assert_eq!((turns.flows[0].deficit, turns.ring.len()), (0.0, 1));
        turns.remove(1, 1);
        assert_eq!(turns.next(|_| 0.0), None);
    }
}
