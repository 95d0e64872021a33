//! What every rate law answers, and how it stands in a scenario.

use super::usage::{Rates, Usage};
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

/// A law: (recent usage, live model) → dynamic rate. Evaluated when looked at, never on a timer.
pub trait RateLaw {
    /// The dynamic rates per second at `now`; an unlimited resource is infinite.
    fn rates(&self, now: SimTime, usage: &mut Usage, live: &Live) -> Rates;

    /// The window of recent usage; laws without one report the past hour.
    fn window(&self) -> Span {
        Span::from_s(3600)
    }

    /// The law and its main parameters in a few words, for charts and screens.
    fn describe(&self) -> String;

    /// Whether the law reads [`Live::utilization`] (averaging it costs an exponential per change).
    fn reads_utilization(&self) -> bool {
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
