#![allow(missing_docs)]

//! A run that is split over cores is the run in one piece, byte for byte, on every shipped scenario.

use std::fs;
use std::path::Path;

use ratetide::engine::BEAT_EVENTS;
use ratetide::output::report::tables;
use ratetide::replications::{Results, run_all, run_one};
use ratetide::scenario::limits::Excess;
use ratetide::scenario::loading::load;

#[test]
fn parts_run_apart_are_the_whole() {
    rayon::ThreadPoolBuilder::new().num_threads(8).build_global().expect("nobody has made the pool yet");
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    let (mut split, mut joined) = (0, 0);
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut paths: Vec<_> = fs::read_dir(scenarios).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    for path in paths {
        let loaded = load(&path, &[], 1e9).unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
        let count = loaded.scenario.parts(8).len();
        split += usize::from(count > 1);
        joined += usize::from(count < loaded.scenario.models.len());
        let apart = run_all(&loaded.scenario, &(), None);
        let whole = alone.install(|| run_all(&loaded.scenario, &(), None));
        assert_eq!(apart.events, whole.events, "{}", path.display());
        let bytes = |results: &Results| -> Vec<(&'static str, Vec<u8>)> {
            tables(&loaded, results).into_iter().map(|file| (file.name, file.bytes)).collect()
        };
        assert!(bytes(&apart) == bytes(&whole), "{} in {count} parts", path.display());
    }
    assert!(split >= 5 && joined >= 1, "{split} scenarios came apart, {joined} had models that meet");
}

/// Whatever the number of parts and their order: a run goes beyond its limits, or it does not.
#[test]
fn parts_share_the_limits_of_their_run() {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for (name, threads) in [("honour-reset", [1, 2, 8]), ("retry-storm", [1, 3, 8])] {
        let path = scenarios.join(format!("{name}.toml"));
        let mut scenario = load(&path, &[], 1e9).unwrap_or_else(|error| panic!("{name}: {error:?}")).scenario;
        assert!(scenario.parts(8).len() > 2, "{name} comes apart");
        let pools =
            threads.map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
        let events = run_one(&scenario, 0, &(), None).events();
        let seen = events - events % BEAT_EVENTS;
        for (most, is_beyond) in [(seen, false), (seen - 1, true), (seen / 2, true)] {
            scenario.limits.events_max = most;
            for (pool, threads) in pools.iter().zip(threads) {
                let results = pool.install(|| run_all(&scenario, &(), None));
                let excess = is_beyond.then_some(Excess::Events(most, 1));
                assert_eq!(results.excess, excess, "{name}: {most} of {events} events, {threads} threads");
                assert_eq!(results.finished, !is_beyond);
            }
        }
    }
}

/// Of memory the parts' peaks are added, each as it is seen at every beat of its own: over many beats a limit is never
/// laxer than in one piece, and to the byte it is the same at every try.
#[test]
fn parts_share_the_limit_of_memory() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/retry-storm.toml");
    let shorter = [("run.duration".to_owned(), "40 min".to_owned())];
    let mut scenario = load(&path, &shorter, 1e9).unwrap_or_else(|error| panic!("{error:?}")).scenario;
    let pools = [1, 8].map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
    let mut excess = |threads: &rayon::ThreadPool, most: u64| {
        scenario.limits.memory_max_bytes = most;
        let results = threads.install(|| run_all(&scenario, &(), None));
        assert_eq!(results.finished, results.excess.is_none());
        results.excess
    };
    let [whole, apart] = [0, 1].map(|i| {
        let (mut short, mut enough) = (0, 1 << 26);
        while enough - short > 1 {
            let most = (short + enough) / 2;
            *if excess(&pools[i], most).is_some() { &mut short } else { &mut enough } = most;
        }
        enough
    });
    assert!(whole < apart && apart < 2 * whole, "{whole} bytes in one piece, {apart} in parts");
    for _ in 0..5 {
        assert_eq!(excess(&pools[1], apart), None);
        assert!(matches!(excess(&pools[1], apart - 1), Some(Excess::Memory(_))));
    }
}
