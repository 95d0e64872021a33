//! A workload's requests, by the attempts they have made.

use super::Step;
use crate::client::budget::{RetryBudget as _, Usual};
use crate::client::concurrency::{Concurrency, Limiter as _};
use crate::client::pacing::Pacer as _;
use crate::client::{Memory, Next};
use crate::reply::{Outcome, Reply};
use crate::scenario::Workload;
use crate::traffic::arrivals::Release;
use crate::units::{SimTime, Span};

/// Attempts that are told apart; those beyond are alike.
const TOLD_APART: u32 = 24;
/// So few requests are none.
const NOTHING: f64 = 1e-9;

/// What becomes of the attempts of a step.
#[derive(Clone, Copy, Debug)]
pub struct Fate {
    /// The share that is served in time, and of it what is within the rate.
    pub served: f64,
    pub within: f64,
    /// The shares that fail with a 429, a 503 and their client's timeout.
    pub failed: [f64; 3],
    /// Seconds until each of these failures is known to the client.
    pub known_s: [f64; 3],
    /// Seconds until an answer.
    pub answered_s: f64,
    /// The answers of the first two failures.
    pub replies: [Reply; 2],
    /// The share that the platform serves, in time or not.
    pub worked: f64,
    /// The share that has waited its longest in vain.
    pub dropped: f64,
    /// Sends of an attempt, its hedges included.
    pub sends: f64,
}

impl Fate {
    /// On an idle platform.
    pub fn served(workload: &Workload) -> Fate {
        let rtt_s = workload.rtt.as_secs_f64();
        let reply = |outcome| Reply { outcome, reset_s: Some(1), retry_after_s: None };
        Fate {
            served: 1.0,
            within: 1.0,
            failed: [0.0; 3],
            known_s: [rtt_s; 3],
            answered_s: rtt_s,
            replies: [reply(Outcome::LimitedRequest), reply(Outcome::Unavailable)],
            worked: 1.0,
            dropped: 0.0,
            sends: 1.0,
        }
    }

    /// Seconds from an attempt to its end.
    fn attempt_s(&self) -> f64 {
        let failed = self
            .failed
            .iter()
            .zip(self.known_s)
            .map(|(share, known_s)| if *share > 0.0 { share * known_s } else { 0.0 });
        self.served * self.answered_s + failed.sum::<f64>()
    }

    /// The share that fails.
    pub fn failed(&self) -> f64 {
        self.failed.iter().sum()
    }
}

/// Requests that wait to be sent again.
#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
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
struct Move {
    /// The share of the failed attempts that are tried again.
    share: f64,
    /// Seconds from the failed attempt to the next, on average.
    pause_s: f64,
    previous: Span,
}

/// Attempts of one ordinal in a step.
#[derive(Clone, Copy, Debug, Default)]
struct Tried {
    attempts: f64,
    age_s: f64,
}

/// How many of what in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Requests that were born here, or fell back to here.
    pub requests: f64,
    /// Attempts sent.
    pub attempts: f64,
    /// Attempts that the platform served.
    pub worked: f64,
    /// Attempts answered in time.
    pub answered: f64,
    /// Attempts that their client abandoned.
    pub timed_out: f64,
    /// Attempts that were dropped from the buffer.
    pub dropped: f64,
}

/// What ended in a step.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// Attempts served in time, and those of them within the rate.
    pub served: f64,
    pub within: f64,
    /// Attempts that failed with a 429 and a 503.
    pub failed: [f64; 2],
}

/// A workload's requests.
#[derive(Clone, Debug)]
pub struct Sender<'a> {
    workload: &'a Workload,
    /// By the attempts made: none, one, …; the last stands for all beyond.
    waiting: Vec<Waiting>,
    /// By the same, those that are due in this step.
    due: Vec<f64>,
    tried: Vec<Tried>,
    moves: Vec<Option<Move>>,
    /// By the same, those that wait at the client's gate.
    held: Vec<f64>,
    /// The share of what wants to be sent that goes.
    through: f64,
    /// Attempts that the client's pacing leaves from the last step.
    paced: f64,
    /// The share of the retries that the budget grants, and those it has left over.
    granted: f64,
    left: f64,
    born: f64,
    born_before: f64,
    /// Requests of this step, what falls back included.
    requests: f64,
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

    /// Requests that are born in a step.
    fn births(&mut self, step: &Step) -> f64 {
        let workload = self.workload;
        if workload.fallback_of.is_some() {
            return 0.0;
        }
        let arrivals = &workload.arrivals;
        if self.is_closed() {
            return self.born;
        }
        if let Some(backlog) = arrivals.backlog() {
            let left = backlog.requests() as f64 - self.born_before;
            let born = match backlog.release() {
                Release::Paced(per_s) if !workload.is_batch() => left.min(per_s * step.length_s),
                _ => left,
            };
            self.born_before += born;
            return born;
        }
        let born = workload.share * arrivals.expected_by(step.end);
        let new = born - self.born_before;
        self.born_before = born;
        new.max(0.0)
    }

    /// Whether its requests wait for each other.
    fn is_closed(&self) -> bool {
        let arrivals = &self.workload.arrivals;
        let is_home = self.workload.fallback_of.is_none() && !self.workload.is_batch();
        is_home && (arrivals.users().is_some() || arrivals.hands_on_places())
    }

    /// Requests of a closed loop in a step, were each to meet this fate from its birth to its end.
    fn closed_births(&mut self, step: &Step, fate: &Fate) -> f64 {
        let cycle_s = self.cycle_s(fate);
        let arrivals = &self.workload.arrivals;
        if let Some(users) = arrivals.users() {
            let open_s = arrivals.operational_s() - (step.end.as_secs_f64() - step.length_s);
            return step.length_s.min(open_s.max(0.0)) * users.rate_at(cycle_s);
        }
        let Some(backlog) = arrivals.backlog() else { return 0.0 };
        let Release::Concurrent(most) = backlog.release() else { return 0.0 };
        let left = backlog.requests() as f64 - self.born_before;
        left.min(f64::from(most) * (step.length_s / cycle_s.max(1e-9)))
    }

    /// Mean seconds from a birth to the end of the request, were this fate met all the time.
    fn cycle_s(&mut self, fate: &Fate) -> f64 {
        let last = self.waiting.len() - 1;
        let failed = fate.failed();
        let (mut still, mut cycle_s) = (1.0, 0.0);
        for ordinal in 0..=last {
            cycle_s += still * fate.served * fate.answered_s;
            if failed <= 0.0 {
                break;
            }
            let next = self.next(ordinal, fate);
            let again = failed * next.share;
            cycle_s += still * failed * next.pause_s;
            if ordinal == last {
                let more = again / (1.0 - again).max(1e-6);
                cycle_s += still * more * (fate.served * fate.answered_s + failed * next.pause_s);
            }
            still *= again;
        }
        cycle_s
    }

    /// All attempts of a step, if they meet this fate; `falls_back` are requests that come from another workload.
    pub fn send(&mut self, step: &Step, fate: &Fate, falls_back: f64) -> f64 {
        if self.is_closed() {
            // Half way, since more of them make each of them slower.
            self.born = 0.5 * (self.born + self.closed_births(step, fate));
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

    /// The share of what wants to be sent that its client's pacing and its concurrency let go.
    fn gate(&self, step: &Step, fate: &Fate) -> f64 {
        let client = &self.workload.client;
        let mut most = f64::INFINITY;
        if let Some(pacing) = &client.pacing {
            let [per_s, _] = pacing.most(self.asks_for());
            most = self.paced + per_s * step.length_s;
        }
        if let Some(Concurrency::Fixed(fixed)) = &client.concurrency {
            most = most.min(f64::from(fixed.limit()) * (step.length_s / fate.attempt_s().max(1e-9)).max(1.0));
        }
        let wants = self.requests + self.due.iter().chain(&self.held).sum::<f64>();
        if wants > most { most / wants } else { 1.0 }
    }

    /// Tokens that its client takes an attempt to ask for.
    fn asks_for(&self) -> f64 {
        self.workload.mean_prompt + self.workload.max_tokens.map_or(self.workload.mean_output, f64::from)
    }

    /// The share of the retries that are wanted which its client's budget grants.
    fn grant(&self, step: &Step, fate: &Fate, sent: f64, wants: f64) -> f64 {
        let Some(budget) = &self.workload.client.budget else { return 1.0 };
        let attempt_s = fate.attempt_s();
        let retry_s = self.moves[0].map_or(attempt_s, |next| next.pause_s + attempt_s);
        let usual = Usual {
            seconds: step.length_s,
            first: self.requests,
            ended: [sent * fate.served, sent * fate.failed()],
            in_flight: sent * attempt_s / step.length_s,
            retry_s,
        };
        let granted = self.left + budget.grants(&usual);
        if wants > granted { granted / wants } else { 1.0 }
    }

    /// What its client does after an attempt that fails so.
    fn next(&mut self, ordinal: usize, fate: &Fate) -> Move {
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

    /// Who was not let go waits at the gate, unless its deadline comes before its turn.
    fn close_gate(&mut self, step: &Step) {
        let client = &self.workload.client;
        let mut went = self.through * self.requests;
        let mut stays = 0.0;
        for ordinal in 0..self.held.len() {
            let wants =
                self.due[ordinal] + self.held[ordinal] + if ordinal == 0 { self.requests } else { 0.0 };
            went += self.through * (self.due[ordinal] + self.held[ordinal]);
            self.held[ordinal] = (1.0 - self.through) * wants;
            stays += self.held[ordinal];
        }
        if client.deadline != Span::MAX {
            let most = went * (client.deadline.as_secs_f64() / step.length_s);
            let share = if stays > most { most / stays } else { 1.0 };
            self.held.iter_mut().for_each(|held| *held *= share);
        }
        if let Some(pacing) = &client.pacing {
            let [per_s, at_once] = pacing.most(self.asks_for());
            self.paced = (self.paced + per_s * step.length_s - went).clamp(0.0, at_once);
        }
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
