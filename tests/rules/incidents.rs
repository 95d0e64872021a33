//! Incidents of the platform, whatever their kind, are seen as 503 by an org within its rate.

use super::common::run::{run, run_logged, scenario};
use super::*;
use ratetide::reply::Outcome;

/// Steady traffic well within its rate, on a fleet that it uses to two thirds.
fn steady(incident: &str, model_keys: &str) -> Results {
    let keys = format!("limit.law.fixed = {{ requests = \"6000/min\" }}\n{model_keys}");
    run(&scenario_text(
        "duration = \"40 min\"",
        &[
            model("m", 4, 10, "1 s", &keys),
            org("x"),
            workload("m", "arrivals.poisson = { rate = \"1600/min\" }"),
            incident.to_owned(),
        ],
    ))
}

#[test]
fn an_incident_of_the_platform_is_a_503_and_never_a_429() {
    let kinds = [
        ("lose_replicas = { count = 3, duration = \"10 min\" }", ""),
        ("slowdown = { factor = 4.0, duration = \"10 min\" }", ""),
        ("error_share = { share = 0.2, duration = \"10 min\" }", ""),
        // Which strikes whoever scales: the replicas lost are replaced later.
        (
            "slow_cold_start = { factor = 5.0 }\n[[incident]]\nat = \"10 min\"\nlose_replicas = { count = 3 }",
            "autoscaler.predictive = { min = 4, max = 4, cold_start.constant = \"60 s\" }",
        ),
    ];
    for (kind, keys) in kinds {
        let account = steady(&format!("[[incident]]\nat = \"10 min\"\n{kind}\n"), keys).total.account;
        assert!(account.unavailable_503 > 1000, "{kind}: {account:?}");
        assert_eq!(account.limited_429_request + account.limited_429_token, 0, "{kind}: {account:?}");
    }
}

#[test]
fn a_share_of_errors_fails_that_share_whatever_the_colour() {
    let text = |share: &str, client: &str| {
        scenario_text(
            "duration = \"40 min\"",
            &[
                model("m", 1, 100, "1 s", "limit.law.fixed = { requests = \"600/min\" }"),
                org("x"),
                workload("m", &format!("arrivals.poisson = {{ rate = \"1200/min\" }}\n{client}")),
                format!("[[incident]]\nat = \"0 s\"\nerror_share.share = {share}\n").repeat(2),
            ],
        )
    };
    let (results, attempts) = run_logged(&scenario(&text("0.2", "")));
    let failed = |green: bool| {
        let all: Vec<Reply> = attempts.iter().filter(|a| a.green == Some(green)).filter_map(answer).collect();
        let failed = all.iter().filter(|reply| reply.outcome == Outcome::Unavailable).count();
        failed as f64 / all.len() as f64
    };
    // Two of them spare .8 · .8.
    for green in [true, false] {
        assert!((failed(green) - 0.36).abs() < 0.015, "{}", failed(green));
    }
    assert_eq!(results.total.account.limited_429_request, 0);
    // The same attempts fail under another client, and more of them with a larger share.
    let lost = |share: &str, client: &str| {
        let (_, attempts) = run_logged(&scenario(&text(share, client)));
        let first = attempts.iter().filter(|a| a.attempt == 1);
        let bad = first.filter(|a| answer(a).is_some_and(|r| r.outcome == Outcome::Unavailable));
        bad.map(|a| a.request).collect::<std::collections::BTreeSet<u64>>()
    };
    let few = lost("0.2", "");
    assert_eq!(few, lost("0.2", "client = \"openai-python\""));
    assert!(few.is_subset(&lost("0.3", "")));
    assert_eq!(lost("0.0", "").len(), 0);
    assert_eq!(run(&text("1.0", "")).total.account.ok_200, 0);
}

#[test]
fn traffic_multiplies_what_is_born() {
    let born = |incident: &str| {
        let results = run(&scenario_text(
            "duration = \"30 min\"",
            &[
                model("m", 1, 100, "1 s", "limit.law.unlimited = {}"),
                org("x"),
                workload("m", "arrivals.constant = { rate = \"60/min\" }"),
                org("y"),
                workload(
                    "m",
                    "arrivals.constant = { rate = \"60/min\" }\nprofile = [ { at = \"15 min\", factor = 2 } ]",
                ),
                incident.to_owned(),
            ],
        ));
        [results.summaries[0].account.requests, results.summaries[1].account.requests]
    };
    let at = "[[incident]]\nat = \"10 min\"\n";
    assert_eq!(born(""), [1800, 2700]);
    assert_eq!(born(&format!("{at}traffic = {{ factor = 3, duration = \"10 min\" }}\n")), [3000, 4500]);
    assert_eq!(
        born(&format!("{at}traffic = {{ org = \"x\", factor = 0, duration = \"10 min\" }}\n")),
        [1200, 2700]
    );
    let twice = format!(
        "{at}traffic = {{ org = \"y\", factor = 3 }}\n[[incident]]\nat = \"20 min\"\ntraffic.factor = 2\n"
    );
    // Ten minutes at 1, five at 3, five at 6, ten at 12.
    assert_eq!(born(&twice), [2400, 600 + 900 + 1800 + 7200]);
}

#[test]
fn cold_starts_take_longer_while_it_lasts() {
    let ready_s = |incident: &str| {
        let results = run(&scenario_text(
            "duration = \"30 min\"\ndrain = \"0 s\"",
            &[
                model(
                    "m",
                    1,
                    1,
                    "1 s",
                    "autoscaler.predictive = { min = 2, max = 2, cold_start.constant = \"60 s\" }",
                )
                .replace("replicas = 1", "replicas = 2"),
                org("x"),
                workload("m", "arrivals.constant = { rate = \"1/min\" }"),
                format!("[[incident]]\nat = \"100 s\"\nlose_replicas.count = 1\n{incident}"),
            ],
        )
        .replace("interval = \"1 min\"", "interval = \"1 s\""));
        (101..1800).find(|&s| results.capacity.get(s, 0).replicas[0] == 2).expect("it comes back")
    };
    let slow = |at: u32, s: u32| {
        format!("[[incident]]\nat = \"{at} s\"\nslow_cold_start = {{ factor = 3, duration = \"{s} s\" }}\n")
    };
    // Seen at the look of 100 s; a bin shows what was ready at its beginning.
    assert_eq!(ready_s(""), 161);
    assert_eq!(ready_s(&slow(90, 20)), 281, "that it is over does not shorten what has begun");
    assert_eq!(ready_s(&slow(101, 500)), 161);
    assert_eq!(ready_s(&(slow(90, 20) + &slow(50, 90))), 641);
}
