//! What a scenario will cost, before anything is run: events, and memory as the live heap of a replication.
//!
//! Both follow from the flow of attempts without its chance ([`fluid`]); how near that comes is measured by
//! `tests/estimates.rs`. What is beyond a limit all the same ends there while it runs ([`limits`](super::limits)).

use super::fluid::{self, Counts, Flow};
use super::{Scenario, Workload};
use crate::limit::pair::Pair;
use crate::limit::usage::BUCKETS;
use crate::metrics::series::{CapacityBin, OutcomeBin, RateBin};
use crate::platform::autoscaler::Scaler as _;
use crate::platform::pairs::SAMPLED;
use crate::units::Span;
use bytesize::ByteSize;

/// Expected events and memory of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Requests of one replication.
    pub requests: f64,
    /// Events of all replications.
    pub events: f64,
    /// Bytes held by one replication.
    pub memory_bytes: f64,
    /// Those of them that are for open requests, users who think and backlogs that wait.
    pub open_bytes: f64,
}

/// Bytes of an open request with its attempt, in the engine's tables.
pub const OPEN_REQUEST_BYTES: f64 = 400.0;
/// Bytes of a user and of its place in the queue of births.
const USER_BYTES: f64 = 64.0;
/// Bytes of a workload's histograms, streams and names.
const WORKLOAD_BYTES: f64 = 40_000.0;
/// Bytes of a pair that nobody has looked at, and of one that somebody has, without what its law remembers: its state
/// in a table that grows by doubling.
const PAIR_BYTES: [f64; 2] = [4.0, 2.0 * size_of::<Pair>() as f64];
/// Bytes that a success adds to a pair's window while it is the only one of its bucket.
const SUCCESS_BYTES: f64 = 48.0;
/// Bytes of a member in the table that draws members.
const MEMBER_BYTES: f64 = 12.0;
/// Bytes of a workload, a pair and a model in one bin of the series.
const BIN_BYTES: [usize; 3] = [size_of::<OutcomeBin>(), size_of::<RateBin>(), size_of::<CapacityBin>()];

impl Estimate {
    /// The estimate of a scenario.
    pub fn of(scenario: &Scenario) -> Estimate {
        let flow = fluid::flow(scenario);
        let waiting: f64 = scenario.workloads.iter().map(waiting_bytes).sum();
        let open_bytes = flow.open_max * OPEN_REQUEST_BYTES + waiting;
        Estimate {
            requests: scenario.workloads.iter().map(Workload::expected).sum(),
            events: events(scenario, &flow) * f64::from(scenario.run.replications),
            memory_bytes: fixed_bytes(scenario) + open_bytes,
            open_bytes,
        }
    }

    /// What does not fit of a scenario's runs, and how to lift it.
    ///
    /// # Errors
    /// (message, help)
    pub fn within(&self, scenario: &Scenario) -> Result<(), (String, String)> {
        let limits = &scenario.limits;
        let events_max = limits.events_max as f64;
        if self.events > events_max {
            let message =
                format!("about {:.1e} events are expected, above the limit of {events_max:.1e}", self.events);
            return Err((message, "shorten it, lower the rates, or lift the limit with --max-events".into()));
        }
        // Parts that run apart have a record each.
        let parts = scenario.parts(limits.threads.into()).len() as u64;
        let held = limits.held(scenario.run.replications).max(parts);
        let bytes = self.memory_bytes * held as f64;
        if bytes > limits.memory_max_bytes as f64 {
            let each = if held > 1 {
                format!(" ({held} runs are held at once, {} each)", ByteSize(self.memory_bytes as u64))
            } else {
                String::new()
            };
            let message = format!(
                "about {} of memory are expected{each}, above the limit of {}",
                ByteSize(bytes as u64),
                ByteSize(limits.memory_max_bytes)
            );
            let fewer = if held > 1 { ", fewer --jobs hold fewer runs at once" } else { "" };
            let help = format!(
                "a longer `run.interval` needs fewer bins{fewer}, or lift the limit with --max-memory \"16 GiB\""
            );
            return Err((message, help));
        }
        Ok(())
    }
}

/// Seconds of a replication.
fn length_s(scenario: &Scenario) -> f64 {
    scenario.run.duration.as_secs_f64() + scenario.run.drain.as_secs_f64()
}

/// Bytes of a replication that are held whatever is open: the series, the pairs, the workloads.
pub fn fixed_bytes(scenario: &Scenario) -> f64 {
    let bins = (length_s(scenario) / scenario.run.interval.as_secs_f64()).ceil();
    let rows = [scenario.workloads.len(), scenario.pairs.len(), scenario.models.len()];
    let series: f64 = rows.iter().zip(BIN_BYTES).map(|(&n, bytes)| (n * bytes) as f64).sum::<f64>() * bins;
    series + pairs_bytes(scenario) + scenario.workloads.len() as f64 * WORKLOAD_BYTES
}

/// Events of one replication.
fn events(scenario: &Scenario, flow: &Flow) -> f64 {
    let length_s = length_s(scenario);
    let of = |(workload, counts)| workload_events(scenario, workload, counts, length_s);
    let workloads: f64 = scenario.workloads.iter().zip(&flow.counts).map(of).sum();
    let looks = scenario.models.iter().filter_map(|model| model.autoscaler.interval());
    workloads + looks.map(|interval| length_s / interval.as_secs_f64()).sum::<f64>()
}

/// Events of a workload: its births, sends and what follows from them.
fn workload_events(scenario: &Scenario, workload: &Workload, counts: &Counts, length_s: f64) -> f64 {
    let model = &scenario.models[workload.pool as usize];
    let client = &workload.client;
    // Of an independent client's request the birth is seen as its first attempt arrives.
    let asks = client.is_shared() || workload.arrivals.backlog().is_some();
    let born = if asks { counts.requests } else { 0.0 };
    let again = (counts.attempts - counts.requests).max(0.0);
    let asked_again = if client.is_shared() { again } else { 0.0 };
    // Of one that is batched a pass begins and ends, and its end is moved by somebody else's.
    let per_served = if model.engine.batching().is_some() { 3.0 } else { 1.0 };
    let answers = if scenario.answers_travel(workload.home) { counts.answered } else { 0.0 };
    // Timers ring for who is late, or once in their time to find that nobody is.
    let rings = |late: f64, armed: f64, span: Span| match span {
        Span::MAX => late,
        span => late.max(armed.min(length_s / span.as_secs_f64().max(1e-9))),
    };
    let timers = rings(counts.timed_out, counts.attempts, client.timeout)
        + rings(0.0, counts.requests, client.deadline)
        + rings(counts.dropped, 0.0, model.buffer.max_wait);
    // Whom the platform learns to be gone, and the end of what it had begun for them.
    let gone = 2.0 * counts.timed_out;
    counts.requests + born + again + asked_again + per_served * counts.worked + answers + timers + gone
}

/// Bytes of what a closed loop keeps beside the requests that are on their way.
fn waiting_bytes(workload: &super::Workload) -> f64 {
    let users = workload.arrivals.users().map_or(0.0, |users| f64::from(users.users) * USER_BYTES);
    let backlog = workload.arrivals.backlog().map_or(0.0, |b| b.requests() as f64 * OPEN_REQUEST_BYTES);
    if workload.fallback_of.is_some() { 0.0 } else { users + backlog }
}

/// What the limits of all pairs take, and the tables of members. A pair is small until its first request.
fn pairs_bytes(scenario: &Scenario) -> f64 {
    let mut requests = vec![0.0; scenario.pairs.len()];
    scenario.workloads.iter().for_each(|w| requests[w.pair as usize] += w.expected());
    let of_pair = |(pair, requests): (&super::PairId, f64)| {
        let members = f64::from(pair.members);
        let seen = members.min(requests + f64::from(SAMPLED));
        let buckets = (requests / seen).min(BUCKETS as f64 + 1.0);
        let law = scenario.models[pair.model as usize].policy.law.memory_bytes() as f64;
        members * PAIR_BYTES[0] + seen * (PAIR_BYTES[1] + law + buckets * SUCCESS_BYTES)
    };
    let crowded = scenario.orgs.iter().filter(|org| org.crowd.is_some());
    let tables: f64 = crowded.map(|org| f64::from(org.members()) * MEMBER_BYTES).sum();
    scenario.pairs.iter().zip(requests).map(of_pair).sum::<f64>() + tables
}
