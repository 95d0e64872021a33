//! ratetide simulates a dynamically limited inference platform.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod chart;
pub mod rng;
pub mod units;
