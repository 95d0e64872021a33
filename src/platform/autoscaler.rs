//! Autoscalers: how many replicas a model should have. `fixed` keeps what it has; `predictive` forecasts.

use crate::bounds;
use crate::dist::{Dist, Law as _, Seconds, TIMES};
use crate::read::{Family, Key, Member, Spec, Table};
use crate::units::{SimTime, Span};

/// How a model's fleet is sized.
#[derive(Clone, Debug)]
pub enum Autoscaler {
    /// The configured number, always.
    Fixed,
    /// Holt's forecast of demand, one cold start ahead.
    Predictive(Predictive),
}

static FIXED: Spec = Spec::new("fixed", "the configured number of replicas, always", &[]);
static PREDICTIVE: Spec = Spec::new(
    "predictive",
    "forecasts demand one cold start ahead and scales to meet it",
    &[
        Key::integer("min", bounds::REPLICAS).or("1").doc("fewest replicas"),
        Key::integer("max", bounds::REPLICAS).doc("most replicas"),
        Key::one_of("cold_start", &TIMES)
            .or("{ lognormal = { median = \"115 s\", sigma = 0.25 } }")
            .doc("time from the decision to a ready replica"),
        Key::span("horizon", bounds::COOLDOWN)
            .optional()
            .doc("how far ahead; left out, the median cold start"),
        Key::span("interval", bounds::LOOK).or("\"10 s\"").doc("time between looks"),
        Key::number("alpha", bounds::WEIGHT).or("0.3").doc("smoothing of the level"),
        Key::number("beta", bounds::WEIGHT).or("0.1").doc("smoothing of the trend"),
        Key::number("z", bounds::Z).or("1.0").doc("standard units of error to provide for"),
        Key::number("headroom", bounds::HEADROOM).or("0.2").doc("spare share on top of the forecast"),
        Key::number("target", bounds::TARGET).or("0.7").doc("utilisation to aim at"),
        Key::span("cooldown", bounds::COOLDOWN)
            .or("\"60 s\"")
            .doc("after a change of size, how long scale-in is held back"),
    ],
);

/// All autoscalers, as a scenario names them.
pub static AUTOSCALERS: Family = Family::new(
    "autoscaler",
    "how many replicas a model has",
    &[Member::table("fixed", &FIXED), Member::table("predictive", &PREDICTIVE)],
);

impl Autoscaler {
    /// Read the key `autoscaler` of a model that starts with `replicas`.
    pub fn read(table: &mut Table, replicas: u32) -> Autoscaler {
        let Some(chosen) = table.tagged("autoscaler") else { return Autoscaler::Fixed };
        let is_fixed = chosen.tag == "fixed";
        let mut t = chosen.table();
        if is_fixed { Autoscaler::Fixed } else { Autoscaler::Predictive(Predictive::read(&mut t, replicas)) }
    }

    /// Time between looks, if it looks at all.
    pub fn interval(&self) -> Option<Span> {
        match self {
            Autoscaler::Fixed => None,
            Autoscaler::Predictive(p) => Some(p.interval),
        }
    }
}

/// Parameters of the predictive autoscaler.
///
/// Every `interval`, x = attempts per second since the last look. Level and trend follow Holt's linear method
/// (Holt 1957), σ the absolute one-step error; wanted = ⌈(forecast + z·σ)(1 + headroom) ÷ (K₁·target)⌉, K₁
/// what one saturated replica completes per second, the forecast one median cold start ahead.
#[derive(Clone, Debug)]
pub struct Predictive {
    /// Fewest replicas.
    pub min: u32,
    /// Most replicas.
    pub max: u32,
    /// Time from the decision to a ready replica, in seconds.
    pub cold_start: Dist,
    /// How far ahead to forecast: the median cold start.
    pub horizon: Span,
    /// Time between looks.
    pub interval: Span,
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
    /// After a change of size, how long scale-in is held back.
    pub cooldown: Span,
}

impl Predictive {
    fn read(t: &mut Table, replicas: u32) -> Predictive {
        let [min, max] = ["min", "max"].map(|key| t.integer(key) as u32);
        let cold_start = Dist::of::<Seconds>(t.tagged("cold_start"));
        let median = || Span::from_secs_f64(cold_start.median());
        let horizon = t.opt_span("horizon").unwrap_or_else(median);
        let interval = t.span("interval");
        let [alpha, beta, z] = ["alpha", "beta", "z"].map(|key| t.number(key));
        let [headroom, target] = ["headroom", "target"].map(|key| t.number(key));
        let cooldown = t.span("cooldown");
        if t.clean() && min > max {
            t.error_at("min", "`min` is above `max`", None);
        } else if t.clean() && !(min..=max).contains(&replicas) {
            let message = format!("the model starts with {replicas} replicas, outside `min` to `max`");
            t.error_here(message, Some("set the model's `replicas` within them".into()));
        }
        Predictive { min, max, cold_start, horizon, interval, alpha, beta, z, headroom, target, cooldown }
    }
}

/// Weight of the newest absolute error in σ.
const ERROR_WEIGHT: f64 = 0.1;

/// Holt's linear forecast with its running error.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Forecast {
    seen: bool,
    level: f64,
    trend: f64,
    sigma: f64,
}

impl Forecast {
    /// Take in the newest rate; the first sets the level.
    pub fn observe(&mut self, x: f64, alpha: f64, beta: f64) {
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
    pub fn ahead(&self, steps: f64) -> f64 {
        (self.level + steps * self.trend).max(0.0)
    }
}

/// The running state of a predictive autoscaler.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scaling {
    forecast: Forecast,
    arrived: u64,
    changed: Option<SimTime>,
}

/// What to do with the fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Leave it.
    Keep,
    /// Start so many.
    Grow(u32),
    /// Give up so many.
    Shrink(u32),
}

impl Scaling {
    /// Count an attempt's arrival.
    #[inline]
    pub fn arrival(&mut self) {
        self.arrived += 1;
    }

    /// The forecast in attempts per second.
    pub fn forecast(&self, p: &Predictive) -> f64 {
        self.forecast.ahead(p.horizon.as_secs_f64() / p.interval.as_secs_f64())
    }

    /// Look: `current` replicas are ready or starting, one of them completes `per_replica_rps` at saturation.
    pub fn look(&mut self, now: SimTime, p: &Predictive, current: u32, per_replica_rps: f64) -> Decision {
        let arrived = std::mem::take(&mut self.arrived);
        self.forecast.observe(arrived as f64 / p.interval.as_secs_f64(), p.alpha, p.beta);
        let load = (self.forecast(p) + p.z * self.forecast.sigma) * (1.0 + p.headroom);
        let wanted = (load / (per_replica_rps * p.target)).ceil().min(f64::from(p.max)) as u32;
        let wanted = wanted.max(u32::from(arrived > 0)).clamp(p.min, p.max);
        let held = self.changed.is_some_and(|at| now.saturating_since(at) < p.cooldown);
        let decision = match wanted {
            w if w > current => Decision::Grow(w - current),
            w if w < current && !held => Decision::Shrink(current - w),
            _ => Decision::Keep,
        };
        if decision != Decision::Keep {
            self.changed = Some(now);
        }
        decision
    }
}
