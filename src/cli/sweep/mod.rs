//! `sweep`: a scenario at many points of its parameters: planned, computed by whoever has a core, merged.
//!
//! | file | holds |
//! |---|---|
//! | [`draft`] | the flags that say what is varied, kept and wanted |
//! | [`plan`], [`run`], [`status`], [`merge`], [`recipe`] | a step each |
//! | [`gang`] | points being computed: progress, interrupt, time limit |
//! | [`lines`] | one JSON line in, one out |
//! | [`screen`] | what is told after a merge |

pub mod draft;
pub mod gang;
pub mod lines;
pub mod merge;
pub mod plan;
pub mod recipe;
pub mod run;
pub mod screen;
pub mod status;

use clap::Subcommand;
use std::path::{Path, PathBuf};

use super::console::Console;
use super::interrupt::Interrupt;
use crate::error::Error;

/// The arguments of `sweep`.
#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Arguments {
    #[command(subcommand)]
    step: Option<Step>,
    /// Scenario file, for a sweep in one go; `-` is standard input
    #[arg(value_name = "SCENARIO", required = true)]
    path: Option<PathBuf>,
    #[command(flatten)]
    wanted: plan::Wanted,
    #[command(flatten)]
    hands: run::Hands,
    #[command(flatten)]
    form: merge::Form,
}

/// The steps of a sweep; without one of these, all of them in one go.
#[derive(Subcommand, Debug)]
enum Step {
    /// Freeze the points of a sweep into a store, computing none
    Plan(Box<plan::Arguments>),
    /// Compute points of a store: all, a shard of them, or some; finished ones are skipped
    Run(run::Arguments),
    /// Say how far a store is, without a running process
    Status(status::Arguments),
    /// Write the tables and charts of a finished store
    Merge(merge::Arguments),
    /// Print how GNU parallel, Slurm, Dask, Ray or Kubernetes starts the shards of a plan
    Recipe(recipe::Arguments),
}

/// Do a step, or all of them.
///
/// # Errors
/// Every operating error; points that are finished are kept.
pub fn sweep(arguments: &Arguments, console: &Console) -> Result<(), Error> {
    match &arguments.step {
        Some(Step::Plan(arguments)) => plan::plan(arguments, console),
        Some(Step::Run(arguments)) => run::run(arguments, console),
        Some(Step::Status(arguments)) => status::status(arguments),
        Some(Step::Merge(arguments)) => merge::merge(arguments, console),
        Some(Step::Recipe(arguments)) => recipe::recipe(arguments),
        None => arguments.at_once(console),
    }
}

impl Arguments {
    /// Plan, run, merge. The same command again goes on where it was stopped.
    fn at_once(&self, console: &Console) -> Result<(), Error> {
        let path = self.path.as_deref().expect("required without a step");
        let store = self.wanted.store(path, console)?;
        let interrupt = Interrupt::install()?;
        let points: Vec<usize> = (0..store.plan.len()).collect();
        self.hands.compute(&store, &points, &interrupt, console)?;
        merge::write(&store, &store.path.join(crate::sweep::store::RESULT), &self.form, console)
    }
}

/// The default store of a scenario.
fn default_store(stem: &str, file_name: &str) -> Result<PathBuf, Error> {
    match stem {
        "" | "." | ".." => {
            Err(Error::Usage(format!("the name of {file_name} makes no directory; pass --output")))
        }
        stem => Ok(Path::new("output").join(format!("{stem}-sweep"))),
    }
}
