//! The clock of recent use: the run's own, except that it can stand still.
//!
//! With `freeze_on_503` it pauses at a 503 and goes on at the org's next 200, so that an outage of the platform
//! does not age what an org has earned.

use crate::units::{SimTime, Span};

/// A clock that stands still between a [`Clock::pause`] and the next [`Clock::resume`].
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    lag: Span,
    paused_at: SimTime,
}

impl Clock {
    /// The run's clock.
    pub const RUNNING: Clock = Clock { lag: Span::ZERO, paused_at: SimTime::NEVER };

    /// What it shows at `now`.
    #[inline]
    pub fn at(&self, now: SimTime) -> SimTime {
        SimTime::from_ns(now.min(self.paused_at).as_ns() - self.lag.as_ns())
    }

    /// Stand still from `now` on; nothing if it does already.
    pub fn pause(&mut self, now: SimTime) {
        self.paused_at = self.paused_at.min(now);
    }

    /// Go on; nothing if it does already.
    #[inline]
    pub fn resume(&mut self, now: SimTime) {
        if self.paused_at != SimTime::NEVER {
            self.lag = self.lag.saturating_add(now - self.paused_at);
            self.paused_at = SimTime::NEVER;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_loses_just_the_time_it_stands_still() {
        let (mut clock, s) = (Clock::RUNNING, SimTime::from_s);
        assert_eq!(clock.at(s(5)), s(5));
        clock.pause(s(10));
        clock.pause(s(12));
        assert_eq!([s(9), s(10), s(99)].map(|now| clock.at(now)), [s(9), s(10), s(10)]);
        clock.resume(s(30));
        clock.resume(s(31));
        assert_eq!([s(30), s(40)].map(|now| clock.at(now)), [s(10), s(20)]);
    }
}
