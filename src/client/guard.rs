//! What stands between a client and the network, and is asked for every attempt.

use super::part::Ended;
use crate::units::SimTime;

/// Rejects attempts on the client's own side.
pub trait Guard {
    /// An attempt is about to be sent: whether it is; if not it has failed without being sent. `uniform` is a draw
    /// of its own on [0, 1).
    fn admits(&mut self, now: SimTime, uniform: f64) -> bool;
    /// An attempt that was sent ended.
    fn ended(&mut self, now: SimTime, end: &Ended);
    /// One that was admitted was cancelled: it says nothing.
    fn released(&mut self) {}
}
