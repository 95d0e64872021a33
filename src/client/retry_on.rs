//! Which failures a client retries at all.

use crate::read::{Kind, Tagged};
use crate::reply::Outcome;

/// Whether each kind of failure is followed by a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryOn {
    /// `429`.
    pub limited: bool,
    /// `503`.
    pub unavailable: bool,
    /// No answer: its own timeout, or its own breaker or throttle that did not let the attempt go.
    pub silence: bool,
}

/// A kind of failure, as a scenario names it.
pub const FAILURE: Kind = Kind::Choice(&[
    ("429", "limited"),
    ("503", "unavailable"),
    ("timeout", "no answer: its timeout has passed, or its own breaker or throttle rejected the attempt"),
]);

impl RetryOn {
    /// Every failure.
    pub const ALL: RetryOn = RetryOn { limited: true, unavailable: true, silence: true };
    /// `503` alone.
    pub const UNAVAILABLE: RetryOn = RetryOn { limited: false, unavailable: true, silence: false };

    /// Read the list.
    pub fn read(failures: Vec<Tagged>) -> RetryOn {
        let named: Vec<&str> = failures.into_iter().map(Tagged::choice).collect();
        let has = |failure| named.contains(&failure);
        RetryOn { limited: has("429"), unavailable: has("503"), silence: has("timeout") }
    }

    /// Whether an attempt that ended so may be followed by a retry; `None` is no answer.
    #[inline]
    pub fn covers(&self, outcome: Option<Outcome>) -> bool {
        match outcome {
            Some(Outcome::Ok) => false,
            Some(Outcome::LimitedRequest | Outcome::LimitedToken) => self.limited,
            Some(Outcome::Unavailable) => self.unavailable,
            None => self.silence,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_is_covered_by_its_own_word() {
        use Outcome::{LimitedRequest, LimitedToken, Ok, Unavailable};
        let ends = [Some(LimitedRequest), Some(LimitedToken), Some(Unavailable), None, Some(Ok)];
        let covered = |on: RetryOn| ends.map(|end| on.covers(end));
        assert_eq!(covered(RetryOn::ALL), [true, true, true, true, false]);
        assert_eq!(covered(RetryOn::UNAVAILABLE), [false, false, true, false, false]);
        let limited = RetryOn { limited: true, unavailable: false, silence: false };
        assert_eq!(covered(limited), [true, true, false, false, false]);
    }
}
