//! The recent mix of work on a model, from which its live capacity follows.

use crate::limit::usage::Rates;
use crate::units::{SimTime, Span};

/// Weight of each service start in the running averages.
const WEIGHT: f64 = 0.01;

/// Running means over service starts, exponentially weighted; the configured means until the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mix {
    /// Mean unslowed service time in seconds.
    pub service_s: f64,
    /// Mean prompt tokens.
    pub prompt: f64,
    /// Mean output tokens.
    pub output: f64,
}

impl Mix {
    /// Count a service start.
    #[inline]
    pub fn record(&mut self, service: Span, prompt: u32, output: u32) {
        self.service_s += WEIGHT * (service.as_secs_f64() - self.service_s);
        self.prompt += WEIGHT * (f64::from(prompt) - self.prompt);
        self.output += WEIGHT * (f64::from(output) - self.output);
    }

    /// What `slots` slots complete per second when all are busy, each `slowdown` times slower than nominal.
    #[inline]
    pub fn capacity(&self, slots: u64, slowdown: f64) -> Rates {
        let requests = slots as f64 / (self.service_s.max(1e-9) * slowdown);
        Rates { requests, tokens: requests * (self.prompt + self.output) }
    }
}

/// An exponential average over time of a quantity that changes in steps.
#[derive(Clone, Copy, Debug)]
pub struct Smoothed {
    tau_s: f64,
    level: f64,
    value: f64,
    since: SimTime,
    /// The instant looked at last, and what was seen: an arrival looks, and then steps.
    seen: (SimTime, f64),
}

impl Smoothed {
    /// Starts at `value`, with time constant `tau`.
    pub fn new(tau: Span, value: f64) -> Smoothed {
        let since = SimTime::ZERO;
        Smoothed { tau_s: tau.as_secs_f64(), level: value, value, since, seen: (since, value) }
    }

    /// The average at `now`.
    #[inline]
    pub fn at(&mut self, now: SimTime) -> f64 {
        if self.seen.0 != now {
            let dt_s = now.saturating_since(self.since).as_secs_f64();
            let decayed = || self.level + (self.value - self.level) * (-dt_s / self.tau_s).exp();
            self.seen = (now, if dt_s == 0.0 { self.value } else { decayed() });
        }
        self.seen.1
    }

    /// The quantity steps to `level` at `now`.
    #[inline]
    pub fn step(&mut self, now: SimTime, level: f64) {
        self.value = self.at(now);
        (self.since, self.seen) = (now, (now, self.value));
        self.level = level;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacity_is_slots_over_mean_service() {
        let mix = Mix { service_s: 2.0, prompt: 300.0, output: 100.0 };
        let k = mix.capacity(64, 1.0);
        assert_eq!((k.requests, k.tokens), (32.0, 12_800.0));
        assert_eq!(mix.capacity(64, 4.0).requests, 8.0);
        assert_eq!(mix.capacity(0, 1.0).requests, 0.0);
    }

    #[test]
    fn the_mix_follows_what_starts() {
        let mut mix = Mix { service_s: 2.0, prompt: 0.0, output: 0.0 };
        (0..2000).for_each(|_| mix.record(Span::from_s(1), 10, 20));
        assert!((mix.service_s - 1.0).abs() < 1e-6 && (mix.prompt - 10.0).abs() < 1e-6, "{mix:?}");
    }

    #[test]
    fn smoothing_decays_by_e_in_one_time_constant() {
        let mut u = Smoothed::new(Span::from_s(30), 0.0);
        u.step(SimTime::from_s(10), 1.0);
        assert_eq!(u.at(SimTime::from_s(10)), 0.0);
        assert!((u.at(SimTime::from_s(40)) - (1.0 - (-1.0f64).exp())).abs() < 1e-12);
    }
}
