//! Retries against arithmetic: how failures multiply attempts, and what real clients' constants come to.

mod common;

use common::estimate::{Estimate, assert_near};
use common::run::{replicate, run_logged, scenario};
use ratetide::client::{Client, GaveUp, Memory, Next, presets};
use ratetide::metrics::ledger::Account;
use ratetide::metrics::observer::AttemptRecord;
use ratetide::replications::Results;
use ratetide::reply::{Outcome, Reply};
use ratetide::rng::Key;
use ratetide::units::SimTime;

fn preset(name: &str) -> Client {
    presets::find(name).expect("a known client").client.clone()
}

/// A bare 503.
const UNAVAILABLE: Reply = Reply { outcome: Outcome::Unavailable, reset_s: None, retry_after_s: None };

// ---- V13 ----

/// Attempts per request and the share that succeeds in the end, when each attempt fails with probability p
/// and up to n retries follow.
fn amplification(p: f64, n: u32) -> (f64, f64) {
    let lost = p.powi(n as i32 + 1);
    ((1.0 - lost) / (1.0 - p), 1.0 - lost)
}

/// Attempts per request and the share that succeeds, as listed.
type Listed = Option<(f64, f64)>;

/// (p, retries, what is listed).
const AMPLIFIED: [(f64, u32, Listed); 5] = [
    (0.1, 2, Some((1.11, 0.999))),
    (0.5, 2, Some((1.75, 0.875))),
    (0.9, 2, Some((2.71, 0.271))),
    (0.5, 5, None),
    (0.3, 0, None),
];

/// The state machine driven by a coin.
#[test]
fn v13_retry_amplification_of_independent_failures() {
    for (p, retries, listed) in AMPLIFIED {
        let (attempts, success) = amplification(p, retries);
        listed.inspect(|listed| assert_near("the formula", attempts, listed.0, 1e-9));
        listed.inspect(|listed| assert_near("the formula", success, listed.1, 1e-9));
        let client = Client { max_attempts: retries + 1, ..preset("exponential") };
        let replication = |key: Key| {
            let requests = 20_000;
            let (mut sent, mut succeeded) = (0u64, 0u64);
            for request in 0..requests {
                let (born, mut memory) = (SimTime::from_s(request), Memory::default());
                let mut now = born;
                loop {
                    memory.attempts += 1;
                    sent += 1;
                    if key.uniform(request, u64::from(memory.attempts)) >= p {
                        succeeded += 1;
                        break;
                    }
                    let jitter = |n| key.with("jitter").uniform(request, n);
                    match client.after_failure(now, born, Some(&UNAVAILABLE), &mut memory, jitter) {
                        Next::RetryAt(at) => now = at,
                        Next::GiveUp(reason) => {
                            assert_eq!((reason, memory.attempts), (GaveUp::Attempts, retries + 1));
                            break;
                        }
                    }
                }
            }
            (sent as f64 / requests as f64, succeeded as f64 / requests as f64)
        };
        let (sent, succeeded): (Vec<f64>, Vec<f64>) = (0..60).map(|r| replication(Key::new(13, r))).unzip();
        Estimate::of(&sent).assert_within(&format!("attempts, p {p}, {retries} retries"), attempts, 0.01);
        Estimate::of(&succeeded).assert_within(&format!("success, p {p}, {retries} retries"), success, 0.01);
    }
}

/// The same through the platform: one slot and no buffer lose a share a/(1 + a) of a load a (Erlang 1917).
/// Retries come up to two thousand service times later, so that what reaches the slot, old and new together,
/// is a Poisson process again and each attempt fails independently of the others.
#[test]
fn v13_retry_amplification_at_a_full_server() {
    for (p, retries, _) in AMPLIFIED {
        let (attempts, success) = amplification(p, retries);
        let births_per_s = 10.0 * p / (1.0 - p) / attempts;
        let spread_s = 200.0;
        // So long may a request be open: before the measured ones there is as much traffic, and after them.
        let margin_s = spread_s * f64::from(retries + 1);
        let until_s = (margin_s + 40_000.0 / births_per_s).ceil();
        let workload = |name: &str, profile: String| {
            format!(
                r#"
                [[org.workload]]
                name = "{name}"
                model = "m"
                arrivals.poisson = {{ rate = "{births_per_s}/s" }}
                profile = [ {profile} ]
                prompt_tokens.constant = 1
                output_tokens.constant = 1
                rtt = "0 s"
                client.max_attempts = {}
                client.retry.exponential = {{ base = "{spread_s} s", cap = "{spread_s} s", jitter = "full" }}
                "#,
                retries + 1
            )
        };
        let results = replicate(
            &format!(
                r#"
                [run]
                duration = "{} s"
                warmup = "{margin_s} s"
                drain = "1 min"
                interval = "1 h"
                [[model]]
                name = "m"
                engine.slots = {{ per_replica = 1, service.exponential = {{ mean = "100 ms" }} }}
                buffer.max_wait = "0 s"
                limit.law.unlimited = {{}}
                [[org]]
                name = "o"
                {}
                {}
                "#,
                until_s + margin_s,
                workload("a-measured", format!("{{ at = \"{until_s} s\", factor = 0 }}")),
                workload(
                    "b-after",
                    format!("{{ at = \"0 s\", factor = 0 }}, {{ at = \"{until_s} s\", factor = 1 }}")
                ),
            ),
            40,
        );
        let what = format!("p {p}, {retries} retries");
        let per_request = |r: &Results, n: fn(&Account) -> u64| {
            let account = &r.summaries[0].account;
            assert_eq!(account.open, 0, "all of the measured requests have ended");
            n(account) as f64 / account.requests as f64
        };
        Estimate::over(&results, |r| per_request(r, |account| account.attempts)).assert_within(
            &format!("attempts, {what}"),
            attempts,
            0.01,
        );
        Estimate::over(&results, |r| per_request(r, |account| account.succeeded)).assert_within(
            &format!("success, {what}"),
            success,
            0.01,
        );
    }
}

// ---- V14 ----

/// Preset, its attempts, and the longest of its first three delays in seconds; the shortest is three quarters
/// of it.
const SDKS: [(&str, u32, [f64; 3]); 2] =
    [("openai-python", 3, [0.5, 1.0, 2.0]), ("together-python", 3, [1.0, 2.0, 4.0])];

/// Delays before each retry, many times over: all within e·(1 − U/4), and their means at 7/8 of e.
fn assert_quarter_jitter(what: &str, longest_s: f64, delays_s: &[f64]) {
    let (shortest, longest) =
        delays_s.iter().fold((f64::INFINITY, 0.0), |(low, high), &d| (f64::min(low, d), f64::max(high, d)));
    assert!(shortest >= 0.75 * longest_s && longest <= longest_s, "{what}: {shortest} to {longest} s");
    // The range is filled: a thousandth of it at each end is not left empty by ten thousand draws.
    let slack = 0.25 * longest_s * 1e-3;
    assert!(
        shortest < 0.75 * longest_s + slack && longest > longest_s - slack,
        "{what}: {shortest}, {longest}"
    );
    assert_near(what, delays_s.iter().sum::<f64>() / delays_s.len() as f64, 0.875 * longest_s, 0.01);
}

#[test]
fn v14_sdk_delays_of_the_state_machine() {
    for (name, attempts, longest_s) in SDKS {
        let shipped = preset(name);
        assert_eq!(shipped.max_attempts, attempts, "{name}");
        // One more than it makes, to see the third delay; and far out, where the cap rules.
        let client = Client { max_attempts: u32::MAX, ..shipped };
        let cap_s = if name == "openai-python" { 8.0 } else { 10.0 };
        let key = Key::new(14, 0).with(name);
        let delays_s = |retry: u32| -> Vec<f64> {
            (0..20_000)
                .map(|request| {
                    let mut memory = Memory { attempts: retry + 1, ..Memory::default() };
                    let now = SimTime::from_s(1000);
                    let uniform = |n| key.uniform(request, u64::from(retry) + 100 * n);
                    match client.after_failure(now, now, Some(&UNAVAILABLE), &mut memory, uniform) {
                        Next::RetryAt(at) => (at - now).as_secs_f64(),
                        Next::GiveUp(reason) => panic!("{name} gave up: {reason:?}"),
                    }
                })
                .collect()
        };
        for (retry, longest_s) in (0..).zip(longest_s) {
            assert_quarter_jitter(&format!("{name}, retry {retry}"), longest_s, &delays_s(retry));
        }
        for retry in [4, 5, 30, 1000] {
            assert_quarter_jitter(&format!("{name}, retry {retry}"), cap_s, &delays_s(retry));
        }
    }
}

#[test]
fn v14_sdks_obey_retry_after_as_far_as_their_sources_say() {
    // Told seconds → the wait in whole seconds, `None` for the computed delay, or no retry.
    type Move = Result<Option<u64>, GaveUp>;
    let told: [(&str, &[(u32, Move)]); 2] = [
        (
            "openai-python",
            &[(0, Ok(None)), (7, Ok(Some(7))), (120, Ok(Some(120))), (121, Err(GaveUp::NotRetryable))],
        ),
        ("together-python", &[(0, Ok(None)), (7, Ok(Some(7))), (60, Ok(Some(60))), (61, Ok(None))]),
    ];
    for (name, cases) in told {
        for &(seconds, expected) in cases {
            // None of these clients reads `x-ratelimit-reset`.
            let reply = Reply { reset_s: Some(33), retry_after_s: Some(seconds), ..UNAVAILABLE };
            let (now, mut memory) = (SimTime::from_s(5), Memory { attempts: 1, ..Memory::default() });
            let found = match preset(name).after_failure(now, now, Some(&reply), &mut memory, |_| 0.0) {
                Next::GiveUp(reason) => Err(reason),
                Next::RetryAt(at) if at - now == memory.previous => Ok(None),
                Next::RetryAt(at) => Ok(Some((at - now).as_ns() / 1_000_000_000)),
            };
            assert_eq!(found, expected, "{name} told {seconds} s");
        }
    }
}

/// Through the engine: a dead model answers 503 at once, and the gaps between a request's attempts are the
/// client's delays and the round trip.
#[test]
fn v14_sdk_delays_of_a_run() {
    for (name, attempts, longest_s) in SDKS {
        for shown in [attempts, 4] {
            let text = format!(
                r#"
                [run]
                duration = "10000 s"
                [[model]]
                name = "m"
                replicas = 0
                engine.slots = {{ per_replica = 1, service.constant = "1 s" }}
                [[org]]
                name = "o"
                [[org.workload]]
                name = "w"
                model = "m"
                arrivals.constant = {{ rate = "2/s" }}
                prompt_tokens.constant = 100
                output_tokens.constant = 100
                client = {{ preset = "{name}", max_attempts = {shown} }}
                "#
            );
            let (results, mut log) = run_logged(&scenario(&text));
            let account = results.total.account;
            assert_eq!(
                account.attempts,
                u64::from(shown) * account.requests,
                "{name} makes {shown} attempts"
            );
            assert_eq!(account.gave_up_attempts, account.requests);
            log.sort_by_key(|a| (a.request, a.attempt));
            let gap = |pair: &[AttemptRecord]| (pair[1].sent - pair[0].at).as_secs_f64();
            for (retry, longest_s) in (1..shown).zip(longest_s) {
                let retries = log.windows(2).filter(|pair| pair[0].attempt == retry);
                let delays_s: Vec<f64> = retries.map(gap).collect();
                assert_quarter_jitter(&format!("{name}, retry {} in a run", retry - 1), longest_s, &delays_s);
            }
        }
    }
}
