//! A result into its directory: the tables, the charts drawn from these same bytes, the manifest last.

use crate::chart::comparison::{ComparisonFiles, draw_comparison};
use crate::chart::sweep::{SweepFiles, draw_sweep};
use crate::chart::{ChartError, Files, Picture, draw_all};
use crate::compare::comparison::Comparison;
use crate::compare::precision::Ended;
use crate::error::Error;
use crate::output::comparison::COMPARE_JSON;
use crate::output::directory::ResultDir;
use crate::output::layout::MANIFEST;
use crate::output::manifest::{Manifest, command_line, sha256};
use crate::output::report::ReportFile;
use crate::replications::Results;
use crate::scenario::loading::Loaded;
use crate::sweep::merge::{SWEEP_CSV, SWEEP_JSON};

/// The files every result is drawn from.
const DRAWN_FROM: [&str; 5] =
    ["outcomes.csv", "rates.csv", "capacity.csv", "time_to_success.csv", "summary.json"];

/// Write a result: `files`, their charts if wished, and the manifest. `words` are the arguments that make it
/// again. Returns the names of what was written.
///
/// # Errors
/// Those of writing, and [`Error::Failed`] if a chart cannot be drawn; the directory is then as before.
pub fn store(
    mut dir: ResultDir,
    loaded: &Loaded,
    results: &Results,
    files: &[ReportFile],
    with_charts: bool,
    words: &[String],
) -> Result<Vec<String>, Error> {
    let charts = |dir: &mut _| draw_charts(dir, |name| held(files, name));
    let mut names = put(&mut dir, files, with_charts, charts)?;
    dir.commit(manifest(loaded, results.finished, words))?;
    names.push(MANIFEST.to_owned());
    Ok(names)
}

/// Write a comparison: `files`, their charts if wished, and the manifest.
///
/// # Errors
/// As [`store`].
pub fn store_comparison(
    mut dir: ResultDir,
    loaded: &Loaded,
    comparison: &Comparison,
    files: &[ReportFile],
    with_charts: bool,
    words: &[String],
) -> Result<Vec<String>, Error> {
    let charts = |dir: &mut _| draw_comparison_charts(dir, |name| held(files, name));
    let mut names = put(&mut dir, files, with_charts, charts)?;
    let whole = comparison.observed.ended != Ended::Interrupted;
    let replications = comparison.observed.replications.into();
    dir.commit(Manifest { replications, ..manifest(loaded, whole, words) })?;
    names.push(MANIFEST.to_owned());
    Ok(names)
}

/// Put the tables, and what `draw` draws from them if that is wished; the names of all.
fn put(
    dir: &mut ResultDir,
    files: &[ReportFile],
    with_charts: bool,
    draw: impl FnOnce(&mut ResultDir) -> Result<Vec<String>, Error>,
) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = Vec::new();
    for file in files {
        dir.put_table(file.name, &file.columns, &file.bytes)?;
        names.push(file.name.to_owned());
    }
    if with_charts {
        names.extend(draw(dir)?);
    }
    Ok(names)
}

/// The content of a file that is held, if there is such a one.
fn held(files: &[ReportFile], name: &str) -> Result<Option<Vec<u8>>, Error> {
    Ok(files.iter().find(|file| file.name == name).map(|file| file.bytes.clone()))
}

fn manifest(loaded: &Loaded, complete: bool, words: &[String]) -> Manifest {
    let scenario = &loaded.scenario;
    Manifest {
        ratetide: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: loaded.stem.clone(),
        title: scenario.title.clone(),
        command: command_line(words.iter().map(String::as_str)),
        seed: scenario.run.seed,
        replications: scenario.run.replications.into(),
        scenario_sha256: sha256(loaded.resolved.to_toml().as_bytes()),
        inputs: loaded.inputs.clone(),
        complete,
        files: Vec::new(),
    }
}

/// Draw every chart from the files of a result, which `read` brings where there is such a file, into its
/// directory. Returns their names.
///
/// # Errors
/// Those of `read` and of writing, and [`Error::Failed`] if a file is missing or a chart cannot be drawn.
pub fn draw_charts(
    dir: &mut ResultDir,
    read: impl Fn(&str) -> Result<Option<Vec<u8>>, Error>,
) -> Result<Vec<String>, Error> {
    let needed = |name: &str| {
        let missing = || Error::Failed(format!("the result has no {name}: run its scenario again"));
        read(name)?.ok_or_else(missing)
    };
    let [outcomes, rates, capacity, time_to_success, summary] = DRAWN_FROM.map(needed);
    let cost = read("cost.csv")?;
    let (outcomes, rates, capacity) = (outcomes?, rates?, capacity?);
    let (time_to_success, summary) = (time_to_success?, summary?);
    let files = Files {
        outcomes: &outcomes,
        rates: &rates,
        capacity: &capacity,
        time_to_success: &time_to_success,
        cost: cost.as_deref(),
        summary: &summary,
    };
    put_pictures(dir, draw_all(&files))
}

/// The same for a comparison.
///
/// # Errors
/// As [`draw_charts`].
pub fn draw_comparison_charts(
    dir: &mut ResultDir,
    read: impl Fn(&str) -> Result<Option<Vec<u8>>, Error>,
) -> Result<Vec<String>, Error> {
    let needed = |name: &str| {
        let missing = || Error::Failed(format!("the comparison has no {name}: make it again"));
        read(name)?.ok_or_else(missing)
    };
    let [conclusion, curves, rates] =
        [COMPARE_JSON, "compare_time_to_success.csv", "compare_rates.csv"].map(needed);
    let (conclusion, curves, rates) = (conclusion?, curves?, rates?);
    let files = ComparisonFiles { conclusion: &conclusion, curves: &curves, rates: &rates };
    put_pictures(dir, draw_comparison(&files))
}

/// The same for a sweep.
///
/// # Errors
/// As [`draw_charts`].
pub fn draw_sweep_charts(
    dir: &mut ResultDir,
    read: impl Fn(&str) -> Result<Option<Vec<u8>>, Error>,
) -> Result<Vec<String>, Error> {
    let needed = |name: &str| {
        let missing = || Error::Failed(format!("the result has no {name}: merge its sweep again"));
        read(name)?.ok_or_else(missing)
    };
    let (head, table) = (needed(SWEEP_JSON)?, needed(SWEEP_CSV)?);
    put_pictures(dir, draw_sweep(&SweepFiles { head: &head, table: &table }))
}

fn put_pictures(
    dir: &mut ResultDir,
    pictures: Result<Vec<Picture>, ChartError>,
) -> Result<Vec<String>, Error> {
    let pictures = pictures.map_err(|e| Error::Failed(format!("cannot draw the charts: {e}")))?;
    let mut names = Vec::new();
    for picture in pictures {
        for (ending, bytes) in [("svg", picture.svg.as_bytes()), ("png", &picture.png)] {
            let name = format!("charts/{}.{ending}", picture.name);
            dir.put(&name, bytes)?;
            names.push(name);
        }
    }
    Ok(names)
}
