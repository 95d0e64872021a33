//! A concurrency limit from how much longer attempts take than they used to.

use super::Limiter;
use crate::bounds;
use crate::client::part::{Ended, Written};
use crate::read::{Key, Member, Spec, Tagged};
use crate::units::{SimTime, Span};

/// Samples whose plain mean starts the long average (Netflix/concurrency-limits `Gradient2Limit`).
const WARMUP: u32 = 10;

/// limit ← (1 − smoothing)·limit + smoothing·(gradient·limit + queue), gradient = tolerance·(long average ÷ latency)
/// within [1/2, 1], while at least half of it is in use (Netflix/concurrency-limits `Gradient2Limit`). Failures have no
/// say but through their latency, as in the source: a platform that refuses at once looks fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gradient2 {
    parameters: Parameters,
    limit: f64,
    /// The long average, in nanoseconds.
    long_ns: f64,
    samples: u32,
}

/// The constants of [`Gradient2`].
#[derive(Clone, Copy, Debug, PartialEq)]
struct Parameters {
    min: u32,
    max: u32,
    queue: u32,
    tolerance: f64,
    smoothing: f64,
    window: u32,
}

impl Gradient2 {
    /// The source's defaults.
    pub const DEFAULT: Gradient2 = Gradient2::new(
        20,
        Parameters { min: 20, max: 200, queue: 4, tolerance: 1.5, smoothing: 0.2, window: 600 },
    );

    const fn new(initial: u32, parameters: Parameters) -> Gradient2 {
        Gradient2 { parameters, limit: initial as f64, long_ns: 0.0, samples: 0 }
    }

    fn average(&mut self, latency_ns: f64) -> f64 {
        let weight = if self.samples < WARMUP {
            self.samples += 1;
            1.0 / f64::from(self.samples)
        } else {
            2.0 / (f64::from(self.parameters.window) + 1.0)
        };
        self.long_ns += weight * (latency_ns - self.long_ns);
        self.long_ns
    }
}

impl Limiter for Gradient2 {
    fn limit(&self) -> u32 {
        self.limit as u32
    }

    fn ended(&mut self, _: SimTime, end: &Ended) {
        let Parameters { min, max, queue, tolerance, smoothing, .. } = self.parameters;
        let short_ns = end.latency.max(Span::from_ns(1)).as_ns() as f64;
        let long_ns = self.average(short_ns);
        if long_ns / short_ns > 2.0 {
            // Back to normal after a long time of load.
            self.long_ns *= 0.95;
        }
        if f64::from(end.in_flight) < self.limit / 2.0 {
            return;
        }
        let gradient = (tolerance * long_ns / short_ns).clamp(0.5, 1.0);
        let aim = gradient * self.limit + f64::from(queue);
        self.limit = ((1.0 - smoothing) * self.limit + smoothing * aim).clamp(min.into(), max.into());
    }
}

impl Written for Gradient2 {
    const MEMBER: Member = Member::table(
        "gradient2",
        &Spec::new(
            "gradient2_concurrency",
            "from how much longer attempts take than they used to",
            &[
                Key::integer("initial", bounds::CONCURRENCY).or("20").doc("the limit at the start"),
                Key::integer("min", bounds::CONCURRENCY).or("20").doc("the least it becomes"),
                Key::integer("max", bounds::CONCURRENCY).or("200").doc("the most"),
                Key::integer("queue", bounds::QUEUED).or("4").doc("attempts that may queue at the platform"),
                Key::number("tolerance", bounds::LATENCY_TOLERANCE)
                    .or("1.5")
                    .doc("how many times the long average an attempt may take"),
                Key::number("smoothing", bounds::WEIGHT).or("0.2").doc("what a new limit weighs"),
                Key::integer("window", bounds::LATENCY_SAMPLES)
                    .or("600")
                    .doc("attempts the long average covers"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Gradient2> {
        let mut table = value.table();
        let [initial, min, max] = super::bounded(&mut table);
        let [queue, window] = ["queue", "window"].map(|key| table.integer(key) as u32);
        let [tolerance, smoothing] = ["tolerance", "smoothing"].map(|key| table.number(key));
        let window = window.max(1);
        Some(Gradient2::new(initial, Parameters { min, max, queue, tolerance, smoothing, window }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Outcome;

    /// VALIDATION V24.
    #[test]
    fn v24_gradient2_is_netflixs() {
        let mut gradient = Gradient2::DEFAULT;
        let mut told = |ms| {
            let (latency, in_flight) = (Span::from_ms(ms), gradient.limit() + 1);
            gradient.ended(SimTime::ZERO, &Ended { latency, in_flight, ..Ended::alone(Some(Outcome::Ok)) });
            gradient.limit
        };
        for sample in 1..=20 {
            let (limit, expected) = (told(100), 20.0 + 0.8 * f64::from(sample));
            assert!((limit - expected).abs() < 1e-9, "{limit} against {expected}");
        }
        let listed = [33.224, 30.7457, 28.5323, 26.5547, 24.787, 23.2065, 21.7929, 20.5283, 20.0, 20.0];
        for expected in listed {
            let limit = told(300);
            assert!((limit - expected).abs() < 1e-3, "{limit} against {expected}");
        }
    }

    #[test]
    fn what_is_hardly_used_does_not_grow() {
        let mut gradient = Gradient2::DEFAULT;
        let end = Ended { latency: Span::from_ms(100), ..Ended::alone(Some(Outcome::Ok)) };
        gradient.ended(SimTime::ZERO, &Ended { in_flight: 9, ..end });
        assert_eq!(gradient.limit, 20.0);
        gradient.ended(SimTime::ZERO, &Ended { in_flight: 10, ..end });
        assert_eq!(gradient.limit, 20.8);
    }
}
