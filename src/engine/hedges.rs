//! Hedged requests: several attempts in flight, each an entry of its own under its request.

use super::Engine;
use super::event::Event;
use super::gate::Tried;
use super::requests::{Phase, Request};
use crate::chain::{Chain, Id, Links, NONE};
use crate::client::caller::Gate;
use crate::client::part::Ended;
use crate::metrics::observer::Observer;
use crate::platform::serving::ReplicaEngine as _;
use crate::reply::{Outcome, Reply};
use crate::units::SimTime;

/// Which attempts belong to which request; empty where nobody hedges.
#[derive(Default)]
pub struct Hedges {
    parents: Vec<Id>,
    children: Vec<Chain>,
    links: Links,
}

impl Hedges {
    /// The request of an attempt, if it is one of several.
    #[inline]
    pub fn parent(&self, id: Id) -> Option<Id> {
        self.parents.get(id as usize).copied().filter(|&parent| parent != NONE)
    }

    fn adopt(&mut self, parent: Id, child: Id) {
        let len = 1 + parent.max(child) as usize;
        if self.parents.len() < len {
            self.parents.resize(len, NONE);
            self.children.resize(len, Chain::default());
        }
        self.parents[child as usize] = parent;
        self.children[parent as usize].push(child, &mut self.links);
    }

    fn part(&mut self, child: Id) -> Id {
        let parent = std::mem::replace(&mut self.parents[child as usize], NONE);
        self.children[parent as usize].remove(child, &mut self.links);
        parent
    }

    fn oldest(&self, parent: Id) -> Option<Id> {
        self.children.get(parent as usize)?.head()
    }
}

impl<O: Observer> Engine<'_, O> {
    /// An attempt of a hedged request goes; the next follows after the delay.
    pub(super) fn hedge(&mut self, now: SimTime, id: Id) {
        loop {
            let request = self.requests[id];
            let plan = &self.scenario.workloads[request.workload as usize];
            let hedge = plan.client.hedge.expect("only a hedged request has several attempts");
            let source = &self.sources[request.workload as usize];
            let mut attempt = Request { phase: Phase::Sending, sent: now, ..request };
            if request.phase == Phase::Hedged {
                // Each attempt of its own, so that the fastest of them wins.
                let mut stream =
                    source.hedged.number(request.number).number(request.memory.attempts.into()).stream();
                let engine = &self.scenario.models[plan.pool as usize].engine;
                (attempt.service, attempt.prefill) = engine.draw(&mut stream, request.prompt, request.output);
            }
            let arrives = now.saturating_add(source.one_way);
            let child = self.requests.enter(attempt);
            self.hedges.adopt(id, child);
            let request = &mut self.requests[id];
            request.phase = Phase::Hedged;
            request.sent = now;
            request.memory.attempts += 1;
            let more = request.memory.attempts < hedge.max.min(plan.client.max_attempts);
            self.schedule(arrives, Event::Send(child));
            if !more {
                return;
            }
            if !hedge.delay.is_zero() {
                return self.schedule(now.saturating_add(hedge.delay), Event::Hedge(id));
            }
            if !self.may_hedge(now, id, None) {
                return;
            }
        }
    }

    /// The delay of a hedge has passed, unless that was another request's or another attempt has been sent since.
    pub(super) fn on_hedge(&mut self, now: SimTime, id: Id) {
        let request = &self.requests[id];
        let Some(hedge) = self.scenario.workloads[request.workload as usize].client.hedge else { return };
        let due = request.phase == Phase::Hedged && request.sent.saturating_add(hedge.delay) == now;
        // Without a delay nobody asked to be reminded: it would be again and again at one instant.
        if !due || hedge.delay.is_zero() {
            return;
        }
        if self.may_hedge(now, id, None) {
            return self.hedge(now, id);
        }
        // Where the gate was shut the next look is a delay later.
        let request = &mut self.requests[id];
        let client = &self.scenario.workloads[request.workload as usize].client;
        if request.memory.attempts < hedge.max.min(client.max_attempts) {
            request.sent = now;
            self.schedule(now.saturating_add(hedge.delay), Event::Hedge(id));
        }
    }

    /// Whether another attempt may go at once: a hedge never waits at the gate.
    fn may_hedge(&mut self, now: SimTime, id: Id, after: Option<&Ended>) -> bool {
        let tokens = self.asked_tokens(id);
        let request = self.requests[id];
        let client = &self.scenario.workloads[request.workload as usize].client;
        let most = client.hedge.map_or(1, |hedge| hedge.max).min(client.max_attempts);
        let caller = self.sources[request.workload as usize].shared();
        let late = now >= client.gives_up_at(request.born);
        if late || request.memory.attempts >= most || caller.gate(now, tokens) != Gate::Open {
            return false;
        }
        let waited = self.unsent(id);
        let caller = self.sources[request.workload as usize].shared();
        let Some(acquired) = caller.withdraw(now, after.unwrap_or(&waited)) else { return false };
        self.requests[id].memory.acquired = acquired;
        let admitted = self.admits(now, id, false);
        if !admitted {
            // A try, as it is at the gate.
            self.requests[id].memory.attempts += 1;
            self.books.of(request.workload, request.counted).rejected_locally += 1;
        }
        admitted
    }

    /// One of several attempts succeeded: the request is done, the others are cancelled.
    pub(super) fn hedge_succeeded(&mut self, now: SimTime, child: Id) {
        let parent = self.hedges.part(child);
        self.cancel_hedges(now, parent, true);
        self.succeed(now, parent);
        self.requests.leave(child);
    }

    /// One of several attempts failed: the next goes at once; after the last the client moves as it does after
    /// any failure.
    pub(super) fn hedge_failed(
        &mut self,
        now: SimTime,
        child: Id,
        reply: Option<&Reply>,
        tried: Option<&Tried>,
    ) {
        let parent = self.hedges.part(child);
        if self.may_hedge(now, parent, tried.map(|tried| &tried.end)) {
            self.hedge(now, parent);
        } else if self.hedges.oldest(parent).is_none() {
            self.after_failure(now, parent, reply, tried);
        }
    }

    /// Abandon every attempt of a request that is in flight: because another succeeded, or at its deadline.
    pub(super) fn cancel_hedges(&mut self, now: SimTime, parent: Id, succeeded: bool) {
        while let Some(child) = self.hedges.oldest(parent) {
            self.hedges.part(child);
            match self.requests[child].phase {
                Phase::Returning => {
                    // Its answer is on the way, to nobody.
                    self.count_abandoned(now, child, succeeded);
                    let request = self.requests[child];
                    if self.replies.of(child).outcome == Outcome::Ok {
                        self.waste(now, &request, request.tokens());
                    }
                    self.requests[child].phase = Phase::Unread;
                }
                Phase::Late => {
                    self.count_abandoned(now, child, succeeded);
                    self.requests.leave(child);
                }
                _ => {
                    self.count_abandoned(now, child, succeeded);
                    self.leave_behind(now, child);
                }
            }
        }
    }
}
