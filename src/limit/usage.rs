//! Recent successful usage: credited successes over a sliding window.
//!
//! The window is cut into [`BUCKETS`] buckets of equal width on the absolute clock, plus the one that is
//! leaving: at an instant a share f into the current bucket, a share 1 − f of the leaving bucket still counts
//! (linear interpolation). Only buckets with a success are held, so that an org that is rarely served is small,
//! and nothing runs on a timer: the window moves when it is looked at.

use crate::units::{SimTime, Span};

/// Whole buckets to a window; with the default window of one hour a bucket is a minute.
pub const BUCKETS: usize = 60;

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
    /// The nanosecond at which the current bucket ends.
    current_end_ns: u64,
    /// Those of the [`BUCKETS`] newest that have a success, oldest first; several of one end where it takes them.
    busy: Vec<Bucket>,
    /// Their sum.
    full: Served,
    /// The bucket that is leaving.
    leaving: Served,
}

/// What was served in a bucket, or a part of it: 16 bytes, of which many orgs have many.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    end_ns: u64,
    requests: u32,
    tokens: u32,
}

impl Bucket {
    /// Take in more; false if it does not fit.
    #[inline]
    fn add(&mut self, more: Served) -> bool {
        let sums = [(self.requests, more.requests), (self.tokens, more.tokens)];
        let [requests, tokens] = sums.map(|(held, more)| u32::try_from(u64::from(held).saturating_add(more)));
        let (Ok(requests), Ok(tokens)) = (requests, tokens) else { return false };
        (self.requests, self.tokens) = (requests, tokens);
        true
    }
}

impl Usage {
    /// An empty window: a new org's past counts as zeros.
    pub fn new(window: Span) -> Usage {
        let width = Span::from_ns((window.as_ns() / BUCKETS as u64).max(1));
        let nothing = Served::default();
        Usage { width, current_end_ns: width.as_ns(), busy: Vec::new(), full: nothing, leaving: nothing }
    }

    /// Credit a success.
    pub fn credit(&mut self, now: SimTime, served: Served) {
        self.advance(now);
        let end_ns = self.current_end_ns;
        if !self.busy.last_mut().is_some_and(|newest| newest.end_ns == end_ns && newest.add(served)) {
            self.open(end_ns, served);
        }
        self.full.add(served);
    }

    #[cold]
    fn open(&mut self, end_ns: u64, served: Served) {
        if self.busy.capacity() == 0 {
            // Of many orgs, most are served once.
            self.busy.reserve_exact(1);
        }
        let mut left = served;
        while left != Served::default() {
            let [requests, tokens] =
                [left.requests, left.tokens].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
            self.busy.push(Bucket { end_ns, requests, tokens });
            left.remove(Served { requests: requests.into(), tokens: tokens.into() });
        }
    }

    /// Credited successes per second over the whole window, the empty past of a new org included.
    pub fn rates(&mut self, now: SimTime) -> Rates {
        if self.busy.is_empty() && self.leaving.requests == 0 {
            return Rates { requests: 0.0, tokens: 0.0 };
        }
        self.advance(now);
        let into_bucket = now.as_ns() - (self.current_end_ns - self.width.as_ns());
        let staying = 1.0 - into_bucket as f64 / self.width.as_ns() as f64;
        let window_s = self.width.as_secs_f64() * BUCKETS as f64;
        Rates {
            requests: (self.full.requests as f64 + staying * self.leaving.requests as f64) / window_s,
            tokens: (self.full.tokens as f64 + staying * self.leaving.tokens as f64) / window_s,
        }
    }

    /// Move the window to the bucket of `now`.
    #[inline]
    fn advance(&mut self, now: SimTime) {
        if now.as_ns() >= self.current_end_ns {
            self.leave(now);
        }
    }

    fn leave(&mut self, now: SimTime) {
        let width_ns = self.width.as_ns();
        self.current_end_ns = (now.as_ns() / width_ns + 1) * width_ns;
        self.leaving = Served::default();
        let Some(newest_gone_ns) = self.current_end_ns.checked_sub(width_ns * BUCKETS as u64) else { return };
        // Mostly none or one: no search, which would look at memory far apart.
        let gone = self.busy.iter().take_while(|bucket| bucket.end_ns <= newest_gone_ns).count();
        for bucket in self.busy.drain(..gone) {
            let served = Served { requests: bucket.requests.into(), tokens: bucket.tokens.into() };
            self.full.remove(served);
            if bucket.end_ns == newest_gone_ns {
                self.leaving.add(served);
            }
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
    fn the_window_knows_what_a_whole_memory_knows() {
        use crate::rng::Key;
        use rand::RngExt as _;
        let mut stream = Key::new(3, 0).with("usage").stream();
        let (mut usage, mut history, mut now_s) = (Usage::new(Span::from_s(120)), Vec::new(), 0u64);
        for _ in 0..2000 {
            now_s += if stream.random_range(0..30) == 0 { 200 } else { stream.random_range(0..9) };
            if stream.random_range(0..3) > 0 {
                usage.credit(SimTime::from_s(now_s), ONE);
                history.push(now_s);
            }
            // Buckets of two seconds; half-way through the current one, half of the leaving one counts.
            let bucket = now_s / 2;
            let counted = history.iter().filter(|&&at| at / 2 + 60 > bucket).count() as f64;
            let leaving = history.iter().filter(|&&at| at / 2 + 60 == bucket).count() as f64;
            let staying = if now_s.is_multiple_of(2) { 1.0 } else { 0.5 };
            let truth = (counted + staying * leaving) / 120.0;
            assert_eq!(usage.rates(SimTime::from_s(now_s)).requests, truth);
        }
    }

    #[test]
    fn more_than_a_bucket_holds_is_held_in_several() {
        let (mut usage, huge) = (Usage::new(Span::from_s(60)), Served { requests: 3, tokens: 1 << 34 });
        (0..5).for_each(|_| usage.credit(SimTime::from_s(1), huge));
        let tokens = |usage: &mut Usage, s| usage.rates(SimTime::from_s(s)).tokens * 60.0;
        assert_eq!([1, 60].map(|s| tokens(&mut usage, s)), [(5u64 << 34) as f64; 2]);
        usage.credit(SimTime::from_s(60), ONE);
        assert_eq!(tokens(&mut usage, 62), 100.0);
    }

    #[test]
    fn an_org_that_is_rarely_served_is_small() {
        let mut usage = Usage::new(Span::from_s(3600));
        assert_eq!(usage.busy.capacity(), 0);
        for day in 0..9 {
            usage.credit(SimTime::from_s(86_400 * day), ONE);
            assert_eq!(usage.busy.capacity(), 1, "only the bucket that still counts is held");
        }
        assert!(size_of::<Usage>() <= 72, "{}", size_of::<Usage>());
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
