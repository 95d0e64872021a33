//! Adaptive throttling: a client that rejects a share of its own attempts while its backend does.

use super::guard::Guard;
use super::part::Ended;
use crate::bounds;
use crate::read::{Key, Spec, Table};
use crate::units::{SimTime, Span};

/// Buckets of the window.
const BUCKETS: usize = 24;

/// Rejects with probability max(0, (requests − k·accepts)/(requests + 1)) over the last `window`; what it rejects
/// itself counts as a request (Beyer et al. 2016, *Site Reliability Engineering*, ch. 21).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttle {
    k: f64,
    bucket: Span,
    /// Requests, accepts.
    buckets: [[u32; 2]; BUCKETS],
    sums: [u64; 2],
    current: u64,
}

impl Throttle {
    /// A throttle that has seen nothing.
    pub const fn new(k: f64, window: Span) -> Throttle {
        let bucket = Span::from_ns(window.as_ns().div_ceil(BUCKETS as u64));
        Throttle { k, bucket, buckets: [[0; 2]; BUCKETS], sums: [0; 2], current: 0 }
    }

    /// Read the table.
    pub fn read(table: &mut Table) -> Throttle {
        Throttle::new(table.number("k"), table.span("window"))
    }

    fn count(&mut self, now: SimTime, what: usize) {
        self.advance(now);
        self.buckets[(self.current % BUCKETS as u64) as usize][what] += 1;
        self.sums[what] += 1;
    }

    fn advance(&mut self, now: SimTime) {
        let current = now.as_ns() / self.bucket.as_ns();
        for number in 1..=current.saturating_sub(self.current).min(BUCKETS as u64) {
            let bucket = &mut self.buckets[((self.current + number) % BUCKETS as u64) as usize];
            let [requests, accepts] = std::mem::take(bucket);
            self.sums[0] -= u64::from(requests);
            self.sums[1] -= u64::from(accepts);
        }
        self.current = current;
    }
}

impl Guard for Throttle {
    fn admits(&mut self, now: SimTime, uniform: f64) -> bool {
        self.advance(now);
        let [requests, accepts] = self.sums.map(|sum| sum as f64);
        let rejected = (requests - self.k * accepts) / (requests + 1.0);
        self.count(now, 0);
        uniform >= rejected
    }

    fn ended(&mut self, now: SimTime, end: &Ended) {
        if end.ok() {
            self.count(now, 1);
        }
    }
}

/// The keys of `throttle`.
pub const SPEC: Spec = Spec::new(
    "throttle",
    "adaptive throttling: rejects with probability max(0, (requests − k·accepts)/(requests + 1))",
    &[
        Key::number("k", bounds::THROTTLE_K).or("2.0").doc("requests per accept that are let through"),
        Key::span("window", bounds::BREAKER_SPAN).or("\"2 min\"").doc("how far back it looks"),
    ],
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Outcome;
    use crate::rng::Key;

    /// VALIDATION V10: 400 requests per second against a backend that accepts 40.
    #[test]
    fn v10_twice_what_the_backend_accepts_is_sent() {
        let draws = Key::new(10, 0);
        for (rate_ms, accepted_per_s, sent_expected) in [(2.5, 40.0, 80.0), (50.0, 40.0, 20.0)] {
            let mut throttle = Throttle::new(2.0, Span::from_s(120));
            let (mut sent, mut allowance, mut last_s) = (0u32, 0.0f64, 0.0);
            let requests = (600_000.0 / rate_ms) as u64;
            for request in 0..requests {
                let at_s = request as f64 * rate_ms / 1000.0;
                let now = SimTime::from_ns((at_s * 1e9) as u64);
                if throttle.admits(now, draws.uniform(request, 0)) {
                    allowance = (allowance + (at_s - last_s) * accepted_per_s).min(4.0);
                    last_s = at_s;
                    let ok = allowance >= 1.0;
                    allowance -= if ok { 1.0 } else { 0.0 };
                    let outcome = if ok { Outcome::Ok } else { Outcome::Unavailable };
                    let end = Ended {
                        outcome: Some(outcome),
                        latency: Span::ZERO,
                        in_flight: 1,
                        attempt: 1,
                        acquired: 0,
                    };
                    throttle.ended(now, &end);
                    sent += u32::from(at_s >= 300.0);
                }
            }
            let per_s = f64::from(sent) / 300.0;
            assert!((per_s - sent_expected).abs() <= 0.03 * sent_expected, "{per_s} against {sent_expected}");
        }
    }
}
