//! What the tests share: running scenarios from their text, and judging estimates.
//!
//! Each test crate uses a part of it.
#![allow(dead_code)]

pub mod estimate;
pub mod run;
