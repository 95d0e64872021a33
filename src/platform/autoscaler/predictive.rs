//! Forecasts demand, and scales to meet it one cold start ahead.

use super::decision::{Decision, Seen};
use super::scaler::{Scaler, Written};
use super::sizing::{COLD_START, COOLDOWN, INTERVAL, MAX, MIN, Sizing};
use crate::bounds;
use crate::dist::Law as _;
use crate::read::{Key, Member, Spec, Tagged};
use crate::units::{SimTime, Span};

/// Every `interval`, x = attempts per second since the last look. Level and trend follow Holt's linear method
/// (Holt 1957), σ the absolute one-step error; wanted = ⌈(forecast + z·σ)(1 + headroom) ÷ (K₁·target)⌉, K₁
/// what one saturated replica completes per second, the forecast one median cold start ahead.
#[derive(Clone, Debug)]
pub struct Predictive {
    sizing: Sizing,
    /// How far ahead to forecast.
    pub horizon: Span,
    /// Smoothing of the level, in (0, 1].
    pub alpha: f64,
    /// Smoothing of the trend, in [0, 1].
    pub beta: f64,
    /// Errors' standard units to add.
    pub z: f64,
    /// Spare share on top of the forecast.
    pub headroom: f64,
    /// Utilisation to aim at, in (0, 1].
    pub target: f64,
    forecast: Forecast,
}

impl Predictive {
    /// The rate expected at the horizon.
    fn ahead(&self) -> f64 {
        self.forecast.ahead(self.horizon.as_secs_f64() / self.sizing.interval.as_secs_f64())
    }
}

impl Scaler for Predictive {
    fn sizing(&self) -> Option<&Sizing> {
        Some(&self.sizing)
    }

    fn forecast(&self) -> Option<f64> {
        Some(self.ahead())
    }

    fn look(&mut self, now: SimTime, seen: &Seen) -> Decision {
        let x = seen.arrived as f64 / self.sizing.interval.as_secs_f64();
        self.forecast.observe(x, self.alpha, self.beta);
        let load = (self.ahead() + self.z * self.forecast.sigma) * (1.0 + self.headroom);
        let replicas = load / (seen.per_replica_rps * self.target);
        // The averages fade for ever: what is next to nothing keeps no replica.
        let wanted =
            if replicas < NOTHING { 0.0 } else { replicas.ceil().min(f64::from(self.sizing.max)) } as u32;
        let wanted = wanted.max(u32::from(seen.arrived > 0));
        self.sizing.decide(now, self.sizing.within(wanted), seen.current)
    }
}

impl Written<u32> for Predictive {
    const MEMBER: Member = Member::table(
        "predictive",
        &Spec::new(
            "predictive",
            "forecasts demand one cold start ahead and scales to meet it",
            &[
                MIN,
                MAX,
                COLD_START,
                Key::span("horizon", bounds::COOLDOWN)
                    .optional()
                    .doc("how far ahead; left out, the median cold start"),
                INTERVAL,
                Key::number("alpha", bounds::WEIGHT).or("0.3").doc("smoothing of the level"),
                Key::number("beta", bounds::WEIGHT).or("0.1").doc("smoothing of the trend"),
                Key::number("z", bounds::Z).or("1.0").doc("standard units of error to provide for"),
                Key::number("headroom", bounds::HEADROOM).or("0.2").doc("spare share on top of the forecast"),
                Key::number("target", bounds::TARGET).or("0.7").doc("utilisation to aim at"),
                COOLDOWN.or("\"60 s\""),
            ],
        ),
    );

    fn read(value: Tagged<'_>, replicas: u32) -> Option<Predictive> {
        let mut t = value.table();
        let mut sizing = Sizing::read(&mut t);
        let median = || Span::from_secs_f64(sizing.cold_start.median());
        let horizon = t.opt_span("horizon").unwrap_or_else(median);
        sizing.interval = t.span("interval");
        let [alpha, beta, z] = ["alpha", "beta", "z"].map(|key| t.number(key));
        let [headroom, target] = ["headroom", "target"].map(|key| t.number(key));
        sizing.finish(&mut t, replicas);
        let forecast = Forecast::default();
        Some(Predictive { sizing, horizon, alpha, beta, z, headroom, target, forecast })
    }
}

/// So small a part of a replica is none, so that a model can scale to zero: an assumption.
const NOTHING: f64 = 1e-3;

/// Weight of the newest absolute error in σ.
const ERROR_WEIGHT: f64 = 0.1;

/// Holt's linear forecast with its running error.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Forecast {
    seen: bool,
    level: f64,
    trend: f64,
    sigma: f64,
}

impl Forecast {
    /// Take in the newest rate; the first sets the level.
    fn observe(&mut self, x: f64, alpha: f64, beta: f64) {
        if !self.seen {
            *self = Forecast { seen: true, level: x, trend: 0.0, sigma: 0.0 };
            return;
        }
        let expected = self.level + self.trend;
        let level = alpha * x + (1.0 - alpha) * expected;
        self.trend = beta * (level - self.level) + (1.0 - beta) * self.trend;
        self.sigma += ERROR_WEIGHT * ((x - expected).abs() - self.sigma);
        self.level = level;
    }

    /// The rate expected `steps` looks ahead, never below zero.
    fn ahead(&self, steps: f64) -> f64 {
        (self.level + steps * self.trend).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holt_on_literal_numbers() {
        let mut forecast = Forecast::default();
        forecast.observe(10.0, 0.3, 0.1);
        assert_eq!(forecast, Forecast { seen: true, level: 10.0, trend: 0.0, sigma: 0.0 });
        forecast.observe(20.0, 0.3, 0.1);
        // Level .3·20 + .7·10, trend .1·3, error .1·10.
        assert!((forecast.level - 13.0).abs() < 1e-12 && (forecast.trend - 0.3).abs() < 1e-12);
        assert!((forecast.sigma - 1.0).abs() < 1e-12);
        assert!((forecast.ahead(11.5) - (13.0 + 11.5 * 0.3)).abs() < 1e-12);
        forecast.observe(0.0, 0.3, 0.1);
        // Expected 13.3: level .7·13.3, trend .1·(9.31 − 13) + .9·.3, error 1 + .1·(13.3 − 1).
        assert!((forecast.level - 9.31).abs() < 1e-12 && (forecast.trend + 0.099).abs() < 1e-12);
        assert!((forecast.sigma - 2.23).abs() < 1e-12);
        assert_eq!(forecast.ahead(1000.0), 0.0, "never below zero");
    }
}
