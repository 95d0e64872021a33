//! What the requests of one client share: attempts stand at its gate, first in first out, until the concurrency limit
//! has a place and the pacing a slot; then throttle and breaker are asked; a budget is asked for every retry.

use super::{ASKS, Event, Naive, Ns, RETRIES, ns, time};
use ratetide::client::breaker::Breaker;
use ratetide::client::budget::{Budget, RetryBudget as _};
use ratetide::client::concurrency::{Concurrency, Limiter as _};
use ratetide::client::guard::Guard as _;
use ratetide::client::pacing::{Pacer as _, Pacing};
use ratetide::client::part::Ended;
use ratetide::client::retry_on::RetryOn;
use ratetide::client::throttle::Throttle;
use ratetide::client::{Client, GaveUp};
use ratetide::reply::Outcome;
use ratetide::units::Span;

/// When the next may go.
enum Pace {
    Any,
    /// A bucket of nanoseconds: a send takes an interval of them.
    Bucket {
        interval: Ns,
        full: Ns,
        level: Ns,
        filled: Ns,
    },
    Part(Pacing),
}

pub struct Shared {
    pace: Pace,
    concurrency: Option<Concurrency>,
    budget: Option<Budget>,
    throttle: Option<Throttle>,
    breaker: Option<Breaker>,
    retry_on: RetryOn,
    in_flight: u32,
}

/// A try that is over: its end, and whether it was sent at all.
#[derive(Clone, Copy)]
pub struct Tried {
    pub end: Ended,
    pub sent: bool,
}

/// What the gate says to who stands first.
#[derive(PartialEq)]
enum Says {
    Go,
    NotBefore(Ns),
    Full,
}

impl Shared {
    pub fn new(client: &Client) -> Shared {
        let pace = match &client.pacing {
            None => Pace::Any,
            Some(Pacing::Paced(paced)) => {
                let full = ns(paced.interval) * Ns::from(paced.burst);
                Pace::Bucket { interval: ns(paced.interval), full, level: full, filled: 0 }
            }
            Some(part) => Pace::Part(part.clone()),
        };
        Shared {
            pace,
            concurrency: client.concurrency.clone(),
            budget: client.budget.clone(),
            throttle: client.throttle,
            breaker: client.breaker.clone(),
            retry_on: client.retry_on,
            in_flight: 0,
        }
    }

    fn says(&mut self, now: Ns, tokens: u32) -> Says {
        if self.concurrency.as_ref().is_some_and(|limit| limit.limit() <= self.in_flight) {
            return Says::Full;
        }
        let slot = match &mut self.pace {
            Pace::Any => now,
            Pace::Bucket { interval, full, level, filled } => {
                (*level, *filled) = ((*full).min(*level + now - *filled), now);
                now + (*interval - *level).max(0)
            }
            Pace::Part(part) => Ns::from(part.slot(time(now), tokens).as_ns()),
        };
        if slot <= now { Says::Go } else { Says::NotBefore(slot) }
    }

    /// An attempt goes through the open gate; false if throttle or breaker reject it.
    fn passes(&mut self, now: Ns, tokens: u32, first: bool, u: f64) -> bool {
        if let (true, Some(budget)) = (first, &mut self.budget) {
            budget.first(time(now));
        }
        let throttled = self.throttle.as_mut().is_some_and(|throttle| !throttle.admits(time(now), u));
        let broken = !throttled && self.breaker.as_mut().is_some_and(|breaker| !breaker.admits(time(now), u));
        if throttled || broken {
            if let (false, Some(budget)) = (first, &mut self.budget) {
                budget.unsent();
            }
            return false;
        }
        match &mut self.pace {
            Pace::Any => {}
            Pace::Bucket { interval, level, .. } => *level -= *interval,
            Pace::Part(part) => part.sent(time(now), tokens),
        }
        self.in_flight += 1;
        true
    }

    /// An attempt that was sent has ended. One that is cancelled is neither a success nor a failure.
    fn hears(&mut self, now: Ns, end: &Ended) {
        self.in_flight -= 1;
        let now = time(now);
        if end.cancelled {
            if let (true, Some(budget)) = (end.attempt > 1, &mut self.budget) {
                budget.unsent();
            }
            self.breaker.iter_mut().for_each(|breaker| breaker.released());
            return;
        }
        if let Pace::Part(part) = &mut self.pace {
            part.ended(now, end);
        }
        self.concurrency.iter_mut().for_each(|limit| limit.ended(now, end));
        let retried = match end.outcome {
            None => self.retry_on.silence,
            Some(Outcome::Unavailable) => self.retry_on.unavailable,
            Some(Outcome::Ok) => false,
            Some(_) => self.retry_on.limited,
        };
        self.budget.iter_mut().for_each(|budget| budget.ended(now, end, retried));
        self.throttle.iter_mut().for_each(|throttle| throttle.ended(now, end));
        self.breaker.iter_mut().for_each(|breaker| breaker.ended(now, end));
    }
}

impl Naive<'_> {
    /// What an attempt asks for, as its client knows it: its prompt and the most output, or what it expects of that.
    fn asked_tokens(&self, r: usize) -> u32 {
        let workload = self.workload(self.requests[r].route);
        let output = workload.max_tokens.unwrap_or(workload.mean_output.round() as u32);
        self.requests[r].prompt.saturating_add(output)
    }

    fn shared(&mut self, r: usize) -> &mut Shared {
        let w = self.requests[r].route;
        self.sources[w].shared.as_mut().expect("only requests that share something ask")
    }

    /// A request wants to send its next attempt.
    pub fn ask(&mut self, now: Ns, r: usize) {
        let w = self.requests[r].route;
        if self.workload(w).is_batch() {
            return self.gather(now, r);
        }
        self.sources[w].held.push(r);
        self.open_gate(now, w);
    }

    /// The instant that the gate named.
    pub fn gate(&mut self, now: Ns, w: usize) {
        if self.sources[w].gate_at.is_some_and(|at| at <= now) {
            self.sources[w].gate_at = None;
        }
        self.open_gate(now, w);
    }

    /// Let go who may go.
    pub fn open_gate(&mut self, now: Ns, w: usize) {
        while let Some(&r) = self.sources[w].held.first() {
            let tokens = self.asked_tokens(r);
            match self.shared(r).says(now, tokens) {
                Says::Full => return,
                Says::NotBefore(at) => {
                    if self.sources[w].gate_at.is_none_or(|named| at < named) {
                        self.sources[w].gate_at = Some(at);
                        self.push(at, ASKS, Event::Gate(w));
                    }
                    return;
                }
                Says::Go => {
                    self.sources[w].held.remove(0);
                    if now >= self.gives_up_at(r) {
                        self.give_up(now, r, GaveUp::Deadline);
                    } else {
                        self.pass(now, r);
                    }
                }
            }
        }
    }

    fn pass(&mut self, now: Ns, r: usize) {
        let first = self.requests[r].tried == 0;
        if !self.admits(now, r, first) {
            self.requests[r].tried += 1;
            let end = self.unsent(r);
            let sequence = self.next_sequence();
            return self.after_failure(now, r, None, sequence, Some(Tried { end, sent: false }));
        }
        if self.workload(self.requests[r].route).client.hedge.is_some() {
            return self.hedge(now, r, false);
        }
        let t = self.try_now(now, r);
        self.push(now, RETRIES, Event::Leave(t));
    }

    fn admits(&mut self, now: Ns, r: usize, first: bool) -> bool {
        let (tokens, request) = (self.asked_tokens(r), &self.requests[r]);
        let u = self.sources[request.route].guard.uniform(request.number, request.tried.into());
        self.shared(r).passes(now, tokens, first, u)
    }

    /// The end of a try that is not under way.
    fn unsent(&mut self, r: usize) -> Ended {
        let (attempt, acquired) = (self.requests[r].tried, self.requests[r].acquired);
        let in_flight = self.shared(r).in_flight;
        Ended { outcome: None, latency: Span::ZERO, in_flight, attempt, acquired, cancelled: false }
    }

    /// Whether a hedge may go: it never waits at the gate.
    pub fn may_hedge(&mut self, now: Ns, r: usize, after: Option<&Tried>) -> bool {
        let client = &self.workload(self.requests[r].route).client;
        let most = client.hedge.map_or(1, |hedge| hedge.max).min(client.max_attempts);
        let tokens = self.asked_tokens(r);
        if now >= self.gives_up_at(r)
            || self.requests[r].tried >= most
            || self.shared(r).says(now, tokens) != Says::Go
        {
            return false;
        }
        let end = after.map_or_else(|| self.unsent(r), |tried| tried.end);
        let Some(acquired) = self.withdraw(now, r, &Tried { end, sent: true }) else { return false };
        self.requests[r].acquired = acquired;
        let admitted = self.admits(now, r, false);
        // What is rejected is a try all the same.
        self.requests[r].tried += u32::from(!admitted);
        admitted
    }

    /// What a retry takes from the budget, if it may be made.
    pub fn withdraw(&mut self, now: Ns, r: usize, tried: &Tried) -> Option<u32> {
        self.shared(r).budget.as_mut().map_or(Some(0), |budget| budget.withdraw(time(now), &tried.end))
    }

    /// Tell the client that an attempt has ended, if its requests share anything.
    pub fn tell(&mut self, now: Ns, t: usize, outcome: Option<Outcome>, cancelled: bool) -> Option<Tried> {
        let it = &self.tries[t];
        let (attempt, acquired) = (it.number, it.acquired);
        let latency = Span::from_ns((now - it.sent) as u64);
        let shared = self.sources[it.route].shared.as_mut()?;
        let end = Ended { outcome, latency, in_flight: shared.in_flight, attempt, acquired, cancelled };
        shared.hears(now, &end);
        Some(Tried { end, sent: true })
    }
}
