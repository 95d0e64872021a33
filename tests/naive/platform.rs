//! What the platform does: labels, the buffer, slots, answers, incidents.

use super::limiter::Live;
use super::{ANSWERS, COMPLETIONS, DROPS, Event, Naive, Ns, Place, Replica, ns, rounded, seconds};
use ratetide::limit::policy::{Enforcement, Headers};
use ratetide::platform::config::OnDisconnect;
use ratetide::platform::incident::Harm;
use ratetide::platform::serving::ReplicaEngine as _;
use ratetide::reply::{Outcome, Reply};

impl Naive<'_> {
    fn ready(&self) -> usize {
        self.replicas.iter().filter(|replica| replica.ready).count()
    }

    fn slots(&self) -> usize {
        self.ready() * self.model.engine.places() as usize
    }

    fn serving(&self) -> Vec<usize> {
        let mut all: Vec<usize> = (0..self.tries.len()).collect();
        all.retain(|&t| matches!(self.tries[t].place, Place::Serving(_)));
        all.sort_by_key(|&t| self.tries[t].arrived);
        all
    }

    /// Work in service over ready capacity.
    pub fn utilization(&self) -> f64 {
        let busy: u32 = self.replicas.iter().filter(|r| r.ready).map(|r| r.busy).sum();
        if self.ready() == 0 { 1.0 } else { f64::from(busy) / self.slots() as f64 }
    }

    pub fn slowdown(&self) -> f64 {
        self.slowdowns.iter().product()
    }

    /// K: requests and tokens per second of the saturated ready replicas.
    fn capacity(&self) -> [f64; 2] {
        let [service_s, prompt, output] = self.mix;
        let requests = match self.batching() {
            None => self.slots() as f64 / (service_s * self.slowdown()),
            Some(e) => {
                let most = e.kv_tokens.map_or(f64::INFINITY, |most| most as f64);
                let k = (most / (prompt + output)).floor().clamp(1.0, f64::from(e.max_batch));
                let step_ns = e.step_ns as f64 + e.step_per_sequence_ns as f64 * k;
                let pass_ns = e.prefill_ns as f64 + e.per_prompt_token_ns as f64 * prompt;
                let cycle_s = (output * step_ns + k * pass_ns) * 1e-9;
                self.ready() as f64 * k / (cycle_s * self.slowdown())
            }
        };
        [requests, requests * (prompt + output)]
    }

    fn live(&self, now: Ns) -> Live {
        let (value, level, since) = self.smoothed;
        let utilization = level + (value - level) * (-seconds(now - since) / 30.0).exp();
        Live { capacity: self.capacity(), utilization }
    }

    /// The level of utilisation has changed.
    fn smooth(&mut self, now: Ns) {
        self.smoothed = (self.live(now).utilization, self.utilization(), now);
    }

    fn is_green(&self, t: usize) -> bool {
        self.tries[t].label == Some(Ok(()))
    }

    /// In one queue the colour is a label only.
    fn goes_first(&self, t: usize) -> bool {
        self.model.policy.enforcement == Enforcement::Attribution || self.is_green(t)
    }

    pub fn arrive(&mut self, now: Ns, t: usize) {
        let request = &self.requests[self.tries[t].request];
        let workload = &self.scenario.workloads[request.workload];
        let most = workload.max_tokens.map_or(f64::INFINITY, f64::from);
        let tokens = f64::from(request.prompt) + self.limiter.expected_output(workload.mean_output).min(most);
        let label = self.limiter.label(now, tokens, self.live(now));
        let it = &mut self.tries[t];
        (it.place, it.arrived, it.tokens, it.label) = (Place::Left, now, tokens, Some(label));
        it.ordinal = self.arrivals;
        self.arrivals += 1;
        let spared: f64 = self.spared.iter().product();
        if self.luck(t) >= spared {
            return self.fail_with(now, t, Outcome::Unavailable);
        }
        let refused = label.is_err()
            && match self.model.policy.enforcement {
                Enforcement::Soft | Enforcement::Attribution => false,
                Enforcement::Hard => !self.waiting.is_empty() || self.utilization() >= 0.95,
                Enforcement::Strict => true,
            };
        if refused || self.ready() == 0 || !self.fits(t) {
            return self.fail(now, t);
        }
        if self.batching().is_some() {
            if self.waiting.is_empty()
                && let Some(r) = self.choose(t)
            {
                return self.start_on(now, t, r);
            }
        } else if !self.rota.is_empty() {
            return self.start(now, t);
        }
        let first = self.goes_first(t);
        let ahead = self.waiting.iter().filter(|&&other| !first || self.goes_first(other)).count();
        let predicted = rounded((ahead + 1) as f64 / self.capacity()[0]);
        let max_wait = ns(self.model.buffer.max_wait);
        if self.model.buffer.early_refusal && predicted > max_wait {
            return self.fail(now, t);
        }
        self.tries[t].place = Place::Waiting;
        self.waiting.push(t);
        self.push(now + max_wait, DROPS, Event::Drop(t));
        self.serve_waiting(now);
    }

    fn start(&mut self, now: Ns, t: usize) {
        let i = self.rota.remove(0);
        if self.replicas[i].busy + 1 < self.model.engine.places() {
            self.rota.push(i);
        }
        self.start_on(now, t, i);
    }

    fn start_on(&mut self, now: Ns, t: usize, i: usize) {
        self.replicas[i].busy += 1;
        let request = &self.requests[self.tries[t].request];
        let new = [request.service.as_secs_f64(), f64::from(request.prompt), f64::from(request.output)];
        (0..3).for_each(|k| self.mix[k] += 0.01 * (new[k] - self.mix[k]));
        let lasts = (ns(request.service) as f64 * self.slowdown()).round() as Ns;
        let it = &mut self.tries[t];
        (it.place, it.started) = (Place::Serving(i), Some(now));
        if self.batching().is_some() {
            self.admit(now, i, t);
        } else {
            self.await_completion(now + lasts, t);
        }
        self.smooth(now);
    }

    fn await_completion(&mut self, at: Ns, t: usize) {
        self.push(at, COMPLETIONS, Event::Completion(t));
        (self.tries[t].completes, self.tries[t].completion) = (at, self.sequence);
    }

    /// Give back the slot of an attempt in service.
    fn free(&mut self, now: Ns, t: usize) {
        let Place::Serving(i) = self.tries[t].place else { panic!("it is not in service") };
        self.tries[t].place = Place::Left;
        if self.batching().is_some() {
            self.take_out(now, i, t);
        }
        if self.replicas[i].busy == self.model.engine.places() {
            self.rota.push(i);
        }
        self.replicas[i].busy -= 1;
        self.smooth(now);
    }

    pub fn serve_waiting(&mut self, now: Ns) {
        while !self.waiting.is_empty() && !self.rota.is_empty() {
            let first = self.waiting.iter().position(|&t| self.goes_first(t)).unwrap_or(0);
            let t = self.waiting[first];
            if self.batching().is_none() {
                self.waiting.remove(first);
                self.start(now, t);
                continue;
            }
            if !self.has_place(t) {
                return;
            }
            self.waiting.remove(first);
            let r = self.choose(t).expect("there is a place");
            self.start_on(now, t, r);
        }
    }

    pub fn complete(&mut self, now: Ns, t: usize) {
        if !matches!(self.tries[t].place, Place::Serving(_)) {
            return;
        }
        self.free(now, t);
        if !self.tries[t].in_vain {
            let request = &self.requests[self.tries[t].request];
            let (green, tokens, live) = (self.is_green(t), self.tries[t].tokens, self.live(now));
            self.limiter.success_of(now, green, tokens, request.prompt, request.output, live);
        }
        self.serve_waiting(now);
        self.reply(now, t, Outcome::Ok);
    }

    pub fn fail(&mut self, now: Ns, t: usize) {
        self.tries[t].place = Place::Left;
        let outcome = match self.tries[t].label.expect("only what was labelled fails") {
            Ok(()) => Outcome::Unavailable,
            Err(0) => Outcome::LimitedRequest,
            Err(_) => Outcome::LimitedToken,
        };
        self.fail_with(now, t, outcome);
    }

    fn fail_with(&mut self, now: Ns, t: usize, outcome: Outcome) {
        self.tries[t].place = Place::Left;
        self.reply(now, t, outcome);
    }

    /// What decides whether an attempt fails at random; nothing does, unless a scenario says so.
    fn luck(&self, t: usize) -> f64 {
        if !self.scenario.incidents.iter().any(|i| matches!(i.harm, Harm::ErrorShare { .. })) {
            return 0.0;
        }
        let request = &self.requests[self.tries[t].request];
        self.sources[request.workload].luck.uniform(request.number, self.tries[t].number.into())
    }

    fn reply(&mut self, now: Ns, t: usize, outcome: Outcome) {
        let policy = &self.model.policy;
        let failed = outcome != Outcome::Ok;
        let limited =
            self.tries[t].label.and_then(Result::err).filter(|_| failed && outcome != Outcome::Unavailable);
        let carries_reset = match policy.headers {
            Headers::All => true,
            Headers::Errors => failed,
            Headers::Only429 => limited.is_some(),
        };
        let carries_retry_after = policy.retry_after && failed;
        let mut told = 0;
        if carries_reset || carries_retry_after {
            let wait = if self.ready() == 0 {
                Ns::MAX
            } else {
                let backlog = rounded(self.waiting.len() as f64 / self.capacity()[0]);
                let live = self.live(now);
                self.limiter.reset(now, self.tries[t].tokens, limited, failed, backlog, live)
            };
            let whole = wait.min(60_000_000_000).div_euclid(1_000_000_000)
                + Ns::from(wait.min(60_000_000_000).rem_euclid(1_000_000_000) > 0);
            told = whole.max(Ns::from(failed)) as u32;
        }
        let reset_s = carries_reset.then_some(told);
        let retry_after_s = carries_retry_after.then_some(told);
        let back = now + self.one_way(t);
        self.push(back, ANSWERS, Event::Answer(t, Reply { outcome, reset_s, retry_after_s }));
    }

    pub fn disconnect(&mut self, now: Ns, t: usize) {
        match self.tries[t].place {
            Place::OnTheWay => panic!("it was sent before its client left"),
            Place::Left => {}
            _ if self.model.on_disconnect == OnDisconnect::Serve => self.tries[t].in_vain = true,
            Place::Waiting => {
                self.waiting.retain(|&other| other != t);
                self.tries[t].place = Place::Left;
                self.serve_waiting(now);
            }
            Place::Serving(_) => {
                let replica = self.on(t);
                self.free(now, t);
                self.serve_waiting(now);
                replica.into_iter().for_each(|r| self.say(now, r));
            }
        }
    }

    pub fn add_replica(&mut self) {
        self.rota.push(self.replicas.len());
        self.replicas.push(Replica { ready: true, busy: 0, group: Default::default() });
    }

    pub fn incident(&mut self, now: Ns, i: usize, begins: bool) {
        match (self.scenario.incidents[i].harm, begins) {
            (Harm::LoseReplicas { count }, true) => {
                let ready = (0..self.replicas.len()).rev().filter(|&r| self.replicas[r].ready);
                let lost: Vec<usize> = ready.take(count as usize).collect();
                self.taken[i] = lost.len();
                lost.iter().for_each(|&r| self.replicas[r].ready = false);
                self.rota.retain(|r| !lost.contains(r));
                if self.batching().is_some() {
                    lost.iter().for_each(|&r| self.empty(r));
                }
                self.smooth(now);
                for t in self.serving() {
                    if matches!(self.tries[t].place, Place::Serving(r) if lost.contains(&r)) {
                        self.fail(now, t);
                    }
                }
            }
            (Harm::LoseReplicas { .. }, false) => {
                (0..self.taken[i]).for_each(|_| self.add_replica());
                self.smooth(now);
                self.serve_waiting(now);
            }
            (Harm::Slowdown { factor }, _) if self.batching().is_some() => {
                let in_force = if begins { factor } else { 1.0 };
                self.change_speed(now, |naive| naive.slowdowns[i] = in_force);
            }
            (Harm::ErrorShare { share }, _) => self.spared[i] = if begins { 1.0 - share } else { 1.0 },
            (Harm::Traffic { .. } | Harm::SlowColdStart { .. }, _) => {}
            (Harm::Slowdown { factor }, _) => {
                self.slowdowns[i] = if begins { factor } else { 1.0 };
                let stretch = if begins { factor } else { 1.0 / factor };
                for t in self.serving() {
                    let completes = self.tries[t].completes;
                    let at = now + ((completes - now) as f64 * stretch).round() as Ns;
                    if at != completes {
                        self.await_completion(at, t);
                    }
                }
            }
        }
    }
}
