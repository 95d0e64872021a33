//! `sweep merge`: the tables and charts of a finished store.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::super::console::Console;
use super::super::store::draw_sweep_charts;
use super::super::stream::write_results;
use super::screen::{Format, Screen};
use crate::error::Error;
use crate::output::directory::ResultDir;
use crate::output::layout::MANIFEST;
use crate::output::manifest::{Manifest, command_line, sha256};
use crate::scenario::loading::{LoadError, Loaded};
use crate::sweep::merge::{SWEEP_CSV, SWEEP_JSON, columns, complete, json_text, table};
use crate::sweep::store::{RESULT, Store};

/// The arguments of `sweep merge`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// The store
    #[arg(value_name = "STORE")]
    store: PathBuf,
    /// The result's directory [default: result, in the store]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    form: Form,
}

/// The form of a result.
#[derive(clap::Args, Debug)]
pub struct Form {
    /// Draw no charts
    #[arg(long)]
    no_charts: bool,
    /// Write into a directory that ratetide did not make, or through a link to one
    #[arg(long)]
    force: bool,
    /// What to print on standard output [default: text, or nothing with --quiet]
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
}

/// Points whose table is held in memory, to be drawn and printed; a longer one goes to the disk alone.
const HELD_MAX: usize = 50_000;

/// Merge.
///
/// # Errors
/// [`Error::Missing`] with the command that computes them if points are missing, [`Error::Invalid`] if a file is foreign.
pub fn merge(arguments: &Arguments, console: &Console) -> Result<(), Error> {
    let store = Store::open(&arguments.store)?;
    let path = arguments.output.clone().unwrap_or_else(|| store.path.join(RESULT));
    write(&store, &path, &arguments.form, console)
}

/// Write the result of a store, and tell it.
///
/// # Errors
/// As [`merge`].
pub fn write(store: &Store, path: &Path, form: &Form, console: &Console) -> Result<(), Error> {
    complete(store)?;
    let plan = &store.plan;
    let loaded = frozen(store)?;
    let mut dir = ResultDir::open_for("sweep", path, form.force)?;
    let mut held = (plan.len() <= HELD_MAX).then(Vec::new);
    let mut file = dir.stage(SWEEP_CSV, &columns(plan))?;
    let merged = table(store, Tee { file: &mut file, held: held.as_mut() })?;
    file.finish()?;
    let json = json_text(store, &loaded, &merged);
    dir.put(SWEEP_JSON, json.as_bytes())?;
    dir.put("scenario.toml", loaded.resolved.to_toml().as_bytes())?;
    dir.put("plan.json", plan.to_json().as_bytes())?;
    let mut names: Vec<String> =
        [SWEEP_CSV, SWEEP_JSON, "scenario.toml", "plan.json", MANIFEST].map(String::from).into();
    match &held {
        Some(table) if !form.no_charts => {
            let bytes = |name: &str| {
                Ok(Some(if name == SWEEP_CSV { table.clone() } else { json.clone().into_bytes() }))
            };
            names.extend(draw_sweep_charts(&mut dir, bytes)?);
        }
        Some(_) => {}
        None => console.note(&format!("more than {HELD_MAX} points: no charts are drawn")),
    }
    dir.commit(Manifest {
        ratetide: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: loaded.stem.clone(),
        title: loaded.scenario.title.clone(),
        // The plan is the sweep: whoever has it and the scenario can make the points again.
        command: command_line(["sweep", "merge", "STORE"]),
        seed: plan.seed,
        replications: plan.replications.into(),
        scenario_sha256: sha256(loaded.resolved.to_toml().as_bytes()),
        inputs: plan.inputs.clone(),
        complete: true,
        files: Vec::new(),
    })?;
    let format = match form.format {
        None if console.is_quiet() => return Ok(()),
        format => format.unwrap_or(Format::Text),
    };
    let screen = Screen { store, loaded: &loaded, merged: &merged, table: held, json, path, names: &names };
    let bytes = screen.render(format, console.paint_out())?;
    write_results(|out| out.write_all(&bytes))
}

/// The scenario as it was frozen, without what the points set.
fn frozen(store: &Store) -> Result<Loaded, Error> {
    store.source.load(&store.plan.sets, store.plan.limits()).map_err(|error| match error {
        LoadError::File(error) => error,
        LoadError::Problems(problems) => Error::Invalid(problems.render(false)),
    })
}

/// Writes to the disk, and into memory if wished.
struct Tee<'a, W> {
    file: &'a mut W,
    held: Option<&'a mut Vec<u8>>,
}

impl<W: Write> Write for Tee<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        if let Some(held) = &mut self.held {
            held.extend_from_slice(&bytes[..written]);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
