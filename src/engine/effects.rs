//! The platform's side of a run: completions, looks, disconnects, and doing what the platform asks for.

use super::Engine;
use super::event::Event;
use super::requests::{Phase, Request};
use crate::chain::Id;
use crate::metrics::ledger::Tokens;
use crate::metrics::observer::Observer;
use crate::platform::Effect;
use crate::platform::autoscaler::Scaler as _;
use crate::units::SimTime;

impl<O: Observer> Engine<'_, O> {
    pub(super) fn on_completion(&mut self, now: SimTime, id: Id, version: u16) {
        let model = self.platform.attempt(id).arriving.model;
        if let Some(reply) = self.platform.complete(now, id, version) {
            self.on_reply(now, id, reply);
            self.settle(now, model);
        }
    }

    pub(super) fn on_turn(&mut self, now: SimTime, model: u16, replica: u32, version: u8) {
        let model = u32::from(model);
        if let Some((id, reply)) = self.platform.turn(now, model, replica, version) {
            self.on_reply(now, id, reply);
        }
        self.settle(now, model);
    }

    #[inline]
    pub(super) fn await_completion(&mut self, at: SimTime, id: Id) {
        let version = self.platform.attempt(id).version;
        self.schedule(at, Event::Completion { id, version });
    }

    pub(super) fn on_tick(&mut self, now: SimTime, model: u16) {
        let index = u32::from(model);
        self.platform.tick(now, index);
        self.settle(now, index);
        let interval = self.scenario.models[usize::from(model)].autoscaler.interval();
        self.schedule(now + interval.expect("only an autoscaler that looks is ticked"), Event::Tick(model));
    }

    pub(super) fn on_disconnect(&mut self, now: SimTime, id: Id) {
        let request = self.requests[id];
        // Its work may have ended, and the entry may even hold another orphan, told at another instant.
        if request.phase != Phase::Orphan || request.sent != now {
            return;
        }
        let model = self.platform.attempt(id).arriving.model;
        if let Some(consumed) = self.platform.disconnect(now, id) {
            self.waste(now, &request, Tokens::new(consumed.prompt, consumed.output));
            self.requests.leave(id);
        }
        self.settle(now, model);
    }

    pub(super) fn waste(&mut self, now: SimTime, request: &Request, tokens: Tokens) {
        self.observer.wasted(now, request.workload, tokens);
        self.ledger.enter(request.workload, request.counted, |account| account.wasted += tokens);
    }

    /// Do what the platform's last move asks for, until it asks for nothing more.
    #[inline]
    pub(super) fn settle(&mut self, now: SimTime, model: u32) {
        if O::ACTIVE && self.platform.take_touched(model) {
            self.observer.levels(now, model, &self.platform.model(model).levels());
        }
        if self.platform.effects.is_empty() {
            return;
        }
        std::mem::swap(&mut self.effects, &mut self.platform.effects);
        for i in 0..self.effects.len() {
            match self.effects[i] {
                Effect::Started { id, at } => {
                    // Work for spare capacity has no wait to speak of.
                    if O::ACTIVE && !self.platform.attempt(id).arriving.spare {
                        self.observer.started(now, model, now - self.platform.attempt(id).arrived);
                    }
                    self.await_completion(at, id);
                }
                Effect::Moved { id, at } => self.await_completion(at, id),
                Effect::Turn { model, replica, version, at } => {
                    self.schedule(at, Event::Turn { model: narrow(model), replica, version });
                }
                Effect::Failed { id, reply } => self.on_reply(now, id, reply),
                Effect::DropTimer { model, at } => self.schedule(at, Event::Drop(narrow(model))),
                Effect::Ready { model, replica, at } => {
                    self.schedule(at, Event::ReplicaReady { model: narrow(model), replica });
                }
            }
        }
        self.effects.clear();
        assert!(self.platform.effects.is_empty(), "a client's move never reaches the platform at once");
    }
}

/// A model's number as events hold it; scenarios have far fewer models.
fn narrow(model: u32) -> u16 {
    u16::try_from(model).expect("models are bounded by the scenario's limits")
}
