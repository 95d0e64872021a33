//! The platform: what happens to an attempt between its arrival and its answer.
//!
//! A state machine without a queue or I/O: each method takes the present instant, returns the answer that is due at
//! once, and leaves what must happen next in [`Platform::effects`], for the caller to schedule. So it runs under the
//! simulator, in a test with literal times, or behind a socket.
//!
//! | file | concept |
//! |---|---|
//! | [`config`] | a model as the scenario describes it |
//! | [`attempt`] | an attempt, and the table of all |
//! | [`pairs`] | the (org, model) pairs, with a state once somebody looks |
//! | [`effect`] | what it wants done |
//! | `arrivals` | attempts arrive |
//! | `service` | they are served |
//! | `departures` | or leave without |
//! | `answer` | failures, and what responses say |
//! | [`model`] | one model at run time |
//! | [`buffer`] | the smoothing buffer |
//! | [`fair`] | turns among the orgs that wait |
//! | [`fleet`] | replicas and their slots |
//! | [`serving`] | the engines: slots, continuous batching |
//! | `turns` | what happens on replicas that batch |
//! | [`mix`] | recent work, live capacity, smoothed utilisation |
//! | [`autoscaler`] | how many replicas |
//! | `scaling` | what a model does about that |
//! | [`incident`] | what goes wrong, on a schedule |
//! | `strike` | what that does to a model |
//! | [`lane`] | serverless, batch jobs, dedicated endpoints |

mod answer;
mod arrivals;
pub mod attempt;
pub mod autoscaler;
pub mod buffer;
pub mod config;
mod departures;
pub mod effect;
pub mod fair;
pub mod fleet;
pub mod incident;
pub mod lane;
pub mod mix;
pub mod model;
pub mod pairs;
mod scaling;
mod service;
pub mod serving;
mod strike;
mod turns;

use crate::limit::usage::Rates;
use crate::units::SimTime;
use attempt::{Attempt, Attempts, Id};
use autoscaler::Decision;
use model::Model;
use pairs::{Pairs, Row};

pub use departures::Consumed;
pub use effect::Effect;

/// All models, all (org, model) pairs, all attempts at the platform.
#[derive(Clone, Debug)]
pub struct Platform {
    models: Vec<Model>,
    pairs: Pairs,
    attempts: Attempts,
    /// What the last call wants done, in order; drain it after every call.
    pub effects: Vec<Effect>,
}

impl Platform {
    /// A platform of these models; the (org, model) pairs are those of `rows`, numbered through.
    pub fn new(mut models: Vec<Model>, rows: &[Row]) -> Platform {
        let pairs = Pairs::new(rows);
        for &(first, row) in pairs.rows() {
            models[row.model as usize].buffer.join(first, row.weight);
        }
        Platform { pairs, models, attempts: Attempts::default(), effects: Vec::new() }
    }

    /// An attempt, by id.
    #[inline]
    pub fn attempt(&self, id: Id) -> &Attempt {
        &self.attempts[id]
    }

    /// Whether anybody reads the headers of a model's 200s, and of its failures. At first somebody does; what nobody
    /// reads is not worked out.
    pub fn tell(&mut self, index: u32, on_200: bool, on_failure: bool) {
        self.models[index as usize].tells = [on_200, on_failure];
    }

    /// Whether a model's levels may have changed since the last call.
    #[inline]
    pub fn take_touched(&mut self, index: u32) -> bool {
        self.models[index as usize].take_touched()
    }

    /// A model, by index.
    pub fn model(&self, index: u32) -> &Model {
        &self.models[index as usize]
    }

    /// The dynamic rates of a row, and its credited successes per second over the law's window: the means over
    /// at most 64 of its members, evenly spaced by rank, the first among them.
    pub fn row_rates(&mut self, now: SimTime, row: u32) -> (Rates, Rates) {
        let model = &mut self.models[self.pairs.rows()[row as usize].1.model as usize];
        let looked = self.pairs.sampled(row);
        let count = looked.len() as f64;
        let mut sums = [Rates { requests: 0.0, tokens: 0.0 }; 2];
        for pair in looked {
            let state = self.pairs.on(model, pair);
            let found = [state.rates(&mut model.limits(now)), state.success_rates(now)];
            sums = [0, 1].map(|i| sums[i].zip(found[i], |a, b| a + b));
        }
        let [dynamic, success] = sums.map(|sum| sum.map(|sum| sum / count));
        (dynamic, success)
    }

    /// A cold start is over.
    pub fn replica_ready(&mut self, now: SimTime, model: u32, replica: u32) {
        if self.models[model as usize].fleet.become_ready(replica) {
            self.models[model as usize].note_fleet(now);
            self.serve_waiting(now, model);
        }
    }

    /// A model's first replicas, where they begin cold, are started.
    pub fn open(&mut self, now: SimTime, index: u32) {
        let ready = |(replica, at)| Effect::Ready { model: index, replica, at };
        self.effects.extend(self.models[index as usize].open(now).into_iter().map(ready));
    }

    /// The autoscaler looks at its model.
    pub fn tick(&mut self, now: SimTime, index: u32) {
        let model = &mut self.models[index as usize];
        match model.look(now) {
            Decision::Keep => {}
            Decision::Grow(count) => {
                for _ in 0..count {
                    let (replica, at) = model.start_replica(now);
                    self.effects.push(Effect::Ready { model: index, replica, at });
                }
            }
            Decision::Shrink(count) => {
                model.fleet.shed(count);
                model.note_fleet(now);
            }
        }
    }
}
