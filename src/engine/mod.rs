//! The engine: one run of a scenario, event by event.
//!
//! | file | concept |
//! |---|---|
//! | [`event`] | everything that can happen, and its order at one instant |
//! | [`queue`] | the future-event list |
//! | [`requests`] | open requests |
//! | [`source`] | a workload at run time |
//! | this file | the loop |
//! | `run` | a run: how it is started, and how it ended |
//! | `streams` | who is born next |
//! | `births` | requests enter the run |
//! | `clients` | attempts, answers, what clients make of them |
//! | `demand` | closed loops: users think, backlogs wait for their turn |
//! | `gate` | where attempts wait that share a client's state |
//! | `hedges` | requests with several attempts in flight |
//! | `timers` | timeouts, deadlines, what is left behind |
//! | `batch` | files gather, jobs go out |
//! | `effects` | completions, looks, and doing what the platform asks for |
//! | `records` | what is seen, and the end of the run |
//!
//! A reply travels half a round trip to its client. Where a client's requests share nothing but its constants, what
//! it makes of the reply is worked out at once, on its own clock: nothing else depends on it in between. So a
//! failed attempt costs no event of its own.

mod batch;
mod births;
mod clients;
mod demand;
mod effects;
pub mod event;
mod gate;
mod hedges;
pub mod queue;
mod records;
pub mod requests;
mod run;
pub mod source;
mod streams;
mod timers;

use crate::metrics::ledger::Books;
use crate::metrics::observer::Observer;
use crate::platform::autoscaler::Scaler as _;
use crate::platform::incident::Harm;
use crate::platform::lane::jobs::Jobs;
use crate::platform::model::Model;
use crate::platform::pairs::Row;
use crate::platform::{Effect, Platform};
use crate::rng::Key;
use crate::scenario::Scenario;
use crate::scenario::estimate::{OPEN_REQUEST_BYTES, fixed_bytes};
use crate::scenario::limits::{Excess, Spent};
use crate::scenario::part::Part;
use crate::units::SimTime;
use event::{ARRIVALS, Event};
use hedges::Hedges;
use queue::Queue;
use requests::{Replies, Requests};
use source::{Source, TimerLinks};
use streams::Streams;

pub use run::{Run, simulate, simulate_part};

/// How many events pass between two calls of the heartbeat.
pub const BEAT_EVENTS: u64 = 1 << 14;

struct Engine<'a, O: Observer> {
    scenario: &'a Scenario,
    part: &'a Part,
    observer: &'a mut O,
    platform: Platform,
    queue: Queue<Event>,
    streams: Streams,
    requests: Requests,
    sources: Vec<Source>,
    links: TimerLinks,
    replies: Replies,
    hedges: Hedges,
    /// Some attempts fail at random.
    draws_luck: bool,
    jobs: Jobs,
    /// The replicas each incident took.
    lost: Vec<u32>,
    books: Books,
    effects: Vec<Effect>,
    warmup: SimTime,
    end: SimTime,
    now: SimTime,
    events: u64,
    events_max: u64,
    /// What the limit of memory leaves for what is open.
    open_bytes_max: u64,
    /// What was taken so far, by all parts, and the most that was open in this one.
    spent: &'a Spent,
    open_bytes: u64,
    excess: Option<Excess>,
}

impl<'a, O: Observer> Engine<'a, O> {
    fn new(
        scenario: &'a Scenario,
        part: &'a Part,
        spent: &'a Spent,
        replication: u64,
        observer: &'a mut O,
    ) -> Engine<'a, O> {
        let key = Key::new(scenario.run.seed, replication);
        let model = |(index, config): (usize, &crate::platform::config::ModelConfig)| {
            let cold_starts = key.with("model").with(config.name.as_str()).with("cold_start");
            Model::new(config.clone(), scenario.configured_mix(index as u32), cold_starts)
        };
        let source = |workload: &crate::scenario::Workload| {
            let org = &scenario.orgs[workload.org as usize];
            let first = key.with("org").with(org.name.as_str()).with(workload.name.as_str());
            let group = org.crowd.as_ref().map(|crowd| crowd.group.clone());
            let own = workload.fallback_of.iter().fold(first, |key, part| key.with("fallback").with(part));
            let pairs_from = scenario.pairs[workload.pair as usize].first;
            Source::new(workload, pairs_from, scenario.answers_travel(workload.home), group, own)
        };
        let row = |pair: &crate::scenario::PairId| Row {
            model: pair.model,
            weight: scenario.orgs[pair.org as usize].weight,
            members: pair.members,
        };
        let (limits, fixed_bytes) = (&scenario.limits, fixed_bytes(scenario) as u64);
        Engine {
            platform: Platform::new(
                scenario.models.iter().enumerate().map(model).collect(),
                &scenario.pairs.iter().map(row).collect::<Vec<_>>(),
            ),
            sources: scenario.workloads.iter().map(source).collect(),
            books: Books::new(scenario.workloads.iter().map(|workload| workload.home).collect()),
            queue: Queue::default(),
            streams: Streams::new(scenario, part, key),
            requests: Requests::default(),
            links: TimerLinks::default(),
            replies: Replies::default(),
            hedges: Hedges::default(),
            draws_luck: scenario.incidents.iter().any(|i| matches!(i.harm, Harm::ErrorShare { .. })),
            jobs: Jobs::new(scenario.workloads.iter().map(|w| (w.pair, w.lane.batch().copied()))),
            lost: vec![0; scenario.incidents.len()],
            effects: Vec::new(),
            warmup: SimTime::ZERO + scenario.run.warmup,
            end: SimTime::ZERO + scenario.run.duration + scenario.run.drain,
            now: SimTime::ZERO,
            events: 0,
            events_max: limits.events_each(scenario.run.replications),
            open_bytes_max: limits.memory_each(scenario.run.replications).saturating_sub(fixed_bytes),
            excess: None,
            spent,
            open_bytes: 0,
            scenario,
            part,
            observer,
        }
    }

    /// Everything that is known before the first event.
    fn start(&mut self) {
        let part = self.part;
        let mine = |model: u32| part.models[model as usize];
        for (index, incident) in (0..).zip(&self.scenario.incidents).filter(|(_, i)| mine(i.model)) {
            self.schedule(incident.at, Event::IncidentBegins(index));
            self.schedule(incident.at.saturating_add(incident.duration), Event::IncidentEnds(index));
        }
        for (model, config) in (0..).zip(&self.scenario.models).filter(|&(model, _)| mine(u32::from(model))) {
            if let Some(interval) = config.autoscaler.interval() {
                self.schedule(SimTime::ZERO + interval, Event::Tick(model));
            }
        }
        for model in (0..self.scenario.models.len() as u32).filter(|&model| mine(model)) {
            self.platform.open(SimTime::ZERO, model);
            self.settle(SimTime::ZERO, model);
        }
        for workload in (0..self.sources.len() as u32).filter(|&w| part.workloads[w as usize]) {
            self.start_users(workload);
        }
        self.start_streams();
    }

    /// The next event, of the streams or of the queue, whose present is then its instant.
    #[inline]
    fn next(&mut self) -> Option<Event> {
        let Some((at, stream)) = self.streams.first() else { return self.queue.pop() };
        self.queue.pop_before(at, ARRIVALS).or(Some(Event::Arrival(stream)))
    }

    /// What goes beyond the limits now. Counted, not asked of the system: the same everywhere.
    #[inline(never)]
    fn exceeds(&mut self) -> Option<Excess> {
        let queued = (self.queue.count() * 2 * size_of::<(SimTime, Event)>()) as u64;
        let open = queued + self.requests.room() as u64 * OPEN_REQUEST_BYTES as u64;
        let more = open.saturating_sub(self.open_bytes);
        self.open_bytes += more;
        let (events, open) = self.spent.add(BEAT_EVENTS, more);
        if events > self.events_max {
            return Some(Excess::Events(self.events_max, self.scenario.run.replications));
        }
        (open > self.open_bytes_max).then_some(Excess::Memory(self.open_bytes_max))
    }

    /// The loop. False if the heartbeat or a limit ended it.
    fn run(&mut self, beat: &mut dyn FnMut(SimTime) -> bool) -> bool {
        let mut next_sample = self.observer.next_sample();
        while let Some(event) = self.next() {
            let now = self.queue.now();
            while O::ACTIVE && next_sample <= now {
                self.sample(next_sample);
                next_sample = self.observer.next_sample();
            }
            self.now = now;
            self.events += 1;
            if self.events.is_multiple_of(BEAT_EVENTS) {
                self.excess = self.exceeds();
                if self.excess.is_some() || !beat(now) {
                    return false;
                }
            }
            match event {
                Event::ReplicaReady { model, replica } => {
                    self.platform.replica_ready(now, u32::from(model), replica);
                    self.settle(now, u32::from(model));
                }
                Event::IncidentBegins(index) => {
                    let incident = &self.scenario.incidents[index as usize];
                    self.lost[index as usize] = self.platform.begin_incident(now, incident);
                    self.settle(now, incident.model);
                }
                Event::IncidentEnds(index) => {
                    let incident = &self.scenario.incidents[index as usize];
                    self.platform.end_incident(now, incident, self.lost[index as usize]);
                    self.settle(now, incident.model);
                }
                Event::Completion { id, version } => self.on_completion(now, id, version),
                Event::Turn { model, replica, version } => self.on_turn(now, model, replica, version),
                Event::Tick(model) => self.on_tick(now, model),
                Event::Arrival(stream) => self.on_birth(now, stream),
                Event::Thought(workload) => self.on_thought(now, workload),
                Event::Reply(id) => self.on_returned(now, id),
                Event::Ask(id) => self.ask(now, id),
                Event::Gate(workload) => self.on_gate(now, workload),
                Event::Hedge(id) => self.on_hedge(now, id),
                Event::Send(id) => self.on_arrival(now, id),
                Event::FileCloses(workload) => self.on_file_closes(now, workload),
                Event::JobArrives(job) => self.on_job_arrives(now, job),
                Event::Drop(model) => {
                    self.platform.drop_expired(now, u32::from(model));
                    self.settle(now, u32::from(model));
                }
                Event::Timeout(workload) => self.on_timeout(now, workload),
                Event::Deadline(workload) => self.on_deadline(now, workload),
                Event::Disconnect(id) => self.on_disconnect(now, id),
            }
        }
        while O::ACTIVE && next_sample <= self.end {
            self.sample(next_sample);
            next_sample = self.observer.next_sample();
        }
        true
    }

    /// Put an event on the queue unless it is after the end.
    #[inline]
    fn schedule(&mut self, at: SimTime, event: Event) {
        if at <= self.end {
            self.queue.push(at, event);
        }
    }
}
