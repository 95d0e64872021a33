//! Pacing: when a client lets its next attempt go, retries included.
//!
//! A new pacing is a file here that implements [`Pacer`] and `Written`, and one line of the registry, which
//! declares the module too.

mod pacer;

use super::part::{Ended, Written};
use crate::read::Family;
use crate::registry::registry;
use crate::units::SimTime;

pub use pacer::Pacer;

registry! {
    /// One of the known pacings, with its state.
    pub enum Pacing: Pacer {
        /// At a rate.
        paced: Paced,
        /// At a multiple of its own recent successes.
        ramp: Ramp,
        /// At a rate that grows by addition and is cut by multiplication.
        aimd: Aimd,
        /// At a rate on a cubic curve.
        cubic: Cubic,
        /// As two token buckets allow.
        buckets: Buckets,
    }
    reads {
        most(tokens: f64) -> [f64; 2];
    }
    advances {
        slot(now: SimTime, tokens: u32) -> SimTime;
        sent(now: SimTime, tokens: u32) -> ();
        ended(now: SimTime, end: &Ended) -> ();
    }
    written[] as Written, given ();
}

/// Client-side pacing, as a scenario names it.
pub static PACINGS: Family = Family::new("pacing", "how a client spreads its sends", &Pacing::members());
