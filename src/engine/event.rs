//! The events of a run and their order at one instant.

use super::queue::Classed;
use crate::chain::Id;

/// Everything that can happen. Eight bytes, `Copy`: an event names things by number and holds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A cold start is over.
    ReplicaReady {
        /// The model.
        model: u16,
        /// The replica.
        replica: u32,
    },
    /// An incident begins.
    IncidentBegins(u32),
    /// An incident ends.
    IncidentEnds(u32),
    /// Service of an attempt ends, unless that instant has moved.
    Completion {
        /// The attempt.
        id: Id,
        /// The version of its schedule.
        version: u16,
    },
    /// Something happens on a replica that batches, unless that instant has moved.
    Turn {
        /// The model.
        model: u16,
        /// The replica.
        replica: u32,
        /// The version of what was said of it.
        version: u8,
    },
    /// A model's autoscaler looks.
    Tick(u16),
    /// An answer reaches a client whose requests share something.
    Reply(Id),
    /// A stream's next request is born (or, of an independent client, reaches the platform): never in the queue, for
    /// the streams have their own.
    Arrival(u32),
    /// A user of a workload has thought, and asks.
    Thought(u32),
    /// A request wants to be sent: again, or by its fallback.
    Ask(Id),
    /// The gate of a workload's client may open.
    Gate(u32),
    /// A hedged request may send its next attempt.
    Hedge(Id),
    /// A workload's batch file may have been open for its time.
    FileCloses(u32),
    /// A batch job reaches the platform.
    JobArrives(u32),
    /// A request's next attempt reaches the platform.
    Send(Id),
    /// The drop timer of a model's buffer rings.
    Drop(u16),
    /// The oldest open attempt of a workload may have timed out.
    Timeout(u32),
    /// The oldest open request of a workload may have reached its deadline.
    Deadline(u32),
    /// The platform learns that an attempt's client is gone.
    Disconnect(Id),
}

/// The class of arrivals.
pub const ARRIVALS: usize = 4;

impl Classed for Event {
    /// Answers to clients, replica changes, completions, ticks, arrivals, retries, drops from the buffer, client timeouts: the
    /// deadlines of requests before the timeouts of attempts.
    #[inline]
    fn class(&self) -> usize {
        match self {
            Event::Reply(_) => 0,
            Event::ReplicaReady { .. } | Event::IncidentBegins(_) | Event::IncidentEnds(_) => 1,
            Event::Completion { .. } | Event::Turn { .. } => 2,
            Event::Tick(_) => 3,
            Event::Arrival(_) | Event::Thought(_) => ARRIVALS,
            Event::Ask(_) | Event::Gate(_) | Event::Hedge(_) | Event::FileCloses(_) => 5,
            Event::Send(_) | Event::JobArrives(_) => 6,
            Event::Drop(_) => 7,
            Event::Deadline(_) => 8,
            Event::Timeout(_) => 9,
            Event::Disconnect(_) => 10,
        }
    }
}

const _: () = assert!(size_of::<Event>() == 8, "queue entries are 16 bytes");
