//! A model at run time: its recent mix, what it can do, how busy it is.

use super::buffer::Turns;
use super::laws::Common;
use super::limiter::Live;
use super::scalers::Scaler;
use super::{Naive, Ns, seconds};
use ratetide::platform::config::ModelConfig;
use ratetide::platform::serving::ReplicaEngine as _;
use ratetide::rng::{Key, Stream};
use ratetide::scenario::Scenario;

/// A model, or the pool of a dedicated endpoint, at run time.
pub struct Model<'a> {
    pub config: &'a ModelConfig,
    /// In order of arrival; work for spare capacity in order of service.
    pub waiting: Vec<usize>,
    pub spare: Vec<usize>,
    /// The drop timer is set.
    pub drops: bool,
    /// Where orgs take turns, by colour.
    pub turns: [Turns; 2],
    /// The least weight of an org on it.
    pub weight_min: f64,
    /// Ready replicas with a free place, next to serve first.
    pub rota: Vec<usize>,
    /// Mean service seconds, prompt and output of recent starts.
    pub mix: [f64; 3],
    /// Smoothed utilisation, and its level since.
    smoothed: (f64, f64, Ns),
    /// Attempts that have arrived since the autoscaler looked.
    pub arrived: u64,
    pub scaler: Scaler<'a>,
    /// What the law knows of all orgs together.
    pub common: Common,
    pub cold_starts: Key,
    /// Draws of two replicas.
    pub draws: Stream,
}

impl<'a> Model<'a> {
    pub fn new(scenario: &'a Scenario, m: usize) -> Model<'a> {
        let config = &scenario.models[m];
        let key = Key::new(scenario.run.seed, 0).with("model").with(config.name.as_str()).with("cold_start");
        let here = scenario.pairs.iter().filter(|pair| pair.model as usize == m);
        let weights = here.map(|pair| scenario.orgs[pair.org as usize].weight);
        Model {
            config,
            waiting: Vec::new(),
            spare: Vec::new(),
            drops: false,
            turns: Default::default(),
            weight_min: weights.fold(f64::INFINITY, f64::min),
            rota: Vec::new(),
            mix: configured_mix(scenario, m),
            smoothed: (0.0, 0.0, 0),
            arrived: 0,
            scaler: Scaler::new(&config.autoscaler, config.replicas),
            common: Common::default(),
            cold_starts: key,
            draws: key.with("choice").stream(),
        }
    }
}

/// The configured means, weighted by the number of requests each workload makes; where all traffic comes by falling
/// back, by that of its homes.
fn configured_mix(scenario: &Scenario, m: usize) -> [f64; 3] {
    let engine = &scenario.models[m].engine;
    let here: Vec<_> = scenario.workloads.iter().filter(|w| w.pool as usize == m).collect();
    let only_fallbacks = here.iter().all(|w| w.fallback_of.is_some());
    let (mut sums, mut total) = ([0.0; 3], 0.0);
    for workload in here {
        let (prompt, output) = (workload.mean_prompt, workload.mean_output);
        let means = [engine.alone_s(prompt, output), prompt, output];
        let home = &scenario.workloads[workload.home as usize];
        let weight = if only_fallbacks { home.expected() } else { workload.expected() };
        (0..3).for_each(|k| sums[k] += weight * means[k]);
        total += weight;
    }
    if total == 0.0 { [engine.alone_s(1.0, 1.0), 1.0, 1.0] } else { sums.map(|sum| sum / total) }
}

impl Naive<'_> {
    pub fn places(&self, m: usize) -> usize {
        self.models[m].config.engine.places() as usize
    }

    /// Work in service over ready capacity; work for spare capacity does not count.
    pub fn utilization(&self, m: usize) -> f64 {
        let slots = self.ready(m) * self.places(m);
        if slots == 0 {
            return 1.0;
        }
        let busy = self.all_ready(m).into_iter().flat_map(|r| &self.replicas[r].serving);
        busy.filter(|&&t| !self.is_spare(t)).count() as f64 / slots as f64
    }

    /// K: requests and tokens per second of so many saturated replicas.
    pub fn capacity(&self, m: usize, replicas: usize) -> [f64; 2] {
        let [service_s, prompt, output] = self.models[m].mix;
        let requests = match self.batching(m) {
            None => (replicas * self.places(m)) as f64 / (service_s.max(1e-9) * self.slowdown(m)),
            Some(e) => {
                let most = e.kv_tokens.map_or(f64::INFINITY, |most| most as f64);
                let k = (most / (prompt + output)).floor().clamp(1.0, f64::from(e.max_batch));
                let step_ns = e.step_ns as f64 + e.step_per_sequence_ns as f64 * k;
                let pass_ns = e.prefill_ns as f64 + e.per_prompt_token_ns as f64 * prompt;
                let cycle_s = (output * step_ns + k * pass_ns) * 1e-9;
                replicas as f64 * k / (cycle_s.max(1e-9) * self.slowdown(m))
            }
        };
        [requests, requests * (prompt + output)]
    }

    pub fn live(&self, now: Ns, m: usize) -> Live {
        let (value, level, since) = self.models[m].smoothed;
        let past = now - since;
        let utilization =
            if past == 0 { value } else { level + (value - level) * (-seconds(past) / 30.0).exp() };
        Live { capacity: self.capacity(m, self.ready(m)), utilization }
    }

    /// Before anything has happened.
    pub fn begin_smoothing(&mut self, m: usize) {
        let level = self.utilization(m);
        self.models[m].smoothed = (level, level, 0);
    }

    /// The level of utilisation may have changed.
    pub fn smooth(&mut self, now: Ns, m: usize) {
        self.models[m].smoothed = (self.live(now, m).utilization, self.utilization(m), now);
    }
}
