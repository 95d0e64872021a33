//! The delay that a backoff computes.

use super::{Ns, ns};
use ratetide::client::backoff::{Exponential, Jitter};

/// A share of a time, rounded to the nanosecond.
pub fn part(of: Ns, share: f64) -> Ns {
    (of as f64 * share).round() as Ns
}

/// The delay that an exponential backoff computes before retry k = 0, 1, …, and keeps.
pub fn backed_off(e: &Exponential, k: u32, limited: bool, previous: Ns, u: f64) -> Ns {
    let base = ns(if limited { e.base } else { e.base_other });
    let jittered = match e.jitter {
        Jitter::Between { at_0, at_1 } => {
            let doubled = base << (k + e.from).min(40);
            let above = (doubled.min(ns(e.cap)) - ns(e.floor)).max(0);
            ns(e.floor) + part(above, at_0 + (at_1 - at_0) * u)
        }
        Jitter::Decorrelated => ns(e.cap).min(base + part(3 * previous.max(base) - base, u)),
    };
    (jittered + part(ns(e.plus), u)).min(ns(e.max))
}
