//! Points computed side by side: each worker takes the longest that is left.
//!
//! Longest first keeps the last to finish close to the others (Graham 1969, "Bounds on multiprocessing timing
//! anomalies", §4: at most 4/3 of the best there is, whatever the costs).

use super::plan::Point;
use super::point::{Record, compute};
use super::shard::longest_first;
use super::store::{Claim, Store};
use crate::error::Error;
use crate::replications::Watch;
use rayon::ThreadPoolBuilder;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Who looks on, and may stop the work.
pub trait Foreman: Watch {
    /// Whether another point may be begun.
    fn goes_on(&self) -> bool;
    /// A point is finished, or was so before (`found`).
    fn finished(&self, record: &Record, kilo_events: u64, found: bool);
}

/// What came of the points asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Computed now, failed ones included.
    pub computed: usize,
    /// Finished before.
    pub found: usize,
    /// Failed, now or before.
    pub failed: usize,
    /// Another process is computing them.
    pub elsewhere: usize,
    /// Not begun, or stopped.
    pub left: usize,
}

/// Compute points of a store on so many threads. With `again`, those that failed before too.
///
/// # Errors
/// The first of reading or writing the store; points finished until then are kept.
pub fn work(
    store: &Store,
    points: &[usize],
    jobs: usize,
    again: bool,
    foreman: &dyn Foreman,
) -> Result<Tally, Error> {
    let mut tally = pass(store, points, jobs, again, foreman)?;
    // Whoever was at a point may have been killed in the meantime.
    if !tally.1.is_empty() && foreman.goes_on() {
        let (second, _) = pass(store, &tally.1, jobs, again, foreman)?;
        let first = &mut tally.0;
        first.computed += second.computed;
        first.found += second.found;
        first.failed += second.failed;
        first.left += second.left;
        first.elsewhere = second.elsewhere;
    }
    Ok(tally.0)
}

/// Go through the points once; also tells which of them others are at.
fn pass(
    store: &Store,
    points: &[usize],
    jobs: usize,
    again: bool,
    foreman: &dyn Foreman,
) -> Result<(Tally, Vec<usize>), Error> {
    let order = longest_first(&store.plan, points.iter().copied());
    let workers = jobs.clamp(1, order.len().max(1));
    // Few points: their replications share the threads that are left.
    let threads = (jobs / workers).max(1);
    let (next, stopped) = (AtomicUsize::new(0), Mutex::new(None));
    let sum = Mutex::new((Tally::default(), Vec::new()));
    let sampler = store.plan.sampler();
    let work_one = |number: usize| -> Result<(), Error> {
        let kilo_events = store.plan.kilo_events[number];
        let add = |record: &Record, found: bool| {
            let mut sum = lock(&sum);
            sum.0.failed += usize::from(record.error.is_some());
            if found {
                sum.0.found += 1
            } else {
                sum.0.computed += 1
            };
            drop(sum);
            foreman.finished(record, kilo_events, found);
        };
        match store.claim(number, again)? {
            Claim::Done(record) => add(&record, true),
            Claim::Theirs => {
                let mut sum = lock(&sum);
                sum.0.elsewhere += 1;
                sum.1.push(number);
            }
            Claim::Mine(claimed) => {
                let point = Point { number, levels: sampler.levels(number) };
                match compute(&store.plan, &store.id, &store.source, &point, foreman) {
                    Some(record) => {
                        claimed.finish(&record)?;
                        add(&record, false);
                    }
                    None => lock(&sum).0.left += 1,
                }
            }
        }
        Ok(())
    };
    let worker = || {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|e| Error::Failed(format!("cannot start the threads: {e}")))?;
        pool.install(|| {
            while let Some(&number) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                if !foreman.goes_on() || lock(&stopped).is_some() {
                    lock(&sum).0.left += 1;
                    continue;
                }
                work_one(number)?;
            }
            Ok(())
        })
    };
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                if let Err(error) = worker() {
                    lock(&stopped).get_or_insert(error);
                }
            });
        }
    });
    match stopped.into_inner().unwrap_or_else(|poison| poison.into_inner()) {
        Some(error) => Err(error),
        None => Ok(sum.into_inner().unwrap_or_else(|poison| poison.into_inner())),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Poison would mean a panic between two lines of bookkeeping, which is whole in any case.
    mutex.lock().unwrap_or_else(|poison| poison.into_inner())
}
