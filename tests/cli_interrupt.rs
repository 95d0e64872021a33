#![allow(missing_docs)]
#![cfg(unix)]

//! Signals during `ratetide run`.

mod command;

use command::{Ended, Home, SMALL, ended};
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
