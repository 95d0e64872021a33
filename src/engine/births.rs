//! Births: a workload's next request is drawn, awaited and enters the run.

use super::Engine;
use super::event::Event;
use super::requests::{Phase, Request};
use crate::chain::Id;
use crate::client::Memory;
use crate::metrics::observer::Observer;
use crate::platform::serving::ReplicaEngine as _;
use crate::units::{SimTime, Span};

impl<O: Observer> Engine<'_, O> {
    /// Draw a workload's next request and schedule it: one of an independent client for its arrival at the
    /// platform, since nothing happens to it before; others for their birth.
    #[inline]
    pub(super) fn await_birth(&mut self, workload: u32) {
        let source = &mut self.sources[workload as usize];
        source.next = source.draw();
        let Some(nature) = source.next else { return };
        let at = self.birth_seen(workload, nature.born);
        self.schedule(at, Event::Arrival(workload));
    }

    /// When the run looks at a birth.
    #[inline]
    pub(super) fn birth_seen(&self, workload: u32, born: SimTime) -> SimTime {
        let source = &self.sources[workload as usize];
        let is_batch = self.scenario.workloads[workload as usize].is_batch();
        let waits = source.caller.is_some() || is_batch || source.demand.holds();
        if waits { born } else { born.saturating_add(source.one_way) }
    }

    pub(super) fn on_birth(&mut self, now: SimTime, workload: u32) {
        self.draw_user(workload, SimTime::NEVER);
        let id = self.bear(workload);
        if self.scenario.workloads[workload as usize].is_batch() {
            self.gather(now, id);
        } else if self.sources[workload as usize].demand.holds() {
            self.hold(now, id);
        } else if self.sources[workload as usize].caller.is_some() {
            self.ask(now, id);
        } else {
            self.on_arrival(now, id);
        }
        self.await_birth(workload);
    }

    /// The workload's awaited request is born.
    #[inline]
    pub(super) fn bear(&mut self, workload: u32) -> Id {
        let plan = &self.scenario.workloads[workload as usize];
        let source = &mut self.sources[workload as usize];
        let nature = source.next.take().expect("an arrival is scheduled with its nature");
        let engine = &self.scenario.models[plan.pool as usize].engine;
        let (service, prefill) = engine.draw(&mut source.service_stream, nature.prompt, nature.output);
        let request = Request {
            phase: if plan.is_batch() { Phase::Pausing } else { Phase::Sending },
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
        let tokens = request.tokens();
        let id = self.requests.enter(request);
        self.ledger.enter(workload, request.counted, |account| {
            account.requests += 1;
            account.born += tokens;
        });
        self.observer.born(nature.born, workload);
        if plan.client.deadline != Span::MAX {
            source.deadlines.chain.push(id, &mut self.links.deadlines);
            if !std::mem::replace(&mut source.deadlines.armed, true) {
                self.schedule(plan.client.gives_up_at(nature.born), Event::Deadline(workload));
            }
        }
        id
    }
}
