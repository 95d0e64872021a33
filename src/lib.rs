//! ratetide simulates a dynamically limited inference platform.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod dist;
pub mod name;
pub mod read;
pub(crate) mod registry;
pub mod rng;
pub mod traffic;
pub mod units;
