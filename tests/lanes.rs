//! Lanes at their edges: jobs are conserved in every scenario, and what makes no sense is refused with its place.

mod common;

use common::read;
use common::scenarios::{ANY, text};
use ratetide::engine::simulate;
use ratetide::scenario::reading;
use ratetide::traffic::trace;
use ratetide::units::Span;
use std::sync::Arc;

#[test]
fn jobs_are_conserved_in_every_scenario() {
    let (mut done, mut expired, mut open, mut waiting, mut fallen_back) = (0, 0, 0, 0, 0);
    for seed in 0..1000 {
        let scenario = read(&text(seed, ANY, Span::from_s(1)));
        let run = simulate(&scenario, 0, &mut (), &mut |_| true);
        for ((workload, jobs), account) in scenario.workloads.iter().zip(&run.jobs).zip(&run.ledger.whole) {
            if !workload.is_batch() {
                assert_eq!(*jobs, Default::default(), "seed {seed}");
                continue;
            }
            let limited = account.limited_429_request + account.limited_429_token;
            assert_eq!(
                (limited, account.unavailable_503),
                (0, 0),
                "seed {seed}: batch work is never refused"
            );
            assert_eq!(jobs.requests_done, account.ok_200, "seed {seed}");
            assert!(account.attempts <= jobs.requests, "seed {seed}: none is sent twice");
            if workload.fallback_of.is_some() {
                // Its requests are born and end at home.
                assert_eq!(
                    (account.requests, account.succeeded, account.gave_up()),
                    (0, 0, 0),
                    "seed {seed}"
                );
                fallen_back += jobs.requests;
            } else {
                assert_eq!(jobs.requests, account.requests, "seed {seed}");
                assert_eq!(jobs.requests_done, account.succeeded, "seed {seed}");
                assert_eq!(jobs.requests_expired, account.gave_up_expired, "seed {seed}");
                assert_eq!(account.gave_up(), account.gave_up_expired, "seed {seed}");
            }
            done += jobs.done;
            expired += jobs.partly_expired;
            open += jobs.open();
            waiting += jobs.waiting;
        }
    }
    let counts = [done, expired, open, waiting, fallen_back];
    assert!(counts.iter().all(|&count| count > 50), "the scenarios have little in them: {counts:?}");
}

#[test]
fn what_no_replica_can_hold_expires_and_keeps_nobody_waiting() {
    for on_disconnect in ["stop", "serve"] {
        let workload = |name: &str, prompt: u32| {
            format!(
                "[[org.workload]]\nname = \"{name}\"\nmodel = \"m\"\narrivals.constant = {{ rate = \"1/min\" }}\n\
                 prompt_tokens.constant = {prompt}\noutput_tokens.constant = 10\n\
                 lane.batch = {{ window = \"10 min\", gather = \"1 s\" }}\n"
            )
        };
        let scenario = read(&format!(
            "run = {{ duration = \"30 min\", drain = \"30 min\" }}\n[[model]]\nname = \"m\"\non_disconnect = \
             \"{on_disconnect}\"\nengine.batching = {{ step = \"10 ms\", kv_tokens = 100 }}\n[[org]]\nname = \"o\"\n{}{}",
            workload("a-large", 200),
            workload("b-small", 20)
        ));
        let run = simulate(&scenario, 0, &mut (), &mut |_| true);
        let [large, small] = [run.jobs[0], run.jobs[1]];
        assert_eq!((large.requests, large.requests_done, large.requests_expired), (30, 0, 30));
        assert_eq!((small.requests, small.requests_done, small.done), (30, 30, 30));
        let account = &run.ledger.whole[0];
        assert_eq!((account.unavailable_503, account.gave_up_expired), (0, 30));
        assert_eq!(account.wasted.total(), 0);
    }
}

/// A scenario with one workload in it.
fn scenario_of(workloads: &str, more: &str) -> String {
    format!(
        "run.duration = \"1 h\"\n[[model]]\nname = \"m\"\nengine.slots = {{ per_replica = 1, service.constant = \
         \"1 s\" }}\n[[org]]\nname = \"o\"\n{workloads}\n{more}"
    )
}

fn workload(name: &str, more: &str) -> String {
    format!(
        "[[org.workload]]\nname = \"{name}\"\nmodel = \"m\"\narrivals.constant = {{ rate = \"1/min\" }}\n\
         prompt_tokens.constant = 100\noutput_tokens.constant = 10\n{more}\n"
    )
}

/// What is said of a text that is refused.
fn refusal(text: &str) -> String {
    let mut load = |name: &str| match name {
        "long.jsonl" => trace::parse(
            b"{\"timestamp\":0,\"input_length\":20,\"output_length\":1}\n\
              {\"timestamp\":9,\"input_length\":5000,\"output_length\":1}\n",
        )
        .map(Arc::new)
        .map_err(|e| e.to_string()),
        other => Err(format!("there is no trace {other}")),
    };
    match reading::read("t.toml", text.as_bytes(), &[], &mut load, 1e12) {
        Ok(_) => panic!("this is accepted:\n{text}"),
        Err(problems) => problems.render(false),
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_its_place() {
    let dedicated = |numbers: &str| format!("lane.dedicated = {{ name = \"e\", {numbers} }}");
    let own = [
        dedicated("replicas = 1, price_per_replica_hour = 2.0"),
        dedicated("replicas = 2, price_per_replica_hour = 2.0"),
    ];
    let trace = "[[org.workload]]\nname = \"w\"\nmodel = \"m\"\narrivals.trace = { file = \"long.jsonl\" }\n\
                 lane.batch = { enqueued_tokens = 4999 }\n";
    let cases = [
        (workload("w", "lane.batch = { requests_per_file = 0 }"), "requests_per_file"),
        (workload("w", "lane.batch = { discount = 1.5 }"), "discount"),
        (workload("w", "lane.batch = { reserve = -0.1 }"), "reserve"),
        (workload("w", "lane.batch = {}\nclient = \"exponential\""), "no part in the batch lane"),
        (
            workload("w", "lane.batch = { window = \"1 s\" }\nrtt = \"2 s\""),
            "longer than the workload's round trip",
        ),
        (workload("w", "lane.batch = { enqueued_tokens = 99 }"), "could never be submitted"),
        (trace.to_owned(), "a request of 5000 prompt tokens"),
        (workload("w", "lane.dedicated = { replicas = 1 }"), "needs the key `price_per_replica_hour`"),
        (workload("w", "lane.dedicated = { price_per_replica_hour = 1.0 }"), "replicas"),
        (workload("v", &own[0]) + &workload("w", &own[1]), "something else of the endpoint `e`"),
        (
            workload("v", "lane.batch = {}") + &workload("w", "lane.batch = { enqueued_tokens = 500 }"),
            "another workload says `enqueued_tokens` is 30000000000",
        ),
        (workload("w", "lane.batsh = {}"), "batch"),
        (workload("w", "key = \"a b\""), "key"),
    ];
    for (workloads, expected) in cases {
        let told = refusal(&scenario_of(&workloads, ""));
        assert!(told.contains(expected), "{expected} is not in\n{told}");
        assert!(told.contains("t.toml:"), "{told}");
    }
    let incident = "[[incident]]\nat = \"1 min\"\nmodel = \"m@o@x\"\nlose_replicas.count = 1\n";
    assert!(refusal(&scenario_of(&workload("w", ""), incident)).contains("there is no model `m@o@x`"));
}

#[test]
fn endpoints_are_shared_by_name_within_an_org_and_model() {
    let lane = "lane.dedicated = { name = \"e\", replicas = 1, price_per_replica_hour = 2.0 }";
    let own = "lane.dedicated = { replicas = 1, price_per_replica_hour = 2.0 }";
    let text = scenario_of(&(workload("v", lane) + &workload("w", lane) + &workload("x", own)), "");
    let scenario = read(&text);
    let names: Vec<&str> = scenario.models.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names, ["m", "m@o@e", "m@o@x"]);
    let pools: Vec<u32> = scenario.workloads.iter().map(|w| w.pool).collect();
    assert_eq!((pools, scenario.pairs.len()), (vec![1, 1, 2], 2));
    assert_eq!(scenario.workloads[0].model, 0, "it asks for the model");
}
