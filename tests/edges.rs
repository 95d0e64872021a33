//! The edges of what a scenario may say: each was once a wrong number, a hang or a crash.

mod common;

use common::run::{run, run_logged};
use ratetide::scenario::reading;

const TOKENS: &str = "prompt_tokens.constant = 10\noutput_tokens.constant = 10\n";

/// A scenario of one minute, one model `m` and one org `a`.
fn text(model: &str, workload: &str, more: &str) -> String {
    format!(
        "[run]\nduration = \"1 min\"\ndrain = \"0 s\"\ninterval = \"1 min\"\n\
         [[model]]\nname = \"m\"\n{model}\n\
         [[org]]\nname = \"a\"\n[[org.workload]]\nname = \"w\"\nmodel = \"m\"\n{workload}\n{TOKENS}{more}"
    )
}

/// What is wrong with a scenario.
fn refusal(text: &str) -> String {
    let mut no_trace = |_: &str| Err("no trace".to_owned());
    let read = reading::read("test.toml", text.as_bytes(), &[], &mut no_trace, 1e12);
    read.map(|_| text).unwrap_err().render(false)
}

const SLOTS: &str = "engine.slots = { per_replica = 4, service.constant = \"1 s\" }";

#[test]
fn stays_far_shorter_than_the_gaps_are_refused_not_walked_through() {
    let workload = "arrivals.on_off = { rate = \"0.01/d\", on = \"1 ms\", off = \"1 ms\" }";
    assert!(refusal(&text(SLOTS, workload, "")).contains("too short for these rates"));
}

#[test]
fn an_incident_of_every_model_counts_once_for_each() {
    let one = |i: usize| format!("[[model]]\nname = \"m{i}\"\n{SLOTS}\n");
    let models: String = (0..300).map(one).collect();
    let incidents = "[[incident]]\nat = \"1 s\"\nslowdown.factor = 2\n".repeat(300);
    let workload = "arrivals.constant = { rate = \"1/s\" }";
    let refused = refusal(&text(SLOTS, workload, &(models + &incidents)));
    assert!(refused.contains("at most 65000 are allowed"), "{refused}");
}

#[test]
fn a_check_that_looks_at_nothing_is_refused() {
    let other = format!("[[model]]\nname = \"idle\"\n{SLOTS}\n");
    let check = "[[checks]]\norg = \"a\"\nmodel = \"idle\"\nmetric = \"unavailable_503\"\nmax = 0\n";
    let refused = refusal(&text(SLOTS, "arrivals.constant = { rate = \"1/s\" }", &(other + check)));
    assert!(refused.contains("asks for this model"), "{refused}");
}

#[test]
fn workloads_of_one_org_and_model_share_the_dynamic_rate_a_check_sees() {
    let twin = format!(
        "[[org.workload]]\nname = \"x\"\nmodel = \"m\"\narrivals.constant = {{ rate = \"1/s\" }}\n{TOKENS}"
    );
    let check = "[[checks]]\norg = \"a\"\nmetric = \"dynamic_rate_end_rpm\"\nmin = 60\n";
    let scenario = common::read(&text(SLOTS, "arrivals.constant = { rate = \"1/s\" }", &(twin + check)));
    let (results, _) = run_logged(&scenario);
    let verdict = scenario.checks[0].judge(&scenario, &results.summaries);
    assert_eq!((verdict.observed, verdict.passed), (Some(60.0), true));
}

#[test]
fn an_answer_on_its_way_when_the_run_ends_is_no_waste() {
    let workload = "arrivals.constant = { rate = \"1/h\" }\nrtt = \"2 s\"";
    let model = "engine.slots = { per_replica = 1, service.constant = \"58.5 s\" }";
    let account = run(&text(model, workload, "")).total.account;
    assert_eq!((account.in_flight, account.open, account.wasted.total()), (1, 1, 0));
}

#[test]
fn the_order_of_incidents_in_the_file_changes_nothing() {
    let lose = |count, s| {
        format!("[[incident]]\nat = \"5 s\"\nlose_replicas = {{ count = {count}, duration = \"{s} s\" }}\n")
    };
    let model = format!("replicas = 2\n{SLOTS}");
    let of = |more: &str| {
        let results = run(&text(&model, "arrivals.constant = { rate = \"1/s\" }", more));
        results.total.account
    };
    assert_eq!(of(&(lose(1, 40) + &lose(2, 10))), of(&(lose(2, 10) + &lose(1, 40))));
}

#[test]
fn a_bin_that_reaches_over_the_warm_up_has_a_utilisation() {
    let workload = "arrivals.constant = { rate = \"2/s\" }";
    let text = text(SLOTS, workload, "").replace("[run]", "[run]\nwarmup = \"10 s\"");
    let scenario = common::read(&text);
    let (results, _) = run_logged(&scenario);
    let utilization = ratetide::output::summary_json::utilization(&scenario, &results, 0);
    assert!((utilization - 0.5).abs() < 0.02, "{utilization}");
}

#[test]
fn a_model_without_replicas_is_hot_from_the_start() {
    let model = format!(
        "replicas = 0\n{SLOTS}\nautoscaler.predictive = {{ min = 0, max = 1, cold_start.constant = \"1 s\" }}\n\
         limit.law.success_window = {{ window = \"1 min\" }}"
    );
    let scenario = common::read(&text(&model, "arrivals.constant = { rate = \"1/s\" }", ""));
    let mix = scenario.configured_mix(0);
    let key = ratetide::rng::Key::new(1, 0);
    let mut model = ratetide::platform::model::Model::new(scenario.models[0].clone(), mix, key);
    assert_eq!(model.live(ratetide::units::SimTime::ZERO).utilization, 1.0);
}

#[test]
fn a_standstill_beyond_all_time_ends_with_the_service_that_was_left() {
    // 100 s of service, of which 10 s are done; then 20 s at a billionth of the speed.
    let model = "engine.slots = { per_replica = 1, service.constant = \"100 s\" }";
    let incident = "[[incident]]\nat = \"10 s\"\nslowdown = { factor = 1e9, duration = \"20 s\" }\n";
    let workload = "arrivals.constant = { rate = \"1/h\" }\nrtt = \"0 s\"";
    let text = text(model, workload, incident).replace("drain = \"0 s\"", "drain = \"2 min\"");
    let took = run(&text).total.time_to_success.mean().map(|span| span.as_secs_f64());
    assert_eq!(took, Some(120.0));
}

#[test]
fn a_hundred_extreme_slowdowns_end_like_one() {
    // Together they would be beyond every number; when they end nothing of them is left.
    let model = "engine.slots = { per_replica = 1, service.constant = \"100 s\" }";
    let incident =
        "[[incident]]\nat = \"10 s\"\nslowdown = { factor = 1e9, duration = \"20 s\" }\n".repeat(110);
    let workload = "arrivals.constant = { rate = \"1/h\" }\nrtt = \"0 s\"";
    let text = text(model, workload, &incident).replace("drain = \"0 s\"", "drain = \"2 min\"");
    let took = run(&text).total.time_to_success.mean().map(|span| span.as_secs_f64());
    assert_eq!(took, Some(120.0));
}

#[test]
fn incidents_and_autoscalers_that_cannot_be_are_refused_with_their_place() {
    let workload = "arrivals.constant = { rate = \"1/s\" }";
    let incident =
        |what: &str| refusal(&text(SLOTS, workload, &format!("[[incident]]\nat = \"1 s\"\n{what}\n")));
    let refused = incident("traffic = { org = \"b\", factor = 2 }");
    assert!(refused.contains("there is no org `b`") && refused.contains("-->"), "{refused}");
    let refused = incident("error_share.share = 1.5");
    assert!(refused.contains("between 0 and 1"), "{refused}");
    let refused = incident("error_share.share = 0.5\nslowdown.factor = 2");
    assert!(refused.contains("exactly one of"), "{refused}");
    let many = "[[incident]]\nat = \"1 s\"\ntraffic.factor = 2\n";
    let refused = refusal(&text(SLOTS, workload, &many.repeat(101)));
    assert!(refused.contains("at most 100 incidents of traffic"), "{refused}");
    let refused = refusal(&text(SLOTS, workload, &many.repeat(100)));
    assert!(refused.contains("multiply to more than 1000000"), "{refused}");
    let scaled =
        |keys: &str| refusal(&text(&format!("{SLOTS}\nautoscaler.reactive = {{ {keys} }}"), workload, ""));
    assert!(scaled("min = 3, max = 2").contains("`min` is above `max`"));
    assert!(scaled("min = 2, max = 3").contains("starts with 1 replicas, outside"));
    assert!(scaled("min = 1, max = 3, target = 0").contains("between"));
}
