//! What the parts of a strategy share: how a scenario writes them, and what they are told.

use crate::read::{Member, Tagged};
use crate::reply::Outcome;
use crate::units::Span;

/// How a scenario writes a part.
pub trait Written: Sized {
    /// Its tag, sentence and keys.
    const MEMBER: Member;
    /// Read the value under its tag; `None` only after an error was recorded.
    fn read(value: Tagged<'_>, context: ()) -> Option<Self>;
}

/// How an attempt ended, as its client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The answer; `None` if the client stopped waiting.
    pub outcome: Option<Outcome>,
    /// From its sending to now.
    pub latency: Span,
    /// Attempts of this client in flight, itself included.
    pub in_flight: u32,
    /// Its ordinal within the request; 1 is no retry.
    pub attempt: u32,
    /// What the request's last retry took from the retry budget.
    pub acquired: u32,
    /// Another attempt of the request succeeded first: this one neither succeeded nor failed.
    pub cancelled: bool,
}

impl Ended {
    /// Served.
    pub fn ok(&self) -> bool {
        self.outcome == Some(Outcome::Ok)
    }

    /// Answered 429.
    pub fn limited(&self) -> bool {
        matches!(self.outcome, Some(Outcome::LimitedRequest | Outcome::LimitedToken))
    }
}

#[cfg(test)]
impl Ended {
    /// The end of the only attempt in flight, for tests.
    pub(crate) fn alone(outcome: Option<Outcome>) -> Ended {
        Ended { outcome, latency: Span::ZERO, in_flight: 1, attempt: 1, acquired: 0, cancelled: false }
    }
}
