//! The future-event list alone, beside the heap of the standard library: the hold model (Vaucher and Duval 1975),
//! in which the first of so many pending events is taken and one put an exponential time after it.
//!
//! `cargo bench --bench queue` prints the time of one pop and push together. Both hold the same instants and an event
//! of eight bytes; the heap breaks no ties.

#![allow(missing_docs)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rand::RngExt;
use rand_distr::Exp1;
use ratetide::engine::queue::{Classed, Queue};
use ratetide::rng::{Key, Stream};
use ratetide::units::{SimTime, Span};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event(u64);

impl Classed for Event {
    fn class(&self) -> usize {
        0
    }
}

/// What the hold model needs of a list.
trait Pending: Default {
    fn put(&mut self, at: SimTime, event: Event);
    fn take(&mut self) -> (SimTime, Event);
}

impl Pending for Queue<Event> {
    fn put(&mut self, at: SimTime, event: Event) {
        self.push(at, event);
    }

    fn take(&mut self) -> (SimTime, Event) {
        let event = self.pop().expect("a pending event");
        (self.now(), event)
    }
}

impl Pending for BinaryHeap<Reverse<(SimTime, Event)>> {
    fn put(&mut self, at: SimTime, event: Event) {
        self.push(Reverse((at, event)));
    }

    fn take(&mut self) -> (SimTime, Event) {
        self.pop().expect("a pending event").0
    }
}

fn increment(stream: &mut Stream) -> Span {
    Span::from_secs_f64(stream.sample::<f64, _>(Exp1))
}

fn hold<P: Pending>(pending: &mut P, stream: &mut Stream) {
    let (now, event) = pending.take();
    pending.put(now + increment(stream), event);
}

/// So many pending, and held until none is left of those that were put in at the start, but for a few in a million.
fn steady<P: Pending>(count: u64, stream: &mut Stream) -> P {
    let mut pending = P::default();
    for event in 0..count {
        pending.put(SimTime::ZERO + increment(stream), Event(event));
    }
    (0..3 * count).for_each(|_| hold(&mut pending, stream));
    pending
}

fn queue(c: &mut Criterion) {
    let mut group = c.benchmark_group("hold");
    for count in [10, 1_000, 100_000, 1_000_000] {
        let mut stream = Key::new(1, 0).stream();
        group.bench_function(BenchmarkId::new("queue", count), |b| {
            let mut pending: Queue<Event> = steady(count, &mut stream);
            b.iter(|| hold(&mut pending, &mut stream));
        });
        let mut stream = Key::new(1, 0).stream();
        group.bench_function(BenchmarkId::new("binary_heap", count), |b| {
            let mut pending: BinaryHeap<Reverse<(SimTime, Event)>> = steady(count, &mut stream);
            b.iter(|| hold(&mut pending, &mut stream));
        });
    }
    // Of both, the part that is neither's.
    let mut stream = Key::new(1, 0).stream();
    group.bench_function("increment", |b| b.iter(|| increment(&mut stream)));
    group.finish();
}

criterion_group!(benches, queue);
criterion_main!(benches);
