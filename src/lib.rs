//! ratetide simulates a dynamically limited inference platform.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod cli;
pub mod error;
pub mod output;
pub mod rng;
pub mod units;
