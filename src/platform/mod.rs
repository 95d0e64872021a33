//! The platform: what happens to an attempt between its arrival and its answer.
//!
//! A state machine without a queue or I/O: each method takes the present instant and leaves what must happen
//! next in [`Platform::effects`], for the caller to schedule. So it runs under the simulator, in a test with
//! literal times, or behind a socket.
//!
//! | file | concept |
//! |---|---|
//! | [`config`] | a model as the scenario describes it |
//! | [`attempt`] | an attempt, and the table of all |
//! | [`pairs`] | the (org, model) pairs, with a state once somebody looks |
//! | `answer` | failures, and what responses say |
//! | [`model`] | one model at run time |
//! | [`buffer`] | the smoothing buffer |
//! | [`fair`] | turns among the orgs that wait |
//! | [`fleet`] | replicas and their slots |
//! | [`serving`] | the engines: slots, continuous batching |
//! | `turns` | what happens on replicas that batch |
//! | [`mix`] | recent work, live capacity, smoothed utilisation |
//! | [`autoscaler`] | how many replicas |
//! | [`incident`] | what goes wrong, on a schedule |
//! | `strike` | what that does to a model |
//! | [`lane`] | serverless, batch jobs, dedicated endpoints |

mod answer;
pub mod attempt;
pub mod autoscaler;
pub mod buffer;
pub mod config;
pub mod fair;
pub mod fleet;
pub mod incident;
pub mod lane;
pub mod mix;
pub mod model;
pub mod pairs;
pub mod serving;
mod strike;
mod turns;

use crate::limit::pair::{Color, Completion, Cost};
use crate::limit::policy::Enforcement;
use crate::limit::usage::{Rates, Served};
use crate::reply::{Outcome, Reply};
use crate::units::SimTime;
use attempt::{Arriving, Attempt, Attempts, Id, State};
use autoscaler::Decision;
use config::OnDisconnect;
use model::Model;
use pairs::{Pairs, Row};

/// What must happen because of what just happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// Service of an attempt began; call [`Platform::complete`] at `at`.
    Started {
        /// The attempt; its version goes with the call.
        id: Id,
        /// When its service ends.
        at: SimTime,
    },
    /// An attempt's service ends at another instant than was said; the earlier call is void.
    Moved {
        /// The attempt.
        id: Id,
        /// When its service ends now.
        at: SimTime,
    },
    /// Something happens on a replica that batches at `at`; call [`Platform::turn`]. What was said of it before
    /// is void.
    Turn {
        /// The model.
        model: u32,
        /// The replica.
        replica: u32,
        /// Counts how often that was said of the replica.
        version: u8,
        /// When.
        at: SimTime,
    },
    /// An attempt failed and has left the platform.
    Failed {
        /// The attempt.
        id: Id,
        /// What its client is told.
        reply: Reply,
    },
    /// Call [`Platform::drop_expired`] at `at`.
    DropTimer {
        /// The model.
        model: u32,
        /// When.
        at: SimTime,
    },
    /// A cold start is over at `at`; call [`Platform::replica_ready`].
    Ready {
        /// The model.
        model: u32,
        /// The replica.
        replica: u32,
        /// When.
        at: SimTime,
    },
}

/// Tokens a withdrawn attempt had consumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consumed {
    /// Prompt tokens.
    pub prompt: u32,
    /// Output tokens made so far.
    pub output: u32,
}

/// All models, all (org, model) pairs, all attempts at the platform.
#[derive(Clone, Debug)]
pub struct Platform {
    models: Vec<Model>,
    pairs: Pairs,
    attempts: Attempts,
    /// Whether anybody reads the header of a 200: telling it changes nothing, so it need not be computed.
    pub tells_on_200: bool,
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
        Platform { pairs, models, attempts: Attempts::default(), tells_on_200: true, effects: Vec::new() }
    }

    /// An attempt, by id.
    #[inline]
    pub fn attempt(&self, id: Id) -> &Attempt {
        &self.attempts[id]
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

    /// An attempt arrives under a free id.
    pub fn arrive(&mut self, now: SimTime, id: Id, arriving: Arriving) {
        let model = &mut self.models[arriving.model as usize];
        if arriving.spare {
            return self.arrive_spare(now, id, arriving);
        }
        let pair = self.pairs.on(model, arriving.pair);
        model.arrived += 1;
        let expected = pair.expected_output(arriving.expected_output).min(f64::from(arriving.max_tokens));
        let cost = Cost { tokens: f64::from(arriving.prompt) + expected };
        let color = pair.label(&mut model.limits(now), cost);
        self.attempts.enter(id, Attempt::new(now, arriving, color, cost));

        if arriving.luck >= model.spared_share {
            return self.fail_as(now, id, Outcome::Unavailable);
        }
        let refused = color != Color::Green
            && match model.config.policy.enforcement {
                Enforcement::Soft | Enforcement::Attribution => false,
                Enforcement::Hard => model.is_hot(),
                Enforcement::Strict => true,
            };
        if refused || model.is_dead() || !model.fits(self.attempts[id].tokens()) {
            return self.fail(now, id);
        }
        if model.buffer.is_empty() && model.begin(now, id, &mut self.attempts) {
            return self.started(now, id);
        }
        let predicted = model.predicted_wait(model.buffer.class(color));
        if model.config.buffer.early_refusal && predicted.is_some_and(|w| w > model.config.buffer.max_wait) {
            return self.fail(now, id);
        }
        model.touched = true;
        if let Some(at) = model.buffer.push(now, id, &mut self.attempts) {
            self.effects.push(Effect::DropTimer { model: arriving.model, at });
        }
        // It may go before one that needs more space than there is.
        self.serve_waiting(now, arriving.model);
    }

    /// Work for spare capacity arrives: nobody meters it, forecasts it or turns it away, not
    /// even what no replica can hold.
    fn arrive_spare(&mut self, now: SimTime, id: Id, arriving: Arriving) {
        let model = &mut self.models[arriving.model as usize];
        self.attempts.enter(id, Attempt::new(now, arriving, Color::Green, Cost { tokens: 0.0 }));
        if !model.fits(self.attempts[id].tokens()) {
            // It waits for its window's end, and keeps nobody waiting meanwhile.
            self.attempts[id].state = State::Stranded;
            return;
        }
        model.touched = true;
        model.buffer.push(now, id, &mut self.attempts);
        self.serve_waiting(now, arriving.model);
    }

    /// Service of an attempt ends, as was said when it had this `version`; `None` if that instant has moved or
    /// the attempt has left. The reply is for its client; work whose client has gone earns no credit and
    /// settles nothing.
    #[inline]
    pub fn complete(&mut self, now: SimTime, id: Id, version: u16) -> Option<Reply> {
        let attempt = &self.attempts[id];
        let said = attempt.state == State::InService && attempt.version == version;
        if !said || attempt.completes != now {
            return None;
        }
        Some(self.served(now, id))
    }

    /// Service of an attempt is over: the place is free, usage is credited, the next begin.
    #[inline]
    fn served(&mut self, now: SimTime, id: Id) -> Reply {
        let index = self.attempts[id].arriving.model;
        let model = &mut self.models[index as usize];
        model.end(now, id, &mut self.attempts);
        let attempt = &self.attempts[id];
        if !(attempt.abandoned || attempt.arriving.spare) {
            let done = Completion {
                color: attempt.color,
                cost: attempt.cost,
                served: Served { requests: 1, tokens: attempt.tokens() },
                output: attempt.arriving.output,
            };
            self.pairs.on(model, attempt.arriving.pair).complete(&mut model.limits(now), &done);
        }
        self.serve_waiting(now, index);
        self.reply(now, id, Outcome::Ok)
    }

    /// The drop timer rang: drop the attempt that has waited its time.
    pub fn drop_expired(&mut self, now: SimTime, model: u32) {
        let (expired, next) = self.models[model as usize].buffer.expired(now, &mut self.attempts);
        if let Some(id) = expired {
            self.models[model as usize].touched = true;
            self.fail(now, id);
            self.serve_waiting(now, model);
        }
        self.effects.extend(next.map(|at| Effect::DropTimer { model, at }));
    }

    /// The platform learns that a client has gone. What the attempt had consumed if it leaves now; `None` if
    /// it stays (it goes on in vain, or has left already).
    pub fn disconnect(&mut self, now: SimTime, id: Id) -> Option<Consumed> {
        let attempt = self.attempts[id];
        let model = &mut self.models[attempt.arriving.model as usize];
        match attempt.state {
            State::Away => return None,
            State::Stranded => {
                self.attempts[id].state = State::Away;
                return Some(Consumed::default());
            }
            State::Waiting | State::InService => {}
        }
        if model.config.on_disconnect == OnDisconnect::Serve {
            self.attempts[id].abandoned = true;
            return None;
        }
        if attempt.state == State::Waiting {
            model.buffer.remove(id, &mut self.attempts);
            model.touched = true;
            if !attempt.arriving.spare {
                let pair = self.pairs.on(model, attempt.arriving.pair);
                pair.unserved(&mut model.limits(now), attempt.color, attempt.cost);
            }
            self.serve_waiting(now, attempt.arriving.model);
            return Some(Consumed::default());
        }
        if model.batches.is_some() {
            return Some(self.withdraw(now, id));
        }
        model.end(now, id, &mut self.attempts);
        self.serve_waiting(now, attempt.arriving.model);
        let (done, whole) = (now - attempt.started, attempt.completes - attempt.started);
        let share = if whole.is_zero() { 1.0 } else { done.as_secs_f64() / whole.as_secs_f64() };
        let output = (f64::from(attempt.arriving.output) * share) as u32;
        Some(Consumed { prompt: attempt.arriving.prompt, output })
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

    /// Fill free places from the buffer: when one is freed, and when who needed more space than there was no
    /// longer stands first. What is spare then, with work for spare capacity.
    #[inline]
    fn serve_waiting(&mut self, now: SimTime, index: u32) {
        let mut model = &mut self.models[index as usize];
        // In order: who needs more space than there is keeps everybody behind it waiting.
        while model.has_place()
            && let Some(next) = model.buffer.next(&self.attempts)
            && model.has_room(next, &self.attempts)
        {
            let id = model.buffer.pop(&mut self.attempts).expect("the buffer is not empty");
            assert!(model.begin(now, id, &mut self.attempts), "there is room");
            self.started(now, id);
            model = &mut self.models[index as usize];
        }
        while let Some(next) = model.buffer.next_spare()
            && model.has_spare()
            && model.has_room(next, &self.attempts)
        {
            let id = model.buffer.pop(&mut self.attempts).expect("work for spare capacity waits");
            assert!(model.begin(now, id, &mut self.attempts), "there is room");
            self.started(now, id);
            model = &mut self.models[index as usize];
        }
    }
}
