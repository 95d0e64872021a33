//! Whose request is the next.

use std::sync::Arc;

use rand::RngExt as _;
use rand_distr::Distribution as _;

use super::Group;
use crate::rng::{Key, Stream};

/// Picks the requests of a group out of its population's stream, and a member for each.
///
/// Every group goes through the whole stream of the population, with the same draws, and keeps what falls to it: so
/// the groups together are that stream, whatever its law, and where groups end moves nobody's births. A draw takes
/// the same time however many members there are.
pub struct Members {
    group: Option<Arc<Group>>,
    /// Says to which group each request of the population falls.
    falls: Stream,
    /// Says to whom in the group.
    member: Stream,
}

impl Members {
    /// The members of a group, on streams of its population's workload and of its own; without one an org on its
    /// own, whose requests are all its own and draw nothing.
    pub fn new(group: Option<Arc<Group>>, population: Key, own: Key) -> Members {
        let [falls, member] = [population.with("group"), own.with("member")].map(Key::stream);
        Members { group, falls, member }
    }

    /// Whether the next request of the stream is the group's.
    #[inline]
    pub fn take(&mut self) -> bool {
        match &self.group {
            Some(group) if group.name.is_some() => group.holds(self.falls.random()),
            _ => true,
        }
    }

    /// Whose the request is: a number within the group, from 0.
    #[inline]
    pub fn draw(&mut self) -> u32 {
        match &self.group {
            Some(group) if group.members > 1 => match group.table() {
                Some(table) => table.sample(&mut self.member) as u32,
                None => self.member.random_range(0..group.members),
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
        let mut all: Vec<Members> =
            groups.iter().map(|group| Members::new(Some(group.clone()), key, own(group))).collect();
        let mut counts = vec![0u32; 1000];
        for _ in 0..n {
            let mut fell = 0;
            for (members, group) in all.iter_mut().zip(&groups) {
                if members.take() {
                    fell += 1;
                    counts[(group.first + members.draw()) as usize] += 1;
                }
            }
            assert_eq!(fell, 1);
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
        let mut alone = Members::new(None, Key::new(1, 0), Key::new(1, 0));
        assert!((0..9).all(|_| alone.take() && alone.draw() == 0));
        assert!(alone.falls == Key::new(1, 0).with("group").stream());
    }
}
