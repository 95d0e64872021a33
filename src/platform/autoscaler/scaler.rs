//! What every autoscaler answers, and how it stands in a scenario.

use super::decision::{Decision, Seen};
use super::sizing::Sizing;
use crate::dist::Dist;
use crate::read::{Member, Tagged};
use crate::units::{SimTime, Span};

/// How a model's fleet is sized.
pub trait Scaler {
    /// Bounds, cold start and interval; none of one that never looks.
    fn sizing(&self) -> Option<&Sizing>;
    /// Time between looks, if it looks at all.
    fn interval(&self) -> Option<Span> {
        self.sizing().map(|sizing| sizing.interval)
    }
    /// Time from the decision to a ready replica, in seconds, if it starts any.
    fn cold_start(&self) -> Option<&Dist> {
        self.sizing().map(|sizing| &sizing.cold_start)
    }
    /// Whether it starts a replica for whoever arrives while there is none.
    fn scales_from_zero(&self) -> bool {
        self.sizing().is_some_and(|sizing| sizing.min == 0)
    }
    /// The forecast in attempts per second, where it makes one.
    fn forecast(&self) -> Option<f64>;
    /// Look, and decide.
    fn look(&mut self, now: SimTime, seen: &Seen) -> Decision;
}

/// An autoscaler as a scenario writes it, given a context: the replicas its model starts with.
pub(super) trait Written<Context>: Sized {
    /// Its tag, sentence and parameters.
    const MEMBER: Member;
    /// Reads the value under its tag; `None` only after an error was recorded.
    fn read(value: Tagged<'_>, context: Context) -> Option<Self>;
}
