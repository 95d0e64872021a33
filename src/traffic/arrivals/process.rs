//! What every arrival process answers, and the checks they share.

use std::sync::Arc;

use crate::read::{Key, Member, Range, Tagged};
use crate::rng::Stream;
use crate::traffic::trace::Trace;
use crate::traffic::windows::Windows;
use crate::units::{Quantity, Rate};

/// An arrival in operational time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Birth {
    /// Operational nanoseconds since the start, finite and ≥ 0 (whole, where the process is exact).
    pub operational_ns: f64,
    /// Prompt and output tokens, where the process brings them.
    pub tokens: Option<(u32, u32)>,
}

/// An arrival process in operational time: its law, and where it stands.
pub trait Process {
    /// The next arrival, never earlier than the one before; `None` when there are no more.
    fn next(&mut self, stream: &mut Stream) -> Option<Birth>;
    /// The long-run mean rate, per operational second.
    fn mean_rate(&self) -> f64;
    /// The coefficient of variation of the gaps between arrivals.
    fn cv(&self) -> f64;
    /// The limiting index of dispersion of counts, Var N(t)/E N(t) for long t: 1 for Poisson; `None` where
    /// the process declares none.
    fn dispersion(&self) -> Option<f64>;
    /// The expected number of arrivals in the first `operational_s` seconds.
    fn expected(&self, operational_s: f64) -> f64 {
        self.mean_rate() * operational_s
    }
}

/// The highest rate an arrival process accepts, per second.
pub const RATE_MAX_PER_S: f64 = 1e6;
/// The lowest rate above zero, per second: one arrival in 100 days.
pub const RATE_MIN_PER_S: f64 = 0.01 / 86_400.0;

/// Brings the recorded demand in files that a scenario names: reading files is the caller's. Each method says why
/// where there is none.
pub trait Recordings {
    /// A trace.
    fn trace(&mut self, file: &str) -> Result<Arc<Trace>, String>;
    /// Windows per client.
    fn windows(&mut self, file: &str) -> Result<Arc<Windows>, String> {
        Err(format!("there are no windows {file}"))
    }
}

/// Where there are only traces.
impl<F: FnMut(&str) -> Result<Arc<Trace>, String>> Recordings for F {
    fn trace(&mut self, file: &str) -> Result<Arc<Trace>, String> {
        self(file)
    }
}

/// What brings the recordings while a scenario is read.
pub type LoadTrace<'a> = &'a mut dyn Recordings;

/// A process as a scenario writes it.
pub(super) trait Written: Sized {
    /// Its tag, sentence and parameters.
    const MEMBER: Member;
    /// Reads the value under its tag; `None` only after an error was recorded.
    fn read(value: Tagged<'_>, load: LoadTrace<'_>) -> Option<Self>;
}

/// The key of a process's rate.
pub(super) const RATE: Key = Key::rate(
    "rate",
    Quantity::Requests,
    Range::new(Rate::from_per_s(RATE_MIN_PER_S), Rate::from_per_s(RATE_MAX_PER_S)),
)
.doc("mean arrivals per time");

/// Nanoseconds in a second, for operational time.
pub(super) const NS: f64 = 1e9;

/// `rate_per_s` if it lies in the accepted range.
pub(super) fn checked_rate(name: &str, rate_per_s: f64) -> Result<f64, String> {
    if (RATE_MIN_PER_S..=RATE_MAX_PER_S).contains(&rate_per_s) {
        Ok(rate_per_s)
    } else {
        Err(format!("{name} must be above 0 and at most {RATE_MAX_PER_S}/s, not {rate_per_s}/s"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_out_of_range_are_refused() {
        for bad in [f64::NAN, 0.0, -1.0, f64::INFINITY, 1e-12, 2e6] {
            assert!(checked_rate("rate", bad).is_err(), "{bad}");
        }
        assert_eq!(checked_rate("rate", 0.5), Ok(0.5));
    }
}
