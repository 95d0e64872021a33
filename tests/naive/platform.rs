//! What the platform does with an attempt: label, refusal, service, answer.

use super::limiter::{Limiter, Scene};
use super::{ANSWERS, COMPLETIONS, DROPS, Event, Naive, Ns, Place, ns, rounded};
use ratetide::limit::policy::{Enforcement, Headers, ResetMode};
use ratetide::platform::config::OnDisconnect;
use ratetide::platform::incident::Harm;
use ratetide::reply::{Outcome, Reply, Told};

/// What a model's resets tell at most.
const MINUTE: Ns = 60_000_000_000;

impl<'a> Naive<'a> {
    /// The model that serves an attempt.
    pub fn model_of(&self, t: usize) -> usize {
        self.route(t).pool as usize
    }

    /// Whether an attempt is work for spare capacity.
    pub fn is_spare(&self, t: usize) -> bool {
        self.route(t).is_batch()
    }

    /// The number of an attempt's (org, model): that of its member of a population.
    pub fn pair(&self, t: usize) -> usize {
        let first = self.scenario.pairs[self.route(t).pair as usize].first;
        (first + self.requests[self.tries[t].request].member) as usize
    }

    pub fn weight(&self, t: usize) -> f64 {
        self.scenario.orgs[self.route(t).org as usize].weight
    }

    /// An attempt's limiter, and what it may know.
    fn limits(&mut self, now: Ns, t: usize) -> (&mut Limiter<'a>, Scene<'_>) {
        let (m, pair) = (self.model_of(t), self.pair(t));
        let live = self.live(now, m);
        (&mut self.limiters[pair], Scene { now, live, common: &mut self.models[m].common })
    }

    pub fn is_green(&self, t: usize) -> bool {
        self.tries[t].label == Some(Ok(()))
    }

    fn arrived(&mut self, now: Ns, t: usize) {
        let it = &mut self.tries[t];
        (it.place, it.arrived, it.ordinal) = (Place::Left, now, self.arrivals);
        self.arrivals += 1;
    }

    pub fn arrive(&mut self, now: Ns, t: usize) {
        let m = self.model_of(t);
        self.arrived(now, t);
        if self.is_spare(t) {
            // Nobody meters it, forecasts it or turns it away.
            self.tries[t].label = Some(Ok(()));
            if !self.fits(t) {
                self.tries[t].place = Place::Stranded;
                return;
            }
            self.tries[t].place = Place::Waiting;
            self.models[m].spare.push(t);
            return self.serve_waiting(now, m);
        }
        self.models[m].arrived += 1;
        let workload = self.route(t);
        let most = workload.max_tokens.map_or(f64::INFINITY, f64::from);
        let expected = self.limiters[self.pair(t)].expected_output(workload.mean_output).min(most);
        let tokens = f64::from(self.requests[self.tries[t].request].prompt) + expected;
        let (limiter, mut scene) = self.limits(now, t);
        let label = limiter.label(&mut scene, tokens);
        (self.tries[t].tokens, self.tries[t].label) = (tokens, Some(label));
        if self.luck(t) >= self.spared(m) {
            return self.fail_with(now, t, Outcome::Unavailable);
        }
        let config = self.models[m].config;
        let hot = !self.models[m].waiting.is_empty() || self.utilization(m) >= 0.95;
        let refused = label.is_err()
            && match config.policy.enforcement {
                Enforcement::Soft | Enforcement::Attribution => false,
                Enforcement::Hard => hot,
                Enforcement::Strict => true,
            };
        if refused || self.is_dead(m) || !self.fits(t) {
            return self.fail(now, t);
        }
        if self.models[m].waiting.is_empty()
            && let Some(r) = self.choose(m, t)
        {
            return self.start_on(now, t, r);
        }
        let max_wait = ns(config.buffer.max_wait);
        let predicted = rounded((self.ahead_of(m, t) + 1) as f64 / self.capacity(m, self.ready(m))[0]);
        if config.buffer.early_refusal && self.ready(m) > 0 && predicted > max_wait {
            return self.fail(now, t);
        }
        self.wait(m, t);
        if !std::mem::replace(&mut self.models[m].drops, true) {
            self.push(now + max_wait, DROPS, Event::Drop(m));
        }
        self.serve_waiting(now, m);
    }

    pub fn start_on(&mut self, now: Ns, t: usize, r: usize) {
        let m = self.model_of(t);
        self.occupy(r, t);
        let (service, spare) = (self.tries[t].service, self.is_spare(t));
        let request = &self.requests[self.tries[t].request];
        if !spare {
            let new = [service.as_secs_f64(), f64::from(request.prompt), f64::from(request.output)];
            let mix = &mut self.models[m].mix;
            (0..3).for_each(|k| mix[k] += 0.01 * (new[k] - mix[k]));
        }
        let lasts = (ns(service) as f64 * self.slowdown(m)).round() as Ns;
        let it = &mut self.tries[t];
        (it.place, it.started) = (Place::Serving(r), Some(now));
        if self.batching(m).is_some() {
            self.admit(now, r, t);
        } else {
            self.await_completion(now + lasts, t);
        }
        self.smooth(now, m);
    }

    pub fn await_completion(&mut self, at: Ns, t: usize) {
        self.push(at, COMPLETIONS, Event::Completion(t));
        (self.tries[t].completes, self.tries[t].completion) = (at, self.sequence);
    }

    /// Give back the place of an attempt in service.
    fn free(&mut self, now: Ns, t: usize) {
        let Place::Serving(r) = self.tries[t].place else { panic!("it is not in service") };
        self.tries[t].place = Place::Left;
        let m = self.model_of(t);
        if self.batching(m).is_some() {
            self.take_out(now, r, t);
        }
        self.release(r, t);
        self.smooth(now, m);
    }

    pub fn complete(&mut self, now: Ns, t: usize) {
        if !matches!(self.tries[t].place, Place::Serving(_)) {
            return;
        }
        self.free(now, t);
        if !self.tries[t].in_vain && !self.is_spare(t) {
            let request = &self.requests[self.tries[t].request];
            let (prompt, output) = (request.prompt, request.output);
            let (green, tokens) = (self.is_green(t), self.tries[t].tokens);
            let (limiter, mut scene) = self.limits(now, t);
            limiter.success_of(&mut scene, green, tokens, prompt, output);
        }
        self.serve_waiting(now, self.model_of(t));
        self.reply(now, t, Outcome::Ok);
    }

    pub fn fail(&mut self, now: Ns, t: usize) {
        let outcome = match self.tries[t].label.expect("only what was labelled fails") {
            Ok(()) => Outcome::Unavailable,
            Err(0) => Outcome::LimitedRequest,
            Err(_) => Outcome::LimitedToken,
        };
        self.fail_with(now, t, outcome);
    }

    fn fail_with(&mut self, now: Ns, t: usize, outcome: Outcome) {
        self.tries[t].place = Place::Left;
        if outcome == Outcome::Unavailable {
            self.refund(now, t);
            let (limiter, scene) = self.limits(now, t);
            limiter.unavailable(scene.now);
        }
        self.reply(now, t, outcome);
    }

    /// What was charged and not served is given back, where it is.
    fn refund(&mut self, now: Ns, t: usize) {
        if !self.is_spare(t) && self.is_green(t) {
            let tokens = self.tries[t].tokens;
            let (limiter, mut scene) = self.limits(now, t);
            limiter.refund(&mut scene, tokens);
        }
    }

    /// What decides whether an attempt fails at random; nothing does, unless a scenario says so.
    fn luck(&self, t: usize) -> f64 {
        if !self.scenario.incidents.iter().any(|i| matches!(i.harm, Harm::ErrorShare { .. })) {
            return 0.0;
        }
        let it = &self.tries[t];
        self.sources[it.route].luck.uniform(self.requests[it.request].number, it.number.into())
    }

    fn reply(&mut self, now: Ns, t: usize, outcome: Outcome) {
        let m = self.model_of(t);
        let policy = &self.models[m].config.policy;
        let failed = outcome != Outcome::Ok;
        let limited =
            self.tries[t].label.and_then(Result::err).filter(|_| failed && outcome != Outcome::Unavailable);
        // Work for spare capacity has no rate to be told of.
        let carries_reset = !self.is_spare(t)
            && match policy.headers {
                Headers::All => true,
                Headers::Errors => failed,
                Headers::Only429 => limited.is_some(),
            };
        let carries_retry_after = policy.retry_after && failed;
        let mut told = 0;
        if carries_reset || carries_retry_after {
            let mode = if limited.is_some() { policy.reset_on_429 } else { policy.reset_otherwise };
            let wait =
                if failed && self.is_dead(m) { MINUTE } else { self.told(now, t, mode, limited, failed) };
            let wait = wait.min(MINUTE);
            let whole = wait.div_euclid(1_000_000_000) + Ns::from(wait.rem_euclid(1_000_000_000) > 0);
            told = whole.max(Ns::from(failed)) as u32;
        }
        let reset = carries_reset.then_some(Told::new(told));
        let retry_after = carries_retry_after.then_some(Told::new(told));
        let back = now + self.one_way(t);
        self.push(back, ANSWERS, Event::Answer(t, Reply { outcome, reset, retry_after }));
    }

    fn told(&mut self, now: Ns, t: usize, mode: ResetMode, limited: Option<usize>, failed: bool) -> Ns {
        let (m, tokens) = (self.model_of(t), self.tries[t].tokens);
        let waiting = self.models[m].waiting.len() as f64;
        let ready = self.ready(m);
        let backlog = if ready == 0 { Ns::MAX } else { rounded(waiting / self.capacity(m, ready)[0]) };
        let (limiter, mut scene) = self.limits(now, t);
        limiter.reset(&mut scene, mode, tokens, limited, failed, backlog)
    }

    pub fn disconnect(&mut self, now: Ns, t: usize) {
        let m = self.model_of(t);
        match self.tries[t].place {
            Place::OnTheWay => panic!("it was sent before its client left"),
            Place::Left => {}
            Place::Stranded => self.tries[t].place = Place::Left,
            _ if self.models[m].config.on_disconnect == OnDisconnect::Serve => self.tries[t].in_vain = true,
            Place::Waiting => {
                self.stop_waiting(m, t);
                self.tries[t].place = Place::Left;
                self.refund(now, t);
                self.serve_waiting(now, m);
            }
            Place::Serving(_) => {
                let replica = self.on(t);
                self.free(now, t);
                self.serve_waiting(now, m);
                replica.into_iter().for_each(|r| self.say(now, r));
            }
        }
    }
}
