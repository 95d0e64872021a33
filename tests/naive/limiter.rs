//! The limiter of one org on one model: two meters, the reset value, what the law is told.

use super::laws::{Common, Memory, rates};
use super::{Ns, ns};
use ratetide::limit::policy::{Credit, Policy, ResetMode};
use ratetide::scenario::Scenario;

/// Requests and tokens.
pub type Both<T> = [T; 2];

/// Green, or the index of the binding resource.
pub type Label = Result<(), usize>;

/// What the law may know of the model: its saturated rates per second, and smoothed utilisation.
#[derive(Clone, Copy)]
pub struct Live {
    pub capacity: Both<f64>,
    pub utilization: f64,
}

/// A model at an instant.
pub struct Scene<'s> {
    pub now: Ns,
    pub live: Live,
    pub common: &'s mut Common,
}

pub struct Limiter<'a> {
    policy: &'a Policy,
    /// Theoretical arrival times.
    due: Both<Ns>,
    /// The last slots told.
    slots: Both<Ns>,
    /// The output of every success.
    outputs: Vec<u32>,
    memory: Memory,
}

/// Those of every (org, model), members of populations each for itself.
pub fn all(scenario: &Scenario) -> Vec<Limiter<'_>> {
    let mut all = Vec::new();
    for pair in &scenario.pairs {
        let policy = &scenario.models[pair.model as usize].policy;
        let weight = scenario.orgs[pair.org as usize].weight;
        for _ in 0..pair.members {
            let memory = Memory::new(&policy.law, all.len(), weight);
            all.push(Limiter { policy, due: [0; 2], slots: [0; 2], outputs: Vec::new(), memory });
        }
    }
    all
}

/// How long a cost takes at a rate, rounded down, so that who sends exactly at the rate conforms.
fn lasts(cost: f64, rate_per_s: f64) -> Ns {
    (cost / rate_per_s * 1e9 + 1e-4).floor() as Ns
}

impl Limiter<'_> {
    /// Mean output of the successes so far, the configured mean before the first.
    pub fn expected_output(&self, configured: f64) -> f64 {
        let total: u64 = self.outputs.iter().map(|&n| u64::from(n)).sum();
        if self.outputs.is_empty() { configured } else { total as f64 / self.outputs.len() as f64 }
    }

    fn rates(&mut self, scene: &mut Scene) -> Both<f64> {
        rates(&self.policy.law, &mut self.memory, scene)
    }

    /// What a request of so many tokens adds to each meter at these rates, and how long until it conforms.
    fn read(&self, now: Ns, tokens: f64, rates: Both<f64>) -> (Both<Ns>, Both<Ns>) {
        let adds = [lasts(1.0, rates[0]), lasts(tokens, rates[1])];
        let tolerance = ns(self.policy.burst);
        // Once charged it may be a burst ahead of the clock, or its own length if it is larger than that.
        let wait = |r: usize| (self.due[r].max(now) + adds[r] - now - tolerance.max(adds[r])).max(0);
        (adds, [wait(0), wait(1)])
    }

    pub fn label(&mut self, scene: &mut Scene, tokens: f64) -> Label {
        let (now, met) = (scene.now, self.rates(scene));
        self.memory.asked(scene, tokens, met);
        let (adds, waits) = self.read(now, tokens, met);
        if waits != [0; 2] {
            return Err(usize::from(waits[1] > waits[0]));
        }
        (0..2).for_each(|r| self.due[r] = self.due[r].max(now) + adds[r]);
        Ok(())
    }

    /// A meter moves, never behind now.
    fn correct(&mut self, now: Ns, r: usize, by: Ns) {
        self.due[r] = (self.due[r].max(now) + by).max(now);
    }

    /// A success: settled at the rate before it is credited.
    pub fn success_of(&mut self, scene: &mut Scene, green: bool, charged: f64, prompt: u32, output: u32) {
        let (now, tokens) = (scene.now, prompt + output);
        self.memory.resume(now);
        if green {
            let rate = self.rates(scene)[1];
            let [more, less] = [f64::from(tokens) - charged, charged - f64::from(tokens)];
            self.correct(now, 1, lasts(more.max(0.0), rate) - lasts(less.max(0.0), rate));
        }
        let credited = green || self.policy.credit == Credit::All;
        self.memory.served(&self.policy.law, now, credited.then_some(tokens));
        self.outputs.push(output);
    }

    /// What was charged for a green attempt that was not served comes back, if the policy says so.
    pub fn refund(&mut self, scene: &mut Scene, tokens: f64) {
        if self.policy.refund_unserved {
            let (now, rates) = (scene.now, self.rates(scene));
            self.correct(now, 0, -lasts(1.0, rates[0]));
            self.correct(now, 1, -lasts(tokens, rates[1]));
        }
    }

    /// A 503.
    pub fn unavailable(&mut self, now: Ns) {
        self.memory.unavailable(&self.policy.law, now);
    }

    /// The wait told: `limited` is the binding resource of a 429; `failed` is a 429 or a 503.
    pub fn reset(
        &mut self,
        scene: &mut Scene,
        mode: ResetMode,
        tokens: f64,
        limited: Option<usize>,
        failed: bool,
        backlog: Ns,
    ) -> Ns {
        let (now, rates) = (scene.now, self.rates(scene));
        let (adds, waits) = self.read(now, tokens, rates);
        let conforms_in = waits[0].max(waits[1]);
        match mode {
            ResetMode::Model if limited.is_some() => backlog,
            ResetMode::Model => backlog.max(conforms_in),
            ResetMode::Reserved if failed => {
                let r = limited.unwrap_or(usize::from(waits[1] > waits[0]));
                self.slots[r] = (self.slots[r] + adds[r]).max(now + waits[r]).min(now + 60_000_000_000);
                (self.slots[r] - now).max(0)
            }
            ResetMode::Gcra | ResetMode::Reserved => conforms_in,
        }
    }
}
