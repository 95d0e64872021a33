#![allow(missing_docs)]
#![cfg(unix)]

//! Commands ended at random moments: killed, they leave the earlier result or visibly none, and the same command again
//! completes it; asked to stop, they leave a whole result that says whether it is complete.
//!
//! Ten of each kind by default; `RATETIDE_KILLS=200` for more (`.ci/long kills`), `RATETIDE_KILL=7` for the seventh alone.

mod command;

use command::{Ended, Home, SMALL, ended};
use ratetide::output::existing::read_result;
use ratetide::rng::Key;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, fs};

/// The signals, with the exit code of who heeds them.
const SIGNALS: [(&str, Option<i32>); 4] =
    [("-KILL", None), ("-TERM", Some(143)), ("-INT", Some(130)), ("-HUP", Some(129))];

fn moments() -> Vec<u64> {
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    match number("RATETIDE_KILL") {
        Some(one) => vec![one],
        None => (0..number("RATETIDE_KILLS").unwrap_or(10)).collect(),
    }
}

/// How long a command takes that writes anew into a folder, at the best of three times.
fn fastest(home: &Home, arguments: &[&str], folder: &str) -> Duration {
    let timed = |_| {
        fs::remove_dir_all(home.path(folder)).ok();
        let began = Instant::now();
        home.run_to(0, arguments);
        began.elapsed()
    };
    (0..3).map(timed).min().expect("three times")
}

/// Starts a command and sends it a signal after a while.
fn ended_by(home: &Home, arguments: &[&str], signal: &str, after: Duration) -> Ended {
    let mut command = home.command(arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    sleep(after);
    // It may have ended by itself; as it is not yet waited for, the number is still its own.
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    ended(child.wait_with_output().unwrap())
}

/// A command that writes a result to `folder`; what comes of it, ended at random moments.
fn every_moment(name: &str, arguments: &[&str], folder: &str) {
    let home = Home::new();
    home.write("small.toml", SMALL);
    let mut took = fastest(&home, arguments, "out");
    let whole = home.files(folder);
    // The earlier result, in every second case, is of another seed.
    let other: Vec<&str> = arguments.iter().copied().chain(["--seed", "9"]).collect();
    home.run_to(0, &[&other[..], &["--force"]].concat());
    let earlier = home.files(folder);
    let (key, mut in_time) = (Key::new(1, 0).with(name), 0);
    let moments = moments();
    for &moment in &moments {
        let replay = format!("{name}: RATETIDE_KILL={moment} cargo test --test cli_kills {name}");
        let (signal, code) = SIGNALS[moment as usize % SIGNALS.len()];
        let had_earlier = moment / SIGNALS.len() as u64 % 2 == 1;
        fs::remove_dir_all(home.path("out")).ok();
        if had_earlier {
            fs::create_dir_all(home.path(folder)).unwrap();
            copy(&earlier, &home, folder);
        }
        let after = took.mul_f64(1.1 * key.uniform(moment, 0));
        let ended = ended_by(&home, arguments, signal, after);
        // A signal before anybody listens ends the process as it does any other.
        in_time += u64::from(ended.code != Some(0));
        if ended.code == Some(0) {
            // Perhaps it was measured while the machine was busier.
            took = took.mul_f64(0.9);
        }
        assert!([Some(0), None, code].contains(&ended.code), "{replay}: {ended:?}");
        assert!(!ended.err.contains("panicked"), "{replay}: {ended:?}");
        match read_result(&home.path(folder)) {
            Ok(result) => {
                for file in &result.manifest.files {
                    assert!(result.read(&file.name).is_ok(), "{replay}: {} is torn", file.name);
                }
                let is_marked =
                    ended.code.is_none() || ended.code == Some(0) || !ended.err.contains("are kept");
                let is_old = had_earlier
                    && home.read(&format!("{folder}/manifest.json")).as_bytes() == manifest(&earlier);
                let is_new = home.read(&format!("{folder}/manifest.json")).as_bytes() == manifest(&whole);
                assert!(
                    is_old || is_new || !result.manifest.complete,
                    "{replay}: neither old, new nor partial"
                );
                assert!(
                    is_marked || !is_old,
                    "{replay}: told as kept, and the earlier result stands: {ended:?}"
                );
            }
            Err(error) => {
                assert!(ended.code != Some(0), "{replay}: {error}");
                let is_kept = had_earlier && ended.code.is_some();
                assert!(!is_kept, "{replay}: the earlier result is gone: {error}");
                assert!(!ended.err.contains("are kept"), "{replay}: nothing is kept: {ended:?}");
            }
        }
        home.run_to(0, arguments);
        assert!(home.files(folder) == whole, "{replay}: the next run does not complete it");
    }
    println!("{name}: {in_time} of {} ended before they were through", moments.len());
    assert!(moments.len() < 10 || in_time * 2 > moments.len() as u64, "{in_time}");
}

fn copy(files: &[(String, Vec<u8>)], home: &Home, folder: &str) {
    for (name, bytes) in files {
        let path = home.path(folder).join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

fn manifest(files: &[(String, Vec<u8>)]) -> &[u8] {
    &files.iter().find(|(name, _)| name == "manifest.json").expect("a manifest").1
}

#[test]
fn runs() {
    every_moment("runs", &["run", "small.toml", "-o", "out", "--replications", "20"], "out");
}

#[test]
fn comparisons() {
    let arguments =
        ["compare", "small.toml", "-o", "out", "--org", "spiky", "--strategies", "none,immediate"];
    every_moment("comparisons", &[&arguments[..], &["--replications", "10"]].concat(), "out");
}

/// A sweep in one go. Its finished points stay as they are, whatever the signal.
#[test]
fn sweeps() {
    let home = Home::new();
    home.write("small.toml", SMALL);
    let arguments = ["sweep", "small.toml", "-o", "s", "-q", "--vary", "run.seed=1..160"];
    let mut took = fastest(&home, &arguments, "s");
    let whole = home.files("s");
    let (key, mut in_time) = (Key::new(1, 0).with("sweeps"), 0);
    let moments = moments();
    for &moment in &moments {
        let replay = format!("sweeps: RATETIDE_KILL={moment} cargo test --test cli_kills sweeps");
        let (signal, code) = SIGNALS[moment as usize % SIGNALS.len()];
        fs::remove_dir_all(home.path("s")).unwrap();
        let ended = ended_by(&home, &arguments, signal, took.mul_f64(1.1 * key.uniform(moment, 0)));
        in_time += u64::from(ended.code != Some(0));
        if ended.code == Some(0) {
            // Perhaps it was measured while the machine was busier.
            took = took.mul_f64(0.9);
        }
        assert!([Some(0), None, code].contains(&ended.code), "{replay}: {ended:?}");
        assert!(!ended.err.contains("panicked"), "{replay}: {ended:?}");
        let there = if home.path("s").is_dir() { home.files("s") } else { Vec::new() };
        for (name, bytes) in there.iter().filter(|(name, _)| !name.contains("/.") && !name.starts_with('.')) {
            let is_whole = whole.iter().any(|(other, content)| other == name && content == bytes);
            assert!(is_whole, "{replay}: {name} is partial");
        }
        let has_points = there.iter().any(|(name, _)| name.starts_with("points/0"));
        assert!(has_points || !ended.err.contains("are kept"), "{replay}: nothing is kept: {ended:?}");
        home.run_to(0, &arguments);
        assert!(home.files("s") == whole, "{replay}: the next run does not complete it");
    }
    println!("sweeps: {in_time} of {} ended before they were through", moments.len());
    assert!(moments.len() < 10 || in_time * 2 > moments.len() as u64, "{in_time}");
}

/// A hang-up is heeded, unless whoever started the command said that it is not to be.
#[test]
fn under_nohup_a_hangup_is_ignored() {
    let home = Home::new();
    home.write("small.toml", SMALL);
    let ratetide = env!("CARGO_BIN_EXE_ratetide");
    let line = format!(
        "trap '' HUP; '{ratetide}' run small.toml -o out -q --replications 20 & sleep 0.2; kill -HUP $!; wait $!"
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", &line]).current_dir(home.path(""));
    let ended = ended(shell.output().unwrap());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(home.read("out/manifest.json").contains("\"complete\": true"));
}
