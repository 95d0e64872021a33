//! Client-side pacing: a token bucket that spreads sends out, retries included.

use crate::units::{SimTime, Span};

/// A pace: so many sends per second, of which `burst` may go at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Time between sends.
    pub interval: Span,
    /// Sends that may go back to back after a pause; at least 1.
    pub burst: u32,
}

/// The bucket's state (virtual scheduling: the next free slot).
#[derive(Clone, Copy, Debug, Default)]
pub struct Pacer {
    next: SimTime,
}

impl Pacer {
    /// The instant a send asked for now would go.
    pub fn slot(&self, now: SimTime, pace: &Pace) -> SimTime {
        let tolerance = Span::from_ns(pace.interval.as_ns().saturating_mul(u64::from(pace.burst - 1)));
        now + self.next.saturating_since(now).saturating_sub(tolerance)
    }

    /// Take that slot.
    pub fn take(&mut self, now: SimTime, pace: &Pace) -> SimTime {
        let slot = self.slot(now, pace);
        self.next = self.next.max(now).saturating_add(pace.interval);
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_are_spread_at_the_pace_after_the_burst() {
        let pace = Pace { interval: Span::from_s(1), burst: 2 };
        let mut pacer = Pacer::default();
        let slots: Vec<f64> = (0..5).map(|_| pacer.take(SimTime::ZERO, &pace).as_secs_f64()).collect();
        assert_eq!(slots, [0., 0., 1., 2., 3.]);
        assert_eq!(pacer.take(SimTime::from_s(100), &pace), SimTime::from_s(100));
        assert_eq!(pacer.take(SimTime::from_s(100), &pace), SimTime::from_s(100));
        assert_eq!(pacer.take(SimTime::from_s(100), &pace), SimTime::from_s(101));
    }
}
