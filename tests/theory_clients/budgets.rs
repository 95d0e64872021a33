//! V11, V12: what retry budgets allow in a total outage, through the engine.

use crate::common::run::{run_logged, scenario};
use ratetide::metrics::observer::AttemptRecord;

/// The attempts of a client, so many requests per second, at a model that is dead: every one gets a 503.
fn in_an_outage(client: &str, per_s: u32, duration_s: u32) -> Vec<AttemptRecord> {
    let text = format!(
        r#"
        [run]
        duration = "{duration_s} s"
        [[model]]
        name = "m"
        replicas = 0
        engine.slots = {{ per_replica = 1, service.constant = "1 s" }}
        limit.law.unlimited = {{}}
        [[org]]
        name = "o"
        [[org.workload]]
        name = "w"
        model = "m"
        arrivals.constant = {{ rate = "{per_s}/s" }}
        prompt_tokens.constant = 100
        output_tokens.constant = 100
        client = "{client}"
        "#
    );
    run_logged(&scenario(&text)).1
}

/// gRPC: 10 tokens, one less per failure, retries only above half.
#[test]
fn v11_grpc_stops_retrying_after_five_failures() {
    let attempts = in_an_outage("grpc", 10, 60);
    let mut ends: Vec<_> = attempts.iter().map(|a| (a.at, a.attempt)).collect();
    ends.sort();
    let retries = attempts.iter().filter(|a| a.attempt > 1).count();
    assert_eq!((attempts.len() - retries, retries), (600, 4), "the fifth failure allows none");
}

/// Finagle and tower: 20 % of requests and 10 per second.
#[test]
fn v12_a_retry_budget_allows_its_ratio_and_its_minimum() {
    for client in ["finagle-budget", "tower-budget"] {
        let attempts = in_an_outage(client, 1000, 60);
        let steady = attempts.iter().filter(|a| (20.0..50.0).contains(&a.sent.as_secs_f64())).count();
        let per_s = steady as f64 / 30.0;
        println!("{client}: {per_s} attempts/s");
        assert!((per_s - 1210.0).abs() <= 0.03 * 1210.0, "{client}: {per_s}");
    }
}
