//! Client strategies: pacing × retry × concurrency × budget × breaker × hedging, seeing only responses and the clock.
//!
//! A strategy never reads the platform's state: its inputs are [`Reply`] values and the present instant, so
//! the same code could drive a real client.
//!
//! | file | concept |
//! |---|---|
//! | [`backoff`] | retry delays and jitter |
//! | [`retry_on`] | which failures are retried at all |
//! | [`honor`] | obeying `Retry-After` or `x-ratelimit-reset` |
//! | [`pacing`] | when the next attempt may go |
//! | [`concurrency`] | how many may be in flight |
//! | [`budget`] | how many retries all requests together may make |
//! | [`guard`] | what rejects attempts on the client's own side |
//! | [`breaker`], [`throttle`] | the guards |
//! | [`hedge`] | further attempts while the first is out |
//! | [`caller`] | what the requests of one client share |
//! | [`part`] | what the parts have in common |
//! | [`window`] | the recent past, as several of them remember it |
//! | `reading` | a client from its table |
//! | `idle` | keys that have no effect beside others |
//! | [`presets`] | real clients, constant by constant |

pub mod backoff;
pub mod breaker;
pub mod budget;
pub mod caller;
pub mod concurrency;
pub mod guard;
pub mod hedge;
pub mod honor;
mod idle;
pub mod pacing;
pub mod part;
pub mod presets;
mod reading;
pub mod retry_on;
pub mod throttle;
pub mod window;

use crate::reply::Reply;
use crate::units::{SimTime, Span};
use backoff::Backoff;
use breaker::Breaker;
use budget::Budget;
use concurrency::Concurrency;
use hedge::Hedge;
use honor::{Advice, Honor};
use pacing::Pacing;
use retry_on::RetryOn;
use throttle::Throttle;

pub use reading::KEYS;

/// A client strategy.
#[derive(Clone, Debug)]
pub struct Client {
    /// Most attempts per request, the first included; `u32::MAX` = unlimited.
    pub max_attempts: u32,
    /// The computed delay before a retry.
    pub retry: Backoff,
    /// Which failures are retried.
    pub retry_on: RetryOn,
    /// Obedience to a header.
    pub honor: Honor,
    /// An attempt without an answer for so long is abandoned (and retried); [`Span::MAX`] = never.
    pub timeout: Span,
    /// So long after birth a request is given up; [`Span::MAX`] = never.
    pub deadline: Span,
    /// When the next attempt may go.
    pub pacing: Option<Pacing>,
    /// How many may be in flight.
    pub concurrency: Option<Concurrency>,
    /// How many retries all requests together may make.
    pub budget: Option<Budget>,
    /// Adaptive throttling.
    pub throttle: Option<Throttle>,
    /// Circuit breaker.
    pub breaker: Option<Breaker>,
    /// Further attempts while the first is out.
    pub hedge: Option<Hedge>,
    /// Which of many equal draws its jitter is; 0 for most.
    pub jitter_stream: u64,
}

/// Why a request was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GaveUp {
    /// The last allowed attempt failed.
    Attempts,
    /// The deadline came, or the next retry would have been at or after it.
    Deadline,
    /// The response said to wait longer than the client accepts, or the client does not retry such a failure.
    NotRetryable,
    /// The window of its batch job had ended.
    Expired,
    /// The retry budget was spent.
    Budget,
    /// Its last allowed attempt was rejected by its own client: a breaker or a throttle.
    Rejected,
}

/// What a client remembers of one open request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// Attempts sent so far.
    pub attempts: u32,
    /// Its last computed delay.
    pub previous: Span,
    /// What its last retry took from the retry budget.
    pub acquired: u32,
}

/// A client's move after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Ask to send again at this instant.
    RetryAt(SimTime),
    /// No more.
    GiveUp(GaveUp),
}

impl Client {
    /// Whether its requests have something in common but their constants.
    #[inline]
    pub fn is_shared(&self) -> bool {
        self.pacing.is_some()
            || self.concurrency.is_some()
            || self.budget.is_some()
            || self.throttle.is_some()
            || self.breaker.is_some()
            || self.hedge.is_some()
    }

    /// The move after an attempt failed (`Some(reply)`) or timed out (`None`) at `now`, for a request born at
    /// `born`. `uniform` gives the request's random draws for this retry by number.
    pub fn after_failure(
        &self,
        now: SimTime,
        born: SimTime,
        reply: Option<&Reply>,
        memory: &mut Memory,
        uniform: impl Fn(u64) -> f64,
    ) -> Next {
        if memory.attempts >= self.max_attempts {
            return Next::GiveUp(GaveUp::Attempts);
        }
        if !self.retry_on.covers(reply.map(|reply| reply.outcome)) {
            return Next::GiveUp(GaveUp::NotRetryable);
        }
        let limited = reply.is_some_and(|reply| reply.outcome.status() == 429);
        let computed = self.retry.delay(memory.attempts - 1, limited, uniform(0), &mut memory.previous);
        let delay = match reply.map_or(Advice::Silent, |r| self.honor.advice(r)) {
            Advice::Stop => return Next::GiveUp(GaveUp::NotRetryable),
            Advice::Silent => computed,
            Advice::Wait(advised) => self.honor.combine(advised, computed, uniform(1)),
        };
        let at = now.saturating_add(delay);
        if at >= self.gives_up_at(born) {
            return Next::GiveUp(GaveUp::Deadline);
        }
        Next::RetryAt(at)
    }

    /// The instant a request born at `born` is given up.
    pub fn gives_up_at(&self, born: SimTime) -> SimTime {
        born.saturating_add(self.deadline)
    }
}
