//! What a draw costs: of each distribution, of a request's tokens, of the next arrival of each open process.
//!
//! `cargo bench --bench samplers`. Each is read from a scenario, as in a run.

#![allow(missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use ratetide::dist::Law as _;
use ratetide::rng::Key;
use ratetide::scenario::Workload;
use ratetide::scenario::reading::read;
use ratetide::traffic::arrivals::Arrival;
use ratetide::traffic::tokens::TokenSource;
use ratetide::units::SimTime;

/// A workload with these arrivals, and tokens of this law on both sides.
fn workload(arrivals: &str, tokens: &str) -> Workload {
    let text = format!(
        r#"
        run.duration = "365 d"
        [[model]]
        name = "m"
        engine.slots = {{ per_replica = 1000, service.constant = "1 s" }}
        [[org]]
        name = "o"
        [[org.workload]]
        name = "w"
        model = "m"
        arrivals.{arrivals}
        prompt_tokens.{tokens}
        output_tokens.{tokens}
        "#
    );
    let no_trace = &mut |_: &str| Err("no trace".to_owned());
    match read("bench", text.as_bytes(), &[], no_trace, 1e12) {
        Ok((mut scenario, _)) => scenario.workloads.remove(0),
        Err(problems) => panic!("{}", problems.render(false)),
    }
}

const POISSON: &str = "poisson = { rate = \"100/s\" }";

const LAWS: &[(&str, &str)] = &[
    ("constant", "constant = 200"),
    ("exponential", "exponential = { mean = 200 }"),
    ("lognormal", "lognormal = { mean = 200, cv = 0.8 }"),
    ("gamma", "gamma = { mean = 200, cv = 0.8 }"),
    ("erlang", "erlang = { mean = 200, stages = 4 }"),
    ("hyperexponential", "hyperexponential = { mean = 200, cv = 2 }"),
    ("empirical", "empirical.quantiles = [[0.0, 1], [0.5, 1020], [0.99, 4142], [1.0, 9000]]"),
];

const PROCESSES: &[(&str, &str)] = &[
    ("constant", "constant = { rate = \"100/s\" }"),
    ("poisson", POISSON),
    ("gamma", "gamma = { rate = \"100/s\", cv = 2.0 }"),
    ("weibull", "weibull = { rate = \"100/s\", cv = 2.0 }"),
    ("on_off", "on_off = { rate = \"100/s\", on = \"1 s\", off = \"3 s\" }"),
    ("batch", "batch = { size = 60, every = \"1 s\" }"),
];

fn laws(c: &mut Criterion) {
    let mut group = c.benchmark_group("law");
    for (name, text) in LAWS {
        let law = workload(POISSON, text).output.expect("a law");
        let mut stream = Key::new(1, 0).stream();
        group.bench_function(*name, |b| b.iter(|| law.sample(&mut stream)));
    }
    group.finish();
}

fn tokens(c: &mut Criterion) {
    let mut group = c.benchmark_group("tokens");
    for (name, text) in LAWS {
        let workload = workload(POISSON, text);
        let (prompt, output) = (workload.prompt, workload.output);
        let mut source = TokenSource::new(prompt, output, None, None, Key::new(1, 0)).expect("two laws");
        let arrival = Arrival { at: SimTime::ZERO, tokens: None };
        group.bench_function(*name, |b| b.iter(|| source.draw(&arrival)));
    }
    group.finish();
}

fn arrivals(c: &mut Criterion) {
    let mut group = c.benchmark_group("arrivals");
    for (name, text) in PROCESSES {
        let first = workload(text, "constant = 200").arrivals;
        let (mut arrivals, mut stream) = (first.clone(), Key::new(1, 0).stream());
        group.bench_function(*name, |b| {
            b.iter(|| {
                // A year of arrivals may be over before the measurement is.
                let arrival = arrivals.next(&mut stream);
                if arrival.is_none() {
                    arrivals = first.clone();
                }
                arrival
            });
        });
    }
    group.finish();
}

criterion_group!(benches, laws, tokens, arrivals);
criterion_main!(benches);
