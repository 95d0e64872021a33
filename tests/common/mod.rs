//! What the tests share: scenarios from their text or at random, running them, and judging estimates.
//!
//! Each test crate uses a part of it.
#![allow(dead_code)]
#![allow(unused_imports)]

pub mod cases;
pub mod estimate;
pub mod metered;
pub mod run;
pub mod scenarios;
pub mod watch;

pub use run::scenario as read;
