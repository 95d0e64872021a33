//! A run under way: every replication of a scenario, with progress, interrupt and attempt log.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::interrupt::Interrupt;
use super::progress::{Progress, Show};
use crate::error::Error;
use crate::metrics::observer::AttemptRecord;
use crate::output::attempt_log::AttemptLog;
use crate::output::columns::ATTEMPTS;
use crate::output::directory::ResultDir;
use crate::replications::{Results, Watch, run_all};
use crate::scenario::Scenario;
use crate::scenario::loading::Loaded;
use crate::units::{SimTime, Span};

/// The threads of a command: so many, or one for each core.
///
/// # Errors
/// [`Error::Failed`] if the system refuses.
pub fn threads(jobs: Option<u16>) -> Result<ThreadPool, Error> {
    let builder = ThreadPoolBuilder::new().num_threads(jobs.map_or(0, usize::from));
    builder.build().map_err(|e| Error::Failed(format!("cannot start the threads: {e}")))
}

/// Simulate a scenario on the threads of the current pool; with `log_to`, its attempt log goes there. Also
/// returns how long it took.
///
/// # Errors
/// Those of writing the log, which end the run; and [`Error::Invalid`] if it went beyond a limit.
pub fn simulate(
    loaded: &Loaded,
    show: Show,
    interrupt: &Interrupt,
    log_to: Option<&mut ResultDir>,
) -> Result<(Results, Duration), Error> {
    let scenario = &loaded.scenario;
    let progress = Progress::start(&loaded.stem, simulated(scenario), show);
    let watch = Watching::new(scenario.run.replications.into(), interrupt, progress.counter());
    let began = Instant::now();
    let results = match log_to {
        None => run_all(scenario, &watch, None),
        Some(dir) => {
            let mut log = AttemptLog::new(scenario, dir.stage(ATTEMPTS.file, ATTEMPTS.columns)?)?;
            let mut add = |record: &AttemptRecord| {
                log.add(record);
                if log.has_failed() {
                    watch.broken.store(true, Ordering::Relaxed);
                }
            };
            let results = run_all(scenario, &watch, Some(&mut add));
            log.finish()?.finish()?;
            results
        }
    };
    match results.excess {
        Some(excess) => Err(Error::beyond(excess.told())),
        None => Ok((results, began.elapsed())),
    }
}

/// Simulated time of all replications together.
fn simulated(scenario: &Scenario) -> Span {
    let run = &scenario.run;
    Span::from_ns((run.duration + run.drain).as_ns().saturating_mul(run.replications.into()))
}

/// Passes on how far each run is, and whether to stop.
pub struct Watching<'a> {
    interrupt: &'a Interrupt,
    /// The attempt log failed.
    broken: AtomicBool,
    /// Simulated nanoseconds of all replications.
    done_ns: Arc<AtomicU64>,
    /// Of each run, the part of it that is counted in `done_ns`.
    seen_ns: Vec<AtomicU64>,
}

impl<'a> Watching<'a> {
    /// Watches so many runs, numbered from 0.
    pub fn new(runs: u64, interrupt: &'a Interrupt, done_ns: Arc<AtomicU64>) -> Watching<'a> {
        let seen_ns = (0..runs).map(|_| AtomicU64::new(0)).collect();
        Watching { interrupt, broken: AtomicBool::new(false), done_ns, seen_ns }
    }
}

impl Watch for Watching<'_> {
    fn beat(&self, replication: u64, now: SimTime) -> bool {
        let before = self.seen_ns[replication as usize].fetch_max(now.as_ns(), Ordering::Relaxed);
        self.done_ns.fetch_add(now.as_ns().saturating_sub(before), Ordering::Relaxed);
        !self.interrupt.flag().load(Ordering::Relaxed) && !self.broken.load(Ordering::Relaxed)
    }
}
