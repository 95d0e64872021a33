//! `sweep status`: how far a store is.

use serde_json::json;
use std::path::PathBuf;

use super::super::figures::plural;
use super::super::stream::{Format, write_results};
use crate::error::{Error, one_line};
use crate::output::manifest::command_line;
use crate::sweep::point::Record;
use crate::sweep::shard::listed;
use crate::sweep::store::{State, Store};

/// The arguments of `sweep status`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// The store
    #[arg(value_name = "STORE")]
    store: PathBuf,
    /// What to print
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Failed points whose error is shown.
const SHOWN_MAX: usize = 5;

/// Say how far a store is; what is finished is what is there.
///
/// # Errors
/// Those of reading the store.
pub fn status(arguments: &Arguments) -> Result<(), Error> {
    let store = Store::open(&arguments.store)?;
    let there = store.listed()?;
    let (mut finished, mut missing, mut torn, mut failed) = (0, Vec::new(), Vec::new(), Vec::new());
    for (number, there) in there.there.iter().enumerate() {
        match there.then(|| store.state(number)).transpose()? {
            Some(State::Done(record)) => {
                finished += 1;
                let Record { error, command, .. } = *record;
                failed.extend(error.map(|error| (number, error, command.unwrap_or_default())));
            }
            Some(State::Torn) => torn.push(number),
            Some(State::Missing) | None => missing.push(number),
        }
    }
    let under_way: Vec<usize> = there.staged.into_iter().filter(|&point| store.is_under_way(point)).collect();
    if arguments.format == Format::Json {
        let text = json!({
            "plan": store.id,
            "points": store.plan.len(),
            "finished": finished,
            "failed": listed(&failed.iter().map(|(point, ..)| *point).collect::<Vec<_>>()),
            "under_way": listed(&under_way),
            "missing": listed(&missing),
            "torn": listed(&torn),
        });
        return write_results(|out| writeln!(out, "{text:#}"));
    }
    let shown = store.path.to_string_lossy();
    write_results(|out| {
        let points = plural(store.plan.len() as f64, "point");
        writeln!(out, "plan {}: {finished} of {points} finished", store.id)?;
        for (what, points) in
            [("under way", &under_way), ("missing", &missing), ("torn, to be computed again", &torn)]
        {
            if !points.is_empty() {
                writeln!(out, "{what}: {} ({})", points.len(), listed(points))?;
            }
        }
        if !failed.is_empty() {
            writeln!(out, "failed: {}", failed.len())?;
        }
        for (point, error, command) in failed.iter().take(SHOWN_MAX) {
            writeln!(out, "  {point}: {}", one_line(error.lines().next().unwrap_or_default()))?;
            writeln!(out, "    to see it again, in {}/scenario: {command}", one_line(&shown))?;
        }
        let mut rest = [missing, torn].concat();
        rest.sort_unstable();
        match rest.is_empty() {
            true => writeln!(out, "to merge them: {}", command_line(["sweep", "merge", &shown])),
            false => writeln!(out, "to go on: {}", command_line(["sweep", "run", &shown])),
        }
    })
}
