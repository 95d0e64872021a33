#![allow(missing_docs)]

//! Hostile input: whatever a person, a file or a machine hands in, nothing panics, nothing takes more than 1 s or 256 MB.
//!
//! | file | what it holds |
//! |---|---|
//! | `targets` | what is read from outside, a function of bytes each |
//! | `folders` | results and stores that are read back, a text each |
//! | `corpus` | what inputs are made of: shipped texts, `corpus/<target>/*`, words of the schema |
//! | `mutate` | input number n |
//! | `trial` | one input: is it in time, in memory, without a panic |
//! | `gang` | inputs in a process of their own, so that an overflowing stack or an abort is told too |
//!
//! Input n of a target follows from n alone, so that a failure is one line to be repeated:
//!
//! ```sh
//! RATETIDE_FUZZ=formula:1234 cargo test --test fuzz replay -- --nocapture     # or formula:path/of/a/file
//! RATETIDE_FUZZ_INPUTS=12000000 cargo test --test fuzz no_input               # the long version, `.ci/long fuzz`
//! ```
//!
//! A text that once failed is kept in `corpus/<target>`: those are the first inputs of every run.

mod corpus;
mod folders;
mod gang;
mod mutate;
mod targets;
mod trial;

use targets::{CANARIES, TARGETS};

#[global_allocator]
static MEMORY: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

/// Inputs of all targets together in the gate.
const QUICK_INPUTS: u64 = 60_000;

#[test]
fn no_input_panics_hangs_or_eats_memory() {
    let inputs = std::env::var("RATETIDE_FUZZ_INPUTS")
        .map_or(QUICK_INPUTS, |n| n.parse().expect("a number of inputs"));
    let only = std::env::var("RATETIDE_FUZZ_TARGETS").ok();
    let from: u64 = std::env::var("RATETIDE_FUZZ_FROM").map_or(0, |n| n.parse().expect("a number"));
    let shares: u64 = TARGETS.iter().map(|target| target.share).sum();
    let mut failures = Vec::new();
    for target in TARGETS {
        if only.as_ref().is_some_and(|only| !only.split(',').any(|name| name == target.name)) {
            continue;
        }
        let count = (inputs * target.share).div_ceil(shares);
        let found = gang::work(target.name, from, count);
        println!("{}", found.told);
        failures.extend(found.failures);
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

/// The harness sees what it is there for: each canary fails in its own way.
#[test]
fn canaries_are_caught() {
    for (canary, wanted) in CANARIES {
        let failures = gang::work(canary.name, 0, 2).failures;
        assert!(failures.first().is_some_and(|told| told.contains(wanted)), "{}: {failures:?}", canary.name);
        let replayed = failures[0].split("RATETIDE_FUZZ=").nth(1).and_then(|rest| rest.split(' ').next());
        let replayed = gang::replay(replayed.expect("a line to replay"));
        assert!(replayed.is_err_and(|told| told.contains(wanted)), "{}: {}", canary.name, failures[0]);
    }
}

/// One input again: `RATETIDE_FUZZ=target:number`, or `target:path`.
#[test]
fn replay() {
    if let Ok(which) = std::env::var("RATETIDE_FUZZ")
        && let Err(told) = gang::replay(&which)
    {
        panic!("{told}");
    }
}

/// What a process of the gang does; not a test on its own.
#[test]
#[ignore = "run by the others"]
fn work() {
    gang::work_here();
}
