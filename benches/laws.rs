//! CPU time of a look at the dynamic rate, and of an attempt with its success, by law.
//!
//! `cargo bench --bench laws`. `look/formula` spells `look/success_window` as an expression: it should take at most
//! twice as long.

#![allow(missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use ratetide::limit::law::{Live, Shared};
use ratetide::limit::pair::{Completion, Cost, Limits, Pair};
use ratetide::limit::policy::Policy;
use ratetide::limit::usage::{Rates, Served};
use ratetide::scenario::reading::read;
use ratetide::units::{SimTime, Span};
use std::hint::black_box;

const FORMULA: &str = "max(base, min((1 + headroom) * success_rate, cap, 0.5 * capacity))";

fn policy(law: &str) -> Policy {
    let text = format!(
        r#"
        run.duration = "1 s"
        [[model]]
        name = "m"
        engine.slots = {{ per_replica = 1, service.constant = "1 s" }}
        limit.law.{law}
        [[org]]
        name = "o"
        [[org.workload]]
        name = "w"
        model = "m"
        arrivals.constant = {{ rate = "1/s" }}
        prompt_tokens.constant = 1
        output_tokens.constant = 1
        "#
    );
    let no_trace = &mut |_: &str| Err("no trace".to_owned());
    let (mut scenario, _) = read("bench", text.as_bytes(), &[], no_trace, 1e12).expect("a valid scenario");
    scenario.models.remove(0).policy
}

const LIVE: Live = Live { capacity: Rates { requests: 20.0, tokens: 9000.0 }, utilization: 0.8 };
const COST: Cost = Cost { tokens: 300.0 };

/// An hour of a request a second.
fn used(policy: &Policy, shared: &mut Shared) -> Pair {
    let mut pair = Pair::new(policy, 1.0, shared);
    (0..3600).for_each(|s| attempt(policy, shared, &mut pair, SimTime::from_s(s)));
    pair
}

fn attempt(policy: &Policy, shared: &mut Shared, pair: &mut Pair, now: SimTime) {
    let limits = &mut Limits { now, policy, live: LIVE, shared };
    let color = pair.label(limits, COST);
    let served = Served { requests: 1, tokens: 300 };
    pair.complete(limits, &Completion { color, cost: COST, served, output: 100 });
}

fn laws(c: &mut Criterion) {
    let both = format!("formula = {{ requests = \"{FORMULA}\", tokens = \"{FORMULA}\" }}");
    let laws = [
        ("success_window", "success_window = { share = 0.5 }"),
        ("formula", both.as_str()),
        ("ewma", "ewma = {}"),
        ("additive", "additive = {}"),
        ("fair_share", "fair_share = {}"),
        ("recent_peak", "recent_peak = {}"),
        ("tiered", "tiered = {}"),
        ("fixed", "fixed = {}"),
    ];
    let mut group = c.benchmark_group("look");
    for (name, law) in laws {
        let policy = policy(law);
        let mut shared = policy.law.shared();
        let mut pair = used(&policy, &mut shared);
        let mut now = SimTime::from_s(3600);
        group.bench_function(name, |b| {
            b.iter(|| {
                now += Span::from_ns(100);
                let limits = &mut Limits { now, policy: &policy, live: black_box(LIVE), shared: &mut shared };
                pair.rates(limits)
            });
        });
    }
    group.finish();
    let mut group = c.benchmark_group("attempt");
    for (name, law) in laws {
        let policy = policy(law);
        let mut shared = policy.law.shared();
        let mut pair = used(&policy, &mut shared);
        let mut now = SimTime::from_s(3600);
        group.bench_function(name, |b| {
            b.iter(|| {
                now += Span::from_ms(100);
                attempt(&policy, &mut shared, &mut pair, now);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, laws);
criterion_main!(benches);
