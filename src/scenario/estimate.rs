//! What a scenario will cost, before anything is run: events, and memory as the live heap of a replication.
//!
//! Retries are not foreseen, and everybody is taken to wait as long as the buffer lets them at the busiest rate; how near
//! that comes on the shipped scenarios is measured by `tests/estimates.rs`. What is beyond a limit all the same ends there
//! while it runs ([`limits`](super::limits)).

use super::Scenario;
use crate::limit::pair::Pair;
use crate::limit::usage::BUCKETS;
use crate::platform::autoscaler::Scaler as _;
use crate::platform::pairs::SAMPLED;
use crate::platform::serving::ReplicaEngine as _;
use bytesize::ByteSize;

/// Expected events and memory of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Requests of one replication.
    pub requests: f64,
    /// Events of all replications: two for each attempt, two more where it is batched, one for an answer that
    /// arrives by itself, one for each look of an autoscaler. Users may send as often as they can: as if they were refused at once.
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
const BIN_BYTES: [f64; 3] = [150.0, 60.0, 150.0];

impl Estimate {
    /// The estimate of a scenario.
    pub fn of(scenario: &Scenario) -> Estimate {
        let run = &scenario.run;
        let length_s = run.duration.as_secs_f64() + run.drain.as_secs_f64();
        let requests: f64 = scenario.workloads.iter().map(super::Workload::expected).sum();
        let most: f64 = scenario.workloads.iter().map(most).sum();
        // A pass of its own, and its end moved by somebody else's, for each request that is batched.
        let batches = |w: &&super::Workload| scenario.models[w.pool as usize].engine.batching().is_some();
        let turns: f64 = scenario.workloads.iter().filter(batches).map(|w| 2.0 * w.expected()).sum();
        let looks: f64 = scenario
            .models
            .iter()
            .filter_map(|model| model.autoscaler.interval())
            .map(|interval| length_s / interval.as_secs_f64())
            .sum();
        let bins = (length_s / run.interval.as_secs_f64()).ceil();
        let rows = [scenario.workloads.len(), scenario.pairs.len(), scenario.models.len()];
        let series: f64 = rows.iter().zip(BIN_BYTES).map(|(&n, bytes)| n as f64 * bytes).sum::<f64>() * bins;
        let open = requests.min(expected_open(scenario));
        // The birth of a backlog's request is looked at before it is sent.
        let births = |w: &super::Workload| w.arrivals.backlog().map_or(0.0, |_| w.expected());
        let births: f64 = scenario.workloads.iter().map(births).sum();
        // An answer that arrives at its own instant is an event.
        let answers = |w: &super::Workload| if scenario.answers_travel(w.home) { self::most(w) } else { 0.0 };
        let answers: f64 = scenario.workloads.iter().map(answers).sum();
        let waiting: f64 = scenario.workloads.iter().map(waiting_bytes).sum();
        let open_bytes = open * OPEN_REQUEST_BYTES + waiting;
        Estimate {
            requests,
            events: (2.0 * most + births + answers + turns + looks) * f64::from(run.replications),
            memory_bytes: series
                + open_bytes
                + pairs_bytes(scenario)
                + scenario.workloads.len() as f64 * WORKLOAD_BYTES,
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

/// The most requests that a workload is expected to make.
fn most(workload: &super::Workload) -> f64 {
    match workload.arrivals.users().filter(|_| workload.fallback_of.is_none()) {
        Some(users) => users.rate_at(workload.rtt.as_secs_f64()) * workload.arrivals.operational_s(),
        None => workload.expected(),
    }
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

/// Requests open at a time, were all served without waiting, each open for its service and its buffer wait.
fn expected_open(scenario: &Scenario) -> f64 {
    let open = |w: &super::Workload| {
        let model = &scenario.models[w.pool as usize];
        let service_s = model.engine.crowded_s(w.mean_prompt, w.mean_output);
        let wait_s = match w.lane.batch() {
            Some(batch) => batch.window.as_secs_f64() + batch.gather.as_secs_f64(),
            None => model.buffer.max_wait.as_secs_f64().min(3600.0),
        };
        if w.arrivals.backlog().is_some() {
            // Each of them has its entry from the start: `waiting_bytes`.
            return 0.0;
        }
        let rate = w.expected() / scenario.run.duration.as_secs_f64();
        let open = rate * w.arrivals.max_factor(scenario.run.duration).max(1.0) * (service_s + wait_s);
        w.arrivals.users().map_or(open, |users| open.min(users.users.into()))
    };
    scenario.workloads.iter().map(open).sum()
}
