//! Concurrency limits: how many attempts a client has in flight at most.
//!
//! A new limit is a file here that implements [`Limiter`] and `Written`, and one line of the registry.

mod fixed;
mod limiter;

use super::part::{Ended, Written};
use crate::read::Family;
use crate::registry::registry;
use crate::units::SimTime;

pub use fixed::Fixed;
pub use limiter::Limiter;

registry! {
    /// One of the known concurrency limits, with its state.
    pub enum Concurrency: Limiter {
        /// Always the same.
        Fixed,
    }
    reads {
        limit() -> u32;
    }
    advances {
        ended(now: SimTime, end: &Ended) -> ();
    }
    written[] as Written, given ();
}

/// Concurrency limits, as a scenario names them.
pub static CONCURRENCIES: Family =
    Family::new("concurrency", "how many attempts a client has in flight at most", &Concurrency::members());
