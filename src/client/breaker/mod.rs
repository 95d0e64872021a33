//! Circuit breakers: a client that stops sending while too much fails.
//!
//! A new breaker is a file here that implements [`Guard`](super::guard::Guard) and `Written`, and one line of the
//! registry.

mod count_window;
mod error_window;

use super::guard::Guard;
use super::part::{Ended, Written};
use crate::read::Family;
use crate::registry::registry;
use crate::units::SimTime;

pub use count_window::CountWindow;
pub use error_window::ErrorWindow;

registry! {
    /// One of the known breakers, with its state.
    pub enum Breaker: Guard {
        /// Opens on the share of errors in a window of time.
        ErrorWindow,
        /// Opens on the share of errors among the last attempts.
        CountWindow,
    }
    reads {}
    advances {
        admits(now: SimTime, uniform: f64) -> bool;
        ended(now: SimTime, end: &Ended) -> ();
    }
    written[] as Written, given ();
}

/// Circuit breakers, as a scenario names them.
pub static BREAKERS: Family =
    Family::new("breaker", "when a client stops sending because too much fails", &Breaker::members());
