//! The (org, model) pairs of a platform, numbered through: an org has one on each model that it asks, the members
//! of a population next to each other.
//!
//! A pair has a state from the first time somebody looks: memory follows the orgs that ask, not those there are.

use super::model::Model;
use crate::limit::pair::Pair;

/// Pairs next to each other that begin alike: those of an org, or of a group of members, on one model.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Index of the model.
    pub model: u32,
    /// The weight of each.
    pub weight: f64,
    /// How many they are; at least one.
    pub members: u32,
}

/// No state yet.
const NONE: u32 = u32::MAX;

/// Members of a row whose rates are looked at, at most: what a row reports of them is their mean.
pub const SAMPLED: u32 = 64;

/// All pairs.
#[derive(Clone, Debug)]
pub(super) struct Pairs {
    /// Each with the number of its first pair.
    rows: Vec<(u32, Row)>,
    /// Where each pair's state is.
    places: Vec<u32>,
    states: Vec<Pair>,
}

impl Pairs {
    /// The pairs of these rows, one row after the other.
    pub(super) fn new(rows: &[Row]) -> Pairs {
        let mut first = 0u32;
        let numbered = rows.iter().map(|&row| {
            let mine = first;
            first = first.checked_add(row.members).expect("the pairs of a scenario are bounded");
            (mine, row)
        });
        let rows = numbered.collect();
        Pairs { rows, places: vec![NONE; first as usize], states: Vec::new() }
    }

    /// The rows, each with the number of its first pair.
    pub(super) fn rows(&self) -> &[(u32, Row)] {
        &self.rows
    }

    /// A pair's state, new to its `model` at the first look.
    #[inline]
    pub(super) fn on(&mut self, model: &mut Model, pair: u32) -> &mut Pair {
        let place = self.places[pair as usize];
        if place == NONE { self.join(model, pair) } else { &mut self.states[place as usize] }
    }

    #[cold]
    fn join(&mut self, model: &mut Model, pair: u32) -> &mut Pair {
        let (_, row) = self.rows[self.rows.partition_point(|&(first, _)| first <= pair) - 1];
        let place = self.states.len();
        self.places[pair as usize] = place as u32;
        self.states.push(model.join(row.weight));
        &mut self.states[place]
    }

    /// The pairs of a row that are looked at: at most [`SAMPLED`], evenly spaced, the first among them.
    pub(super) fn sampled(&self, row: u32) -> impl ExactSizeIterator<Item = u32> + use<> {
        let (first, Row { members, .. }) = self.rows[row as usize];
        let count = members.min(SAMPLED);
        let step = move |i: u32| (u64::from(i) * u64::from(members) / u64::from(count)) as u32;
        (0..count).map(move |i| first + step(i))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_numbered_through_and_looked_at_evenly() {
        let row = |members| Row { model: 0, weight: 1.0, members };
        let pairs = Pairs::new(&[row(1), row(100_000), row(3)]);
        assert_eq!(pairs.rows().iter().map(|(first, _)| *first).collect::<Vec<_>>(), [0, 1, 100_001]);
        assert_eq!(pairs.sampled(0).collect::<Vec<_>>(), [0]);
        assert_eq!(pairs.sampled(2).collect::<Vec<_>>(), [100_001, 100_002, 100_003]);
        let looked: Vec<u32> = pairs.sampled(1).collect();
        assert_eq!((looked.len(), looked[0], looked[1], looked[63]), (64, 1, 1563, 98_438));
    }

    #[test]
    fn a_pair_is_small() {
        assert!(size_of::<Pair>() <= 176, "{} bytes for each pair that asks", size_of::<Pair>());
    }
}
