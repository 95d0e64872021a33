//! A rate averaged exponentially over events: the estimator of `ewma`, and of what `formula` calls demand.
//!
//! dS/dt = (s − S)/τ, where each event is an impulse of s: it adds amount/τ, and between events S falls by e in
//! a time τ. Of a steady stream the mean is its rate.

use super::usage::Rates;
use crate::units::SimTime;

/// Requests and tokens per second, averaged exponentially.
#[derive(Clone, Copy, Debug)]
pub struct Decaying {
    value: Rates,
    since: SimTime,
}

impl Decaying {
    /// Nothing yet: an empty past counts as zeros.
    pub const NOTHING: Decaying =
        Decaying { value: Rates { requests: 0.0, tokens: 0.0 }, since: SimTime::ZERO };

    /// The average at `now`.
    #[inline]
    pub fn at(&self, now: SimTime, tau_s: f64) -> Rates {
        let left = (-now.saturating_since(self.since).as_secs_f64() / tau_s).exp();
        self.value.map(|value| value * left)
    }

    /// An event of so many requests and tokens.
    #[inline]
    pub fn add(&mut self, now: SimTime, tau_s: f64, amount: Rates) {
        self.value = self.at(now, tau_s).zip(amount, |value, amount| value + amount / tau_s);
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_is_measured_and_forgotten() {
        let mut average = Decaying::NOTHING;
        let one = Rates { requests: 1.0, tokens: 100.0 };
        (0..10_000u64).for_each(|k| average.add(SimTime::from_ns(100_000_000 * k), 60.0, one));
        let now = SimTime::from_s(1000);
        let measured = average.at(now, 60.0);
        assert!((measured.requests - 10.0).abs() < 0.02, "{measured:?}");
        assert!((measured.tokens - 1000.0).abs() < 2.0, "{measured:?}");
        let later = average.at(SimTime::from_s(1060), 60.0);
        assert!((later.requests / measured.requests - (-1f64).exp()).abs() < 1e-12);
    }
}
