//! Two arms: a naive simulator written from the model's description alone agrees with the engine, event by
//! event, on thousands of random small scenarios.
//!
//! `RATETIDE_SCENARIOS=10000` for more (`.ci/long arms`), `RATETIDE_SEED=7` for one alone.

mod common;
mod naive;

use common::cases::{are_many, cases, each};
use common::run::observed;
use common::scenarios::{Arms, BATCHING, CLIENTS, PLATFORM, SMALL, Shape, text};
use naive::{Attempt, End, Naive, Ns};
use ratetide::client::GaveUp;
use ratetide::metrics::observer::{AttemptRecord, Ended, Observer};
use ratetide::scenario::Scenario;
use ratetide::units::{SimTime, Span};
use std::collections::BTreeMap;

const SCENARIOS: u64 = 5000;
/// Of platforms and clients of all kinds, whose runs are longer.
const SCENARIOS_OF_ALL_KINDS: u64 = 2500;

/// Four outcomes, waited for or not; the two of them that need not tell a reset, told or not; timeouts and attempts in flight, waiting or not;
/// successes and three reasons to give up.
const KINDS: usize = (2 + 2 * 2) * 2 + 2 * 2 + 1 + 3;
/// What clients of all kinds have besides: a budget that is spent, their own rejection, a window that has ended.
const KINDS_OF_CLIENTS: usize = 3;

/// What the engine did, in the naive arm's words.
#[derive(Default)]
struct Seen {
    attempts: Vec<Attempt>,
    ends: Vec<End>,
}

fn at(time: SimTime) -> Ns {
    Ns::from(time.as_ns())
}

impl Observer for Seen {
    fn reads_headers(&self) -> bool {
        true
    }

    fn ended(&mut self, record: &AttemptRecord) {
        self.attempts.push(Attempt {
            workload: record.workload as usize,
            request: record.request,
            member: record.member,
            attempt: record.attempt,
            sent: at(record.sent),
            at: at(record.at),
            ended: record.ended,
            green: record.green,
            wait: record.wait.map(|wait| Ns::from(wait.as_ns())),
        });
    }

    fn succeeded(&mut self, time: SimTime, workload: u32, _counted: bool, _took: Span) {
        self.ends.push(End { at: at(time), workload: workload as usize, gave_up: None });
    }

    fn gave_up(&mut self, time: SimTime, workload: u32, reason: GaveUp) {
        self.ends.push(End { at: at(time), workload: workload as usize, gave_up: Some(reason) });
    }
}

/// The first attempt or end in which the two arms differ; what happened is told to `kinds`.
fn difference(scenario: &Scenario, kinds: &mut BTreeMap<String, u64>) -> Option<String> {
    let mut seen = Seen::default();
    observed(scenario, &mut seen);
    seen.attempts.iter().for_each(|attempt| *kinds.entry(attempt_kind(attempt)).or_default() += 1);
    seen.ends.iter().for_each(|end| *kinds.entry(format!("{:?}", end.gave_up)).or_default() += 1);
    let mut naive = Naive::run(scenario);
    let order = |a: &Attempt| (a.at, a.workload, a.request, a.attempt);
    seen.attempts.sort_by_key(order);
    naive.attempts.sort_by_key(order);
    seen.ends.sort();
    naive.ends.sort();
    first_difference(&seen.attempts, &naive.attempts).or(first_difference(&seen.ends, &naive.ends))
}

fn attempt_kind(attempt: &Attempt) -> String {
    let waited = if attempt.wait.is_some_and(|wait| wait > 0) { "after a wait" } else { "at once" };
    match attempt.ended {
        Ended::Answered(reply) => {
            let told = if reply.reset.is_some() { "told" } else { "not told" };
            format!("{:?} {waited}, {told}", reply.outcome)
        }
        ended => format!("{ended:?} {waited}"),
    }
}

fn first_difference<T: PartialEq + std::fmt::Debug>(engine: &[T], naive: &[T]) -> Option<String> {
    let longest = engine.len().max(naive.len());
    let i = (0..longest).find(|&i| engine.get(i) != naive.get(i))?;
    Some(format!("at {i} of {longest}\n  engine {:?}\n  naive  {:?}", engine.get(i), naive.get(i)))
}

#[test]
fn the_engine_and_a_naive_simulator_agree_event_by_event() {
    agree("the_engine_and_a_naive_simulator_agree_event_by_event", SMALL);
}

#[test]
fn batches_in_virtual_time_and_a_naive_simulator_agree_event_by_event() {
    agree("batches_in_virtual_time_and_a_naive_simulator_agree_event_by_event", BATCHING);
}

#[test]
fn platforms_of_all_kinds_and_a_naive_simulator_agree_event_by_event() {
    agree("platforms_of_all_kinds_and_a_naive_simulator_agree_event_by_event", PLATFORM);
}

#[test]
fn clients_of_all_kinds_and_a_naive_simulator_agree_event_by_event() {
    agree("clients_of_all_kinds_and_a_naive_simulator_agree_event_by_event", CLIENTS);
}

/// So that minutes pass in some.
const TICKS_S: [u64; 5] = [1, 1, 7, 20, 120];

fn agree(test: &str, shape: Shape) {
    let usual = if shape.all_options { SCENARIOS_OF_ALL_KINDS } else { SCENARIOS };
    let seeds = cases(usual);
    let found = each("two_arms", test, &seeds, |seed| {
        let mut kinds = BTreeMap::new();
        let tick = if shape.all_options { TICKS_S[seed as usize % TICKS_S.len()] } else { 1 };
        let text = text(seed, shape, Span::from_s(tick));
        let differs = difference(&common::read(&text), &mut kinds);
        (kinds, differs.map(|found| (seed, format!("{found}\n{text}"))))
    });
    let mut kinds = BTreeMap::<String, u64>::new();
    let mut differing = Vec::new();
    for (counts, differs) in found {
        counts.into_iter().for_each(|(kind, count)| *kinds.entry(kind).or_default() += count);
        differing.extend(differs);
    }
    if let Some((seed, found)) = differing.iter().min_by_key(|(_, found)| found.len()) {
        let first: Vec<u64> = differing.iter().map(|(seed, _)| *seed).take(20).collect();
        panic!(
            "{} of {} scenarios differ, first {first:?}\nagain: RATETIDE_SEED={seed} cargo test --locked --test \
             two_arms -- --exact {test}\nthe shortest, {found}",
            differing.len(),
            seeds.len()
        );
    }
    // The scenarios have the power to tell: everything that can happen happens often.
    if are_many(&seeds, usual) {
        let more = if shape.arms == Arms::Clients { KINDS_OF_CLIENTS } else { 0 };
        assert_eq!(kinds.len(), KINDS + more, "{kinds:#?}");
        assert!(kinds.values().all(|&count| count >= 100), "{kinds:#?}");
    }
}
