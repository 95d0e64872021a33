//! The reactive autoscaler on literal instants, and scaling from zero.

mod common;

use common::run::{run, scenario};
use ratetide::platform::autoscaler::{Autoscaler, Decision, Scaler as _, Seen};
use ratetide::replications::Results;
use ratetide::units::SimTime;

/// One org without limits on one model, in bins of a second.
fn text(duration: &str, replicas: u32, model: &str, arrivals: &str) -> String {
    format!(
        "[run]\nduration = \"{duration}\"\ndrain = \"0 s\"\ninterval = \"1 s\"\n[[model]]\nname = \"m\"\n\
         replicas = {replicas}\nlimit.law.unlimited = {{}}\n{model}\n[[org]]\nname = \"o\"\n[[org.workload]]\n\
         name = \"w\"\nmodel = \"m\"\nprompt_tokens.constant = 100\noutput_tokens.constant = 100\n\
         rtt = \"0 s\"\narrivals.{arrivals}\n"
    )
}

/// (ready, starting) before anything happens at that second.
fn replicas(results: &Results, second: usize) -> (u64, u64) {
    let [ready, starting, _] = results.capacity.get(second, 0).replicas;
    (ready, starting)
}

#[test]
fn v28_more_is_wanted_for_a_minute_and_fewer_for_five() {
    let model = "engine.slots = { per_replica = 8, service.constant = \"400 s\" }\n\
                 buffer = { max_wait = \"unlimited\", early_refusal = false }\n\
                 autoscaler.reactive = { min = 1, max = 10, target = 8, cold_start.constant = \"119 s\" }";
    let results = run(&text("20 min", 1, model, "batch = { size = 24, every = \"1 h\" }"));
    assert_eq!(replicas(&results, 60), (1, 0), "one replica, with 24 in flight from the beginning");
    assert_eq!(replicas(&results, 61), (1, 2), "three are wanted at 60 s");
    assert_eq!(replicas(&results, 179), (1, 2));
    assert_eq!(replicas(&results, 180), (3, 0), "they serve at 179 s");
    // Eight are done at 400 s, sixteen at 579 s.
    assert_eq!(replicas(&results, 700), (3, 0), "nothing is given up within 300 s of low load");
    assert_eq!(replicas(&results, 701), (2, 0));
    assert_eq!(replicas(&results, 880), (2, 0));
    assert_eq!(
        replicas(&results, 881),
        (1, 0),
        "the look at 580 s is 300 s old, that at 570 s left the window"
    );
}

/// A reactive autoscaler with these keys beside `max`.
fn reactive(replicas: u32, keys: &str) -> Autoscaler {
    let model = format!(
        "engine.slots = {{ per_replica = 1, service.constant = \"1 s\" }}\n\
         autoscaler.reactive = {{ max = 20, {keys} }}"
    );
    scenario(&text("1 s", replicas, &model, "constant = { rate = \"1/s\" }")).models[0].autoscaler.clone()
}

fn look(autoscaler: &mut Autoscaler, s: u64, in_flight: u32, current: u32) -> Decision {
    autoscaler.look(SimTime::from_s(s), &Seen { arrived: 0, in_flight, current, per_replica_rps: 1.0 })
}

#[test]
fn every_look_of_the_window_must_say_so() {
    let mut scaler = reactive(2, "scale_up_window = \"30 s\", scale_down_window = \"60 s\"");
    let decisions: Vec<Decision> = [(10, 40), (20, 33), (30, 50), (40, 16), (50, 40), (60, 40), (70, 40)]
        .map(|(s, in_flight)| look(&mut scaler, s, in_flight, 2))
        .to_vec();
    let grow = |n| Decision::Grow(n);
    let keep = Decision::Keep;
    // 5, 5, 7 are wanted: the least of them at 30 s; then 2, and again three looks of 5.
    assert_eq!(decisions, [keep, keep, grow(3), keep, keep, keep, grow(3)]);
}

#[test]
fn what_is_near_the_target_is_left_alone() {
    let now = "scale_up_window = \"0 s\", scale_down_window = \"0 s\"";
    let mut exact = reactive(2, now);
    assert_eq!(look(&mut exact, 10, 17, 2), Decision::Grow(1));
    assert_eq!(look(&mut exact, 20, 16, 3), Decision::Shrink(1));
    let mut tolerant = reactive(2, &format!("{now}, tolerance = 0.1"));
    assert_eq!(look(&mut tolerant, 10, 17, 2), Decision::Keep);
    assert_eq!(look(&mut tolerant, 20, 18, 2), Decision::Grow(1));
    let mut held = reactive(2, &format!("{now}, cooldown = \"60 s\""));
    assert_eq!(look(&mut held, 10, 24, 2), Decision::Grow(1));
    assert_eq!(look(&mut held, 20, 0, 3), Decision::Keep, "the cooldown holds back scale-in");
    assert_eq!(look(&mut held, 70, 0, 3), Decision::Shrink(2));
}

#[test]
fn a_model_at_zero_starts_for_whoever_comes() {
    for kind in ["reactive", "predictive"] {
        let model = |cold_s: u32| {
            format!(
                "engine.slots = {{ per_replica = 4, service.constant = \"1 s\" }}\n\
                 buffer = {{ max_wait = \"60 s\" }}\n\
                 autoscaler.{kind} = {{ min = 0, max = 3, cold_start.constant = \"{cold_s} s\" }}"
            )
        };
        // Five at 0 s: the first look is at 10 s, and the wait ends with the cold start.
        let arrivals = "batch = { size = 5, every = \"1 h\" }";
        let results = run(&text("30 min", 0, &model(40), arrivals));
        assert_eq!((results.total.account.ok_200, results.total.account.unavailable_503), (5, 0), "{kind}");
        assert_eq!(replicas(&results, 11).1, 1, "{kind}");
        assert_eq!(replicas(&results, 51).0, 1, "{kind}");
        assert_eq!(replicas(&results, 1799), (0, 0), "{kind}: nobody came for half an hour");
        let late = run(&text("30 min", 0, &model(55), arrivals)).total.account;
        assert_eq!((late.ok_200, late.unavailable_503), (0, 5), "{kind}: the buffer holds for 60 s");
    }
}
