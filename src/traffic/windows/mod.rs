//! Recorded demand as statistics: per client and window of time the rate, the cv of the gaps and their law.
//!
//! [`parse`] reads a CSV file with the columns `t_s`, `rate_rps`, `iat_cv` and `pattern`, compared without regard
//! to case and surrounding spaces, and `client` where it holds several; other columns are ignored. This is how
//! *ServeGen* (Xiang et al., 2025) publishes its clients. A pattern is `gamma`, `weibull` or `exponential`; an empty
//! one goes with rate 0, which is silence.
//!
//! A row that cannot be used is dropped, counted and named: its window is silent if the row says at least whose and
//! when it is. More than 1 % of such rows, or no good one, makes the file invalid. Windows that overlap, are out of
//! order or leave a hole make their own client unusable ([`Windows::of`]) and no other.

mod client;
mod rows;

use std::fmt;

pub use client::{ClientError, ClientWindows};
pub use rows::parse;

use super::trace::Dropped;

/// The law of the gaps within a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GapLaw {
    /// Gamma gaps.
    Gamma,
    /// Weibull gaps.
    Weibull,
    /// Exponential gaps: Poisson, whatever the cv says.
    Exponential,
}

impl GapLaw {
    /// The greatest cv the law accepts. ServeGen names Weibull gaps with cv 149, which is a very long tail.
    fn cv_max(self) -> f64 {
        if self == GapLaw::Weibull { 1000.0 } else { 100.0 }
    }
}

/// One window of a client.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Window {
    /// When it begins, in ns since the earliest window of the file.
    pub start_ns: u64,
    /// Arrivals per second; 0 is silence.
    pub rate_per_s: f64,
    /// Coefficient of variation of the gaps.
    pub cv: f64,
    /// Their law.
    pub law: GapLaw,
    /// Its line in the file, from 1.
    pub line: u64,
}

/// A file of windows that was read whole.
#[derive(Clone, PartialEq, Debug)]
pub struct Windows {
    /// The clients in the order in which they first stand in the file, each with its windows in the file's order.
    pub clients: Vec<(String, Vec<Window>)>,
    /// How many rows were dropped.
    pub dropped: u64,
    /// The first of them.
    pub dropped_first: Vec<Dropped>,
}

/// Why a file holds no windows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WindowsError {
    /// What is wrong with it.
    pub message: String,
    /// The first rows that were dropped, if that is the reason.
    pub dropped: Vec<Dropped>,
}

impl fmt::Display for WindowsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.dropped.iter().try_for_each(|dropped| write!(f, "; {dropped}"))
    }
}

impl std::error::Error for WindowsError {}

#[cfg(test)]
mod tests;
