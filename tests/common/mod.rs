//! What several tests share. Each test binary uses its own part of it.
#![allow(dead_code)]

pub mod scenarios;

use ratetide::scenario::Scenario;
use ratetide::scenario::reading;

/// Read a scenario that must be valid.
pub fn read(text: &str) -> Scenario {
    let mut load = |name: &str| Err(format!("there is no trace {name}"));
    match reading::read("random.toml", text.as_bytes(), &[], &mut load, 1e12) {
        Ok((scenario, _)) => scenario,
        Err(problems) => panic!("a generated scenario is invalid: {problems:?}\n{text}"),
    }
}
