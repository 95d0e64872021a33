//! Circuit breakers: a client that stops sending while too much fails.
//!
//! A new breaker is a file here that implements [`Guard`] and `Written`, and one line of the
//! registry, which declares the module too.

use super::guard::Guard;
use super::part::{Ended, Written};
use crate::read::Family;
use crate::registry::registry;
use crate::units::SimTime;

registry! {
    /// One of the known breakers, with its state.
    pub enum Breaker: Guard {
        /// Opens on the share of errors in a window of time.
        error_window: ErrorWindow,
        /// Opens on the share of errors among the last attempts.
        count_window: CountWindow,
    }
    reads {}
    advances {
        admits(now: SimTime, uniform: f64) -> bool;
        ended(now: SimTime, end: &Ended) -> ();
        released() -> ();
    }
    written[] as Written, given ();
}

/// Circuit breakers, as a scenario names them.
pub static BREAKERS: Family =
    Family::new("breaker", "when a client stops sending because too much fails", &Breaker::members());
