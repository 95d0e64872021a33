//! One model at run time: buffer, fleet, speed, recent mix, autoscaler.

use super::attempt::{Attempts, Id, State};
use super::autoscaler::Scaler as _;
use super::buffer::{Buffer, Class};
use super::config::ModelConfig;
use super::fleet::{Fleet, Phase};
use super::incident::Factors;
use super::mix::{Mix, Smoothed};
use super::serving::ReplicaEngine as _;
use super::serving::batches::Batches;
use super::serving::order::Order;
use crate::limit::law::{Live, Shared};
use crate::limit::pair::{Limits, Pair};
use crate::limit::policy::Enforcement;
use crate::limit::usage::Rates;
use crate::rng::Key;
use crate::units::{SimTime, Span};

/// Time constant of the utilisation that load-scaled laws read.
const UTILIZATION_TAU: Span = Span::from_s(30);

/// What a model looks like at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// Attempts in service.
    pub in_service: u32,
    /// Work on ready replicas over their slots; 1 with nothing ready.
    pub utilization: f64,
    /// Attempts in the buffer, work for spare capacity left out.
    pub waiting: u32,
    /// Work for spare capacity in the buffer.
    pub waiting_spare: u32,
    /// Ready replicas.
    pub ready: u32,
    /// Replicas in cold start.
    pub starting: u32,
    /// Draining replicas.
    pub draining: u32,
}

/// One model's state.
#[derive(Clone, Debug)]
pub struct Model {
    pub(super) config: ModelConfig,
    pub(super) fleet: Fleet,
    pub(super) buffer: Buffer,
    /// Attempts that have arrived since the autoscaler looked.
    pub(super) arrived: u64,
    pub(super) slowdown: f64,
    /// Where the engine batches: who is on which replica, and how far.
    pub(super) batches: Option<Batches>,
    /// What `slowdown` is the product of.
    pub(super) slowdowns: Factors,
    /// How many times as long cold starts take.
    pub(super) cold_start_factors: Factors,
    /// The shares of attempts that each cause of random failures spares, and what all of them spare.
    pub(super) spared: Factors,
    pub(super) spared_share: f64,
    /// Whether anybody reads the headers of its 200s, and of its failures.
    pub(super) tells: [bool; 2],
    /// Its levels may have changed since [`Model::take_touched`].
    pub(super) touched: bool,
    /// Work for spare capacity in service.
    pub(super) spare_in_service: u32,
    mix: Mix,
    capacity: Rates,
    utilization: Option<Smoothed>,
    /// What the law remembers over all orgs.
    shared: Shared,
    pub(super) cold_starts: Key,
}

impl Model {
    /// A model before the first arrival; `mix` holds the configured means.
    pub fn new(config: ModelConfig, mix: Mix, cold_starts: Key) -> Model {
        let one_queue = config.policy.enforcement == Enforcement::Attribution;
        let reads = config.policy.law.reads_utilization();
        let warm = if config.cold_start.is_some() { 0 } else { config.replicas };
        let places = config.engine.places();
        let batches = config.engine.batching().map(|&engine| Batches::new(engine));
        let fleet = match &batches {
            None => Fleet::new(warm, places),
            Some(b) => Fleet::ordered(warm, places, Order::of(b.engine.choice, cold_starts.with("choice"))),
        };
        Model {
            capacity: config.engine.capacity(&mix, fleet.count(Phase::Ready), 1.0),
            batches,
            utilization: reads.then(|| Smoothed::new(UTILIZATION_TAU, fleet.utilization())),
            fleet,
            buffer: Buffer::new(&config.buffer, one_queue),
            arrived: 0,
            slowdown: 1.0,
            slowdowns: Factors::default(),
            cold_start_factors: Factors::default(),
            spared: Factors::default(),
            spared_share: 1.0,
            mix,
            spare_in_service: 0,
            tells: [true; 2],
            touched: false,
            cold_starts,
            shared: config.policy.law.shared(),
            config,
        }
    }

    /// An org of this weight, new to the model.
    pub fn join(&mut self, weight: f64) -> Pair {
        Pair::new(&self.config.policy, weight, &mut self.shared)
    }

    /// The limits at this instant.
    #[inline]
    pub fn limits(&mut self, now: SimTime) -> Limits<'_> {
        let live = self.live(now);
        Limits { now, policy: &self.config.policy, live, shared: &mut self.shared }
    }

    /// What a law may know.
    #[inline]
    pub fn live(&mut self, now: SimTime) -> Live {
        Live {
            capacity: self.capacity(),
            utilization: self.utilization.as_mut().map_or(0.0, |smoothed| smoothed.at(now)),
        }
    }

    /// What the ready replicas complete per second when saturated.
    #[inline]
    pub fn capacity(&self) -> Rates {
        debug_assert_eq!(self.capacity, self.capacity_of(self.fleet.count(Phase::Ready)));
        self.capacity
    }

    /// Mix, fleet or speed have changed: work the capacity out anew. It is asked for several times an attempt.
    #[inline]
    pub fn note_capacity(&mut self) {
        self.capacity = self.capacity_of(self.fleet.count(Phase::Ready));
    }

    /// What so many replicas complete per second when saturated, at the recent mix and speed.
    #[inline]
    fn capacity_of(&self, replicas: u32) -> Rates {
        self.config.engine.capacity(&self.mix, replicas, self.slowdown)
    }

    /// Whether the levels may have changed since the last call.
    #[inline]
    pub fn take_touched(&mut self) -> bool {
        std::mem::take(&mut self.touched)
    }

    /// The fleet has changed.
    pub fn note_fleet(&mut self, now: SimTime) {
        self.note_capacity();
        self.note_load(now);
    }

    /// What one replica completes per second when saturated.
    pub fn replica_capacity(&self) -> f64 {
        self.capacity_of(1).requests
    }

    /// The present levels.
    pub fn levels(&self) -> Levels {
        Levels {
            in_service: self.fleet.busy(),
            utilization: self.fleet.utilization(),
            waiting: self.buffer.len(),
            waiting_spare: self.buffer.len_spare(),
            ready: self.fleet.count(Phase::Ready),
            starting: self.fleet.count(Phase::Starting),
            draining: self.fleet.count(Phase::Draining),
        }
    }

    /// Anything waiting, or 95 % of ready capacity in service.
    pub fn is_hot(&self) -> bool {
        !self.buffer.is_empty() || self.metered_utilization() >= 0.95
    }

    /// Work in service over ready capacity as limits see it, work for spare capacity left out: who runs in what others
    /// leave must not lower their rates. 1 with nothing ready.
    #[inline]
    fn metered_utilization(&self) -> f64 {
        let (slots, spare) = (self.fleet.slots(), self.fleet.spare_ready());
        if spare == 0 || slots == 0 {
            return self.fleet.utilization();
        }
        f64::from(self.fleet.busy_ready() - spare) / slots as f64
    }

    /// Whether work for spare capacity may start: nobody else waits, and the reserve stays free.
    pub fn has_spare(&self) -> bool {
        let slots = self.fleet.slots();
        let left = slots.saturating_sub(u64::from(self.fleet.busy_ready()));
        // Up to rounding: a tenth of ten slots is one.
        let kept = self.config.spare_reserve * slots as f64 - 1e-9;
        self.buffer.is_empty() && left > 0 && (left - 1) as f64 >= kept
    }

    /// Nothing ready and nothing that will be.
    pub fn is_dead(&self) -> bool {
        let scales_from_zero = self.config.autoscaler.scales_from_zero();
        self.fleet.count(Phase::Ready) == 0 && self.fleet.count(Phase::Starting) == 0 && !scales_from_zero
    }

    /// The wait predicted for a newcomer of a class: (attempts served before it + 1) over the service rate.
    /// `None` with nothing ready.
    pub fn predicted_wait(&self, class: Class) -> Option<Span> {
        let rate = self.capacity().requests;
        (rate > 0.0).then(|| Span::from_secs_f64(f64::from(self.buffer.ahead_of(class) + 1) / rate))
    }

    /// Waiting work over the service rate; unlimited with nothing ready and something waiting or dead.
    pub fn backlog(&self) -> Span {
        let rate = self.capacity().requests;
        if rate > 0.0 { Span::from_secs_f64(f64::from(self.buffer.len()) / rate) } else { Span::MAX }
    }

    /// Whether an attempt would fit an empty replica; what does not is never served.
    #[inline]
    pub fn fits(&self, tokens: u64) -> bool {
        self.batches.as_ref().is_none_or(|batches| batches.engine.fits(tokens))
    }

    /// Whether a place is free.
    #[inline]
    pub fn has_place(&self) -> bool {
        u64::from(self.fleet.busy_ready()) < self.fleet.slots()
    }

    /// Whether an attempt finds the space that it takes, where a place is free.
    #[inline]
    pub fn has_room(&self, id: Id, attempts: &Attempts) -> bool {
        let Some(batches) = self.batches.as_ref().filter(|b| b.engine.kv_tokens.is_some()) else {
            return true;
        };
        let tokens = attempts[id].work.tokens();
        self.fleet.has_place_where(|replica| batches.has_space(replica, tokens))
    }

    /// Who waits and is served next, if there is room: in order, for who needs more space than there is keeps
    /// everybody behind it waiting.
    #[inline]
    pub fn next_served(&mut self, attempts: &Attempts) -> Option<Id> {
        if self.has_place()
            && let Some(next) = self.buffer.next(attempts)
            && self.has_room(next, attempts)
        {
            return Some(next);
        }
        let spare = self.buffer.next_spare()?;
        (self.has_spare() && self.has_room(spare, attempts)).then_some(spare)
    }

    /// Begin service of an attempt if there is room for it.
    #[inline]
    pub fn begin(&mut self, now: SimTime, id: Id, attempts: &mut Attempts) -> bool {
        let found = match &self.batches {
            None => self.fleet.occupy(),
            Some(batches) => {
                let tokens = attempts[id].work.tokens();
                self.fleet.occupy_where(|replica| batches.has_space(replica, tokens))
            }
        };
        let Some(replica) = found else { return false };
        let attempt = &mut attempts[id];
        let (service, prompt, output) = (attempt.work.service, attempt.work.prompt, attempt.work.output);
        if attempt.work.spare {
            self.spare_in_service += 1;
            self.fleet.occupied_by_spare(replica);
        } else {
            self.mix.record(service, prompt, output);
            self.note_capacity();
        }
        let duration = if self.slowdown == 1.0 { service } else { service.scale(self.slowdown) };
        attempt.state = State::InService;
        attempt.replica = replica;
        attempt.started = now;
        attempt.frozen = service;
        match &mut self.batches {
            None => attempt.schedule(now.saturating_add(duration)),
            // When it ends depends on who comes and goes meanwhile.
            Some(batches) => {
                attempt.schedule(SimTime::NEVER);
                batches.admit(now, replica, id, attempts);
            }
        }
        self.note_load(now);
        true
    }

    /// Give back the slot of an attempt in service.
    #[inline]
    pub fn end(&mut self, now: SimTime, id: Id, attempts: &mut Attempts) {
        let attempt = &mut attempts[id];
        assert!(attempt.state == State::InService, "only an attempt in service gives back a slot");
        attempt.state = State::Away;
        let (replica, spare) = (attempt.replica, attempt.work.spare);
        if spare {
            self.fleet.released_by_spare(replica);
        }
        self.fleet.release(replica);
        if let Some(batches) = &mut self.batches {
            attempts[id].completes = now;
            batches.leave(now, replica, id, attempts);
        }
        self.spare_in_service -= u32::from(spare);
        self.note_load(now);
    }

    /// Work for spare capacity has lost its replica: it starts anew when there is capacity again.
    pub fn take_back(&mut self, now: SimTime, id: Id, attempts: &mut Attempts) {
        self.spare_in_service -= 1;
        self.buffer.take_back(id, attempts);
        self.note_load(now);
    }

    /// The load has changed: let the smoothed utilisation know.
    #[inline]
    pub fn note_load(&mut self, now: SimTime) {
        self.touched = true;
        if self.utilization.is_some() {
            let utilization = self.metered_utilization();
            self.utilization.iter_mut().for_each(|smoothed| smoothed.step(now, utilization));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Model;
    use crate::rng::Key;
    use crate::scenario::reading;
    use crate::units::SimTime;

    #[test]
    fn a_model_with_nothing_ready_is_hot_from_the_start() {
        let text = "run.duration = \"1 s\"\n[[model]]\nname = \"m\"\nreplicas = 0\n\
                    engine.slots = { per_replica = 1, service.constant = \"1 s\" }\n[[org]]\nname = \"o\"\n\
                    [[org.workload]]\nname = \"w\"\nmodel = \"m\"\narrivals.constant = { rate = \"1/s\" }\n\
                    prompt_tokens.constant = 1\noutput_tokens.constant = 1\n";
        let mut load = |name: &str| Err(name.to_owned());
        let (mut scenario, _) = reading::read("t.toml", text.as_bytes(), &[], &mut load, 1e12).unwrap();
        let mix = scenario.configured_mix(0);
        let mut model = Model::new(scenario.models.remove(0), mix, Key::new(1, 0));
        assert_eq!(model.live(SimTime::from_s(9)).utilization, 1.0);
    }
}
