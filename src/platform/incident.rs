//! Incidents on a schedule: replicas lost and restored, a model slowed down, answers that fail at random, more
//! traffic, slow cold starts.

use crate::bounds;
use crate::read::{Key, Spec, Table};
use crate::units::{SimTime, Span};
use std::cmp::Ordering;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Harm {
    /// So many ready replicas are lost with the work on them; they come back warm.
    LoseReplicas {
        /// How many; fewer if fewer are ready.
        count: u32,
    },
    /// Service takes `factor` times as long, running work included.
    Slowdown {
        /// Above 1 slower, below 1 faster.
        factor: f64,
    },
    /// This share of the attempts that arrive fails at once with a 503, whatever its colour.
    ErrorShare {
        /// In [0, 1].
        share: f64,
    },
    /// Workloads on the model send `factor` times as much. It strikes demand, not the platform, and is part of
    /// the workloads' profiles when the run begins.
    Traffic {
        /// Whose: the index of an org; `None` = everybody's.
        org: Option<u32>,
        /// How many times as much.
        factor: f64,
    },
    /// Cold starts that begin meanwhile take `factor` times as long.
    SlowColdStart {
        /// Above 1 slower, below 1 faster.
        factor: f64,
    },
}

/// Factors in force at a time: they multiply. Kept one by one, so that none leaves a residue when it ends.
#[derive(Clone, Debug, Default)]
pub struct Factors(Vec<f64>);

impl Factors {
    /// One more begins.
    pub fn begin(&mut self, factor: f64) {
        self.0.push(factor);
    }

    /// One that has begun ends.
    pub fn end(&mut self, factor: f64) {
        let place = self.0.iter().position(|&f| f == factor).expect("what ends has begun");
        self.0.remove(place);
    }

    /// Their product as it is, for shares: none is above 1.
    pub fn plain_product(&self) -> f64 {
        self.0.iter().product()
    }

    /// Their product, within [`bounds::FACTORS_TOGETHER`]; 1 without any.
    pub fn product(&self) -> f64 {
        let (least, most) = (bounds::FACTORS_TOGETHER.min, bounds::FACTORS_TOGETHER.max);
        // In logarithms, since the product of many may leave all bounds on its way to an ordinary value.
        let plain = self.plain_product();
        let product = if (least..=most).contains(&plain) {
            plain
        } else {
            self.0.iter().map(|factor| factor.ln()).sum::<f64>().exp()
        };
        product.clamp(least, most)
    }
}

/// An incident of one model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Incident {
    /// When it begins.
    pub at: SimTime,
    /// How long it lasts; [`Span::MAX`] = to the end.
    pub duration: Span,
    /// Index of the model.
    pub model: u32,
    /// What goes wrong.
    pub harm: Harm,
}

impl Incident {
    /// The order in which incidents are worked on, whatever the order of the file: by time, then model;
    /// those of one instant by kind, length and size, since who loses a replica first also gets it back.
    pub fn order(&self, other: &Incident) -> Ordering {
        let size = |incident: &Incident| match incident.harm {
            Harm::LoseReplicas { count } => (0, f64::from(count)),
            Harm::Slowdown { factor } => (1, factor),
            Harm::ErrorShare { share } => (2, share),
            Harm::SlowColdStart { factor } => (3, factor),
            Harm::Traffic { org: None, factor } => (4, factor),
            Harm::Traffic { org: Some(org), factor } => (5 + u64::from(org), factor),
        };
        let ((kind, much), (other_kind, other_much)) = (size(self), size(other));
        (self.at, self.model, kind, self.duration)
            .cmp(&(other.at, other.model, other_kind, other.duration))
            .then(much.total_cmp(&other_much))
    }
}

const LOSE_REPLICAS: Spec = Spec::new(
    "lose_replicas",
    "ready replicas are lost with the work on them, and come back warm",
    &[
        Key::integer("count", bounds::REPLICAS_LOST).doc("how many"),
        Key::span_or_unlimited("duration", bounds::INCIDENT_DURATION)
            .or("\"unlimited\"")
            .doc("until they come back"),
    ],
);
const SLOWDOWN: Spec = Spec::new(
    "slowdown",
    "service takes longer, running work included",
    &[
        Key::number("factor", bounds::SLOWDOWN).doc("how many times longer"),
        Key::span_or_unlimited("duration", bounds::INCIDENT_DURATION).or("\"unlimited\"").doc("how long"),
    ],
);

const DURATION: Key =
    Key::span_or_unlimited("duration", bounds::INCIDENT_DURATION).or("\"unlimited\"").doc("how long");
const ERROR_SHARE: Spec = Spec::new(
    "error_share",
    "a share of the attempts fails at once with a 503, at or above the rate",
    &[Key::number("share", bounds::ERROR_SHARE).doc("which share"), DURATION],
);
const TRAFFIC: Spec = Spec::new(
    "traffic",
    "workloads send more, or less",
    &[
        Key::text("org", 64).optional().doc("whose; left out, everybody's"),
        Key::number("factor", bounds::TRAFFIC).doc("how many times as much; 0 is a pause"),
        DURATION,
    ],
);
const SLOW_COLD_START: Spec = Spec::new(
    "slow_cold_start",
    "cold starts that begin meanwhile take longer",
    &[Key::number("factor", bounds::SLOWDOWN).doc("how many times longer"), DURATION],
);

/// The keys of `[[incident]]`.
pub const SPEC: Spec = Spec::new(
    "incident",
    "something that goes wrong at a known time; exactly one of its kinds",
    &[
        Key::span("at", bounds::AT).doc("when it begins"),
        Key::text("model", 200).optional().doc("the model it strikes; left out, every model"),
        Key::table("lose_replicas", &LOSE_REPLICAS).optional().doc("replicas are lost"),
        Key::table("slowdown", &SLOWDOWN).optional().doc("the model slows down"),
        Key::table("error_share", &ERROR_SHARE).optional().doc("attempts fail at random"),
        Key::table("traffic", &TRAFFIC).optional().doc("there is more traffic"),
        Key::table("slow_cold_start", &SLOW_COLD_START).optional().doc("cold starts take longer"),
    ],
);

/// Read what goes wrong, when and for how long, and the org whose traffic it is, if it names one; whom these
/// names are is the caller's.
pub fn read(table: &mut Table) -> (Incident, Option<String>) {
    let at = SimTime::ZERO + table.span("at");
    let mut org = None;
    let mut found = Vec::new();
    if let Some(mut t) = table.opt_table("lose_replicas") {
        found.push((Harm::LoseReplicas { count: t.integer("count") as u32 }, t.span("duration")));
    }
    if let Some(mut t) = table.opt_table("slowdown") {
        found.push((Harm::Slowdown { factor: t.number("factor") }, t.span("duration")));
    }
    if let Some(mut t) = table.opt_table("error_share") {
        found.push((Harm::ErrorShare { share: t.number("share") }, t.span("duration")));
    }
    if let Some(mut t) = table.opt_table("traffic") {
        org = t.opt_text("org");
        found.push((Harm::Traffic { org: None, factor: t.number("factor") }, t.span("duration")));
    }
    if let Some(mut t) = table.opt_table("slow_cold_start") {
        found.push((Harm::SlowColdStart { factor: t.number("factor") }, t.span("duration")));
    }
    if found.len() != 1 {
        let message = "an incident has exactly one of `lose_replicas`, `slowdown`, `error_share`, `traffic` and \
                       `slow_cold_start`";
        table.error_here(message, None);
    }
    let (harm, duration) = found.pop().unwrap_or((Harm::Slowdown { factor: 1.0 }, Span::MAX));
    (Incident { at, duration, model: 0, harm }, org)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_multiply_and_leave_no_residue() {
        let mut factors = Factors::default();
        assert_eq!(factors.product(), 1.0);
        let values = [0.1, 3.0, 7.7];
        values.iter().for_each(|&f| factors.begin(f));
        assert_eq!(factors.product(), 0.1 * 3.0 * 7.7);
        values.iter().for_each(|&f| factors.end(f));
        assert_eq!(factors.product(), 1.0);
    }

    #[test]
    fn any_number_of_extreme_factors_stays_a_number() {
        let mut factors = Factors::default();
        (0..200).for_each(|_| factors.begin(1e9));
        assert_eq!(factors.product(), 1e12);
        (0..200).for_each(|_| factors.begin(1e-9));
        assert!((factors.product() - 1.0).abs() < 1e-9, "{}", factors.product());
        (0..200).for_each(|_| factors.end(1e9));
        assert_eq!(factors.product(), 1e-9);
    }
}
