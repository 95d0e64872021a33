//! What is read from outside, a function of bytes each; and canaries, which must fail.

use crate::corpus::files;
use crate::folders;
use ratetide::limit::expression::{Program, compile};
use ratetide::limit::law::formula::QUANTITIES;
use ratetide::name::Name;
use ratetide::output::manifest::Manifest;
use ratetide::replications::{Watch, run_all};
use ratetide::scenario::reading;
use ratetide::sweep::axis::Axis;
use ratetide::sweep::goal::Goal;
use ratetide::sweep::plan::{Plan, Point};
use ratetide::sweep::point::Record;
use ratetide::sweep::quantity::Quantity;
use ratetide::sweep::sampling::Sampling;
use ratetide::sweep::shard::{Shard, numbers};
use ratetide::traffic::arrivals::Recordings;
use ratetide::traffic::trace::{self, Trace};
use ratetide::traffic::windows::{self, Windows};
use ratetide::units::{self, SimTime, Span, parse_rate, parse_span};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What is read.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
    /// Texts to begin with, beside those of its folder.
    pub texts: fn() -> Vec<Vec<u8>>,
    /// Its part of all inputs.
    pub share: u64,
    /// The longest an input may take.
    pub time_max: Duration,
}

const fn target(name: &'static str, share: u64, run: fn(&[u8]), texts: fn() -> Vec<Vec<u8>>) -> Target {
    Target { name, run, texts, share, time_max: Duration::from_secs(1) }
}

/// Every one.
pub const TARGETS: &[Target] = &[
    target("scenario", 80, scenario, scenarios),
    target("set", 80, set, Vec::new),
    target("values", 960, values, Vec::new),
    target("formula", 400, formula, Vec::new),
    target("sweep", 80, sweep, Vec::new),
    target("plan", 160, plan, Vec::new),
    target("manifest", 80, manifest, Vec::new),
    target("trace", 100, trace, Vec::new),
    target("windows", 100, windows, Vec::new),
    // Each writes a folder and reads it back.
    // Ten pictures, pixel by pixel, on a machine that may be busy.
    Target { time_max: Duration::from_secs(10), ..target("plot", 1, folders::plot, folders::results) },
    target("draw", 12, folders::draw, folders::results),
    target("open", 12, folders::open, folders::earlier),
    target("store", 12, folders::store, folders::stores),
];

/// Each with a word of what it is caught for.
pub const CANARIES: &[(Target, &str)] = &[
    (target("canary-panic", 0, |_| panic!("the canary sings"), Vec::new), "the canary sings"),
    (
        target("canary-slow", 0, |_| std::thread::sleep(std::time::Duration::from_millis(1100)), Vec::new),
        "takes 1.1 s",
    ),
    (target("canary-large", 0, |_| drop(black_box(vec![1u8; 300 << 20])), Vec::new), "holds 300 MB"),
    (target("canary-abort", 0, |_| std::process::abort(), Vec::new), "ends its process"),
];

/// The target of a name.
pub fn find(name: &str) -> &'static Target {
    let all = TARGETS.iter().chain(CANARIES.iter().map(|(canary, _)| canary));
    all.into_iter().find(|target| target.name == name).unwrap_or_else(|| panic!("there is no target {name}"))
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn scenarios() -> Vec<Vec<u8>> {
    files(&folder("scenarios")).into_iter().filter(|text| !text.starts_with(b"# Scenarios")).collect()
}

/// Whatever recording is named, the shipped ones are there.
struct Shipped;

impl Recordings for Shipped {
    fn trace(&mut self, name: &str) -> Result<Arc<Trace>, String> {
        let bytes = std::fs::read(folder("scenarios/traces/conversations.csv")).map_err(|e| e.to_string())?;
        if name.len() > 40 {
            Err("no".to_owned())
        } else {
            trace::parse(&bytes).map(Arc::new).map_err(|e| e.to_string())
        }
    }

    fn windows(&mut self, _: &str) -> Result<Arc<Windows>, String> {
        let bytes =
            std::fs::read(folder("scenarios/traces/twelve-clients.csv")).map_err(|e| e.to_string())?;
        windows::parse(&bytes).map(Arc::new).map_err(|e| e.to_string())
    }
}

struct Beats(AtomicU64);

impl Watch for Beats {
    fn beat(&self, _: u64, _: SimTime) -> bool {
        self.0.fetch_add(1, Relaxed) < 200
    }
}

fn scenario(input: &[u8]) {
    read(input, &[]);
}

/// A scenario is read and, if it is valid and small, run: the ledger balances or panics.
fn read(text: &[u8], sets: &[(String, String)]) {
    match reading::read("a.toml", text, sets, &mut Shipped, 1e12) {
        Err(problems) => {
            let told = problems.render(false);
            assert!(told.lines().count() < 200, "{} lines are told", told.lines().count());
        }
        Ok((scenario, resolved)) => {
            black_box(resolved.to_toml());
            let estimate = &scenario.expected;
            if estimate.events < 20_000.0 && estimate.memory_bytes < 50e6 {
                black_box(run_all(&scenario, &Beats(AtomicU64::new(0)), None).total);
            }
        }
    }
}

const SMALL: &[u8] = include_bytes!("corpus/small.toml");

/// Lines `path=value`.
fn set(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let sets = text.lines().filter_map(|line| line.split_once('=')).take(20);
    let sets: Vec<(String, String)> = sets.map(|(path, value)| (path.to_owned(), value.to_owned())).collect();
    read(SMALL, &sets);
}

/// A line is a span, a rate, a name, or none of these; what is read is read again as it is written.
fn values(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    for line in text.lines().take(50) {
        if let Ok(span) = parse_span(line) {
            assert_eq!(parse_span(&span.to_string()), Ok(span), "{line}");
        }
        for quantity in [units::Quantity::Requests, units::Quantity::Tokens] {
            black_box(parse_rate(line, quantity)).ok();
        }
        black_box(Name::new(line)).ok();
    }
}

/// An expression, at what is extreme: the program says what the expression says.
fn formula(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let names: Vec<&str> = QUANTITIES.iter().map(|(name, _)| *name).collect();
    let Ok(expression) =
        compile(&text, &names).map_err(|fault| assert!(text.get(fault.at.clone()).is_some(), "{fault:?}"))
    else {
        return;
    };
    let Some(program) = Program::of([Some(&expression), None], names.len()) else { return };
    for value in [0.0, -0.0, 1.0, -1.0, 0.5, 1e-300, 1e300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        let mut frame = program.frame();
        (0..names.len()).for_each(|i| frame.set(i, [value, 1.0]));
        let (wanted, got) = (expression.value(&vec![value; names.len()]), program.run(&mut frame)[0]);
        assert!(wanted == got || wanted.is_nan() && got.is_nan(), "{wanted} is not {got} at {value}");
    }
}

/// A line is anything that `sweep` is told.
fn sweep(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    for line in text.lines().take(20) {
        if let Ok(axis) = Axis::parse(line) {
            let axes = [axis];
            black_box(Sampling::Grid.count(&axes)).ok();
            black_box([0.0, 0.3, 0.999_999].map(|u| axes[0].at(u)));
        }
        black_box(Sampling::parse(line)).ok();
        black_box(Goal::parse(line)).ok();
        black_box(Quantity::parse(line)).ok();
        black_box(Shard::parse(line, |_| Some(line.to_owned()))).ok();
        black_box(numbers(line, 1_000_000)).ok();
    }
}

/// A plan, and its first and last points; a finished point, with the hash that it would have.
fn plan(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Ok(plan) = Plan::from_json(&text) {
        let sampler = plan.sampler();
        for number in [0, plan.len() - 1] {
            let point = Point { number, levels: sampler.levels(number) };
            black_box(plan.assignments(&point));
        }
        black_box((plan.quantities(), plan.goal(), plan.to_json()));
    }
    let line = text.lines().next().unwrap_or_default();
    let whole = format!("{line}\n{}\n", ratetide::digest::sha256(line.as_bytes()));
    if let Some(record) = Record::from_text(whole.as_bytes()) {
        black_box(record.to_text());
    }
}

fn manifest(input: &[u8]) {
    if let Ok(manifest) = Manifest::from_json(&String::from_utf8_lossy(input)) {
        black_box(manifest.to_json());
    }
}

fn trace(input: &[u8]) {
    if let Ok(trace) = trace::parse(input) {
        black_box((trace.length_ns(), trace.mean_rate(), trace.gap_cv()));
    }
}

fn windows(input: &[u8]) {
    if let Ok(windows) = windows::parse(input) {
        let first = windows.clients.first().map(|(name, _)| name.as_str());
        for width in [Span::from_ns(1), Span::from_s(600)] {
            black_box(windows.of(first, width)).ok();
            black_box(windows.of(None, width)).ok();
        }
    }
}
