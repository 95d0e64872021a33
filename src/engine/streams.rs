//! The streams of births, merged: one for each open workload, one for all groups of a population together.
//!
//! They are kept out of the queue: each has one next birth, known when the one before it is over, so that a heap whose
//! top is replaced holds them all.

use std::cmp::Reverse;
use std::collections::binary_heap::{BinaryHeap, PeekMut};

use super::requests::Nature;
use super::source::Source;
use crate::rng::{Key, Stream};
use crate::scenario::Scenario;
use crate::scenario::part::Part;
use crate::traffic::arrivals::Arrivals;
use crate::traffic::population::members::Falls;
use crate::units::SimTime;

/// A stream of births.
struct Births {
    arrivals: Arrivals,
    draws: Stream,
    falls: Falls,
    /// The workloads that they fall to.
    workloads: Vec<u32>,
    /// The next, and its workload.
    next: Option<(u32, Nature)>,
}

/// All of them.
#[derive(Default)]
pub struct Streams {
    streams: Vec<Births>,
    /// When the run looks at each one's next birth; of one instant, who was awaited first.
    due: BinaryHeap<Reverse<(SimTime, u64, u32)>>,
    awaited: u64,
}

impl Streams {
    /// The streams of a part of a scenario; `key` is that of the replication.
    pub fn new(scenario: &Scenario, part: &Part, key: Key) -> Streams {
        let mut streams = Vec::new();
        let mut crowds = std::collections::BTreeMap::new();
        for (index, workload) in (0..).zip(&scenario.workloads) {
            if workload.fallback_of.is_some() || !part.workloads[index as usize] {
                continue;
            }
            let org = &scenario.orgs[workload.org as usize];
            let group = org.crowd.as_ref().map(|crowd| &crowd.group);
            let name = (org.written().as_str(), workload.name.as_str());
            let own = streams.len();
            let place = if group.is_some() { *crowds.entry(name).or_insert(own) } else { own };
            if place == own {
                streams.push((workload, key.with("org").with(name.0).with(name.1), Vec::new(), Vec::new()));
            }
            let (_, _, workloads, groups) = &mut streams[place];
            workloads.push(index);
            groups.extend(group.cloned());
        }
        let births = |(workload, key, workloads, groups): (&crate::scenario::Workload, Key, _, _)| Births {
            arrivals: workload.arrivals.clone(),
            draws: key.with("arrivals").stream(),
            falls: Falls::new(groups, key),
            workloads,
            next: None,
        };
        Streams { streams: streams.into_iter().map(births).collect(), ..Streams::default() }
    }

    /// How many.
    pub fn len(&self) -> u32 {
        self.streams.len() as u32
    }

    /// The next birth of all, and when the run looks at it.
    #[inline]
    pub fn first(&self) -> Option<(SimTime, u32)> {
        self.due.peek().map(|&Reverse((at, _, stream))| (at, stream))
    }

    /// Draw a stream's next birth: its workload, and its instant.
    #[inline]
    pub fn draw(&mut self, stream: u32, sources: &mut [Source]) -> Option<(u32, SimTime)> {
        let births = &mut self.streams[stream as usize];
        let arrival = births.arrivals.next(&mut births.draws)?;
        let workload = births.workloads[births.falls.draw()];
        births.next = Some((workload, sources[workload as usize].draw(&arrival)));
        Some((workload, arrival.at))
    }

    /// A stream's next birth is looked at at `at`.
    pub fn begin(&mut self, stream: u32, at: SimTime) {
        self.awaited += 1;
        self.due.push(Reverse((at, self.awaited, stream)));
    }

    /// The first of all streams is looked at again at `at`, or never.
    #[inline]
    pub fn replace(&mut self, at: Option<SimTime>) {
        let mut first = self.due.peek_mut().expect("a stream that was looked at is due");
        match at {
            Some(at) => {
                self.awaited += 1;
                let Reverse((_, _, stream)) = *first;
                *first = Reverse((at, self.awaited, stream));
            }
            None => {
                PeekMut::pop(first);
            }
        }
    }

    /// The birth that was drawn, with its workload, if it is before `end`.
    #[inline]
    pub fn take(&mut self, stream: u32, end: SimTime) -> Option<(u32, Nature)> {
        self.streams[stream as usize].next.take_if(|(_, nature)| nature.born < end)
    }
}
