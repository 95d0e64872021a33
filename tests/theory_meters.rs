//! Meters and the default law against closed forms.

mod common;

use common::estimate::{Estimate, assert_near};
use common::metered::{metered, rate_rpm};
use common::run::{replicate, run, run_logged, scenario_with};
use ratetide::metrics::observer::Ended;
use ratetide::replications::Results;
use ratetide::reply::{Reply, Told};
use ratetide::traffic::trace;
use std::sync::Arc;

/// One org without retries in front of a model so fast that it never makes anyone wait.
struct Metered<'a> {
    duration: &'a str,
    /// Keys of `[model.limit]`.
    limit: &'a str,
    /// Keys of the workload.
    traffic: &'a str,
}

impl Metered<'_> {
    fn text(&self) -> String {
        let Metered { duration, limit, traffic } = self;
        metered(duration, limit, traffic)
    }
}

// ---- V7 ----

/// What a strict limiter of one request a second answers to requests at these instants: `None` where one
/// passes, else the seconds told.
fn answers(burst_s: u32, times_ms: &[u64]) -> Vec<Option<u32>> {
    let rows: String = times_ms.iter().map(|t| format!("{t},100,100\n")).collect();
    let table = format!("timestamp,input_length,output_length\n{rows}");
    let limit = format!(
        r#"burst = "{burst_s} s"
        enforcement = "strict"
        reset = "gcra"
        law.fixed = {{ requests = "1/s" }}"#
    );
    let metered =
        Metered { duration: "2 min", limit: &limit, traffic: r#"arrivals.trace = { file = "sent" }"# };
    let mut load = |_: &str| Ok(Arc::new(trace::parse(table.as_bytes()).expect("a trace")));
    let (_, mut attempts) = run_logged(&scenario_with(&metered.text(), &mut load));
    attempts.sort_by_key(|a| a.request);
    let told = |reply: Reply| if reply.outcome.status() == 200 { None } else { reply.reset.map(Told::get) };
    attempts
        .iter()
        .map(|a| match a.ended {
            Ended::Answered(reply) => told(reply),
            other => panic!("every attempt is answered, not {other:?}"),
        })
        .collect()
}

#[test]
fn v7_gcra_is_exact() {
    // Whole seconds are told, so R(.5) is told as 1.
    let (a, r) = (None, Some(1));
    assert_eq!(answers(5, &[0; 10]), [a, a, a, a, a, r, r, r, r, r]);
    let times = [0, 0, 0, 0, 0, 500, 1000, 1000, 2000, 7000, 7000, 7000, 7000, 7000, 7000];
    assert_eq!(answers(5, &times), [a, a, a, a, a, r, a, r, a, a, a, a, a, a, r]);
    let passed = |answers: Vec<Option<u32>>| answers.iter().filter(|answer| answer.is_none()).count();
    assert_eq!(passed(answers(1, &[0; 60])), 1);
    let paced: Vec<u64> = (0..60).map(|s| 1000 * s).collect();
    assert_eq!(passed(answers(1, &paced)), 60);
}

// ---- V8 ----

/// The share lost by M/D/1 with room for `b` in all at load `rho`: what a meter of tolerance b finds red.
///
/// 1 − 1/(π₀ + ρ), π the law of the number left behind, which for j < b − 1 satisfies the recursion of the
/// unbounded queue: π_{j+1} = (π_j − π₀a_j − Σ_{1≤i≤j} π_i a_{j−i+1})/a₀, a Poisson (Takagi 1993, §5.1).
fn m_d_1_loss(b: usize, rho: f64) -> f64 {
    let a: Vec<f64> = (0..b)
        .scan((-rho).exp(), |p, k| {
            let now = *p;
            *p *= rho / (k as f64 + 1.0);
            Some(now)
        })
        .collect();
    let mut pi = vec![1.0];
    for j in 0..b - 1 {
        let in_flow: f64 = (1..=j).map(|i| pi[i] * a[j - i + 1]).sum();
        pi.push((pi[j] - pi[0] * a[j] - in_flow) / a[0]);
    }
    let empty = pi[0] / pi.iter().sum::<f64>();
    1.0 - 1.0 / (empty + rho)
}

/// The share of attempts that arrived red.
fn red_share(results: &Results) -> f64 {
    let bins = || (0..results.rates.len()).map(|bin| results.rates.get(bin, 0));
    let red: u64 = bins().map(|bin| bin.red).sum();
    red as f64 / (red + bins().map(|bin| bin.green).sum::<u64>()) as f64
}

#[test]
fn v8_gcra_under_poisson_is_m_d_1_b() {
    // (load, burst in requests, listed red share, tolerance, thousands of requests per replication).
    let cases = [
        (1.0, 1, Some(0.5), 0.02, 10),
        (1.0, 3, Some(0.17634), 0.02, 40),
        (1.0, 5, Some(0.10345), 0.02, 120),
        (1.0, 10, Some(0.05085), 0.02, 200),
        (1.0, 60, Some(0.00836), 0.10, 400),
        (0.8, 3, Some(0.10330), 0.02, 100),
        (0.5, 2, Some(0.0963), 0.02, 80),
        (1.3, 4, None, 0.02, 40),
    ];
    for (rho, b, listed, tolerance, thousands) in cases {
        let truth = m_d_1_loss(b, rho);
        listed.inspect(|&listed| assert_near("the formula", truth, listed, 5e-4));
        // Half of them limited in requests, half in tokens: equal tokens meter alike.
        let law = if b % 2 == 0 { r#"requests = "100/s""# } else { r#"tokens = "20k/s""# };
        let limit = format!("burst = \"{} ms\"\nlaw.fixed = {{ {law} }}", 10 * b);
        let traffic = format!(r#"arrivals.poisson = {{ rate = "{}/s" }}"#, 100.0 * rho);
        let duration = format!("{} s", (10 * thousands) as f64 / rho);
        let metered = Metered { duration: &duration, limit: &limit, traffic: &traffic };
        let results = replicate(&metered.text(), 32);
        Estimate::over(&results, red_share).assert_within(
            &format!("red share, ρ {rho}, b {b}"),
            truth,
            tolerance,
        );
    }
}

// ---- V17 ----

/// A rate that is used in full, max(base, h·S) of the successes S of the past hour, by small steps:
/// its value at each whole minute, requests per minute.
fn saturated_rpm(base_rpm: f64, h: f64, minutes: usize) -> Vec<f64> {
    const STEPS: usize = 600;
    let mut rates = Vec::with_capacity(minutes * STEPS);
    let mut in_window = 0.0;
    for step in 0..=minutes * STEPS {
        let rate = f64::max(base_rpm, h * in_window / 60.0);
        rates.push(rate);
        // Midpoint in what enters: the rate grows by h/60 of itself per minute at most.
        in_window += rate / STEPS as f64 * (1.0 + h / 120.0 / STEPS as f64);
        if step >= 60 * STEPS {
            in_window -= rates[step - 60 * STEPS] / STEPS as f64;
        }
    }
    rates.into_iter().step_by(STEPS).collect()
}

/// Always at the limit: 300 requests a second of which those within the rate pass and count.
fn always_at_the_limit(h: f64, enforcement: &str) -> Results {
    let limit = format!(
        r#"burst = "1 s"
        enforcement = "{enforcement}"
        [model.limit.law.success_window]
        window = "1 h"
        multiplier = {h}
        base = {{ requests = "60/min", tokens = "unlimited" }}"#
    );
    let traffic = r#"arrivals.constant = { rate = "300/s" }"#;
    run(&Metered { duration: "170 min", limit: &limit, traffic }.text())
}

#[test]
fn v17_success_window_at_the_limit() {
    let closed = saturated_rpm(60.0, 2.0, 170);
    for (minute, listed) in [(30, 60.0), (60, 60.0 * 1f64.exp()), (90, 340.2)] {
        assert_near("the step solution", closed[minute], listed, 1e-3);
    }
    let results = always_at_the_limit(2.0, "strict");
    for minute in (0..=165).step_by(5) {
        assert_near(&format!("rate at {minute} min"), rate_rpm(&results, minute), closed[minute], 0.01);
    }
    // x = h(1 − e^{−x}) for h = 2: growth e^{xt/60 min}, doubling in 60·ln 2/x min.
    let x = (0..200).fold(2.0, |x: f64, _| 2.0 * (1.0 - (-x).exp()));
    let doubling_min = 60.0 * 2f64.ln() / x;
    assert_near("doubling time in theory", doubling_min, 26.10, 1e-3);
    let growth = rate_rpm(&results, 165) / rate_rpm(&results, 115);
    assert_near("doubling time", 50.0 * 2f64.ln() / growth.ln(), doubling_min, 0.01);
}

#[test]
fn v17_other_multipliers_and_enforcement() {
    // Below 1 nothing ever leaves the base; served red attempts earn nothing.
    for (h, enforcement) in [(0.9, "strict"), (1.5, "strict"), (2.0, "soft")] {
        let (results, closed) = (always_at_the_limit(h, enforcement), saturated_rpm(60.0, h, 170));
        for minute in [0, 30, 60, 90, 120, 150] {
            let what = format!("h {h}, {enforcement}, rate at {minute} min");
            assert_near(&what, rate_rpm(&results, minute), closed[minute], 0.01);
        }
    }
}

// ---- V18 ----

fn credit_all(rpm: u32, profile: &str, duration: &str) -> Results {
    let limit = r#"credit = "all"
        [model.limit.law.success_window]
        window = "1 h"
        multiplier = 2.0
        base = { requests = "60/min", tokens = "unlimited" }"#;
    let traffic = format!("arrivals.constant = {{ rate = \"{rpm}/min\" }}\n{profile}");
    run(&Metered { duration, limit, traffic: &traffic }.text())
}

#[test]
fn v18_success_window_in_steady_state_and_idle() {
    assert_near("45 RPM", rate_rpm(&credit_all(45, "", "61 min"), 60), 90.0, 0.01);
    assert_near("100 RPM", rate_rpm(&credit_all(100, "", "61 min"), 60), 200.0, 0.01);
    assert_eq!(rate_rpm(&credit_all(25, "", "61 min"), 60), 60.0, "the base is the least");

    let stopped = credit_all(600, r#"profile = [ { at = "1 h", factor = 0.0 } ]"#, "3 h");
    for (idle_min, expected) in [(0, 1200.0), (10, 1000.0), (30, 600.0), (60, 60.0), (110, 60.0)] {
        assert_near(&format!("idle for {idle_min} min"), rate_rpm(&stopped, 60 + idle_min), expected, 0.01);
    }
}

// ---- V21 ----

/// An hour of 100 requests a minute on capacity for just that, then `k` times as many for ten minutes.
fn spike(k: f64) -> Results {
    run(&format!(
        r#"
        [run]
        duration = "70 min"
        warmup = "1 h"
        drain = "1 min"
        interval = "1 min"
        [[model]]
        name = "m"
        engine.slots = {{ per_replica = 1, service.constant = "600 ms" }}
        [model.limit]
        credit = "all"
        [model.limit.law.success_window]
        window = "1 h"
        multiplier = 2.0
        base = {{ requests = "60/min", tokens = "unlimited" }}
        [[org]]
        name = "o"
        [[org.workload]]
        name = "w"
        model = "m"
        arrivals.constant = {{ rate = "100/min" }}
        profile = [ {{ at = "1 h", factor = {k} }} ]
        prompt_tokens.constant = 100
        output_tokens.constant = 100
        rtt = "0 s"
        "#
    ))
}

#[test]
fn v21_a_spike_up_to_twice_recent_use_is_never_throttled() {
    for k in [1.2, 1.5, 2.0] {
        let account = spike(k).total.account;
        assert_eq!((account.limited_429_request, account.limited_429_token), (0, 0), "k {k}: {account:?}");
        assert!(account.unavailable_503 > 0, "k {k}: {account:?}");
    }
}

#[test]
fn v21_the_throttled_share_of_a_larger_spike() {
    for k in [2.5, 3.0, 5.0, 12.0] {
        let results = spike(k);
        let spiking = |minute| results.rates.get(minute, 0);
        let red: u64 = (60..70).map(|minute| spiking(minute).red).sum();
        let green: u64 = (60..70).map(|minute| spiking(minute).green).sum();
        // D stays at 200 a minute: what the full model completes does not change. 5 s of burst.
        let truth = 1.0 - 200.0 * (10.0 + 5.0 / 60.0) / (k * 100.0 * 10.0);
        assert_near(&format!("red share, k {k}"), red as f64 / (red + green) as f64, truth, 0.02);
        assert!((truth - (k - 2.0) / k).abs() < 0.01, "near (k − 2)/k");
        let account = results.total.account;
        assert!(account.limited_429_request > 0 && account.unavailable_503 > 0, "k {k}: {account:?}");
    }
}
