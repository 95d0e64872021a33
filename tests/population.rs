//! Populations: many orgs written as one are what as many orgs would be.

mod common;

use common::estimate::Estimate;
use common::read;
use common::run::{replicate, run, run_logged};
use ratetide::engine::simulate;
use ratetide::metrics::observer::Observer;
use ratetide::output::report::tables;
use ratetide::replications::{Results, run_all};
use ratetide::scenario::estimate::Estimate as Expected;
use ratetide::scenario::loading::Loaded;
use ratetide::scenario::{Scenario, reading};
use ratetide::units::SimTime;

/// One org, or the population that `population` says, in front of two slots.
fn text(population: &str, arrivals: &str, more: &str) -> String {
    format!(
        r#"
        [run]
        duration = "20 min"
        drain = "1 min"
        interval = "1 min"
        [[model]]
        name = "m"
        engine.slots = {{ per_replica = 2, service.exponential = {{ mean = "1 s" }} }}
        buffer.discipline = "fair"
        [model.limit]
        law.success_window = {{ window = "10 min", base = {{ requests = "20/min", tokens = "4k/min" }} }}
        [[org]]
        name = "crowd"
        weight = 2.0
        {population}
        [[org.workload]]
        name = "chat"
        model = "m"
        {arrivals}
        prompt_tokens.lognormal = {{ mean = 100, cv = 1.0 }}
        output_tokens.lognormal = {{ mean = 50, cv = 1.0 }}
        client = "exponential"
        [[org.workload]]
        name = "night"
        model = "m"
        arrivals.constant = {{ rate = "10/min" }}
        prompt_tokens.constant = 10
        output_tokens.constant = 10
        [[org]]
        name = "plain"
        [[org.workload]]
        name = "w"
        model = "m"
        arrivals.poisson = {{ rate = "20/min" }}
        prompt_tokens.constant = 10
        output_tokens.constant = 10
        {more}
        "#
    )
}

const POISSON: &str = r#"arrivals.poisson = { rate = "130/min" }"#;

fn zipf(count: u32, s: f64) -> String {
    format!("population = {{ count = {count}, demand.zipf = {{ s = {s:?} }} }}")
}

/// The files of a result, but for what the scenario itself says.
fn files(text: &str) -> Vec<(&'static str, String)> {
    let mut no_trace = |name: &str| Err(format!("there is no trace {name}"));
    let (scenario, resolved) =
        reading::read("t.toml", text.as_bytes(), &[], &mut no_trace, 1e12).expect("a scenario");
    let results = run_all(&scenario, &(), None);
    let (stem, file_name) = ("t".to_owned(), "t.toml".to_owned());
    let loaded = Loaded { scenario, resolved, stem, file_name, inputs: Vec::new(), notes: Vec::new() };
    let files = tables(&loaded, &results).into_iter().filter(|file| file.name != "scenario.toml");
    files.map(|file| (file.name, String::from_utf8(file.bytes).expect("text"))).collect()
}

#[test]
fn a_population_of_one_is_a_plain_org() {
    let plain = files(&text("", POISSON, ""));
    for one in [zipf(1, 1.0), zipf(1, 0.0), "population = { count = 1, demand.equal = {} }".to_owned()] {
        for ((name, plain), (_, one)) in plain.iter().zip(files(&text(&one, POISSON, ""))) {
            assert!(*plain == one, "{name} differs");
        }
    }
}

/// Births, by workload.
#[derive(Default)]
struct Births(Vec<(SimTime, u32)>);

impl Observer for Births {
    fn born(&mut self, at: SimTime, workload: u32) {
        self.0.push((at, workload));
    }
}

/// The births of the workload `chat` of all groups together, in order of time.
fn births(text: &str) -> Vec<SimTime> {
    let scenario = read(text);
    let mut births = Births::default();
    simulate(&scenario, 0, &mut births, &mut |_| true);
    let is_chat = |workload: u32| scenario.workloads[workload as usize].name.as_str() == "chat";
    let mut times: Vec<SimTime> =
        births.0.into_iter().filter(|&(_, workload)| is_chat(workload)).map(|(at, _)| at).collect();
    times.sort_unstable();
    times
}

#[test]
fn the_groups_together_send_what_a_plain_org_would_whatever_the_process() {
    for arrivals in [
        POISSON,
        r#"arrivals.constant = { rate = "70/min" }"#,
        r#"arrivals.gamma = { rate = "100/min", cv = 3.0 }"#,
        r#"arrivals.on_off = { rate = "10/s", on = "3 s", off = "17 s" }"#,
        r#"arrivals.batch = { size = 50, every = "1 min" }"#,
        r#"arrivals.trace = { file = "conversations.csv", rate_scale = 2.0 }"#,
    ] {
        let profiled = format!("{arrivals}\nprofile = [ {{ at = \"5 min\", factor = 3 }} ]");
        let plain = births(&text("", &profiled, ""));
        assert!(plain.len() > 1000, "{arrivals}: {}", plain.len());
        assert!(plain == births(&text(&zipf(5000, 1.0), &profiled, "")), "{arrivals}");
        let more =
            "[[incident]]\nat = \"2 min\"\ntraffic = { org = \"crowd\", factor = 2.5, duration = \"3 min\" }";
        let plain = births(&text("", arrivals, more));
        assert!(plain == births(&text(&zipf(300, 1.2), arrivals, more)), "{arrivals}, struck");
    }
}

#[test]
fn groups_send_the_shares_of_their_members() {
    let scenario = text(&zipf(1000, 1.0), r#"arrivals.poisson = { rate = "50000/min" }"#, "");
    let scenario = read(&scenario);
    let results = run_all(&scenario, &(), None);
    // Harmonic numbers of 10, 100, 500 and 1000.
    let harmonic = [0.0, 2.928_968_253_968, 5.187_377_517_639, 6.792_823_429_990, 7.485_470_860_550];
    let chat = scenario.workloads.iter().zip(&results.summaries).filter(|(w, _)| w.name.as_str() == "chat");
    let requests: Vec<f64> = chat.map(|(_, summary)| summary.account.requests as f64).collect();
    let all: f64 = requests.iter().sum();
    assert!(requests.len() == 4 && all > 990_000.0, "{requests:?}");
    for (i, requests) in requests.iter().enumerate() {
        let share = (harmonic[i + 1] - harmonic[i]) / harmonic[4];
        assert!((requests / all / share - 1.0).abs() < 0.01, "group {i}: {} of {share}", requests / all);
    }
}

/// Orgs that send at their limit of 60 a minute, in front of a model that serves at once.
fn limited(orgs: &str) -> String {
    format!(
        r#"
        [run]
        duration = "5 h"
        drain = "1 min"
        interval = "1 h"
        [[model]]
        name = "m"
        engine.slots = {{ per_replica = 1, service.constant = "0 s" }}
        limit = {{ enforcement = "strict", law.fixed = {{ requests = "60/min", tokens = "unlimited" }} }}
        {orgs}
        "#
    )
}

fn org(name: &str, population: &str, rate: &str) -> String {
    format!(
        r#"
        [[org]]
        name = "{name}"
        {population}
        [[org.workload]]
        name = "w"
        model = "m"
        arrivals.poisson = {{ rate = "{rate}" }}
        prompt_tokens.constant = 1
        output_tokens.constant = 1
        "#
    )
}

fn limited_share(results: &Results) -> f64 {
    results.total.account.limited_429_request as f64 / results.total.account.attempts as f64
}

#[test]
fn three_alike_members_are_limited_as_three_orgs_are() {
    let three = ["a", "b", "c"].map(|name| org(name, "", "60/min")).concat();
    let crowd = org("crowd", "population = { count = 3, demand.equal = {} }", "180/min");
    for (what, orgs) in [("three orgs", three), ("three members", crowd)] {
        // M/D/1/5 at a load of one: V8.
        let share = Estimate::over(&replicate(&limited(&orgs), 30), limited_share);
        share.assert_within(what, 0.103_45, 0.02);
    }
}

#[test]
fn s1_a_heavy_member_leaves_the_rates_of_others_alone() {
    // Ranks 2 to 5 are one group; of 60 a second rank 2 sends 208 a minute, rank 5 sends 5.
    let crowd = org("crowd", &zipf(10, 4.0), "3600/min");
    let scenario = read(&limited(&crowd).replace("5 h", "30 min"));
    let group = scenario.orgs.iter().position(|org| org.name.as_str() == "crowd.next40pct").expect("a group");
    let (results, attempts) = run_logged(&scenario);
    let mut colors = [[0u32; 2]; 4];
    for attempt in attempts.iter().filter(|attempt| attempt.workload as usize == group) {
        colors[attempt.member as usize][usize::from(attempt.green == Some(false))] += 1;
    }
    let [heavy, .., light] = colors;
    assert!(heavy[1] > 3000 && heavy[0] < 1900, "{colors:?}");
    assert!(light[0] > 100 && light[1] == 0, "{colors:?}");
    // What the group's row says is the sum over its members.
    let row = |green: bool| -> u64 {
        let bins = (0..results.rates.len()).map(|bin| results.rates.get(bin, group));
        bins.map(|bin| if green { bin.green } else { bin.red }).sum()
    };
    let sums = [0, 1].map(|i| colors.iter().map(|counts| u64::from(counts[i])).sum::<u64>());
    assert_eq!([row(true), row(false)], sums);
}

#[test]
fn what_serves_it_moves_nobodys_requests() {
    let drawn = |more: &str| {
        let text = text(&zipf(2000, 1.0), POISSON, "").replace("buffer.discipline = \"fair\"", more);
        let (_, attempts) = run_logged(&read(&text));
        let first = attempts.into_iter().filter(|attempt| attempt.attempt == 1);
        let mut requests: Vec<_> =
            first.map(|a| (a.workload, a.request, a.member, a.sent, a.prompt, a.output)).collect();
        requests.sort_unstable();
        requests
    };
    let plain = drawn("");
    assert!(plain.len() > 2500 && plain == drawn("replicas = 9\non_disconnect = \"serve\""));
}

#[test]
fn who_falls_back_is_the_same_member_elsewhere() {
    let orgs = org("crowd", &zipf(10, 4.0), "1200/min") + r#"client = { fallback = [{ model = "other" }] }"#;
    let other = "[[model]]\nname = \"other\"\nengine.slots = { per_replica = 1, service.constant = \"0 s\" }\n\
                 limit = { enforcement = \"strict\", law.fixed = { requests = \"60/min\", tokens = \"unlimited\" } }\n";
    let scenario = read(&limited(&(other.to_owned() + &orgs)).replace("5 h", "30 min"));
    let (_, attempts) = run_logged(&scenario);
    let mut members = std::collections::BTreeMap::new();
    let mut elsewhere = [[0u32; 2]; 4];
    for a in &attempts {
        let workload = &scenario.workloads[a.workload as usize];
        if scenario.orgs[workload.org as usize].name.as_str() != "crowd.next40pct" {
            continue;
        }
        assert_eq!(*members.entry(a.request).or_insert(a.member), a.member);
        if workload.fallback_of.is_some() {
            elsewhere[a.member as usize][usize::from(a.green == Some(false))] += 1;
        }
    }
    // Rank 2 sends 69 a minute: what its limit here refuses is within its limit there. Nobody else is refused.
    assert!(elsewhere[0][0] > 100 && elsewhere[1..] == [[0; 2]; 3], "{elsewhere:?}");
}

#[test]
fn checks_look_at_a_population_or_at_a_group() {
    let check = |org: &str| {
        format!("[[checks]]\norg = \"{org}\"\nworkload = \"chat\"\nmetric = \"requests\"\nmin = 1\n")
    };
    let checks = ["crowd", "crowd.top1pct", "crowd.rest"].map(check).concat();
    let scenario = read(&text(&zipf(1000, 1.0), POISSON, &checks));
    let results = run_all(&scenario, &(), None);
    let seen: Vec<f64> =
        scenario.checks.iter().map(|c| c.judge(&scenario, &results.summaries).observed.unwrap()).collect();
    let chat = scenario.workloads.iter().zip(&results.summaries).filter(|(w, _)| w.name.as_str() == "chat");
    let requests: Vec<f64> = chat.map(|(_, summary)| summary.account.requests as f64).collect();
    assert_eq!(seen, [requests.iter().sum(), requests[0], requests[3]]);
    let said: Vec<String> = scenario.checks.iter().map(|check| check.describe(&scenario)).collect();
    assert_eq!(said[0], "crowd/chat: requests at least 1");
}

/// What is wrong with a scenario.
fn refusal(text: &str) -> String {
    let mut no_trace = |_: &str| Err("no trace".to_owned());
    let read = reading::read("test.toml", text.as_bytes(), &[], &mut no_trace, 1e12);
    read.map(|_| text).unwrap_err().render(false)
}

#[test]
fn what_no_population_can_be_is_refused() {
    let long = text(&zipf(1000, 1.0), POISSON, "").replace("\"crowd\"", &format!("\"{}\"", "x".repeat(55)));
    let second = "[[org]]\nname = \"crowd.rest\"\n[[org.workload]]\nname = \"w\"\nmodel = \"m\"\n\
                  arrivals.constant.rate = \"1/s\"\nprompt_tokens.constant = 1\noutput_tokens.constant = 1\n";
    let another = second
        .replace("crowd.rest", "other")
        .replace("[[org.w", "population = { count = 9999999, demand.equal = {} }\n[[org.w");
    let incident = "[[incident]]\nat = \"1 min\"\ntraffic = { org = \"crowd.rest\", factor = 2 }\n";
    let batch = format!("{POISSON}\nlane.batch = {{}}").replace("client", "");
    let batch = text(&zipf(10, 1.0), &batch, "").replace("client = \"exponential\"", "");
    for (text, part) in [
        (text(&zipf(0, 1.0), POISSON, ""), "count"),
        (text(&zipf(10_000_001, 1.0), POISSON, ""), "count"),
        (text("population = { count = 5 }", POISSON, ""), "demand"),
        (text("population = { count = 5, demand.zipf = { s = -1.0 } }", POISSON, ""), "`s`"),
        (text("population = { count = 5, demand.lognormal = {} }", POISSON, ""), "cv"),
        (text("population = { count = 5, demand.pareto = {} }", POISSON, ""), "pareto"),
        (long, "at most 54 characters"),
        (text(&zipf(1000, 1.0), POISSON, second), "another org named `crowd.rest`"),
        (text(&zipf(1000, 1.0), POISSON, &another), "10000999 members"),
        (text(&zipf(1000, 1.0), POISSON, incident), "name the whole population"),
        (batch, "served serverless"),
    ] {
        let message = refusal(&text);
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}

#[test]
fn an_org_costs_memory_once_it_asks() {
    let expected = |count: u32, rate: &str| {
        let arrivals = format!("arrivals.poisson = {{ rate = \"{rate}\" }}");
        Expected::of(&read(&text(&zipf(count, 1.0), &arrivals, ""))).memory_bytes
    };
    let quiet = expected(10_000_000, "10/min") - expected(10, "10/min");
    assert!((150e6..250e6).contains(&quiet), "{quiet}");
    let busy = expected(1_000_000, "1M/min") - expected(10, "1M/min");
    assert!((250e6..1.1e9).contains(&busy), "{busy}");
}

/// What the platform holds grows with those who ask.
#[test]
fn a_million_orgs_of_whom_few_ask_are_quick() {
    let results = run(&text(&zipf(1_000_000, 1.0), POISSON, ""));
    assert!(results.total.account.requests > 2500);
    let orgs: Vec<String> = orgs(&read(&text(&zipf(1_000_000, 1.0), POISSON, "")));
    assert_eq!(orgs, ["crowd.top1pct", "crowd.next9pct", "crowd.next40pct", "crowd.rest", "plain"]);
}

fn orgs(scenario: &Scenario) -> Vec<String> {
    scenario.orgs.iter().map(|org| org.name.to_string()).collect()
}
