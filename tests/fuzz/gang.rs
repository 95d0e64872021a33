//! Inputs in a process of their own: it notes which one it is at, so that its death is told like any other failure.

use crate::MEMORY;
use crate::corpus::Corpus;
use crate::targets;
use crate::trial;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

const TASK: &str = "RATETIDE_FUZZ_TASK";
const NOTE: &str = "RATETIDE_FUZZ_NOTE";
/// What hangs is not waited for.
const HANGS_AFTER: Duration = Duration::from_secs(20);
/// Failures of a target, of different kinds, until it is given up.
const FAILURES_MAX: usize = 12;

/// What a target came to.
pub struct Found {
    /// Inputs, time and memory, in a line.
    pub told: String,
    /// A line for each failure, with how to repeat it.
    pub failures: Vec<String>,
}

/// Inputs `from` to `from + count` of a target, in another process.
pub fn work(target: &str, from: u64, count: u64) -> Found {
    let home = tempfile::tempdir().unwrap();
    let note = home.path().join("number");
    fs::write(&note, [0; 8]).unwrap();
    let (mut from, end) = (from, from + count);
    let (mut told, mut failures) = (String::new(), Vec::new());
    while from < end {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["work", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
            .env(TASK, format!("{target}:{from}:{}", end - from))
            .env(NOTE, &note)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        failures.extend(text.lines().filter_map(|line| line.strip_prefix("failure ")).map(str::to_owned));
        told = text
            .lines()
            .filter_map(|line| line.strip_prefix("summary "))
            .map(str::to_owned)
            .next()
            .unwrap_or(told);
        if output.status.success() {
            break;
        }
        let at = u64::from_le_bytes(fs::read(&note).unwrap().try_into().unwrap());
        if !failures.iter().any(|line| line.contains(&line_to_repeat(target, at))) {
            let words = String::from_utf8_lossy(&output.stderr);
            let last = words.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
            failures.push(format!(
                "{target}: ends its process ({}): {last}: {}",
                output.status,
                line_to_repeat(target, at)
            ));
        }
        if failures.len() >= FAILURES_MAX {
            break;
        }
        from = at + 1;
    }
    Found { told, failures }
}

/// The inputs that [`work`] asks for.
pub fn work_here() {
    let task = std::env::var(TASK).expect("run by the other tests");
    let parts: Vec<&str> = task.split(':').collect();
    let [name, from, count] = parts[..] else { panic!("{task}") };
    let (from, count): (u64, u64) = (from.parse().unwrap(), count.parse().unwrap());
    let target = targets::find(name);
    let corpus = Corpus::of(target);
    let note = File::options().write(true).open(std::env::var(NOTE).unwrap()).unwrap();
    trial::keep_panics();
    // What the test harness has written stands on the line before.
    println!();
    let at = watch(name);
    let (start, mut slowest, mut largest) = (Instant::now(), (Duration::ZERO, 0), (0, 0));
    let mut kinds: Vec<String> = Vec::new();
    let mut done = 0;
    for number in from..from + count {
        note.write_all_at(&number.to_le_bytes(), 0).unwrap();
        let input = corpus.input(number);
        at.store(number + 1, Relaxed);
        let trial = trial::of(target, &input);
        at.store(0, Relaxed);
        done += 1;
        match trial {
            Ok(took) => {
                slowest = slowest.max((took.time, number));
                largest = largest.max((took.bytes, number));
            }
            // The same defect is found by a thousand inputs.
            Err(told) => {
                let kind = told
                    .split(": ")
                    .next()
                    .unwrap_or_default()
                    .trim_end_matches(|c: char| !c.is_alphabetic())
                    .to_owned();
                if !kinds.contains(&kind) {
                    println!("failure {name}: {told}: {}", line_to_repeat(name, number));
                    kinds.push(kind);
                }
                if kinds.len() >= FAILURES_MAX {
                    break;
                }
            }
        }
    }
    println!(
        "summary {name}: {done} inputs in {:.1} s; the slowest {:.0} ms ({name}:{}), the largest {:.1} MB ({name}:{})",
        start.elapsed().as_secs_f64(),
        slowest.0.as_secs_f64() * 1e3,
        slowest.1,
        largest.0 as f64 / 1e6,
        largest.1
    );
}

/// One input again, in another process.
///
/// # Errors
/// What is wrong with what the target makes of it.
pub fn replay(which: &str) -> Result<(), String> {
    let (name, what) = which.split_once(':').expect("target:number or target:path");
    let failures = match what.parse::<u64>() {
        Ok(number) => work(name, number, 1).failures,
        Err(_) => {
            let input = fs::read(what).unwrap_or_else(|e| panic!("{what}: {e}"));
            trial::of(targets::find(name), &input).err().into_iter().collect()
        }
    };
    failures.into_iter().next().map_or(Ok(()), Err)
}

/// Ends the process if an input hangs, or takes far more memory than it may: before the machine runs out of it.
fn watch(name: &str) -> Arc<AtomicU64> {
    let at = Arc::new(AtomicU64::new(0));
    let (seen, name) = (at.clone(), name.to_owned());
    std::thread::spawn(move || {
        let mut since = (0, Instant::now());
        loop {
            std::thread::sleep(Duration::from_millis(20));
            let now = seen.load(Relaxed);
            if now != since.0 {
                since = (now, Instant::now());
            }
            let hangs = now > 0 && since.1.elapsed() > HANGS_AFTER;
            let eats = MEMORY.current_usage() > 4 * trial::BYTES_MAX;
            if hangs || eats {
                let told = if hangs { "hangs" } else { "holds more than 1 GB" };
                println!("failure {name}: {told}: {}", line_to_repeat(&name, now.saturating_sub(1)));
                std::process::exit(1);
            }
        }
    });
    at
}

fn line_to_repeat(target: &str, number: u64) -> String {
    format!("RATETIDE_FUZZ={target}:{number} cargo test --test fuzz replay")
}
