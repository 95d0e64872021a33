//! Births: a request is drawn, awaited and enters the run.

use super::Engine;
use super::event::Event;
use super::requests::{Nature, Phase, Request};
use crate::chain::Id;
use crate::client::Memory;
use crate::metrics::observer::Observer;
use crate::platform::serving::ReplicaEngine as _;
use crate::units::{SimTime, Span};

impl<O: Observer> Engine<'_, O> {
    /// The streams begin.
    pub(super) fn start_streams(&mut self) {
        for stream in 0..self.streams.len() {
            if let Some(at) = self.draw_birth(stream) {
                self.streams.begin(stream, at);
            }
        }
    }

    /// Draw a stream's next birth; when the run looks at it, unless that is after its end.
    #[inline]
    fn draw_birth(&mut self, stream: u32) -> Option<SimTime> {
        let (workload, born) = self.streams.draw(stream, &mut self.sources)?;
        Some(self.birth_seen(workload, born)).filter(|&at| at <= self.end)
    }

    /// When the run looks at a birth. One of an independent client is looked at as it reaches the platform, since
    /// nothing happens to it before.
    #[inline]
    pub(super) fn birth_seen(&self, workload: u32, born: SimTime) -> SimTime {
        let source = &self.sources[workload as usize];
        let waits = source.caller.is_some() || source.is_batch || source.demand.holds();
        if waits { born } else { born.saturating_add(source.one_way) }
    }

    /// The first of all streams has a birth.
    pub(super) fn on_birth(&mut self, now: SimTime, stream: u32) {
        let (workload, nature) =
            self.streams.take(stream, SimTime::NEVER).expect("a stream is due with a birth");
        self.enter(now, workload, nature);
        let next = self.draw_birth(stream);
        self.streams.replace(next);
    }

    /// A user of a workload has thought.
    pub(super) fn on_thought(&mut self, now: SimTime, workload: u32) {
        let nature = self.draw_user(workload, SimTime::NEVER).expect("somebody has thought");
        self.enter(now, workload, nature);
    }

    /// Born before the end, but seen after it.
    pub(super) fn bear_unseen(&mut self, end: SimTime) {
        for stream in 0..self.streams.len() {
            while let Some((workload, nature)) = self.streams.take(stream, end) {
                self.bear(workload, nature);
                self.streams.draw(stream, &mut self.sources);
            }
        }
        for workload in 0..self.sources.len() as u32 {
            while let Some(nature) = self.draw_user(workload, end) {
                self.bear(workload, nature);
            }
        }
    }

    /// A request is born, and goes where its workload's requests go first.
    #[inline]
    fn enter(&mut self, now: SimTime, workload: u32, nature: Nature) {
        let id = self.bear(workload, nature);
        let source = &self.sources[workload as usize];
        if source.is_batch {
            self.gather(now, id);
        } else if source.demand.holds() {
            self.hold(now, id);
        } else if source.caller.is_some() {
            self.ask(now, id);
        } else {
            self.on_arrival(now, id);
        }
    }

    /// A request is born.
    #[inline]
    fn bear(&mut self, workload: u32, nature: Nature) -> Id {
        let plan = &self.scenario.workloads[workload as usize];
        let source = &mut self.sources[workload as usize];
        let engine = &self.scenario.models[plan.pool as usize].engine;
        let (service, prefill) = engine.draw(&mut source.service_stream, nature.prompt, nature.output);
        let request = Request {
            phase: if source.is_batch { Phase::Pausing } else { Phase::Sending },
            workload,
            home: workload,
            number: nature.number,
            member: nature.member,
            counted: nature.born >= self.warmup,
            born: nature.born,
            sent: nature.born,
            memory: Memory::default(),
            prompt: nature.prompt,
            output: nature.output,
            service,
            prefill,
        };
        let account = self.books.of(workload, request.counted);
        account.requests += 1;
        account.born += request.tokens();
        let id = self.requests.enter(request);
        self.observer.born(nature.born, workload);
        if source.deadline != Span::MAX {
            source.deadlines.chain.push(id, &mut self.links.deadlines);
            if !std::mem::replace(&mut source.deadlines.armed, true) {
                let gives_up = nature.born.saturating_add(source.deadline);
                self.schedule(gives_up, Event::Deadline(workload));
            }
        }
        id
    }
}
