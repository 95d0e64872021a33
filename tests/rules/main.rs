//! The rules of the platform, one acceptance test each, under the default law unless a rule needs otherwise.
//!
//! | file | rules |
//! |---|---|
//! | [`limits`] | S1–S6: what the dynamic rate follows |
//! | [`laws`] | S2–S6 under every law: those it declares, and no others |
//! | [`outcomes`] | S7, S8, S12: what becomes of an attempt, and what its answer says |
//! | [`capacity`] | S9, S10: capacity follows demand |
//! | [`lanes`] | S15, S16: alternatives, and what they cost |
//! | [`clients`] | S11, S13, S14: how to send |
//! | [`fair`] | S7b: orgs take turns in the buffer |
//! | [`incidents`] | what an incident looks like to who sends |
//! | [`page`] | what the page says beyond them |

#[path = "../common/mod.rs"]
mod common;

mod capacity;
mod clients;
mod fair;
mod incidents;
mod lanes;
mod laws;
mod limits;
mod outcomes;
mod page;

use ratetide::metrics::observer::{AttemptRecord, Ended};
use ratetide::replications::Results;
use ratetide::reply::Reply;

/// The run, in the keys of `[run]`, series by the minute; then models and orgs.
fn scenario_text(run: &str, parts: &[String]) -> String {
    format!("[run]\ninterval = \"1 min\"\n{run}\n{}", parts.concat())
}

/// A model of so many replicas and slots that serves each request in the same time.
fn model(name: &str, replicas: u32, slots: u32, service: &str, more: &str) -> String {
    format!(
        r#"
        [[model]]
        name = "{name}"
        replicas = {replicas}
        engine.slots = {{ per_replica = {slots}, service.constant = "{service}" }}
        {more}
        "#
    )
}

/// An org of the workloads that follow.
fn org(name: &str) -> String {
    format!("\n[[org]]\nname = \"{name}\"\n")
}

/// A workload of requests of 200 tokens.
fn workload(model: &str, more: &str) -> String {
    sized_workload(model, 100, 100, more)
}

/// A workload named after its model, of requests of these tokens.
fn sized_workload(model: &str, prompt: u32, output: u32, more: &str) -> String {
    format!(
        r#"
        [[org.workload]]
        name = "to-{model}"
        model = "{model}"
        prompt_tokens.constant = {prompt}
        output_tokens.constant = {output}
        {more}
        "#
    )
}

/// The dynamic request rate of a pair at the start of a minute, in requests per minute.
fn rate_rpm(results: &Results, pair: usize, minute: usize) -> f64 {
    60.0 * results.rates.get(minute, pair).dynamic.requests
}

/// The dynamic request rate of the first workload's pair when traffic ends, in requests per minute.
fn rate_in_the_end_rpm(results: &Results) -> f64 {
    60.0 * results.summaries[0].dynamic.expect("one pair")[1].requests
}

/// Attempts of a pair that arrived above the rate.
fn red_attempts(results: &Results, pair: usize) -> u64 {
    (0..results.rates.len()).map(|minute| results.rates.get(minute, pair).red).sum()
}

/// The answer to an attempt, if it got one.
fn answer(attempt: &AttemptRecord) -> Option<Reply> {
    match attempt.ended {
        Ended::Answered(reply) => Some(reply),
        Ended::TimedOut | Ended::InFlight => None,
    }
}
