//! What a concurrency limit is asked and told.

use crate::client::part::Ended;
use crate::units::SimTime;

/// How many attempts may be in flight.
pub trait Limiter {
    /// At most so many; at least 1.
    fn limit(&self) -> u32;
    /// An attempt ended.
    fn ended(&mut self, now: SimTime, end: &Ended);
}
