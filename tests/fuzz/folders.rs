//! Folders that are read back: results and stores, damaged.
//!
//! An input is a whole folder in one text, so that the changes of a text damage several of its files at once. Without
//! care every one of them would end at a digest: where the first line says `sealed`, the digests are put right before
//! the folder is looked at.

use ratetide::chart::comparison::{COMPARISON_CHARTS, ComparisonData, ComparisonFiles};
use ratetide::chart::sweep::{SWEEP_CHARTS, SweepData, SweepFiles};
use ratetide::chart::{self, CHARTS, ChartError, Drawing, ResultData};
use ratetide::cli::Arguments;
use ratetide::digest::sha256;
use ratetide::error::Error;
use ratetide::output::comparison::COMPARE_JSON;
use ratetide::output::directory::ResultDir;
use ratetide::output::existing::{Existing, read_result};
use ratetide::output::layout::{MANIFEST, MARKER, is_temporary, marker_text, parked_path};
use ratetide::output::manifest::Manifest;
use ratetide::sweep::merge::{SWEEP_CSV, SWEEP_JSON};
use ratetide::sweep::plan::{Plan, id};
use ratetide::sweep::store::{Claim, Store};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Component, Path};
use tempfile::TempDir;

/// Begins each file of a folder's text; what follows is its name or, of a link, `name -> target`.
const FILE: &str = "\n=== ";
/// Stands beside the folder; links may lead to it, and nothing may change it.
const OUTSIDE: (&str, &str) = ("outside.txt", "mine");
/// A minute of two orgs, some of whose requests fail.
const TINY: &str = include_str!("corpus/tiny.toml");

/// Files by name.
type Files = BTreeMap<String, Vec<u8>>;

/// A folder for an input, in memory where that can be had; gone when dropped.
fn home() -> TempDir {
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
    tempfile::tempdir_in(base).unwrap()
}

/// The folder of a text, and whether it is to be sealed.
fn unpack(text: &[u8], folder: &Path) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut parts = text.split(FILE);
    let is_sealed = parts.next().is_some_and(|head| head.trim() == "sealed");
    fs::create_dir_all(folder).unwrap();
    for part in parts.take(40) {
        let (name, content) = part.split_once('\n').unwrap_or((part, ""));
        let (name, target) = name.split_once(" -> ").map_or((name, None), |(name, to)| (name, Some(to)));
        let is_below = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        let path = folder.join(name);
        // What cannot be made is left out, as is what would lie elsewhere.
        let through_link = path.parent().is_some_and(|parent| parent.is_symlink());
        if !is_below || name.is_empty() || through_link || path.symlink_metadata().is_ok() {
            continue;
        }
        path.parent().map(fs::create_dir_all);
        match target {
            Some(target) => symlink(target, &path).ok(),
            None if name.ends_with('/') => fs::create_dir(&path).ok(),
            None => fs::write(&path, content).ok(),
        };
    }
    is_sealed
}

/// The text of a folder.
fn packed(head: &str, files: &Files) -> Vec<u8> {
    let mut text = head.as_bytes().to_vec();
    for (name, bytes) in files {
        text.extend([FILE.as_bytes(), name.as_bytes(), b"\n", bytes].concat());
    }
    text
}

/// Every file below that is not temporary; a link is where it leads.
fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            match entry.file_type().unwrap() {
                kind if kind.is_dir() => folders.push(path),
                kind if kind.is_symlink() => {
                    let target = fs::read_link(&path).unwrap();
                    drop(found.insert(name, target.to_string_lossy().into_owned().into_bytes()));
                }
                _ if is_temporary(&entry.file_name().to_string_lossy()) => {}
                _ => drop(found.insert(name, fs::read(&path).unwrap())),
            }
        }
    }
    found
}

/// A file of the folder; none that is reached through a link.
fn bytes_of(folder: &Path, name: &str) -> Option<Vec<u8>> {
    let path = folder.join(name);
    let is_file = path.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
    is_file.then(|| fs::read(&path).ok()).flatten()
}

/// Puts right the digests in a manifest.
fn seal_result(folder: &Path) {
    let text = bytes_of(folder, MANIFEST).unwrap_or_default();
    let Ok(mut manifest) = serde_json::from_slice::<Value>(&text) else { return };
    for file in manifest["files"].as_array_mut().into_iter().flatten() {
        if let Some(bytes) = file["name"].as_str().and_then(|name| bytes_of(folder, name)) {
            (file["bytes"], file["sha256"]) = (json!(bytes.len()), json!(sha256(&bytes)));
        }
    }
    fs::write(folder.join(MANIFEST), format!("{:#}\n", manifest)).unwrap();
}

/// Puts right the digests in a plan and of its points.
fn seal_store(folder: &Path) {
    let text = bytes_of(folder, "plan.json").unwrap_or_default();
    let Ok(mut plan) = Plan::from_json(&String::from_utf8_lossy(&text)) else { return };
    let digest = |name: &str| bytes_of(&folder.join("scenario"), name).map(|bytes| sha256(&bytes));
    plan.scenario_sha256 = digest(&plan.scenario).unwrap_or_default();
    plan.inputs.iter_mut().for_each(|input| input.sha256 = digest(&input.name).unwrap_or_default());
    fs::write(folder.join("plan.json"), plan.to_json()).unwrap();
    let id = id(&plan.to_json());
    for number in 0..plan.len().min(40) {
        let name = format!("points/{number:06}.json");
        let text = bytes_of(folder, &name).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let Ok(mut record) = serde_json::from_str::<Value>(text.lines().next().unwrap_or_default()) else {
            continue;
        };
        if let Some(plan) = record.get_mut("plan") {
            *plan = json!(id);
        }
        let line = record.to_string();
        fs::write(folder.join(name), format!("{line}\n{}\n", sha256(line.as_bytes()))).unwrap();
    }
}

/// Makes the folder of an input and looks at it. What fails is told in a line; nothing beside the folder changes.
fn with_folder(input: &[u8], seal: fn(&Path), look: impl FnOnce(&Path) -> Result<(), Error>) {
    let home = home();
    let folder = home.path().join("out");
    fs::write(home.path().join(OUTSIDE.0), OUTSIDE.1).unwrap();
    if unpack(input, &folder) {
        seal(&folder);
    }
    if let Err(error) = look(&folder) {
        let told = error.to_string();
        let lines = if matches!(error, Error::Invalid(_)) { 200 } else { 1 };
        assert!(told.lines().count() <= lines, "{} lines are told", told.lines().count());
    }
    assert_eq!(fs::read_to_string(home.path().join(OUTSIDE.0)).unwrap(), OUTSIDE.1, "changed from inside");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2, "something is new beside the folder");
}

/// A command of the command line, quiet.
fn command(words: &[&str]) -> Result<(), Error> {
    use clap::Parser as _;
    let arguments = Arguments::parse_from([&["ratetide", "-q"], words].concat());
    let console = arguments.console();
    arguments.command.run(&console)
}

fn shown(folder: &Path) -> &str {
    folder.to_str().expect("a temporary folder has a plain name")
}

/// A result of `run`, `compare` or `sweep` drawn anew; where that fails, what was whole stays as it was.
fn redrawn(input: &[u8], redraw: fn(&Path) -> Result<(), Error>) {
    with_folder(input, seal_result, |folder| {
        let is_marked = folder.join(MARKER).symlink_metadata().is_ok();
        let before = files(folder);
        let done = redraw(folder);
        assert!(done.is_ok() || is_marked || files(folder) == before, "failed, and the result changed");
        done
    });
}

/// `plot`, to the last pixel.
pub fn plot(input: &[u8]) {
    redrawn(input, |folder| command(&["plot", shown(folder)]));
}

/// The same without pixels, which take most of the time.
pub fn draw(input: &[u8]) {
    redrawn(input, |folder| {
        let (mut dir, result) = ResultDir::update(folder)?;
        for (name, svg) in drawings(&result)? {
            dir.put(&format!("charts/{name}.svg"), svg.as_bytes())?;
        }
        dir.commit(result.manifest)
    });
}

/// The pictures of a result.
fn drawings(result: &Existing) -> Result<Vec<(&'static str, String)>, Error> {
    let has = |wanted: &str| result.manifest.files.iter().any(|file| file.name == wanted);
    let read = |name: &str| result.read(name)?.ok_or_else(|| Error::Failed(format!("no {name}")));
    let failed = |error: ChartError| Error::Failed(error.to_string());
    let named = |name, drawing: Result<Option<Drawing>, ChartError>| {
        Ok(drawing.map_err(failed)?.map(|(svg, _)| (name, svg)))
    };
    let drawn: Result<Vec<_>, Error> = if has(COMPARE_JSON) {
        let [conclusion, curves, rates] =
            [COMPARE_JSON, "compare_time_to_success.csv", "compare_rates.csv"].map(read);
        let (conclusion, curves, rates) = (conclusion?, curves?, rates?);
        let files = ComparisonFiles { conclusion: &conclusion, curves: &curves, rates: &rates };
        let data = ComparisonData::read(&files).map_err(failed)?;
        COMPARISON_CHARTS.iter().map(|chart| named(chart.name(), chart.draw(&data))).collect()
    } else if has(SWEEP_JSON) {
        let (head, table) = (read(SWEEP_JSON)?, read(SWEEP_CSV)?);
        let data = SweepData::read(&SweepFiles { head: &head, table: &table }).map_err(failed)?;
        SWEEP_CHARTS.iter().map(|chart| named(chart.name(), chart.draw(&data))).collect()
    } else {
        let [outcomes, rates, capacity] = ["outcomes.csv", "rates.csv", "capacity.csv"].map(read);
        let (outcomes, rates, capacity) = (outcomes?, rates?, capacity?);
        let (time_to_success, summary) = (read("time_to_success.csv")?, read("summary.json")?);
        let cost = result.read("cost.csv")?;
        let files = chart::Files {
            outcomes: &outcomes,
            rates: &rates,
            capacity: &capacity,
            time_to_success: &time_to_success,
            cost: cost.as_deref(),
            summary: &summary,
        };
        let data = ResultData::read(&files).map_err(failed)?;
        CHARTS.iter().map(|chart| named(chart.name(), chart.draw(&data))).collect()
    };
    Ok(drawn?.into_iter().flatten().collect())
}

/// A new result over a damaged one, as `run` and `compare` write it; written, it is whole.
pub fn open(input: &[u8]) {
    with_folder(input, seal_result, |folder| {
        let command = if input.len().is_multiple_of(2) { "run" } else { "compare" };
        let mut dir = ResultDir::open_for(command, folder, input.len().is_multiple_of(3))?;
        dir.put("summary.csv", b"org\n")?;
        dir.put("charts/spend.svg", b"<svg/>")?;
        dir.commit(manifest())?;
        let result = read_result(folder).expect("it was just written");
        let content = |name| result.read(name).expect("it is as it was written");
        assert!(content("summary.csv").is_some() && content("charts/spend.svg").is_some());
        assert!(folder.join(MARKER).symlink_metadata().is_err(), "it is whole, and marked as unfinished");
        Ok(())
    });
}

/// Everything that is done with a store but computing points: looks, claims, a merge.
pub fn store(input: &[u8]) {
    with_folder(input, seal_store, |folder| {
        let store = Store::open(folder)?;
        let listed = store.listed()?;
        for number in 0..store.plan.len().min(8) {
            let state = store.state(number);
            let claim = store.claim(number, true);
            assert!(listed.there[number] || matches!(state, Ok(_) | Err(Error::Io { .. })));
            drop(claim.map(|claim| matches!(claim, Claim::Mine(_))));
        }
        command(&["sweep", "status", shown(folder), "--format", "json"]).ok();
        command(&["sweep", "merge", shown(folder), "--no-charts"])
    });
}

fn manifest() -> Manifest {
    Manifest {
        ratetide: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: "tiny".to_owned(),
        title: String::new(),
        command: "ratetide run tiny.toml".to_owned(),
        seed: 1,
        replications: 1,
        scenario_sha256: sha256(b""),
        inputs: Vec::new(),
        complete: true,
        files: Vec::new(),
    }
}

/// The folder that commands make of the tiny scenario.
fn made(commands: &[&[&str]], folder: &str) -> Files {
    let home = home();
    let at = |word: &&str| match word.strip_prefix('@') {
        Some(name) => shown(&home.path().join(name)).to_owned(),
        None => (*word).to_owned(),
    };
    fs::write(home.path().join("tiny.toml"), TINY).unwrap();
    for words in commands {
        let words: Vec<String> = words.iter().map(at).collect();
        command(&words.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    }
    files(&home.path().join(folder))
}

/// A result as it is damaged: its descriptions of columns, which nothing reads, aside.
fn brief(mut files: Files) -> Files {
    let mut manifest = Manifest::from_json(&String::from_utf8_lossy(&files[MANIFEST])).unwrap();
    // Nothing but the manifest names these.
    files.retain(|name, _| !["scenario.toml", "plan.json"].contains(&name.as_str()));
    manifest.files.retain(|file| files.contains_key(&file.name));
    manifest.files.iter_mut().for_each(|file| file.columns.clear());
    files.insert(MANIFEST.to_owned(), manifest.to_json().into_bytes());
    files
}

fn run() -> Files {
    brief(made(&[&["run", "@tiny.toml", "-o", "@out", "--no-charts"]], "out"))
}

/// A result of each command, and those with bands.
pub fn results() -> Vec<Vec<u8>> {
    let compare =
        ["compare", "@tiny.toml", "-o", "@out", "--no-charts", "--strategies", "none", "--org", "b"];
    let sweep = ["sweep", "@tiny.toml", "-o", "@out", "--no-charts", "--vary", "run.seed=1,2"];
    let several = ["--replications", "2"];
    let all = [
        run(),
        brief(made(&[&[&["run", "@tiny.toml", "-o", "@out", "--no-charts"][..], &several].concat()], "out")),
        brief(made(&[&[&compare[..], &several].concat()], "out")),
        brief(made(&[&[&sweep[..], &["--vary", "model.m.replicas=1,2"]].concat()], "out/result")),
    ];
    all.iter().map(|files| packed("sealed", files)).collect()
}

/// Results that stand in the way of a new one: whole, of another command, unfinished, being replaced, foreign; with links.
pub fn earlier() -> Vec<Vec<u8>> {
    let mut whole = run();
    whole.retain(|name, _| [MANIFEST, "summary.csv", "rates.csv"].contains(&name.as_str()));
    let mut manifest = Manifest::from_json(&String::from_utf8_lossy(&whole[MANIFEST])).unwrap();
    manifest.files.retain(|file| whole.contains_key(&file.name));
    whole.insert(MANIFEST.to_owned(), manifest.to_json().into_bytes());
    whole.insert("charts/rates.svg".to_owned(), b"<svg/>".to_vec());
    let names: Vec<String> = whole.keys().filter(|name| *name != MANIFEST).cloned().collect();
    let mut unfinished = whole.clone();
    unfinished.remove(MANIFEST);
    unfinished.insert(MARKER.to_owned(), marker_text(&names).into_bytes());
    // Killed in the middle of a commit.
    let parked = |name: &str| parked_path(Path::new(""), name).to_string_lossy().into_owned();
    let mut replaced = unfinished.clone();
    for name in [MANIFEST, "rates.csv", "charts/rates.svg"] {
        replaced.insert(parked(name), whole[name].clone());
    }
    let mut linked = replaced.clone();
    linked.retain(|name, _| !name.starts_with("charts/"));
    linked.insert("charts -> ..".to_owned(), Vec::new());
    linked.insert(format!(".a{} -> ../{}", ".ratetide-new", OUTSIDE.0), Vec::new());
    let foreign = Files::from([("thesis.tex".to_owned(), b"mine".to_vec())]);
    let raw = [&whole, &unfinished, &replaced, &linked, &foreign];
    raw.iter().map(|files| packed("raw", files)).chain([packed("sealed", &whole)]).collect()
}

/// Stores: whole, with a point missing and another under way, with a failed one, with a recording.
pub fn stores() -> Vec<Vec<u8>> {
    let plan = ["sweep", "plan", "@tiny.toml", "-o", "@s", "--vary", "run.seed=1,2", "--replications", "2"];
    let goal = ["--goal", "maximise success_share where cost_usd < 2", "--vary", "model.m.replicas=1,2"];
    let run: &[&str] = &["sweep", "run", "@s", "-j", "1"];
    let whole = made(&[&plan, run], "s");
    let with_goal = made(&[&[&plan[..], &goal].concat(), run], "s");
    let sampled =
        ["sweep", "plan", "@tiny.toml", "-o", "@s", "--vary", "model.m.replicas=1..9", "--sample", "lhs:3"];
    let sampled = made(&[&sampled, run], "s");
    let mut missing = whole.clone();
    missing.remove("points/000001.json");
    missing.insert("points/.000001.json.ratetide-new".to_owned(), b"{".to_vec());
    missing.insert(format!("points/.000000.json.ratetide-new -> ../../{}", OUTSIDE.0), Vec::new());
    [&whole, &with_goal, &sampled, &missing].iter().map(|files| packed("sealed", files)).collect()
}
