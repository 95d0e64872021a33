//! What the requests of one client share: pacing, concurrency, retry budget, breaker, throttle.
//!
//! A state machine that sees only its own sends, how attempts ended, and the clock. An attempt stands at the gate
//! until the concurrency limit has a place and the pacing a slot, then the throttle and the breaker are asked.

use super::Client;
use super::breaker::Breaker;
use super::budget::{Budget, RetryBudget as _};
use super::concurrency::{Concurrency, Limiter as _};
use super::guard::Guard as _;
use super::pacing::{Pacer as _, Pacing};
use super::part::Ended;
use super::retry_on::RetryOn;
use super::throttle::Throttle;
use crate::units::SimTime;

/// What the gate says to the attempt that stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It may go now.
    Open,
    /// Not before this instant; ask again then, or when an attempt has ended.
    Until(SimTime),
    /// Not before an attempt has ended.
    Full,
}

/// The shared state of one client.
#[derive(Clone, Debug)]
pub struct Caller {
    pacing: Option<Pacing>,
    concurrency: Option<Concurrency>,
    budget: Option<Budget>,
    throttle: Option<Throttle>,
    breaker: Option<Breaker>,
    retry_on: RetryOn,
    in_flight: u32,
}

impl Caller {
    /// A client before its first attempt.
    pub fn new(client: &Client) -> Caller {
        Caller {
            pacing: client.pacing.clone(),
            concurrency: client.concurrency.clone(),
            budget: client.budget.clone(),
            throttle: client.throttle,
            breaker: client.breaker.clone(),
            retry_on: client.retry_on,
            in_flight: 0,
        }
    }

    /// Attempts in flight.
    pub fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Whether an attempt that asks for `tokens` may go.
    pub fn gate(&mut self, now: SimTime, tokens: u32) -> Gate {
        if self.concurrency.as_ref().is_some_and(|limit| self.in_flight >= limit.limit()) {
            return Gate::Full;
        }
        match self.pacing.as_mut().map_or(now, |pacing| pacing.slot(now, tokens)) {
            slot if slot <= now => Gate::Open,
            slot => Gate::Until(slot),
        }
    }

    /// An attempt goes through the open gate: true if it is sent, false if the client rejects it itself. `uniform`
    /// is a draw of its own.
    pub fn pass(&mut self, now: SimTime, tokens: u32, first: bool, uniform: f64) -> bool {
        if first && let Some(budget) = &mut self.budget {
            budget.first(now);
        }
        let admitted = self.throttle.as_mut().is_none_or(|throttle| throttle.admits(now, uniform))
            && self.breaker.as_mut().is_none_or(|breaker| breaker.admits(now, uniform));
        if !admitted {
            if !first && let Some(budget) = &mut self.budget {
                budget.unsent();
            }
            return false;
        }
        if let Some(pacing) = &mut self.pacing {
            pacing.sent(now, tokens);
        }
        self.in_flight += 1;
        true
    }

    /// An attempt that was sent ended.
    pub fn ended(&mut self, now: SimTime, end: &Ended) {
        assert!(self.in_flight > 0, "only what was sent ends");
        self.in_flight -= 1;
        if end.cancelled {
            if end.attempt > 1
                && let Some(budget) = &mut self.budget
            {
                budget.unsent();
            }
            if let Some(breaker) = &mut self.breaker {
                breaker.released();
            }
            return;
        }
        if let Some(pacing) = &mut self.pacing {
            pacing.ended(now, end);
        }
        if let Some(concurrency) = &mut self.concurrency {
            concurrency.ended(now, end);
        }
        if let Some(budget) = &mut self.budget {
            budget.ended(now, end, self.retry_on.covers(end.outcome));
        }
        if let Some(throttle) = &mut self.throttle {
            throttle.ended(now, end);
        }
        if let Some(breaker) = &mut self.breaker {
            breaker.ended(now, end);
        }
    }

    /// Whether a retry (or a hedge) may follow this end; what it takes from the budget.
    pub fn withdraw(&mut self, now: SimTime, end: &Ended) -> Option<u32> {
        self.budget.as_mut().map_or(Some(0), |budget| budget.withdraw(now, end))
    }
}
