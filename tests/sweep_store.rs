#![allow(missing_docs)]
#![cfg(unix)]

//! A store under fire: processes that are killed, and two that race. Nothing is lost, and nothing is done twice.

mod command;

use command::{Home, ended};
use ratetide::rng::Key;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Stdio;
use std::time::Duration;

const KILLS: u64 = 200;

fn home() -> Home {
    let home = Home::new();
    home.write("small.toml", command::SMALL);
    home
}

/// A plan of so many points of a few milliseconds each.
fn plan(home: &Home, store: &str, points: usize) {
    let vary = format!("org.steady.workload.chat.arrivals.poisson.rate=50.0/min..100.0/min:{points}");
    home.run_to(0, &["sweep", "plan", "small.toml", "-o", store, "-q", "--vary", &vary]);
}

fn merged(home: &Home, store: &str) -> Vec<(String, Vec<u8>)> {
    home.run_to(0, &["sweep", "merge", store, "-q", "--no-charts"]);
    home.files(&format!("{store}/result"))
}

/// The finished points: a file that was written again is another one.
fn finished(home: &Home, store: &str) -> BTreeMap<String, (u64, i64, i64)> {
    let entries = fs::read_dir(home.path(store).join("points")).unwrap().map(Result::unwrap);
    let visible = entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
    let identity = |entry: fs::DirEntry| {
        let metadata = entry.metadata().unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        (name, (metadata.ino(), metadata.mtime(), metadata.mtime_nsec()))
    };
    visible.map(identity).collect()
}

/// How many points a command says it computed.
fn computed(told: &str) -> usize {
    let before = told.split(" computed").next().unwrap_or_default();
    let number = before.split_whitespace().rev().nth(1).unwrap_or_default();
    number.replace(',', "").parse().unwrap_or_else(|_| panic!("{told}"))
}

#[test]
fn killed_two_hundred_times_nothing_is_lost_or_computed_twice() {
    let home = home();
    let points = 240;
    plan(&home, "whole", points);
    home.run_to(0, &["sweep", "run", "whole", "-q"]);
    let whole = merged(&home, "whole");
    let key = Key::new(1, 0).with("kills");
    let (mut store, mut killed_at_work) = (0, 0);
    let name = |store: usize| format!("s{store}");
    plan(&home, &name(0), points);
    let mut before = BTreeMap::new();
    for kill in 0..KILLS {
        let mut run = home.command(&["sweep", "run", &name(store), "-q", "-j", "2"]);
        let mut child = run.stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros((key.uniform(kill, 0) * 30_000.0) as u64));
        let ended_by_itself = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        killed_at_work += u64::from(!ended_by_itself);
        let now = finished(&home, &name(store));
        let kept = before.iter().all(|(name, identity)| now.get(name) == Some(identity));
        assert!(kept, "after kill {kill} a finished point is gone or was written again");
        before = now;
        if before.len() == points {
            assert!(merged(&home, &name(store)) == whole, "store {store}");
            store += 1;
            plan(&home, &name(store), points);
            before.clear();
        }
    }
    assert!(
        killed_at_work > KILLS * 9 / 10,
        "{killed_at_work} of {KILLS} were killed before they were through"
    );
    let told = home.run_to(0, &["sweep", "run", &name(store)]).err;
    assert_eq!(computed(&told), points - before.len(), "{told}");
    let now = finished(&home, &name(store));
    assert!(before.iter().all(|(name, identity)| now.get(name) == Some(identity)));
    assert!(merged(&home, &name(store)) == whole);
}

#[test]
fn an_interrupt_keeps_what_is_finished() {
    let home = home();
    let points = 400;
    plan(&home, "s", points);
    let run = home.command(&["sweep", "run", "s", "-j", "1"]).stderr(Stdio::piped()).spawn().unwrap();
    while finished(&home, "s").len() < 3 {
        std::thread::yield_now();
    }
    let signalled =
        std::process::Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    let first = ended(run.wait_with_output().unwrap());
    let there = finished(&home, "s").len();
    assert!(
        first.code == Some(130) && first.err.contains("interrupted; finished results are kept"),
        "{first:?}"
    );
    assert!((3..points).contains(&there) && computed(&first.err) == there, "{first:?}");
    let told = home.run_to(0, &["sweep", "run", "s"]).err;
    assert_eq!(computed(&told), points - there);
}

#[test]
fn two_writers_share_a_store_and_compute_each_point_once() {
    let home = home();
    let points = 120;
    plan(&home, "whole", points);
    home.run_to(0, &["sweep", "run", "whole", "-q"]);
    for round in 0..5 {
        let store = format!("s{round}");
        plan(&home, &store, points);
        let start = || {
            let mut run = home.command(&["sweep", "run", &store, "-j", "2"]);
            run.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let racers = [start(), start(), start()];
        let told = racers.map(|child| ended(child.wait_with_output().unwrap()));
        assert!(told.iter().all(|ended| ended.code == Some(0)), "{told:?}");
        let each = told.each_ref().map(|ended| computed(&ended.err));
        assert_eq!(each.iter().sum::<usize>(), points, "{each:?}");
        assert!(merged(&home, &store) == merged(&home, "whole"));
    }
}
