//! What autoscalers that look have in common: bounds, cold start, interval, cooldown.

use super::decision::Decision;
use crate::bounds;
use crate::dist::{Dist, Seconds, TIMES};
use crate::read::{Key, Table};
use crate::units::{SimTime, Span};

pub(super) const MIN: Key = Key::integer("min", bounds::REPLICAS).or("1").doc("fewest replicas");
pub(super) const MAX: Key = Key::integer("max", bounds::REPLICAS).doc("most replicas");
pub(super) const COLD_START: Key = Key::one_of("cold_start", &TIMES)
    .or("{ lognormal = { median = \"115 s\", sigma = 0.25 } }")
    .doc("time from the decision to a ready replica");
pub(super) const INTERVAL: Key = Key::span("interval", bounds::LOOK).or("\"10 s\"").doc("time between looks");
pub(super) const COOLDOWN: Key =
    Key::span("cooldown", bounds::COOLDOWN).doc("after a change of size, how long scale-in is held back");

/// The bounds of a fleet, and when it may change.
#[derive(Clone, Debug)]
pub struct Sizing {
    /// Fewest replicas.
    pub min: u32,
    /// Most replicas.
    pub max: u32,
    /// Time from the decision to a ready replica, in seconds.
    pub cold_start: Dist,
    /// Time between looks.
    pub interval: Span,
    /// After a change of size, how long scale-in is held back.
    pub cooldown: Span,
    changed: Option<SimTime>,
}

impl Sizing {
    /// Read the bounds and the cold start; its kind reads the interval, [`Sizing::finish`] the rest.
    pub(super) fn read(t: &mut Table) -> Sizing {
        let [min, max] = ["min", "max"].map(|key| t.integer(key) as u32);
        let cold_start = Dist::of::<Seconds>(t.tagged("cold_start"));
        Sizing { min, max, cold_start, interval: Span::ZERO, cooldown: Span::ZERO, changed: None }
    }

    /// Read the cooldown, and see that the model's first `replicas` are within the bounds.
    pub(super) fn finish(&mut self, t: &mut Table, replicas: u32) {
        self.cooldown = t.span("cooldown");
        let (min, max) = (self.min, self.max);
        if t.clean() && min > max {
            t.error_at("min", "`min` is above `max`", None);
        } else if t.clean() && !(min..=max).contains(&replicas) {
            let message = format!("the model starts with {replicas} replicas, outside `min` to `max`");
            t.error_here(message, Some("set the model's `replicas` within them".into()));
        }
    }

    /// The nearest size within the bounds.
    pub(super) fn within(&self, wanted: u32) -> u32 {
        wanted.clamp(self.min, self.max)
    }

    /// From `current` replicas to those `wanted`, unless that is scale-in and too soon.
    pub(super) fn decide(&mut self, now: SimTime, wanted: u32, current: u32) -> Decision {
        let held = self.changed.is_some_and(|at| now.saturating_since(at) < self.cooldown);
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
