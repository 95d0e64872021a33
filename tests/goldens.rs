#![allow(missing_docs)]

//! The shipped scenarios: valid, with the summaries they are known for, and the same bytes on every run.
//!
//! A summary that changes on purpose is accepted with `RATETIDE_ACCEPT=1 cargo test --test goldens`; look at the
//! difference, and at the numbers in the scenario's comment, before committing it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ratetide::output::report::{ReportFile, tables};
use ratetide::replications::run_all;
use ratetide::scenario::loading::{Loaded, load};

/// No scenario of ours comes near it.
const EVENTS_MAX: f64 = 1e9;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder that end in `extension`, by name.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|have| have == extension));
    found.sort();
    found
}

fn shipped() -> Vec<PathBuf> {
    files(&root().join("scenarios"), "toml")
}

fn stem(path: &Path) -> &str {
    path.file_stem().unwrap().to_str().unwrap()
}

fn loaded(path: &Path) -> Loaded {
    load(path, &[], EVENTS_MAX).unwrap_or_else(|error| panic!("{}: {error:?}", path.display()))
}

/// The CSV tables of a run, by name.
fn csv_tables(loaded: &Loaded) -> BTreeMap<&'static str, String> {
    let results = run_all(&loaded.scenario, &(), None);
    let text = |file: ReportFile| (file.name, String::from_utf8(file.bytes).unwrap());
    tables(loaded, &results).into_iter().map(text).filter(|(name, _)| name.ends_with(".csv")).collect()
}

/// What differs between two summaries, cell by cell where their shape is the same.
fn differences(golden: &str, now: &str) -> Vec<String> {
    let rows = |text: &str| -> Vec<Vec<String>> {
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    };
    let (golden, now) = (rows(golden), rows(now));
    if golden.len() != now.len() || golden.first() != now.first() {
        return vec![format!(
            "{} rows of {:?}, now {} of {:?}",
            golden.len(),
            golden.first(),
            now.len(),
            now.first()
        )];
    }
    let columns = &now[0];
    let mut found = Vec::new();
    for (before, after) in golden.iter().zip(&now) {
        for ((column, before), cell) in columns.iter().zip(before).zip(after) {
            if before != cell {
                found.push(format!("{} {column}: {before} → {cell}", after[..3].join("/")));
            }
        }
    }
    found
}

#[test]
fn summaries_are_as_recorded() {
    let folder = root().join("tests/golden");
    let accept = std::env::var_os("RATETIDE_ACCEPT").is_some();
    let mut wrong = Vec::new();
    let mut known = Vec::new();
    for path in shipped() {
        let now = csv_tables(&loaded(&path)).remove("summary.csv").unwrap();
        let golden = folder.join(format!("{}.csv", stem(&path)));
        known.push(golden.clone());
        if accept {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&golden, &now).unwrap();
            continue;
        }
        match fs::read_to_string(&golden) {
            Err(error) => wrong.push(format!("{}: {error}", golden.display())),
            Ok(before) if before != now => {
                let found = differences(&before, &now);
                wrong.push(format!("{}:\n    {}", stem(&path), found.join("\n    ")));
            }
            Ok(_) => {}
        }
    }
    let stale = files(&folder, "csv").into_iter().filter(|golden| !known.contains(golden));
    wrong.extend(stale.map(|golden| format!("{} is of no scenario", golden.display())));
    assert!(
        wrong.is_empty(),
        "summaries differ from tests/golden:\n{}\nif that is meant, accept it with \
         `RATETIDE_ACCEPT=1 cargo test --test goldens` and correct the numbers in the comments of the scenarios",
        wrong.join("\n")
    );
}

#[test]
fn every_scenario_passes_check_and_its_own_checks() {
    let paths = shipped();
    assert!(paths.len() >= 10, "only {} scenarios", paths.len());
    let output = Command::new(env!("CARGO_BIN_EXE_ratetide")).arg("check").args(&paths).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for path in &paths {
        let Loaded { scenario, .. } = loaded(path);
        assert!(!scenario.checks.is_empty(), "{} checks nothing", path.display());
        let results = run_all(&scenario, &(), None);
        for check in &scenario.checks {
            let verdict = check.judge(&scenario, &results.summaries);
            assert!(verdict.passed, "{}: {}: {:?}", stem(path), check.describe(&scenario), verdict.observed);
        }
    }
}

/// Every file below a folder, by its path in it.
fn contents(folder: &Path, below: &str, all: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = format!("{below}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            contents(&entry.path(), &format!("{name}/"), all);
        } else {
            all.insert(name, fs::read(entry.path()).unwrap());
        }
    }
}

#[test]
fn every_file_of_a_result_is_the_same_on_any_number_of_threads() {
    for name in ["spike", "sdk-defaults"] {
        let folder = tempfile::tempdir().unwrap();
        let run = |jobs: &str, place: &str| {
            let output = folder.path().join(place).join(name);
            let scenario = root().join("scenarios").join(format!("{name}.toml"));
            let done = Command::new(env!("CARGO_BIN_EXE_ratetide"))
                .arg("run")
                .arg(scenario)
                .args(["--replications", "3", "--requests", "--quiet", "--jobs", jobs, "-o"])
                .arg(&output)
                .output()
                .unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            let mut all = BTreeMap::new();
            contents(&output, "", &mut all);
            all
        };
        let first = run("1", "first");
        assert!(first.contains_key("charts/outcomes.png") && first.contains_key("attempts.csv"));
        for other in [run("1", "again"), run("2", "threads")] {
            assert!(first.keys().eq(other.keys()));
            let differing: Vec<&String> = first.keys().filter(|name| first[*name] != other[*name]).collect();
            assert!(differing.is_empty(), "{name}: {differing:?} differ");
        }
    }
}

/// The scenario's text with models, orgs and workloads declared the other way round.
fn reversed(text: &str) -> String {
    let mut table: toml::Table = text.parse().unwrap();
    table["model"].as_array_mut().unwrap().reverse();
    let orgs = table["org"].as_array_mut().unwrap();
    orgs.reverse();
    for org in orgs {
        org["workload"].as_array_mut().unwrap().reverse();
    }
    toml::to_string(&table).unwrap()
}

#[test]
fn the_order_of_declaration_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut reordered = 0;
    for path in shipped() {
        let text = fs::read_to_string(&path).unwrap();
        let straight = loaded(&path);
        if !straight.inputs.is_empty() || straight.scenario.workloads.len() == 1 {
            continue;
        }
        let other = folder.path().join(path.file_name().unwrap());
        fs::write(&other, reversed(&text)).unwrap();
        let (straight, other) = (csv_tables(&straight), csv_tables(&loaded(&other)));
        for (name, bytes) in &straight {
            assert!(other[name] == *bytes, "{} of {} depends on the order", name, stem(&path));
        }
        reordered += 1;
    }
    assert!(reordered >= 8, "only {reordered}");
}
