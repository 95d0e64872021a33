#![allow(missing_docs)]
#![cfg(unix)]

//! Signals during `ratetide run`, and while `sweep run` answers lines.

mod command;

use command::{Ended, Home, SMALL, ended};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A run of years, under way.
fn long_run(home: &Home) -> Child {
    home.write(
        "long.toml",
        SMALL.replace("duration = \"10 min\"", "duration = \"3000 d\"\ninterval = \"10 d\""),
    );
    let mut command = home.command(&["run", "long.toml", "--no-charts"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while !home.path("output/long/.ratetide-incomplete").exists() {
        assert!(began.elapsed() < Duration::from_secs(20), "the run does not begin");
        sleep(Duration::from_millis(20));
    }
    // Some of it is simulated.
    sleep(Duration::from_millis(300));
    child
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// Whether what a test starts heeds a hang-up: under `nohup` it is ignored by all.
fn heeds_hangups() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.is_none_or(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() & 1 == 0)
}

fn end(child: Child) -> Ended {
    ended(child.wait_with_output().unwrap())
}

#[test]
fn the_first_signal_keeps_what_is_finished() {
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        let home = Home::new();
        let child = long_run(&home);
        signal(&child, name);
        let ended = end(child);
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(ended.out.starts_with("Interrupted: "), "{}", ended.out);
        assert!(ended.err.contains("error: interrupted; finished results are kept"), "{}", ended.err);
        assert!(home.read("output/long/manifest.json").contains("\"complete\": false"));
        assert!(home.read("output/long/summary.json").contains("\"complete\": false"));
        assert!(!home.path("output/long/.ratetide-incomplete").exists());
    }
}

#[test]
fn a_killed_run_is_recognised_and_replaced() {
    let home = Home::new();
    let child = long_run(&home);
    signal(&child, "-KILL");
    assert_eq!(end(child).code, None);
    assert!(home.path("output/long/.ratetide-incomplete").exists());
    let ended = home.run_to(1, &["plot", "output/long"]);
    assert!(ended.err.contains("unfinished"), "{}", ended.err);
    home.write("long.toml", SMALL);
    home.run_to(0, &["run", "long.toml", "-q"]);
    assert!(home.read("output/long/manifest.json").contains("\"complete\": true"));
}

/// A store of two points, of minutes and of years; and a process that answers lines about it.
fn answering(home: &Home, more: &[&str]) -> Child {
    home.write("small.toml", SMALL);
    let years = ["--set", "run.interval=1 h", "--vary", "run.duration=10 min,3000 d"];
    home.run_to(0, &[&["sweep", "plan", "small.toml", "-o", "s", "-q"][..], &years].concat());
    let mut command = home.command(&[&["sweep", "run", "s", "--points", "-"], more].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Asks for a point, whose answer is read.
fn ask(child: &mut Child, line: &str) -> String {
    child.stdin.as_mut().unwrap().write_all(line.as_bytes()).unwrap();
    let mut answer = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut answer).unwrap();
    answer
}

#[test]
fn a_signal_ends_the_point_under_way_and_keeps_those_answered() {
    let home = Home::new();
    let mut child = answering(&home, &[]);
    assert!(ask(&mut child, "0\n").contains("\"point\":0,"));
    child.stdin.as_mut().unwrap().write_all(b"1\n").unwrap();
    let began = Instant::now();
    while !home.path("s/points/.000001.json.ratetide-new").exists() {
        assert!(began.elapsed() < Duration::from_secs(20), "the point does not begin");
        sleep(Duration::from_millis(20));
    }
    // Standard input stays open: it is the signal that ends it.
    let stdin = child.stdin.take();
    signal(&child, "-INT");
    let ended = end(child);
    drop(stdin);
    assert_eq!((ended.code, ended.out.as_str()), (Some(130), ""), "{ended:?}");
    assert!(ended.err.contains("error: interrupted; finished results are kept"), "{}", ended.err);
    let there: Vec<String> = home.files("s/points").into_iter().map(|(name, _)| name).collect();
    assert_eq!(there.iter().filter(|name| !name.starts_with('.')).collect::<Vec<_>>(), ["000000.json"]);
}

#[test]
fn a_signal_or_the_time_limit_ends_the_wait_for_a_line() {
    let home = Home::new();
    for (name, code, told) in [
        (Some("-TERM"), 143, "interrupted before anything was finished"),
        (Some("-HUP"), 129, "interrupted before anything was finished"),
        (None, 75, "the time limit came first"),
    ] {
        if name == Some("-HUP") && !heeds_hangups() {
            continue;
        }
        let limit = ["--time-limit", "400 ms"];
        let mut child = answering(&home, if name.is_none() { &limit } else { &[] });
        assert!(ask(&mut child, "2\n").contains("no such point"));
        let stdin = child.stdin.take();
        name.iter().for_each(|name| signal(&child, name));
        let ended = end(child);
        drop(stdin);
        assert!(ended.code == Some(code) && ended.err.contains(told), "{ended:?}");
    }
}
