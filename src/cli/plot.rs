//! `plot`: redraw the charts of a result directory. The same files give the same bytes as `run` wrote.

use std::path::PathBuf;

use super::console::Console;
use super::simulation::threads;
use super::store::{draw_charts, draw_comparison_charts, draw_sweep_charts};
use super::stream::write_results;
use crate::error::{Error, one_line};
use crate::output::comparison::COMPARE_JSON;
use crate::output::directory::ResultDir;
use crate::sweep::merge::SWEEP_JSON;

/// The arguments of `plot`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// A result directory, as `run`, `compare` or `sweep` makes it
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Threads to draw with [default: one for each core]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
}

/// Redraw the charts.
///
/// # Errors
/// [`Error::Usage`] if it is no result, [`Error::Failed`] if it is unfinished or damaged, those of writing.
pub fn plot(arguments: &Arguments, console: &Console) -> Result<(), Error> {
    let path = &arguments.directory;
    let (mut dir, result) = ResultDir::update(path)?;
    let has = |name: &str| result.manifest.files.iter().any(|file| file.name == name);
    let names = threads(arguments.jobs)?.install(|| match (has(COMPARE_JSON), has(SWEEP_JSON)) {
        (true, _) => draw_comparison_charts(&mut dir, |name| result.read(name)),
        (_, true) => draw_sweep_charts(&mut dir, |name| result.read(name)),
        _ => draw_charts(&mut dir, |name| result.read(name)),
    })?;
    dir.commit(result.manifest.clone())?;
    if console.is_quiet() {
        return Ok(());
    }
    let shown = one_line(&path.display().to_string());
    write_results(|out| names.iter().try_for_each(|name| writeln!(out, "{shown}/{name}")))
}
