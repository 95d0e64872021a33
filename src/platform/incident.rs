//! Incidents on a schedule: replicas lost and restored, a model slowed down.

use crate::units::{SimTime, Span};

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
