//! ratetide simulates a dynamically limited inference platform.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod client;
pub mod limit;
pub mod metrics;
pub mod name;
pub mod platform;
pub mod reply;
pub mod rng;
pub mod units;
