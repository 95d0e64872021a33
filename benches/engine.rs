//! CPU time per simulated request on one queue: Poisson arrivals at load 1.1 on 8 servers, a token bucket at
//! 0.9 of capacity, a buffer of about 64, up to 3 retries with full jitter.
//!
//! `cargo bench --bench engine` prints the time per element; an element is a request. `observed` has all
//! statistics and series on, `bare` only the ledger. `length` runs ten times as many requests through the
//! same memory.

#![allow(missing_docs)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ratetide::engine::simulate;
use ratetide::metrics::recorder::Recorder;
use ratetide::replications::layout;
use ratetide::scenario::Scenario;
use ratetide::scenario::reading::read;
use std::hint::black_box;
use std::process::Command;

fn queue(duration_s: u64) -> Scenario {
    let sets = [("run.duration", duration_s), ("run.interval", (duration_s / 1000).max(1))]
        .map(|(key, seconds)| (key.to_owned(), format!("{seconds} s")));
    let no_trace = &mut |_: &str| Err("no trace".to_owned());
    let text = include_bytes!("scenarios/queue.toml");
    read("queue.toml", text, &sets, no_trace, 1e12).expect("a valid scenario").0
}

/// Requests expected in so many seconds.
const fn requests(duration_s: u64) -> u64 {
    duration_s * 88 / 10
}

fn observed(scenario: &Scenario) -> u64 {
    let mut recorder = Recorder::new(layout(scenario), None);
    let run = simulate(scenario, 0, &mut recorder, &mut |_| true);
    recorder.finish(run.end);
    black_box(&recorder.summaries);
    run.ledger.whole[0].requests
}

fn bare(scenario: &Scenario) -> u64 {
    simulate(scenario, 0, &mut (), &mut |_| true).ledger.whole[0].requests
}

fn engine(c: &mut Criterion) {
    let scenario = queue(20_000);
    let mut group = c.benchmark_group("queue");
    group.sample_size(20).throughput(Throughput::Elements(requests(20_000)));
    group.bench_function("observed", |b| b.iter(|| observed(&scenario)));
    group.bench_function("bare", |b| b.iter(|| bare(&scenario)));
    group.finish();
    let long = queue(200_000);
    let mut group = c.benchmark_group("length");
    group.sample_size(10).throughput(Throughput::Elements(requests(200_000)));
    group.bench_function("observed", |b| b.iter(|| observed(&long)));
    group.finish();
}

/// Poisson arrivals at load .8 on eight replicas that hold 64 requests of 1000 + 200 tokens each: in slots whose
/// service is what a full batch would give, or in a batch.
fn crowd(engine: &str) -> Scenario {
    let text = format!(
        r#"
        run = {{ seed = 1, duration = "4000 s", drain = "0 s", interval = "10 s" }}
        [[model]]
        name = "m"
        replicas = 8
        engine.{engine}
        limit.law.unlimited = {{}}
        [[org]]
        name = "o"
        [[org.workload]]
        name = "w"
        model = "m"
        arrivals.poisson = {{ rate = "25/s" }}
        prompt_tokens.constant = 1000
        output_tokens.lognormal = {{ mean = 200, cv = 0.8 }}
        "#
    );
    let no_trace = &mut |_: &str| Err("no trace".to_owned());
    let (scenario, _) = read("bench", text.as_bytes(), &[], no_trace, 1e12).expect("a valid scenario");
    scenario
}

/// The price of batching: time per request on slots and on batches of up to 64, under the same load.
fn batching(c: &mut Criterion) {
    let slots = crowd(
        "slots = { per_replica = 64, service.tokens = { prefill = \"6.4 s\", per_output_token = \"49.5 ms\" } }",
    );
    let batches = crowd("batching = { preset = \"llama-2-70b-h100-tp8\" }");
    let mut group = c.benchmark_group("batching");
    group.sample_size(20).throughput(Throughput::Elements(100_000));
    group.bench_function("slots", |b| b.iter(|| bare(&slots)));
    group.bench_function("batches", |b| b.iter(|| bare(&batches)));
    group.finish();
}

/// So many orgs, over so many models: on each a crowd of its own, whose demand falls as one over the rank, at load .8.
fn orgs(count: u32, models: u32) -> Scenario {
    let mut text = format!("run = {{ seed = 1, duration = \"{} s\", drain = \"0 s\" }}\n", 16_000 / models);
    for model in 0..models {
        let members = count / models;
        let population = match members {
            1 => String::new(),
            _ => format!("population = {{ count = {members}, demand.zipf = {{ s = 1.0 }} }}"),
        };
        text += &format!(
            r#"
            [[model]]
            name = "m{model}"
            engine.slots = {{ per_replica = 8, service.exponential = {{ mean = "1 s" }} }}
            [[org]]
            name = "o{model}"
            {population}
            [[org.workload]]
            name = "w"
            model = "m{model}"
            arrivals.poisson = {{ rate = "6.4/s" }}
            prompt_tokens.constant = 100
            output_tokens.constant = 100
            "#
        );
    }
    let no_trace = &mut |_: &str| Err("no trace".to_owned());
    let (scenario, _) = read("bench", text.as_bytes(), &[], no_trace, 1e12).expect("a valid scenario");
    scenario
}

/// About 100 000 requests of 1 to a million orgs. What is made once for a scenario, such as a crowd's table of
/// demand, is not in it.
fn population(c: &mut Criterion) {
    let mut group = c.benchmark_group("orgs");
    group.sample_size(10).throughput(Throughput::Elements(102_400));
    for (count, models) in [(1, 1), (10, 1), (1_000, 20), (100_000, 20), (1_000_000, 20)] {
        let scenario = orgs(count, models);
        group.bench_function(BenchmarkId::from_parameter(count), |b| b.iter(|| bare(&scenario)));
    }
    group.finish();
}

/// A scenario of the repository by the executable: reading, simulating, writing all tables, without charts.
fn files(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/population.toml");
    let mut group = c.benchmark_group("files");
    // 72 000 requests in an hour and 12 000 more in its incident.
    group.sample_size(10).throughput(Throughput::Elements(84_000));
    group.bench_function("population", |b| {
        b.iter(|| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_ratetide"));
            command.args(["run", scenario, "--quiet", "--no-charts", "--force", "--jobs", "1", "--output"]);
            let status = command.arg(folder.path().join("result")).status().expect("the executable starts");
            assert!(status.success(), "{status}");
        });
    });
    group.finish();
}

criterion_group!(benches, engine, batching, population, files);
criterion_main!(benches);
