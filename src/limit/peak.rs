//! The best minute of a sliding window, whole minutes on the absolute clock.
//!
//! What each minute is worth halves every half-life after its end. All minutes fade alike, so that which of two
//! is worth more never changes: a minute that is worth no more than a later one is dropped for good, and what
//! remains is a queue that falls from front to back (the monotone queue of sliding-window maxima).

use std::collections::VecDeque;

use super::usage::{Rates, Served};
use crate::units::{NS_PER_S, SimTime, Span};

const MINUTE_NS: u64 = 60 * NS_PER_S;

/// How far back minutes count, and how they fade.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Memory {
    /// Minutes, counted from a minute's end.
    pub minutes: u64,
    /// What a minute is worth halves in this time, in seconds; infinite: it does not fade.
    pub half_life_s: f64,
}

impl Memory {
    /// So long back (begun minutes count whole), without fading.
    pub fn of(window: Span) -> Memory {
        Memory { minutes: window.as_ns().div_ceil(MINUTE_NS), half_life_s: f64::INFINITY }
    }

    fn fading(&self, age_s: f64) -> f64 {
        if self.half_life_s.is_infinite() { 1.0 } else { (-age_s / self.half_life_s).exp2() }
    }
}

/// The best minute of one resource.
#[derive(Clone, Debug, Default)]
struct Best {
    minute: u64,
    count: u64,
    /// (minute, count), worth less from front to back.
    queue: VecDeque<(u64, u64)>,
}

impl Best {
    /// Close the minutes before that of `now`.
    fn advance(&mut self, now: SimTime, memory: &Memory) {
        let present = now.as_ns() / MINUTE_NS;
        if present == self.minute {
            return;
        }
        let (closed, count) = (self.minute, std::mem::take(&mut self.count));
        self.minute = present;
        if count > 0 {
            let worth =
                |&(m, n): &(u64, u64)| n as f64 * memory.fading(60.0 * closed.saturating_sub(m) as f64);
            while self.queue.back().is_some_and(|back| worth(back) <= count as f64) {
                self.queue.pop_back();
            }
            self.queue.push_back((closed, count));
        }
        while self.queue.front().is_some_and(|(m, _)| m + 1 + memory.minutes <= present) {
            self.queue.pop_front();
        }
    }

    fn per_s(&mut self, now: SimTime, memory: &Memory) -> f64 {
        self.advance(now, memory);
        self.queue.front().map_or(0.0, |&(minute, count)| {
            let age_ns = now.as_ns() - (minute + 1) * MINUTE_NS;
            count as f64 / 60.0 * memory.fading(age_ns as f64 / NS_PER_S as f64)
        })
    }
}

/// The best minutes of requests and of tokens.
#[derive(Clone, Debug, Default)]
pub struct Peak {
    requests: Best,
    tokens: Best,
}

impl Peak {
    /// Count a success.
    pub fn add(&mut self, now: SimTime, memory: &Memory, served: Served) {
        for (best, amount) in [(&mut self.requests, served.requests), (&mut self.tokens, served.tokens)] {
            best.advance(now, memory);
            best.count += amount;
        }
    }

    /// What the best closed minutes are worth now, per second.
    pub fn rates(&mut self, now: SimTime, memory: &Memory) -> Rates {
        Rates { requests: self.requests.per_s(now, memory), tokens: self.tokens.per_s(now, memory) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;
    use rand::RngExt;

    /// The same by remembering everything.
    fn naive(history: &[(SimTime, u64)], now: SimTime, memory: &Memory) -> f64 {
        let present = now.as_ns() / MINUTE_NS;
        let worth = |minute: u64| {
            let count: u64 =
                history.iter().filter(|(at, _)| at.as_ns() / MINUTE_NS == minute).map(|(_, n)| n).sum();
            let age_s = (now - SimTime::from_ns((minute + 1) * MINUTE_NS)).as_secs_f64();
            count as f64 / 60.0 * memory.fading(age_s)
        };
        (present.saturating_sub(memory.minutes)..present).map(worth).fold(0.0, f64::max)
    }

    #[test]
    fn the_queue_knows_the_maximum_of_every_window() {
        for (seed, half_life_s) in [(1, f64::INFINITY), (2, 600.0), (3, 90.0)] {
            let memory = Memory { minutes: 15, half_life_s };
            let mut stream = Key::new(seed, 0).with("peak").stream();
            let (mut peak, mut history, mut now) = (Peak::default(), Vec::new(), SimTime::ZERO);
            for _ in 0..400 {
                let gap_s = if stream.random_range(0..20) == 0 { 900 } else { stream.random_range(0..90) };
                now += Span::from_s(gap_s);
                let amount = stream.random_range(1..20);
                peak.add(now, &memory, Served { requests: amount, tokens: 0 });
                history.push((now, amount));
                let later = now + Span::from_s(stream.random_range(0..30));
                let (found, truth) =
                    (peak.clone().rates(later, &memory).requests, naive(&history, later, &memory));
                assert!((found - truth).abs() <= 1e-12 * truth, "{now:?}: {found} and {truth}");
            }
        }
    }

    #[test]
    fn a_minute_counts_once_it_is_over_and_fades() {
        let memory = Memory { minutes: 60, half_life_s: 600.0 };
        let mut peak = Peak::default();
        peak.add(SimTime::from_s(30), &memory, Served { requests: 120, tokens: 0 });
        let mut at = |s| peak.rates(SimTime::from_s(s), &memory).requests;
        assert_eq!(
            [at(59), at(60), at(660), at(60 + 3600 - 1).min(1.0), at(60 + 3600)][..3],
            [0.0, 2.0, 1.0]
        );
        assert_eq!(at(60 + 3600), 0.0);
    }
}
