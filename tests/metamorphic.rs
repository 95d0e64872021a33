//! What must not matter, and what must matter in one direction only.
//!
//! The order of declaration: `RATETIDE_SCENARIOS=10000` for more (`.ci/long bytes`), `RATETIDE_SEED=7` for one alone.

mod common;

use common::cases::{cases, each};
use common::read;
use common::run::{guarded, observed, run_logged};
use common::scenarios::{ANY, Parts, SCALABLE, SMALL, Shape, text};
use ratetide::metrics::observer::{AttemptRecord, Ended, Observer};
use ratetide::replications::Results;
use ratetide::reply::Outcome;
use ratetide::scenario::Scenario;
use ratetide::units::{SimTime, Span};

const SECOND: Span = Span::from_s(1);

/// Attempts by workload, request and number.
fn attempts(scenario: &Scenario) -> Vec<AttemptRecord> {
    let (_, mut attempts) = run_logged(scenario);
    attempts.sort_by_key(|a| (a.workload, a.request, a.attempt));
    attempts
}

/// Everything that results say of a workload, its limits and its model; rows are found by name.
fn rows(scenario: &Scenario, results: &Results, org: &str, workload: &str) -> String {
    let is_named = |w: &ratetide::scenario::Workload| {
        scenario.orgs[w.org as usize].name.as_str() == org && w.name.as_str() == workload
    };
    let index = scenario.workloads.iter().position(is_named).expect("the workload is there");
    let found = &scenario.workloads[index];
    let bins = (0..results.outcomes.len()).map(|bin| {
        let outcomes = results.outcomes.get(bin, index);
        let rates = results.rates.get(bin, found.pair as usize);
        format!("{outcomes:?}\n{rates:?}\n{:?}\n", results.capacity.get(bin, found.pool as usize))
    });
    format!("{:?}\n{}", results.summaries[index], bins.collect::<String>())
}

/// Assert that every workload of `base` has the same rows in both.
fn assert_same_rows(base: &Scenario, other: &Scenario, why: &str) {
    let [of_base, of_other] = [base, other].map(guarded);
    for workload in &base.workloads {
        let org = base.orgs[workload.org as usize].name.as_str();
        let name = workload.name.as_str();
        let same = rows(base, &of_base, org, name) == rows(other, &of_other, org, name);
        assert!(same, "{why} changed {org}/{name}, seed {}", base.run.seed);
    }
}

/// How an attempt ended, without what it was told in whole seconds.
fn kind(ended: Ended) -> Option<Option<Outcome>> {
    match ended {
        Ended::Answered(reply) => Some(Some(reply.outcome)),
        Ended::TimedOut => Some(None),
        Ended::InFlight => None,
    }
}

/// All but the rounding to the nanosecond scales exactly: rates, spans and what follows from them are halved
/// or doubled, which is exact in binary. A rounding is at most a nanosecond, and a few hundred of them add up
/// on a meter. Where D is not a power of two they decide which of two resources that conform at the same time
/// is named as the binding one; that name then changes nothing else.
#[test]
fn twice_the_rates_and_half_the_spans_is_the_same_at_twice_the_speed() {
    const ROUNDING_NS: u64 = 1_000;
    for seed in 0..1000 {
        let texts = [1000, 500].map(|ms| text(seed, SCALABLE, Span::from_ms(ms)));
        let rounded = texts[0].contains("law.success_window");
        let [slow, fast] = texts.map(|text| attempts(&read(&text)));
        assert_eq!(slow.len(), fast.len(), "seed {seed}");
        for (slow, fast) in slow.iter().zip(&fast) {
            let name = |outcome: Outcome| (outcome.status(), (!rounded).then_some(outcome));
            let end = |a: &AttemptRecord| kind(a.ended).map(|answered| answered.map(name));
            let what = |a: &AttemptRecord| (a.request, a.attempt, a.green, end(a), a.prompt, a.output);
            assert_eq!(what(slow), what(fast), "seed {seed}, sent {:?}", slow.sent);
            let halves = |slow: u64, fast: u64| slow.abs_diff(2 * fast) <= ROUNDING_NS;
            let ns = |t: SimTime| t.as_ns();
            let wait = |a: &AttemptRecord| a.wait.map_or(0, Span::as_ns);
            assert!(halves(ns(slow.sent), ns(fast.sent)), "seed {seed}: {slow:?} {fast:?}");
            assert!(halves(ns(slow.at), ns(fast.at)), "seed {seed}: {slow:?} {fast:?}");
            assert!(halves(wait(slow), wait(fast)), "seed {seed}: {slow:?} {fast:?}");
        }
    }
}

#[test]
fn an_idle_org_changes_nothing_for_the_others() {
    for seed in 0..300 {
        let base = Parts::draw(seed, ANY, SECOND);
        let mut more = base.clone();
        let idle = "\n[[org.workload]]\nname = \"idle\"\nmodel = \"m0\"\narrivals.poisson = { rate = \"9/s\" }\n\
                    profile = [ { at = \"0 s\", factor = 0.0 } ]\nprompt_tokens.constant = 999\n\
                    output_tokens.constant = 777\nclient = { preset = \"exponential\", timeout = \"7 s\" }\n";
        more.orgs.push(("\n[[org]]\nname = \"a-idle\"\n".into(), vec![idle.into()]));
        assert_same_rows(&read(&base.text()), &read(&more.text()), "an idle org");
    }
}

#[test]
fn the_order_of_declaration_changes_nothing() {
    each("metamorphic", "the_order_of_declaration_changes_nothing", &cases(300), |seed| {
        let base = Parts::draw(seed, ANY, SECOND);
        assert_same_rows(&read(&base.text()), &read(&base.shuffled(seed).text()), "another order");
    });
}

#[test]
fn traffic_of_one_model_changes_nothing_on_another() {
    let mut compared = 0;
    for seed in 0..600 {
        let all = Parts::draw(seed, ANY, SECOND);
        let mut some = all.clone();
        some.orgs.iter_mut().for_each(|(_, workloads)| workloads.retain(|w| w.contains("model = \"m0\"")));
        some.orgs.retain(|(_, workloads)| !workloads.is_empty());
        // An incident of somebody's traffic names an org that may be left out.
        let named = some.blocks.iter().any(|block| block.contains("org = \"o0\""));
        let nobody = named && !some.orgs.iter().any(|(head, _)| head.contains("\"o0\""));
        if some.orgs.is_empty() || nobody || some.text() == all.text() {
            continue;
        }
        assert_same_rows(&read(&some.text()), &read(&all.text()), "another model's traffic");
        compared += 1;
    }
    assert!(compared > 200, "{compared}");
}

/// Counts 503s.
#[derive(Default)]
struct Unavailable(u64);

impl Observer for Unavailable {
    fn ended(&mut self, record: &AttemptRecord) {
        self.0 += u64::from(kind(record.ended) == Some(Some(Outcome::Unavailable)));
    }
}

#[test]
fn more_capacity_never_raises_the_503_count() {
    let mut fell = 0;
    for seed in 0..200u64 {
        let arrivals =
            ["poisson = { rate = \"4/s\" }", "batch = { size = 9, every = \"2 s\" }"][seed as usize % 2];
        let (max_wait_ms, early) = (250 * (seed / 4 % 12), seed / 2 % 2 == 0);
        let count = |slots: u64| {
            let text = format!(
                "run = {{ seed = {seed}, duration = \"1 min\" }}\n[[model]]\nname = \"m\"\n\
                 engine.slots = {{ per_replica = {slots}, service.constant = \"700 ms\" }}\n\
                 buffer = {{ max_wait = \"{max_wait_ms} ms\", early_refusal = {early} }}\n\
                 limit.law.unlimited = {{}}\n[[org]]\nname = \"o\"\n[[org.workload]]\nname = \"w\"\n\
                 model = \"m\"\narrivals.{arrivals}\nprompt_tokens.constant = 1\noutput_tokens.constant = 1\n"
            );
            let mut unavailable = Unavailable::default();
            observed(&read(&text), &mut unavailable);
            unavailable.0
        };
        let counts: Vec<u64> = (1..=8).map(count).collect();
        assert!(counts.is_sorted_by(|few, more| few >= more), "seed {seed}: {counts:?}");
        fell += u64::from(counts[0] > counts[7]);
    }
    assert!(fell > 190, "capacity mattered in {fell} of 200");
}

/// Births, and the tokens of what was sent.
#[derive(Default, PartialEq, Debug)]
struct Traffic {
    births: Vec<(u32, SimTime)>,
    tokens: std::collections::BTreeMap<(u32, u64), (u32, u32)>,
}

impl Observer for Traffic {
    fn born(&mut self, at: SimTime, workload: u32) {
        self.births.push((workload, at));
    }

    fn ended(&mut self, record: &AttemptRecord) {
        self.tokens.insert((record.workload, record.request), (record.prompt, record.output));
    }
}

fn traffic(scenario: &Scenario) -> Traffic {
    let mut traffic = Traffic::default();
    observed(scenario, &mut traffic);
    traffic.births.sort();
    traffic
}

#[test]
fn another_client_meets_the_same_arrivals_and_tokens() {
    for seed in 0..300 {
        let mut scenario = read(&text(seed, ANY, SECOND));
        let before = traffic(&scenario);
        for workload in &mut scenario.workloads {
            workload.client =
                ratetide::client::presets::find("exponential").expect("a preset").client.clone();
        }
        assert_eq!(before.births, traffic(&scenario).births, "seed {seed}");
        let after = traffic(&scenario).tokens;
        // A request that one client gave up before it was sent shows its tokens under the other alone.
        let differing = before.tokens.iter().find(|(id, tokens)| after.get(id).is_some_and(|t| t != *tokens));
        assert_eq!(differing, None, "seed {seed}");
    }
}

#[test]
fn being_watched_changes_nothing() {
    for (seed, shape) in (0..200).flat_map(|seed| [(seed, SMALL), (seed, ANY)]) {
        let shape: Shape = shape;
        let scenario = read(&text(seed, shape, SECOND));
        let watched = observed(&scenario, &mut Traffic::default());
        let unwatched = observed(&scenario, &mut ());
        assert_eq!((watched.ledger, watched.events), (unwatched.ledger, unwatched.events), "seed {seed}");
    }
}
