//! Fallbacks: what a client would give up goes elsewhere, and every number is booked where it belongs.

mod common;

use common::run::{run_logged, scenario};
use ratetide::replications::Results;
use ratetide::scenario::{Scenario, reading};

fn text(client: &str) -> String {
    format!(
        r#"
        [run]
        duration = "100 s"
        drain = "1 h"
        interval = "10 s"
        [[model]]
        name = "small"
        replicas = 0
        engine.slots = {{ per_replica = 1, service.constant = "1 s" }}
        limit.law.unlimited = {{}}
        price = {{ prompt = 1.0, output = 1.0 }}
        [[model]]
        name = "large"
        replicas = 1
        engine.slots = {{ per_replica = 100, service.constant = "2 s" }}
        limit.law.unlimited = {{}}
        price = {{ prompt = 10.0, output = 10.0 }}
        [[org]]
        name = "o"
        [[org.workload]]
        name = "w"
        model = "small"
        arrivals.constant = {{ rate = "1/s" }}
        prompt_tokens.constant = 600000
        output_tokens.constant = 400000
        rtt = "100 ms"
        [org.workload.client]
        {client}
        "#
    )
}

fn ran(client: &str) -> (Scenario, Results) {
    let scenario = scenario(&text(client));
    let (results, _) = run_logged(&scenario);
    (scenario, results)
}

#[test]
fn requests_end_at_home_and_attempts_where_they_were_made() {
    let (scenario, results) =
        ran("max_attempts = 2\nretry.fixed.delay = \"1 s\"\nfallback = [ { model = \"large\" } ]");
    let rows: Vec<(&str, Option<&str>)> = scenario
        .workloads
        .iter()
        .map(|w| (scenario.models[w.model as usize].name.as_str(), w.fallback_of.as_deref()))
        .collect();
    assert_eq!(rows, [("small", None), ("large", Some("large serverless"))]);
    let [home, away] = [0, 1].map(|row| results.summaries[row].account);
    assert_eq!((home.requests, home.succeeded, home.gave_up(), home.attempts), (100, 100, 0, 200));
    assert_eq!((away.requests, away.succeeded, away.attempts, away.ok_200), (0, 0, 100, 100));
    let [home, away] = [0, 1].map(|row| &results.summaries[row]);
    assert_eq!(
        (home.cost_usd, away.cost_usd),
        (0.0, 1000.0),
        "a million tokens each, at the large model's price"
    );
    // Two refusals with a second between them, then two seconds of service; three round trips.
    let mean_s = home.time_to_success.mean().expect("they succeed").as_secs_f64();
    assert!((mean_s - 3.3).abs() < 1e-9, "{mean_s}");
    assert_eq!(away.time_to_success.count(), 0);
}

#[test]
fn work_falls_back_to_the_batch_lane_and_is_done_there() {
    let (_, results) = ran("deadline = \"30 s\"\nfallback = [ { model = \"large\", lane = \"batch\" } ]");
    let [home, away] = [0, 1].map(|row| results.summaries[row].account);
    assert_eq!((home.requests, home.succeeded, home.gave_up()), (100, 100, 0));
    assert_eq!((away.attempts, away.ok_200), (100, 100));
    // At half the price; and the file's minute is longer than the deadline, which the window replaces.
    assert_eq!(results.summaries[1].cost_usd, 500.0);
    assert!(results.summaries[0].time_to_success.quantile(0.99).expect("done").as_secs_f64() > 59.0);
}

#[test]
fn work_falls_back_to_an_endpoint_of_its_own() {
    let (_, results) = ran(
        "fallback = [ { lane.dedicated = { replicas = 1, price_per_replica_hour = 36.0 } } ]\nconcurrency.fixed.limit = 50",
    );
    let [home, away] = [0, 1].map(|row| results.summaries[row].account);
    assert_eq!((home.requests, home.attempts, away.attempts), (100, 100, 100));
    assert!(home.succeeded + home.gave_up() == 100 && away.ok_200 == home.succeeded);
    assert!(results.summaries[1].cost_usd >= 36.0, "the endpoint is paid by the hour");
}

#[test]
fn what_the_deadline_ends_does_not_fall_back() {
    let (_, results) = ran(
        "max_attempts = \"unlimited\"\nretry.fixed.delay = \"4 s\"\ndeadline = \"10 s\"\nfallback = [ { model = \"large\" } ]",
    );
    let [home, away] = [0, 1].map(|row| results.summaries[row].account);
    assert_eq!((home.gave_up_deadline, away.attempts), (100, 0));
}

#[test]
fn fallbacks_that_cannot_be_are_refused() {
    for (client, message) in [
        ("fallback = [ { model = \"small\" } ]", "where the request has been already"),
        ("fallback = [ { model = \"large\" }, { model = \"large\" } ]", "where the request has been already"),
        ("fallback = [ {} ]", "where the request has been already"),
        ("fallback = [ { model = \"larg\" } ]", "did you mean `large`?"),
        ("fallback = [ { lane = \"batch\" }, { model = \"large\" } ]", "nothing follows the batch lane"),
        ("fallback = [ { lane = \"bach\" } ]", "batch"),
        ("fallback = [ { lane.batch = { window = \"10 ms\" } } ]", "longer than the workload's round trip"),
    ] {
        let problems =
            reading::read("t.toml", text(client).as_bytes(), &[], &mut |_: &str| Err(String::new()), 1e12)
                .map(|_| ())
                .expect_err(client);
        let shown = problems.render(false);
        assert!(shown.contains(message), "{client}: {shown}");
    }
}

/// The word is the table without keys.
#[test]
fn the_batch_lane_by_its_word_has_the_defaults_of_the_table() {
    let batch = |lane: &str| {
        let scenario = scenario(&text(&format!("fallback = [ {{ {lane} }} ]")));
        *scenario.workloads[1].lane.batch().expect("it falls back to the batch lane")
    };
    assert_eq!(batch("lane = \"batch\""), batch("lane.batch = {}"));
}
