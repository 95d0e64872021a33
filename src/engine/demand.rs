//! Closed loops: demand that waits for its own requests. Users think when a request has ended; of a backlog the next
//! request is sent.
//!
//! A user's request has a number, turn × users + user, by which all of its nature is drawn: what it is does not
//! depend on when it comes, nor on what became of others. What was said in a session counts whether or not it was
//! answered, for the same reason.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Engine;
use super::event::Event;
use super::requests::{Nature, Phase};
use crate::chain::{Chain, Id};
use crate::dist::Law as _;
use crate::metrics::observer::Observer;
use crate::rng::Key;
use crate::scenario::Workload;
use crate::traffic::arrivals::{Arrival, Release, Users};
use crate::units::{SimTime, Span};

/// How a workload's requests come.
pub enum Demand {
    /// Whatever becomes of them.
    Open,
    /// Each user's after the one before.
    Users(Thinkers),
    /// All at the start, held until they may go.
    Backlog(Held),
}

/// The users of a workload.
pub struct Thinkers {
    plan: Users,
    think: Key,
    users: Vec<User>,
    /// Who thinks, by the instant of the next birth.
    due: BinaryHeap<Reverse<(SimTime, u32)>>,
}

/// One user.
#[derive(Clone, Copy, Default)]
struct User {
    /// Requests so far.
    turns: u64,
    /// Tokens of the present session so far.
    said: u32,
}

/// The requests of a backlog that have not been sent.
pub struct Held {
    release: Release,
    /// How many have been sent and have not ended.
    out: u32,
    /// Those that wait, in order.
    pub waiting: Chain,
}

impl Demand {
    /// The demand of a workload; `key` is that of its streams. A fallback has none of its own.
    pub fn new(workload: &Workload, key: Key) -> Demand {
        if workload.fallback_of.is_some() {
            return Demand::Open;
        }
        match (workload.arrivals.users(), workload.arrivals.backlog()) {
            (Some(users), _) => Demand::Users(Thinkers {
                plan: users.clone(),
                think: key.with("think"),
                users: vec![User::default(); users.users as usize],
                due: BinaryHeap::new(),
            }),
            (None, Some(backlog)) => {
                Demand::Backlog(Held { release: backlog.release(), out: 0, waiting: Chain::default() })
            }
            (None, None) => Demand::Open,
        }
    }

    /// Whether its requests are held back when they are born.
    #[inline]
    pub fn holds(&self) -> bool {
        matches!(self, Demand::Backlog(_))
    }
}

impl Thinkers {
    /// The number of a user's next request.
    fn number(&self, user: u32) -> u64 {
        self.users[user as usize].turns * u64::from(self.plan.users) + u64::from(user)
    }

    /// A user begins to think at `now`; when the next request is born.
    fn think(&self, now: SimTime, user: u32) -> SimTime {
        let mut stream = self.think.number(self.number(user)).stream();
        let begins = |turns: u32| self.users[user as usize].turns.is_multiple_of(turns.into());
        let pause = self.plan.session.as_ref().filter(|session| begins(session.turns));
        let law = pause.and_then(|session| session.pause.as_ref()).unwrap_or(&self.plan.think);
        now.saturating_add(Span::from_secs_f64(law.sample(&mut stream)))
    }

    /// The prompt of a user's next request, from its own part and the answer it will get.
    fn speak(&mut self, user: u32, own: u32, output: u32) -> u32 {
        let user = &mut self.users[user as usize];
        let Some(session) = &self.plan.session else {
            user.turns += 1;
            return own;
        };
        if user.turns.is_multiple_of(session.turns.into()) {
            user.said = 0;
        }
        user.turns += 1;
        let prompt = user.said.saturating_add(own).min(session.context_tokens);
        user.said = prompt.saturating_add(output);
        prompt
    }
}

impl<O: Observer> Engine<'_, O> {
    /// All users begin to think.
    pub(super) fn start_users(&mut self, workload: u32) {
        let Demand::Users(thinkers) = &self.sources[workload as usize].demand else { return };
        let users = thinkers.plan.users;
        (0..users).for_each(|user| self.await_user(SimTime::ZERO, workload, user));
    }

    /// A user thinks; its next request is awaited if it is born before traffic stops.
    fn await_user(&mut self, now: SimTime, workload: u32, user: u32) {
        let stop = SimTime::ZERO + self.scenario.run.duration;
        let source = &mut self.sources[workload as usize];
        let Demand::Users(thinkers) = &mut source.demand else { unreachable!("only a thinkers has users") };
        let born = thinkers.think(now, user);
        if born >= stop {
            return;
        }
        thinkers.due.push(Reverse((born, user)));
        let at = self.birth_seen(workload, born);
        self.schedule(at, Event::Thought(workload));
    }

    /// The next request of a workload's users is drawn, if one is born before `end`.
    pub(super) fn draw_user(&mut self, workload: u32, end: SimTime) -> Option<Nature> {
        let source = &mut self.sources[workload as usize];
        let Demand::Users(thinkers) = &mut source.demand else { return None };
        thinkers.due.peek().filter(|Reverse((born, _))| *born < end)?;
        let Reverse((born, user)) = thinkers.due.pop()?;
        let number = thinkers.number(user);
        let (own, output) = source.tokens.draw_numbered(number, &Arrival { at: born, tokens: None });
        let prompt = thinkers.speak(user, own, output);
        source.service_stream = source.key.with("service").number(number).stream();
        Some(Nature { born, number, prompt, output, member: 0 })
    }

    /// A backlog's request is born: it goes, or waits for its turn.
    pub(super) fn hold(&mut self, now: SimTime, id: Id) {
        let request = self.requests[id];
        let gives_up = self.scenario.workloads[request.home as usize].client.gives_up_at(request.born);
        let source = &mut self.sources[request.home as usize];
        let Demand::Backlog(held) = &mut source.demand else { unreachable!("only a backlog holds") };
        let earliest = held.release.earliest(request.number).max(now);
        let is_full = matches!(held.release, Release::Concurrent(most) if held.out >= most);
        if is_full || earliest >= gives_up {
            self.requests[id].phase = Phase::Unsent;
            held.waiting.push(id, &mut self.links.held);
        } else {
            held.out += 1;
            self.send_first(earliest, id);
        }
    }

    /// A request has ended, done or not, at `now` on its client's clock: what follows in its workload.
    #[inline]
    pub(super) fn follow(&mut self, now: SimTime, id: Id) {
        if !matches!(self.sources[self.requests[id].home as usize].demand, Demand::Open) {
            self.follow_closed(now, id);
        }
    }

    fn follow_closed(&mut self, now: SimTime, id: Id) {
        let request = self.requests[id];
        match &mut self.sources[request.home as usize].demand {
            Demand::Open => {}
            Demand::Users(thinkers) => {
                let user = (request.number % u64::from(thinkers.plan.users)) as u32;
                self.await_user(now, request.home, user);
            }
            // In the batch lane all go out in files, and one that was never sent leaves no place.
            Demand::Backlog(held) if held.out > 0 && request.phase != Phase::Unsent => {
                held.out -= 1;
                let Release::Concurrent(_) = held.release else { return };
                let Some(next) = held.waiting.head() else { return };
                let client = &self.scenario.workloads[request.home as usize].client;
                if now < client.gives_up_at(self.requests[next].born) {
                    held.out += 1;
                    held.waiting.remove(next, &mut self.links.held);
                    self.send_first(now, next);
                }
            }
            Demand::Backlog(_) => {}
        }
    }

    /// A request that waited for its turn is given up before it was sent.
    pub(super) fn forget(&mut self, id: Id) {
        let source = &mut self.sources[self.requests[id].home as usize];
        let Demand::Backlog(held) = &mut source.demand else { unreachable!("only a backlog holds") };
        held.waiting.remove(id, &mut self.links.held);
    }

    /// A request is sent, or asks at its client's gate, for the first time at `at`.
    fn send_first(&mut self, at: SimTime, id: Id) {
        let request = &mut self.requests[id];
        let source = &self.sources[request.home as usize];
        if source.caller.is_some() {
            request.phase = Phase::Pausing;
            self.schedule(at, Event::Ask(id));
        } else {
            request.phase = Phase::Sending;
            request.sent = at;
            let arrives = at.saturating_add(source.one_way);
            self.schedule(arrives, Event::Send(id));
        }
    }
}
