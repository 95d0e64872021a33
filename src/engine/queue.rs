//! The future-event list: a sorted front over a radix heap on integer time, first in first out at ties.
//!
//! Pops never go back in time, so a radix heap (Ahuja, Mehlhorn, Orlin, Tarjan 1990) fits: bucket b holds the entries
//! whose instant differs from the base in bit b at the highest, and buckets follow one another in time. It would split
//! the lowest bucket bit by bit; here a bucket of at most `FRONT_MAX` entries is sorted instead, and becomes the
//! front. Buckets and front keep the order of insertion, so entries of one instant come out as they went in.
//!
//! What belongs to the present instant is worked on by class, then by order of insertion; events inserted for
//! the present instant while it is worked on take their place in that order too.

use std::collections::VecDeque;

use crate::units::SimTime;

/// How many classes an instant is divided into.
pub const CLASSES: usize = 11;

/// Entries that are kept sorted: shifting so many costs less than another pass through the buckets.
const FRONT_MAX: usize = 32;

/// An event with its rank among events of the same instant.
pub trait Classed: Copy {
    /// Lower is earlier; below [`CLASSES`].
    fn class(&self) -> usize;
}

/// The queue.
#[derive(Clone, Debug)]
pub struct Queue<E> {
    now: SimTime,
    /// The earliest entries after the present, the latest first; of one instant, the last inserted first.
    front: Vec<(SimTime, E)>,
    /// Up to this instant entries belong to the front, later ones to the buckets.
    front_until: SimTime,
    /// What sorts the buckets: never after the present.
    base: SimTime,
    /// Bit b is set if bucket b holds something.
    occupied: u64,
    buckets: Vec<Vec<(SimTime, E)>>,
    /// The earliest instant in the buckets.
    buckets_from: SimTime,
    spare: Vec<(SimTime, E)>,
    /// The events of the present instant, by class.
    present: Vec<VecDeque<E>>,
    present_classes: u32,
}

impl<E: Classed> Default for Queue<E> {
    fn default() -> Self {
        Queue {
            now: SimTime::ZERO,
            front: Vec::with_capacity(FRONT_MAX),
            front_until: SimTime::ZERO,
            base: SimTime::ZERO,
            occupied: 0,
            buckets: (0..64).map(|_| Vec::new()).collect(),
            buckets_from: SimTime::NEVER,
            spare: Vec::new(),
            present: (0..CLASSES).map(|_| VecDeque::new()).collect(),
            present_classes: 0,
        }
    }
}

impl<E: Classed> Queue<E> {
    /// Insert an event; never before the present instant.
    #[inline]
    pub fn push(&mut self, at: SimTime, event: E) {
        assert!(at >= self.now, "an event at {at:?} would be before the present {:?}", self.now);
        if at == self.now {
            self.push_present(event);
        } else if at > self.front_until {
            self.push_bucket(at, event);
        } else if self.front.len() < FRONT_MAX {
            self.push_front(at, event);
        } else {
            self.spill();
            self.push(at, event);
        }
    }

    #[inline]
    fn push_present(&mut self, event: E) {
        let class = event.class();
        self.present[class].push_back(event);
        self.present_classes |= 1 << class;
    }

    #[inline]
    fn push_front(&mut self, at: SimTime, event: E) {
        // Shifted as they are compared: a twelfth of the time per request less than by a binary search and `insert`.
        self.front.push((at, event));
        let mut place = self.front.len() - 1;
        while place > 0 && self.front[place - 1].0 <= at {
            self.front[place] = self.front[place - 1];
            place -= 1;
        }
        self.front[place] = (at, event);
    }

    #[inline]
    fn push_bucket(&mut self, at: SimTime, event: E) {
        let bucket = 63 - (at.as_ns() ^ self.base.as_ns()).leading_zeros();
        self.buckets[bucket as usize].push((at, event));
        self.occupied |= 1 << bucket;
        self.buckets_from = self.buckets_from.min(at);
    }

    /// The present instant: that of the last event, or of the last stranger.
    #[inline]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// How many events are in the queue, counted.
    pub fn count(&self) -> usize {
        let present: usize = self.present.iter().map(VecDeque::len).sum();
        self.front.len() + self.buckets.iter().map(Vec::len).sum::<usize>() + present
    }

    /// The instant of the next event; [`SimTime::NEVER`] without one.
    #[inline]
    fn next_at(&self) -> SimTime {
        if self.present_classes != 0 {
            return self.now;
        }
        self.front.last().map_or(self.buckets_from, |&(at, _)| at)
    }

    /// The next event if it comes before one of this class at `until`, a stranger to this queue; else that comes next.
    /// The instant of what comes next is the present.
    ///
    /// # Panics
    /// If `until` is in the past.
    #[inline]
    pub fn pop_before(&mut self, until: SimTime, class: usize) -> Option<E> {
        let next = self.next_at();
        if next < until {
            return self.pop();
        }
        assert!(until >= self.now, "{until:?} is before the present {:?}", self.now);
        if next == until {
            return self.pop_tied(class);
        }
        self.now = until;
        None
    }

    #[cold]
    fn pop_tied(&mut self, class: usize) -> Option<E> {
        if self.present_classes == 0 && (!self.front.is_empty() || self.refill()) {
            self.now = self.front.last().expect("a filled front holds an entry").0;
            self.gather();
        }
        if self.present_classes.trailing_zeros() as usize <= class { self.pop() } else { None }
    }

    /// The next event, whose instant is now the present. It comes alone, since with its instant it would come through
    /// memory.
    #[inline]
    pub fn pop(&mut self) -> Option<E> {
        if self.present_classes == 0 {
            if self.front.is_empty() && !self.refill() {
                return None;
            }
            let (at, event) = self.front.pop().expect("a filled front holds an entry");
            self.now = at;
            // Alone at its instant: no need to sort it in.
            if self.front.last().is_none_or(|&(next, _)| next != at) {
                return Some(event);
            }
            self.push_present(event);
            self.gather();
        }
        let class = self.present_classes.trailing_zeros() as usize;
        let events = &mut self.present[class];
        let event = events.pop_front().expect("an occupied class holds an event");
        if events.is_empty() {
            self.present_classes &= !(1 << class);
        }
        Some(event)
    }

    /// The entries of the present instant leave the front.
    fn gather(&mut self) {
        while let Some((_, event)) = self.front.pop_if(|&mut (at, _)| at == self.now) {
            self.push_present(event);
        }
    }

    /// Fill the empty front from the lowest bucket; false if there is none.
    fn refill(&mut self) -> bool {
        if self.occupied == 0 {
            return false;
        }
        let lowest = self.occupied.trailing_zeros() as usize;
        self.occupied &= self.occupied - 1;
        let mut entries = std::mem::replace(&mut self.buckets[lowest], std::mem::take(&mut self.spare));
        self.base = self.buckets_from;
        if entries.len() <= FRONT_MAX {
            self.front_until = SimTime::from_ns(self.base.as_ns() | ((1 << lowest) - 1));
            // Stable, then turned round: of one instant the last inserted is first.
            self.front.append(&mut entries);
            self.front.sort_by_key(|&(at, _)| at);
            self.front.reverse();
        } else {
            // Too many to sort by shifting: split them by the bits below.
            self.front_until = self.base;
            let first = |&(at, _): &(SimTime, E)| at == self.base;
            self.front.extend(entries.iter().rev().filter(|entry| first(entry)).copied());
            for (at, event) in entries.drain(..) {
                if at != self.base {
                    self.push_bucket(at, event);
                }
            }
        }
        self.spare = entries;
        self.find_earliest();
        true
    }

    /// The later half of the front, with who is at its edge, goes to the buckets.
    fn spill(&mut self) {
        let edge = self.front[self.front.len() / 2].0;
        let count = self.front.partition_point(|&(at, _)| at >= edge);
        self.front_until = SimTime::from_ns(edge.as_ns() - 1);
        for place in (0..count).rev() {
            let (at, event) = self.front[place];
            self.push_bucket(at, event);
        }
        self.front.drain(..count);
    }

    fn find_earliest(&mut self) {
        self.buckets_from = SimTime::NEVER;
        if self.occupied != 0 {
            let lowest = &self.buckets[self.occupied.trailing_zeros() as usize];
            self.buckets_from =
                lowest.iter().map(|&(at, _)| at).min().expect("an occupied bucket holds an entry");
        }
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
            for round in 0..30_000u32 {
                // Few pending, many, and few again.
                let most = if (5_000..10_000).contains(&round) { 9 } else { 3 };
                for _ in 0..rng.random_range(0..most) {
                    let at = SimTime::from_ns(now.as_ns() + rng.random_range(0..=spread));
                    let event = Tagged(rng.random_range(0..CLASSES as u8), sequence);
                    queue.push(at, event);
                    map.insert((at, event.0, sequence), event);
                    sequence += 1;
                }
                let next = map.first_key_value().map(|(&(at, class, _), _)| (at, class));
                let stranger = match rng.random_range(0..3) {
                    0 => None,
                    1 => Some(next.map_or(now, |(at, _)| at)),
                    _ => Some(SimTime::from_ns(rng.random_range(now.as_ns()..=now.as_ns() + spread))),
                };
                let class = rng.random_range(0..CLASSES as u8);
                let comes = next.is_some_and(|next| stranger.is_none_or(|until| next <= (until, class)));
                let first = if comes { map.pop_first() } else { None };
                let expected = first.map(|((at, ..), event)| (at, event));
                let popped = match stranger {
                    Some(until) => queue.pop_before(until, usize::from(class)),
                    None => queue.pop(),
                };
                let popped = popped.map(|event| (queue.now(), event));
                assert_eq!(popped, expected, "round {round}, spread {spread}");
                now = expected.map_or(stranger.unwrap_or(now), |(at, _)| at);
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
