//! What a replica is: the engines, and how attempts share one.
//!
//! | file | concept |
//! |---|---|
//! | [`engine`] | what every engine answers |
//! | [`slots`] | a number of slots, each serving one attempt at a time |
//! | [`batching`] | continuous batching: what it is made of |
//! | `batching_keys` | and how a scenario writes it |
//! | [`presets`] | engines with measured constants |
//! | [`batch`] | one replica's batch, in virtual time |
//! | [`stay`] | what that remembers of an attempt |
//! | [`batches`] | the batches of a model's replicas |
//! | [`order`] | which ready replica takes the next attempt |
//! | this file | the registry |

pub mod batch;
pub mod batches;
pub mod batching;
mod batching_keys;
pub mod engine;
pub mod order;
pub mod presets;
pub mod slots;
pub mod stay;

use super::mix::Mix;
use crate::limit::usage::Rates;
use crate::read::{Family, Tagged};
use crate::registry::registry;
use crate::rng::Stream;
use crate::units::Span;
use batching::Batching;
use engine::Written;
use slots::Slots;

pub use engine::ReplicaEngine;

registry! {
    /// Any of the engines.
    pub enum Engine: ReplicaEngine {
        /// A number of slots, each serving one attempt at a time.
        Slots,
        /// Continuous batching: everybody on a replica shares its steps.
        Batching,
    }
    reads {
        places() -> u32;
        draw(stream: &mut Stream, prompt: u32, output: u32) -> (Span, Option<Span>);
        alone_s(prompt: f64, output: f64) -> f64;
        crowded_s(prompt: f64, output: f64) -> f64;
        capacity(mix: &Mix, replicas: u32, slowdown: f64) -> Rates;
    }
    advances {}
    written[] as Written, given ();
}

/// The engines, as a scenario names them.
pub static ENGINES: Family = Family::new("engine", "what a replica is", &Engine::members());

impl Engine {
    /// Its batches, if it batches.
    pub fn batching(&self) -> Option<&Batching> {
        if let Engine::Batching(batching) = self { Some(batching) } else { None }
    }

    /// Reads an engine of [`ENGINES`]; `None` only after an error was recorded.
    pub fn of(chosen: Option<Tagged<'_>>) -> Option<Engine> {
        Engine::read(chosen?, ())
    }
}
