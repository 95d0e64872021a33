//! Whose request is the next.

use std::sync::Arc;

use rand::RngExt as _;
use rand_distr::Distribution as _;

use super::Group;
use crate::rng::{Key, Stream};

/// Says to which group of a population each request of its stream falls.
///
/// A population has one stream, whatever its law, and where groups end moves nobody's births.
pub struct Falls {
    groups: Vec<Arc<Group>>,
    draws: Stream,
}

impl Falls {
    /// The groups of a population, in any order, and the key of its workload's streams.
    pub fn new(groups: Vec<Arc<Group>>, population: Key) -> Falls {
        Falls { groups, draws: population.with("group").stream() }
    }

    /// The group of the next request; a population that is one group draws nothing.
    #[inline]
    pub fn draw(&mut self) -> usize {
        if self.groups.len() <= 1 {
            return 0;
        }
        let draw = self.draws.random();
        self.groups.iter().position(|group| group.holds(draw)).expect("no draw falls to nobody")
    }
}

/// Says whose each request of a group is. A draw takes the same time however many members there are.
pub struct Members {
    group: Option<Arc<Group>>,
    draws: Stream,
}

impl Members {
    /// The members of a group, on a stream of its own; without one an org on its own, whose requests are all its own
    /// and draw nothing.
    pub fn new(group: Option<Arc<Group>>, own: Key) -> Members {
        Members { group, draws: own.with("member").stream() }
    }

    /// Whose the request is: a number within the group, from 0.
    #[inline]
    pub fn draw(&mut self) -> u32 {
        match &self.group {
            Some(group) if group.members > 1 => match group.table() {
                Some(table) => table.sample(&mut self.draws) as u32,
                None => self.draws.random_range(0..group.members),
            },
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::zipf;
    use super::*;

    #[test]
    fn every_request_falls_to_one_group_and_members_get_their_shares() {
        let (population, n) = (zipf(1000, 1.0), 1_000_000);
        let key = Key::new(4, 0).with("population");
        let groups: Vec<Arc<Group>> = population.groups().into_iter().map(Arc::new).collect();
        let own = |group: &Arc<Group>| key.with(group.name.expect("there are several"));
        let mut falls = Falls::new(groups.clone(), key);
        let mut all: Vec<Members> =
            groups.iter().map(|group| Members::new(Some(group.clone()), own(group))).collect();
        let mut counts = vec![0u32; 1000];
        for _ in 0..n {
            let fell = falls.draw();
            counts[(groups[fell].first + all[fell].draw()) as usize] += 1;
        }
        let harmonic: f64 = (1..=1000).map(|k| 1.0 / f64::from(k)).sum();
        let expected = |rank: usize| f64::from(n) / (rank + 1) as f64 / harmonic;
        // Pearson's χ² with 999 degrees of freedom: mean 999, standard deviation 44.7; four of these.
        let chi2: f64 = (0..1000).map(|r| (f64::from(counts[r]) - expected(r)).powi(2) / expected(r)).sum();
        assert!((chi2 - 999.0).abs() < 4.0 * 44.7, "{chi2}");
        for group in &groups {
            let mine = group.first as usize..(group.first + group.members) as usize;
            let share = f64::from(counts[mine].iter().sum::<u32>()) / f64::from(n);
            assert!((share / group.share() - 1.0).abs() < 0.01, "{:?}: {share}", group.name);
        }
    }

    #[test]
    fn an_org_on_its_own_draws_nothing() {
        let key = Key::new(1, 0);
        let (mut falls, mut alone) = (Falls::new(Vec::new(), key), Members::new(None, key));
        assert!((0..9).all(|_| falls.draw() == 0 && alone.draw() == 0));
        assert!(falls.draws == key.with("group").stream() && alone.draws == key.with("member").stream());
    }
}
