//! The future-event list: a radix heap on integer time, first in first out at ties.
//!
//! Pops never go back in time, so a radix heap (Ahuja, Mehlhorn, Orlin, Tarjan 1990) fits: bucket b holds the
//! entries whose time differs from the last popped one in bit b − 1 at the highest. Buckets keep insertion
//! order, so entries of one instant come out as they went in.
//!
//! What belongs to the present instant is worked on by class, then by order of insertion; events inserted for
//! the present instant while it is worked on take their place in that order too.

use crate::units::SimTime;

/// How many classes an instant is divided into.
pub const CLASSES: usize = 11;

/// An event with its rank among events of the same instant.
pub trait Classed: Copy {
    /// Lower is earlier; below [`CLASSES`].
    fn class(&self) -> usize;
}

/// The queue.
#[derive(Clone, Debug)]
pub struct Queue<E> {
    now: SimTime,
    /// Bit b is set if bucket b holds something.
    occupied: u64,
    buckets: Vec<Vec<(SimTime, E)>>,
    spare: Vec<(SimTime, E)>,
    /// The events of the present instant, by class.
    present: Vec<std::collections::VecDeque<E>>,
    present_classes: u32,
}

impl<E: Classed> Default for Queue<E> {
    fn default() -> Self {
        Queue {
            now: SimTime::ZERO,
            occupied: 0,
            buckets: (0..64).map(|_| Vec::new()).collect(),
            spare: Vec::new(),
            present: (0..CLASSES).map(|_| std::collections::VecDeque::new()).collect(),
            present_classes: 0,
        }
    }
}

impl<E: Classed> Queue<E> {
    /// Insert an event; never before the present instant.
    #[inline]
    pub fn push(&mut self, at: SimTime, event: E) {
        assert!(at >= self.now, "an event at {at:?} would be before the present {:?}", self.now);
        self.place(at, event);
    }

    #[inline]
    fn place(&mut self, at: SimTime, event: E) {
        let differing = at.as_ns() ^ self.now.as_ns();
        if differing == 0 {
            let class = event.class();
            self.present[class].push_back(event);
            self.present_classes |= 1 << class;
        } else {
            let bucket = 63 - differing.leading_zeros();
            self.buckets[bucket as usize].push((at, event));
            self.occupied |= 1 << bucket;
        }
    }

    /// The next instant's time and event.
    #[inline]
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        if self.present_classes == 0 {
            let lowest = if self.occupied == 0 { return None } else { self.occupied.trailing_zeros() };
            // Alone in its bucket it is the next, and alone at its instant: no need to sort it in.
            if self.buckets[lowest as usize].len() == 1 {
                self.occupied &= self.occupied - 1;
                let (at, event) = self.buckets[lowest as usize].pop()?;
                self.now = at;
                return Some((at, event));
            }
            self.advance(lowest as usize);
        }
        let class = self.present_classes.trailing_zeros() as usize;
        let events = &mut self.present[class];
        let event = events.pop_front().expect("an occupied class holds an event");
        if events.is_empty() {
            self.present_classes &= !(1 << class);
        }
        Some((self.now, event))
    }

    /// Move to the first instant of the lowest occupied bucket.
    fn advance(&mut self, lowest: usize) {
        self.occupied &= self.occupied - 1;
        let mut entries = std::mem::replace(&mut self.buckets[lowest], std::mem::take(&mut self.spare));
        self.now = entries.iter().map(|&(at, _)| at).min().expect("an occupied bucket holds an entry");
        for (at, event) in entries.drain(..) {
            self.place(at, event);
        }
        self.spare = entries;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;
    use rand::RngExt;
    use std::collections::BTreeMap;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Tagged(u8, u32);
    impl Classed for Tagged {
        fn class(&self) -> usize {
            usize::from(self.0)
        }
    }

    /// A plain sorted map on (time, class, sequence) as the truth.
    #[test]
    fn equals_a_sorted_map_event_by_event() {
        let mut rng = Key::new(1, 0).with("queue").stream();
        for spread in [0u64, 3, 1000, 1 << 40] {
            let (mut queue, mut map, mut sequence) = (Queue::default(), BTreeMap::new(), 0u32);
            let mut now = SimTime::ZERO;
            for round in 0..20_000u32 {
                for _ in 0..rng.random_range(0..3u32) {
                    let at = SimTime::from_ns(now.as_ns() + rng.random_range(0..=spread));
                    let event = Tagged(rng.random_range(0..CLASSES as u8), sequence);
                    queue.push(at, event);
                    map.insert((at, event.0, sequence), event);
                    sequence += 1;
                }
                let expected = map.pop_first().map(|((at, ..), event)| (at, event));
                assert_eq!(queue.pop(), expected, "round {round}, spread {spread}");
                now = expected.map_or(now, |(at, _)| at);
            }
        }
    }

    #[test]
    #[should_panic(expected = "before the present")]
    fn the_past_is_refused() {
        let mut queue = Queue::default();
        queue.push(SimTime::from_s(5), Tagged(0, 0));
        queue.pop();
        queue.push(SimTime::from_s(4), Tagged(0, 1));
    }
}
