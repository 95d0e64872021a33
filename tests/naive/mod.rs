//! A naive simulator of the platform and its clients: a sorted list of events, attempts that are never forgotten,
//! sums taken anew whenever they are needed. It shares with the engine only what both are given: the validated
//! scenario, the random streams, the vocabulary of answers, and the inner rules of what a client shares (how AIMD or
//! Vegas count), which tests of their own hold against their sources.
//!
//! | file | concept |
//! |---|---|
//! | `sources` | who is born when, and the streams |
//! | `clients`, `delays` | attempts, retries, fallbacks, giving up; how long a backoff waits |
//! | `gate`, `hedges` | what the requests of one client share; several attempts at a time |
//! | `closed` | users who think, backlogs |
//! | `jobs` | the batch lane's files |
//! | `model` | recent mix, capacity, utilisation |
//! | `platform` | labels, service, answers |
//! | `buffer` | who is served next |
//! | `fleet`, `batching` | replicas; what happens on those that batch |
//! | `scalers` | how many replicas |
//! | `incidents` | what goes wrong |
//! | `limiter`, `laws`, `growth` | meters and headers; the dynamic rate; that of `additive` |
//!
//! Readings taken where the model leaves a choice:
//! - an answer is in its client's hands before anything else happens at that instant;
//! - a retry's place in the sequence is that of the failure that caused it or, where answers travel because something
//!   else depends on them (shared client state, places of a backlog, a batch lane), of the answer's arrival;
//! - what a gate lets go is a retry in the order of an instant, the first attempt included;
//! - deadlines come before timeouts;
//! - free slots are handed out in turn: a replica that has another goes to the back of the rota, and so does
//!   a full one that frees a slot; lost replicas are the newest ready ones, and those restored are new;
//! - work in service is gone through in the order it reached the platform, and a completion that a change of
//!   speed leaves where it was keeps its place;
//! - a freed slot is taken before the backlog told with the answer is read;
//! - a turn is passed on when a place is free and somebody waits;
//! - what is due to be dropped from a model's buffer is one timer: set for the oldest when nothing was due, and again
//!   whenever it has rung, so that models do not meet in the order of their drops.

mod batching;
mod buffer;
mod clients;
mod closed;
mod delays;
mod fleet;
mod gate;
mod growth;
mod hedges;
mod incidents;
mod jobs;
mod laws;
mod limiter;
mod model;
mod platform;
mod scalers;
mod sources;

use limiter::{Label, Limiter};
use ratetide::client::GaveUp;
use ratetide::metrics::observer::Ended;
use ratetide::reply::Reply;
use ratetide::scenario::{Scenario, Workload};
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

fn time(at: Ns) -> SimTime {
    SimTime::from_ns(u64::try_from(at).expect("within the run"))
}

/// How an attempt ended, as its client saw it; times in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attempt {
    pub workload: usize,
    pub request: u64,
    pub member: u32,
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
    Ready(usize),
    Begins(usize),
    Ends(usize),
    Completion(usize),
    Turn(usize),
    Look(usize),
    Birth(usize),
    Thought(usize, u32),
    Ask(usize),
    Gate(usize),
    Hedge(usize),
    FileCloses(usize),
    Send(usize),
    Leave(usize),
    JobLeaves(usize),
    JobArrives(usize),
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
const LOOKS: u8 = 3;
const ARRIVALS: u8 = 4;
const ASKS: u8 = 5;
const RETRIES: u8 = 6;
const DROPS: u8 = 7;
const DEADLINES: u8 = 8;
const TIMEOUTS: u8 = 9;
const DISCONNECTS: u8 = 10;

struct Request {
    /// The workload it was born to, and the one that carries it now: a fallback, or the same.
    home: usize,
    route: usize,
    number: u64,
    member: u32,
    born: Ns,
    prompt: u32,
    output: u32,
    service: Span,
    /// Attempts on this route so far, those that its own client rejected among them.
    tried: u32,
    delay: Ns,
    /// What its last retry took from the budget.
    acquired: u32,
    /// Attempts in flight, oldest first.
    trying: Vec<usize>,
    /// When its last attempt was sent, or its hedge looked at in vain.
    hedged: Ns,
    /// Of a backlog, and not sent yet.
    unsent: bool,
    over: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    OnTheWay,
    Waiting,
    /// For spare capacity, and larger than any replica.
    Stranded,
    Serving(usize),
    Left,
}

struct Try {
    request: usize,
    /// The workload that carries it.
    route: usize,
    number: u32,
    service: Span,
    acquired: u32,
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
    label: Option<Label>,
    in_vain: bool,
    ended: bool,
}

pub struct Naive<'a> {
    scenario: &'a Scenario,
    list: BTreeMap<(Ns, u8, u64), Event>,
    sequence: u64,
    end: Ns,
    streams: Vec<sources::Births>,
    sources: Vec<sources::Source>,
    requests: Vec<Request>,
    tries: Vec<Try>,
    models: Vec<model::Model<'a>>,
    /// Those of all models, in order of creation.
    replicas: Vec<fleet::Replica>,
    /// Of every (org, model), members of populations each for itself.
    limiters: Vec<Limiter<'a>>,
    jobs: jobs::Jobs,
    /// Replicas each incident took, and the factor each has in force.
    taken: Vec<usize>,
    in_force: Vec<f64>,
    arrivals: u64,
    pub attempts: Vec<Attempt>,
    pub ends: Vec<End>,
}

impl<'a> Naive<'a> {
    /// Simulate the first replication.
    pub fn run(scenario: &'a Scenario) -> Naive<'a> {
        let mut naive = Naive {
            scenario,
            list: BTreeMap::new(),
            sequence: 0,
            end: ns(scenario.run.duration) + ns(scenario.run.drain),
            sources: (0..scenario.workloads.len()).map(|w| sources::source(scenario, w)).collect(),
            streams: Vec::new(),
            requests: Vec::new(),
            tries: Vec::new(),
            models: (0..scenario.models.len()).map(|m| model::Model::new(scenario, m)).collect(),
            replicas: Vec::new(),
            limiters: limiter::all(scenario),
            jobs: jobs::Jobs::new(scenario),
            taken: vec![0; scenario.incidents.len()],
            in_force: vec![1.0; scenario.incidents.len()],
            arrivals: 0,
            attempts: Vec::new(),
            ends: Vec::new(),
        };
        naive.streams = sources::streams(scenario, &mut naive.sources);
        naive.start();
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

    /// Everything that is known before the first event.
    fn start(&mut self) {
        for (i, incident) in self.scenario.incidents.iter().enumerate() {
            let at = Ns::from(incident.at.as_ns());
            self.push(at, REPLICAS, Event::Begins(i));
            self.push(at + ns(incident.duration), REPLICAS, Event::Ends(i));
        }
        (0..self.models.len()).for_each(|m| self.open(m));
        (0..self.sources.len()).for_each(|w| self.begin_to_think(w));
        (0..self.streams.len()).for_each(|s| self.await_birth(s));
    }

    fn happen(&mut self, now: Ns, sequence: u64, event: Event) {
        match event {
            Event::Answer(t, reply) => self.answered(now, t, reply, sequence),
            Event::Ready(r) => self.become_ready(now, r),
            Event::Begins(i) => self.incident(now, i, true),
            Event::Ends(i) => self.incident(now, i, false),
            Event::Completion(t) if self.tries[t].completion == sequence => self.complete(now, t),
            Event::Completion(_) => {}
            Event::Turn(r) if self.replicas[r].group.said == sequence => self.turn(now, r),
            Event::Turn(_) => {}
            Event::Look(m) => self.look(now, m),
            Event::Birth(s) => self.birth(now, s),
            Event::Thought(w, user) => self.thought(now, w, user),
            Event::Ask(r) => self.ask(now, r),
            Event::Gate(w) => self.gate(now, w),
            Event::Hedge(r) => self.hedge_is_due(now, r),
            Event::FileCloses(w) => self.file_closes(now, w),
            Event::Send(r) => self.send(now, r, RETRIES),
            Event::Leave(t) => self.push(now + self.one_way(t), RETRIES, Event::Arrival(t)),
            Event::JobLeaves(j) => self.job_leaves(now, j),
            Event::JobArrives(j) => self.job_arrives(now, j),
            Event::Arrival(t) => self.arrive(now, t),
            Event::Drop(m) => self.drop_expired(now, m),
            Event::Deadline(r) => self.deadline(now, r),
            Event::Timeout(t) => self.timeout(now, t),
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

    fn workload(&self, w: usize) -> &'a Workload {
        &self.scenario.workloads[w]
    }

    /// The workload that carries an attempt.
    fn route(&self, t: usize) -> &'a Workload {
        self.workload(self.tries[t].route)
    }

    fn one_way(&self, t: usize) -> Ns {
        ns(self.route(t).rtt) / 2
    }
}
