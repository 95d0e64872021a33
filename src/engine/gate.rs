//! The gate of a client whose requests share something: attempts stand at it, first in first out, until pacing and
//! concurrency let them go; then breaker and throttle may still reject them.

use super::Engine;
use super::event::Event;
use super::requests::Phase;
use crate::chain::Id;
use crate::client::GaveUp;
use crate::client::caller::Gate;
use crate::client::part::Ended;
use crate::metrics::observer::Observer;
use crate::reply::Outcome;
use crate::units::{SimTime, Span};

impl<O: Observer> Engine<'_, O> {
    /// A request wants to send its next attempt: into its batch file, or to its client's gate.
    pub(super) fn ask(&mut self, now: SimTime, id: Id) {
        let workload = self.requests[id].workload;
        if self.scenario.workloads[workload as usize].is_batch() {
            return self.gather(now, id);
        }
        self.requests[id].phase = Phase::Held;
        self.sources[workload as usize].held.push(id, &mut self.links.held);
        self.open_gate(now, workload);
    }

    /// The instant has come that the gate named.
    pub(super) fn on_gate(&mut self, now: SimTime, workload: u32) {
        let source = &mut self.sources[workload as usize];
        if source.gate_at <= now {
            source.gate_at = SimTime::NEVER;
        }
        self.open_gate(now, workload);
    }

    /// Let go who may go.
    pub(super) fn open_gate(&mut self, now: SimTime, workload: u32) {
        while let Some(id) = self.sources[workload as usize].held.head() {
            let tokens = self.asked_tokens(id);
            let source = &mut self.sources[workload as usize];
            match source.shared().gate(now, tokens) {
                Gate::Full => return,
                Gate::Until(at) => {
                    if at < source.gate_at {
                        source.gate_at = at;
                        self.schedule(at, Event::Gate(workload));
                    }
                    return;
                }
                Gate::Open => {
                    source.held.remove(id, &mut self.links.held);
                    let client = &self.scenario.workloads[workload as usize].client;
                    if now >= client.gives_up_at(self.requests[id].born) {
                        self.give_up(now, id, GaveUp::Deadline);
                    } else {
                        self.pass(now, id);
                    }
                }
            }
        }
    }

    /// An attempt goes through the gate.
    fn pass(&mut self, now: SimTime, id: Id) {
        let request = &self.requests[id];
        let workload = request.workload;
        let first = request.memory.attempts == 0;
        if !self.admits(now, id, first) {
            return self.reject(now, id);
        }
        if self.scenario.workloads[workload as usize].client.hedge.is_some() {
            return self.hedge(now, id);
        }
        let request = &mut self.requests[id];
        request.sent = now;
        request.phase = Phase::Sending;
        let arrives = now.saturating_add(self.sources[workload as usize].one_way);
        self.schedule(arrives, Event::Send(id));
    }

    /// Whether the client's guards let the request's next attempt go; it counts as sent if they do.
    pub(super) fn admits(&mut self, now: SimTime, id: Id, first: bool) -> bool {
        let tokens = self.asked_tokens(id);
        let request = &self.requests[id];
        let source = &mut self.sources[request.workload as usize];
        let uniform = source.guard.uniform(request.number, request.memory.attempts.into());
        source.shared().pass(now, tokens, first, uniform)
    }

    /// The client rejects its own attempt: a try that is never sent.
    fn reject(&mut self, now: SimTime, id: Id) {
        let request = &mut self.requests[id];
        request.memory.attempts += 1;
        let (workload, counted) = (request.workload, request.counted);
        let end = self.unsent(id);
        self.books.of(workload, counted).rejected_locally += 1;
        self.after_failure(now, id, None, Some(&Tried { end, sent: false }));
    }

    /// The end of a try that is not under way.
    pub(super) fn unsent(&mut self, id: Id) -> Ended {
        let request = self.requests[id];
        Ended {
            outcome: None,
            latency: Span::ZERO,
            in_flight: self.sources[request.workload as usize].shared().in_flight(),
            attempt: request.memory.attempts,
            acquired: request.memory.acquired,
            cancelled: false,
        }
    }

    /// What an attempt asks for, as its client knows it: its prompt and the most output, or the output it expects.
    pub(super) fn asked_tokens(&self, id: Id) -> u32 {
        let request = &self.requests[id];
        let plan = &self.scenario.workloads[request.workload as usize];
        request.prompt.saturating_add(plan.max_tokens.unwrap_or(plan.mean_output.round() as u32))
    }

    /// Tell the client that an attempt ended, if its requests share anything.
    #[inline]
    pub(super) fn tell(
        &mut self,
        now: SimTime,
        id: Id,
        outcome: Option<Outcome>,
        cancelled: bool,
    ) -> Option<Tried> {
        let source = &self.sources[self.requests[id].workload as usize];
        source.caller.is_some().then(|| self.tell_shared(now, id, outcome, cancelled))
    }

    #[inline(never)]
    fn tell_shared(&mut self, now: SimTime, id: Id, outcome: Option<Outcome>, cancelled: bool) -> Tried {
        let request = &self.requests[id];
        let caller = self.sources[request.workload as usize].shared();
        let end = Ended {
            outcome,
            latency: now.saturating_since(request.sent),
            in_flight: caller.in_flight(),
            attempt: request.memory.attempts,
            acquired: request.memory.acquired,
            cancelled,
        };
        caller.ended(now, &end);
        Tried { end, sent: true }
    }
}

/// What became of a try of a client whose requests share something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tried {
    /// Its end.
    pub end: Ended,
    /// False if the client rejected it itself.
    pub sent: bool,
}
