//! A concurrency limit from how much longer attempts take than the fastest did.

use super::Limiter;
use crate::bounds;
use crate::client::part::{Ended, Written};
use crate::read::{Key, Member, Spec, Tagged};
use crate::units::{SimTime, Span};

/// The golden ratio's fraction, whose multiples fill [0, 1) evenly.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// Estimates what is queued at the platform, limit·(1 − shortest latency ÷ latency), and grows while that is small,
/// shrinks where it is large and after every failure (Netflix/concurrency-limits `VegasLimit`; TCP Vegas, Brakmo
/// and Peterson 1995). With l = max(1, ⌊log10 limit⌋): up by 6·l to a queue of l, by l below 3·l, down by l above
/// 6·l. The shortest latency is taken anew every `probe`·limit attempts, times a jitter between a half and 1: the
/// source draws it, here it runs through multiples of the golden ratio (*ours*: no draw, and as even).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vegas {
    max: u32,
    probe: u32,
    limit: f64,
    shortest: Span,
    since_probe: u32,
    probes: u32,
}

impl Vegas {
    /// The source's defaults.
    pub const DEFAULT: Vegas = Vegas::new(20, 1000, 30);

    /// A limiter at its start; `probe` 0 never looks for a new shortest latency.
    pub const fn new(initial: u32, max: u32, probe: u32) -> Vegas {
        Vegas { max, probe, limit: initial as f64, shortest: Span::ZERO, since_probe: 0, probes: 0 }
    }

    fn must_probe(&self) -> bool {
        let jitter = 0.5 + 0.5 * (GOLDEN * f64::from(self.probes + 1)).fract();
        self.probe > 0 && jitter * f64::from(self.probe) * self.limit <= f64::from(self.since_probe)
    }

    fn adjusted(&self, latency: Span, end: &Ended) -> f64 {
        let step = ((self.limit as u32).max(1).ilog10()).max(1);
        let [step, alpha, beta] = [step, 3 * step, 6 * step].map(f64::from);
        let queue = (self.limit * (1.0 - self.shortest.as_ns() as f64 / latency.as_ns() as f64)).ceil();
        if !end.ok() {
            self.limit - step
        } else if 2.0 * f64::from(end.in_flight) < self.limit {
            self.limit
        } else if queue <= step {
            self.limit + beta
        } else if queue < alpha {
            self.limit + step
        } else if queue > beta {
            self.limit - step
        } else {
            self.limit
        }
    }
}

impl Limiter for Vegas {
    fn limit(&self) -> u32 {
        self.limit as u32
    }

    fn ended(&mut self, _: SimTime, end: &Ended) {
        // The source wants a latency above zero; without a round trip ours may be none.
        let latency = end.latency.max(Span::from_ns(1));
        self.since_probe += 1;
        if self.must_probe() {
            (self.since_probe, self.shortest) = (0, latency);
            self.probes = self.probes.wrapping_add(1) % 1_000_000;
        } else if self.shortest.is_zero() || latency < self.shortest {
            self.shortest = latency;
        } else {
            self.limit = self.adjusted(latency, end).clamp(1.0, f64::from(self.max));
        }
    }
}

impl Written for Vegas {
    const MEMBER: Member = Member::table(
        "vegas",
        &Spec::new(
            "vegas_concurrency",
            "from how much longer attempts take than the fastest did",
            &[
                Key::integer("initial", bounds::CONCURRENCY).or("20").doc("the limit at the start"),
                Key::integer("max", bounds::CONCURRENCY).or("1000").doc("the most it becomes"),
                Key::integer("probe", bounds::LATENCY_SAMPLES).or("30").doc(
                    "the shortest latency is taken anew every so many times the limit attempts; 0 = never",
                ),
            ],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Vegas> {
        let mut table = value.table();
        let [initial, max, probe] = ["initial", "max", "probe"].map(|key| table.integer(key) as u32);
        if table.clean() && initial > max {
            table.error_at("initial", "the limit at the start is above `max`", None);
        }
        Some(Vegas::new(initial, max, probe))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Outcome;

    fn told(vegas: &mut Vegas, latency_ms: u64, outcome: Outcome) -> u32 {
        let (latency, in_flight) = (Span::from_ms(latency_ms), vegas.limit());
        vegas.ended(SimTime::ZERO, &Ended { latency, in_flight, ..Ended::alone(Some(outcome)) });
        vegas.limit()
    }

    /// VALIDATION V24.
    #[test]
    fn v24_vegas_is_netflixs() {
        let mut vegas = Vegas::new(20, 1000, 0);
        let latencies = [[100; 6].as_slice(), &[105; 4], &[130; 6]].concat();
        let limits: Vec<u32> = latencies.iter().map(|&ms| told(&mut vegas, ms, Outcome::Ok)).collect();
        assert_eq!(limits, [20, 26, 32, 38, 44, 50, 50, 50, 50, 50, 49, 48, 47, 46, 45, 44]);
    }

    #[test]
    fn it_looks_for_a_new_shortest_latency_and_shrinks_on_failures() {
        let mut vegas = Vegas::DEFAULT;
        told(&mut vegas, 10, Outcome::Ok);
        // All answers are ten times slower now: it shrinks until it has looked again, then grows.
        let limits: Vec<u32> = (0..600).map(|_| told(&mut vegas, 100, Outcome::Ok)).collect();
        let lowest = *limits.iter().min().unwrap();
        assert!(lowest < 20 && limits[599] > 100, "{lowest}, {}", limits[599]);
        (0..5000).for_each(|_| _ = told(&mut vegas, 100, Outcome::LimitedRequest));
        assert_eq!(vegas.limit(), 1, "and not below 1");
    }
}
