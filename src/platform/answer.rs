//! Answers: how an attempt fails, and the headers that a response carries.

use super::Platform;
use super::attempt::Id;
use crate::limit::pair::{Ask, Color, RESET_MAX, Resource};
use crate::limit::policy::{Headers, ResetMode};
use crate::reply::{Outcome, Reply, Told};
use crate::units::{SimTime, Span};

impl Platform {
    /// The reply to an attempt that fails: at or below its rate that is the platform's doing (503), above it the
    /// org's (429).
    pub(super) fn failure(&mut self, now: SimTime, id: Id) -> Reply {
        let outcome = match self.attempts[id].color {
            Color::Green => Outcome::Unavailable,
            Color::Red(Resource::Requests) => Outcome::LimitedRequest,
            Color::Red(Resource::Tokens) => Outcome::LimitedToken,
        };
        self.reply(now, id, outcome)
    }

    /// The response, with the headers it carries.
    pub(super) fn reply(&mut self, now: SimTime, id: Id, outcome: Outcome) -> Reply {
        let attempt = &self.attempts[id];
        let model = &mut self.models[attempt.work.model as usize];
        let failed = outcome != Outcome::Ok;
        let read = model.tells[usize::from(failed)];
        let silent = Reply { outcome, reset: None, retry_after: None };
        if !read && outcome != Outcome::Unavailable {
            return silent;
        }
        let policy = &model.config.policy;
        let limited = match outcome {
            Outcome::LimitedRequest => Some(Resource::Requests),
            Outcome::LimitedToken => Some(Resource::Tokens),
            Outcome::Ok | Outcome::Unavailable => None,
        };
        let carries = match policy.headers {
            Headers::All => true,
            Headers::Errors => failed,
            Headers::Only429 => limited.is_some(),
        };
        // Work for spare capacity has no rate to be told of.
        let carried = read && carries && !attempt.work.spare;
        let retry_after = read && policy.retry_after && failed;
        let told = carried || retry_after;
        if !told && outcome != Outcome::Unavailable {
            return silent;
        }
        let mode = if limited.is_some() { policy.reset_on_429 } else { policy.reset_otherwise };
        let backlog = if mode == ResetMode::Model { model.backlog() } else { Span::ZERO };
        let dead = failed && model.is_dead();
        let pair = self.pairs.on(model, attempt.work.pair);
        let limits = &mut model.limits(now);
        if outcome == Outcome::Unavailable {
            pair.unserved(limits, attempt.color, attempt.cost);
            pair.unavailable(limits);
        }
        let ask = Ask { cost: attempt.cost, limited, failed, mode, backlog };
        let seconds = told.then(|| {
            let wait = if dead { RESET_MAX } else { pair.reset(limits, &ask) };
            whole_seconds(wait, u32::from(failed))
        });
        Reply { outcome, reset: seconds.filter(|_| carried), retry_after: seconds.filter(|_| retry_after) }
    }
}

/// Whole seconds, rounded up, from `least` to 60.
fn whole_seconds(wait: Span, least: u32) -> Told {
    let seconds = wait.min(RESET_MAX).as_ns().div_ceil(crate::units::NS_PER_S);
    Told::new((seconds as u32).max(least))
}
