//! Which ready replica with a free place takes the next attempt.

use super::batching::Choice;
use crate::rng::{Key, Stream};
use rand::RngExt;
use std::collections::VecDeque;

/// The order in which a fleet's free places are handed out.
#[derive(Clone, Debug)]
pub enum Order {
    /// In turn: ready replicas with a free place, next to serve first; entries of others are passed over.
    InTurn(VecDeque<u32>),
    /// By how many each serves.
    Ranked(Ranking),
    /// Two are drawn, and the one that serves fewer takes it.
    TwoDrawn {
        /// Everybody's rank: that of the two drawn, and who takes it if neither can.
        ranking: Ranking,
        /// The ready replicas.
        ready: Vec<u32>,
        /// The stream of the draws.
        stream: Stream,
    },
}

impl Order {
    /// Replicas in turn.
    pub fn in_turn() -> Order {
        Order::InTurn(VecDeque::new())
    }

    /// The order of a choice; `key` is that of its draws.
    pub fn of(choice: Choice, key: Key) -> Order {
        match choice {
            Choice::RoundRobin => Order::in_turn(),
            Choice::LeastLoaded => Order::Ranked(Ranking::default()),
            Choice::PowerOfTwo => {
                Order::TwoDrawn { ranking: Ranking::default(), ready: Vec::new(), stream: key.stream() }
            }
        }
    }

    /// Two of the ready replicas, different ones if there are.
    pub fn drawn(ready: &[u32], stream: &mut Stream) -> Option<[u32; 2]> {
        let n = ready.len();
        if n < 2 {
            return ready.first().map(|&only| [only; 2]);
        }
        let first = stream.random_range(0..n);
        let second = (first + 1 + stream.random_range(0..n - 1)) % n;
        Some([ready[first], ready[second]])
    }
}

/// Who serves the fewest, the oldest of equals: a tournament in which a change replays one replica's games.
#[derive(Clone, Debug, Default)]
pub struct Ranking {
    /// The winner of all at 1; the replicas' own ranks in the second half.
    ranks: Vec<u64>,
}

/// The rank of a replica that takes nothing.
const OUT: u64 = u64::MAX;

impl Ranking {
    /// A replica serves so many; `None` if it takes no more.
    pub fn set(&mut self, index: u32, serves: Option<u32>) {
        let half = self.ranks.len() / 2;
        if index as usize >= half {
            let wider = (index as usize + 1).next_power_of_two();
            let mut ranks = vec![OUT; 2 * wider];
            ranks[wider..wider + half].copy_from_slice(&self.ranks[half..]);
            self.ranks = ranks;
            (1..wider).rev().for_each(|i| _ = self.play(i));
        }
        let mut i = self.ranks.len() / 2 + index as usize;
        self.ranks[i] = serves.map_or(OUT, |serves| u64::from(serves) << 32 | u64::from(index));
        // Up to where the winner stays who it was, and with it all above.
        while i > 1 && self.play(i / 2) {
            i /= 2;
        }
    }

    /// Play a game anew; whether its result is another.
    fn play(&mut self, i: usize) -> bool {
        let winner = self.ranks[2 * i].min(self.ranks[2 * i + 1]);
        std::mem::replace(&mut self.ranks[i], winner) != winner
    }

    /// The rank of a replica; the lower goes first.
    pub fn rank(&self, index: u32) -> u64 {
        self.ranks.get(self.ranks.len() / 2 + index as usize).copied().unwrap_or(OUT)
    }

    /// The first in rank that has room. Only where the first of all has none is everybody asked.
    pub fn first(&self, has_room: impl Fn(u32) -> bool) -> Option<u32> {
        let best = *self.ranks.get(1)?;
        if best == OUT {
            return None;
        }
        if has_room(best as u32) {
            return Some(best as u32);
        }
        let all = &self.ranks[self.ranks.len() / 2..];
        all.iter().filter(|&&rank| rank != OUT && has_room(rank as u32)).min().map(|&rank| rank as u32)
    }

    /// The one of two that goes first, if either takes it.
    pub fn better(&self, two: [u32; 2], has_room: impl Fn(u32) -> bool) -> Option<u32> {
        let mut ranks = two.map(|index| self.rank(index));
        ranks.sort_unstable();
        ranks.into_iter().find(|&rank| rank != OUT && has_room(rank as u32)).map(|rank| rank as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_go_first_and_the_oldest_of_equals() {
        let mut ranking = Ranking::default();
        assert_eq!(ranking.first(|_| true), None);
        [3, 1, 1, 2].iter().zip(0..).for_each(|(&serves, i)| ranking.set(i, Some(serves)));
        assert_eq!(ranking.first(|_| true), Some(1));
        assert_eq!(ranking.first(|i| i != 1), Some(2));
        assert_eq!(ranking.better([0, 3], |_| true), Some(3));
        ranking.set(1, None);
        ranking.set(2, Some(9));
        ranking.set(9, Some(2));
        assert_eq!((ranking.first(|_| true), ranking.better([9, 3], |_| true)), (Some(3), Some(3)));
        assert_eq!(ranking.better([1, 1], |_| true), None);
    }
}
