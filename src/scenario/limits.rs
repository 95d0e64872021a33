//! How much a run may take, and what says that it took more.
//!
//! The estimate is held to it before a run, and the loop holds the run to it: what a retry storm or a backlog that grows
//! will take, no estimate knows.

use crate::bounds;
use bytesize::ByteSize;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much a command may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Events of all replications together. While it runs, each replication is held to its equal share.
    pub events_max: u64,
    /// Bytes of memory of all that is held at once.
    pub memory_max_bytes: u64,
    /// Replications that are simulated at a time: threads.
    pub threads: u16,
    /// Variants of the scenario that are under way together: strategies compared, points of a sweep.
    pub variants: u32,
}

/// What a run took too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// Events, in one replication: this is its share of the limit, and over how many it is shared.
    Events(u64, u32),
    /// Bytes, for what is open in one replication: this is what the limit leaves it.
    Memory(u64),
}

/// What one replication has taken so far: one counter for all its parts, wherever they run. Each only ever adds, so that
/// what is too much in the end is so in whatever order they came.
#[derive(Debug, Default)]
pub struct Spent {
    events: AtomicU64,
    bytes: AtomicU64,
}

impl Spent {
    /// Add to both; all that has been taken: events, bytes.
    pub fn add(&self, events: u64, bytes: u64) -> (u64, u64) {
        let sum =
            |counter: &AtomicU64, more: u64| counter.fetch_add(more, Ordering::Relaxed).saturating_add(more);
        (sum(&self.events, events), sum(&self.bytes, bytes))
    }
}

/// Replications in memory at once for each thread: one under way, one that waits to be merged.
pub const PER_THREAD: usize = 2;

impl Limits {
    /// The usual limits, with so many events on one thread.
    pub fn of_events(events_max: f64) -> Limits {
        // A cast keeps to what the type holds.
        let events_max = events_max as u64;
        Limits { events_max, memory_max_bytes: bounds::MEMORY_MAX_BYTES, threads: 1, variants: 1 }
    }

    /// How many replications are held at once, what they are merged into included.
    pub fn held(&self, replications: u32) -> u64 {
        let variants = u64::from(self.variants.max(1));
        let more = u64::from(replications.saturating_sub(1)) * variants;
        more.min(PER_THREAD as u64 * u64::from(self.threads)) + variants
    }

    /// The events of one replication at most.
    pub fn events_each(&self, replications: u32) -> u64 {
        (self.events_max / u64::from(replications.max(1))).max(1)
    }

    /// The bytes of one replication at most.
    pub fn memory_each(&self, replications: u32) -> u64 {
        self.memory_max_bytes / self.held(replications)
    }
}

impl From<f64> for Limits {
    fn from(events_max: f64) -> Limits {
        Limits::of_events(events_max)
    }
}

impl Excess {
    /// What happened, and how to lift the limit.
    pub fn told(self) -> (String, String) {
        match self {
            Excess::Events(most, replications) => {
                let share = if replications > 1 {
                    format!(", the share of each of {replications} replications")
                } else {
                    String::new()
                };
                (
                    format!("a replication took more than {:.1e} events{share}: it was stopped", most as f64),
                    "lift the limit with --max-events, or look for clients that retry without end or delay".into(),
                )
            }
            Excess::Memory(most) => (
                format!(
                    "the open requests of a replication took more than the {} that are left for them: it was stopped",
                    ByteSize(most)
                ),
                "lift the limit with --max-memory, hold fewer replications at once with --jobs, or look for work \
                 that piles up without end"
                    .into(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_replications_are_counted_as_are_held() {
        let limits = |threads, variants| Limits { threads, variants, ..Limits::of_events(1e12) };
        assert_eq!([1, 2, 30].map(|n| limits(1, 1).held(n)), [1, 2, 3]);
        assert_eq!([1, 2, 30].map(|n| limits(8, 1).held(n)), [1, 2, 17]);
        assert_eq!([1, 30].map(|n| limits(2, 5).held(n)), [5, 9]);
        assert_eq!(limits(u16::MAX, u32::MAX).held(u32::MAX), u64::from(u32::MAX) + 2 * u64::from(u16::MAX));
        assert_eq!((limits(1, 1).events_each(4), limits(1, 1).events_each(u32::MAX)), (250_000_000_000, 232));
    }
}
