//! Nothing is lost: requests, attempts and tokens balance in every run and in every interval, the meters keep
//! their bound, nobody is served without a place, no clock goes back, and Little's law holds to the nanosecond.
//!
//! A thousand scenarios of each kind; `RATETIDE_SCENARIOS=40000` for more (`.ci/long scenarios`),
//! `RATETIDE_SEED=7` for one alone.

mod common;

use common::cases::{are_many, cases, each};
use common::read;
use common::run::{observed, run_logged};
use common::scenarios::{ANY, Parts, bare, text};
use common::watch::{Held, Watch};
use ratetide::client::presets::PRESETS;
use ratetide::limit::law::{LAWS, Law};
use ratetide::metrics::ledger::Ledger;
use ratetide::metrics::observer::Observer;
use ratetide::metrics::recorder::Recorder;
use ratetide::scenario::Scenario;
use ratetide::units::{SimTime, Span};
use std::collections::BTreeMap;

const SCENARIOS: u64 = 1000;

/// Run a scenario under watch; its series, its accounts, and on how many models Little's law was put to the test.
fn recorded(scenario: &Scenario) -> (Recorder<'static>, Ledger, Held) {
    let mut watch = Watch::new(scenario);
    let run = observed(scenario, &mut watch);
    assert!(run.end == SimTime::ZERO + scenario.run.duration + scenario.run.drain);
    let (recorder, held) = watch.finish(run.end, &run.ledger);
    (recorder, run.ledger, held)
}

/// The same, with all that must balance; the accounts do, or the run would have ended.
fn balanced(seed: u64, scenario: &Scenario) -> (Ledger, Held) {
    let (recorder, ledger, held) = recorded(scenario);
    assert_stocks(seed, scenario, &recorder, &ledger);
    assert_platform_counts(seed, scenario, &recorder, &ledger);
    (ledger, held)
}

/// The sums of what was counted in each case.
fn totals<const N: usize>(found: impl IntoIterator<Item = [u64; N]>) -> [u64; N] {
    found.into_iter().fold([0; N], |sums, counts| std::array::from_fn(|i| sums[i] + counts[i]))
}

/// Stocks after a bin are the stocks before it, plus what came in, minus what went out.
fn assert_stocks(seed: u64, scenario: &Scenario, recorder: &Recorder, ledger: &Ledger) {
    for (workload, account) in ledger.whole.iter().enumerate() {
        let plan = &scenario.workloads[workload];
        let one_by_one = plan.client.hedge.is_none() && plan.fallback_of.is_none();
        let (mut open, mut in_flight) = (0u64, 0u64);
        for bin in 0..recorder.outcomes.len() {
            let row = recorder.outcomes.get(bin, workload);
            let out = row.succeeded + row.gave_up;
            open = (open + row.requests).checked_sub(out).unwrap_or_else(|| panic!("seed {seed}: {row:?}"));
            in_flight = (in_flight + row.attempts)
                .checked_sub(row.ended())
                .unwrap_or_else(|| panic!("seed {seed}: {row:?}"));
            assert!(!one_by_one || in_flight <= open, "seed {seed}, bin {bin}: an attempt without a request");
        }
        assert_eq!((open, in_flight), (account.open, account.in_flight), "seed {seed}, workload {workload}");
    }
}

/// What reaches the platform is labelled once, and what is served was started once.
fn assert_platform_counts(seed: u64, scenario: &Scenario, recorder: &Recorder, ledger: &Ledger) {
    let sum = |columns: usize, count: &dyn Fn(usize, usize) -> u64| -> u64 {
        (0..recorder.capacity.len()).flat_map(|bin| (0..columns).map(move |i| count(bin, i))).sum()
    };
    let models = scenario.models.len();
    let offered = sum(models, &|bin, model| recorder.capacity.get(bin, model).offered);
    let started = sum(models, &|bin, model| recorder.capacity.get(bin, model).started);
    let rate = |bin, pair| recorder.rates.get(bin, pair);
    let labelled = sum(scenario.pairs.len(), &|bin, pair| rate(bin, pair).green + rate(bin, pair).red);
    // Batch work is neither labelled nor offered.
    let labelled_ones = ledger.whole.iter().zip(&scenario.workloads).filter(|(_, w)| !w.is_batch());
    let accounts: Vec<_> = labelled_ones.map(|(account, _)| account).collect();
    let attempts: u64 = accounts.iter().map(|account| account.attempts).sum();
    let unanswered: u64 = accounts.iter().map(|account| account.client_timeout + account.in_flight).sum();
    let served: u64 = accounts.iter().map(|account| account.ok_200).sum();
    assert_eq!(offered, labelled, "seed {seed}");
    assert!(offered <= attempts && attempts - offered <= unanswered, "seed {seed}: {offered} of {attempts}");
    assert!(served <= started && started <= offered, "seed {seed}: {served} of {started} started");
}

/// A random scenario whose demand is all closed loops: users, with and without sessions, and backlogs.
fn closed_loops(seed: u64) -> String {
    let loops = [
        "users = { users = 3, think.exponential = { mean = \"1 s\" } }",
        "backlog = { requests = 30, concurrency = 2 }",
        "users = { users = 7, think.constant = \"1 s\", session = { turns = 3, context_tokens = 9 } }",
        "backlog = { requests = 20, rate = \"2/s\" }",
        "backlog = { requests = 25 }",
    ];
    let mut next = loops.iter().cycle().skip(seed as usize % loops.len());
    let change = |line: &str| match line {
        line if line.starts_with("arrivals.") => format!("arrivals.{}\n", next.next().expect("for ever")),
        line if line.starts_with("profile") => String::new(),
        line => format!("{line}\n"),
    };
    text(seed, ANY, Span::from_s(1)).lines().map(change).collect()
}

#[test]
fn closed_loops_balance_in_every_interval() {
    let seeds = cases(SCENARIOS);
    let found = each("conservation", "closed_loops_balance_in_every_interval", &seeds, |seed| {
        let scenario = read(&closed_loops(seed));
        let (ledger, _) = balanced(seed, &scenario);
        let (mut done, mut open, mut requests) = (0, 0, 0);
        for (workload, account) in scenario.workloads.iter().zip(&ledger.whole) {
            let born = account.requests;
            if workload.fallback_of.is_some() {
                assert_eq!(born, 0, "seed {seed}");
            } else if let Some(backlog) = workload.arrivals.backlog() {
                assert_eq!(born, backlog.requests(), "seed {seed}");
                done += u64::from(account.succeeded == born);
            } else if let Some(users) = workload.arrivals.users() {
                // One request each at a time.
                assert!(account.open <= u64::from(users.users), "seed {seed}: {} open", account.open);
            }
            (open, requests) = (open + account.open, requests + born);
        }
        [done, open, requests]
    });
    let [done, open, requests] = totals(found);
    let many = done > 100 && open > 1000 && requests > 50_000;
    assert!(many || !are_many(&seeds, SCENARIOS), "{done} backlogs done, {open} of {requests} open");
}

#[test]
fn stocks_balance_in_every_interval_of_every_scenario() {
    let seeds = cases(SCENARIOS);
    let found = each("conservation", "stocks_balance_in_every_interval_of_every_scenario", &seeds, |seed| {
        let scenario = read(&text(seed, ANY, Span::from_s(1)));
        let (ledger, held) = balanced(seed, &scenario);
        let kinds = ledger.whole.iter().map(|account| {
            let limited = account.limited_429_request + account.limited_429_token;
            let ends = [account.ok_200, limited, account.unavailable_503];
            let others = [account.client_timeout, account.open, account.wasted.total()];
            std::array::from_fn(|i| if i < 3 { ends[i] } else { others[i - 3] })
        });
        (totals::<6>(kinds), held)
    });
    let (kinds, held): (Vec<_>, Vec<Held>) = found.into_iter().unzip();
    let (kinds, held) = (totals(kinds), totals(held));
    if are_many(&seeds, SCENARIOS) {
        assert!(kinds.iter().all(|&count| count > 1000), "the scenarios have little in them: {kinds:?}");
        assert!(held.iter().all(|&count| count > 100), "Little's law had little to hold: {held:?}");
    }
}

/// A hedge's reminder may find another request under the number of its own: one without a delay, whose gate is shut,
/// asked for no reminder and would give itself the next at the same instant, for ever.
#[test]
fn a_reminder_of_a_hedge_that_is_over_wakes_nobody_else() {
    for seed in [6757, 9470] {
        balanced(seed, &read(&text(seed, ANY, Span::from_s(1))));
    }
}

/// Where all fail, what is left of them is nothing, up to rounding; the estimate divided by it, and the scenario was
/// refused.
#[test]
fn a_share_that_is_rounded_below_nothing_is_nothing() {
    balanced(13_660, &read(&closed_loops(13_660)));
}

/// Laws, presets of clients, lanes and engines are all among the random scenarios.
#[test]
fn the_scenarios_leave_nothing_out() {
    let texts: String = (0..SCENARIOS).map(|seed| text(seed, ANY, Span::from_s(1))).collect();
    let presets = PRESETS.iter().map(|preset| format!("client = \"{}\"", preset.name));
    let laws = LAWS.members.iter().map(|member| format!("law.{} = ", member.tag));
    let others =
        ["lane.batch", "lane.dedicated", "engine.slots", "engine.batching", "fallback = ", "hedge = "];
    let missing: Vec<String> = presets
        .chain(laws)
        .chain(others.map(str::to_owned))
        .filter(|words| !texts.contains(words.as_str()))
        .collect();
    assert_eq!(missing, [""; 0]);
}

/// A random scenario whose serverless orgs are populations.
fn crowded(seed: u64) -> String {
    let mut parts = Parts::draw(seed, ANY, Span::from_s(1));
    for (i, (head, workloads)) in parts.orgs.iter_mut().enumerate() {
        let demand =
            ["zipf = { s = 1.0 }", "equal = {}", "lognormal = { cv = 2.0 }"][(seed as usize + i) % 3];
        if !workloads.iter().any(|workload| workload.contains("lane")) {
            head.push_str(&format!("population = {{ count = {}, demand.{demand} }}\n", 1 + (seed * 7) % 300));
        }
    }
    parts.text()
}

#[test]
fn stocks_balance_in_every_interval_with_populations() {
    let seeds = cases(SCENARIOS / 2);
    let found = each("conservation", "stocks_balance_in_every_interval_with_populations", &seeds, |seed| {
        let scenario = read(&crowded(seed));
        balanced(seed, &scenario);
        [scenario.orgs.iter().filter(|org| org.members() > 1).count() as u64]
    });
    let [groups] = totals(found);
    assert!(groups > 1000 || !are_many(&seeds, SCENARIOS / 2), "only {groups} groups");
}

/// The scenario of a number, its models changed to the combination of that number: every law with every engine,
/// enforcement, discipline and autoscaler once in as many numbers as there are combinations.
fn combined(number: usize) -> String {
    let mut laws = bare(&LAWS);
    laws.push(
        r#"formula = { requests = "clamp(2 * success_rate + 0.1 * demand * headroom, base, cap)",
            tokens = "max(previous * 0.5, success_rate)" }"#
            .replace('\n', " "),
    );
    let laws: Vec<String> = laws.into_iter().map(|law| format!("law.{law}")).collect();
    let engines = [
        r#"engine.slots = { per_replica = 2, service.exponential = { mean = "2 s" } }"#,
        r#"engine.batching = { prefill = "500 ms", per_prompt_token = "100 ms", step = "500 ms",
            step_per_sequence = "500 ms", max_batch = 4, kv_tokens = 20 }"#,
    ];
    let enforcements =
        ["soft", "attribution", "hard", "strict"].map(|word| format!("enforcement = \"{word}\""));
    let disciplines = ["fifo", "fair"].map(|word| format!("discipline = \"{word}\""));
    let looks = r#"min = 0, max = 4, cold_start.constant = "3 s", interval = "2 s", cooldown = "4 s""#;
    let autoscalers = [
        "autoscaler.fixed = {}".to_owned(),
        format!(
            "autoscaler.reactive = {{ {looks}, target = 2.0, scale_up_window = \"2 s\", scale_down_window = \"6 s\" }}"
        ),
        format!("autoscaler.predictive = {{ {looks} }}"),
    ];
    let mut rest = number;
    let mut pick = |from: &[String]| {
        let picked = from[rest % from.len()].clone();
        rest /= from.len();
        picked
    };
    let (law, enforcement) = (pick(&laws), pick(&enforcements));
    let (autoscaler, discipline) = (pick(&autoscalers), pick(&disciplines));
    let engine = pick(&engines.map(|engine| engine.replace('\n', " ")));
    let table = |text: &str| -> toml::Table { text.parse().unwrap_or_else(|e| panic!("{text}: {e}")) };
    let mut scenario = table(&text(number as u64, ANY, Span::from_s(1)));
    for model in scenario["model"].as_array_mut().expect("models") {
        let model = model.as_table_mut().expect("a model");
        model.extend(table(&engine));
        model.extend(table(&autoscaler));
        model["buffer"].as_table_mut().expect("a buffer").extend(table(&discipline));
        let limit = model["limit"].as_table_mut().expect("a limit");
        limit.extend(table(&law));
        limit.extend(table(&enforcement));
    }
    scenario.to_string()
}

/// Laws × enforcements × autoscalers × disciplines × engines.
fn combinations() -> usize {
    (bare(&LAWS).len() + 1) * 4 * 3 * 2 * 2
}

/// Whatever is combined with whatever, nothing is lost; that no meter runs ahead of its bound after a charge is
/// asserted by the meters themselves.
#[test]
fn v30_every_combination_conserves() {
    assert!(combinations() <= SCENARIOS as usize, "{} combinations", combinations());
    let numbers = cases(SCENARIOS);
    let found = each("conservation", "v30_every_combination_conserves", &numbers, |number| {
        let (ledger, _) = balanced(number, &read(&combined(number as usize)));
        totals(ledger.whole.iter().map(|account| {
            let limited = account.limited_429_request + account.limited_429_token;
            [account.ok_200, limited, account.unavailable_503]
        }))
    });
    let counts = totals(found);
    let many = counts.iter().all(|&count| count > 1000);
    assert!(many || !are_many(&numbers, SCENARIOS), "the scenarios have little in them: {counts:?}");
}

/// The instants of each pair's green attempts.
#[derive(Default)]
struct Greens(BTreeMap<u32, Vec<SimTime>>);

impl Observer for Greens {
    fn labelled(&mut self, at: SimTime, pair: u32, _model: u32, green: bool) {
        if green {
            self.0.entry(pair).or_default().push(at);
        }
    }
}

/// With a constant D, any n green attempts in a row take at least n/D less the burst, or less one of them
/// where the burst is shorter than that.
#[test]
fn no_meter_lets_more_through_than_its_rate_and_burst() {
    let seeds = cases(SCENARIOS);
    let found = each("conservation", "no_meter_lets_more_through_than_its_rate_and_burst", &seeds, |seed| {
        let mut checked = 0;
        let scenario = read(&text(seed, ANY, Span::from_s(1)));
        let mut greens = Greens::default();
        observed(&scenario, &mut greens);
        for (pair, times) in greens.0 {
            let policy = &scenario.models[scenario.pairs[pair as usize].model as usize].policy;
            let Law::Fixed(fixed) = &policy.law else { continue };
            if policy.refund_unserved {
                // What comes back may be charged again: `tests/theory_laws.rs` bounds what is not.
                continue;
            }
            let each_ns = 1e9 / fixed.limits.requests;
            let tolerance_ns = (policy.burst.as_ns() as f64).max(each_ns);
            for first in 0..times.len() {
                for (n, &last) in (1..).zip(&times[first..]) {
                    let (least, took) = (f64::from(n) * each_ns, (last - times[first]).as_ns() as f64);
                    // Each charge is rounded down to the nanosecond.
                    assert!(least <= took + tolerance_ns + f64::from(n), "seed {seed}: {n} in {took} ns");
                    checked += u64::from(each_ns > 0.0);
                }
            }
        }
        [checked]
    });
    let [checked] = totals(found);
    assert!(checked > 10_000 || !are_many(&seeds, SCENARIOS), "{checked}");
}

/// L = λW over the whole run, with waits, drops, refusals and retries: the area under the number of attempts
/// at the platform is the sum of the times they spent there.
#[test]
fn littles_law_holds_on_a_long_run() {
    let text = r#"
        run = { seed = 3, duration = "12 h", drain = "1 h", interval = "10 min" }
        [[model]]
        name = "m"
        replicas = 4
        engine.slots = { per_replica = 2, service.lognormal = { mean = "2 s", cv = 1.0 } }
        buffer = { max_wait = "3 s" }
        limit.law.fixed = { requests = "180/min" }
        [[org]]
        name = "o"
        [[org.workload]]
        name = "w"
        model = "m"
        arrivals.gamma = { rate = "3.6/s", cv = 2.0 }
        prompt_tokens.constant = 100
        output_tokens.constant = 100
        client = "exponential"
    "#;
    let scenario = read(text);
    let (results, attempts) = run_logged(&scenario);
    let rtt = scenario.workloads[0].rtt;
    let spent_ns: f64 = attempts.iter().map(|a| ((a.at - a.sent).as_ns() - rtt.as_ns()) as f64).sum();
    let bins = (0..results.capacity.len()).map(|bin| results.capacity.get(bin, 0).integrals);
    let area_ns: f64 = bins.map(|[in_service, _, waiting]| in_service + waiting).sum();
    assert!(attempts.len() > 150_000 && results.total.account.limited_429_request > 10_000);
    assert!((area_ns / spent_ns - 1.0).abs() < 0.01, "L·T = {area_ns}, ΣW = {spent_ns}");
}
