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
use crate::units::{SimTime, Span};

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

/// The instant after `last`, not before `now`, at which a rate (per second) that holds now lets the next one go.
fn after(last: Option<SimTime>, now: SimTime, rate: f64) -> SimTime {
    last.map_or(now, |last| last.saturating_add(Span::from_secs_f64(1.0 / rate)).max(now))
}

/// Client-side pacing, as a scenario names it.
pub static PACINGS: Family = Family::new("pacing", "how a client spreads its sends", &Pacing::members());
