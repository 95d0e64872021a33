//! `sweep plan`: freeze the points into a store.

use std::path::{Path, PathBuf};

use super::super::console::Console;
use super::super::figures::plural;
use super::super::simulation::threads;
use super::super::stream::write_results;
use super::default_store;
use super::draft::Draft;
use crate::error::{Error, one_line};
use crate::output::manifest::command_line;
use crate::scenario::loading::{LoadError, Source};
use crate::sweep::freeze::freeze;
use crate::sweep::store::Store;

/// The arguments of `sweep plan`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Scenario file; `-` is standard input
    #[arg(value_name = "SCENARIO")]
    path: PathBuf,
    #[command(flatten)]
    wanted: Wanted,
}

/// What is planned, and where.
#[derive(clap::Args, Debug)]
pub struct Wanted {
    #[command(flatten)]
    draft: Draft,
    /// The store: the folder of the plan, its points and its result [default: a folder in output, named after the
    /// file, with -sweep]
    #[arg(short, long, value_name = "STORE")]
    output: Option<PathBuf>,
}

/// Freeze a sweep, and say what it is.
///
/// # Errors
/// [`Error::Invalid`] for a scenario, axis or point that is not valid, and if the store holds another plan.
pub fn plan(arguments: &Arguments, console: &Console) -> Result<(), Error> {
    let store = arguments.wanted.store(&arguments.path, console)?;
    if console.is_quiet() {
        return Ok(());
    }
    let plan = &store.plan;
    let events: f64 = plan.kilo_events.iter().map(|&kilo| kilo as f64 * 1000.0).sum();
    let axes: Vec<String> = plan.axes.iter().map(|axis| one_line(&axis.name)).collect();
    let shown = store.path.to_string_lossy();
    write_results(|out| {
        let points = plural(plan.len() as f64, "point");
        writeln!(out, "plan {}: {points} over {}", store.id, axes.join(", "))?;
        writeln!(out, "about {} in all; frozen in {}", plural(events, "event"), one_line(&shown))?;
        writeln!(out, "\nto compute them: {}", command_line(["sweep", "run", &shown]))?;
        writeln!(out, "then:            {}", command_line(["sweep", "merge", &shown]))
    })
}

impl Wanted {
    /// The store of the sweep of a scenario, made if it is not there.
    ///
    /// # Errors
    /// As [`plan`].
    pub fn store(&self, scenario: &Path, console: &Console) -> Result<Store, Error> {
        let source = Source::open(scenario)?;
        let changes = &self.draft.changes;
        let loaded =
            source.load(&changes.assignments(), changes.limits(None)).map_err(|error| match error {
                LoadError::File(error) => error,
                LoadError::Problems(problems) => Error::Invalid(problems.render(console.paint_err().is_on())),
            })?;
        loaded.notes.iter().for_each(|note| console.note(note));
        let path = match &self.output {
            Some(path) => path.clone(),
            None => default_store(&loaded.stem, &loaded.file_name)?,
        };
        let order = self.draft.order(&loaded, console)?;
        let plan = threads(None)?.install(|| freeze(&source, &loaded, order))?;
        Store::create(&path, &plan, &source)
    }
}
