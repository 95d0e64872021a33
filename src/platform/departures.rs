//! Departures without service: the wait was too long, or the client has gone.

use super::attempt::{Id, State};
use super::config::OnDisconnect;
use super::{Effect, Platform};
use crate::units::SimTime;

/// Tokens a withdrawn attempt had consumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consumed {
    /// Prompt tokens.
    pub prompt: u32,
    /// Output tokens made so far.
    pub output: u32,
}

impl Platform {
    /// The drop timer rang: drop the attempt that has waited its time.
    pub fn drop_expired(&mut self, now: SimTime, model: u32) {
        let (expired, next) = self.models[model as usize].buffer.expired(now, &mut self.attempts);
        if let Some(id) = expired {
            self.models[model as usize].touched = true;
            self.fail(now, id);
            self.serve_waiting(now, model);
        }
        self.effects.extend(next.map(|at| Effect::DropTimer { model, at }));
    }

    /// An attempt that waited or was in service fails.
    pub(super) fn fail(&mut self, now: SimTime, id: Id) {
        let reply = self.failure(now, id);
        self.effects.push(Effect::Failed { id, reply });
    }

    /// The platform learns that a client has gone. What the attempt had consumed if it leaves now; `None` if
    /// it stays (it goes on in vain, or has left already).
    pub fn disconnect(&mut self, now: SimTime, id: Id) -> Option<Consumed> {
        let attempt = self.attempts[id];
        let model = &mut self.models[attempt.work.model as usize];
        match attempt.state {
            State::Away => return None,
            State::Stranded => {
                self.attempts[id].state = State::Away;
                return Some(Consumed::default());
            }
            State::Waiting | State::InService => {}
        }
        if model.config.on_disconnect == OnDisconnect::Serve {
            self.attempts[id].abandoned = true;
            return None;
        }
        if attempt.state == State::Waiting {
            model.buffer.remove(id, &mut self.attempts);
            model.touched = true;
            if !attempt.work.spare {
                let pair = self.pairs.on(model, attempt.work.pair);
                pair.unserved(&mut model.limits(now), attempt.color, attempt.cost);
            }
            self.serve_waiting(now, attempt.work.model);
            return Some(Consumed::default());
        }
        if model.batches.is_some() {
            return Some(self.withdraw(now, id));
        }
        model.end(now, id, &mut self.attempts);
        self.serve_waiting(now, attempt.work.model);
        let (done, whole) = (now - attempt.started, attempt.completes - attempt.started);
        let share = if whole.is_zero() { 1.0 } else { done.as_secs_f64() / whole.as_secs_f64() };
        let output = (f64::from(attempt.work.output) * share) as u32;
        Some(Consumed { prompt: attempt.work.prompt, output })
    }
}
