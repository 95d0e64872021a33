//! ratetide simulates a dynamically limited inference platform.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod bounds;
pub mod chain;
pub mod chart;
pub mod cli;
pub mod client;
pub mod digest;
pub mod dist;
pub mod engine;
pub mod error;
pub mod limit;
pub mod metrics;
pub mod name;
pub mod output;
pub mod platform;
pub mod read;
pub mod registry;
pub mod replications;
pub mod reply;
pub mod rng;
pub mod scenario;
pub mod traffic;
pub mod units;
