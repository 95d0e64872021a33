//! The clients' side of a run: births, sends, replies, retries, giving up.
//!
//! A reply is worked out at once, on the client's clock, half a round trip ahead of the platform's.

use super::Engine;
use super::event::Event;
use super::requests::{Phase, Request};
use crate::chain::Id;
use crate::client::{GaveUp, Memory, Next};
use crate::limit::pair::Color;
use crate::metrics::observer::{Ended, Observer};
use crate::platform::attempt::Arriving;
use crate::platform::serving::ReplicaEngine as _;
use crate::reply::{Outcome, Reply};
use crate::units::{SimTime, Span};

impl<O: Observer> Engine<'_, O> {
    /// Draw a workload's next request and schedule it: an unpaced one for its arrival at the platform, since
    /// nothing happens to it before; a paced one, or one for a batch, for its birth.
    #[inline]
    pub(super) fn await_birth(&mut self, workload: u32) {
        let source = &mut self.sources[workload as usize];
        source.next = source.draw();
        let Some(nature) = source.next else { return };
        let plan = &self.scenario.workloads[workload as usize];
        let waits = plan.client.pace.is_some() || plan.is_batch();
        let at = if waits { nature.born } else { nature.born.saturating_add(source.one_way) };
        self.schedule(at, Event::Arrival(workload));
    }

    pub(super) fn on_birth(&mut self, now: SimTime, workload: u32) {
        let id = self.bear(workload);
        let born = self.requests[id].born;
        let plan = &self.scenario.workloads[workload as usize];
        if plan.is_batch() {
            self.gather(born, id);
        } else if plan.client.pace.is_some() {
            self.ask_pacer(born, id);
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
            number: source.born,
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
        source.born += 1;
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

    /// A paced client asks to send; it gives up at once if its slot comes too late.
    pub(super) fn ask_pacer(&mut self, now: SimTime, id: Id) {
        let request = &mut self.requests[id];
        let workload = request.workload;
        let client = &self.scenario.workloads[workload as usize].client;
        let source = &mut self.sources[workload as usize];
        let pace = client.pace.as_ref().expect("only a paced client asks");
        if source.pacer.slot(now, pace) >= client.gives_up_at(request.born) {
            return self.give_up(now, id, GaveUp::Deadline);
        }
        request.sent = source.pacer.take(now, pace);
        request.phase = Phase::Sending;
        let at = request.sent.saturating_add(source.one_way);
        self.schedule(at, Event::Send(id));
    }

    /// An attempt reaches the platform.
    pub(super) fn on_arrival(&mut self, now: SimTime, id: Id) {
        let ghost = self.requests[id].phase == Phase::Ghost;
        if !ghost {
            self.send(id);
        }
        let request = &mut self.requests[id];
        request.phase = if ghost { Phase::Orphan } else { Phase::Out };
        let plan = &self.scenario.workloads[request.workload as usize];
        let arriving = Arriving {
            pair: self.scenario.pairs[plan.pair as usize].first + request.member,
            model: plan.pool,
            prompt: request.prompt,
            output: request.output,
            max_tokens: plan.max_tokens.unwrap_or(u32::MAX),
            expected_output: plan.mean_output,
            service: request.service,
            prefill: request.prefill,
            spare: plan.is_batch(),
            luck: if self.draws_luck {
                let source = &self.sources[request.workload as usize];
                source.luck.uniform(request.number, request.memory.attempts.into())
            } else {
                0.0
            },
        };
        let workload = request.workload;
        if plan.client.timeout != Span::MAX && !ghost {
            let expires = request.sent.saturating_add(plan.client.timeout);
            let timers = &mut self.sources[workload as usize].timeouts;
            timers.chain.push(id, &mut self.links.timeouts);
            if !std::mem::replace(&mut timers.armed, true) {
                self.schedule(expires, Event::Timeout(workload));
            }
        }
        self.platform.arrive(now, id, arriving);
        if O::ACTIVE && !arriving.spare {
            let green = self.platform.attempt(id).color == Color::Green;
            self.observer.labelled(now, plan.pair, arriving.model, green);
        }
        self.settle(now, arriving.model);
    }

    /// The attempt of a request was sent, at `sent`.
    #[inline]
    pub(super) fn send(&mut self, id: Id) {
        let request = &mut self.requests[id];
        request.memory.attempts += 1;
        let (workload, counted, sent) = (request.workload, request.counted, request.sent);
        self.ledger.enter(workload, counted, |account| account.attempts += 1);
        self.observer.sent(sent, workload);
    }

    /// The instant by which an answer must be back: the attempt's timeout or the request's deadline.
    #[inline]
    pub(super) fn expires(&self, request: &Request) -> SimTime {
        let client = &self.scenario.workloads[request.workload as usize].client;
        request.sent.saturating_add(client.timeout).min(client.gives_up_at(request.born))
    }

    /// An attempt has left the platform with an answer.
    #[inline]
    pub(super) fn on_reply(&mut self, now: SimTime, id: Id, reply: Reply) {
        let request = self.requests[id];
        let served = reply.outcome == Outcome::Ok;
        let back = now.saturating_add(self.sources[request.workload as usize].one_way);
        let orphan = request.phase == Phase::Orphan;
        let gone = orphan || back > self.expires(&request);
        if gone || back > self.end {
            // An answer that is only on its way when the run ends is no waste.
            if served && gone {
                self.waste(now, &request, request.tokens());
            }
            return if orphan { self.requests.leave(id) } else { self.requests[id].phase = Phase::Late };
        }
        self.stop_timeout(id);
        self.ledger.enter(request.workload, request.counted, |account| account.answer(reply.outcome));
        self.record(back, id, Ended::Answered(reply));
        if served {
            self.stop_deadline(id);
            let tokens = request.tokens();
            self.ledger.enter(request.workload, request.counted, |account| {
                account.succeeded += 1;
                account.useful += tokens;
            });
            self.observer.succeeded(back, request.workload, request.counted, back - request.born);
            if self.scenario.workloads[request.workload as usize].is_batch() {
                self.end_in_job(back, id, true);
            }
            self.requests.leave(id);
        } else {
            self.after_failure(back, id, Some(&reply));
        }
    }

    /// The client's move after a failure or a timeout at `now` (on its clock, which may be ahead).
    pub(super) fn after_failure(&mut self, now: SimTime, id: Id, reply: Option<&Reply>) {
        let request = &mut self.requests[id];
        let client = &self.scenario.workloads[request.workload as usize].client;
        let source = &self.sources[request.workload as usize];
        let draw = 2 * u64::from(request.memory.attempts);
        let uniform = |n| source.jitter.uniform(request.number, draw + n);
        match client.after_failure(now, request.born, reply, &mut request.memory, uniform) {
            Next::GiveUp(reason) => self.give_up(now, id, reason),
            Next::RetryAt(at) if client.pace.is_some() => {
                request.phase = Phase::Pausing;
                self.schedule(at, Event::Ask(id));
            }
            Next::RetryAt(at) => {
                request.phase = Phase::Sending;
                request.sent = at;
                let arrives = at.saturating_add(source.one_way);
                self.schedule(arrives, Event::Send(id));
            }
        }
    }

    /// A request is given up; its entry is freed.
    pub(super) fn give_up(&mut self, now: SimTime, id: Id, reason: GaveUp) {
        self.stop_deadline(id);
        let request = self.requests[id];
        self.ledger.enter(request.workload, request.counted, |account| {
            account.give_up(reason, request.tokens());
        });
        self.observer.gave_up(now, request.workload, reason);
        if self.scenario.workloads[request.workload as usize].is_batch() {
            self.end_in_job(now, id, false);
        }
        self.requests.leave(id);
    }

    /// The timeout timer of a workload rang.
    pub(super) fn on_timeout(&mut self, now: SimTime, workload: u32) {
        let timeout = self.scenario.workloads[workload as usize].client.timeout;
        let oldest = |engine: &Self| {
            let id = engine.sources[workload as usize].timeouts.chain.head()?;
            Some((id, engine.requests[id].sent.saturating_add(timeout)))
        };
        // One at a time: what its client does at once comes before the next timeout of the instant.
        if let Some((id, _)) = oldest(self).filter(|&(_, expires)| expires <= now) {
            let id = self.abandon(now, id);
            if self.scenario.workloads[workload as usize].is_batch() {
                self.give_up(now, id, GaveUp::Expired);
            } else {
                self.after_failure(now, id, None);
            }
        }
        match oldest(self) {
            Some((_, expires)) => self.schedule(expires, Event::Timeout(workload)),
            None => self.sources[workload as usize].timeouts.armed = false,
        }
    }

    /// The deadline timer of a workload rang.
    pub(super) fn on_deadline(&mut self, now: SimTime, workload: u32) {
        while let Some(id) = self.sources[workload as usize].deadlines.chain.head() {
            let client = &self.scenario.workloads[workload as usize].client;
            let gives_up = client.gives_up_at(self.requests[id].born);
            if gives_up > now {
                return self.schedule(gives_up, Event::Deadline(workload));
            }
            let id = self.abandon(now, id);
            self.give_up(now, id, GaveUp::Deadline);
        }
        self.sources[workload as usize].deadlines.armed = false;
    }

    /// A client abandons its attempt in flight. What is left at the platform stays under the old id, and is
    /// told half a round trip later; the request goes on under the id returned.
    pub(super) fn abandon(&mut self, now: SimTime, id: Id) -> Id {
        let request = self.requests[id];
        if request.phase == Phase::Sending {
            self.send(id);
        }
        self.stop_timeout(id);
        self.ledger.enter(request.workload, request.counted, |account| account.client_timeout += 1);
        self.record(now, id, Ended::TimedOut);
        let left_behind = match request.phase {
            Phase::Out => Phase::Orphan,
            Phase::Sending => Phase::Ghost,
            Phase::Late => return id,
            phase => unreachable!("a request that is {phase:?} has nothing in flight"),
        };
        let heir = self.requests.enter(self.requests[id]);
        let source = &mut self.sources[request.workload as usize];
        if self.scenario.workloads[request.workload as usize].client.deadline != Span::MAX {
            source.deadlines.chain.replace(id, heir, &mut self.links.deadlines);
        }
        let told = now.saturating_add(source.one_way);
        if self.scenario.workloads[request.workload as usize].is_batch() {
            self.jobs.replace(id, heir);
        }
        self.requests[id].phase = left_behind;
        self.requests[id].sent = told;
        self.schedule(told, Event::Disconnect(id));
        heir
    }

    pub(super) fn stop_timeout(&mut self, id: Id) {
        let request = &self.requests[id];
        let timed = self.scenario.workloads[request.workload as usize].client.timeout != Span::MAX;
        if timed && matches!(request.phase, Phase::Out | Phase::Late) {
            let timers = &mut self.sources[request.workload as usize].timeouts;
            timers.chain.remove(id, &mut self.links.timeouts);
        }
    }

    pub(super) fn stop_deadline(&mut self, id: Id) {
        let workload = self.requests[id].workload as usize;
        if self.scenario.workloads[workload].client.deadline != Span::MAX {
            self.sources[workload].deadlines.chain.remove(id, &mut self.links.deadlines);
        }
    }
}
