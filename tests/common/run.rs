//! Scenarios from their text, run through the same path as the command line's.

use ratetide::engine::{Run, simulate};
use ratetide::metrics::observer::{AttemptRecord, Observer};
use ratetide::replications::{Results, Watch, run_all};
use ratetide::scenario::{Scenario, reading};
use ratetide::traffic::arrivals::Recordings;
use ratetide::traffic::trace::{self, Trace};
use ratetide::traffic::windows::{self, Windows};
use ratetide::units::SimTime;
use rayon::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The scenario of a text; a recording it names is looked for among the recorded ones, then the shipped ones.
pub fn scenario(text: &str) -> Scenario {
    scenario_with(text, &mut Files)
}

/// The scenario of a text whose recordings `load` brings.
pub fn scenario_with(text: &str, load: &mut dyn Recordings) -> Scenario {
    match reading::read("test.toml", text.as_bytes(), &[], load, 1e12) {
        Ok((scenario, _)) => scenario,
        Err(problems) => panic!("{}\n{text}", problems.render(false)),
    }
}

struct Files;

impl Recordings for Files {
    fn trace(&mut self, name: &str) -> Result<Arc<Trace>, String> {
        trace::parse(&bytes(name)?).map(Arc::new).map_err(|e| e.to_string())
    }

    fn windows(&mut self, name: &str) -> Result<Arc<Windows>, String> {
        windows::parse(&bytes(name)?).map(Arc::new).map_err(|e| e.to_string())
    }
}

fn bytes(name: &str) -> Result<Vec<u8>, String> {
    let path = trace_file(name).ok_or_else(|| format!("there is no recording {name}"))?;
    std::fs::read(path).map_err(|e| e.to_string())
}

/// Where a trace is: in the folder `RATETIDE_TRACES`, among the recorded traces beside the project, or among
/// those it ships; `None` if nowhere.
pub fn trace_file(name: &str) -> Option<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let given = std::env::var_os("RATETIDE_TRACES").map(PathBuf::from);
    let folders = [given, Some(here.join("../shared/traces")), Some(here.join("scenarios/traces"))];
    folders.into_iter().flatten().map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// What a scenario, run as it stands, finds.
pub fn run(text: &str) -> Results {
    run_all(&scenario(text), &(), None)
}

/// Beats of a run that is looked at closely, at most: each is thousands of events, and a whole run is fewer.
const BEATS_MAX: u64 = 1000;

/// Stops a run that does not end.
#[derive(Default)]
struct Guard(AtomicU64);

impl Watch for Guard {
    fn beat(&self, _: u64, _: SimTime) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed) < BEATS_MAX
    }
}

/// What a scenario finds, with every attempt of the first replication in the order they ended. It fails its test if it
/// does not end.
pub fn run_logged(scenario: &Scenario) -> (Results, Vec<AttemptRecord>) {
    let mut attempts = Vec::new();
    let mut log = |record: &AttemptRecord| attempts.push(*record);
    (ended(run_all(scenario, &Guard::default(), Some(&mut log))), attempts)
}

/// What a scenario finds, which fails its test if it does not end.
pub fn guarded(scenario: &Scenario) -> Results {
    ended(run_all(scenario, &Guard::default(), None))
}

fn ended(results: Results) -> Results {
    assert!(results.finished, "it does not end");
    results
}

/// The first replication of a scenario under an observer, which fails its test if it does not end.
pub fn observed<O: Observer>(scenario: &Scenario, observer: &mut O) -> Run {
    let guard = Guard::default();
    let run = simulate(scenario, 0, observer, &mut |now| guard.beat(0, now));
    assert!(run.finished, "it does not end");
    run
}

/// A scenario under the seeds 1 to `count`, one result each.
pub fn replicate(text: &str, count: u64) -> Vec<Results> {
    let scenario = scenario(text);
    assert_eq!(scenario.run.replications, 1, "each seed is one replication");
    let one = |seed| {
        let mut scenario = scenario.clone();
        scenario.run.seed = seed;
        run_all(&scenario, &(), None)
    };
    (1..=count).into_par_iter().map(one).collect()
}
