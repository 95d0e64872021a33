//! The platform against queueing theory: with no limits and Poisson arrivals a model is a textbook queue.

mod common;

use common::estimate::{Estimate, assert_near};
use common::run::{replicate, run};
use ratetide::metrics::histogram::Histogram;
use ratetide::replications::Results;

/// One model of `servers` slots without limits, and Poisson arrivals for `duration_s`, the first tenth of which
/// is warm-up.
fn queue(servers: u32, service: &str, per_s: f64, buffer: &str, duration_s: u64) -> String {
    let tenth_s = duration_s / 10;
    format!(
        r#"
        [run]
        duration = "{duration_s} s"
        warmup = "{tenth_s} s"
        drain = "1 d"
        interval = "{tenth_s} s"
        [[model]]
        name = "m"
        engine.slots = {{ per_replica = {servers}, service.{service} }}
        buffer = {{ {buffer} }}
        limit.law.unlimited = {{}}
        [[org]]
        name = "o"
        [[org.workload]]
        name = "w"
        model = "m"
        arrivals.poisson = {{ rate = "{per_s}/s" }}
        prompt_tokens.constant = 1
        output_tokens.constant = 1
        rtt = "0 s"
        "#
    )
}

/// Service times of mean 1 s.
const EXPONENTIAL: &str = r#"exponential = { mean = "1 s" }"#;
const UNBOUNDED: &str = r#"max_wait = "unlimited""#;

/// The share of values above `limit_s`, to the width of a bucket.
fn share_above(values: &Histogram, limit_s: f64) -> f64 {
    let above: u64 = values.buckets().filter(|(v, _)| v.as_secs_f64() > limit_s).map(|(_, n)| n).sum();
    above as f64 / values.count() as f64
}

fn mean_wait_s(results: &Results) -> f64 {
    results.total.buffer_wait.mean().expect("something was served").as_secs_f64()
}

/// The share of attempts answered 503; there is no other failure.
fn loss(results: &Results) -> f64 {
    let account = &results.total.account;
    assert_eq!(
        account.unavailable_503 + account.ok_200,
        account.attempts,
        "every failure of a green is a 503"
    );
    account.unavailable_503 as f64 / account.attempts as f64
}

/// Time average of the number in the system, warm-up and drain left out.
fn number_in_system(results: &Results) -> f64 {
    let bins: Vec<f64> = (1..10)
        .map(|bin| {
            let [in_service, _, waiting] = results.capacity.get(bin, 0).integrals;
            in_service + waiting
        })
        .collect();
    let length_ns = (results.capacity.start(10) - results.capacity.start(1)).as_ns();
    bins.iter().sum::<f64>() / length_ns as f64
}

// ---- V1 ----

#[test]
fn v1_m_m_1() {
    // (utilisation, duration, replications): what is near saturation forgets slowly and needs more.
    for (rho, duration_s, replications) in [(0.5, 300_000, 40), (0.8, 800_000, 60)] {
        let results = replicate(&queue(1, EXPONENTIAL, rho, UNBOUNDED, duration_s), replications);
        let check = |what: &str, truth: f64, quantity: &dyn Fn(&Results) -> f64| {
            Estimate::over(&results, quantity).assert_within(&format!("{what}, ρ {rho}"), truth, 0.02);
        };
        let sojourn = |r: &Results| r.total.time_to_success.mean().unwrap().as_secs_f64();
        let p99 = |r: &Results| r.total.time_to_success.quantile(0.99).unwrap().as_secs_f64();
        // The sojourn time is exponential with rate 1 − ρ.
        let spare = 1.0 - rho;
        check("W", 1.0 / spare, &sojourn);
        check("Wq", rho / spare, &mean_wait_s);
        check("L", rho / spare, &number_in_system);
        let limit_s = 2.0 / spare;
        check("P(T > 2W)", (-2.0f64).exp(), &|r| share_above(&r.total.time_to_success, limit_s));
        check("p99 T", 100f64.ln() / spare, &p99);
    }
}

// ---- V2 ----

/// Erlang's loss formula by its recursion: the share lost of a load of `a` on `c` servers.
fn erlang_b(c: u32, a: f64) -> f64 {
    (1..=c).fold(1.0, |b, n| a * b / (f64::from(n) + a * b))
}

#[test]
fn v2_erlang_b() {
    let at_once = r#"max_wait = "0 s""#;
    let dropped = r#"max_wait = "0 s", early_refusal = false"#;
    // The loss depends on the service time through its mean alone.
    let lognormal = r#"lognormal = { mean = "1 s", cv = 1.5 }"#;
    let constant = r#"constant = "1 s""#;
    let cases = [
        (10, 8.0, EXPONENTIAL, at_once),
        (20, 20.0, EXPONENTIAL, at_once),
        (8, 8.0, EXPONENTIAL, dropped),
        (5, 3.0, lognormal, at_once),
        (1, 0.5, constant, dropped),
    ];
    let listed = [0.121661, 0.158892, 0.235570];
    for (case, (c, a, service, buffer)) in cases.into_iter().enumerate() {
        let truth = erlang_b(c, a);
        listed.get(case).inspect(|&&listed| assert_near("the formula", truth, listed, 1e-5));
        let duration_s = (80_000.0 / a) as u64;
        let results = replicate(&queue(c, service, a, buffer, duration_s), 32);
        Estimate::over(&results, loss).assert_within(&format!("loss, c {c}, a {a}"), truth, 0.02);
    }
}

// ---- V3 ----

/// Erlang's delay formula: the share that waits.
fn erlang_c(c: u32, a: f64) -> f64 {
    let b = erlang_b(c, a);
    let rho = a / f64::from(c);
    b / (1.0 - rho * (1.0 - b))
}

#[test]
fn v3_erlang_c() {
    // (servers, load, listed P_wait and Wq, customers per replication).
    let cases = [
        (8, 6.4, Some((0.457645, 0.286028)), 180_000.0),
        (16, 12.8, Some((0.304884, 0.095276)), 250_000.0),
        (32, 28.8, Some((0.458197, 0.143186)), 800_000.0),
        (3, 1.5, None, 60_000.0),
    ];
    for (c, a, listed, customers) in cases {
        let waits = erlang_c(c, a);
        let wait_s = waits / (f64::from(c) - a);
        if let Some((listed_waits, listed_wait_s)) = listed {
            assert_near("the formula", waits, listed_waits, 1e-5);
            assert_near("the formula", wait_s, listed_wait_s, 1e-5);
        }
        let results = replicate(&queue(c, EXPONENTIAL, a, UNBOUNDED, (customers / a) as u64), 64);
        let share_waiting = |r: &Results| share_above(&r.total.buffer_wait, 0.0);
        Estimate::over(&results, share_waiting).assert_within(&format!("P_wait, c {c}, a {a}"), waits, 0.03);
        Estimate::over(&results, mean_wait_s).assert_within(&format!("Wq, c {c}, a {a}"), wait_s, 0.03);
    }
}

// ---- V5 ----

#[test]
fn v5_m_g_1_pollaczek_khinchine() {
    let load = 0.7;
    // (service, squared coefficient of variation, listed Wq, tolerance, customers per replication).
    let cases = [
        (r#"constant = "1 s""#, 0.0, 1.16667, 0.03, 45_000.0),
        (r#"erlang = { mean = "1 s", shape = 4 }"#, 0.25, 1.45833, 0.03, 60_000.0),
        (EXPONENTIAL, 1.0, 2.33333, 0.03, 80_000.0),
        (
            r#"lognormal = { median = "606530660 ns", sigma = 1.0 }"#,
            1f64.exp() - 1.0,
            3.17133,
            0.05,
            150_000.0,
        ),
        (r#"hyperexponential = { mean = "1 s", cv = 2.0 }"#, 4.0, 5.83333, 0.03, 220_000.0),
    ];
    for (service, scv, listed, tolerance, customers) in cases {
        let truth = load * (1.0 + scv) / (2.0 * (1.0 - load));
        assert_near("the formula", truth, listed, 1e-5);
        let results = replicate(&queue(1, service, load, UNBOUNDED, (customers / load) as u64), 40);
        Estimate::over(&results, mean_wait_s).assert_within(&format!("Wq, {service}"), truth, tolerance);
    }
}

// ---- V6 ----

/// The share lost by M/M/c where nobody waits longer than `w` (Barrer 1957; Gnedenko and Kovalenko).
fn loss_with_bounded_wait(c: u32, per_s: f64, w: f64) -> f64 {
    // p_k of the unnormalised stationary law, up to k = c − 1; service rate 1.
    let p: Vec<f64> = (1..c)
        .scan(1.0, |p, k| {
            *p *= per_s / f64::from(k);
            Some(*p)
        })
        .collect();
    let p = [vec![1.0], p].concat();
    let last = p[p.len() - 1];
    let spare = f64::from(c) - per_s;
    let waiting = if spare == 0.0 { per_s * w } else { per_s * (1.0 - (-spare * w).exp()) / spare };
    let full = per_s / f64::from(c) * (-spare * w).exp();
    last * full / (p.iter().sum::<f64>() + last * (waiting + full))
}

#[test]
fn v6_m_m_c_with_bounded_wait() {
    // (servers, λ, longest wait in s, listed loss, customers per replication).
    let cases = [
        (1, 0.9, 2.0, Some(0.218764), 60_000.0),
        (1, 1.5, 5.0, Some(0.345955), 60_000.0),
        (8, 8.0, 1.0, Some(0.081666), 200_000.0),
        (8, 12.0, 2.0, Some(0.333357), 60_000.0),
        (3, 2.0, 0.5, None, 80_000.0),
        (16, 18.0, 0.25, None, 80_000.0),
    ];
    for (c, per_s, w, listed, customers) in cases {
        let truth = loss_with_bounded_wait(c, per_s, w);
        listed.inspect(|&listed| assert_near("the formula", truth, listed, 1e-5));
        let buffer = format!(r#"max_wait = "{} ms", early_refusal = false"#, 1e3 * w);
        let results = replicate(&queue(c, EXPONENTIAL, per_s, &buffer, (customers / per_s) as u64), 32);
        Estimate::over(&results, loss).assert_within(&format!("loss, c {c}, λ {per_s}, w {w}"), truth, 0.02);
    }
}

// ---- V22 ----

/// Sixty requests of 2 s each at a rate, on so many slots, under the base rate of one a second.
fn sixty(per_s: u32, slots: u32) -> Results {
    let results = run(&format!(
        r#"
        [run]
        duration = "{} s"
        [[model]]
        name = "m"
        engine.slots = {{ per_replica = {slots}, service.constant = "2 s" }}
        buffer = {{ max_wait = "10 s" }}
        [[org]]
        name = "o"
        [[org.workload]]
        name = "w"
        model = "m"
        arrivals.constant = {{ rate = "{per_s}/s" }}
        prompt_tokens.constant = 100
        output_tokens.constant = 100
        "#,
        60 / per_s
    ));
    assert_eq!(results.total.account.requests, 60);
    results
}

#[test]
fn v22_a_burst_against_a_paced_client() {
    let burst = sixty(60, 2).total.account;
    assert!(burst.ok_200.abs_diff(12) <= 1 && burst.limited_429_request.abs_diff(48) <= 1, "{burst:?}");
    assert_eq!((burst.limited_429_token, burst.unavailable_503), (0, 0));

    let paced = sixty(1, 2).total.account;
    assert_eq!(paced.ok_200, 60);

    let absorbed = sixty(60, 10);
    assert_eq!(absorbed.total.account.ok_200, 60);
    // The k-th comes at k/60 s and starts at 2⌊k/10⌋ + (k mod 10)/60 s.
    assert_near("mean wait", mean_wait_s(&absorbed), 2.5 * (2.0 - 10.0 / 60.0), 0.02);
}
