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
    /// The retries that it grants where nothing has succeeded yet.
    fn at_first(&self) -> f64;
    /// The retries that it grants on top, on average, for what happens in some time.
    fn grants(&self, usual: &Usual) -> f64;
    /// A retry that was granted is over without an outcome: the client itself rejected it, or cancelled it.
    fn unsent(&mut self) {}
}

/// What happens to a client's attempts in some time, on average.
#[derive(Clone, Copy, Debug)]
pub struct Usual {
    /// The time, in seconds.
    pub seconds: f64,
    /// First attempts.
    pub first: f64,
    /// Attempts that succeed, and that fail.
    pub ended: [f64; 2],
    /// Attempts in flight.
    pub in_flight: f64,
    /// Seconds from a failure to the end of the retry that follows.
    pub retry_s: f64,
}
