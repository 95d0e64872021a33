#![allow(missing_docs)]

//! Resources are bounded: every number of a scenario has a range, its ends break nothing, and a run that takes more than
//! it may is stopped and refused, whatever its estimate was.

mod command;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use command::{Home, SMALL};
use ratetide::bounds::MEMORY_MAX_BYTES;
use ratetide::read::{Bound, Kind, Spec};
use ratetide::replications::run_one;
use ratetide::scenario::limits::{Excess, Limits};
use ratetide::scenario::loading::{LoadError, Source};
use ratetide::scenario::spec::SCENARIO;
use ratetide::units::{Rate, Span};
use toml::Value;

/// Clients that come back after a nanosecond, as often as they may.
const STORM: &str = "rtt = \"2 ns\"\nclient = { max_attempts = 1000000, retry.fixed.delay = \"1 ns\" }\n";

/// Who finds the one slot taken storms until it is free. At a load of a third that is chance, which no estimate sees.
fn storm() -> Home {
    let home = Home::new();
    let text = SMALL.replace("client = \"openai-python\"\n", STORM).replace("factor = 40.0", "factor = 1.0");
    let text = text.replace("replicas = 1\n", "replicas = 1\nbuffer.max_wait = \"0 s\"\n");
    home.write("storm.toml", text.replace("per_replica = 8", "per_replica = 1").replace("20 ms", "2 ms"));
    home
}

#[test]
fn a_storm_that_is_foreseen_is_refused_before_the_run() {
    let home = Home::new();
    // Nobody is ever served.
    let text = SMALL.replace("client = \"openai-python\"\n", STORM);
    home.write("storm.toml", text.replace("per_replica = 8", "per_replica = 1").replace("20 ms", "20 d"));
    let ended = home.run(&["run", "storm.toml", "--max-events", "100000000", "-o", "out"]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.err.contains("events are expected, above the limit of 1.0e8"), "{ended:?}");
}

#[test]
fn a_retry_storm_ends_at_the_limit_of_events() {
    let home = storm();
    for command in [&["run"][..], &["compare", "--org", "steady"], &["run", "--replications", "3"]] {
        let asked = [command, &["storm.toml", "--max-events", "200000", "-o", "out"]].concat();
        let ended = home.run(&asked);
        assert_eq!(ended.code, Some(3), "{asked:?}: {ended:?}");
        let told = ended.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("more than") && told.contains("events"), "{told}");
        assert!(told.contains("lift the limit with --max-events"), "{told}");
        // No part of it is passed off as the whole.
        assert!(ended.out.is_empty(), "{}", ended.out);
        assert!(!home.path("out/manifest.json").exists());
    }
}

#[test]
fn a_point_that_storms_fails_and_the_others_go_on() {
    let home = storm();
    let key = "org.steady.workload.chat.client.max_attempts";
    let vary = format!("{key}=1,1000000");
    let asked =
        ["sweep", "storm.toml", "--vary", &vary, "--max-events", "200000", "-o", "s", "--format", "csv"];
    let ended = home.run(&asked);
    let status = home.run(&["sweep", "status", "s"]);
    assert!(
        status.out.contains("2 of 2 points finished") && status.out.contains("failed: 1"),
        "{ended:?} {status:?}"
    );
    assert!(status.out.contains("more than"), "{status:?}");
}

#[test]
fn what_is_held_at_once_is_bounded_and_the_bound_can_be_lifted() {
    let home = Home::with_small();
    let flags =
        |jobs, most| ["check", "small.toml", "--replications", "64", "--max-memory", most, "--set", jobs];
    let ended = home.run(&flags("run.interval=10 ms", "20 MB"));
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let told = ended.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("held at once") && told.contains("--max-memory"), "{told}");
    assert_eq!(home.run(&flags("run.interval=10 ms", "8 GiB")).code, Some(0));
    for bad in ["0", "x", "-1", "8 QB"] {
        assert_eq!(home.run(&["check", "small.toml", "--max-memory", bad]).code, Some(2), "{bad}");
    }
    // One job holds less than many.
    let run = |jobs, most| {
        let flags = ["--set", "run.interval=100 ms", "--max-memory", most, "--force", "--no-charts", "-q"];
        home.run(&[&["run", "small.toml", "--replications", "64", "--jobs", jobs][..], &flags].concat()).code
    };
    assert_eq!((run("1", "60 MB"), run("64", "60 MB")), (Some(0), Some(3)));
}

#[test]
fn work_that_piles_up_ends_at_the_limit_of_memory() {
    let home = Home::new();
    // Whoever finds the one slot taken, by chance, waits for a day.
    let text = SMALL.replace(
        "client = \"openai-python\"\n",
        "client = { max_attempts = 1000000, retry.fixed.delay = \"1 d\" }\n",
    );
    let text = text.replace("replicas = 1\n", "replicas = 1\nbuffer.max_wait = \"0 s\"\n");
    let text = text.replace("prefill = \"10 ms\", per_output_token = \"20 ms\"", "prefill = \"0.04 ms\"");
    home.write("pile.toml", text.replace("60/min", "20000/s").replace("per_replica = 8", "per_replica = 1"));
    let ended = home.run(&["run", "pile.toml", "--max-memory", "200 MB", "-o", "out", "--jobs", "1"]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let told = ended.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("it was stopped") && told.contains("--max-memory"), "{told}");
    assert!(!home.path("out/manifest.json").exists());
}

#[test]
fn a_run_within_its_limits_is_the_same_whatever_they_are() {
    let home = Home::with_small();
    let source = Source::open(&home.path("small.toml")).unwrap();
    let run = |limits: Limits| {
        let loaded = source.load(&[], limits).unwrap_or_else(|e| panic!("{e:?}"));
        let record = run_one(&loaded.scenario, 0, &(), None);
        (record.excess(), record.events(), format!("{:?}", record.summaries()))
    };
    let usual = run(Limits::of_events(1e12));
    assert_eq!(usual.0, None::<Excess>);
    assert_eq!(run(Limits { memory_max_bytes: 100_000_000, ..Limits::of_events(1e5) }), usual);
}

/// The least and greatest values of a kind, as `--set` writes them, and whether its range has an upper end.
fn ends(kind: &Kind) -> Option<(Vec<String>, bool)> {
    let quoted = |text: String| format!("\"{text}\"");
    let both = |texts: [String; 2]| texts.to_vec();
    let rates = |texts: [String; 2]| {
        let tokens = |text: &String| text.replace('/', " tok/");
        texts.iter().flat_map(|text| [quoted(text.clone()), quoted(tokens(text))]).collect()
    };
    Some(match kind {
        Kind::Integer(r) | Kind::Tokens(r) => (both([r.min.text(), r.max.text()]), r.max < u64::MAX),
        Kind::Number(r) => (both([r.min.text(), r.max.text()]), r.max < f64::MAX),
        Kind::Span(r) | Kind::SpanOrUnlimited(r) => {
            (both([quoted(r.min.text()), quoted(r.max.text())]), r.max < Span::MAX)
        }
        Kind::Rate(_, r) | Kind::RateOrUnlimited(_, r) => {
            (rates([r.min.text(), r.max.text()]), r.max < Rate::UNLIMITED)
        }
        _ => return None,
    })
}

/// Every kind of value below a spec, with the path of its key.
fn kinds(spec: &'static Spec, path: &str, seen: &mut BTreeSet<*const Spec>, found: &mut Vec<(String, Kind)>) {
    if seen.insert(spec) {
        spec.keys.iter().for_each(|key| below(key.kind, &format!("{path}.{}", key.name), seen, found));
    }
}

fn below(kind: Kind, path: &str, seen: &mut BTreeSet<*const Spec>, found: &mut Vec<(String, Kind)>) {
    found.push((path.to_owned(), kind));
    match kind {
        Kind::Table(spec) | Kind::Rows(spec) => kinds(spec, path, seen, found),
        Kind::OneOf(family) => family
            .members
            .iter()
            .for_each(|member| below(member.value, &format!("{path}.{}", member.tag), seen, found)),
        Kind::List(item) => below(*item, path, seen, found),
        Kind::Pairs(a, b) => [a, b].into_iter().for_each(|kind| below(*kind, path, seen, found)),
        Kind::Either(all) => all.iter().for_each(|kind| below(*kind, path, seen, found)),
        _ => {}
    }
}

#[test]
fn every_number_of_a_scenario_has_a_range() {
    let mut found = Vec::new();
    kinds(&SCENARIO, "", &mut BTreeSet::new(), &mut found);
    let ends = found.iter().filter_map(|(path, kind)| ends(kind).map(|(_, is_bounded)| (path, is_bounded)));
    let ends: Vec<_> = ends.collect();
    assert!(ends.len() > 150, "{}", ends.len());
    let open: Vec<_> = ends.iter().filter(|(_, is_bounded)| !is_bounded).collect();
    assert!(open.is_empty(), "{open:#?}");
}

/// Every number that stands in a resolved scenario: where `--set` finds it, what it is, and the ends of its range.
fn numbers(
    kind: &Kind,
    value: &Value,
    path: &str,
    name: &str,
    found: &mut Vec<(String, String, Vec<String>)>,
) {
    match (kind, value) {
        (Kind::Table(spec), Value::Table(table)) => {
            for key in spec.keys {
                if let Some(value) = table.get(key.name) {
                    let [path, name] = [path, name].map(|at| format!("{at}.{}", key.name));
                    numbers(&key.kind, value, &path, &name, found);
                }
            }
        }
        (Kind::Rows(spec), Value::Array(rows)) => {
            for (index, row) in rows.iter().enumerate() {
                numbers(&Kind::Table(spec), row, &format!("{path}.{index}"), name, found);
            }
        }
        (Kind::OneOf(family), Value::Table(table)) => {
            for member in family.members {
                if let Some(value) = table.get(member.tag) {
                    let [path, name] = [path, name].map(|at| format!("{at}.{}", member.tag));
                    numbers(&member.value, value, &path, &name, found);
                }
            }
        }
        (Kind::Either(all), value) => all.iter().for_each(|kind| numbers(kind, value, path, name, found)),
        (kind, value) if !matches!(value, Value::Table(_) | Value::Array(_)) => {
            found.extend(ends(kind).map(|(ends, _)| (path[1..].to_owned(), name.to_owned(), ends)));
        }
        _ => {}
    }
}

#[test]
fn the_ends_of_every_range_neither_overflow_nor_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    files.sort();
    // A run that is let in is stopped at its first heartbeat.
    let lets_in = Limits { memory_max_bytes: MEMORY_MAX_BYTES / 16, ..Limits::of_events(1e12) };
    let (mut seen, mut run, mut refused) = (BTreeSet::new(), 0, 0);
    for path in files {
        let source = Source::open(&path).unwrap();
        let loaded = source.load(&[], 1e12).unwrap_or_else(|e| panic!("{e:?}"));
        let resolved: Value = Value::Table(loaded.resolved.to_toml().parse().unwrap());
        let mut found = Vec::new();
        numbers(&Kind::Table(&SCENARIO), &resolved, "", "", &mut found);
        for (at, name, ends) in found {
            if !seen.insert(name) {
                continue;
            }
            for end in ends {
                let sets = [(at.clone(), end.clone()), ("run.replications".to_owned(), "1".to_owned())];
                let sets = if at == "run.replications" { &sets[..1] } else { &sets[..] };
                match source.load(sets, lets_in) {
                    Ok(mut loaded) => {
                        loaded.scenario.limits.events_max = 1;
                        run_one(&loaded.scenario, 0, &(), None);
                        run += 1;
                    }
                    Err(LoadError::Problems(problems)) => {
                        assert!(problems.render(false).contains("error"), "{at}={end}");
                        refused += 1;
                    }
                    Err(error) => panic!("{at}={end}: {error:?}"),
                }
            }
        }
    }
    println!("{} numbers, {run} runs, {refused} refusals", seen.len());
    assert!(seen.len() > 100 && run > 100, "{} numbers, {run} runs", seen.len());
}
