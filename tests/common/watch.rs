//! An observer that believes nothing: what must hold at every instant of every run, and Little's law to the
//! nanosecond. What it sees it hands on to a recorder.

use ratetide::client::GaveUp;
use ratetide::limit::usage::Rates;
use ratetide::metrics::ledger::{Ledger, Tokens};
use ratetide::metrics::observer::{AttemptRecord, Ended, Observer};
use ratetide::metrics::recorder::Recorder;
use ratetide::platform::model::Levels;
use ratetide::platform::serving::ReplicaEngine as _;
use ratetide::replications::layout;
use ratetide::scenario::Scenario;
use ratetide::units::{SimTime, Span};
use std::collections::HashMap;

/// What is known of one model.
#[derive(Clone, Default)]
struct Seen {
    since: SimTime,
    in_service: u128,
    waiting: u128,
    /// Areas under the two, in attempts × ns.
    in_service_ns: u128,
    waiting_ns: u128,
    /// Sums over the attempts that were answered: in the buffer, and at the platform.
    waits_ns: u128,
    stays_ns: u128,
}

impl Seen {
    fn until(&mut self, at: SimTime) {
        let ns = u128::from((at - self.since).as_ns());
        self.in_service_ns += self.in_service * ns;
        self.waiting_ns += self.waiting * ns;
        self.since = at;
    }
}

/// How many models were held to Little's law: as an equation of the waits, as one of the stays, as a bound.
pub type Held = [u64; 3];

/// The observer.
pub struct Watch<'s> {
    scenario: &'s Scenario,
    /// What it saw.
    pub recorder: Recorder<'static>,
    models: Vec<Seen>,
    /// The last instant of the platform's side.
    platform: SimTime,
    /// Per workload, the last birth.
    births: Vec<SimTime>,
    /// When the last attempt ended of each request whose attempts come one by one, by home and number.
    requests: HashMap<(u32, u64), SimTime>,
}

impl<'s> Watch<'s> {
    pub fn new(scenario: &'s Scenario) -> Watch<'s> {
        Watch {
            scenario,
            recorder: Recorder::new(layout(scenario), None),
            models: vec![Seen::default(); scenario.models.len()],
            platform: SimTime::ZERO,
            births: vec![SimTime::ZERO; scenario.workloads.len()],
            requests: HashMap::new(),
        }
    }

    /// The platform's clock never goes back.
    fn on_platform(&mut self, at: SimTime) {
        assert!(self.platform <= at, "the platform's clock goes back from {:?} to {at:?}", self.platform);
        self.platform = at;
    }

    fn check_levels(&self, model: u32, levels: &Levels) {
        let config = &self.scenario.models[model as usize];
        let places = u64::from(config.engine.places());
        let standing = u64::from(levels.ready) + u64::from(levels.draining);
        assert!(u64::from(levels.in_service) <= standing * places, "more in service than places: {levels:?}");
        assert!((0.0..=1.0).contains(&levels.utilization), "{levels:?}");
        // Who batches may lack space with a place free.
        let idle = config.engine.batching().is_none() && levels.utilization < 1.0;
        assert!(!idle || levels.waiting == 0, "somebody waits while a slot is free: {levels:?}");
    }

    /// The run is over: Little's law of each model, as an identity where all that arrived was answered, as a
    /// bound where a client left first or the run ended first.
    pub fn finish(mut self, end: SimTime, ledger: &Ledger) -> (Recorder<'static>, Held) {
        self.recorder.finish(end);
        let mut held = Held::default();
        for (model, seen) in self.models.iter_mut().enumerate() {
            seen.until(end);
            let here = || {
                let all = self.scenario.workloads.iter().zip(&ledger.whole);
                all.filter(|(workload, _)| workload.pool as usize == model)
            };
            let stays = |client: &ratetide::client::Client| {
                client.timeout == Span::MAX && client.deadline == Span::MAX && client.hedge.is_none()
            };
            let batch = here().any(|(workload, _)| workload.is_batch());
            let answered = here().filter(|(workload, _)| !workload.is_batch()).all(|(workload, account)| {
                let home = &self.scenario.workloads[workload.home as usize];
                account.in_flight == 0 && stays(&workload.client) && stays(&home.client)
            });
            let (area_ns, waits_ns) = (seen.waiting_ns, seen.waits_ns);
            assert!(waits_ns <= area_ns, "model {model}: waits of {waits_ns} ns, an area of {area_ns}");
            let both_ns = area_ns + seen.in_service_ns;
            assert!(seen.stays_ns <= both_ns, "model {model}: stays of {} ns, {both_ns}", seen.stays_ns);
            held[2] += u64::from(both_ns > 0);
            if answered {
                assert_eq!(waits_ns, area_ns, "model {model}: sum of waits, area under the waiting");
                held[0] += u64::from(area_ns > 0);
            }
            if answered && !batch {
                assert_eq!(seen.stays_ns, both_ns, "model {model}: sum of stays, area under who is there");
                held[1] += u64::from(both_ns > 0);
            }
        }
        (self.recorder, held)
    }
}

impl Observer for Watch<'_> {
    fn born(&mut self, at: SimTime, workload: u32) {
        let last = &mut self.births[workload as usize];
        assert!(*last <= at, "workload {workload} bears at {at:?} after {last:?}");
        *last = at;
        self.recorder.born(at, workload);
    }

    fn sent(&mut self, at: SimTime, workload: u32) {
        self.recorder.sent(at, workload);
    }

    fn labelled(&mut self, at: SimTime, pair: u32, model: u32, green: bool) {
        self.on_platform(at);
        self.recorder.labelled(at, pair, model, green);
    }

    fn started(&mut self, at: SimTime, model: u32, wait: Span) {
        self.on_platform(at);
        let longest = self.scenario.models[model as usize].buffer.max_wait;
        assert!(wait <= longest, "served after {wait} in a buffer that drops at {longest}");
        self.recorder.started(at, model, wait);
    }

    fn ended(&mut self, record: &AttemptRecord) {
        let workload = &self.scenario.workloads[record.workload as usize];
        let travel_ns = workload.rtt.as_ns() / 2 * 2;
        assert!(record.sent <= record.at, "{record:?}");
        let took_ns = (record.at - record.sent).as_ns();
        if self.scenario.workloads[workload.home as usize].client.hedge.is_none() {
            let last = self.requests.entry((workload.home, record.request)).or_default();
            assert!(*last <= record.sent, "sent before its predecessor ended at {last:?}: {record:?}");
            *last = record.at;
        }
        if let Ended::Answered(_) = record.ended
            && !workload.is_batch()
        {
            let wait_ns = record.wait.expect("it arrived").as_ns();
            assert!(travel_ns + wait_ns <= took_ns, "faster than its ways: {record:?}");
            let seen = &mut self.models[workload.pool as usize];
            seen.waits_ns += u128::from(wait_ns);
            seen.stays_ns += u128::from(took_ns - travel_ns);
        }
        self.recorder.ended(record);
    }

    fn succeeded(&mut self, at: SimTime, workload: u32, counted: bool, took: Span) {
        assert!(took <= at - SimTime::ZERO, "it took {took} by {at:?}");
        self.recorder.succeeded(at, workload, counted, took);
    }

    fn gave_up(&mut self, at: SimTime, workload: u32, reason: GaveUp) {
        self.recorder.gave_up(at, workload, reason);
    }

    fn wasted(&mut self, at: SimTime, workload: u32, tokens: Tokens) {
        self.recorder.wasted(at, workload, tokens);
    }

    fn levels(&mut self, at: SimTime, model: u32, levels: &Levels) {
        self.on_platform(at);
        self.check_levels(model, levels);
        let seen = &mut self.models[model as usize];
        seen.until(at);
        (seen.in_service, seen.waiting) = (levels.in_service.into(), levels.waiting.into());
        self.recorder.levels(at, model, levels);
    }

    fn next_sample(&self) -> SimTime {
        self.recorder.next_sample()
    }

    fn sample_pair(&mut self, at: SimTime, pair: u32, dynamic: Rates, success: Rates) {
        self.on_platform(at);
        // Not a number is none of these.
        let sound = |rate: f64| rate >= 0.0;
        assert!(dynamic.requests > 0.0 && dynamic.tokens > 0.0, "{dynamic:?}");
        assert!(sound(success.requests) && sound(success.tokens), "{success:?}");
        self.recorder.sample_pair(at, pair, dynamic, success);
    }

    fn sample_model(
        &mut self,
        at: SimTime,
        model: u32,
        levels: &Levels,
        forecast: Option<f64>,
        capacity: f64,
    ) {
        self.on_platform(at);
        self.check_levels(model, levels);
        let seen = &self.models[model as usize];
        let told = (seen.in_service, seen.waiting);
        assert_eq!((levels.in_service.into(), levels.waiting.into()), told, "levels changed untold");
        assert!(capacity >= 0.0 && forecast.is_none_or(|rate| rate >= 0.0), "{capacity} {forecast:?}");
        self.recorder.sample_model(at, model, levels, forecast, capacity);
    }

    fn sampled(&mut self) {
        self.recorder.sampled();
    }
}
