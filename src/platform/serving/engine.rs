//! What every engine answers, and how it stands in a scenario.

use crate::limit::usage::Rates;
use crate::platform::mix::Mix;
use crate::read::{Member, Tagged};
use crate::rng::Stream;
use crate::units::Span;

/// A kind of replica, as configured.
pub trait ReplicaEngine {
    /// Attempts a replica serves at a time.
    fn places(&self) -> u32;

    /// How long a request takes alone on an unslowed replica, and the part of it before the first token where
    /// there is one.
    fn draw(&self, stream: &mut Stream, prompt: u32, output: u32) -> (Span, Option<Span>);

    /// The mean of that in seconds, at a mean mix of tokens.
    fn alone_s(&self, prompt: f64, output: f64) -> f64;

    /// The same on a full replica.
    fn crowded_s(&self, prompt: f64, output: f64) -> f64 {
        self.alone_s(prompt, output)
    }

    /// What so many replicas complete per second when saturated, each `slowdown` times slower than nominal.
    fn capacity(&self, mix: &Mix, replicas: u32, slowdown: f64) -> Rates;
}

/// An engine as a scenario writes it.
pub(super) trait Written: Sized {
    /// Its tag, sentence and parameters.
    const MEMBER: Member;
    /// Reads the value under its tag; `None` only after an error was recorded.
    fn read(value: Tagged<'_>, context: ()) -> Option<Self>;
}
