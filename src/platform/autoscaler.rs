//! Autoscalers: how many replicas a model should have. `fixed` keeps what it has; `predictive` forecasts.

use crate::dist::Dist;
use crate::units::{SimTime, Span};

/// How a model's fleet is sized.
#[derive(Clone, Debug)]
pub enum Autoscaler {
    /// The configured number, always.
    Fixed,
    /// Holt's forecast of demand, one cold start ahead.
    Predictive(Predictive),
}

impl Autoscaler {
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
