#![allow(missing_docs)]

//! What is expected of a run against what it takes: events as counted, memory as allocated. Alone in its binary, with one
//! test, since the allocator counts for the whole process.

mod common;

use std::path::{Path, PathBuf};

use common::scenarios::{ANY, text};
use peak_alloc::PeakAlloc;
use ratetide::replications::run_one;
use ratetide::scenario::Scenario;
use ratetide::scenario::estimate::Estimate;
use ratetide::scenario::loading::load;
use ratetide::units::Span;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// How near the estimates are on the shipped scenarios.
const FACTOR: f64 = 2.0;
/// How near that of events is on random ones, which are small and overloaded and hold every option at once: so near on
/// three of four, and nearer than this on all.
const RANDOM_FACTOR: f64 = 6.0;
const RANDOM: u64 = 100;

/// Expected over true, of events and of memory, and the two in words.
fn compare(scenario: &Scenario, name: &str) -> ([f64; 2], String) {
    let estimate = Estimate::of(scenario);
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let record = run_one(scenario, 0, &(), None);
    let peak = (HEAP.peak_usage() - before) as f64;
    let events = record.events() as f64;
    let expected = [estimate.events / f64::from(scenario.run.replications), estimate.memory_bytes];
    let ratios = [expected[0] / events, expected[1] / peak];
    let line =
        format!("{name:<24} events {events:>9} × {:.2}   heap {peak:>10} × {:.2}", ratios[0], ratios[1]);
    println!("{line}");
    (ratios, line)
}

fn is_within(ratio: f64, factor: f64) -> bool {
    (1.0 / factor..=factor).contains(&ratio)
}

#[test]
fn the_estimates_hold() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| {
        shipped_scenarios();
        random_scenarios();
    });
}

fn shipped_scenarios() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    files.sort();
    assert!(files.len() >= 20);
    let found = files.iter().map(|path| {
        let scenario = load(path, &[], 1e12).unwrap_or_else(|e| panic!("{e:?}")).scenario;
        compare(&scenario, &path.file_stem().unwrap().to_string_lossy())
    });
    let wrong = found.filter(|(ratios, _)| !ratios.iter().all(|&ratio| is_within(ratio, FACTOR)));
    let wrong: Vec<String> = wrong.map(|(_, line)| line).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn random_scenarios() {
    let scenario = |seed| common::read(&text(seed, ANY, Span::from_s(1)));
    let found: Vec<_> = (0..RANDOM).map(|seed| compare(&scenario(seed), &format!("seed {seed}"))).collect();
    let near = found.iter().filter(|(ratios, _)| is_within(ratios[0], FACTOR)).count() as u64;
    let wrong: Vec<_> = found.iter().filter(|(ratios, _)| !is_within(ratios[0], RANDOM_FACTOR)).collect();
    println!("{near} of {RANDOM} random scenarios within a factor of {FACTOR}");
    assert!(wrong.is_empty() && 4 * near >= 3 * RANDOM, "{near} of {RANDOM} are near; {wrong:#?}");
}
