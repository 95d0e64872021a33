//! The AWS SDKs' adaptive mode: a token bucket whose rate follows a cubic curve.

use super::Pacer;
use crate::bounds;
use crate::client::part::{Ended, Written};
use crate::read::{Key, Member, Spec, Tagged};
use crate::units::{Quantity, Rate, SimTime, Span};

/// Time between looks at the measured rate, in seconds (botocore `RateClocker`).
const LOOK_S: f64 = 0.5;
/// What a new measurement weighs (botocore `RateClocker`).
const SMOOTHING: f64 = 0.8;
/// The rate is at most so many times the measured one (botocore `ClientRateLimiter`).
const GROWTH: f64 = 2.0;

/// Sends freely until the first 429; from then on by a token bucket whose rate is set at every answer: after a 429
/// to `beta` of the lesser of the measured rate and its own, after any other answer to scale·(t − K)³ + w_max, t
/// since the last 429; never above twice the measured rate nor below `min` (botocore 1.44 `retries/adaptive.py`,
/// `throttling.py`, `bucket.py`; CUBIC, RFC 9438).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cubic {
    curve: Curve,
    meter: Meter,
    bucket: Bucket,
    throttled: bool,
}

impl Cubic {
    /// A client before its first 429.
    pub const fn new(beta: f64, scale: f64, min: Rate) -> Cubic {
        let curve = Curve { beta, scale, w_max: 0.0, last_fail_s: 0.0 };
        let bucket = Bucket { min: min.per_s(), rate: 1.0, full: 1.0, held: 0.0, at: SimTime::ZERO };
        Cubic { curve, meter: Meter { rate: 0.0, count: 0, since_s: 0.0 }, bucket, throttled: false }
    }
}

/// The cubic curve.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Curve {
    beta: f64,
    scale: f64,
    w_max: f64,
    last_fail_s: f64,
}

impl Curve {
    /// K, after which the rate is what it was before the last cut.
    fn k(&self) -> f64 {
        (self.w_max * (1.0 - self.beta) / self.scale).cbrt()
    }

    fn rate(&self, now_s: f64) -> f64 {
        self.scale * (now_s - self.last_fail_s - self.k()).powi(3) + self.w_max
    }

    fn fail(&mut self, rate: f64, now_s: f64) -> f64 {
        (self.w_max, self.last_fail_s) = (rate, now_s);
        self.beta * rate
    }
}

/// The rate of answers, per second.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Meter {
    rate: f64,
    count: u32,
    since_s: f64,
}

impl Meter {
    fn count(&mut self, now_s: f64) -> f64 {
        let look_s = (now_s / LOOK_S).floor() * LOOK_S;
        self.count += 1;
        if look_s > self.since_s {
            let rate = f64::from(self.count) / (look_s - self.since_s);
            self.rate = SMOOTHING * rate + (1.0 - SMOOTHING) * self.rate;
            (self.count, self.since_s) = (0, look_s);
        }
        self.rate
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Bucket {
    min: f64,
    rate: f64,
    full: f64,
    held: f64,
    at: SimTime,
}

impl Bucket {
    fn fill(&mut self, now: SimTime) {
        let passed_s = now.saturating_since(self.at).as_secs_f64();
        self.held = (self.held + self.rate * passed_s).min(self.full);
        self.at = now;
    }

    fn set(&mut self, now: SimTime, rate: f64) {
        self.fill(now);
        self.rate = rate.max(self.min);
        self.full = rate.max(1.0);
        self.held = self.held.min(self.full);
    }
}

impl Pacer for Cubic {
    fn slot(&mut self, now: SimTime, _: u32) -> SimTime {
        if !self.throttled {
            return now;
        }
        self.bucket.fill(now);
        now.saturating_add(Span::from_secs_f64((1.0 - self.bucket.held) / self.bucket.rate))
    }

    fn sent(&mut self, now: SimTime, _: u32) {
        if self.throttled {
            self.bucket.fill(now);
            self.bucket.held -= 1.0;
        }
    }

    fn ended(&mut self, now: SimTime, end: &Ended) {
        let now_s = now.as_secs_f64();
        let measured = self.meter.count(now_s);
        let rate = if end.limited() {
            let rate = if self.throttled { measured.min(self.bucket.rate) } else { measured };
            self.throttled = true;
            self.curve.fail(rate, now_s)
        } else {
            self.curve.rate(now_s)
        };
        self.bucket.set(now, rate.min(GROWTH * measured));
    }
}

impl Written for Cubic {
    const MEMBER: Member = Member::table(
        "cubic",
        &Spec::new(
            "cubic_pacing",
            "free until the first 429, then a token bucket on a cubic curve, as in the AWS SDKs' adaptive mode",
            &[
                Key::number("beta", bounds::CUT).or("0.7").doc("what a 429 leaves of the rate"),
                Key::number("scale", bounds::CUBIC).or("0.4").doc("how fast it grows, per s² of distance"),
                Key::rate("min", Quantity::Requests, bounds::PACE)
                    .or("\"0.5/s\"")
                    .doc("the least it becomes"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Cubic> {
        let mut table = value.table();
        Some(Cubic::new(table.number("beta"), table.number("scale"), table.rate("min")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Outcome;

    /// VALIDATION V15.
    #[test]
    fn v15_the_curve_is_botocores() {
        let curve = Curve { beta: 0.7, scale: 0.4, w_max: 10.0, last_fail_s: 5.0 };
        assert!((curve.k() - 1.957434).abs() < 1e-6, "{}", curve.k());
        for (t, expected) in (5..).zip([7.0, 9.648936, 10.000031, 10.453285, 13.408697]) {
            let rate = curve.rate(f64::from(t));
            assert!((rate - expected).abs() < 1e-6, "{rate} against {expected} at {t}");
        }
    }

    /// Ten answers per second, of which every tenth from 3 s on is a 429; beside what botocore 1.44.8's own
    /// `ClientRateLimiter`, `CubicCalculator`, `RateClocker` and `TokenBucket` made of them on a clock set by hand.
    #[test]
    fn v15_the_whole_limiter_is_botocores() {
        let mut cubic = Cubic::new(0.7, 0.4, Rate::from_per_s(0.5));
        let mut rates = Vec::new();
        for i in 1..=60u64 {
            let now = SimTime::from_ns(i * 100_000_000);
            let limited = i >= 30 && i % 10 == 0;
            let outcome = if limited { Outcome::LimitedRequest } else { Outcome::Ok };
            cubic.ended(now, &Ended::alone(Some(outcome)));
            if [29, 30, 31, 39, 40, 45, 50, 60].contains(&i) {
                rates.push((i, cubic.bucket.rate, cubic.bucket.full, cubic.bucket.held));
            }
        }
        for (found, expected) in rates.iter().zip(BOTOCORE) {
            let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
            assert!(
                found.0 == expected.0
                    && near(found.1, expected.1)
                    && near(found.2, expected.2)
                    && near(found.3, expected.3),
                "{found:?} against {expected:?}"
            );
        }
        assert_eq!(rates.len(), BOTOCORE.len());
    }

    /// (answer, rate, capacity, held).
    const BOTOCORE: [(u64, f64, f64, f64); 8] = [
        (29, 9.7556, 9.7556, 7.07244),
        (30, 6.999552, 6.999552, 6.999552),
        (31, 7.436229336972, 7.436229336972, 6.999552),
        (39, 9.526461291954, 9.526461291954, 9.379203230714),
        (40, 6.668522904368, 6.668522904368, 6.668522904368),
        (45, 8.366479925584, 8.366479925584, 8.104938225886),
        (50, 6.366078741152, 6.366078741152, 6.366078741152),
        (60, 6.089036766407, 6.089036766407, 6.089036766407),
    ];
}
