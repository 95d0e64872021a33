//! What the provider's page says beyond the rules S1–S16: the rest of its sentences, as `docs/page.md` numbers them.

use super::common::estimate::assert_near;
use super::common::run::{run, run_logged, scenario};
use super::*;
use ratetide::reply::Told;
use ratetide::units::SimTime;

/// P11: how the rate follows usage is the scenario's choice; whichever law, the same steady traffic raises it, and
/// by what the law says.
#[test]
fn p11_the_formula_is_a_choice_and_sustained_success_raises_each() {
    let granted_rpm = |law: &str| {
        rate_in_the_end_rpm(&run(&scenario_text(
            "duration = \"3 h\"",
            &[
                model("m", 1, 20, "1 s", law),
                org("x"),
                workload("m", r#"arrivals.constant = { rate = "200/min" }"#),
            ],
        )))
    };
    assert_near(
        "as published once",
        granted_rpm("limit.law.success_window = { multiplier = 2.0 }"),
        400.0,
        0.01,
    );
    assert_near("more", granted_rpm("limit.law.success_window = { multiplier = 3.0 }"), 600.0, 0.01);
    let formula = "limit.law.formula = { requests = \"max(base, 1.5 * success_rate)\" }";
    assert_near("one of one's own", granted_rpm(formula), 300.0, 0.01);
    assert_near("the default", granted_rpm(""), 400.0, 0.01);
}

/// P13: a neighbour's spike, twenty times what the model can do, leaves everybody else served and in time.
#[test]
fn p13_while_a_neighbour_spikes_others_are_served_in_time() {
    let results = run(&scenario_text(
        "duration = \"3 h\"",
        &[
            model("m", 1, 10, "1 s", ""),
            org("spiky"),
            workload(
                "m",
                r#"arrivals.poisson = { rate = "10/min" }
                profile = [ { at = "2 h", factor = 1200 }, { at = "2 h 5 min", factor = 1 } ]"#,
            ),
            org("steady"),
            workload("m", r#"arrivals.constant = { rate = "60/min" }"#),
        ],
    ));
    let [spiky, steady] = [0, 1].map(|workload: usize| &results.summaries[workload]);
    assert!(spiky.account.limited_429_request > 40_000, "{:?}", spiky.account);
    assert_eq!(steady.account.ok_200, steady.account.attempts, "{:?}", steady.account);
    // It waits for a slot, a second at most, and for those of its own that do.
    let slowest = steady.time_to_success.buckets().last().expect("successes").0;
    assert!(slowest < ratetide::units::Span::from_s(3), "{slowest}");
}

/// P14: of bursts up to a minute's base rate, at an idle model, most are absorbed whole, and none that is has met
/// a limit.
#[test]
fn p14_most_bursts_are_absorbed_before_any_limiting() {
    let absorbed = |size: u32| {
        let results = run(&scenario_text(
            "duration = \"1 min\"",
            &[
                model("m", 1, 5, "1 s", ""),
                org("x"),
                workload("m", &format!("arrivals.batch = {{ size = {size}, every = \"1 h\" }}")),
            ],
        ));
        let account = results.total.account;
        assert_eq!(account.ok_200 + account.limited_429_request + account.unavailable_503, u64::from(size));
        account.ok_200 == u64::from(size)
    };
    let sizes: Vec<u32> = (5..=60).step_by(5).collect();
    let whole = sizes.iter().filter(|&&size| absorbed(size)).count();
    assert!(3 * whole > 2 * sizes.len(), "{whole} of {}", sizes.len());
    assert!(!absorbed(1000), "best effort, not a promise");
}

/// P22: a fleet that has grown with steady traffic takes a burst that the small one could not.
#[test]
fn p22_capacity_that_grew_with_traffic_is_headroom_for_a_burst() {
    let failed = |rate: &str| {
        let text = scenario_text(
            "duration = \"1 h\"",
            &[
                model("m", 1, 4, "1 s", "autoscaler.predictive = { min = 1, max = 20 }"),
                org("x"),
                workload(
                    "m",
                    &format!(
                        "arrivals.poisson = {{ rate = \"60/min\" }}\n\
                         profile = [ {{ at = \"5 min\", factor = {rate}, over = \"30 min\" }} ]"
                    ),
                ),
                org("y"),
                workload(
                    "m",
                    r#"arrivals.batch = { size = 100, every = "1 d" }
                    profile = [ { at = "0 s", factor = 0 }, { at = "50 min", factor = 1 } ]"#,
                ),
            ],
        );
        let (_, log) = run_logged(&scenario(&text));
        let late = SimTime::from_s(49 * 60);
        let burst: Vec<_> = log.iter().filter(|a| a.workload == 1 && a.sent > late).collect();
        assert_eq!(burst.len(), 100);
        burst.iter().filter(|a| answer(a).expect("an answer").outcome.status() != 200).count()
    };
    let (small, grown) = (failed("1"), failed("12"));
    assert!(small > 20, "{small} of 100 at the small fleet");
    assert_eq!(grown, 0, "at the grown one");
}

/// P26: sixty requests, within ever shorter windows.
#[test]
fn p26_the_shorter_the_window_the_burstier_and_the_worse() {
    let served = |window_s: u32| {
        let results = run(&scenario_text(
            &format!("duration = \"{window_s} s\""),
            &[
                model("m", 1, 2, "2 s", ""),
                org("x"),
                workload("m", &format!("arrivals.constant = {{ rate = \"{}/min\" }}", 3600 / window_s)),
            ],
        ));
        assert_eq!(results.total.account.requests, 60);
        results.total.account.succeeded
    };
    let served = [60, 30, 15, 5, 1].map(served);
    assert_eq!(served[0], 60);
    assert!(served.is_sorted_by(|longer, shorter| longer >= shorter), "{served:?}");
    assert!(served[4] < served[2] && served[2] < served[0], "{served:?}");
}

/// P27: what becomes of the same burst depends on the model's load and capacity at that moment.
#[test]
fn p27_a_bursts_success_depends_on_load_and_capacity() {
    let served = |slots: u32, others: &str| {
        let results = run(&scenario_text(
            "duration = \"1 min\"",
            &[
                model("m", 1, slots, "1 s", ""),
                org("bursty"),
                workload("m", r#"arrivals.batch = { size = 60, every = "1 h" }"#),
                org("others"),
                workload("m", &format!("arrivals.constant = {{ rate = \"{others}\" }}")),
            ],
        ));
        results.summaries[0].account.ok_200
    };
    let by_load = ["1/min", "30/min", "60/min"].map(|others| served(4, others));
    assert!(by_load.is_sorted_by(|a, b| a > b), "{by_load:?} as the model is ever busier");
    let by_capacity = [2, 4, 60].map(|slots| served(slots, "1/min"));
    assert!(by_capacity.is_sorted_by(|a, b| a < b), "{by_capacity:?} with ever more slots");
    assert_eq!(by_capacity[2], 60);
}

/// P32: an org whose calls succeed reads from their header how close to its limit it is: nothing to wait while
/// below, ever more seconds while above.
#[test]
fn p32_the_header_of_a_success_tells_how_close_the_limit_is() {
    let told = |rate: &str| -> Vec<u32> {
        let text = scenario_text(
            "duration = \"2 min\"",
            &[
                model("m", 1, 100, "100 ms", "limit.reset = \"gcra\""),
                org("x"),
                workload("m", &format!("arrivals.constant = {{ rate = \"{rate}\" }}")),
            ],
        );
        let (_, log) = run_logged(&scenario(&text));
        let replies = log.iter().map(|attempt| answer(attempt).expect("an answer"));
        replies
            .inspect(|reply| assert_eq!(reply.outcome.status(), 200, "there is room for all"))
            .map(|reply| reply.reset.map(Told::get).expect("every response carries it"))
            .collect()
    };
    assert!(told("55/min").iter().all(|&s| s == 0), "below the base rate of 60 a minute");
    let above = told("240/min");
    assert_eq!(above[0], 0);
    assert!(above[30..].iter().all(|&s| s >= 1), "{above:?}");
}
