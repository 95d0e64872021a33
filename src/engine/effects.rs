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
        let model = self.platform.attempt(id).work.model;
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
        let model = self.platform.attempt(id).work.model;
        if let Some(consumed) = self.platform.disconnect(now, id) {
            self.waste(now, &request, Tokens::new(consumed.prompt, consumed.output));
            self.requests.leave(id);
        }
        self.settle(now, model);
    }

    pub(super) fn waste(&mut self, now: SimTime, request: &Request, tokens: Tokens) {
        self.observer.wasted(now, request.workload, tokens);
        self.books.of(request.workload, request.counted).wasted += tokens;
    }

    /// Do what the platform's last move asks for, until it asks for nothing more.
    #[inline]
    pub(super) fn settle(&mut self, now: SimTime, model: u32) {
        if O::ACTIVE && self.platform.take_touched(model) {
            self.observer.levels(now, model, &self.platform.model(model).levels());
        }
        if !self.platform.effects.is_empty() {
            self.carry_out(now, model);
        }
    }

    #[inline(never)]
    fn carry_out(&mut self, now: SimTime, model: u32) {
        let mut effects = std::mem::replace(&mut self.platform.effects, std::mem::take(&mut self.effects));
        for effect in effects.drain(..) {
            match effect {
                Effect::Started { id, at, version, waited } => {
                    if O::ACTIVE
                        && let Some(wait) = waited
                    {
                        self.observer.started(now, model, wait);
                    }
                    self.schedule(at, Event::Completion { id, version });
                }
                Effect::Moved { id, at, version } => self.schedule(at, Event::Completion { id, version }),
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
        self.effects = effects;
        assert!(self.platform.effects.is_empty(), "a client's move never reaches the platform at once");
    }
}

/// A model's number as events hold it; scenarios have far fewer models.
fn narrow(model: u32) -> u16 {
    u16::try_from(model).expect("models are bounded by the scenario's limits")
}
