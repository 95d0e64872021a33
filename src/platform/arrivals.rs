//! Arrivals: an attempt is labelled, and refused, served or made to wait.

use super::attempt::{Arriving, Id, State, Work};
use super::{Effect, Platform};
use crate::limit::pair::{Color, Cost};
use crate::limit::policy::Enforcement;
use crate::reply::{Outcome, Reply};
use crate::units::SimTime;

impl Platform {
    /// An attempt arrives under a free id: its colour, and the reply to one that fails at once.
    #[inline]
    pub fn arrive(&mut self, now: SimTime, id: Id, arriving: &Arriving) -> (Color, Option<Reply>) {
        let work = arriving.work;
        let model = &mut self.models[work.model as usize];
        let attempt = self.attempts.enter(now, id, work);
        if work.spare {
            self.arrive_spare(now, id, work);
            return (Color::Green, None);
        }
        let pair = self.pairs.on(model, work.pair);
        model.arrived += 1;
        let expected = pair.expected_output(arriving.expected_output).min(f64::from(arriving.max_tokens));
        let cost = Cost { tokens: f64::from(work.prompt) + expected };
        let color = pair.label(&mut model.limits(now), cost);
        (attempt.color, attempt.cost) = (color, cost);

        if arriving.luck >= model.spared_share {
            return (color, Some(self.reply(now, id, Outcome::Unavailable)));
        }
        let refused = color != Color::Green
            && match model.config.policy.enforcement {
                Enforcement::Soft | Enforcement::Attribution => false,
                Enforcement::Hard => model.is_hot(),
                Enforcement::Strict => true,
            };
        if refused || model.is_dead() || !model.fits(work.tokens()) {
            return (color, Some(self.failure(now, id)));
        }
        if model.buffer.is_empty() && model.begin(now, id, &mut self.attempts) {
            self.started(now, id);
            return (color, None);
        }
        (color, self.buffer(now, id, work.model))
    }

    /// An arriving attempt waits, unless it would wait too long and fails.
    fn buffer(&mut self, now: SimTime, id: Id, index: u32) -> Option<Reply> {
        let model = &mut self.models[index as usize];
        if model.config.buffer.early_refusal {
            let predicted = model.predicted_wait(model.buffer.class(self.attempts[id].color));
            if predicted.is_some_and(|wait| wait > model.config.buffer.max_wait) {
                return Some(self.failure(now, id));
            }
        }
        model.touched = true;
        if let Some(at) = model.buffer.push(now, id, &mut self.attempts) {
            self.effects.push(Effect::DropTimer { model: index, at });
        }
        // It may go before one that needs more space than there is.
        self.serve_waiting(now, index);
        None
    }

    /// Work for spare capacity arrives: nobody meters it, forecasts it or turns it away, not
    /// even what no replica can hold.
    fn arrive_spare(&mut self, now: SimTime, id: Id, work: Work) {
        let model = &mut self.models[work.model as usize];
        if !model.fits(work.tokens()) {
            // It waits for its window's end, and keeps nobody waiting meanwhile.
            self.attempts[id].state = State::Stranded;
            return;
        }
        model.touched = true;
        model.buffer.push(now, id, &mut self.attempts);
        self.serve_waiting(now, work.model);
    }
}
