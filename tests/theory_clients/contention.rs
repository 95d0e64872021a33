//! V9: a hundred clients write one row under optimistic concurrency control, as in the AWS Architecture Blog's
//! simulator (aws-samples/aws-arch-backoff-simulator), with this library's delays between their tries.

use super::preset;
use crate::common::estimate::Estimate;
use rand::RngExt as _;
use ratetide::client::backoff::{Backoff, Exponential};
use ratetide::rng::{Key, Stream};
use ratetide::units::Span;
use std::collections::BTreeSet;

const CLIENTS: usize = 100;

/// |N(10, 2)| ms, by Box and Muller (1958).
fn hop_ns(stream: &mut Stream) -> u64 {
    let (u, v): (f64, f64) = (stream.random(), stream.random());
    let normal = (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos();
    ((10.0 + 2.0 * normal).abs() * 1e6) as u64
}

/// The writes it takes until every client's has succeeded, and how many milliseconds.
fn contend(backoff: Backoff, key: Key) -> (f64, f64) {
    let mut stream = key.stream();
    let mut version = 0u32;
    let mut known = [0u32; CLIENTS];
    let mut failures = [0u32; CLIENTS];
    let mut previous = [Span::ZERO; CLIENTS];
    // (when, client, whether it writes or reads) reaches the row.
    let mut messages: BTreeSet<(u64, usize, bool)> =
        (0..CLIENTS).map(|client| (hop_ns(&mut stream), client, false)).collect();
    let (mut calls, mut end_ns) = (0u32, 0);
    while let Some((now, client, writes)) = messages.pop_first() {
        // Its answer, and the client's next message.
        let answered = now + hop_ns(&mut stream);
        if !writes {
            known[client] = version;
            messages.insert((answered + hop_ns(&mut stream), client, true));
            continue;
        }
        calls += 1;
        end_ns = end_ns.max(answered);
        if known[client] == version {
            version += 1;
        } else {
            let delay = backoff.delay(failures[client], true, stream.random(), &mut previous[client]);
            failures[client] += 1;
            messages.insert((answered + delay.as_ns() + hop_ns(&mut stream), client, false));
        }
    }
    (f64::from(calls), end_ns as f64 / 1e6)
}

#[test]
fn v9_calls_and_completion_time_are_those_of_aws() {
    let aws = |name: &str| match preset(name).retry {
        // The simulator's base and cap.
        Backoff::Exponential(e) => {
            let (base, cap) = (Span::from_ms(5), Span::from_ms(2000));
            Backoff::Exponential(Exponential { base, base_other: base, cap, ..e })
        }
        other => other,
    };
    for (name, calls, time_ms) in [
        ("immediate", 2421.0, 2011.0),
        ("aws-expo", 1852.0, 63_063.0),
        ("aws-equal", 813.0, 6616.0),
        ("aws-decorrelated", 1001.0, 4590.0),
        ("aws-full", 796.0, 4893.0),
    ] {
        let runs: Vec<_> = (0..400).map(|run| contend(aws(name), Key::new(9, run).with(name))).collect();
        let (found_calls, found_ms): (Vec<f64>, Vec<f64>) = runs.into_iter().unzip();
        Estimate::of(&found_calls).assert_within(&format!("{name}, calls"), calls, 0.03);
        Estimate::of(&found_ms).assert_within(&format!("{name}, ms"), time_ms, 0.08);
    }
}
