//! Closed loops: users think when their request has ended; of a backlog the next request is sent.

use super::sources::Birth;
use super::{ARRIVALS, ASKS, Event, Naive, Ns, RETRIES, ns, rounded, time};
use ratetide::dist::Law as _;
use ratetide::rng::Key;
use ratetide::scenario::Workload;
use ratetide::traffic::arrivals::{Arrival, Release, Users};

/// How a workload's requests come.
pub enum Demand {
    Open,
    Users(Box<Thinkers>),
    Backlog(Backlog),
}

pub struct Thinkers {
    plan: Users,
    think: Key,
    /// Of each user, requests so far, and what was said in this session.
    turns: Vec<u64>,
    said: Vec<u32>,
}

pub struct Backlog {
    release: Release,
    /// How many have been sent and have not ended.
    out: u32,
    waiting: Vec<usize>,
}

impl Demand {
    pub fn of(workload: &Workload, key: Key) -> Demand {
        if workload.fallback_of.is_some() {
            return Demand::Open;
        }
        if let Some(users) = workload.arrivals.users() {
            let (think, count) = (key.with("think"), users.users as usize);
            let thinkers =
                Thinkers { plan: users.clone(), think, turns: vec![0; count], said: vec![0; count] };
            return Demand::Users(Box::new(thinkers));
        }
        let backlog = |backlog: &ratetide::traffic::arrivals::Backlog| {
            Demand::Backlog(Backlog { release: backlog.release(), out: 0, waiting: Vec::new() })
        };
        workload.arrivals.backlog().map_or(Demand::Open, backlog)
    }
}

impl Thinkers {
    /// The number of a user's next request.
    fn number(&self, user: u32) -> u64 {
        self.turns[user as usize] * u64::from(self.plan.users) + u64::from(user)
    }

    /// How long a user thinks before the next request.
    fn pause(&self, user: u32) -> Ns {
        let begins = |turns: u32| self.turns[user as usize].is_multiple_of(turns.into());
        let session = self.plan.session.as_ref().filter(|session| begins(session.turns));
        let law = session.and_then(|session| session.pause.as_ref()).unwrap_or(&self.plan.think);
        rounded(law.sample(&mut self.think.number(self.number(user)).stream()))
    }

    /// The prompt of a user's next request: in a session with all that was said before, up to the context.
    fn prompt(&mut self, user: u32, own: u32, output: u32) -> u32 {
        let (turns, said) = (&mut self.turns[user as usize], &mut self.said[user as usize]);
        let before = *turns;
        *turns += 1;
        let Some(session) = &self.plan.session else { return own };
        if before.is_multiple_of(session.turns.into()) {
            *said = 0;
        }
        let prompt = (*said + own).min(session.context_tokens);
        *said = prompt + output;
        prompt
    }
}

impl Naive<'_> {
    /// All users of a workload begin by thinking.
    pub fn begin_to_think(&mut self, w: usize) {
        if let Demand::Users(thinkers) = &self.sources[w].demand {
            (0..thinkers.plan.users).for_each(|user| self.think(0, w, user));
        }
    }

    fn think(&mut self, now: Ns, w: usize, user: u32) {
        let Demand::Users(thinkers) = &self.sources[w].demand else { panic!("only users think") };
        let born = now + thinkers.pause(user);
        if born < ns(self.scenario.run.duration) {
            self.push(born, ARRIVALS, Event::Thought(w, user));
        }
    }

    /// A user has thought, and asks.
    pub fn thought(&mut self, now: Ns, w: usize, user: u32) {
        let source = &mut self.sources[w];
        let Demand::Users(thinkers) = &mut source.demand else { panic!("only users think") };
        let number = thinkers.number(user);
        let (own, output) = source.tokens.draw_numbered(number, &Arrival { at: time(now), tokens: None });
        let prompt = thinkers.prompt(user, own, output);
        source.service = source.key.with("service").number(number).stream();
        self.bear(now, Birth { at: now, workload: w, number, member: 0, prompt, output });
    }

    pub fn is_backlog(&self, w: usize) -> bool {
        matches!(self.sources[w].demand, Demand::Backlog(_))
    }

    /// A backlog's request is born: it goes, or waits for its turn.
    pub fn hold(&mut self, now: Ns, r: usize) {
        let (w, number, gives_up_at) = (self.requests[r].home, self.requests[r].number, self.gives_up_at(r));
        let Demand::Backlog(backlog) = &mut self.sources[w].demand else { panic!("only a backlog holds") };
        let at = match backlog.release {
            Release::Paced(per_s) => rounded(number as f64 / per_s).max(now),
            _ => now,
        };
        let full = matches!(backlog.release, Release::Concurrent(most) if backlog.out >= most);
        if full || at >= gives_up_at {
            self.requests[r].unsent = true;
            backlog.waiting.push(r);
        } else {
            backlog.out += 1;
            self.send_first(at, r);
        }
    }

    fn send_first(&mut self, at: Ns, r: usize) {
        let shared = self.sources[self.requests[r].home].shared.is_some();
        let (place, event) = if shared { (ASKS, Event::Ask(r)) } else { (RETRIES, Event::Send(r)) };
        self.push(at, place, event);
    }

    /// One that waited for its turn waits no more.
    pub fn forget(&mut self, r: usize) {
        if let Demand::Backlog(backlog) = &mut self.sources[self.requests[r].home].demand {
            backlog.waiting.retain(|&other| other != r);
        }
    }

    /// A request has ended: what follows in its workload.
    pub fn follow(&mut self, now: Ns, r: usize) {
        let request = &self.requests[r];
        let (w, number, was_sent) = (request.home, request.number, !request.unsent);
        match &mut self.sources[w].demand {
            Demand::Open => {}
            Demand::Users(thinkers) => {
                let user = (number % u64::from(thinkers.plan.users)) as u32;
                self.think(now, w, user);
            }
            // In the batch lane all go out in files.
            Demand::Backlog(backlog) if was_sent && backlog.out > 0 => {
                backlog.out -= 1;
                let Release::Concurrent(_) = backlog.release else { return };
                let Some(&next) = backlog.waiting.first() else { return };
                if now < self.gives_up_at(next) {
                    let Demand::Backlog(backlog) = &mut self.sources[w].demand else { return };
                    backlog.out += 1;
                    backlog.waiting.remove(0);
                    self.requests[next].unsent = false;
                    self.send_first(now, next);
                }
            }
            Demand::Backlog(_) => {}
        }
    }
}
