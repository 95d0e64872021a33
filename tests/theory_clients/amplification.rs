//! V13: how failures multiply attempts.

use super::{UNAVAILABLE, preset};
use crate::common::estimate::{Estimate, assert_near};
use crate::common::run::replicate;
use ratetide::client::{Client, GaveUp, Memory, Next};
use ratetide::metrics::ledger::Account;
use ratetide::replications::Results;
use ratetide::rng::Key;
use ratetide::units::SimTime;

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
