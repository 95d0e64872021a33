//! Adaptive throttling: a client that rejects a share of its own attempts while its backend does.

use super::guard::Guard;
use super::part::Ended;
use super::window::Window;
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
    /// Requests, accepts.
    past: Window<[u32; 2], BUCKETS>,
}

impl Throttle {
    /// A throttle that has seen nothing.
    pub const fn new(k: f64, window: Span) -> Throttle {
        Throttle { k, past: Window::new(window, [0; 2]) }
    }

    /// Read the table.
    pub fn read(table: &mut Table) -> Throttle {
        Throttle::new(table.number("k"), table.span("window"))
    }
}

impl Guard for Throttle {
    fn admits(&mut self, now: SimTime, uniform: f64) -> bool {
        let past = self.past.past(now);
        let [requests, accepts] = [0, 1].map(|i| past.iter().map(|bucket| f64::from(bucket[i])).sum::<f64>());
        let rejected = (requests - self.k * accepts) / (requests + 1.0);
        self.past.now(now)[0] += 1;
        uniform >= rejected
    }

    fn ended(&mut self, now: SimTime, end: &Ended) {
        if end.ok() {
            self.past.now(now)[1] += 1;
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
                    throttle.ended(now, &Ended::alone(Some(outcome)));
                    sent += u32::from(at_s >= 300.0);
                }
            }
            let per_s = f64::from(sent) / 300.0;
            assert!((per_s - sent_expected).abs() <= 0.03 * sent_expected, "{per_s} against {sent_expected}");
        }
    }
}
