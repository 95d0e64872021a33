//! Concurrency limits: how many attempts a client has in flight at most.
//!
//! A new limit is a file here that implements [`Limiter`] and `Written`, and one line of the registry, which
//! declares the module too.

mod limiter;

use super::part::{Ended, Written};
use crate::read::{Family, Table};
use crate::registry::registry;
use crate::units::SimTime;

pub use limiter::Limiter;

registry! {
    /// One of the known concurrency limits, with its state.
    pub enum Concurrency: Limiter {
        /// Always the same.
        fixed: Fixed,
        /// Grows by addition, is cut by multiplication.
        aimd: Aimd,
        /// From how much longer attempts take than the fastest did.
        vegas: Vegas,
        /// From how much longer attempts take than they used to.
        gradient2: Gradient2,
    }
    reads {
        limit() -> u32;
    }
    advances {
        ended(now: SimTime, end: &Ended) -> ();
    }
    written[] as Written, given ();
}

/// The keys `initial`, `min` and `max` of a limit that moves.
fn bounded(table: &mut Table) -> [u32; 3] {
    let [initial, min, max] = ["initial", "min", "max"].map(|key| table.integer(key) as u32);
    if table.clean() && !(min <= initial && initial <= max) {
        let help = "`min` is at most `initial`, and `initial` at most `max`";
        table.error_at("initial", "the limit at the start is not between `min` and `max`", Some(help.into()));
        return [min; 3];
    }
    [initial, min, max.max(min)]
}

/// Concurrency limits, as a scenario names them.
pub static CONCURRENCIES: Family =
    Family::new("concurrency", "how many attempts a client has in flight at most", &Concurrency::members());
