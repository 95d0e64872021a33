//! Strategies in a run against closed forms: storms of retries that outlive their cause, hedges, shares that
//! a client rejects itself.

mod common;

use common::estimate::{Estimate, assert_near};
use common::run::{replicate, run, run_logged, scenario};
use ratetide::metrics::observer::{AttemptRecord, Ended};
use ratetide::reply::{Outcome, Reply};

/// One org on one model; `model`, `workload` and `client` in TOML.
fn text(duration_s: u64, model: &str, workload: &str, client: &str) -> String {
    format!(
        r#"
        [run]
        duration = "{duration_s} s"
        drain = "1 min"
        interval = "10 s"
        [[model]]
        name = "m"
        {model}
        limit.law.unlimited = {{}}
        [[org]]
        name = "o"
        [[org.workload]]
        name = "w"
        model = "m"
        prompt_tokens.constant = 1
        output_tokens.constant = 1
        rtt = "0 s"
        {workload}
        [org.workload.client]
        {client}
        "#
    )
}

fn is_ok(record: &AttemptRecord) -> bool {
    matches!(record.ended, Ended::Answered(Reply { outcome: Outcome::Ok, .. }))
}

// ---- V16 ----

const OUTAGE_ENDS_S: f64 = 40.0;

/// A server of 300/s whose clients wait 1 s and retry once, after an outage of 10 s: the instants of success.
fn successes_after_an_outage(rate: u32, on_disconnect: &str) -> Vec<f64> {
    let model = format!(
        r#"engine.slots = {{ per_replica = 1, service.exponential = {{ mean = "3333333 ns" }} }}
        buffer = {{ max_wait = "1 h", early_refusal = false }}
        on_disconnect = "{on_disconnect}""#
    );
    let client = "max_attempts = 2\nretry.immediate = {}\ntimeout = \"1 s\"";
    let text = text(400, &model, &format!("arrivals.poisson = {{ rate = \"{rate}/s\" }}"), client)
        + "\n[[incident]]\nat = \"30 s\"\nmodel = \"m\"\nslowdown = { factor = 1e6, duration = \"10 s\" }\n";
    let (_, log) = run_logged(&scenario(&text));
    let after = |record: &&AttemptRecord| is_ok(record) && record.at.as_secs_f64() > OUTAGE_ENDS_S;
    log.iter().filter(after).map(|record| record.at.as_secs_f64()).collect()
}

#[test]
fn v16_a_retry_storm_outlives_its_cause_where_twice_the_load_exceeds_the_server() {
    // 2 · 280 > 300: for ever. What succeeds after the outage would have been in the hundred thousands.
    let successes = successes_after_an_outage(280, "serve");
    assert!(successes.len() < 100, "{} successes", successes.len());
    // 2 · 100 ≤ 300: the backlog of 20λ − 300 is worked off at 300 − 2λ.
    for rate in [100u32, 120] {
        let lambda = f64::from(rate);
        let recovery_s = (20.0 * lambda - 300.0) / (300.0 - 2.0 * lambda);
        let successes = successes_after_an_outage(rate, "serve");
        assert_near(&format!("recovery at {rate}/s"), successes[0] - OUTAGE_ENDS_S, recovery_s, 0.2);
        let expected = (400.0 - OUTAGE_ENDS_S - recovery_s) * lambda;
        assert_near(&format!("goodput at {rate}/s"), successes.len() as f64, expected, 0.05);
    }
}

#[test]
fn v16_dropping_expired_work_ends_the_storm() {
    let successes = successes_after_an_outage(280, "stop");
    assert!(successes[0] < OUTAGE_ENDS_S + 1.0, "the first success is at {}", successes[0]);
    let late = successes.iter().filter(|&&at| at > 100.0).count();
    assert_near("goodput", late as f64, 280.0 * 300.0, 0.02);
}

/// What else ends it, without the platform's help: a client that retries a tenth of its requests at most.
#[test]
fn v16_a_retry_budget_ends_the_storm_where_the_load_with_it_fits() {
    let storm = |budget: &str| {
        let model = r#"engine.slots = { per_replica = 1, service.exponential = { mean = "3333333 ns" } }
            buffer = { max_wait = "1 h", early_refusal = false }
            on_disconnect = "serve""#;
        let client = format!("max_attempts = 2\nretry.immediate = {{}}\ntimeout = \"1 s\"\n{budget}");
        let text = text(900, model, "arrivals.poisson = { rate = \"240/s\" }", &client)
            + "\n[[incident]]\nat = \"30 s\"\nmodel = \"m\"\nslowdown = { factor = 1e6, duration = \"10 s\" }\n";
        let (_, log) = run_logged(&scenario(&text));
        log.iter().filter(|record| is_ok(record) && record.at.as_secs_f64() > 600.0).count()
    };
    assert!(storm("") < 100);
    let budgeted = storm("budget.ratio = { ratio = 0.1, min = \"0.1/s\" }");
    assert_near("goodput", budgeted as f64, 240.0 * 300.0, 0.02);
}

// ---- V26 ----

#[test]
fn v26_hedging_trades_load_for_latency() {
    let model =
        "replicas = 1\nengine.slots = { per_replica = 10000, service.exponential = { mean = \"1 s\" } }";
    for (delay_s, extra, latency_s) in [
        (0.0, 1.0, 0.5),
        (1.0, 0.367_879, 0.816_060),
        (2.0, 0.135_335, 0.932_332),
        (0.5, 0.606_531, 0.696_735),
    ] {
        let client = format!("hedge = {{ delay = \"{delay_s} s\", max = 2 }}");
        let text = text(2000, model, "arrivals.poisson = { rate = \"60/s\" }", &client);
        let results = replicate(&text, 30);
        let ratio = |attempts: u64, requests: u64| attempts as f64 / requests as f64 - 1.0;
        Estimate::over(&results, |r| ratio(r.total.account.attempts, r.total.account.requests))
            .assert_within(&format!("extra load at {delay_s} s"), extra, 0.01);
        Estimate::over(&results, |r| r.total.time_to_success.mean().expect("requests succeed").as_secs_f64())
            .assert_within(&format!("latency at {delay_s} s"), latency_s, 0.01);
        for r in &results {
            let account = &r.total.account;
            assert_eq!((account.succeeded, account.ok_200), (account.requests, account.requests));
            assert_eq!(
                account.client_timeout,
                account.attempts - account.requests,
                "the others are cancelled"
            );
        }
    }
}

/// A hedge that fails sends the next at once, and after the last the request is given up.
#[test]
fn failing_hedges_follow_each_other_at_once() {
    let model = "replicas = 0\nengine.slots = { per_replica = 1, service.constant = \"1 s\" }";
    let client = "hedge = { delay = \"500 ms\", max = 4 }\nmax_attempts = 4";
    let (results, log) =
        run_logged(&scenario(&text(1, model, "arrivals.batch = { size = 1, every = \"1 h\" }", client)));
    let account = &results.total.account;
    assert_eq!((account.attempts, account.unavailable_503, account.gave_up_attempts), (4, 4, 1));
    assert!(log.iter().all(|record| record.sent.as_ns() == 0), "{log:?}");
    assert_eq!(log.iter().map(|record| record.attempt).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

// ---- V10 ----

#[test]
fn v10_adaptive_throttling_sends_twice_what_is_accepted() {
    // 40 accepted per second: one slot of 25 ms that never queues.
    let model = "engine.slots = { per_replica = 1, service.constant = \"25 ms\" }\nbuffer.max_wait = \"0 s\"";
    let throttled = |rate: &str| {
        let text = text(
            1200,
            model,
            &format!("arrivals.constant = {{ rate = \"{rate}\" }}"),
            "throttle = { k = 2.0, window = \"2 min\" }",
        )
        .replace("drain", "warmup = \"10 min\"\ndrain");
        let account = run(&text).total.account;
        assert_eq!(account.gave_up_rejected, account.rejected_locally, "{account:?}");
        [account.attempts, account.ok_200, account.rejected_locally]
            .map(|count| count as f64 / account.requests as f64)
    };
    let [sent, accepted, rejected] = throttled("400/s");
    // What gets through at random instants finds the slot busy more often than what comes in step.
    assert_near("sent", sent, 2.0 * accepted, 0.03);
    assert_near("rejected", rejected, 1.0 - 2.0 * accepted, 0.03);
    assert_eq!(throttled("20/s"), [1.0, 1.0, 0.0], "below k times the capacity nothing is rejected");
}

// ---- The gate ----

#[test]
fn a_concurrency_limit_is_never_exceeded_and_always_used() {
    let model = "engine.slots = { per_replica = 100, service.constant = \"1 s\" }";
    let workload = "arrivals.batch = { size = 60, every = \"1 h\" }";
    let (results, log) = run_logged(&scenario(&text(1, model, workload, "concurrency.fixed.limit = 7")));
    assert_eq!(results.total.account.succeeded, 60);
    let mut sent: Vec<f64> = log.iter().map(|record| record.sent.as_secs_f64()).collect();
    sent.sort_by(f64::total_cmp);
    // Seven at a time, one second each: the k-th wave goes at second k.
    let expected: Vec<f64> = (0..60).map(|i| f64::from(i / 7)).collect();
    assert_eq!(sent, expected);
}

#[test]
fn an_open_breaker_lets_one_probe_through() {
    let model = "replicas = 0\nengine.slots = { per_replica = 1, service.constant = \"1 s\" }";
    let client = "breaker.error_window = { window = \"10 s\", requests = 20, share = 0.5, open = \"5 s\" }";
    let (results, log) =
        run_logged(&scenario(&text(60, model, "arrivals.constant = { rate = \"10/s\" }", client)));
    // Twenty failures by 1.9 s open it; then one probe every 5 s.
    let sent: Vec<f64> = log.iter().map(|record| record.sent.as_secs_f64()).collect();
    assert_eq!(sent[..20], std::array::from_fn::<f64, 20, _>(|i| i as f64 / 10.0));
    assert_eq!(sent[20..24], [6.9, 11.9, 16.9, 21.9]);
    let account = &results.total.account;
    assert_eq!(account.rejected_locally + account.attempts, 600);
}

/// What is cancelled because another attempt succeeded has not failed: no breaker opens, no budget is spent.
#[test]
fn cancelled_hedges_are_no_failures() {
    let model = "engine.slots = { per_replica = 1000, service.exponential = { mean = \"1 s\" } }";
    for part in [
        "breaker.error_window = { requests = 5, share = 0.3 }",
        "breaker.count_window = { calls = 10, share = 0.3 }",
        "budget.grpc = {}",
        "concurrency.aimd = { initial = 900, max = 1000 }",
    ] {
        let client = format!("hedge = {{ delay = \"100 ms\", max = 4 }}\n{part}");
        let account = run(&text(600, model, "arrivals.poisson = { rate = \"20/s\" }", &client)).total.account;
        assert_eq!((account.rejected_locally, account.gave_up()), (0, 0), "{part}: {account:?}");
        assert!(account.attempts > 3 * account.requests, "{part}: {account:?}");
    }
}

/// No attempt is sent at or after the deadline, hedges included; what the gate does not let go is looked at again.
#[test]
fn hedges_keep_the_deadline_and_look_again() {
    let model = "engine.slots = { per_replica = 1000, service.constant = \"1 h\" }";
    let workload = "arrivals.batch = { size = 1, every = \"1 h\" }";
    let client = "hedge = { delay = \"500 ms\", max = 9 }\ndeadline = \"1.5 s\"";
    let (_, log) = run_logged(&scenario(&text(1, model, workload, client)));
    let sent = |log: &[AttemptRecord]| log.iter().map(|record| record.sent.as_secs_f64()).collect::<Vec<_>>();
    assert_eq!(sent(&log), [0.0, 0.5, 1.0]);
    // One a second: at half a second the gate is shut.
    let client = "hedge = { delay = \"500 ms\", max = 9 }\ndeadline = \"2.2 s\"\npacing.paced.rate = \"1/s\"";
    let (_, log) = run_logged(&scenario(&text(1, model, workload, client)));
    assert_eq!(sent(&log), [0.0, 1.0, 2.0]);
}
