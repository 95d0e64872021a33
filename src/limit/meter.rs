//! A GCRA meter whose rate may change between any two requests.
//!
//! The generic cell rate algorithm (ITU-T I.371, annex A) in its virtual-scheduling form. What is kept is the
//! theoretical arrival time, not a token count: a rate that changes then changes what the *next* cost weighs,
//! and leaves what was charged as it was.

use crate::units::{NS_PER_S, SimTime, Span};

/// The meter of one resource of one (org, model).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    theoretical_arrival: SimTime,
}

/// How long `cost` units take at `rate` units per second, rounded down to the nanosecond, so that a client
/// that sends exactly at its rate is never found above it. An unlimited rate takes no time.
#[inline]
pub fn increment(cost: f64, rate_per_s: f64) -> Span {
    if rate_per_s == f64::INFINITY {
        return Span::ZERO;
    }
    // The small excess undoes the rounding of two divisions (100/60 s, then its inverse).
    Span::from_ns((cost / rate_per_s * NS_PER_S as f64 + 1e-4) as u64)
}

impl Meter {
    /// The wait until a request that adds `increment` conforms; zero if it conforms now.
    ///
    /// It conforms when, once charged, the meter is at most `burst` ahead of the clock. A request larger than
    /// the whole burst conforms when the meter is idle.
    #[inline]
    pub fn wait(&self, now: SimTime, increment: Span, burst: Span) -> Span {
        let ahead = self.theoretical_arrival.saturating_since(now);
        ahead.saturating_add(increment).saturating_sub(burst.max(increment))
    }

    /// Charge a conforming request.
    #[inline]
    pub fn charge(&mut self, now: SimTime, increment: Span) {
        self.theoretical_arrival = self.theoretical_arrival.max(now).saturating_add(increment);
    }

    /// Correct an earlier charge now that its true cost is known: `more` or `less` than was charged. The
    /// meter never falls behind the clock.
    pub fn settle(&mut self, now: SimTime, more: Span, less: Span) {
        let corrected = self.theoretical_arrival.max(now).saturating_add(more);
        let ahead = corrected.saturating_since(now).saturating_sub(less);
        self.theoretical_arrival = now.saturating_add(ahead);
    }

    /// How far ahead of the clock the meter is.
    pub fn ahead(&self, now: SimTime) -> Span {
        self.theoretical_arrival.saturating_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Send at the given seconds; `None` = passes, `Some(wait)` = refused.
    fn run(burst_s: u64, times_s: &[f64]) -> Vec<Option<f64>> {
        let (mut meter, t) = (Meter::default(), increment(1.0, 1.0));
        times_s
            .iter()
            .map(|&s| {
                let now = SimTime::ZERO + Span::from_secs_f64(s);
                let wait = meter.wait(now, t, Span::from_s(burst_s));
                if wait.is_zero() {
                    meter.charge(now, t);
                    return None;
                }
                Some(wait.as_secs_f64())
            })
            .collect()
    }

    #[test]
    fn v7_gcra_is_exact() {
        let (a, r) = (None, Some);
        assert_eq!(run(5, &[0.0; 10])[..6], [a, a, a, a, a, r(1.0)]);
        let times = [0., 0., 0., 0., 0., 0.5, 1., 1., 2., 7., 7., 7., 7., 7., 7.];
        let expected = [a, a, a, a, a, r(0.5), a, r(1.0), a, a, a, a, a, a, r(1.0)];
        assert_eq!(run(5, &times), expected);
        assert_eq!(run(1, &[0.0; 60]).iter().filter(|o| o.is_none()).count(), 1);
        let paced: Vec<f64> = (0..60).map(f64::from).collect();
        assert!(run(1, &paced).iter().all(Option::is_none));
    }

    #[test]
    fn a_client_exactly_at_any_rate_always_conforms() {
        for per_min in 1..2000u64 {
            let (mut meter, rate) = (Meter::default(), per_min as f64 / 60.0);
            let t = increment(1.0, rate);
            for k in 0..200u64 {
                let now = SimTime::ZERO + Span::from_secs_f64(k as f64 / rate);
                assert!(meter.wait(now, t, t).is_zero(), "{per_min}/min, request {k}");
                meter.charge(now, t);
            }
        }
    }

    #[test]
    fn an_oversized_request_conforms_when_idle_only() {
        let (mut meter, t) = (Meter::default(), increment(100.0, 1.0));
        assert!(meter.wait(SimTime::ZERO, t, Span::from_s(5)).is_zero());
        meter.charge(SimTime::ZERO, t);
        assert_eq!(meter.wait(SimTime::from_s(99), t, Span::from_s(5)), Span::from_s(1));
        assert!(meter.wait(SimTime::from_s(100), t, Span::from_s(5)).is_zero());
    }

    #[test]
    fn settling_never_falls_behind_the_clock() {
        let (mut meter, now) = (Meter::default(), SimTime::from_s(10));
        meter.charge(now, Span::from_s(3));
        meter.settle(now, Span::ZERO, Span::from_s(9));
        assert_eq!(meter.ahead(now), Span::ZERO);
        meter.settle(now, Span::from_s(2), Span::ZERO);
        assert_eq!(meter.ahead(now), Span::from_s(2));
    }

    #[test]
    fn an_unlimited_rate_weighs_nothing() {
        assert_eq!(increment(5000.0, f64::INFINITY), Span::ZERO);
        assert_eq!(increment(1.0, 100.0 / 60.0), Span::from_ms(600));
    }
}
