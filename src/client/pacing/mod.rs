//! Pacing: when a client lets its next attempt go, retries included.
//!
//! A new pacing is a file here that implements [`Pacer`] and `Written`, and one line of the registry.

mod aimd;
mod buckets;
mod cubic;
mod paced;
mod pacer;
mod ramp;

use super::part::{Ended, Written};
use crate::read::Family;
use crate::registry::registry;
use crate::units::SimTime;

pub use aimd::Aimd;
pub use buckets::Buckets;
pub use cubic::Cubic;
pub use paced::Paced;
pub use pacer::Pacer;
pub use ramp::Ramp;

registry! {
    /// One of the known pacings, with its state.
    pub enum Pacing: Pacer {
        /// At a rate.
        Paced,
        /// At a multiple of its own recent successes.
        Ramp,
        /// At a rate that grows by addition and is cut by multiplication.
        Aimd,
        /// At a rate on a cubic curve.
        Cubic,
        /// As two token buckets allow.
        Buckets,
    }
    reads {}
    advances {
        slot(now: SimTime, tokens: u32) -> SimTime;
        sent(now: SimTime, tokens: u32) -> ();
        ended(now: SimTime, end: &Ended) -> ();
    }
    written[] as Written, given ();
}

/// Client-side pacing, as a scenario names it.
pub static PACINGS: Family = Family::new("pacing", "how a client spreads its sends", &Pacing::members());
