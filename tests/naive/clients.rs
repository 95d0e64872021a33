//! What the clients do: attempts, answers, retries, fallbacks, giving up.

use super::delays::{backed_off, part};
use super::gate::Tried;
use super::sources::Birth;
use super::{
    ARRIVALS, ASKS, Attempt, DEADLINES, DISCONNECTS, End, Event, Naive, Ns, Place, RETRIES, Request,
    TIMEOUTS, Try, ns,
};
use ratetide::client::GaveUp;
use ratetide::client::backoff::Backoff;
use ratetide::client::honor::{Beyond, Combine, Header};
use ratetide::metrics::observer::Ended;
use ratetide::platform::serving::ReplicaEngine as _;
use ratetide::reply::{Outcome, Reply, Told};

impl Naive<'_> {
    /// A request is born, and goes where those of its workload go first.
    pub fn bear(&mut self, now: Ns, birth: Birth) {
        let Birth { workload: w, number, member, prompt, output, .. } = birth;
        let engine = &self.models[self.workload(w).pool as usize].config.engine;
        let (service, _) = engine.draw(&mut self.sources[w].service, prompt, output);
        let request = Request {
            home: w,
            route: w,
            number,
            member,
            born: now,
            prompt,
            output,
            service,
            tried: 0,
            delay: 0,
            acquired: 0,
            trying: Vec::new(),
            hedged: 0,
            unsent: false,
            over: false,
        };
        self.requests.push(request);
        let r = self.requests.len() - 1;
        self.push(self.gives_up_at(r), DEADLINES, Event::Deadline(r));
        if self.workload(w).is_batch() {
            self.gather(now, r);
        } else if self.is_backlog(w) {
            self.hold(now, r);
        } else if self.sources[w].shared.is_some() {
            self.ask(now, r);
        } else {
            self.send(now, r, ARRIVALS);
        }
    }

    /// The deadline of a request.
    pub fn gives_up_at(&self, r: usize) -> Ns {
        self.requests[r].born + ns(self.workload(self.requests[r].route).client.deadline)
    }

    /// An attempt of a request is under way at `now`.
    pub fn try_now(&mut self, now: Ns, r: usize) -> usize {
        let t = self.tries.len();
        let request = &mut self.requests[r];
        request.tried += 1;
        request.trying.push(t);
        self.tries.push(Try {
            request: r,
            route: request.route,
            number: request.tried,
            service: request.service,
            acquired: request.acquired,
            sent: now,
            place: Place::OnTheWay,
            arrived: 0,
            ordinal: 0,
            started: None,
            completes: 0,
            completion: 0,
            tokens: 0.0,
            label: None,
            in_vain: false,
            ended: false,
        });
        self.push(now + ns(self.route(t).client.timeout), TIMEOUTS, Event::Timeout(t));
        t
    }

    pub fn send(&mut self, now: Ns, r: usize, place: u8) {
        let t = self.try_now(now, r);
        // A first attempt without a way to go is there as it is born.
        if place == ARRIVALS && self.one_way(t) == 0 {
            return self.arrive(now, t);
        }
        self.push(now + self.one_way(t), place, Event::Arrival(t));
    }

    /// The attempt ends for its client; false if it had ended before.
    pub fn finish(&mut self, at: Ns, t: usize, ended: Ended) -> bool {
        if self.tries[t].ended {
            return false;
        }
        let one_way = self.one_way(t);
        let it = &mut self.tries[t];
        it.ended = true;
        let request = &mut self.requests[it.request];
        request.trying.retain(|&other| other != t);
        let left = if matches!(ended, Ended::Answered(_)) { at - one_way } else { at };
        self.attempts.push(Attempt {
            workload: it.route,
            request: request.number,
            member: request.member,
            attempt: it.number,
            sent: it.sent,
            at,
            ended,
            green: it.label.map(|label| label.is_ok()),
            wait: it.label.map(|_| it.started.unwrap_or(left) - it.arrived),
        });
        true
    }

    /// Whether the answers to a request have to travel: something else depends on when they arrive.
    fn travels(&self, r: usize) -> bool {
        let home = self.requests[r].home;
        let all = self.scenario.workloads.iter();
        all.filter(|w| w.home as usize == home)
            .any(|w| w.client.is_shared() || w.is_batch() || w.arrivals.hands_on_places())
    }

    pub fn answered(&mut self, now: Ns, t: usize, reply: Reply, sequence: u64) {
        let (r, w) = (self.tries[t].request, self.tries[t].route);
        if !self.finish(now, t, Ended::Answered(reply)) {
            return;
        }
        let tried = self.tell(now, t, Some(reply.outcome), false);
        let sequence = if self.travels(r) { self.next_sequence() } else { sequence };
        if reply.outcome == Outcome::Ok {
            self.requests[r].trying.clone().into_iter().for_each(|other| {
                self.abandon(now, other, true);
            });
            self.end(now, r, None);
        } else {
            self.failed(now, r, Some(reply), sequence, tried);
        }
        self.open_gate(now, w);
    }

    /// An attempt has failed: a hedged request may have others.
    fn failed(&mut self, now: Ns, r: usize, reply: Option<Reply>, sequence: u64, tried: Option<Tried>) {
        if self.workload(self.requests[r].route).client.hedge.is_some() {
            if self.may_hedge(now, r, tried.as_ref()) {
                return self.hedge(now, r, true);
            }
            if !self.requests[r].trying.is_empty() {
                return;
            }
        }
        self.after_failure(now, r, reply, sequence, tried);
    }

    /// The request is over, done or not.
    fn end(&mut self, now: Ns, r: usize, gave_up: Option<GaveUp>) {
        self.requests[r].over = true;
        let workload = self.requests[r].home;
        self.ends.push(End { at: now, workload, gave_up });
        if self.workload(self.requests[r].route).is_batch() {
            self.end_in_job(now, r);
        }
        self.follow(now, r);
    }

    pub fn give_up(&mut self, now: Ns, r: usize, reason: GaveUp) {
        self.end(now, r, Some(reason));
    }

    /// The client's move after an attempt failed, timed out, or was rejected by the client itself.
    pub fn after_failure(
        &mut self,
        now: Ns,
        r: usize,
        reply: Option<Reply>,
        sequence: u64,
        tried: Option<Tried>,
    ) {
        let request = &self.requests[r];
        let client = &self.workload(request.route).client;
        if request.tried >= client.max_attempts {
            let rejected = tried.is_some_and(|tried| !tried.sent);
            let reason = if rejected { GaveUp::Rejected } else { GaveUp::Attempts };
            return self.fall_back(now, r, reason, sequence);
        }
        let jitter = self.sources[request.route].jitter;
        let (number, draws) = (request.number, 2 * u64::from(request.tried));
        let u = |draw: u64| jitter.uniform(number, draws + draw);
        let retried = match reply.map(|reply| reply.outcome) {
            None => client.retry_on.silence,
            Some(Outcome::Unavailable) => client.retry_on.unavailable,
            Some(_) => client.retry_on.limited,
        };
        if !retried {
            return self.fall_back(now, r, GaveUp::NotRetryable, sequence);
        }
        let limited = reply.is_some_and(|reply| reply.outcome != Outcome::Unavailable);
        let computed = match &client.retry {
            Backoff::Immediate => 0,
            Backoff::Fixed { delay } => ns(*delay),
            Backoff::Exponential(e) => {
                let delay = backed_off(e, request.tried - 1, limited, request.delay, u(0));
                self.requests[r].delay = delay;
                delay
            }
        };
        let honor = &client.honor;
        let told = match honor.header {
            None => None,
            Some(Header::Reset) => reply.and_then(|reply| reply.reset.map(Told::get)),
            Some(Header::RetryAfter) => reply.and_then(|reply| reply.retry_after.map(Told::get)),
        };
        let delay = match told.map(|s| Ns::from(s) * 1_000_000_000) {
            Some(told) if told > ns(honor.max) && honor.beyond == Beyond::GiveUp => {
                return self.fall_back(now, r, GaveUp::NotRetryable, sequence);
            }
            Some(told) if told > 0 && (told <= ns(honor.max) || honor.beyond == Beyond::Clip) => {
                let told = told.min(ns(honor.max));
                let wait = if honor.combine == Combine::Floor { told.max(computed) } else { told };
                part(wait, 1.0 + honor.jitter * u(1))
                    + part(told, honor.spread * u(1))
                    + part(ns(honor.plus), u(1))
            }
            _ => computed,
        };
        if now + delay >= self.gives_up_at(r) {
            return self.fall_back(now, r, GaveUp::Deadline, sequence);
        }
        let Some(tried) = tried else {
            self.list.insert((now + delay, RETRIES, sequence), Event::Send(r));
            return;
        };
        match self.withdraw(now, r, &tried) {
            None => self.fall_back(now, r, GaveUp::Budget, sequence),
            Some(acquired) => {
                self.requests[r].acquired = acquired;
                self.push(now + delay, ASKS, Event::Ask(r));
            }
        }
    }

    /// Instead of being given up, but for its deadline, a request goes to the next model or lane of the list.
    fn fall_back(&mut self, now: Ns, r: usize, reason: GaveUp, sequence: u64) {
        let in_time = reason != GaveUp::Deadline && now < self.gives_up_at(r);
        let next = self.workload(self.requests[r].route).fallback.filter(|_| in_time);
        let Some(next) = next.map(|next| next as usize) else {
            return self.give_up(now, r, reason);
        };
        let workload = self.workload(next);
        let engine = &self.models[workload.pool as usize].config.engine;
        let request = &mut self.requests[r];
        let mut stream = self.sources[next].further.number(request.number).stream();
        (request.service, _) = engine.draw(&mut stream, request.prompt, request.output);
        (request.route, request.tried, request.delay, request.acquired) = (next, 0, 0, 0);
        if workload.is_batch() || self.sources[next].shared.is_some() {
            self.push(now, ASKS, Event::Ask(r));
        } else {
            self.list.insert((now, RETRIES, sequence), Event::Send(r));
        }
    }

    pub fn deadline(&mut self, now: Ns, r: usize) {
        let w = self.requests[r].route;
        // In the batch lane the window takes its place.
        if self.requests[r].over || self.workload(w).is_batch() {
            return;
        }
        self.sources[w].held.retain(|&other| other != r);
        self.forget(r);
        for t in self.requests[r].trying.clone() {
            self.abandon(now, t, false);
        }
        self.give_up(now, r, GaveUp::Deadline);
        self.open_gate(now, w);
    }

    pub fn timeout(&mut self, now: Ns, t: usize) {
        if self.tries[t].ended {
            return;
        }
        let (r, w) = (self.tries[t].request, self.tries[t].route);
        let tried = self.abandon(now, t, false);
        if self.workload(w).is_batch() {
            self.give_up(now, r, GaveUp::Expired);
        } else {
            let sequence = self.next_sequence();
            self.failed(now, r, None, sequence, tried);
        }
        self.open_gate(now, w);
    }

    /// The client no longer waits for an attempt; the platform hears of it half a round trip later.
    pub fn abandon(&mut self, now: Ns, t: usize, cancelled: bool) -> Option<Tried> {
        self.finish(now, t, Ended::TimedOut);
        let tried = self.tell(now, t, None, cancelled);
        self.push(now + self.one_way(t), DISCONNECTS, Event::Disconnect(t));
        tried
    }
}
