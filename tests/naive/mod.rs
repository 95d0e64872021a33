//! A naive simulator of one org on one model with a fixed fleet, of slots or of batches: a sorted list of events, attempts
//! that are never forgotten, sums taken anew whenever they are needed. It shares with the engine only what
//! both are given: the validated scenario, the random streams, and the vocabulary of answers.
//!
//! Readings taken where the model leaves a choice:
//! - an answer is in its client's hands before anything else happens at that instant;
//! - a retry's place in the sequence is that of the failure that caused it or, of a paced client, of the answer's
//!   arrival;
//! - what a pacer lets go is a retry in the order of an instant, the first attempt included;
//! - deadlines come before timeouts;
//! - free slots are handed out in turn: a replica that has another goes to the back of the rota, and so does
//!   a full one that frees a slot; lost replicas are the newest ready ones, and those restored are new;
//! - work in service is gone through in the order it reached the platform, and a completion that a change of
//!   speed leaves where it was keeps its place;
//! - a freed slot is taken before the backlog told with the answer is read.

mod batching;
mod clients;
mod limiter;
mod platform;

use limiter::Limiter;
use ratetide::client::GaveUp;
use ratetide::client::pacing::{Paced, Pacing};
use ratetide::metrics::observer::Ended;
use ratetide::platform::config::ModelConfig;
use ratetide::platform::serving::ReplicaEngine as _;
use ratetide::reply::Reply;
use ratetide::rng::Key;
use ratetide::scenario::Scenario;
use ratetide::traffic::tokens::TokenSource;
use ratetide::units::{SimTime, Span};
use std::collections::BTreeMap;

/// Nanoseconds, signed and wide: nothing overflows.
pub type Ns = i128;

pub fn ns(span: Span) -> Ns {
    Ns::from(span.as_ns())
}

pub fn seconds(ns: Ns) -> f64 {
    ns as f64 / 1e9
}

fn rounded(seconds: f64) -> Ns {
    (seconds * 1e9).round() as Ns
}

/// How an attempt ended, as its client saw it; times in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attempt {
    pub workload: usize,
    pub request: u64,
    pub attempt: u32,
    pub sent: Ns,
    pub at: Ns,
    pub ended: Ended,
    pub green: Option<bool>,
    pub wait: Option<Ns>,
}

/// The end of a request: when, of which workload, and why if it was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    pub at: Ns,
    pub workload: usize,
    pub gave_up: Option<GaveUp>,
}

#[derive(Clone, Copy)]
enum Event {
    Answer(usize, Reply),
    Begins(usize),
    Ends(usize),
    Completion(usize),
    Turn(usize),
    Birth(usize),
    Ask(usize),
    Send(usize),
    Arrival(usize),
    Drop(usize),
    Deadline(usize),
    Timeout(usize),
    Disconnect(usize),
}

/// Places of an instant, in order.
const ANSWERS: u8 = 0;
const REPLICAS: u8 = 1;
const COMPLETIONS: u8 = 2;
const ARRIVALS: u8 = 3;
const ASKS: u8 = 4;
const RETRIES: u8 = 5;
const DROPS: u8 = 6;
const DEADLINES: u8 = 7;
const TIMEOUTS: u8 = 8;
const DISCONNECTS: u8 = 9;

struct Request {
    workload: usize,
    number: u64,
    born: Ns,
    prompt: u32,
    output: u32,
    service: Span,
    sent: u32,
    delay: Ns,
    trying: Option<usize>,
    over: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    OnTheWay,
    Waiting,
    Serving(usize),
    Left,
}

struct Try {
    request: usize,
    number: u32,
    sent: Ns,
    place: Place,
    arrived: Ns,
    /// How many arrived before it.
    ordinal: u64,
    started: Option<Ns>,
    completes: Ns,
    /// The place of its completion in the sequence; an event with another is void.
    completion: u64,
    tokens: f64,
    label: Option<Result<(), usize>>,
    in_vain: bool,
    ended: bool,
}

struct Replica {
    ready: bool,
    busy: u32,
    group: batching::Group,
}

struct Birth {
    at: Ns,
    prompt: u32,
    output: u32,
}

/// A workload's births to come, and its pacer: a bucket of nanoseconds, in debt while sends are queued.
struct Source {
    births: std::vec::IntoIter<Birth>,
    next: Option<Birth>,
    born: u64,
    service: ratetide::rng::Stream,
    jitter: Key,
    luck: Key,
    bucket: Ns,
    filled: Ns,
}

pub struct Naive<'a> {
    scenario: &'a Scenario,
    model: &'a ModelConfig,
    list: BTreeMap<(Ns, u8, u64), Event>,
    sequence: u64,
    end: Ns,
    sources: Vec<Source>,
    requests: Vec<Request>,
    tries: Vec<Try>,
    /// In order of arrival.
    waiting: Vec<usize>,
    replicas: Vec<Replica>,
    rota: Vec<usize>,
    /// Replicas each incident took, and the slowdown each has in force.
    taken: Vec<usize>,
    slowdowns: Vec<f64>,
    /// The share of attempts that each spares.
    spared: Vec<f64>,
    /// Mean service seconds, prompt and output of recent starts.
    mix: [f64; 3],
    /// Smoothed utilisation, and its level since.
    smoothed: (f64, f64, Ns),
    limiter: Limiter<'a>,
    arrivals: u64,
    /// Draws of two replicas.
    draws: ratetide::rng::Stream,
    pub attempts: Vec<Attempt>,
    pub ends: Vec<End>,
}

impl<'a> Naive<'a> {
    /// Simulate the first replication.
    pub fn run(scenario: &'a Scenario) -> Naive<'a> {
        let model = &scenario.models[0];
        let mut naive = Naive {
            scenario,
            model,
            list: BTreeMap::new(),
            sequence: 0,
            end: ns(scenario.run.duration) + ns(scenario.run.drain),
            sources: (0..scenario.workloads.len()).map(|w| source(scenario, w)).collect(),
            requests: Vec::new(),
            tries: Vec::new(),
            waiting: Vec::new(),
            replicas: Vec::new(),
            rota: Vec::new(),
            taken: vec![0; scenario.incidents.len()],
            slowdowns: vec![1.0; scenario.incidents.len()],
            spared: vec![1.0; scenario.incidents.len()],
            mix: configured_mix(scenario),
            smoothed: (0.0, 0.0, 0),
            limiter: Limiter::new(&model.policy),
            arrivals: 0,
            draws: draws(scenario),
            attempts: Vec::new(),
            ends: Vec::new(),
        };
        (0..model.replicas).for_each(|_| naive.add_replica());
        naive.smoothed = (naive.utilization(), naive.utilization(), 0);
        for (i, incident) in scenario.incidents.iter().enumerate() {
            let at = Ns::from(incident.at.as_ns());
            naive.push(at, REPLICAS, Event::Begins(i));
            naive.push(at + ns(incident.duration), REPLICAS, Event::Ends(i));
        }
        (0..naive.sources.len()).for_each(|w| naive.await_birth(w));
        while let Some(((now, _, sequence), event)) = naive.list.pop_first() {
            if now > naive.end {
                break;
            }
            naive.happen(now, sequence, event);
        }
        for t in 0..naive.tries.len() {
            naive.finish(naive.end, t, Ended::InFlight);
        }
        naive
    }

    fn happen(&mut self, now: Ns, sequence: u64, event: Event) {
        match event {
            Event::Answer(t, reply) => self.answered(now, t, reply, sequence),
            Event::Begins(i) => self.incident(now, i, true),
            Event::Ends(i) => self.incident(now, i, false),
            Event::Completion(t) if self.tries[t].completion == sequence => self.complete(now, t),
            Event::Completion(_) => {}
            Event::Turn(r) if self.replicas[r].group.said == sequence => self.turn(now, r),
            Event::Turn(_) => {}
            Event::Birth(w) => self.birth(now, w),
            Event::Ask(r) => self.ask(now, r),
            Event::Send(r) => self.send(now, r, RETRIES),
            Event::Arrival(t) => self.arrive(now, t),
            Event::Drop(t) => {
                if self.tries[t].place == Place::Waiting {
                    self.waiting.retain(|&other| other != t);
                    self.fail(now, t);
                    self.serve_waiting(now);
                }
            }
            Event::Deadline(r) => self.deadline(now, r),
            Event::Timeout(t) => {
                if self.finish(now, t, Ended::TimedOut) {
                    self.leave_behind(now, t);
                    let sequence = self.next_sequence();
                    self.after_failure(now, self.tries[t].request, None, sequence);
                }
            }
            Event::Disconnect(t) => self.disconnect(now, t),
        }
    }

    fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    fn push(&mut self, at: Ns, place: u8, event: Event) {
        let sequence = self.next_sequence();
        self.list.insert((at, place, sequence), event);
    }
}

/// A workload's births, all drawn at once, on the streams the scenario's names give.
fn source(scenario: &Scenario, w: usize) -> Source {
    let workload = &scenario.workloads[w];
    let org = scenario.orgs[workload.org as usize].name.as_str();
    let key = Key::new(scenario.run.seed, 0).with("org").with(org).with(workload.name.as_str());
    let (mut arrivals, mut stream) = (workload.arrivals.clone(), key.with("arrivals").stream());
    let (prompt, output) = (workload.prompt.clone(), workload.output.clone());
    let tokens = TokenSource::new(prompt, output, workload.max_tokens, workload.arrivals.trace(), key);
    let mut tokens = tokens.expect("a valid workload has tokens");
    let births: Vec<Birth> = std::iter::from_fn(|| arrivals.next(&mut stream))
        .map(|arrival| {
            let (prompt, output) = tokens.draw(&arrival);
            Birth { at: Ns::from((arrival.at - SimTime::ZERO).as_ns()), prompt, output }
        })
        .collect();
    let bucket = pace(&workload.client).map_or(0, |pace| ns(pace.interval) * Ns::from(pace.burst));
    Source {
        births: births.into_iter(),
        next: None,
        born: 0,
        service: key.with("service").stream(),
        jitter: key.with("jitter"),
        luck: key.with("luck"),
        bucket,
        filled: 0,
    }
}

/// The model's stream of draws among its replicas.
fn draws(scenario: &Scenario) -> ratetide::rng::Stream {
    let key = Key::new(scenario.run.seed, 0).with("model").with(scenario.models[0].name.as_str());
    key.with("cold_start").with("choice").stream()
}

/// The configured means, weighted by the number of requests each workload makes.
fn configured_mix(scenario: &Scenario) -> [f64; 3] {
    let engine = &scenario.models[0].engine;
    let (mut sums, mut total) = ([0.0; 3], 0.0);
    for workload in &scenario.workloads {
        let (prompt, output) = (workload.mean_prompt, workload.mean_output);
        let means = [engine.alone_s(prompt, output), prompt, output];
        let weight = workload.arrivals.expected();
        (0..3).for_each(|k| sums[k] += weight * means[k]);
        total += weight;
    }
    sums.map(|sum| sum / total)
}

/// The pace of a client that is paced.
pub fn pace(client: &ratetide::client::Client) -> Option<Paced> {
    client.pacing.as_ref().map(|pacing| match pacing {
        Pacing::Paced(paced) => *paced,
        #[allow(unreachable_patterns)]
        other => panic!("the naive arm does not know {other:?}"),
    })
}
