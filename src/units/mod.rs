//! Time, durations and rates: the units every room shares.
//!
//! Time is a whole number of nanoseconds since the start of the run ([`SimTime`]); a length of time is a
//! [`Span`]. Integers give an exact order, no epsilon and no NaN. Arithmetic is checked: an overflow is a
//! programmer error and panics with both operands (584 years fit, every scenario limit is far below).
//! A [`Rate`] is a float per second. The texts a scenario writes them in ("1 h 5 min", "60k tok/min") are
//! read by [`parse_span`] and [`parse_rate`]; `Display` writes text that reads back to the same value.

mod decimal;
mod rate;
mod span;

pub use rate::{Quantity, Rate, parse_rate};
pub use span::parse_span;

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// Nanoseconds in a second.
pub const NS_PER_S: u64 = 1_000_000_000;

/// A length of time, in whole nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(u64);

/// An instant of simulated time: nanoseconds since the run began.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimTime(u64);

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// The longest span there is; stands for "unlimited" where a scenario says so.
    pub const MAX: Span = Span(u64::MAX);

    /// A span of `ns` nanoseconds.
    pub const fn from_ns(ns: u64) -> Span {
        Span(ns)
    }

    /// A span of `ms` milliseconds.
    pub const fn from_ms(ms: u64) -> Span {
        Span(ms * 1_000_000)
    }

    /// A span of whole seconds.
    pub const fn from_s(s: u64) -> Span {
        Span(s * NS_PER_S)
    }

    /// `seconds` rounded to the nearest nanosecond; below zero or not a number gives zero, beyond the
    /// representable gives [`Span::MAX`] (so that a sampled value can never panic).
    pub fn from_secs_f64(seconds: f64) -> Span {
        // A cast saturates and takes NaN to zero; adding a half first rounds, without a call into libm.
        Span((seconds * NS_PER_S as f64 + 0.5) as u64)
    }

    /// Whole nanoseconds.
    pub const fn as_ns(self) -> u64 {
        self.0
    }

    /// Seconds, as a float (exact up to 104 days).
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NS_PER_S as f64
    }

    /// True for the empty span.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// This span, `factor` times over, rounded to the nanosecond and saturating.
    pub fn scale(self, factor: f64) -> Span {
        Span((self.0 as f64 * factor + 0.5) as u64)
    }

    /// The sum, or [`Span::MAX`] where it does not fit: for adding "unlimited".
    pub const fn saturating_add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }

    /// The difference, or zero where `other` is longer.
    pub const fn saturating_sub(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

impl SimTime {
    /// The start of the run.
    pub const ZERO: SimTime = SimTime(0);
    /// After everything: an instant no event is ever scheduled at.
    pub const NEVER: SimTime = SimTime(u64::MAX);

    /// The instant `ns` nanoseconds into the run.
    pub const fn from_ns(ns: u64) -> SimTime {
        SimTime(ns)
    }

    /// The instant `s` whole seconds into the run.
    pub const fn from_s(s: u64) -> SimTime {
        SimTime(s * NS_PER_S)
    }

    /// Nanoseconds since the run began.
    pub const fn as_ns(self) -> u64 {
        self.0
    }

    /// Seconds since the run began.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NS_PER_S as f64
    }

    /// The span since `earlier`, or zero if that is later than this.
    pub const fn saturating_since(self, earlier: SimTime) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// This instant plus `span`, or [`SimTime::NEVER`] where that does not fit: for adding "unlimited".
    pub const fn saturating_add(self, span: Span) -> SimTime {
        SimTime(self.0.saturating_add(span.0))
    }
}

impl Add<Span> for SimTime {
    type Output = SimTime;
    fn add(self, span: Span) -> SimTime {
        SimTime(self.0.checked_add(span.0).unwrap_or_else(|| panic!("time overflow: {self:?} + {span:?}")))
    }
}

impl AddAssign<Span> for SimTime {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Sub<SimTime> for SimTime {
    type Output = Span;
    fn sub(self, earlier: SimTime) -> Span {
        Span(
            self.0.checked_sub(earlier.0).unwrap_or_else(|| panic!("time runs back: {self:?} - {earlier:?}")),
        )
    }
}

impl Sub<Span> for SimTime {
    type Output = SimTime;
    fn sub(self, span: Span) -> SimTime {
        SimTime(self.0.checked_sub(span.0).unwrap_or_else(|| panic!("before the start: {self:?} - {span:?}")))
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0.checked_add(other.0).unwrap_or_else(|| panic!("span overflow: {self:?} + {other:?}")))
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ns", self.0)
    }
}

impl fmt::Debug for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t={} ns", self.0)
    }
}
