//! Service: who waits is served, who was served is credited.

use super::Platform;
use super::attempt::{Id, State};
use crate::limit::pair::Completion;
use crate::limit::usage::Served;
use crate::reply::{Outcome, Reply};
use crate::units::SimTime;

impl Platform {
    /// Service of an attempt ends, as was said when it had this `version`; `None` if that instant has moved or
    /// the attempt has left. The reply is for its client; work whose client has gone earns no credit and
    /// settles nothing.
    #[inline]
    pub fn complete(&mut self, now: SimTime, id: Id, version: u16) -> Option<Reply> {
        let attempt = &self.attempts[id];
        let said = attempt.state == State::InService && attempt.version == version;
        if !said || attempt.completes != now {
            return None;
        }
        Some(self.served(now, id))
    }

    /// Service of an attempt is over: the place is free, usage is credited, the next begin.
    #[inline]
    pub(super) fn served(&mut self, now: SimTime, id: Id) -> Reply {
        let index = self.attempts[id].work.model;
        let model = &mut self.models[index as usize];
        model.end(now, id, &mut self.attempts);
        let attempt = &self.attempts[id];
        if !(attempt.abandoned || attempt.work.spare) {
            let done = Completion {
                color: attempt.color,
                cost: attempt.cost,
                served: Served { requests: 1, tokens: attempt.work.tokens() },
                output: attempt.work.output,
            };
            self.pairs.on(model, attempt.work.pair).complete(&mut model.limits(now), &done);
        }
        self.serve_waiting(now, index);
        self.reply(now, id, Outcome::Ok)
    }

    /// Fill free places from the buffer: when one is freed, and when who needed more space than there was no
    /// longer stands first. What is spare then, with work for spare capacity.
    #[inline]
    pub(super) fn serve_waiting(&mut self, now: SimTime, index: u32) {
        while let Some(id) = self.models[index as usize].next_served(&self.attempts) {
            let model = &mut self.models[index as usize];
            model.buffer.serve(id, &mut self.attempts);
            assert!(model.begin(now, id, &mut self.attempts), "there is room");
            self.started(now, id);
        }
    }
}
