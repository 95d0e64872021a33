//! `sweep run`: compute points of a store.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use super::super::console::Console;
use super::super::figures::{plural, rate};
use super::super::interrupt::Interrupt;
use super::super::progress::Display;
use super::super::simulation::threads;
use super::gang::{Counts, Gang};
use super::lines;
use crate::error::Error;
use crate::output::manifest::command_line;
use crate::sweep::shard::{Shard, numbers};
use crate::sweep::store::Store;
use crate::sweep::work::{Tally, work};
use crate::units::parse_span;

/// The arguments of `sweep run`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// The store, as `sweep plan` makes it
    #[arg(value_name = "STORE")]
    store: PathBuf,
    /// Only one of N equal parts, from 1: 1/4 to 4/4; `auto` reads which from Slurm's or Kubernetes' variables
    #[arg(long, value_name = "I/N|auto", conflicts_with = "points")]
    shard: Option<String>,
    /// Only these points, from 0, such as 3,7-9; `-` reads points from standard input, one JSON line each, and answers
    /// each with one: its number, or an object of values to try such as {"run.seed": 7}
    #[arg(long, value_name = "A,B-C|-")]
    points: Option<String>,
    #[command(flatten)]
    hands: Hands,
}

/// Who computes, and for how long.
#[derive(clap::Args, Debug)]
pub struct Hands {
    /// Threads [default: one for each core]; changes no result
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Stop after this long, such as "10 min"; finished points are kept, and the exit code is 75
    #[arg(long, value_name = "SPAN", value_parser = limit)]
    time_limit: Option<Duration>,
    /// Compute points that failed before once more
    #[arg(long)]
    retry_failed: bool,
}

fn limit(text: &str) -> Result<Duration, String> {
    parse_span(text).map(|span| Duration::from_nanos(span.as_ns()))
}

/// Compute points.
///
/// # Errors
/// [`Error::Invalid`] for a shard or point that there is not and for a foreign file in the store, [`Error::Missing`] if
/// the time limit came first, [`Error::Interrupted`].
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Error> {
    let store = Store::open(&arguments.store)?;
    let interrupt = Interrupt::install()?;
    if arguments.points.as_deref() == Some("-") {
        return arguments.hands.answer(&store, &interrupt);
    }
    let points = arguments.chosen(&store)?;
    arguments.hands.compute(&store, &points, &interrupt, console)
}

impl Arguments {
    /// The points asked for.
    fn chosen(&self, store: &Store) -> Result<Vec<usize>, Error> {
        let refused = |flag: &str, what: String| {
            Error::invalid(&format!("{flag}: {what}"), "see `ratetide sweep run --help`")
        };
        match (&self.shard, &self.points) {
            (Some(text), _) => {
                let shard = Shard::parse(text, |name| std::env::var(name).ok());
                Ok(shard.map_err(|what| refused("--shard", what))?.points(&store.plan))
            }
            (None, Some(text)) => numbers(text, store.plan.len()).map_err(|what| refused("--points", what)),
            (None, None) => Ok((0..store.plan.len()).collect()),
        }
    }
}

impl Hands {
    /// Answer standard input, line by line.
    ///
    /// # Errors
    /// Those of [`lines::answer`].
    fn answer(&self, store: &Store, interrupt: &Interrupt) -> Result<(), Error> {
        let gang = Gang::new(interrupt, Arc::default(), self.time_limit);
        threads(self.jobs)?.install(|| lines::answer(store, self.retry_failed, &gang, interrupt))
    }

    /// Compute points of a store, and say what came of them.
    ///
    /// # Errors
    /// As [`run`].
    pub fn compute(
        &self,
        store: &Store,
        points: &[usize],
        interrupt: &Interrupt,
        console: &Console,
    ) -> Result<(), Error> {
        store.listed()?;
        let cores = || available_parallelism().map_or(1, usize::from);
        let jobs = self.jobs.map_or_else(cores, usize::from);
        let kilo_events = points.iter().map(|&point| store.plan.kilo_events[point]).sum();
        let counts = Arc::new(Counts::of(points.len(), kilo_events));
        let display = Display::start(counts.clone(), console.progress());
        let gang = Gang::new(interrupt, counts.clone(), self.time_limit);
        let began = Instant::now();
        let tally = work(store, points, jobs, self.retry_failed, &gang);
        drop(display);
        let tally = tally?;
        told(&tally, counts.requests(), began.elapsed(), console);
        interrupt.check(tally.computed + tally.found > 0)?;
        if tally.left > 0 {
            let shown = store.path.to_string_lossy();
            let run = command_line(["sweep", "run", &shown]);
            let left = plural(tally.left as f64, "point");
            return Err(Error::Missing(format!("the time limit came first: {left} left; to go on: {run}")));
        }
        Ok(())
    }
}

fn told(tally: &Tally, requests: u64, took: Duration, console: &Console) {
    let mut parts = vec![format!("{} computed", plural(tally.computed as f64, "point"))];
    for (count, what) in [
        (tally.found, "finished before"),
        (tally.failed, "failed: `ratetide sweep status` names them"),
        (tally.elsewhere, "being computed by another process"),
    ] {
        parts.extend((count > 0).then(|| format!("{count} {what}")));
    }
    let took_s = took.as_secs_f64().max(1e-6);
    let speed = rate(requests as f64 / took_s);
    console.note(&format!("{} in {took_s:.2} s, {speed} simulated requests/s", parts.join(", ")));
}
