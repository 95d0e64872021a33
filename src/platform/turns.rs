//! What happens on replicas that batch: when it does, and what it does to the platform.

use super::attempt::{Attempt, Id};
use super::{Consumed, Effect, Platform};
use crate::reply::Reply;
use crate::units::{SimTime, Span};

impl Platform {
    /// Something happens on a replica that batches, as was said with this `version`: a prefill pass is over, or
    /// an attempt is done, and the reply is for its client. One attempt at a time, so that what its client does at
    /// once comes before the next.
    pub fn turn(&mut self, now: SimTime, index: u32, replica: u32, version: u8) -> Option<(Id, Reply)> {
        let batches = self.models[index as usize].batches.as_mut().expect("only batches have turns");
        if !batches.is_due(now, replica, version) {
            return None;
        }
        let done = batches.turn(now, replica, &mut self.attempts);
        let reply = done.map(|id| (id, self.served(now, id)));
        self.await_turn(now, index, replica);
        reply
    }

    /// Service of an attempt has begun: say when something happens next.
    #[inline]
    pub(super) fn started(&mut self, now: SimTime, id: Id) {
        let Attempt { completes: at, version, replica, work, arrived, .. } = self.attempts[id];
        let waited = (!work.spare).then(|| now - arrived);
        self.effects.push(Effect::Started { id, at, version, waited });
        self.await_turn(now, work.model, replica);
    }

    /// Say when something happens next on a replica that batches, if that has changed.
    #[inline]
    pub(super) fn await_turn(&mut self, now: SimTime, model: u32, replica: u32) {
        if let Some(batches) = &mut self.models[model as usize].batches {
            let next = batches.reschedule(now, replica, &mut self.attempts);
            self.effects.extend(next.map(|(at, version)| Effect::Turn { model, replica, version, at }));
        }
    }

    /// Arrival to first token of an attempt that was served, if the engine has one.
    pub fn first_token(&self, id: Id) -> Option<Span> {
        let attempt = &self.attempts[id];
        match &self.models[attempt.work.model as usize].batches {
            None => attempt.first_token(),
            Some(_) => Some(self.attempts.prefilled(id) - attempt.arrived),
        }
    }

    /// An attempt in service leaves its batch; what it had consumed.
    pub(super) fn withdraw(&mut self, now: SimTime, id: Id) -> Consumed {
        let Attempt { replica, work, .. } = self.attempts[id];
        let model = &mut self.models[work.model as usize];
        let batches = model.batches.as_ref().expect("only batches are left so");
        let consumed = batches.consumed(now, id, &mut self.attempts);
        model.end(now, id, &mut self.attempts);
        self.serve_waiting(now, work.model);
        self.await_turn(now, work.model, replica);
        consumed
    }
}
