//! S1–S6: what the dynamic rate follows.

use super::common::estimate::assert_near;
use super::common::run::run;
use super::*;

/// Both rates of a pair, minute by minute.
fn rate_history(results: &Results, pair: usize) -> Vec<[f64; 2]> {
    let dynamic = |minute| results.rates.get(minute, pair).dynamic;
    (0..results.rates.len()).map(|minute| [dynamic(minute).requests, dynamic(minute).tokens]).collect()
}

/// S1: one org's two models are independent, however hard it drives the other.
#[test]
fn s1_limits_are_per_org_and_model() {
    let of_a = |rate_of_b: &str| {
        let results = run(&scenario_text(
            "duration = \"3 h\"",
            &[
                model("a", 1, 8, "1 s", ""),
                model("b", 1, 8, "1 s", ""),
                org("x"),
                workload("a", r#"arrivals.poisson = { rate = "100/min" }"#),
                workload("b", &format!("arrivals.poisson = {{ rate = \"{rate_of_b}\" }}")),
            ],
        ));
        (rate_history(&results, 0), rate_history(&results, 1), results.summaries[0].account)
    };
    let (quiet, busy) = (of_a("1/min"), of_a("2000/min"));
    assert!(quiet.0.iter().any(|rates| rates[0] > 2.5), "the org's rate of `a` has grown");
    assert_eq!(quiet.0, busy.0, "the rates of `a`");
    assert_eq!(quiet.2, busy.2, "the outcomes at `a`");
    assert_ne!(quiet.1, busy.1, "the rates of `b`");
}

/// S1: an org's rate does not see a neighbour whom the model has room for, and falls with one who fills it.
#[test]
fn s1_orgs_meet_only_in_the_live_capacity_of_a_model() {
    // 1 200 a minute at saturation, in one-second requests.
    let of_x = |neighbour: &str| {
        let results = run(&scenario_text(
            "duration = \"3 h\"",
            &[
                model("m", 1, 20, "1 s", ""),
                org("x"),
                workload("m", r#"arrivals.poisson = { rate = "100/min" }"#),
                org("y"),
                workload("m", &format!("arrivals.constant = {{ rate = \"{neighbour}\" }}")),
            ],
        ));
        rate_history(&results, 0)
    };
    let alone = of_x("1/min");
    assert_eq!(alone, of_x("500/min"), "with room for both");
    let crowded = of_x("1100/min");
    let last = 179;
    assert!(crowded[last][0] < 0.8 * alone[last][0], "{:?} alone, {:?}", alone[last], crowded[last]);
}

/// S2: half of the replicas, half of the rate that the model's share allows; and back.
#[test]
fn s2_less_ready_capacity_lowers_the_rate_and_recovery_raises_it() {
    let results = run(&scenario_text(
        "duration = \"5 h\"",
        &[
            model("m", 4, 10, "1 s", ""),
            org("x"),
            workload("m", r#"arrivals.poisson = { rate = "720/min" }"#),
            r#"
            [[incident]]
            at = "4 h"
            lose_replicas = { count = 2, duration = "10 min" }
            "#
            .into(),
        ],
    ));
    // Half of 2 400 a minute binds: twice the successes would be 1 440.
    assert_near("before", rate_rpm(&results, 0, 239), 1200.0, 1e-6);
    assert_near("with half of the replicas", rate_rpm(&results, 0, 245), 600.0, 1e-6);
    assert_near("after", rate_rpm(&results, 0, 255), 1200.0, 1e-6);
}

/// S2: a neighbour who heats the model lowers the rate; when he is gone it is as before.
#[test]
fn s2_a_hotter_model_lowers_the_rate() {
    let results = run(&scenario_text(
        "duration = \"5 h\"",
        &[
            model("m", 4, 10, "1 s", ""),
            org("x"),
            workload("m", r#"arrivals.poisson = { rate = "480/min" }"#),
            org("y"),
            workload(
                "m",
                r#"arrivals.poisson = { rate = "1680/min" }
                profile = [
                    { at = "0 s", factor = 0 },
                    { at = "4 h", factor = 1 },
                    { at = "4 h 15 min", factor = 0 },
                ]"#,
            ),
        ],
    ));
    let mean = |minutes: std::ops::Range<usize>| {
        let n = minutes.len() as f64;
        minutes.map(|minute| rate_rpm(&results, 0, minute)).sum::<f64>() / n
    };
    let (before, during, after) = (mean(230..240), mean(245..255), mean(260..270));
    assert_near("before", before, 2.0 * 480.0, 0.03);
    // Utilisation .9: the multiplier is 1 + (.95 − .90)/.25.
    assert_near("while hot", during, 1.2 * 480.0, 0.10);
    assert_near("after", after, before, 0.03);
}

/// S3: an hour of failures leaves the rate where an hour of silence does.
#[test]
fn s3_failed_attempts_earn_nothing() {
    let results = |pause: &str| {
        run(&scenario_text(
            "duration = \"4 h\"",
            &[
                model("m", 2, 10, "1 s", ""),
                org("x"),
                workload("m", &format!("arrivals.constant = {{ rate = \"200/min\" }}\n{pause}")),
                r#"
                [[incident]]
                at = "3 h"
                lose_replicas = { count = 2, duration = "30 min" }
                "#
                .into(),
            ],
        ))
    };
    let failing = results("");
    let silent =
        results(r#"profile = [ { at = "179 min 59 s", factor = 0 }, { at = "3 h 30 min", factor = 1 } ]"#);
    assert!(failing.total.account.unavailable_503 > 1500, "{:?}", failing.total.account);
    assert_near("before", rate_rpm(&failing, 0, 179), 400.0, 0.01);
    for minute in [211, 215, 225] {
        let [failing, silent] = [&failing, &silent].map(|r| rate_rpm(r, 0, minute));
        assert!(failing < 350.0, "half of the window is empty: {failing}");
        assert_near("after failures as after silence", failing, silent, 0.02);
    }
}

/// S3: an org that never succeeds stays at the base; one that sends the same and succeeds does not.
#[test]
fn s3_the_rate_follows_successful_use() {
    let rate_after_3_h = |replicas| {
        let results = run(&scenario_text(
            "duration = \"3 h\"",
            &[
                model("m", replicas, 10, "1 s", ""),
                org("x"),
                workload("m", r#"arrivals.poisson = { rate = "100/min" }"#),
            ],
        ));
        rate_rpm(&results, 0, 179)
    };
    assert_eq!(rate_after_3_h(0), 60.0);
    assert_near("twice the past hour's rate", rate_after_3_h(1), 200.0, 0.05);
}

/// S4: an org that sends steadily and succeeds is granted more and more, up to twice what it uses.
#[test]
fn s4_sustained_success_raises_the_rate() {
    let results = run(&scenario_text(
        "duration = \"4 h\"",
        &[
            model("m", 1, 20, "1 s", ""),
            org("x"),
            workload("m", r#"arrivals.poisson = { rate = "200/min" }"#),
        ],
    ));
    let rates: Vec<f64> = (20..=110).step_by(15).map(|minute| rate_rpm(&results, 0, minute)).collect();
    println!("{rates:?}");
    assert_eq!(rates[0], 60.0);
    assert!(rates[1..].is_sorted_by(|a, b| a < b), "{rates:?}");
    assert_near("in the end", rate_rpm(&results, 0, 239), 400.0, 0.05);
}

/// S5: a spike far above recent use meets 429s, where steady traffic before and after it met none.
#[test]
fn s5_a_spike_far_above_recent_use_may_be_throttled() {
    let limited = |profile: &str| {
        let results = run(&scenario_text(
            "duration = \"3 h\"",
            &[
                model("m", 1, 10, "1 s", ""),
                org("x"),
                workload("m", &format!("arrivals.poisson = {{ rate = \"100/min\" }}\n{profile}")),
            ],
        ));
        let of = |minute| results.outcomes.get(minute, 0).limited_429_request;
        let within: u64 = (120..=125).map(of).sum();
        let all: u64 = (0..results.outcomes.len()).map(of).sum();
        (within, all)
    };
    let (within, all) =
        limited(r#"profile = [ { at = "2 h", factor = 20 }, { at = "2 h 5 min", factor = 1 } ]"#);
    assert!(within > 1000, "{within} of 10 000");
    assert_eq!(within, all, "only the spike is throttled");
    assert_eq!(limited(""), (0, 0));
}

/// S6: the same 6 000 requests, spread over an hour or at once.
#[test]
fn s6_a_burst_does_not_raise_the_rate_as_steady_traffic_does() {
    let rate_after_1_h = |slots: u32, credit: &str, arrivals: &str| {
        let results = run(&scenario_text(
            "duration = \"1 h\"",
            &[
                model("m", 1, slots, "1 s", &format!("limit.credit = \"{credit}\"")),
                org("x"),
                workload("m", &format!("arrivals.{arrivals}")),
            ],
        ));
        assert_eq!(results.total.account.requests, 6000);
        (rate_in_the_end_rpm(&results), results.total.account.succeeded)
    };
    let (steady, burst) = (r#"constant = { rate = "100/min" }"#, r#"batch = { size = 6000, every = "1 d" }"#);
    // Ten slots and a buffer of 10 s cannot absorb the burst; a thousand can.
    for (slots, credit, absorbed) in [(10, "green", false), (10, "all", false), (1000, "green", true)] {
        let (granted_steady, served_steady) = rate_after_1_h(slots, credit, steady);
        let (granted_burst, served_burst) = rate_after_1_h(slots, credit, burst);
        let what = format!("{slots} slots, credit {credit}: {granted_steady} and {granted_burst} rpm");
        assert_eq!(served_steady, 6000, "{what}");
        assert_eq!(served_burst == 6000, absorbed, "{what}");
        assert!(granted_steady > 120.0, "{what}");
        assert_eq!(granted_burst, 60.0, "{what}");
    }
}
