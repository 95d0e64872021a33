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
fn an_answer_on_its_way_when_the_run_ends_is_no_waste() {
    let workload = "arrivals.constant = { rate = \"1/h\" }\nrtt = \"2 s\"";
    let model = "engine.slots = { per_replica = 1, service.constant = \"58.5 s\" }";
    let account = run(&text(model, workload, "")).total.account;
    assert_eq!((account.in_flight, account.open, account.wasted.total()), (1, 1, 0));
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
    let model = ratetide::platform::model::Model::new(scenario.models[0].clone(), mix, key);
    assert_eq!(model.live(ratetide::units::SimTime::ZERO).utilization, 1.0);
}
