//! Retry budgets: how many retries a client may make, all requests together.
//!
//! A new budget is a file here that implements [`RetryBudget`] and `Written`, and one line of the registry, which
//! declares the module too.

mod retry_budget;

use super::part::{Ended, Written};
use crate::read::Family;
use crate::registry::registry;
use crate::units::SimTime;

pub use retry_budget::{RetryBudget, Usual};

registry! {
    /// One of the known retry budgets, with its state.
    pub enum Budget: RetryBudget {
        /// A share of the requests.
        ratio: Ratio,
        /// gRPC's retry throttling.
        grpc: Grpc,
        /// The AWS SDKs' quota.
        quota: Quota,
        /// A share of what is in flight.
        active: Active,
    }
    reads {
        at_first() -> f64;
        grants(usual: &Usual) -> f64;
    }
    advances {
        first(now: SimTime) -> ();
        ended(now: SimTime, end: &Ended, retried: bool) -> ();
        withdraw(now: SimTime, end: &Ended) -> Option<u32>;
        unsent() -> ();
    }
    written[] as Written, given ();
}

/// Retry budgets, as a scenario names them.
pub static BUDGETS: Family =
    Family::new("budget", "how many retries a client may make, all requests together", &Budget::members());
