//! Client strategies: pacing × retry × obedience, seeing only responses and the clock.
//!
//! A strategy never reads the platform's state: its inputs are [`Reply`] values and the present instant, so
//! the same code could drive a real client.
//!
//! | file | concept |
//! |---|---|
//! | [`backoff`] | retry delays and jitter |
//! | [`honor`] | obeying `Retry-After` or `x-ratelimit-reset` |
//! | [`pacer`] | spreading sends |
//! | [`presets`] | real clients, constant by constant |

pub mod backoff;
pub mod honor;
pub mod pacer;
pub mod presets;

use crate::reply::Reply;
use crate::units::{SimTime, Span};
use backoff::Backoff;
use honor::{Advice, Honor};
use pacer::Pace;

/// A client strategy.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// Most attempts per request, the first included; `u32::MAX` = unlimited.
    pub max_attempts: u32,
    /// The computed delay before a retry.
    pub retry: Backoff,
    /// Obedience to a header.
    pub honor: Honor,
    /// An attempt without an answer for so long is abandoned (and retried); [`Span::MAX`] = never.
    pub timeout: Span,
    /// So long after birth a request is given up; [`Span::MAX`] = never.
    pub deadline: Span,
    /// Client-side pacing.
    pub pace: Option<Pace>,
}

/// Why a request was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GaveUp {
    /// The last allowed attempt failed.
    Attempts,
    /// The deadline came, or the next retry would have been at or after it.
    Deadline,
    /// The response said to wait longer than the client accepts.
    NotRetryable,
}

/// What a client remembers of one open request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// Attempts sent so far.
    pub attempts: u32,
    /// Its last computed delay.
    pub previous: Span,
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
        let computed = self.retry.delay(memory.attempts - 1, uniform(0), &mut memory.previous);
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
