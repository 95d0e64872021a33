#![allow(missing_docs)]
#![cfg(target_os = "linux")]

//! Every command on a disk that fails at its n-th operation: create, write, sync, cut, rename, remove. The command
//! says so in one line, no file has a final name and half its content, the earlier result stands, and the same command
//! again puts everything right.
//!
//! A sample by default; every n with `RATETIDE_FAULTS=all` (`.ci/long files`), one with `RATETIDE_FAULTS=7`.

mod command;

use command::{Ended, Home, SMALL, ended};
use ratetide::output::existing::read_result;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The library that makes operations fail, if this machine can make it.
fn preloaded(home: &Home) -> Option<PathBuf> {
    let (source, library) =
        (concat!(env!("CARGO_MANIFEST_DIR"), "/tests/disk/faults.c"), home.path("faults.so"));
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).args([source, "-ldl"]).output();
    let built = built.is_ok_and(|output| output.status.success());
    if !built {
        println!("skipped: no C compiler that makes a library to preload");
    }
    built.then_some(library)
}

fn small() -> String {
    SMALL
        .replace("10 min", "1 min")
        .replace("[{ at = \"5 min\", factor = 40.0 }, { at = \"6 min\", factor = 1.0 }]", "[]")
}

/// What stands in a folder, by name, hidden files aside.
fn visible(home: &Home, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let files = if home.path(folder).is_dir() { home.files(folder) } else { Vec::new() };
    let is_hidden = |name: &str| name.split('/').any(|part| part.starts_with('.'));
    files.into_iter().filter(|(name, _)| !is_hidden(name)).collect()
}

/// A command, the folder it writes into, and what has to stand there before.
struct Case {
    name: &'static str,
    arguments: &'static [&'static str],
    folder: &'static str,
    before: &'static [&'static [&'static str]],
    /// What is done first in a fresh folder is not kept between faults.
    fresh: bool,
    /// Every `stride`-th operation is made to fail by default.
    stride: usize,
}

const PLAN: &[&str] = &["sweep", "plan", "small.toml", "-o", "s", "-q", "--vary", "run.seed=1..3"];
const RUN: &[&str] = &["run", "small.toml", "-o", "out", "-q", "-j", "1", "--requests"];
const COMPARE: &[&str] = &[
    "compare",
    "small.toml",
    "--org",
    "spiky",
    "--strategies",
    "none,immediate",
    "--replications",
    "2",
    "-o",
    "out",
    "-q",
    "-j",
    "1",
];
const WORK: &[&str] = &["sweep", "run", "s", "-q", "-j", "1"];
const MERGE: &[&str] = &["sweep", "merge", "s", "-q"];

const CASES: &[Case] = &[
    Case { name: "run", arguments: RUN, folder: "out", before: &[], fresh: true, stride: 43 },
    Case {
        name: "run over a result",
        arguments: RUN,
        folder: "out",
        before: &[&["run", "small.toml", "-o", "out", "-q", "--seed", "9"]],
        fresh: false,
        stride: 43,
    },
    Case {
        name: "compare over a result",
        arguments: COMPARE,
        folder: "out",
        before: &[COMPARE],
        fresh: false,
        stride: 37,
    },
    Case {
        name: "plot",
        arguments: &["plot", "out", "-q", "-j", "1"],
        folder: "out",
        before: &[RUN],
        fresh: false,
        stride: 37,
    },
    Case { name: "sweep plan", arguments: PLAN, folder: "s", before: &[], fresh: true, stride: 3 },
    Case { name: "sweep run", arguments: WORK, folder: "s/points", before: &[PLAN], fresh: true, stride: 2 },
    Case {
        name: "sweep merge",
        arguments: MERGE,
        folder: "s/result",
        before: &[PLAN, WORK, MERGE],
        fresh: false,
        stride: 23,
    },
];

/// Every file of a folder is as in one of these versions.
fn is_of(found: &BTreeMap<String, Vec<u8>>, versions: &[&BTreeMap<String, Vec<u8>>]) -> Result<(), String> {
    let is_whole = |name: &String, bytes| versions.iter().any(|version| version.get(name) == Some(bytes));
    found
        .iter()
        .find(|(name, bytes)| !is_whole(name, *bytes))
        .map_or(Ok(()), |(name, _)| Err(format!("{name} is partial")))
}

fn told_in_one_line(ended: &Ended) -> Result<(), String> {
    let is_clear =
        ended.code == Some(1) && ended.err.starts_with("error: ") && ended.err.lines().count() == 1;
    if is_clear { Ok(()) } else { Err(format!("{ended:?}")) }
}

/// One fault; false if the command did less than `at` operations.
fn fault(
    case: &Case,
    home: &Home,
    library: &Path,
    at: usize,
    versions: [&BTreeMap<String, Vec<u8>>; 2],
) -> Result<bool, String> {
    let [earlier, new] = versions;
    let mark = home.path("fault");
    let mut command = home.command(case.arguments);
    command.env("LD_PRELOAD", library).env("FAULT_AT", at.to_string()).env("FAULT_MARK", &mark);
    let ended = ended(command.output().unwrap());
    if fs::remove_file(&mark).is_err() {
        return if ended.code == Some(0) { Ok(false) } else { Err(format!("no fault, and {ended:?}")) };
    }
    let found = visible(home, case.folder);
    is_of(&found, &[earlier, new])?;
    if ended.code == Some(0) {
        // What is only tidied up may fail.
        return if found == *new { Ok(true) } else { Err("the fault was not told".to_owned()) };
    }
    told_in_one_line(&ended)?;
    if found.contains_key("manifest.json") {
        let whole = read_result(&home.path(case.folder)).map_err(|error| error.to_string())?;
        let broken = whole.manifest.files.iter().find(|file| whole.read(&file.name).is_err());
        if let Some(file) = broken {
            return Err(format!("{} is not what the manifest says", file.name));
        }
    } else if !case.fresh {
        return Err("the earlier result is gone".to_owned());
    }
    Ok(true)
}

fn prepare(home: &Home, case: &Case) {
    home.write("small.toml", small());
    case.before.iter().for_each(|arguments| drop(home.run_to(0, arguments)));
}

fn every_fault(case: &Case) {
    let home = Home::new();
    let Some(library) = preloaded(&home) else { return };
    prepare(&home, case);
    let earlier = visible(&home, case.folder);
    home.run_to(0, case.arguments);
    let new = visible(&home, case.folder);
    let wanted = env::var("RATETIDE_FAULTS").unwrap_or_default();
    let (first, stride) = match (wanted.as_str(), wanted.parse()) {
        (_, Ok(at)) => (at, usize::MAX / 2),
        ("all", _) => (1, 1),
        _ => (1, case.stride),
    };
    let mut faults = 0;
    let mut failed = Vec::new();
    for at in (first..).step_by(stride) {
        let place = Home::new();
        prepare(&place, case);
        let replay = format!("{}: RATETIDE_FAULTS={at} cargo test --test cli_faults", case.name);
        match fault(case, &place, &library, at, [&earlier, &new]) {
            Ok(false) => break,
            Ok(true) => faults += 1,
            Err(what) => failed.push(format!("{replay}: {what}")),
        }
        place.run_to(0, case.arguments);
        if visible(&place, case.folder) != new {
            failed.push(format!("{replay}: the next run does not put it right"));
        }
        if stride > usize::MAX / 4 {
            break;
        }
    }
    println!("{}: {faults} operations failed, each {stride}th", case.name);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(faults >= 3 || stride > usize::MAX / 4, "{faults}");
}

macro_rules! cases {
    ($($name:ident = $index:literal),* $(,)?) => {
        $(#[test] fn $name() { every_fault(&CASES[$index]); })*
    };
}

cases! {
    run_anew = 0,
    run_over_a_result = 1,
    compare_over_a_result = 2,
    plot = 3,
    sweep_plan = 4,
    sweep_run = 5,
    sweep_merge = 6,
}
