//! Clients against arithmetic: how failures multiply attempts, and what real clients' constants come to.

#[path = "../common/mod.rs"]
mod common;

mod amplification;
mod budgets;
mod contention;
mod delays;
mod pacing;

use ratetide::client::{Client, presets};
use ratetide::reply::{Outcome, Reply};

fn preset(name: &str) -> Client {
    presets::find(name).expect("a known client").client.clone()
}

/// A bare 503.
const UNAVAILABLE: Reply = Reply { outcome: Outcome::Unavailable, reset: None, retry_after: None };
/// A bare 429.
const LIMITED: Reply = Reply { outcome: Outcome::LimitedRequest, ..UNAVAILABLE };
