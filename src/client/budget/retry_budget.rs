//! What a retry budget is asked and told.

use crate::client::part::Ended;
use crate::units::SimTime;

/// Whether a retry may be made.
pub trait RetryBudget {
    /// A request's first attempt is sent.
    fn first(&mut self, _now: SimTime) {}
    /// An attempt ended, whatever follows; `retried` if the client retries such an end at all.
    fn ended(&mut self, _now: SimTime, _end: &Ended, _retried: bool) {}
    /// A retry (or a hedge) is wanted after this end, of which [`RetryBudget::ended`] has been told: what it
    /// takes from the budget, or `None` if it may not be made.
    fn withdraw(&mut self, now: SimTime, end: &Ended) -> Option<u32>;
    /// A retry that was granted is over without an outcome: the client itself rejected it, or cancelled it.
    fn unsent(&mut self) {}
}
