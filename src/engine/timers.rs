//! Timers of clients: attempts time out, requests reach their deadlines, and what is left behind.

use super::Engine;
use super::event::Event;
use super::gate::Tried;
use super::records::send;
use super::requests::Phase;
use crate::chain::Id;
use crate::client::GaveUp;
use crate::metrics::observer::{Ended, Observer};
use crate::units::{SimTime, Span};

impl<O: Observer> Engine<'_, O> {
    /// The timeout timer of a workload rang.
    pub(super) fn on_timeout(&mut self, now: SimTime, workload: u32) {
        let timeout = self.scenario.workloads[workload as usize].client.timeout;
        let oldest = |engine: &Self| {
            let id = engine.sources[workload as usize].timeouts.chain.head()?;
            Some((id, engine.requests[id].sent.saturating_add(timeout)))
        };
        // One at a time: what its client does at once comes before the next timeout of the instant.
        if let Some((id, _)) = oldest(self).filter(|&(_, expires)| expires <= now) {
            self.time_out(now, id);
        }
        match oldest(self) {
            Some((_, expires)) => self.schedule(expires, Event::Timeout(workload)),
            None => self.sources[workload as usize].timeouts.armed = false,
        }
    }

    /// An attempt's time is up.
    fn time_out(&mut self, now: SimTime, id: Id) {
        let workload = self.requests[id].workload;
        if self.hedges.parent(id).is_some() {
            let tried = self.count_abandoned(now, id, false);
            self.hedge_failed(now, id, None, tried.as_ref());
            if self.requests[id].phase == Phase::Late {
                self.requests.leave(id);
            } else {
                self.leave_behind(now, id);
            }
        } else {
            let (id, tried) = self.abandon(now, id);
            if self.scenario.workloads[workload as usize].is_batch() {
                self.give_up(now, id, GaveUp::Expired);
            } else {
                self.after_failure(now, id, None, tried.as_ref());
            }
        }
        if self.sources[workload as usize].caller.is_some() {
            self.open_gate(now, workload);
        }
    }

    /// The deadline timer of a workload rang.
    pub(super) fn on_deadline(&mut self, now: SimTime, workload: u32) {
        let oldest = |engine: &Self| {
            let id = engine.sources[workload as usize].deadlines.chain.head()?;
            let client = &engine.scenario.workloads[workload as usize].client;
            Some((id, client.gives_up_at(engine.requests[id].born)))
        };
        // One at a time, as timeouts.
        if let Some((id, _)) = oldest(self).filter(|&(_, gives_up)| gives_up <= now) {
            self.miss(now, id);
        }
        match oldest(self) {
            Some((_, gives_up)) => self.schedule(gives_up, Event::Deadline(workload)),
            None => self.sources[workload as usize].deadlines.armed = false,
        }
    }

    /// A request has reached its deadline.
    fn miss(&mut self, now: SimTime, id: Id) {
        let workload = self.requests[id].workload;
        let id = match self.requests[id].phase {
            Phase::Held => {
                self.sources[workload as usize].held.remove(id, &mut self.links.held);
                id
            }
            Phase::Hedged => {
                self.cancel_hedges(now, id, false);
                id
            }
            Phase::Unsent => {
                self.forget(id);
                id
            }
            _ => self.abandon(now, id).0,
        };
        self.give_up(now, id, GaveUp::Deadline);
        if self.sources[workload as usize].caller.is_some() {
            self.open_gate(now, workload);
        }
    }

    /// An attempt in flight is abandoned by its client: its outcome.
    pub(super) fn count_abandoned(&mut self, now: SimTime, id: Id, cancelled: bool) -> Option<Tried> {
        let request = &mut self.requests[id];
        if request.phase == Phase::Sending {
            send(request, &mut self.books, self.observer);
        }
        self.stop_timeout(id);
        let request = &self.requests[id];
        self.books.of(request.workload, request.counted).client_timeout += 1;
        self.record(now, id, Ended::TimedOut);
        self.tell(now, id, None, cancelled)
    }

    /// A client abandons its attempt in flight. What is left at the platform stays under the old id; the request
    /// goes on under the id returned.
    pub(super) fn abandon(&mut self, now: SimTime, id: Id) -> (Id, Option<Tried>) {
        let tried = self.count_abandoned(now, id, false);
        let request = self.requests[id];
        if request.phase == Phase::Late {
            return (id, tried);
        }
        let heir = self.requests.enter(request);
        if self.scenario.workloads[request.workload as usize].client.deadline != Span::MAX {
            let timers = &mut self.sources[request.home as usize].deadlines;
            timers.chain.replace(id, heir, &mut self.links.deadlines);
        }
        if self.scenario.workloads[request.workload as usize].is_batch() {
            self.jobs.replace(id, heir);
        }
        self.leave_behind(now, id);
        (heir, tried)
    }

    /// What an abandoned attempt has at the platform, or on the way there, is told half a round trip later.
    pub(super) fn leave_behind(&mut self, now: SimTime, id: Id) {
        let request = &mut self.requests[id];
        request.phase = match request.phase {
            Phase::Out => Phase::Orphan,
            Phase::Sending => Phase::Ghost,
            phase => unreachable!("a request that is {phase:?} has nothing in flight"),
        };
        let told = now.saturating_add(self.sources[request.workload as usize].one_way);
        request.sent = told;
        self.schedule(told, Event::Disconnect(id));
    }

    #[inline]
    pub(super) fn stop_timeout(&mut self, id: Id) {
        let request = &self.requests[id];
        let source = &mut self.sources[request.workload as usize];
        if source.timeout != Span::MAX && matches!(request.phase, Phase::Out | Phase::Late) {
            source.timeouts.chain.remove(id, &mut self.links.timeouts);
        }
    }

    #[inline]
    pub(super) fn stop_deadline(&mut self, id: Id) {
        let request = &self.requests[id];
        if self.sources[request.workload as usize].deadline != Span::MAX {
            let timers = &mut self.sources[request.home as usize].deadlines;
            timers.chain.remove(id, &mut self.links.deadlines);
        }
    }
}
