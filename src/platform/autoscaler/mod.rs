//! Autoscalers: how many replicas a model should have.
//!
//! | file | concept |
//! |---|---|
//! | [`decision`] | what an autoscaler sees and says |
//! | [`scaler`] | what every one answers |
//! | `sizing` | bounds, cold start and cooldown, which those that look share |
//! | `fixed` | keeps what it has |
//! | `reactive` | follows the work in flight |
//! | `predictive` | forecasts demand |
//!
//! A new autoscaler is a file here that implements `Scaler` and `Written`, and one line of the registry.

pub mod decision;
mod fixed;
mod predictive;
mod reactive;
pub mod scaler;
mod sizing;

use crate::read::{Family, Table};
use crate::registry::registry;
use crate::units::SimTime;

pub use decision::{Decision, Seen};
pub use fixed::Fixed;
pub use predictive::Predictive;
pub use reactive::Reactive;
pub use scaler::Scaler;
use scaler::Written;
use sizing::Sizing;

registry! {
    /// One of the known autoscalers, with its state.
    pub enum Autoscaler: Scaler {
        /// The configured number, always.
        Fixed,
        /// Follows the work in flight.
        Reactive,
        /// Holt's forecast of demand, one cold start ahead.
        Predictive,
    }
    reads {
        sizing() -> Option<&Sizing>;
        forecast() -> Option<f64>;
    }
    advances {
        look(now: SimTime, seen: &Seen) -> Decision;
    }
    written[] as Written<u32>, given u32;
}

/// All autoscalers, as a scenario names them.
pub static AUTOSCALERS: Family =
    Family::new("autoscaler", "how many replicas a model has", &Autoscaler::members());

impl Autoscaler {
    /// Read the key `autoscaler` of a model that starts with `replicas`.
    pub fn of(table: &mut Table, replicas: u32) -> Autoscaler {
        let chosen = table.tagged("autoscaler").and_then(|chosen| Autoscaler::read(chosen, replicas));
        chosen.unwrap_or(Autoscaler::Fixed(Fixed))
    }
}
