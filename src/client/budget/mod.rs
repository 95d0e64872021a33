//! Retry budgets: how many retries a client may make, all requests together.
//!
//! A new budget is a file here that implements [`RetryBudget`] and `Written`, and one line of the registry.

mod active;
mod grpc;
mod quota;
mod ratio;
mod retry_budget;

use super::part::{Ended, Written};
use crate::read::Family;
use crate::registry::registry;
use crate::units::SimTime;

pub use active::Active;
pub use grpc::Grpc;
pub use quota::Quota;
pub use ratio::Ratio;
pub use retry_budget::RetryBudget;

registry! {
    /// One of the known retry budgets, with its state.
    pub enum Budget: RetryBudget {
        /// A share of the requests.
        Ratio,
        /// gRPC's retry throttling.
        Grpc,
        /// The AWS SDKs' quota.
        Quota,
        /// A share of what is in flight.
        Active,
    }
    reads {}
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
