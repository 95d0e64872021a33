//! What a pair's limit lets through: its law's rate, and the burst of its meters.

use super::Step;
use super::fate::Ended;
use super::pool::Pool;
use crate::limit::law::{Answer, Memory, Scene};
use crate::limit::pair::RESET_MAX;
use crate::limit::policy::{Credit, Policy, ResetMode};
use crate::limit::usage::{Served, Usage};
use crate::scenario::Workload;

/// Laws are told of so many attempts of a step at most: a busier org seems no busier to those that count them.
const TOLD_MOST: f64 = 256.0;

/// The limit of one member of a pair, and what all of them ask.
#[derive(Clone, Debug)]
pub struct Allowance {
    members: f64,
    usage: Usage,
    memory: Memory,
    /// Requests per second.
    rate: f64,
    /// Requests that go through in this step, if they come.
    free: f64,
    /// Requests that the burst leaves.
    burst: f64,
    /// Seconds that the last slot promised is ahead.
    promised_s: f64,
    /// Credited, and not yet told to the law: requests, tokens, 503s.
    untold: [f64; 3],
    limited: f64,
    /// Attempts of this step and their tokens.
    pub asked: [f64; 2],
    tokens: f64,
}

impl Allowance {
    pub fn new(
        policy: &Policy,
        weight: f64,
        members: u32,
        shared: &mut crate::limit::law::Shared,
    ) -> Allowance {
        Allowance {
            members: f64::from(members),
            usage: Usage::new(policy.law.window()),
            memory: policy.law.join(weight, shared),
            rate: f64::INFINITY,
            free: f64::INFINITY,
            burst: f64::INFINITY,
            promised_s: 0.0,
            untold: [0.0; 3],
            limited: 0.0,
            asked: [0.0; 2],
            tokens: 1.0,
        }
    }

    fn scene(step: &Step, pool: &Pool) -> Scene {
        Scene { now: step.end, recent: step.end, live: pool.live() }
    }

    /// A step begins: what the law grants.
    pub fn begin(&mut self, step: &Step, policy: &Policy, pool: &mut Pool) {
        let scene = Allowance::scene(step, pool);
        let rates = policy.law.rates(&scene, &mut self.usage, &mut self.memory, &mut pool.shared);
        self.rate = rates.requests.min(rates.tokens / self.tokens);
        let most = (self.rate * policy.burst.as_secs_f64()).max(1.0);
        self.burst = self.burst.min(most);
        self.free = self.burst + self.rate * step.length_s;
        self.promised_s = (self.promised_s - step.length_s).max(0.0);
    }

    /// The share of what is asked that is within the rate.
    pub fn share(&self) -> f64 {
        let each = self.asked[0] / self.members;
        if each > self.free { self.free / each } else { 1.0 }
    }

    /// Seconds that a failure tells, before they are rounded, where the model's backlog is so long.
    pub fn told_s(&self, mode: ResetMode, is_limited: bool, backlog_s: f64) -> f64 {
        let conforms_s = if is_limited { 0.5 / self.rate } else { 0.0 };
        let told_s = match mode {
            ResetMode::Gcra => conforms_s,
            ResetMode::Reserved => self.promised_s.max(conforms_s),
            ResetMode::Model if is_limited => backlog_s,
            ResetMode::Model => backlog_s.max(conforms_s),
        };
        told_s.min(RESET_MAX.as_secs_f64())
    }

    /// What ended of a workload in a step.
    pub fn tell(&mut self, ended: &Ended, workload: &Workload, credit: Credit) {
        let tokens = workload.mean_prompt + workload.mean_output;
        let credited = if credit == Credit::All { ended.served } else { ended.within };
        self.untold[0] += credited / self.members;
        self.untold[1] += credited * tokens / self.members;
        self.untold[2] += ended.failed[1] / self.members;
        self.limited += ended.failed[0] / self.members;
    }

    /// A step ends.
    pub fn end(&mut self, step: &Step, policy: &Policy, pool: &mut Pool) {
        let green = self.share();
        let each = self.asked[0] / self.members;
        if self.free.is_finite() {
            self.burst = (self.free - green * each).max(0.0);
        }
        // Half a step of promises is what its refused are told on average.
        let most_s = RESET_MAX.as_secs_f64();
        self.promised_s = (self.promised_s + self.limited / self.rate.max(1e-12)).min(most_s);
        self.limited = 0.0;
        let scene = Allowance::scene(step, pool);
        if each > 0.0 {
            self.tokens = (self.asked[1] / self.asked[0]).max(1.0);
            for _ in 0..each.min(TOLD_MOST).ceil() as u32 {
                policy.law.asked(&scene, self.tokens, &mut self.usage, &mut self.memory, &mut pool.shared);
            }
        }
        let whole = |amount: &mut f64| {
            let whole = amount.floor();
            *amount -= whole;
            whole as u64
        };
        if self.untold[0] >= 1.0 {
            let [requests, tokens] = [0, 1].map(|kind| whole(&mut self.untold[kind]));
            let done = Served { requests, tokens };
            self.usage.credit(step.end, done);
            policy.law.answered(&scene, Answer::Ok(Some(done)), &mut self.memory, &mut pool.shared);
        }
        if whole(&mut self.untold[2]) > 0 {
            policy.law.answered(&scene, Answer::Unavailable, &mut self.memory, &mut pool.shared);
        }
    }
}
