//! The laws beside the default one, against closed forms.

mod common;

use common::estimate::assert_near;
use common::metered::{metered, rate_rpm};
use common::run::{run, run_logged, scenario};
use ratetide::limit::filling::Filling;
use ratetide::metrics::observer::Ended;
use ratetide::reply::Outcome;

const ONLY_REQUESTS: &str = r#"base = { requests = "60/min", tokens = "unlimited" }"#;

// ---- V19 ----

/// Always at the limit, S grows to b·(1 − e^{−t/τ}) until h of that is b, then D by e in τ/(h − 1).
fn ewma_rpm(base_rpm: f64, h: f64, tau_min: f64, minute: f64) -> f64 {
    let leaves_min = tau_min * (h / (h - 1.0)).ln();
    base_rpm * ((minute - leaves_min).max(0.0) * (h - 1.0) / tau_min).exp()
}

#[test]
fn v19_ewma_at_the_limit() {
    for (minute, listed) in [(20.79, 60.0), (30.0, 81.5), (60.0, 221.7), (90.0, 602.6)] {
        assert_near("the closed form", ewma_rpm(60.0, 2.0, 30.0, minute), listed, 1e-3);
    }
    for (h, tau_min) in [(2.0, 30.0), (1.5, 10.0), (3.0, 60.0)] {
        let limit = format!(
            "burst = \"1 s\"\nenforcement = \"strict\"\n\
             law.ewma = {{ tau = \"{tau_min} min\", multiplier = {h:?}, {ONLY_REQUESTS} }}"
        );
        let results = run(&metered("100 min", &limit, "arrivals.constant = { rate = \"200/s\" }"));
        for minute in [0, 10, 20, 25, 30, 45, 60, 75, 90] {
            let truth = ewma_rpm(60.0, h, tau_min, minute as f64).min(6000.0);
            assert_near(
                &format!("h {h}, τ {tau_min}, {minute} min"),
                rate_rpm(&results, minute),
                truth,
                0.01,
            );
        }
    }
}

// ---- V20 ----

#[test]
fn v20_additive_at_and_far_over_the_limit() {
    // Just above all that it can grow to, and 25 times that: what is refused does not count.
    for per_s in [25, 600] {
        for enforcement in ["strict", "soft"] {
            let limit = format!("enforcement = \"{enforcement}\"\nlaw.additive = {{ {ONLY_REQUESTS} }}");
            let traffic = format!("arrivals.constant = {{ rate = \"{per_s}/s\" }}");
            let results = run(&metered("121 min", &limit, &traffic));
            for (minute, truth) in [(0, 60.0), (5, 60.0), (10, 120.0), (60, 720.0), (120, 1440.0)] {
                let what = format!("{per_s}/s, {enforcement}, {minute} min");
                assert_near(&what, rate_rpm(&results, minute), truth, 0.02);
            }
        }
    }
}

/// A client just at its limit in use of it: a hundred a minute are enough for 125.
#[test]
fn v20_additive_grows_to_what_is_used() {
    let limit = format!("law.additive = {{ {ONLY_REQUESTS} }}");
    let results = run(&metered("3 h", &limit, "arrivals.constant = { rate = \"100/min\" }"));
    assert_near("four fifths are used", rate_rpm(&results, 179), 125.0, 0.01);
}

// ---- V23 ----

#[test]
fn v23_max_min_shares_are_exact() {
    let wants = [1000.0, 50.0, 10.0];
    let level = Filling::new(wants.into_iter().map(|want| (want, 1.0))).level(120.0);
    assert_eq!(wants.map(|want| f64::min(want, level)), [60.0, 50.0, 10.0]);
}

#[test]
fn v23_max_min_shares_of_a_run() {
    // 120 a minute at saturation; bases of 1e-3 a minute.
    let org = |name: &str, weight: f64, rpm: u32| {
        format!(
            "[[org]]\nname = \"{name}\"\nweight = {weight:?}\n[[org.workload]]\nname = \"w\"\nmodel = \"m\"\n\
             arrivals.constant = {{ rate = \"{rpm}/min\" }}\nprompt_tokens.constant = 1\n\
             output_tokens.constant = 1\nrtt = \"0 s\"\n"
        )
    };
    let shares = |orgs: [(f64, u32); 3]| {
        let orgs: String =
            ["a", "b", "c"].iter().zip(orgs).map(|(name, (weight, rpm))| org(name, weight, rpm)).collect();
        let results = run(&format!(
            "run = {{ duration = \"10 min\", interval = \"1 min\" }}\n[[model]]\nname = \"m\"\n\
             engine.slots = {{ per_replica = 2, service.constant = \"1 s\" }}\n\
             limit.law.fair_share = {{ base = {{ requests = \"0.001/min\", tokens = \"unlimited\" }} }}\n{orgs}"
        ));
        [0, 1, 2].map(|pair| 60.0 * results.rates.get(5, pair).dynamic.requests)
    };
    // Multiples of 6 a minute, so that every interval of 10 s counts the same.
    let found = shares([(1.0, 1002), (1.0, 48), (1.0, 12)]);
    for (found, truth) in found.into_iter().zip([60.0, 48.0, 12.0]) {
        assert_near("equal weights", found, truth, 1e-3);
    }
    let found = shares([(3.0, 1002), (1.0, 1002), (1.0, 12)]);
    for (found, truth) in found.into_iter().zip([81.0, 27.0, 12.0]) {
        assert_near("weights 3, 1, 1", found, truth, 1e-3);
    }
}

// ---- V18 with the clock of recent use standing still ----

#[test]
fn v18_what_is_earned_does_not_age_while_the_platform_fails() {
    // An hour of 600 a minute, then 30 min in which everything fails, then silence.
    let after_h = |freeze: bool, law: &str| {
        let limit = format!("credit = \"all\"\nlaw.{law}, freeze_on_503 = {freeze}, {ONLY_REQUESTS} }}");
        let traffic = "arrivals.constant = { rate = \"600/min\" }\n\
                       profile = [ { at = \"95 min\", factor = 0.0 } ]";
        let incident = "[[incident]]\nat = \"1 h\"\nlose_replicas = { count = 1, duration = \"30 min\" }\n";
        run(&(metered("4 h", &limit, traffic) + incident))
    };
    let window = "success_window = { window = \"1 h\", multiplier = 2.0";
    let [aging, frozen] = [false, true].map(|freeze| after_h(freeze, window));
    assert_near("before", rate_rpm(&aging, 60), 1200.0, 0.01);
    assert_near("aged by half an hour", rate_rpm(&aging, 90), 600.0, 0.01);
    assert_near("as it was", rate_rpm(&frozen, 90), 1200.0, 0.01);
    // From the first 200 at 90 min on it ages again: five minutes more of use, then nothing.
    assert_near("goes on where it stood", rate_rpm(&frozen, 95), 1200.0, 0.01);
    assert_near("ages in silence", rate_rpm(&frozen, 125), 600.0, 0.01);
    for law in ["ewma = { tau = \"30 min\"", "recent_peak = { half_life = \"30 min\""] {
        let [aging, frozen] = [false, true].map(|freeze| after_h(freeze, law));
        let before = rate_rpm(&frozen, 60);
        assert!(rate_rpm(&aging, 90) < 0.6 * before, "{law}");
        assert_near(law, rate_rpm(&frozen, 90), before, 0.05);
    }
    let tiered = |freeze| {
        let limit = format!(
            "credit = \"all\"\nlaw.tiered = {{ freeze_on_503 = {freeze}, base = {{ requests = \"60/min\", \
             tokens = \"60k/min\" }} }}"
        );
        let incident = "[[incident]]\nat = \"1 h\"\nlose_replicas = { count = 1, duration = \"30 min\" }\n";
        run(&(metered("2 h", &limit, "arrivals.constant = { rate = \"200/min\" }") + incident))
    };
    assert_eq!(rate_rpm(&tiered(false), 85), 60.0);
    assert_near("tiered", rate_rpm(&tiered(true), 85), 400.0, 0.02);
}

// ---- formula ----

/// A formula can say what `success_window` does, and does the same attempt by attempt.
#[test]
fn a_formula_reproduces_the_default_law() {
    let text = |law: &str| {
        format!(
            r#"
            run = {{ seed = 5, duration = "3 h", interval = "1 min" }}
            [[model]]
            name = "m"
            replicas = 2
            engine.slots = {{ per_replica = 10, service.exponential = {{ mean = "2 s" }} }}
            limit.law.{law}
            [[org]]
            name = "a"
            [[org.workload]]
            name = "w"
            model = "m"
            arrivals.poisson = {{ rate = "300/min" }}
            profile = [ {{ at = "1 h", factor = 3 }}, {{ at = "80 min", factor = 0.5 }} ]
            prompt_tokens.lognormal = {{ mean = 500, cv = 1.0 }}
            output_tokens.lognormal = {{ mean = 200, cv = 1.0 }}
            client = "exponential"
            [[org]]
            name = "b"
            [[org.workload]]
            name = "w"
            model = "m"
            arrivals.poisson = {{ rate = "60/min" }}
            prompt_tokens.constant = 500
            output_tokens.constant = 200
            [[incident]]
            at = "100 min"
            lose_replicas = {{ count = 1, duration = "10 min" }}
            "#
        )
    };
    let scaled = "max(base, min((1 + headroom) * success_rate, cap, 0.5 * capacity))";
    let twice = "clamp(2 * success_rate, base, cap)";
    for (law, formula) in [
        ("success_window = { share = 0.5 }", scaled),
        ("success_window = { multiplier = 2.0, freeze_on_503 = true }", twice),
    ] {
        let frozen = if law.contains("freeze") { ", freeze_on_503 = true" } else { "" };
        let formula = format!("formula = {{ requests = \"{formula}\", tokens = \"{formula}\"{frozen} }}");
        let [one, other] = [text(law), text(&formula)].map(|text| run_logged(&scenario(&text)));
        assert_eq!(one.1.len(), other.1.len(), "{law}");
        let account = one.0.total.account;
        assert!(account.unavailable_503 > 0 && account.limited_429_request > 1000, "{account:?}");
        for minute in 0..one.0.rates.len() {
            for pair in 0..2 {
                let [a, b] = [&one.0, &other.0].map(|results| results.rates.get(minute, pair).dynamic);
                let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a;
                assert!(
                    near(a.requests, b.requests) && near(a.tokens, b.tokens),
                    "{law}, {minute}: {a:?} {b:?}"
                );
            }
        }
    }
}

/// And so does the shipped scenario, whose two models differ in nothing else.
#[test]
fn the_shipped_formula_is_the_default_law() {
    let results = run(include_str!("../scenarios/formula.toml"));
    let mut grown = false;
    for bin in 0..results.rates.len() {
        let [a, b] = [0, 1].map(|pair| results.rates.get(bin, pair).dynamic);
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a;
        assert!(near(a.requests, b.requests) && near(a.tokens, b.tokens), "{bin}: {a:?} {b:?}");
        grown |= a.requests > 4.9;
    }
    assert!(grown && results.rates.len() > 300);
}

/// Each quantity, told by a run in which it is known.
#[test]
fn a_formula_sees_each_quantity() {
    let rpm = |formula: &str, minute: usize| {
        let limit = format!(
            "credit = \"all\"\nlaw.formula = {{ requests = \"{formula}\", base = {{ requests = \"2/min\" }} }}"
        );
        // 120 a minute at saturation, loaded by half; nobody else.
        let text = metered("30 min", &limit, "arrivals.constant = { rate = \"60/min\" }")
            .replace("\"0 s\" }", "\"500 ms\" }")
            .replace("name = \"o\"", "name = \"o\"\nweight = 7.0");
        rate_rpm(&run(&text), minute)
    };
    for (formula, minute, truth) in [
        ("capacity", 20, 120.0),
        ("success_rate", 20, 20.0),
        ("demand", 20, 60.0),
        ("100 * utilization", 20, 50.0),
        ("100 * headroom", 20, 100.0),
        ("50 * base", 20, 100.0),
        ("cap / 60", 20, 100.0),
        ("10 * weight", 20, 70.0),
        ("10 * minutes_since_start", 20, 200.0),
        ("90 * share_of_traffic", 20, 90.0),
        // One more at each of the attempts before: two and sixty a minute.
        ("previous + 1", 2, 122.0),
        ("1 / (minutes_since_start - 2)", 1, 2.0),
        ("if(minutes_since_start > 5, 300, 30)", 20, 300.0),
    ] {
        assert_near(formula, rpm(formula, minute), truth, 0.02);
    }
}

// ---- token accounting ----

/// (seconds, prompt, output) of requests of one org, strictly limited; which were answered 200.
fn served(limit: &str, service: &str, max_tokens: u32, rows: &[(f64, u32, u32)]) -> Vec<bool> {
    let rows: String = rows.iter().map(|(t, p, o)| format!("{},{p},{o}\n", (1000.0 * t) as u64)).collect();
    let table = format!("timestamp,input_length,output_length\n{rows}");
    let text = format!(
        r#"
        run = {{ duration = "5 min" }}
        [[model]]
        name = "m"
        engine.slots = {{ per_replica = 1000, service.constant = "{service}" }}
        limit = {{ enforcement = "strict", {limit} }}
        [[org]]
        name = "o"
        [[org.workload]]
        name = "w"
        model = "m"
        arrivals.trace = {{ file = "sent" }}
        max_tokens = {max_tokens}
        rtt = "0 s"
        "#
    );
    let mut load = |_: &str| {
        Ok(std::sync::Arc::new(ratetide::traffic::trace::parse(table.as_bytes()).expect("a trace")))
    };
    let (_, mut attempts) = run_logged(&common::run::scenario_with(&text, &mut load));
    attempts.sort_by_key(|a| a.request);
    let is_ok = |ended| matches!(ended, Ended::Answered(reply) if reply.outcome == Outcome::Ok);
    attempts.iter().map(|a| is_ok(a.ended)).collect()
}

#[test]
fn tokens_are_reserved_at_admission_and_settled_at_completion() {
    // 100 tokens a second, 10 s of them: 1 000. The first is expected to make the trace's mean output.
    let limit = r#"burst = "10 s", law.fixed = { tokens = "100/s" }"#;
    // Reserved 100 + 400; while it runs, 500 more conform and 501 do not.
    let (a, r) = (true, false);
    assert_eq!(served(limit, "1 min", 400, &[(0.0, 100, 400), (0.0, 101, 400), (0.0, 100, 400)]), [a, r, a]);
    // 500 expected, 100 made: of the 900 reserved at 30 s, 400 come back at 31 s. 300 are left at 32 s, when the
    // mean of the successes is 300: a prompt of 400 conforms, one of 401 does not.
    let rows = [(0.0, 100, 500), (30.0, 400, 100), (32.0, 401, 300), (32.0, 400, 300)];
    assert_eq!(served(limit, "1 s", 1000, &rows), [a, a, r, a]);
}

#[test]
fn a_request_larger_than_the_burst_passes_an_idle_meter_alone() {
    let limit = r#"burst = "1 s", law.fixed = { tokens = "100/s" }"#;
    let rows = [(0.0, 900, 100), (1.0, 1, 1), (9.8, 50, 100), (10.1, 50, 100)];
    assert_eq!(served(limit, "0 s", 100, &rows), [true, false, false, true]);
}

#[test]
fn requests_and_tokens_are_metered_apart() {
    // Two requests in the burst, or 100 tokens: whichever is used up first.
    let limit = r#"burst = "1 s", law.fixed = { requests = "2/s", tokens = "100/s" }"#;
    let small = [(0.0, 5, 5), (0.0, 5, 5), (0.0, 5, 5)];
    assert_eq!(served(limit, "0 s", 5, &small), [true, true, false], "requests bind");
    let large = [(0.0, 55, 5), (0.0, 55, 5), (1.0, 55, 5)];
    assert_eq!(served(limit, "0 s", 5, &large), [true, false, true], "tokens bind");
}

#[test]
fn a_refund_lets_through_what_was_not_served() {
    // One a second is granted, twice what the model serves; eight a second are sent.
    let greens = |refund: bool| {
        let text = format!(
            r#"
            run = {{ duration = "10 min", drain = "0 s", interval = "1 min" }}
            [[model]]
            name = "m"
            engine.slots = {{ per_replica = 1, service.constant = "2 s" }}
            buffer = {{ max_wait = "1 s" }}
            limit = {{ refund_unserved = {refund}, law.fixed = {{ requests = "1/s" }} }}
            [[org]]
            name = "o"
            [[org.workload]]
            name = "w"
            model = "m"
            arrivals.poisson = {{ rate = "8/s" }}
            prompt_tokens.constant = 1
            output_tokens.constant = 1
            rtt = "0 s"
            "#
        );
        let (_, attempts) = run_logged(&scenario(&text));
        let green = attempts.iter().filter(|a| a.green == Some(true)).count();
        let is_unavailable =
            |ended| matches!(ended, Ended::Answered(reply) if reply.outcome == Outcome::Unavailable);
        (green, attempts.iter().filter(|a| is_unavailable(a.ended)).count())
    };
    let (charged, _) = greens(false);
    assert!((600..=606).contains(&charged), "the rate and the burst: {charged}");
    let (refunded, unserved) = greens(true);
    assert!(refunded > 2 * charged, "a spike that capacity bounds stays green: {refunded}");
    // What was charged and not given back keeps to the rate and the burst.
    assert!(refunded - unserved <= 606, "{refunded} − {unserved}");
}
