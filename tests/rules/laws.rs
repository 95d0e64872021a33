//! S2–S6 under every law: each shows the rules it declares, and no others.

use super::common::run::run;
use super::*;
use ratetide::limit::law::{LAWS, RULES};
use ratetide::read::{Fallback, Kind};

/// A law as it is tried: with the options on which what it declares depends.
fn written(law: &str) -> String {
    match law {
        "success_window" => "success_window = { share = 0.5 }".into(),
        "ewma" | "recent_peak" => format!("{law} = {{ share = 0.5 }}"),
        "formula" => {
            let formula = "max(base, min((1 + headroom) * success_rate, 0.5 * capacity))";
            format!("formula = {{ requests = \"{formula}\", tokens = \"{formula}\" }}")
        }
        other => format!("{other} = {{}}"),
    }
}

/// One org's traffic on a model of four replicas of so many slots, in one-second requests.
fn at(law: &str, hours: &str, slots: u32, limit: &str, traffic: &str) -> Results {
    run(&scenario_text(
        &format!("duration = \"{hours}\""),
        &[
            model("m", 4, slots, "1 s", &format!("[model.limit]\nlaw.{}\n{limit}", written(law))),
            org("x"),
            workload("m", traffic),
        ],
    ))
}

/// S2: with a quarter of the replicas left the rate is lower, and afterwards as it was.
fn follows_capacity(law: &str) -> bool {
    let text = scenario_text(
        "duration = \"5 h\"",
        &[
            model("m", 4, 10, "1 s", &format!("limit.law.{}", written(law))),
            org("x"),
            workload("m", "arrivals.poisson = { rate = \"720/min\" }"),
            "[[incident]]\nat = \"4 h\"\nlose_replicas = { count = 3, duration = \"10 min\" }\n".into(),
        ],
    );
    let results = run(&text);
    let mean = |from: usize| (from..from + 3).map(|minute| rate_rpm(&results, 0, minute)).sum::<f64>() / 3.0;
    let (before, during, after) = (mean(236), mean(246), mean(254));
    println!("S2 {law}: {before:.0} {during:.0} {after:.0}");
    during < 0.85 * before && after > 0.95 * before
}

/// S3: success raises the rate, and an org whose attempts all end in vain is granted what a silent one is.
fn follows_success(law: &str) -> bool {
    let rate = |traffic: &str| rate_in_the_end_rpm(&at(law, "2 h", 20, "", traffic));
    let succeeding = rate("arrivals.poisson = { rate = \"200/min\" }");
    let failing = rate(
        "arrivals.poisson = { rate = \"200/min\" }\nclient = { preset = \"none\", timeout = \"500 ms\" }",
    );
    let silent =
        rate("arrivals.poisson = { rate = \"200/min\" }\nprofile = [ { at = \"0 s\", factor = 0.0 } ]");
    println!("S3 {law}: {succeeding:.0} {failing:.0} {silent:.0}");
    failing == silent && succeeding > 1.2 * silent
}

/// S4: two hours of success are worth more than ten minutes of the same.
fn rises_over_time(law: &str) -> bool {
    let results = at(law, "3 h", 20, "", "arrivals.constant = { rate = \"200/min\" }");
    let rates: Vec<f64> = [0, 10, 30, 60, 119].map(|minute| rate_rpm(&results, 0, minute)).to_vec();
    println!("S4 {law}: {rates:?}");
    rates.is_sorted() && rates[4] > 1.2 * rates[1]
}

/// S5: a spike is throttled if recent use was low, much less if it was high, and steady use is not.
fn throttles_spikes(law: &str) -> bool {
    let limited = |factor: f64| {
        let profile = format!(
            "profile = [ {{ at = \"0 s\", factor = 1.0, over = \"4 h\" }}, {{ at = \"5 h\", factor = {} }} ]",
            20.0 / factor
        );
        let traffic = format!("arrivals.constant = {{ rate = \"{}/min\" }}\n{profile}", 100.0 * factor);
        let results = at(law, "5 h 5 min", 1000, "enforcement = \"strict\"", &traffic);
        let shares = |minutes: std::ops::Range<usize>| {
            let rows: Vec<_> = minutes.map(|minute| results.outcomes.get(minute, 0)).collect();
            let limited: u64 = rows.iter().map(|row| row.limited_429_request + row.limited_429_token).sum();
            limited as f64 / rows.iter().map(|row| row.attempts).sum::<u64>() as f64
        };
        (shares(270..300), shares(300..305))
    };
    let ((steady, after_little), (_, after_much)) = (limited(1.0), limited(10.0));
    println!("S5 {law}: {steady:.3} {after_little:.3} {after_much:.3}");
    steady < 0.01 && after_little > 0.3 && after_much < 0.5 * after_little
}

/// S6: 6 000 requests at once earn less than the same over an hour, at any time of that hour.
fn prefers_steady_use(law: &str) -> bool {
    let of = |arrivals: &str| {
        let parts = [
            model("m", 4, 3, "1 s", &format!("limit.law.{}", written(law))),
            org("x"),
            workload("m", &format!("arrivals.{arrivals}")),
        ];
        run(&format!("run = {{ duration = \"1 h\", interval = \"5 s\" }}\n{}", parts.concat()))
    };
    let steady = of("constant = { rate = \"100/min\" }");
    let burst = of("batch = { size = 6000, every = \"1 d\" }");
    let most = (0..720).map(|bin| rate_rpm(&burst, 0, bin)).fold(0.0, f64::max);
    let granted = rate_in_the_end_rpm(&steady);
    println!("S6 {law}: steady {granted:.0}, burst {most:.0}");
    granted > 1.2 * most
}

/// Whether a law, by its tag, shows a rule.
type Experiment = fn(&str) -> bool;

const EXPERIMENTS: [(&str, Experiment); 5] = [
    ("S2", follows_capacity),
    ("S3", follows_success),
    ("S4", rises_over_time),
    ("S5", throttles_spikes),
    ("S6", prefers_steady_use),
];

#[test]
fn every_law_shows_the_rules_it_declares_and_no_others() {
    use rayon::prelude::*;
    let wrong: Vec<String> = RULES
        .par_iter()
        .map(|(law, kept)| {
            let mut shown: Vec<&str> = Vec::new();
            for (rule, experiment) in EXPERIMENTS {
                shown.extend(experiment(law).then_some(rule));
            }
            if shown == kept.rules {
                return String::new();
            }
            format!("{law} declares {:?} and shows {shown:?}\n", kept.rules)
        })
        .collect();
    assert_eq!(wrong.concat(), "");
    assert!(RULES.iter().any(|(_, kept)| kept.rules.is_empty()), "some show none");
}

/// What needs no words can be tried without any.
#[test]
fn every_law_but_a_formula_has_defaults() {
    for member in LAWS.members {
        let Kind::Table(spec) = member.value else { panic!("{} is a table", member.tag) };
        let required = spec.keys.iter().any(|key| matches!(key.fallback, Fallback::Required));
        assert_eq!(required, member.tag == "formula", "{}", member.tag);
    }
}
