//! V14: the delays of every client, from its state machine and from a run.

use super::{LIMITED, UNAVAILABLE, preset};
use crate::common::estimate::Estimate;
use crate::common::run::{run_logged, scenario};
use ratetide::client::{Client, GaveUp, Memory, Next, presets};
use ratetide::metrics::observer::AttemptRecord;
use ratetide::reply::{Reply, Told};
use ratetide::rng::Key;
use ratetide::units::SimTime;

/// The shortest and the longest of a delay, in seconds.
type Span = (f64, f64);

/// A client: its attempts; the first three delays after 503s; the thirty-first.
type Row = (&'static str, u32, [Span; 3], Span);

const NO_DELAY: [Span; 3] = [(0.0, 0.0); 3];
/// U·min(1·2^k, 60).
const FULL: [Span; 3] = [(0.0, 1.0), (0.0, 2.0), (0.0, 4.0)];
/// min(0.5·2^k, 8)·(1 − U/4).
const STAINLESS: [Span; 3] = [(0.375, 0.5), (0.75, 1.0), (1.5, 2.0)];
/// min(1·2^k, 10)·(1 − U/4).
const FROM_ONE: [Span; 3] = [(0.75, 1.0), (1.5, 2.0), (3.0, 4.0)];

/// Every client there is.
const CLIENTS: &[Row] = &[
    ("none", 1, NO_DELAY, (0.0, 0.0)),
    ("immediate", 6, NO_DELAY, (0.0, 0.0)),
    ("fixed-delay", 6, [(1.0, 1.0); 3], (1.0, 1.0)),
    ("exponential", 6, FULL, (0.0, 60.0)),
    ("openai-python", 3, STAINLESS, (6.0, 8.0)),
    ("together-python", 3, FROM_ONE, (7.5, 10.0)),
    ("together-python-v1", 6, FROM_ONE, (6.0, 8.0)),
    ("anthropic", 3, STAINLESS, (6.0, 8.0)),
    ("groq", 3, STAINLESS, (6.0, 8.0)),
    ("cohere", 3, [(0.9, 1.1), (1.8, 2.2), (3.6, 4.4)], (54.0, 66.0)),
    ("google-genai", 1, [(1.0, 2.0), (2.0, 3.0), (4.0, 5.0)], (60.0, 60.0)),
    ("litellm", 3, [(0.5, 1.25), (1.0, 1.75), (2.0, 2.75)], (8.0, 8.75)),
    ("boto3-legacy", 5, FULL, (0.0, 1_073_741_824.0)),
    ("boto3-standard", 3, [(0.0, 0.05), (0.0, 0.1), (0.0, 0.2)], (0.0, 20.0)),
    ("boto3-adaptive", 3, [(0.0, 0.05), (0.0, 0.1), (0.0, 0.2)], (0.0, 20.0)),
    ("tenacity", 6, [(1.0, 1.0), (1.0, 2.0), (1.0, 4.0)], (1.0, 60.0)),
    ("openai-cookbook", 6, NO_DELAY, (0.0, 0.0)),
    ("aws-expo", 6, [(2.0, 2.0), (4.0, 4.0), (8.0, 8.0)], (60.0, 60.0)),
    ("aws-equal", 6, [(1.0, 2.0), (2.0, 4.0), (4.0, 8.0)], (30.0, 60.0)),
    ("aws-full", 6, [(0.0, 2.0), (0.0, 4.0), (0.0, 8.0)], (0.0, 60.0)),
    ("aws-decorrelated", 6, [(1.0, 3.0), (1.0, 9.0), (1.0, 27.0)], (1.0, 60.0)),
    ("grpc", 4, [(0.0, 0.1), (0.0, 0.2), (0.0, 0.4)], (0.0, 1.0)),
    // Its further attempts go by the clock, not after a delay.
    ("hedge", 4, NO_DELAY, (0.0, 0.0)),
    ("envoy", 2, [(0.0, 0.025), (0.0, 0.05), (0.0, 0.1)], (0.0, 0.25)),
    ("finagle-budget", 6, FULL, (0.0, 60.0)),
    ("tower-budget", 6, FULL, (0.0, 60.0)),
    ("sre-adaptive", 6, FULL, (0.0, 60.0)),
    ("breaker-hystrix", 6, FULL, (0.0, 60.0)),
    ("breaker-resilience4j", 6, FULL, (0.0, 60.0)),
    ("paced", 6, FULL, (0.0, 60.0)),
    ("ramp", 6, FULL, (0.0, 60.0)),
    ("aimd", 6, FULL, (0.0, 60.0)),
    ("aimd-concurrency", 6, FULL, (0.0, 60.0)),
    ("vegas", 6, FULL, (0.0, 60.0)),
    ("gradient2", 6, FULL, (0.0, 60.0)),
    ("reset-aware", 6, FULL, (0.0, 60.0)),
];

/// The mean of delay `k`: the middle of its range, but for decorrelated jitter, whose range follows from the delay
/// before: (1 + 3·mean before)/2.
fn mean_s(name: &str, k: usize, (low, high): Span) -> f64 {
    if name == "aws-decorrelated" { [2.0, 3.5, 5.75][k] } else { (low + high) / 2.0 }
}

/// The delays before a request's first retries, all failures alike.
fn delays_s(client: &Client, reply: &Reply, retries: u32, uniform: impl Fn(u32) -> f64) -> Vec<f64> {
    let client = Client { max_attempts: u32::MAX, ..client.clone() };
    let (mut memory, now) = (Memory::default(), SimTime::from_s(1000));
    let delay = |attempts| {
        memory.attempts = attempts;
        match client.after_failure(now, now, Some(reply), &mut memory, |_| uniform(attempts)) {
            Next::RetryAt(at) => (at - now).as_secs_f64(),
            Next::GiveUp(reason) => panic!("it gave up: {reason:?}"),
        }
    };
    (1..=retries).map(delay).collect()
}

#[test]
fn every_client_of_the_sources_is_there() {
    let there: Vec<&str> = presets::PRESETS.iter().map(|preset| preset.name).collect();
    let known: Vec<&str> = CLIENTS.iter().map(|row| row.0).collect();
    assert_eq!(there, known, "each with its row here, in one order");
    for &(name, attempts, ..) in CLIENTS {
        assert_eq!(preset(name).max_attempts, attempts, "{name}");
    }
}

#[test]
fn v14_delays_of_the_state_machine() {
    for &(name, _, first, far) in CLIENTS {
        let client = preset(name);
        let [lows, highs] = [f64::min, f64::max].map(|extreme| {
            let ends = [0.0, 1.0].map(|u| delays_s(&client, &UNAVAILABLE, 31, |_| u));
            (0..31).map(|k| extreme(ends[0][k], ends[1][k])).collect::<Vec<f64>>()
        });
        for (k, expected) in first.into_iter().enumerate().chain([(30, far)]) {
            let near = |a: f64, b: f64| (a - b).abs() < 1e-9 * b.max(1.0);
            assert!(near(lows[k], expected.0) && near(highs[k], expected.1), "{name}, retry {k}");
        }
        let key = Key::new(14, 0).with(name);
        let drawn: Vec<Vec<f64>> = (0..200_000)
            .map(|request| delays_s(&client, &UNAVAILABLE, 3, |attempt| key.uniform(request, attempt.into())))
            .collect();
        for (k, expected) in first.into_iter().enumerate() {
            let delays: Vec<f64> = drawn.iter().map(|delays| delays[k]).collect();
            assert_delays(&format!("{name}, retry {k}"), &delays, expected, Some(mean_s(name, k, expected)));
        }
    }
}

/// Delays within their range, and their mean within 1 %.
fn assert_delays(what: &str, delays_s: &[f64], (low, high): Span, mean_s: Option<f64>) {
    let slack = 1e-9 * high.max(1.0);
    let within = |delay: &f64| (low - slack..=high + slack).contains(delay);
    let stray = delays_s.iter().find(|delay| !within(delay));
    assert!(stray.is_none(), "{what}: {stray:?} s");
    if let Some(mean_s) = mean_s.filter(|mean| *mean > 0.0) {
        Estimate::of(delays_s).assert_within(what, mean_s, 0.01);
    }
}

#[test]
fn v14_boto3_waits_longer_after_a_429() {
    for name in ["boto3-standard", "boto3-adaptive"] {
        let longest = delays_s(&preset(name), &LIMITED, 7, |_| 1.0);
        assert_eq!(longest, [1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0], "{name}");
    }
}

/// What a client makes of a header: the shortest and the longest wait, the computed delay, or no retry.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Move {
    Waits(f64, f64),
    Computes,
    Stops,
}

/// The first retry's move when told so many seconds.
fn told(name: &str, reply: &Reply) -> Move {
    let ends = [0.0, 1.0].map(|u| {
        let (now, mut memory) = (SimTime::from_s(5), Memory { attempts: 1, ..Memory::default() });
        // Beyond its own number of attempts, to see what `google-genai` would do.
        let client = Client { max_attempts: 9, ..preset(name) };
        match client.after_failure(now, now, Some(reply), &mut memory, |_| u) {
            Next::GiveUp(reason) => {
                assert_eq!(reason, GaveUp::NotRetryable);
                None
            }
            Next::RetryAt(at) => Some((at - now).as_secs_f64()),
        }
    });
    let [computed_0, computed_1] = [0.0, 1.0].map(|u| delays_s(&preset(name), &UNAVAILABLE, 1, |_| u)[0]);
    match ends {
        [Some(low), Some(high)] if (low, high) == (computed_0, computed_1) => Move::Computes,
        [Some(low), Some(high)] => Move::Waits(low, high),
        _ => Move::Stops,
    }
}

#[test]
fn v14_clients_obey_headers_as_far_as_their_sources_say() {
    use Move::{Computes, Stops, Waits};
    const SILENT: &[(u32, Move)] = &[(7, Computes), (5000, Computes)];
    const UP_TO_60: &[(u32, Move)] =
        &[(0, Computes), (7, Waits(7.0, 7.0)), (60, Waits(60.0, 60.0)), (61, Computes)];
    for &(name, ..) in CLIENTS {
        let cases: &[(u32, Move)] = match name {
            "openai-python" => {
                &[(0, Computes), (7, Waits(7.0, 7.0)), (120, Waits(120.0, 120.0)), (121, Stops)]
            }
            "together-python" | "together-python-v1" | "groq" => UP_TO_60,
            "anthropic" => &[(0, Computes), (7, Waits(7.0, 7.0)), (5000, Waits(5000.0, 5000.0))],
            "cohere" => {
                &[(0, Computes), (7, Waits(7.0, 7.0)), (60, Waits(60.0, 60.0)), (61, Waits(60.0, 60.0))]
            }
            "litellm" => &[(0, Computes), (7, Waits(7.0, 7.75)), (60, Waits(60.0, 60.75)), (61, Computes)],
            _ => SILENT,
        };
        for &(seconds, expected) in cases {
            let reply = Reply { retry_after: Some(Told::new(seconds)), ..UNAVAILABLE };
            assert_eq!(told(name, &reply), expected, "{name} told to retry after {seconds} s");
        }
        // None but our own reads `x-ratelimit-reset`.
        let expected = if name == "reset-aware" { Waits(33.0, 49.5) } else { Computes };
        assert_eq!(
            told(name, &Reply { reset: Some(Told::new(33)), ..UNAVAILABLE }),
            expected,
            "{name}, reset"
        );
    }
}

#[test]
fn v14_clients_retry_what_their_sources_say() {
    for &(name, ..) in CLIENTS {
        let client = Client { max_attempts: 9, ..preset(name) };
        let retried = [Some(&LIMITED), Some(&UNAVAILABLE), None].map(|reply| {
            let mut memory = Memory { attempts: 1, ..Memory::default() };
            let next = client.after_failure(SimTime::ZERO, SimTime::ZERO, reply, &mut memory, |_| 0.5);
            next != Next::GiveUp(GaveUp::NotRetryable)
        });
        let expected = match name {
            "grpc" => [false, true, false],
            "cohere" | "google-genai" | "together-python-v1" => [true, true, false],
            _ => [true; 3],
        };
        assert_eq!(retried, expected, "{name} after 429, 503 and a timeout");
    }
}

/// Through the engine: a dead model answers 503 at once, and the gaps between a request's attempts are the
/// client's delays. Clients whose requests share something may wait for one another besides.
#[test]
fn v14_delays_of_a_run() {
    for &(name, attempts, first, _) in CLIENTS.iter().filter(|row| !preset(row.0).is_shared()) {
        let run = |duration_s: u32, attempts: u32| {
            run_logged(&scenario(&format!(
                r#"
                [run]
                duration = "{duration_s} s"
                [[model]]
                name = "m"
                replicas = 0
                engine.slots = {{ per_replica = 1, service.constant = "1 s" }}
                limit = {{ law.unlimited = {{}}, headers = "only_429" }}
                [[org]]
                name = "o"
                [[org.workload]]
                name = "w"
                model = "m"
                arrivals.constant = {{ rate = "10/s" }}
                prompt_tokens.constant = 100
                output_tokens.constant = 100
                client = {{ preset = "{name}", max_attempts = {attempts} }}
                "#
            )))
        };
        let account = run(100, attempts).0.total.account;
        assert_eq!((account.requests, account.gave_up_attempts), (1000, 1000), "{name}");
        assert_eq!(account.attempts, u64::from(attempts) * account.requests, "{name}");
        // Three retries, whatever its own number.
        let (_, mut log) = run(10_000, 4);
        log.sort_by_key(|a| (a.request, a.attempt));
        let gap = |pair: &[AttemptRecord]| (pair[1].sent - pair[0].at).as_secs_f64();
        for (k, expected) in first.into_iter().enumerate() {
            let of_k = |pair: &&[AttemptRecord]| {
                pair[0].attempt as usize == k + 1 && pair[1].attempt as usize == k + 2
            };
            let delays: Vec<f64> = log.windows(2).filter(of_k).map(gap).collect();
            assert!(delays.len() > 99_000, "{name}: {}", delays.len());
            // The third of decorrelated jitter varies too much for so few.
            let mean = (k < 2).then(|| mean_s(name, k, expected));
            assert_delays(&format!("{name}, retry {k} in a run"), &delays, expected, mean);
        }
    }
}
