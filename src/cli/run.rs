//! `run`: simulate scenarios; results into directories, findings on the screen.
//!
//! Everything that can be wrong is found before anything is simulated: all scenarios are read, all directories
//! opened. The results are then made one after the other, each whole before the next.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::console::Console;
use super::figures::{bytes, percent, plural};
use super::interrupt::Interrupt;
use super::scenarios::{Scenarios, show_config};
use super::screen::{Format, Screen};
use super::simulation::{simulate, threads};
use super::store::store;
use super::stream::write_results;
use super::verdicts;
use crate::error::{Error, one_line};
use crate::output::columns::ATTEMPTS;
use crate::output::directory::ResultDir;
use crate::output::report::tables;
use crate::replications::Results;
use crate::scenario::loading::Loaded;

/// Where results go unless told otherwise.
const OUTPUT: &str = "output";

/// The arguments of `run`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    scenarios: Scenarios,
    /// The result's directory; for several scenarios, a subfolder of it for each [default: a folder in
    /// output, named after the file]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Threads for replications and charts [default: one for each core]; changes no result
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Write the attempt log, attempts.csv, of the first replication
    #[arg(long)]
    requests: bool,
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

/// Simulate scenarios.
///
/// # Errors
/// Every operating error; those of a scenario leave the results of the scenarios before it.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Error> {
    let loaded = arguments.scenarios.load(arguments.jobs, console)?;
    if arguments.scenarios.show_config {
        return show_config(&loaded);
    }
    let paths = destinations(&loaded, arguments.output.as_deref())?;
    let interrupt = Interrupt::install()?;
    let dirs: Result<Vec<ResultDir>, Error> =
        paths.iter().map(|path| ResultDir::open_for("run", path, arguments.force)).collect();
    let pool = threads(arguments.jobs)?;
    let mut outcome = Ok(());
    for (index, (loaded, dir)) in loaded.iter().zip(dirs?).enumerate() {
        let screen = pool.install(|| one(arguments, loaded, dir, &interrupt, console))?;
        print(&screen, arguments, index, console)?;
        warn(loaded, &screen.results, console);
        interrupt.check(true)?;
        let judged = verdicts::tell(&one_line(&loaded.stem), &screen.judged, console);
        outcome = match (outcome, judged) {
            (Err(Error::CheckFailed(before)), Err(Error::CheckFailed(now))) => {
                Err(Error::CheckFailed(format!("{before}; {now}")))
            }
            (before, now) => before.and(now),
        };
    }
    outcome
}

/// The directory of each result.
fn destinations(loaded: &[Loaded], output: Option<&Path>) -> Result<Vec<PathBuf>, Error> {
    if let ([_], Some(output)) = (loaded, output) {
        return Ok(vec![output.to_path_buf()]);
    }
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let under = output.unwrap_or(Path::new(OUTPUT));
    let of = |scenario: &'_ Loaded| {
        let stem = scenario.stem.as_str();
        if matches!(stem, "" | "." | "..") {
            let name = &scenario.file_name;
            return Err(Error::Usage(format!("the name of {name} makes no directory; pass --output")));
        }
        Ok(under.join(stem))
    };
    for scenario in loaded {
        // Some file systems do not tell cases apart.
        let stem = scenario.stem.to_lowercase();
        if let Some(other) = seen.insert(stem, &scenario.file_name) {
            let name = &scenario.file_name;
            let message = format!("{other} and {name} would both write into {}", of(scenario)?.display());
            return Err(Error::Usage(message));
        }
    }
    loaded.iter().map(of).collect()
}

/// Simulate one scenario and write its result.
fn one<'a>(
    arguments: &Arguments,
    loaded: &'a Loaded,
    mut dir: ResultDir,
    interrupt: &Interrupt,
    console: &Console,
) -> Result<Screen<'a>, Error> {
    console.detail(|| {
        let estimate = &loaded.scenario.expected;
        format!(
            "{}: about {}, {}, {} of memory",
            loaded.stem,
            plural(estimate.requests.round(), "request"),
            plural(estimate.events.round(), "event"),
            bytes(estimate.memory_bytes)
        )
    });
    let path = dir.path().to_path_buf();
    let log_to = arguments.requests.then_some(&mut dir);
    let (results, took) = simulate(loaded, console.progress(), interrupt, log_to)?;
    console.detail(|| format!("{}: {} worked on", loaded.stem, plural(results.events as f64, "event")));
    let files = tables(loaded, &results);
    let words = command(arguments, loaded);
    let mut names = store(dir, loaded, &results, &files, !arguments.no_charts, &words)?;
    names.extend(arguments.requests.then(|| ATTEMPTS.file.to_owned()));
    let judged = verdicts::judge(&loaded.scenario, &results);
    Ok(Screen { loaded, results, took, judged, path, names, files })
}

/// The arguments that make a result again, the directory aside.
fn command(arguments: &Arguments, loaded: &Loaded) -> Vec<String> {
    let mut words = vec!["run".to_owned(), loaded.file_name.clone()];
    words.extend(arguments.scenarios.words());
    words.extend(arguments.requests.then(|| "--requests".to_owned()));
    words.extend(arguments.no_charts.then(|| "--no-charts".to_owned()));
    words
}

fn print(screen: &Screen, arguments: &Arguments, index: usize, console: &Console) -> Result<(), Error> {
    let format = match arguments.format {
        None if console.is_quiet() => return Ok(()),
        format => format.unwrap_or(Format::Text),
    };
    write_results(|out| {
        if index > 0 && format != Format::Json {
            writeln!(out)?;
        }
        let bytes = screen.render(format, console.paint_out());
        match format {
            // One document each: JSON Lines, so that each can be read as soon as it is there.
            Format::Json if arguments.scenarios.paths.len() > 1 => {
                bytes.split(|&b| b == b'\n').try_for_each(|line| out.write_all(line.trim_ascii_start()))?;
                writeln!(out)
            }
            _ => out.write_all(&bytes),
        }
    })
}

/// Say what a glance at the results could miss.
fn warn(loaded: &Loaded, results: &Results, console: &Console) {
    let name = &loaded.stem;
    if !results.finished {
        let planned = loaded.scenario.run.replications;
        let reached = plural(f64::from(results.replications), "replication");
        console.warn(&format!(
            "{name}: interrupted; the result covers {reached} of {planned}, not all to their end"
        ));
        return;
    }
    let account = &results.total.account;
    if loaded.scenario.checks.is_empty() && account.succeeded * 2 < account.requests {
        let share = 1.0 - account.succeeded as f64 / account.requests as f64;
        console.warn(&format!(
            "{name}: {} % of the requests did not succeed, and the scenario has no [[checks]] that would fail",
            percent(Some(share))
        ));
    }
}
