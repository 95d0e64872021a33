//! The engine: one run of a scenario, event by event.
//!
//! | file | concept |
//! |---|---|
//! | [`event`] | everything that can happen, and its order at one instant |
//! | [`queue`] | the future-event list |
//! | [`requests`] | open requests |
//! | [`source`] | a workload at run time |
//! | this file | the loop; what happens at each event |
//!
//! A reply travels half a round trip to its client, and what the client makes of it is worked out at once, on
//! the client's clock: nothing else depends on it in between. So a failed attempt costs no event of its own.

pub mod event;
pub mod queue;
pub mod requests;
pub mod source;

use crate::chain::Id;
use crate::client::{GaveUp, Memory, Next};
use crate::limit::pair::Color;
use crate::metrics::ledger::{Ledger, Tokens};
use crate::metrics::observer::{AttemptRecord, Ended, Observer};
use crate::platform::attempt::Arriving;
use crate::platform::model::Model;
use crate::platform::{Effect, Platform};
use crate::reply::{Outcome, Reply};
use crate::rng::Key;
use crate::scenario::Scenario;
use crate::units::{SimTime, Span};
use event::Event;
use queue::Queue;
use requests::{Phase, Request, Requests};
use source::{Source, TimerLinks};

/// How many events pass between two calls of the heartbeat.
const BEAT_EVENTS: u64 = 1 << 14;

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Run {
    /// The accounts; they balance.
    pub ledger: Ledger,
    /// Events worked on.
    pub events: u64,
    /// When it ended.
    pub end: SimTime,
    /// False if the heartbeat stopped it before the end.
    pub finished: bool,
}

/// Simulate one replication. `beat` is called now and then with the present instant; it returns false to stop
/// the run there. The result depends on the scenario, its seed and `replication` alone.
pub fn simulate<O: Observer>(
    scenario: &Scenario,
    replication: u64,
    observer: &mut O,
    beat: &mut dyn FnMut(SimTime) -> bool,
) -> Run {
    let mut engine = Engine::new(scenario, replication, observer);
    engine.platform.tells_on_200 = engine.observer.reads_headers_of_200();
    engine.start();
    let finished = engine.run(beat);
    let now = if finished { engine.end } else { engine.now };
    engine.close(now);
    engine.ledger.assert_balanced();
    Run { ledger: engine.ledger, events: engine.events, end: now, finished }
}

struct Engine<'a, O: Observer> {
    scenario: &'a Scenario,
    observer: &'a mut O,
    platform: Platform,
    queue: Queue<Event>,
    requests: Requests,
    sources: Vec<Source>,
    links: TimerLinks,
    /// The replicas each incident took.
    lost: Vec<u32>,
    ledger: Ledger,
    effects: Vec<Effect>,
    warmup: SimTime,
    end: SimTime,
    now: SimTime,
    events: u64,
}

impl<'a, O: Observer> Engine<'a, O> {
    fn new(scenario: &'a Scenario, replication: u64, observer: &'a mut O) -> Engine<'a, O> {
        let key = Key::new(scenario.run.seed, replication);
        let model = |(index, config): (usize, &crate::platform::config::ModelConfig)| {
            let cold_starts = key.with("model").with(config.name.as_str()).with("cold_start");
            Model::new(config.clone(), scenario.configured_mix(index as u32), cold_starts)
        };
        let source = |workload: &crate::scenario::Workload| {
            let org = &scenario.orgs[workload.org as usize].name;
            Source::new(workload, key.with("org").with(org.as_str()).with(workload.name.as_str()))
        };
        Engine {
            platform: Platform::new(
                scenario.models.iter().enumerate().map(model).collect(),
                scenario.pairs.iter().map(|pair| pair.model).collect(),
            ),
            sources: scenario.workloads.iter().map(source).collect(),
            ledger: Ledger::new(scenario.workloads.len()),
            queue: Queue::default(),
            requests: Requests::default(),
            links: TimerLinks::default(),
            lost: vec![0; scenario.incidents.len()],
            effects: Vec::new(),
            warmup: SimTime::ZERO + scenario.run.warmup,
            end: SimTime::ZERO + scenario.run.duration + scenario.run.drain,
            now: SimTime::ZERO,
            events: 0,
            scenario,
            observer,
        }
    }

    /// Everything that is known before the first event.
    fn start(&mut self) {
        for (index, incident) in (0..).zip(&self.scenario.incidents) {
            self.schedule(incident.at, Event::IncidentBegins(index));
            self.schedule(incident.at.saturating_add(incident.duration), Event::IncidentEnds(index));
        }
        for (model, config) in (0..).zip(&self.scenario.models) {
            if let Some(interval) = config.autoscaler.interval() {
                self.schedule(SimTime::ZERO + interval, Event::Tick(model));
            }
        }
        for workload in 0..self.sources.len() as u32 {
            self.await_birth(workload);
        }
    }

    /// The loop. False if the heartbeat ended it.
    fn run(&mut self, beat: &mut dyn FnMut(SimTime) -> bool) -> bool {
        let mut next_sample = self.observer.next_sample();
        while let Some((now, event)) = self.queue.pop() {
            while O::ACTIVE && next_sample <= now {
                self.sample(next_sample);
                next_sample = self.observer.next_sample();
            }
            self.now = now;
            self.events += 1;
            if self.events.is_multiple_of(BEAT_EVENTS) && !beat(now) {
                return false;
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
                Event::Tick(model) => self.on_tick(now, model),
                Event::Arrival(workload) => self.on_birth(now, workload),
                Event::Ask(id) => self.ask_pacer(now, id),
                Event::Send(id) => self.on_arrival(now, id),
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

    // ---- the client's side ----

    /// Draw a workload's next request and schedule it: an unpaced one for its arrival at the platform, since
    /// nothing happens to it before; a paced one for its birth.
    #[inline]
    fn await_birth(&mut self, workload: u32) {
        let source = &mut self.sources[workload as usize];
        source.next = source.draw();
        let Some(nature) = source.next else { return };
        let paced = self.scenario.workloads[workload as usize].client.pace.is_some();
        let at = if paced { nature.born } else { nature.born.saturating_add(source.one_way) };
        self.schedule(at, Event::Arrival(workload));
    }

    fn on_birth(&mut self, now: SimTime, workload: u32) {
        let id = self.bear(workload);
        let born = self.requests[id].born;
        if self.scenario.workloads[workload as usize].client.pace.is_some() {
            self.ask_pacer(born, id);
        } else {
            self.on_arrival(now, id);
        }
        self.await_birth(workload);
    }

    /// The workload's awaited request is born.
    #[inline]
    fn bear(&mut self, workload: u32) -> Id {
        let plan = &self.scenario.workloads[workload as usize];
        let source = &mut self.sources[workload as usize];
        let nature = source.next.take().expect("an arrival is scheduled with its nature");
        let engine = &self.scenario.models[plan.model as usize].engine;
        let (service, prefill) =
            engine.service.draw(&mut source.service_stream, nature.prompt, nature.output);
        let request = Request {
            phase: Phase::Sending,
            workload,
            number: source.born,
            counted: nature.born >= self.warmup,
            born: nature.born,
            sent: nature.born,
            memory: Memory::default(),
            prompt: nature.prompt,
            output: nature.output,
            service,
            prefill,
        };
        source.born += 1;
        let tokens = request.tokens();
        let id = self.requests.enter(request);
        self.ledger.enter(workload, request.counted, |account| {
            account.requests += 1;
            account.born += tokens;
        });
        self.observer.born(nature.born, workload);
        if plan.client.deadline != Span::MAX {
            source.deadlines.chain.push(id, &mut self.links.deadlines);
            if !std::mem::replace(&mut source.deadlines.armed, true) {
                self.schedule(plan.client.gives_up_at(nature.born), Event::Deadline(workload));
            }
        }
        id
    }

    /// A paced client asks to send; it gives up at once if its slot comes too late.
    fn ask_pacer(&mut self, now: SimTime, id: Id) {
        let request = &mut self.requests[id];
        let workload = request.workload;
        let client = &self.scenario.workloads[workload as usize].client;
        let source = &mut self.sources[workload as usize];
        let pace = client.pace.as_ref().expect("only a paced client asks");
        if source.pacer.slot(now, pace) >= client.gives_up_at(request.born) {
            return self.give_up(now, id, GaveUp::Deadline);
        }
        request.sent = source.pacer.take(now, pace);
        request.phase = Phase::Sending;
        let at = request.sent.saturating_add(source.one_way);
        self.schedule(at, Event::Send(id));
    }

    /// An attempt reaches the platform.
    fn on_arrival(&mut self, now: SimTime, id: Id) {
        let ghost = self.requests[id].phase == Phase::Ghost;
        if !ghost {
            self.send(id);
        }
        let request = &mut self.requests[id];
        request.phase = if ghost { Phase::Orphan } else { Phase::Out };
        let plan = &self.scenario.workloads[request.workload as usize];
        let arriving = Arriving {
            pair: plan.pair,
            model: plan.model,
            prompt: request.prompt,
            output: request.output,
            max_tokens: plan.max_tokens.unwrap_or(u32::MAX),
            expected_output: plan.mean_output,
            service: request.service,
            prefill: request.prefill,
        };
        let workload = request.workload;
        if plan.client.timeout != Span::MAX && !ghost {
            let expires = request.sent.saturating_add(plan.client.timeout);
            let timers = &mut self.sources[workload as usize].timeouts;
            timers.chain.push(id, &mut self.links.timeouts);
            if !std::mem::replace(&mut timers.armed, true) {
                self.schedule(expires, Event::Timeout(workload));
            }
        }
        self.platform.arrive(now, id, arriving);
        if O::ACTIVE {
            let green = self.platform.attempt(id).color == Color::Green;
            self.observer.labelled(now, arriving.pair, arriving.model, green);
        }
        self.settle(now, arriving.model);
    }

    /// The attempt of a request was sent, at `sent`.
    #[inline]
    fn send(&mut self, id: Id) {
        let request = &mut self.requests[id];
        request.memory.attempts += 1;
        let (workload, counted, sent) = (request.workload, request.counted, request.sent);
        self.ledger.enter(workload, counted, |account| account.attempts += 1);
        self.observer.sent(sent, workload);
    }

    /// The instant by which an answer must be back: the attempt's timeout or the request's deadline.
    #[inline]
    fn expires(&self, request: &Request) -> SimTime {
        let client = &self.scenario.workloads[request.workload as usize].client;
        request.sent.saturating_add(client.timeout).min(client.gives_up_at(request.born))
    }

    /// An attempt has left the platform with an answer.
    #[inline]
    fn on_reply(&mut self, now: SimTime, id: Id, reply: Reply) {
        let request = self.requests[id];
        let served = reply.outcome == Outcome::Ok;
        let back = now.saturating_add(self.sources[request.workload as usize].one_way);
        let orphan = request.phase == Phase::Orphan;
        let gone = orphan || back > self.expires(&request);
        if gone || back > self.end {
            // An answer that is only on its way when the run ends is no waste.
            if served && gone {
                self.waste(&request, request.tokens());
            }
            return if orphan { self.requests.leave(id) } else { self.requests[id].phase = Phase::Late };
        }
        self.stop_timeout(id);
        self.ledger.enter(request.workload, request.counted, |account| account.answer(reply.outcome));
        self.record(back, id, Ended::Answered(reply));
        if served {
            self.stop_deadline(id);
            let tokens = request.tokens();
            self.ledger.enter(request.workload, request.counted, |account| {
                account.succeeded += 1;
                account.useful += tokens;
            });
            self.observer.succeeded(back, request.workload, request.counted, back - request.born);
            self.requests.leave(id);
        } else {
            self.after_failure(back, id, Some(&reply));
        }
    }

    /// The client's move after a failure or a timeout at `now` (on its clock, which may be ahead).
    fn after_failure(&mut self, now: SimTime, id: Id, reply: Option<&Reply>) {
        let request = &mut self.requests[id];
        let client = &self.scenario.workloads[request.workload as usize].client;
        let source = &self.sources[request.workload as usize];
        let draw = 2 * u64::from(request.memory.attempts);
        let uniform = |n| source.jitter.uniform(request.number, draw + n);
        match client.after_failure(now, request.born, reply, &mut request.memory, uniform) {
            Next::GiveUp(reason) => self.give_up(now, id, reason),
            Next::RetryAt(at) if client.pace.is_some() => {
                request.phase = Phase::Pausing;
                self.schedule(at, Event::Ask(id));
            }
            Next::RetryAt(at) => {
                request.phase = Phase::Sending;
                request.sent = at;
                let arrives = at.saturating_add(source.one_way);
                self.schedule(arrives, Event::Send(id));
            }
        }
    }

    /// A request is given up; its entry is freed.
    fn give_up(&mut self, now: SimTime, id: Id, reason: GaveUp) {
        self.stop_deadline(id);
        let request = self.requests[id];
        self.ledger.enter(request.workload, request.counted, |account| {
            account.give_up(reason, request.tokens());
        });
        self.observer.gave_up(now, request.workload, reason);
        self.requests.leave(id);
    }

    /// The timeout timer of a workload rang.
    fn on_timeout(&mut self, now: SimTime, workload: u32) {
        let timeout = self.scenario.workloads[workload as usize].client.timeout;
        let oldest = |engine: &Self| {
            let id = engine.sources[workload as usize].timeouts.chain.head()?;
            Some((id, engine.requests[id].sent.saturating_add(timeout)))
        };
        // One at a time: what its client does at once comes before the next timeout of the instant.
        if let Some((id, _)) = oldest(self).filter(|&(_, expires)| expires <= now) {
            let id = self.abandon(now, id);
            self.after_failure(now, id, None);
        }
        match oldest(self) {
            Some((_, expires)) => self.schedule(expires, Event::Timeout(workload)),
            None => self.sources[workload as usize].timeouts.armed = false,
        }
    }

    /// The deadline timer of a workload rang.
    fn on_deadline(&mut self, now: SimTime, workload: u32) {
        while let Some(id) = self.sources[workload as usize].deadlines.chain.head() {
            let client = &self.scenario.workloads[workload as usize].client;
            let gives_up = client.gives_up_at(self.requests[id].born);
            if gives_up > now {
                return self.schedule(gives_up, Event::Deadline(workload));
            }
            let id = self.abandon(now, id);
            self.give_up(now, id, GaveUp::Deadline);
        }
        self.sources[workload as usize].deadlines.armed = false;
    }

    /// A client abandons its attempt in flight. What is left at the platform stays under the old id, and is
    /// told half a round trip later; the request goes on under the id returned.
    fn abandon(&mut self, now: SimTime, id: Id) -> Id {
        let request = self.requests[id];
        if request.phase == Phase::Sending {
            self.send(id);
        }
        self.stop_timeout(id);
        self.ledger.enter(request.workload, request.counted, |account| account.client_timeout += 1);
        self.record(now, id, Ended::TimedOut);
        let left_behind = match request.phase {
            Phase::Out => Phase::Orphan,
            Phase::Sending => Phase::Ghost,
            Phase::Late => return id,
            phase => unreachable!("a request that is {phase:?} has nothing in flight"),
        };
        let heir = self.requests.enter(self.requests[id]);
        let source = &mut self.sources[request.workload as usize];
        if self.scenario.workloads[request.workload as usize].client.deadline != Span::MAX {
            source.deadlines.chain.replace(id, heir, &mut self.links.deadlines);
        }
        let told = now.saturating_add(source.one_way);
        self.requests[id].phase = left_behind;
        self.requests[id].sent = told;
        self.schedule(told, Event::Disconnect(id));
        heir
    }

    fn stop_timeout(&mut self, id: Id) {
        let request = &self.requests[id];
        let timed = self.scenario.workloads[request.workload as usize].client.timeout != Span::MAX;
        if timed && matches!(request.phase, Phase::Out | Phase::Late) {
            let timers = &mut self.sources[request.workload as usize].timeouts;
            timers.chain.remove(id, &mut self.links.timeouts);
        }
    }

    fn stop_deadline(&mut self, id: Id) {
        let workload = self.requests[id].workload as usize;
        if self.scenario.workloads[workload].client.deadline != Span::MAX {
            self.sources[workload].deadlines.chain.remove(id, &mut self.links.deadlines);
        }
    }

    // ---- the platform's side ----

    fn on_completion(&mut self, now: SimTime, id: Id, version: u16) {
        let model = self.platform.attempt(id).arriving.model;
        if let Some(reply) = self.platform.complete(now, id, version) {
            self.on_reply(now, id, reply);
            self.settle(now, model);
        }
    }

    #[inline]
    fn await_completion(&mut self, at: SimTime, id: Id) {
        let version = self.platform.attempt(id).version;
        self.schedule(at, Event::Completion { id, version });
    }

    fn on_tick(&mut self, now: SimTime, model: u16) {
        let index = u32::from(model);
        self.platform.tick(now, index);
        self.settle(now, index);
        let interval = self.scenario.models[usize::from(model)].autoscaler.interval();
        self.schedule(now + interval.expect("only an autoscaler that looks is ticked"), Event::Tick(model));
    }

    fn on_disconnect(&mut self, now: SimTime, id: Id) {
        let request = self.requests[id];
        // Its work may have ended, and the entry may even hold another orphan, told at another instant.
        if request.phase != Phase::Orphan || request.sent != now {
            return;
        }
        let model = self.platform.attempt(id).arriving.model;
        if let Some(consumed) = self.platform.disconnect(now, id) {
            self.waste(&request, Tokens::new(consumed.prompt, consumed.output));
            self.requests.leave(id);
        }
        self.settle(now, model);
    }

    fn waste(&mut self, request: &Request, tokens: Tokens) {
        self.ledger.enter(request.workload, request.counted, |account| account.wasted += tokens);
    }

    /// Do what the platform's last move asks for, until it asks for nothing more.
    #[inline]
    fn settle(&mut self, now: SimTime, model: u32) {
        if O::ACTIVE && self.platform.take_touched(model) {
            self.observer.levels(now, model, &self.platform.model(model).levels());
        }
        if self.platform.effects.is_empty() {
            return;
        }
        std::mem::swap(&mut self.effects, &mut self.platform.effects);
        for i in 0..self.effects.len() {
            match self.effects[i] {
                Effect::Started { id, at } => {
                    if O::ACTIVE {
                        self.observer.started(now, model, now - self.platform.attempt(id).arrived);
                    }
                    self.await_completion(at, id);
                }
                Effect::Moved { id, at } => self.await_completion(at, id),
                Effect::Failed { id, reply } => self.on_reply(now, id, reply),
                Effect::DropTimer { model, at } => self.schedule(at, Event::Drop(narrow(model))),
                Effect::Ready { model, replica, at } => {
                    self.schedule(at, Event::ReplicaReady { model: narrow(model), replica });
                }
            }
        }
        self.effects.clear();
        assert!(self.platform.effects.is_empty(), "a client's move never reaches the platform at once");
    }

    // ---- what is seen ----

    /// Tell the observer how an attempt ended for its client.
    #[inline]
    fn record(&mut self, at: SimTime, id: Id, ended: Ended) {
        if !O::ACTIVE {
            return;
        }
        let request = &self.requests[id];
        let arrived = matches!(request.phase, Phase::Out | Phase::Late);
        let attempt = arrived.then(|| self.platform.attempt(id));
        let served = matches!(ended, Ended::Answered(Reply { outcome: Outcome::Ok, .. }));
        let answered = matches!(ended, Ended::Answered(_));
        let one_way = self.sources[request.workload as usize].one_way;
        let left = if answered { at - one_way } else { at };
        let waited = |a: &crate::platform::attempt::Attempt| match a.started {
            SimTime::NEVER => left.saturating_since(a.arrived),
            started => started - a.arrived,
        };
        let round_trip = self.scenario.workloads[request.workload as usize].rtt;
        self.observer.ended(&AttemptRecord {
            workload: request.workload,
            request: request.number,
            attempt: request.memory.attempts,
            counted: request.counted,
            sent: request.sent,
            at,
            ended,
            green: attempt.map(|a| a.color == Color::Green),
            wait: attempt.map(waited),
            first_token: attempt.filter(|_| served).and_then(|a| a.first_token()).map(|t| t + round_trip),
            prompt: request.prompt,
            output: request.output,
        });
    }

    #[inline(never)]
    fn sample(&mut self, at: SimTime) {
        for pair in 0..self.scenario.pairs.len() as u32 {
            let (dynamic, success) = self.platform.pair_rates(at, pair);
            self.observer.sample_pair(at, pair, dynamic, success);
        }
        for index in 0..self.scenario.models.len() as u32 {
            let model = self.platform.model(index);
            self.observer.sample_model(at, index, &model.levels(), model.forecast());
        }
        self.observer.sampled();
    }

    /// The run is over at `end`: count what is still open and in flight.
    fn close(&mut self, end: SimTime) {
        for workload in 0..self.sources.len() as u32 {
            // Born before the end, but would reach the platform after it.
            while self.sources[workload as usize].next.is_some_and(|nature| nature.born < end) {
                self.bear(workload);
                let source = &mut self.sources[workload as usize];
                source.next = source.draw();
            }
        }
        let open: Vec<Id> = self.requests.open().map(|(id, _)| id).collect();
        for id in open {
            let request = self.requests[id];
            if request.phase == Phase::Sending && request.sent <= end {
                self.send(id);
            }
            let in_flight = match request.phase {
                Phase::Out | Phase::Late => true,
                Phase::Sending => request.sent <= end,
                Phase::Pausing => false,
                Phase::Orphan | Phase::Ghost => continue,
                Phase::Free => unreachable!("free entries are not open"),
            };
            if in_flight {
                self.record(end, id, Ended::InFlight);
            }
            self.ledger.enter(request.workload, request.counted, |account| {
                account.open += 1;
                account.in_flight += u64::from(in_flight);
                account.pending += request.tokens();
            });
        }
    }
}

/// A model's number as events hold it; scenarios have far fewer models.
fn narrow(model: u32) -> u16 {
    u16::try_from(model).expect("models are bounded by the scenario's limits")
}
