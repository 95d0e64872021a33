//! Recent successful usage: credited successes over a sliding window.
//!
//! The window is kept in [`BUCKETS`] whole buckets of equal width on the absolute clock, plus the one that is
//! leaving: at an instant a share f into the current bucket, a share 1 − f of the leaving bucket still counts
//! (linear interpolation). Nothing is allocated before the first success, and nothing runs on a timer: the
//! window moves when it is looked at.

use crate::units::{SimTime, Span};

/// Whole buckets to a window; with the default window of one hour a bucket is a minute.
pub const BUCKETS: usize = 60;
const RING: usize = BUCKETS + 1;

/// What was served: a number of requests and their prompt + output tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// Requests.
    pub requests: u64,
    /// Prompt and output tokens together.
    pub tokens: u64,
}

impl Served {
    fn add(&mut self, other: Served) {
        self.requests += other.requests;
        self.tokens += other.tokens;
    }

    fn remove(&mut self, other: Served) {
        self.requests -= other.requests;
        self.tokens -= other.tokens;
    }
}

/// Rates per second of the two limited resources.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Requests per second.
    pub requests: f64,
    /// Tokens per second.
    pub tokens: f64,
}

impl Rates {
    /// Apply a function to both.
    pub fn map(self, f: impl Fn(f64) -> f64) -> Rates {
        Rates { requests: f(self.requests), tokens: f(self.tokens) }
    }

    /// Combine with another pair, resource by resource.
    pub fn zip(self, other: Rates, f: impl Fn(f64, f64) -> f64) -> Rates {
        Rates { requests: f(self.requests, other.requests), tokens: f(self.tokens, other.tokens) }
    }
}

/// The sliding window of one (org, model).
#[derive(Clone, Debug)]
pub struct Usage {
    width: Span,
    /// Absolute index of the current bucket, and the nanosecond at which it ends.
    current: u64,
    current_end_ns: u64,
    /// Ring of the last `RING` buckets, at index modulo `RING`; empty until the first success.
    ring: Vec<Served>,
    /// Sum of the `BUCKETS` newest, the leaving one excluded.
    full: Served,
}

impl Usage {
    /// An empty window: a new org's past counts as zeros.
    pub fn new(window: Span) -> Usage {
        let width = Span::from_ns((window.as_ns() / BUCKETS as u64).max(1));
        Usage { width, current: 0, current_end_ns: width.as_ns(), ring: Vec::new(), full: Served::default() }
    }

    /// Credit a success.
    pub fn credit(&mut self, now: SimTime, served: Served) {
        if self.ring.is_empty() {
            self.ring = vec![Served::default(); RING];
            self.current = now.as_ns() / self.width.as_ns();
            self.current_end_ns = (self.current + 1) * self.width.as_ns();
        }
        self.advance(now);
        self.ring[(self.current % RING as u64) as usize].add(served);
        self.full.add(served);
    }

    /// Credited successes per second over the whole window, the empty past of a new org included.
    pub fn rates(&mut self, now: SimTime) -> Rates {
        if self.ring.is_empty() {
            return Rates { requests: 0.0, tokens: 0.0 };
        }
        self.advance(now);
        let into_bucket = now.as_ns() - (self.current_end_ns - self.width.as_ns());
        let staying = 1.0 - into_bucket as f64 / self.width.as_ns() as f64;
        let leaving = self.ring[((self.current + 1) % RING as u64) as usize];
        let window_s = self.width.as_secs_f64() * BUCKETS as f64;
        Rates {
            requests: (self.full.requests as f64 + staying * leaving.requests as f64) / window_s,
            tokens: (self.full.tokens as f64 + staying * leaving.tokens as f64) / window_s,
        }
    }

    /// Move the window to the bucket of `now`.
    #[inline]
    fn advance(&mut self, now: SimTime) {
        if now.as_ns() < self.current_end_ns {
            return;
        }
        let target = now.as_ns() / self.width.as_ns();
        self.current_end_ns = (target + 1) * self.width.as_ns();
        if target - self.current > RING as u64 {
            self.ring.fill(Served::default());
            self.full = Served::default();
            self.current = target;
        }
        while self.current < target {
            self.current += 1;
            // The oldest bucket leaves the ring; the next one becomes the leaving bucket.
            self.ring[(self.current % RING as u64) as usize] = Served::default();
            let leaving = self.ring[((self.current + 1) % RING as u64) as usize];
            self.full.remove(leaving);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Served = Served { requests: 1, tokens: 100 };

    #[test]
    fn a_constant_stream_is_measured_after_one_window() {
        let mut usage = Usage::new(Span::from_s(3600));
        for s in 0..7200 {
            usage.credit(SimTime::from_s(s), ONE);
            if s >= 3660 {
                let rates = usage.rates(SimTime::from_s(s));
                assert!((rates.requests - 1.0).abs() < 0.0006, "{s}: {rates:?}");
            }
        }
        assert!((usage.rates(SimTime::from_s(7200)).tokens - 100.0).abs() < 0.06);
    }

    #[test]
    fn the_window_empties_linearly_and_wholly() {
        let mut usage = Usage::new(Span::from_s(60));
        (0..60).for_each(|s| usage.credit(SimTime::from_s(s), ONE));
        let share = |usage: &mut Usage, ns| usage.rates(SimTime::from_ns(ns)).requests;
        assert_eq!(share(&mut usage, 60_000_000_000), 1.0);
        assert!((share(&mut usage, 90_500_000_000) - 29.5 / 60.0).abs() < 1e-12);
        assert_eq!(share(&mut usage, 120_000_000_000), 0.0);
        assert_eq!(share(&mut usage, 900_000_000_000), 0.0);
    }

    #[test]
    fn looking_more_often_changes_nothing() {
        let (mut often, mut once) = (Usage::new(Span::from_s(600)), Usage::new(Span::from_s(600)));
        for s in 0..2000 {
            if s % 7 == 0 {
                often.credit(SimTime::from_s(s), ONE);
                once.credit(SimTime::from_s(s), ONE);
            }
            often.rates(SimTime::from_s(s));
        }
        assert_eq!(often.rates(SimTime::from_s(2100)), once.rates(SimTime::from_s(2100)));
    }
}
