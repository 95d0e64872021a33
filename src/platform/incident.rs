//! Incidents on a schedule: replicas lost and restored, a model slowed down.

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

/// The keys of `[[incident]]`.
pub const SPEC: Spec = Spec::new(
    "incident",
    "something that goes wrong at a known time; exactly one of its kinds",
    &[
        Key::span("at", bounds::AT).doc("when it begins"),
        Key::text("model", 200).optional().doc("the model it strikes; left out, every model"),
        Key::table("lose_replicas", &LOSE_REPLICAS).optional().doc("replicas are lost"),
        Key::table("slowdown", &SLOWDOWN).optional().doc("the model slows down"),
    ],
);

/// Read what goes wrong, when and for how long; whom it strikes is the caller's.
pub fn read(table: &mut Table) -> Incident {
    let at = SimTime::ZERO + table.span("at");
    let lost = table
        .opt_table("lose_replicas")
        .map(|mut t| (Harm::LoseReplicas { count: t.integer("count") as u32 }, t.span("duration")));
    let slowed = table
        .opt_table("slowdown")
        .map(|mut t| (Harm::Slowdown { factor: t.number("factor") }, t.span("duration")));
    if lost.is_some() == slowed.is_some() {
        let message = "an incident has exactly one of `lose_replicas` and `slowdown`";
        table.error_here(message, None);
    }
    let (harm, duration) = lost.or(slowed).unwrap_or((Harm::Slowdown { factor: 1.0 }, Span::MAX));
    Incident { at, duration, model: 0, harm }
}
