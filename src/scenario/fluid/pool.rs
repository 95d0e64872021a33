//! A model's replicas and its buffer.

use super::Step;
use crate::dist::Law as _;
use crate::limit::law::{Live, Shared};
use crate::limit::policy::Enforcement;
use crate::limit::usage::Rates;
use crate::platform::autoscaler::{Autoscaler, Decision, Scaler as _, Seen};
use crate::platform::config::{ModelConfig, OnDisconnect};
use crate::platform::incident::{Harm, Incident};
use crate::platform::mix::Mix;
use crate::platform::serving::{Engine, ReplicaEngine as _};
use crate::scenario::Workload;
use crate::units::{SimTime, Span};

/// Work in service over capacity from which on a model is hot.
const HOT: f64 = 0.95;

/// A model under way.
#[derive(Clone, Debug)]
pub struct Pool {
    pub(super) engine: Engine,
    scaler: Autoscaler,
    looks_at: SimTime,
    mix: Mix,
    reserve: f64,
    /// What its law remembers over all orgs.
    pub shared: Shared,
    /// Replicas, were nothing lost; those that start, and when they are ready.
    replicas: f64,
    starting: Vec<(SimTime, f64)>,
    /// Those that are ready.
    ready: f64,
    pub(super) slowdown: f64,
    /// The share of attempts that fails at random.
    pub errors: f64,
    /// Attempts that it serves at a time, and per second.
    places: f64,
    per_s: f64,
    /// Attempts in the house, and those of them that wait.
    inside: f64,
    waiting: Waiting,
    /// The same at the end of the step.
    after: (f64, Waiting),
    /// Work for spare capacity that waits.
    spare: f64,
    /// Attempts of this step: within the rate, above it, and for spare capacity.
    pub asked: [f64; 3],
    /// The shares of the first two that are let in, and of those the share that its client waits for.
    pub(super) accepted: [f64; 2],
    pub(super) awaited: f64,
    /// The shares of those let in that wait too long.
    pub(super) dropped: [f64; 2],
    /// The longest that a client waits for its service to begin, in seconds.
    patience_s: f64,
}

/// Attempts that wait.
#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
    /// How many are above their rate, which are served last.
    red: f64,
    /// Seconds that the first has waited.
    head_s: f64,
}

impl Waiting {
    /// Seconds that the first has waited at the end of a step: of those that wait before and those that come, who come
    /// evenly, the last ones are left.
    fn after(&self, step: &Step, before: f64, comes: f64, left: f64) -> f64 {
        if left <= 0.0 {
            0.0
        } else if left > comes && before > 0.0 {
            step.length_s + self.head_s * ((left - comes) / before).min(1.0)
        } else {
            step.length_s * (left / comes.max(left))
        }
    }
}

/// Seconds of a span; infinite if it has no end.
pub fn longest_s(span: Span) -> f64 {
    if span == Span::MAX { f64::INFINITY } else { span.as_secs_f64() }
}

/// Seconds that a workload's client waits for service to begin.
pub fn patience_s(workload: &Workload, service_s: f64) -> f64 {
    longest_s(workload.client.timeout.min(workload.client.deadline)) - workload.rtt.as_secs_f64() - service_s
}

impl Pool {
    pub fn new(model: &ModelConfig, mix: Mix) -> Pool {
        let mut starting = Vec::new();
        let mut replicas = f64::from(model.replicas);
        if let Some(cold_start) = &model.cold_start {
            starting.push((SimTime::ZERO.saturating_add(Span::from_secs_f64(cold_start.mean())), replicas));
            replicas = 0.0;
        }
        Pool {
            engine: model.engine.clone(),
            scaler: model.autoscaler.clone(),
            looks_at: SimTime::ZERO,
            mix,
            reserve: model.spare_reserve,
            shared: model.policy.law.shared(),
            replicas,
            starting,
            ready: replicas,
            slowdown: 1.0,
            errors: 0.0,
            places: 0.0,
            per_s: 0.0,
            inside: 0.0,
            waiting: Waiting::default(),
            after: (0.0, Waiting::default()),
            spare: 0.0,
            asked: [0.0; 3],
            accepted: [1.0; 2],
            awaited: 1.0,
            dropped: [0.0; 2],
            patience_s: 0.0,
        }
    }

    /// A step begins: what is ready, and how fast it is.
    pub fn begin(&mut self, step: &Step, model: u32, incidents: &[Incident]) {
        let mut ready = 0.0;
        self.starting.retain(|&(at, count)| {
            let is_ready = at <= step.end;
            ready += if is_ready { count } else { 0.0 };
            !is_ready
        });
        self.replicas += ready;
        let (mut lost, mut spared) = (0.0, 1.0);
        self.slowdown = 1.0;
        for incident in incidents.iter().filter(|incident| incident.model == model) {
            // By the part of the step in which it is on.
            let begins = step.end.as_secs_f64() - step.length_s;
            let from = incident.at.as_secs_f64().max(begins);
            let to = incident.at.saturating_add(incident.duration).as_secs_f64().min(step.end.as_secs_f64());
            let part = ((to - from) / step.length_s).max(0.0);
            match incident.harm {
                Harm::LoseReplicas { count } => lost += part * f64::from(count),
                Harm::Slowdown { factor } => self.slowdown *= 1.0 / (1.0 - part + part / factor),
                Harm::ErrorShare { share } => spared *= 1.0 - part * share,
                Harm::Traffic { .. } | Harm::SlowColdStart { .. } => {}
            }
        }
        self.errors = 1.0 - spared;
        self.ready = (self.replicas - lost).max(0.0);
        let one = self.engine.capacity(&self.mix, 1, self.slowdown).requests;
        self.per_s = one * self.ready;
        let each = match self.engine.batching() {
            Some(engine) => engine.saturated(self.mix.prompt, self.mix.output),
            None => f64::from(self.engine.places()),
        };
        self.places = each * self.ready;
        self.patience_s = 0.0;
    }

    /// What a law may know of it.
    pub fn live(&self) -> Live {
        let utilization = if self.places > 0.0 { (self.inside / self.places).min(1.0) } else { 1.0 };
        let tokens = self.mix.prompt + self.mix.output;
        Live { capacity: Rates { requests: self.per_s, tokens: self.per_s * tokens }, utilization }
    }

    /// Seconds of service in a full house.
    pub(super) fn service_s(&self) -> f64 {
        if self.per_s > 0.0 { self.places / self.per_s } else { 0.0 }
    }

    /// This workload's clients wait there too.
    pub fn longest(&mut self, workload: &Workload) {
        self.patience_s = self.patience_s.max(patience_s(workload, self.service_s()));
    }

    /// Whether nothing is ready, nor will be.
    pub(super) fn is_dead(&self) -> bool {
        self.ready == 0.0 && self.starting.is_empty() && !self.scaler.scales_from_zero()
    }

    /// Whether it tells beforehand who would wait too long.
    fn predicts(&self, model: &ModelConfig) -> bool {
        model.buffer.early_refusal && self.per_s > 0.0
    }

    /// Let in what there is room for, and let go who has waited too long.
    pub fn accept(&mut self, step: &Step, model: &ModelConfig) {
        let [green, red, _] = self.asked;
        let leaves = self.per_s * step.length_s;
        let max_wait_s = longest_s(model.buffer.max_wait);
        let room = if self.is_dead() {
            0.0
        } else if self.predicts(model) && max_wait_s.is_finite() {
            self.places + self.per_s * max_wait_s + leaves - self.inside
        } else {
            f64::INFINITY
        };
        let is_hot = self.inside > self.places || green + red > HOT * leaves;
        let let_in = |asked: f64, room: f64| if asked > room.max(0.0) { room.max(0.0) / asked } else { 1.0 };
        self.accepted = match model.policy.enforcement {
            Enforcement::Attribution => [let_in(green + red, room); 2],
            Enforcement::Soft => {
                let first = let_in(green, room + self.waiting.red);
                [first, let_in(red, room - first * green)]
            }
            Enforcement::Hard if !is_hot => [let_in(green, room), let_in(red, room - green)],
            Enforcement::Hard | Enforcement::Strict => [let_in(green, room + self.waiting.red), 0.0],
        };
        let comes = self.accepted.iter().zip([green, red]).map(|(share, asked)| share * asked).sum::<f64>();
        let service_s = self.service_s();
        let stay = if service_s > 0.0 { (-step.length_s / service_s).exp() } else { 0.0 };
        let served = self.inside * stay + comes / step.length_s * service_s * (1.0 - stay);
        let is_full = served > self.places || self.per_s == 0.0;
        let mut inside = if is_full { (self.inside + comes - leaves).max(self.places) } else { served };
        let before = (self.inside - self.places).max(0.0);
        let mut waits = (inside - self.places).max(0.0);
        let mut head_s = self.waiting.after(step, before, comes, waits);

        // Who has waited too long goes; as many as these of who comes now will.
        let stops = model.on_disconnect == OnDisconnect::Stop && self.patience_s < max_wait_s;
        let most_s = if stops { self.patience_s.max(0.0) } else { max_wait_s };
        let gone = if head_s > most_s { waits * (1.0 - most_s / head_s) } else { 0.0 };
        head_s = head_s.min(most_s);
        (inside, waits) = (inside - gone, waits - gone);
        self.awaited = 1.0;
        self.dropped = [0.0; 2];
        if stops {
            self.awaited = let_in(comes, comes - gone);
        } else {
            let above = self.accepted[1] * red;
            let of_red = if model.policy.enforcement == Enforcement::Attribution {
                gone * above / comes
            } else {
                gone.min(above)
            };
            let share = |gone: f64, of: f64| if of > 0.0 { (gone / of).min(1.0) } else { 0.0 };
            self.dropped = [share(gone - of_red, comes - above), share(of_red, above)];
        }
        self.after =
            (inside, Waiting { red: (self.waiting.red + self.accepted[1] * red).min(waits), head_s });
    }

    /// Seconds that who comes at the beginning and at the end of the step waits.
    pub(super) fn waits_s(&self, model: &ModelConfig) -> [f64; 2] {
        if !self.predicts(model) {
            return [self.waiting.head_s, self.after.1.head_s];
        }
        [self.inside, self.after.0].map(|inside| (inside - self.places).max(0.0) / self.per_s)
    }

    /// Attempts in the house, with those that wait for spare capacity.
    pub fn inside(&self) -> f64 {
        self.inside + self.spare
    }

    /// A step ends.
    pub fn end(&mut self, step: &Step) {
        let (inside, waiting) = self.after;
        let [green, above, spare] = self.asked;
        let free = (self.per_s * (1.0 - self.reserve) * step.length_s - green - above).max(0.0);
        self.spare = (self.spare + spare - free).max(0.0);
        (self.inside, self.waiting) = (inside.max(0.0), waiting);
        let Some(interval) = self.scaler.interval() else { return };
        if self.looks_at > step.end {
            return;
        }
        self.looks_at = step.end.saturating_add(interval);
        let per_s = (green + above) / step.length_s;
        let starting: f64 = self.starting.iter().map(|(_, count)| count).sum();
        let seen = Seen {
            arrived: (per_s * interval.as_secs_f64()).round() as u64,
            in_flight: inside as u32,
            current: (self.ready + starting).round() as u32,
            per_replica_rps: self.engine.capacity(&self.mix, 1, self.slowdown).requests,
        };
        match self.scaler.look(step.end, &seen) {
            Decision::Keep => {}
            Decision::Grow(count) => {
                let cold_start = self.scaler.cold_start().map_or(0.0, |law| law.mean());
                self.starting
                    .push((step.end.saturating_add(Span::from_secs_f64(cold_start)), f64::from(count)));
            }
            Decision::Shrink(count) => {
                let mut left = f64::from(count);
                for (_, starting) in self.starting.iter_mut().rev() {
                    let gone = starting.min(left);
                    *starting -= gone;
                    left -= gone;
                }
                self.starting.retain(|&(_, starting)| starting > 0.0);
                self.replicas = (self.replicas - left).max(0.0);
            }
        }
    }
}
