//! What the platform wants done.

use super::attempt::Id;
use crate::reply::Reply;
use crate::units::{SimTime, Span};

/// What must happen because of what just happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// Service of an attempt began; call [`Platform::complete`](super::Platform::complete) at `at`.
    Started {
        /// The attempt.
        id: Id,
        /// When its service ends.
        at: SimTime,
        /// Goes with the call.
        version: u16,
        /// How long it has waited; `None` of work for spare capacity, which has no wait to speak of.
        waited: Option<Span>,
    },
    /// An attempt's service ends at another instant than was said; the earlier call is void.
    Moved {
        /// The attempt.
        id: Id,
        /// When its service ends now.
        at: SimTime,
        /// Goes with the call.
        version: u16,
    },
    /// Something happens on a replica that batches at `at`; call [`Platform::turn`](super::Platform::turn). What was
    /// said of it before is void.
    Turn {
        /// The model.
        model: u32,
        /// The replica.
        replica: u32,
        /// Counts how often that was said of the replica.
        version: u8,
        /// When.
        at: SimTime,
    },
    /// An attempt that waited or was in service failed, and has left the platform; one that fails on arrival is answered
    /// by [`Platform::arrive`](super::Platform::arrive).
    Failed {
        /// The attempt.
        id: Id,
        /// What its client is told.
        reply: Reply,
    },
    /// Call [`Platform::drop_expired`](super::Platform::drop_expired) at `at`.
    DropTimer {
        /// The model.
        model: u32,
        /// When.
        at: SimTime,
    },
    /// A cold start is over at `at`; call [`Platform::replica_ready`](super::Platform::replica_ready).
    Ready {
        /// The model.
        model: u32,
        /// The replica.
        replica: u32,
        /// When.
        at: SimTime,
    },
}
