//! A workload's requests, by the attempts they have made.

use super::Step;
use super::fate::{Counts, Ended, Fate};
use crate::client::budget::RetryBudget as _;
use crate::client::pacing::Pacer as _;
use crate::client::{Memory, Next};
use crate::scenario::Workload;
use crate::units::{SimTime, Span};

/// Attempts that are told apart; those beyond are alike.
const TOLD_APART: u32 = 24;
/// So few requests are none.
const NOTHING: f64 = 1e-9;

/// Requests that wait to be sent again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waiting {
    requests: f64,
    /// Seconds that each waits, on average.
    pause_s: f64,
    /// Seconds since birth when they are sent.
    age_s: f64,
    /// What the client remembers of their last delay.
    previous: Span,
}

impl Waiting {
    fn add(&mut self, requests: f64, pause_s: f64, age_s: f64, previous: Span) {
        let sum = self.requests + requests;
        if requests > 0.0 {
            let mean = |old: f64, new: f64| (self.requests * old + requests * new) / sum;
            *self = Waiting {
                requests: sum,
                pause_s: mean(self.pause_s, pause_s),
                age_s: mean(self.age_s, age_s),
                previous,
            };
        }
    }
}

/// What a client does after an attempt that failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    /// The share of the failed attempts that are tried again.
    pub(super) share: f64,
    /// Seconds from the failed attempt to the next, on average.
    pub(super) pause_s: f64,
    previous: Span,
}

/// Attempts of one ordinal in a step.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tried {
    attempts: f64,
    age_s: f64,
}

/// A workload's requests.
#[derive(Clone, Debug)]
pub struct Sender<'a> {
    pub(super) workload: &'a Workload,
    /// By the attempts made: none, one, …; the last stands for all beyond.
    pub(super) waiting: Vec<Waiting>,
    /// By the same, those that are due in this step.
    pub(super) due: Vec<f64>,
    pub(super) tried: Vec<Tried>,
    pub(super) moves: Vec<Option<Move>>,
    /// By the same, those that wait at the client's gate.
    pub(super) held: Vec<f64>,
    /// The share of what wants to be sent that goes.
    pub(super) through: f64,
    /// Attempts that the client's pacing leaves from the last step.
    pub(super) paced: f64,
    /// The share of the retries that the budget grants, and those it has left over.
    pub(super) granted: f64,
    pub(super) left: f64,
    pub(super) born: f64,
    /// By what share the last round changed that.
    pub moved: f64,
    pub(super) born_before: f64,
    /// Requests of this step, what falls back included.
    pub(super) requests: f64,
    /// Requests of this step that are given up.
    pub given_up: f64,
    /// So far.
    pub counts: Counts,
}

/// The share of what comes evenly over a step and pauses for `pause_s` on average that goes on within it.
fn goes_on(pause_s: f64, step_s: f64) -> f64 {
    let pauses = step_s / pause_s.max(1e-12);
    if pauses < 1e-6 { 0.5 * pauses } else { 1.0 + (-pauses).exp_m1() / pauses }
}

impl<'a> Sender<'a> {
    pub fn new(workload: &'a Workload) -> Sender<'a> {
        let ordinals = workload.client.max_attempts.min(TOLD_APART) as usize;
        Sender {
            workload,
            waiting: vec![Waiting::default(); ordinals],
            due: vec![0.0; ordinals],
            tried: vec![Tried::default(); ordinals],
            moves: vec![None; ordinals],
            held: vec![0.0; ordinals],
            through: 1.0,
            paced: workload.client.pacing.as_ref().map_or(0.0, |pacing| pacing.most(1.0)[1]),
            granted: 1.0,
            left: workload.client.budget.as_ref().map_or(0.0, |budget| budget.at_first()),
            born: 0.0,
            moved: 0.0,
            born_before: 0.0,
            requests: 0.0,
            given_up: 0.0,
            counts: Counts::default(),
        }
    }

    /// What an evaluation of it weighs.
    pub fn size(&self) -> usize {
        self.waiting.len() + 4
    }

    /// A step begins: who is due in it.
    pub fn begin(&mut self, step: &Step) {
        self.born = self.births(step);
        for (due, waiting) in self.due.iter_mut().zip(&mut self.waiting) {
            *due = waiting.requests * (1.0 - (-step.length_s / waiting.pause_s.max(1e-12)).exp());
            waiting.requests -= *due;
            if waiting.requests < NOTHING {
                *due += waiting.requests;
                waiting.requests = 0.0;
            }
        }
        self.moves.fill(None);
    }

    /// All attempts of a step, if they meet this fate; `falls_back` are requests that come from another workload.
    pub fn send(&mut self, step: &Step, fate: &Fate, falls_back: f64) -> f64 {
        if self.is_closed() {
            // Half way, since more of them make each of them slower.
            let born = 0.5 * (self.born + self.closed_births(step, fate));
            self.moved = (born - self.born).abs() / born.max(NOTHING);
            self.born = born;
        }
        self.requests = self.born + falls_back;
        self.through = self.gate(step, fate);
        let last = self.waiting.len() - 1;
        let failed = fate.failed();
        let mut again = Tried { attempts: self.through * self.requests, age_s: 0.0 };
        let (mut sent, mut wants, mut retried) = (0.0, 0.0, 0.0);
        for ordinal in 0..=last {
            let due = self.through * (self.due[ordinal] + self.held[ordinal]);
            let age_s = self.waiting[ordinal].age_s;
            let mut attempts = due + again.attempts;
            if attempts < NOTHING {
                self.tried[ordinal] = Tried::default();
                again = Tried::default();
                continue;
            }
            let age_s = (due * age_s + again.attempts * again.age_s) / attempts;
            self.tried[ordinal] = Tried { attempts, age_s };
            if failed <= 0.0 {
                again = Tried::default();
                sent += attempts;
                continue;
            }
            let next = self.next(ordinal, fate);
            let again_share = failed * next.share;
            wants += attempts * again_share;
            let again_share = again_share * self.granted;
            let within = again_share * goes_on(next.pause_s, step.length_s);
            if ordinal == last {
                // Which is followed by itself.
                attempts /= (1.0 - within).max(1e-12);
                self.tried[ordinal].attempts = attempts;
            }
            sent += attempts;
            retried += attempts * again_share;
            again = Tried { attempts: attempts * within, age_s: age_s + next.pause_s };
        }
        self.given_up = (sent * failed - retried).max(0.0);
        self.granted = self.grant(step, fate, sent, wants);
        sent * fate.sends
    }

    /// What its client does after an attempt that fails so.
    pub(super) fn next(&mut self, ordinal: usize, fate: &Fate) -> Move {
        if let Some(known) = self.moves[ordinal] {
            return known;
        }
        let client = &self.workload.client;
        let attempts = ordinal as u32 + 1;
        let hedges = client.hedge.is_some_and(|hedge| attempts < hedge.max);
        let (waiting, age_s) = (self.waiting[ordinal], self.tried[ordinal].age_s);
        let (mut share, mut pause_s, mut previous) = (0.0, 0.0, Span::ZERO);
        for (kind, (&part, &known_s)) in fate.failed.iter().zip(&fate.known_s).enumerate() {
            if part <= 0.0 {
                continue;
            }
            // Of those beyond, the last one is as far away on average.
            let left = f64::from(client.max_attempts) - f64::from(TOLD_APART);
            let goes_on = if attempts < TOLD_APART { 1.0 } else { (left / (left + 1.0)).max(0.0) };
            let made = if attempts < TOLD_APART || goes_on == 0.0 {
                attempts
            } else {
                attempts.min(client.max_attempts - 1)
            };
            let mut memory = Memory { attempts: made, previous: waiting.previous, acquired: 0 };
            let now = SimTime::ZERO.saturating_add(Span::from_secs_f64(age_s + known_s));
            let reply = fate.replies.get(kind);
            let next = client.after_failure(now, SimTime::ZERO, reply, &mut memory, |_| 0.5);
            let Next::RetryAt(at) = next else { continue };
            let delay_s = if hedges { 0.0 } else { at.saturating_since(now).as_secs_f64() };
            share += part * goes_on;
            pause_s += part * goes_on * (known_s + delay_s);
            previous = previous.max(memory.previous);
        }
        let pause_s = if share > 0.0 { pause_s / share } else { 0.0 };
        let next = Move { share: (share / fate.failed()).min(1.0), pause_s, previous };
        self.moves[ordinal] = Some(next);
        next
    }

    /// A step ends, in which this fate was met.
    pub fn end(&mut self, step: &Step, fate: &Fate) -> Ended {
        let last = self.waiting.len() - 1;
        let failed = fate.failed();
        self.close_gate(step);
        let (mut sent, mut wants) = (0.0, 0.0);
        for ordinal in 0..=last {
            let Tried { attempts, age_s } = self.tried[ordinal];
            sent += attempts;
            if failed <= 0.0 || attempts < NOTHING {
                continue;
            }
            let next = self.next(ordinal, fate);
            wants += attempts * failed * next.share;
            let goes_on = failed * next.share * self.granted;
            let stays = attempts * goes_on * (1.0 - self::goes_on(next.pause_s, step.length_s));
            self.waiting[(ordinal + 1).min(last)].add(
                stays,
                next.pause_s,
                age_s + next.pause_s,
                next.previous,
            );
        }
        if self.is_closed() {
            self.born_before += self.born;
        }
        if self.granted < 1.0 {
            self.left = 0.0;
        } else {
            self.left = (self.left - wants).max(0.0);
        }
        let counts = &mut self.counts;
        counts.requests += self.requests;
        counts.attempts += sent * fate.sends;
        counts.worked += sent * fate.sends * fate.worked;
        counts.answered += sent * (fate.served + fate.failed[0] + fate.failed[1]);
        counts.timed_out += sent * (fate.failed[2] + (fate.sends - 1.0) * fate.served);
        counts.dropped += sent * fate.dropped;
        Ended {
            served: sent * fate.served,
            within: sent * fate.within,
            failed: [0, 1].map(|kind| sent * fate.failed[kind]),
        }
    }

    /// Requests that are open and not at the platform: those that wait to be sent again, and those under way.
    pub fn open(&self, step: &Step) -> f64 {
        if self.workload.is_batch() {
            return 0.0;
        }
        let sent: f64 = self.tried.iter().map(|tried| tried.attempts).sum();
        let waiting: f64 = self.waiting.iter().map(|waiting| waiting.requests).sum();
        waiting
            + self.held.iter().sum::<f64>()
            + sent * (self.workload.rtt.as_secs_f64() / step.length_s).min(1.0)
    }
}
