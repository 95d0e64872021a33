//! What every rate law is told and what it answers, and how it stands in a scenario.

use std::fmt::Debug;

use super::usage::{Rates, Served, Usage};
use crate::read::{Member, Tagged};
use crate::units::{SimTime, Span};

/// What a law may know of the model at this instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Live {
    /// What the ready replicas complete when saturated, at the recent mix, per second.
    pub capacity: Rates,
    /// Work in service over ready capacity, exponentially averaged over 30 s; 1 with nothing ready.
    pub utilization: f64,
}

/// When and where a law looks or hears.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// The instant.
    pub now: SimTime,
    /// The same on the clock of recent use, which stands still while it is frozen (`freeze_on_503`).
    pub recent: SimTime,
    /// The model.
    pub live: Live,
}

/// An attempt that was labelled.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Its prompt + expected output tokens.
    pub tokens: f64,
    /// The rates that it met.
    pub met: Rates,
}

/// An attempt's end that a law hears of. A 429 is not among them: it is the limit's own doing.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// A 200, and what of it counts as recent use (`credit`).
    Ok(Option<Served>),
    /// A 503.
    Unavailable,
}

/// A law: (what has happened, live model) → dynamic rate. It has no timer. Its memory moves by what it hears,
/// or lazily as a function of time alone: how often somebody looks must change nothing.
pub trait RateLaw {
    /// What it remembers of one (org, model).
    type Memory: Clone + Debug;
    /// What it remembers of a model, over all orgs.
    type Shared: Clone + Debug;

    /// A model before anything has happened.
    fn shared(&self) -> Self::Shared;

    /// An org of this weight, new to the model; called at the first look at it, whenever that is.
    fn join(&self, weight: f64, shared: &mut Self::Shared) -> Self::Memory;

    /// The dynamic rates per second; an unlimited resource is infinite. `usage` is the org's recent use over
    /// [`RateLaw::window`].
    fn rates(
        &self,
        scene: &Scene,
        usage: &mut Usage,
        memory: &mut Self::Memory,
        shared: &mut Self::Shared,
    ) -> Rates;

    /// An attempt was labelled.
    #[inline]
    fn asked(&self, _scene: &Scene, _asked: &Asked, _memory: &mut Self::Memory, _shared: &mut Self::Shared) {}

    /// An attempt ended.
    #[inline]
    fn answered(
        &self,
        _scene: &Scene,
        _answer: Answer,
        _memory: &mut Self::Memory,
        _shared: &mut Self::Shared,
    ) {
    }

    /// The window of recent use; laws without one report the past hour.
    fn window(&self) -> Span {
        Span::from_s(3600)
    }

    /// The law and its main parameters in a few words, for charts and screens.
    fn describe(&self) -> String;

    /// Bytes of what it remembers of one org that asks, as an estimate of a run's memory counts them.
    fn memory_bytes(&self) -> usize {
        size_of::<Self::Memory>()
    }

    /// Whether the law reads [`Live::utilization`] (averaging it costs an exponential per change).
    fn reads_utilization(&self) -> bool {
        false
    }

    /// Whether [`Scene::recent`] stands still from a 503 to the org's next 200.
    fn freezes_on_503(&self) -> bool {
        false
    }
}

/// The rules by which a dynamic limit is known that a law keeps, each numbered as `list laws` explains it.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// Which, of S2 to S6.
    pub rules: &'static [&'static str],
    /// On what that depends; empty where it always holds.
    pub condition: &'static str,
}

/// A law as a scenario writes it.
pub(super) trait Written: Sized {
    /// Its tag, sentence and parameters.
    const MEMBER: Member;
    /// The rules it keeps.
    const KEPT: Kept = Kept { rules: &[], condition: "" };
    /// Reads the value under its tag; `None` only after an error was recorded.
    fn read(value: Tagged<'_>, context: ()) -> Option<Self>;
}

/// The key of `freeze_on_503`, for laws with a memory that ages.
pub(super) const FREEZE: crate::read::Key = crate::read::Key::bool("freeze_on_503")
    .or("false")
    .doc("from a 503 to the org's next 200 the clock of recent use stands still");
