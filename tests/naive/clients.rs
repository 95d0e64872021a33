//! What the clients do: births, pacing, retries, giving up.

use super::{
    ARRIVALS, ASKS, Attempt, Birth, DEADLINES, DISCONNECTS, End, Event, Naive, Ns, Place, RETRIES, Request,
    TIMEOUTS, Try, ns,
};
use ratetide::client::GaveUp;
use ratetide::client::backoff::{Backoff, Jitter};
use ratetide::client::honor::{Beyond, Combine, Header};
use ratetide::metrics::observer::Ended;
use ratetide::platform::serving::ReplicaEngine as _;
use ratetide::reply::{Outcome, Reply};

impl Naive<'_> {
    pub fn one_way(&self, t: usize) -> Ns {
        ns(self.scenario.workloads[self.requests[self.tries[t].request].workload].rtt) / 2
    }

    pub fn await_birth(&mut self, w: usize) {
        let source = &mut self.sources[w];
        source.next = source.births.next();
        if let Some(at) = source.next.as_ref().map(|birth| birth.at) {
            self.push(at, ARRIVALS, Event::Birth(w));
        }
    }

    pub fn birth(&mut self, now: Ns, w: usize) {
        let source = &mut self.sources[w];
        let Birth { prompt, output, .. } = source.next.take().expect("a birth was awaited");
        let (service, _) = self.model.engine.draw(&mut source.service, prompt, output);
        let number = source.born;
        source.born += 1;
        let (sent, delay, trying, over) = (0, 0, None, false);
        let request =
            Request { workload: w, number, born: now, prompt, output, service, sent, delay, trying, over };
        self.requests.push(request);
        let r = self.requests.len() - 1;
        let client = &self.scenario.workloads[w].client;
        self.push(now + ns(client.deadline), DEADLINES, Event::Deadline(r));
        if client.pacing.is_some() {
            self.ask(now, r)
        } else {
            self.send(now, r, ARRIVALS)
        }
        self.await_birth(w);
    }

    /// The pacer lets a request go when its bucket holds an interval.
    pub fn ask(&mut self, now: Ns, r: usize) {
        let request = &self.requests[r];
        let client = &self.scenario.workloads[request.workload].client;
        let pace = super::pace(client).expect("only paced clients ask");
        let gives_up_at = request.born + ns(client.deadline);
        let source = &mut self.sources[request.workload];
        let full = ns(pace.interval) * Ns::from(pace.burst);
        let bucket = full.min(source.bucket + now - source.filled);
        let at = now + (ns(pace.interval) - bucket).max(0);
        if at >= gives_up_at {
            // It waits in vain, up to its deadline.
            return;
        }
        (source.bucket, source.filled) = (bucket - ns(pace.interval), now);
        self.push(at, RETRIES, Event::Send(r));
    }

    pub fn send(&mut self, now: Ns, r: usize, place: u8) {
        let request = &mut self.requests[r];
        request.sent += 1;
        request.trying = Some(self.tries.len());
        let (number, workload) = (request.sent, request.workload);
        let t = self.tries.len();
        self.tries.push(Try {
            request: r,
            number,
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
        self.push(now + self.one_way(t), place, Event::Arrival(t));
        self.push(now + ns(self.scenario.workloads[workload].client.timeout), TIMEOUTS, Event::Timeout(t));
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
        request.trying = None;
        let left = if matches!(ended, Ended::Answered(_)) { at - one_way } else { at };
        self.attempts.push(Attempt {
            workload: request.workload,
            request: request.number,
            attempt: it.number,
            sent: it.sent,
            at,
            ended,
            green: it.label.map(|label| label.is_ok()),
            wait: it.label.map(|_| it.started.unwrap_or(left) - it.arrived),
        });
        true
    }

    pub fn answered(&mut self, now: Ns, t: usize, reply: Reply, sequence: u64) {
        let r = self.tries[t].request;
        if !self.finish(now, t, Ended::Answered(reply)) {
            return;
        }
        if reply.outcome == Outcome::Ok {
            self.requests[r].over = true;
            self.ends.push(End { at: now, workload: self.requests[r].workload, gave_up: None });
        } else {
            self.after_failure(now, r, Some(reply), sequence);
        }
    }

    pub fn give_up(&mut self, now: Ns, r: usize, reason: GaveUp) {
        self.requests[r].over = true;
        self.ends.push(End { at: now, workload: self.requests[r].workload, gave_up: Some(reason) });
    }

    pub fn after_failure(&mut self, now: Ns, r: usize, reply: Option<Reply>, sequence: u64) {
        let request = &mut self.requests[r];
        let client = &self.scenario.workloads[request.workload].client;
        if request.sent == client.max_attempts {
            return self.give_up(now, r, GaveUp::Attempts);
        }
        let jitter = self.sources[request.workload].jitter;
        let u = |draw: u64| jitter.uniform(request.number, 2 * u64::from(request.sent) + draw);
        let retried = match reply.map(|reply| reply.outcome) {
            None => client.retry_on.silence,
            Some(Outcome::Unavailable) => client.retry_on.unavailable,
            Some(_) => client.retry_on.limited,
        };
        if !retried {
            return self.give_up(now, r, GaveUp::NotRetryable);
        }
        let computed = match client.retry {
            Backoff::Immediate => 0,
            Backoff::Fixed { delay } => ns(delay),
            Backoff::Exponential(e) => {
                let was_429 = reply.is_some_and(|reply| reply.outcome != Outcome::Unavailable);
                let base = ns(if was_429 { e.base } else { e.base_other });
                let part = |of: Ns, share: f64| (of as f64 * share).round() as Ns;
                let jittered = match e.jitter {
                    Jitter::Between { at_0, at_1 } => {
                        let doubled = base << (request.sent - 1 + e.from).min(40);
                        let above = (doubled.min(ns(e.cap)) - ns(e.floor)).max(0);
                        ns(e.floor) + part(above, at_0 + (at_1 - at_0) * u(0))
                    }
                    Jitter::Decorrelated => {
                        let previous = request.delay.max(base);
                        ns(e.cap).min(base + part(3 * previous - base, u(0)))
                    }
                };
                request.delay = (jittered + part(ns(e.plus), u(0))).min(ns(e.max));
                request.delay
            }
        };
        let honor = &client.honor;
        let told = match honor.header {
            None => None,
            Some(Header::Reset) => reply.and_then(|reply| reply.reset_s),
            Some(Header::RetryAfter) => reply.and_then(|reply| reply.retry_after_s),
        };
        let delay = match told.map(|s| Ns::from(s) * 1_000_000_000) {
            Some(told) if told > ns(honor.max) && honor.beyond == Beyond::GiveUp => {
                return self.give_up(now, r, GaveUp::NotRetryable);
            }
            Some(told) if told > 0 && (told <= ns(honor.max) || honor.beyond == Beyond::Clip) => {
                let told = told.min(ns(honor.max));
                let wait = if honor.combine == Combine::Floor { told.max(computed) } else { told };
                let part = |of: Ns, share: f64| (of as f64 * share).round() as Ns;
                part(wait, 1.0 + honor.jitter * u(1))
                    + part(told, honor.spread * u(1))
                    + part(ns(honor.plus), u(1))
            }
            _ => computed,
        };
        if now + delay >= request.born + ns(client.deadline) {
            return self.give_up(now, r, GaveUp::Deadline);
        }
        let paced = client.pacing.is_some();
        let sequence = if paced { self.next_sequence() } else { sequence };
        let (place, event) = if paced { (ASKS, Event::Ask(r)) } else { (RETRIES, Event::Send(r)) };
        self.list.insert((now + delay, place, sequence), event);
    }

    pub fn deadline(&mut self, now: Ns, r: usize) {
        if self.requests[r].over {
            return;
        }
        if let Some(t) = self.requests[r].trying {
            self.finish(now, t, Ended::TimedOut);
            self.leave_behind(now, t);
        }
        self.give_up(now, r, GaveUp::Deadline);
    }

    pub fn leave_behind(&mut self, now: Ns, t: usize) {
        self.push(now + self.one_way(t), DISCONNECTS, Event::Disconnect(t));
    }
}
