//! The clients' side of a run: attempts reach the platform, answers come back, clients move.
//!
//! Where requests share nothing but their client's constants, what a client makes of an answer is worked out at
//! once, on its own clock, half a round trip ahead of the platform's. Where they share more, the answer arrives
//! when it does.

use super::Engine;
use super::event::Event;
use super::gate::Tried;
use super::records::{record, send};
use super::requests::Phase;
use crate::chain::Id;
use crate::client::{GaveUp, Memory, Next};
use crate::limit::pair::Color;
use crate::metrics::observer::{Ended, Observer};
use crate::platform::attempt::{Arriving, Work};
use crate::platform::serving::ReplicaEngine as _;
use crate::reply::{Outcome, Reply};
use crate::units::{SimTime, Span};

impl<O: Observer> Engine<'_, O> {
    /// An attempt reaches the platform.
    pub(super) fn on_arrival(&mut self, now: SimTime, id: Id) {
        // Here and below each is looked up once and kept: an index that stands twice is looked up twice.
        let request = &mut self.requests[id];
        let ghost = request.phase == Phase::Ghost;
        if !ghost {
            send(request, &mut self.books, self.observer);
        }
        request.phase = if ghost { Phase::Orphan } else { Phase::Out };
        let workload = request.workload;
        let plan = &self.scenario.workloads[workload as usize];
        let source = &mut self.sources[workload as usize];
        let luck = |attempts: u32| source.luck.uniform(request.number, attempts.into());
        let arriving = Arriving {
            work: Work {
                pair: source.pairs_from + request.member,
                model: plan.pool,
                prompt: request.prompt,
                output: request.output,
                service: request.service,
                prefill: request.prefill,
                spare: source.is_batch,
            },
            max_tokens: plan.max_tokens.unwrap_or(u32::MAX),
            expected_output: plan.mean_output,
            luck: if self.draws_luck { luck(request.memory.attempts) } else { 0.0 },
        };
        if source.timeout != Span::MAX && !ghost {
            let expires = request.sent.saturating_add(source.timeout);
            source.timeouts.chain.push(id, &mut self.links.timeouts);
            if !std::mem::replace(&mut source.timeouts.armed, true) {
                self.schedule(expires, Event::Timeout(workload));
            }
        }
        let (color, failure) = self.platform.arrive(now, id, &arriving);
        if O::ACTIVE && !arriving.work.spare {
            self.observer.labelled(now, plan.pair, plan.pool, color == Color::Green);
        }
        self.settle(now, plan.pool);
        if let Some(reply) = failure {
            self.on_reply(now, id, reply);
        }
    }

    /// An attempt has left the platform with an answer.
    pub(super) fn on_reply(&mut self, now: SimTime, id: Id, reply: Reply) {
        let request = &self.requests[id];
        let source = &self.sources[request.workload as usize];
        let back = now.saturating_add(source.one_way);
        let orphan = request.phase == Phase::Orphan;
        let gone = orphan || back > source.expires(request.sent, request.born);
        if gone || back > self.end {
            // An answer that is only on its way when the run ends is no waste.
            if reply.outcome == Outcome::Ok && gone {
                let request = *request;
                self.waste(now, &request, request.tokens());
            }
            return if orphan { self.requests.leave(id) } else { self.requests[id].phase = Phase::Late };
        }
        let travels = source.answers_travel;
        if source.timeout != Span::MAX {
            self.stop_timeout(id);
        }
        if travels {
            self.requests[id].phase = Phase::Returning;
            self.replies.keep(id, reply);
            return self.schedule(back, Event::Reply(id));
        }
        self.deliver(back, id, reply);
    }

    /// An answer reaches its client.
    pub(super) fn on_returned(&mut self, now: SimTime, id: Id) {
        if self.requests[id].phase == Phase::Unread {
            return self.requests.leave(id);
        }
        let workload = self.requests[id].workload;
        self.deliver(now, id, self.replies.of(id));
        self.open_gate(now, workload);
    }

    #[inline]
    fn deliver(&mut self, now: SimTime, id: Id, reply: Reply) {
        let request = &self.requests[id];
        let source = &self.sources[request.workload as usize];
        let served = reply.outcome == Outcome::Ok;
        let account = self.books.of(request.workload, request.counted);
        account.answer(reply.outcome);
        if served {
            account.useful += request.tokens();
        }
        if O::ACTIVE {
            let answered = Ended::Answered(reply);
            self.observer.ended(&record(&self.platform, request, source, id, now, answered));
        }
        let shares = source.caller.is_some();
        let tried = if shares { self.tell(now, id, Some(reply.outcome), false) } else { None };
        match (self.hedges.parent(id).is_some(), served) {
            (false, true) => self.succeed(now, id),
            (false, false) => self.after_failure(now, id, Some(&reply), tried.as_ref()),
            (true, true) => self.hedge_succeeded(now, id),
            (true, false) => {
                self.hedge_failed(now, id, Some(&reply), tried.as_ref());
                self.requests.leave(id);
            }
        }
    }

    /// A request has succeeded; its entry is freed.
    #[inline]
    pub(super) fn succeed(&mut self, now: SimTime, id: Id) {
        self.stop_deadline(id);
        let request = &self.requests[id];
        self.books.of(request.home, request.counted).succeeded += 1;
        self.observer.succeeded(now, request.home, request.counted, now - request.born);
        self.end_request(now, id, true);
    }

    /// The client's move after a failure, a timeout or a rejection of its own at `now` (on its clock, which may be
    /// ahead).
    pub(super) fn after_failure(
        &mut self,
        now: SimTime,
        id: Id,
        reply: Option<&Reply>,
        tried: Option<&Tried>,
    ) {
        let request = &mut self.requests[id];
        let client = &self.scenario.workloads[request.workload as usize].client;
        let source = &mut self.sources[request.workload as usize];
        let draw = 2 * u64::from(request.memory.attempts);
        let (jitter, number) = (source.jitter, request.number);
        let uniform = |n| jitter.uniform(number, draw + n);
        match client.after_failure(now, request.born, reply, &mut request.memory, uniform) {
            Next::GiveUp(reason) => {
                let rejected = tried.is_some_and(|tried| !tried.sent) && reason == GaveUp::Attempts;
                self.fall_back_or_give_up(now, id, if rejected { GaveUp::Rejected } else { reason });
            }
            Next::RetryAt(at) => match tried {
                None => {
                    request.phase = Phase::Sending;
                    request.sent = at;
                    let arrives = at.saturating_add(source.one_way);
                    self.schedule(arrives, Event::Send(id));
                }
                Some(tried) => match source.shared().withdraw(now, &tried.end) {
                    None => self.fall_back_or_give_up(now, id, GaveUp::Budget),
                    Some(acquired) => {
                        request.memory.acquired = acquired;
                        request.phase = Phase::Pausing;
                        self.schedule(at, Event::Ask(id));
                    }
                },
            },
        }
    }

    /// The client would give a request up: it tries the next fallback, if there is one.
    fn fall_back_or_give_up(&mut self, now: SimTime, id: Id, reason: GaveUp) {
        let from = self.requests[id].workload;
        let plan = &self.scenario.workloads[from as usize];
        let in_time = reason != GaveUp::Deadline && now < plan.client.gives_up_at(self.requests[id].born);
        let Some(next) = plan.fallback.filter(|_| in_time) else {
            return self.give_up(now, id, reason);
        };
        let plan = &self.scenario.workloads[next as usize];
        if plan.is_batch() {
            // The window of the job takes the deadline's place.
            self.stop_deadline(id);
        }
        let source = &self.sources[next as usize];
        let request = &mut self.requests[id];
        let mut stream = source.hedged.number(request.number).stream();
        let engine = &self.scenario.models[plan.pool as usize].engine;
        (request.service, request.prefill) = engine.draw(&mut stream, request.prompt, request.output);
        request.workload = next;
        request.memory = Memory::default();
        if plan.is_batch() || source.caller.is_some() {
            request.phase = Phase::Pausing;
            self.schedule(now, Event::Ask(id));
        } else {
            request.phase = Phase::Sending;
            request.sent = now;
            let arrives = now.saturating_add(source.one_way);
            self.schedule(arrives, Event::Send(id));
        }
    }

    /// A request is given up; its entry is freed.
    pub(super) fn give_up(&mut self, now: SimTime, id: Id, reason: GaveUp) {
        self.stop_deadline(id);
        let request = self.requests[id];
        self.books.of(request.home, request.counted).give_up(reason, request.tokens());
        self.observer.gave_up(now, request.home, reason);
        self.end_request(now, id, false);
    }

    /// A request is over, done or not.
    #[inline]
    fn end_request(&mut self, now: SimTime, id: Id, done: bool) {
        if self.sources[self.requests[id].workload as usize].is_batch {
            self.end_in_job(now, id, done);
        }
        self.follow(now, id);
        self.requests.leave(id);
    }
}
