//! A workload at run time: its demand, its random streams, its client's shared state and timers.

use super::demand::Demand;
use super::requests::Nature;
use crate::chain::{Chain, Links};
use crate::client::caller::Caller;
use crate::rng::{Key, Stream};
use crate::scenario::Workload;
use crate::traffic::arrivals::Arrival;
use crate::traffic::population::Group;
use crate::traffic::population::members::Members;
use crate::traffic::tokens::TokenSource;
use crate::units::{SimTime, Span};
use std::sync::Arc;

/// Timers that ring in the order they were set: one chain, one event for all.
#[derive(Clone, Debug, Default)]
pub struct Timers {
    /// Members in ringing order.
    pub chain: Chain,
    /// An event for the oldest is under way.
    pub armed: bool,
}

/// One workload.
pub struct Source {
    /// The key of its streams.
    pub key: Key,
    members: Members,
    /// The tokens of its requests.
    pub tokens: TokenSource,
    /// How its requests come.
    pub demand: Demand,
    /// Its own stream of service times.
    pub service_stream: Stream,
    /// Jitter of its retries, addressed by (request, draw).
    pub jitter: Key,
    /// Whether an attempt fails at random, addressed by (request, attempt).
    pub luck: Key,
    /// Requests drawn so far.
    drawn: u64,
    /// Draws of the client's guards, addressed by (request, attempt).
    pub guard: Key,
    /// Service times of further attempts of a hedged request, and of requests that fall back to here, by request.
    pub hedged: Key,
    /// Answers arrive when they do, and are not worked out ahead: the client's requests share something, are counted
    /// together with some that do, or hand on their places.
    pub answers_travel: bool,
    /// What the client's requests share, if anything.
    pub caller: Option<Caller>,
    /// Who stands at its gate.
    pub held: Chain,
    /// The earliest instant at which the gate is to be looked at again.
    pub gate_at: SimTime,
    /// Attempts in the order they time out.
    pub timeouts: Timers,
    /// Requests in the order of their deadlines.
    pub deadlines: Timers,
    /// The round trip.
    pub rtt: Span,
    /// Half of it.
    pub one_way: Span,
    /// Its client's timeout of an attempt; this and what follows stand here too since each attempt asks for it.
    pub timeout: Span,
    /// Its client's deadline of a request.
    pub deadline: Span,
    /// Its requests gather in the batch lane.
    pub is_batch: bool,
    /// The first of its org's pairs on its model: that of member 0.
    pub pairs_from: u32,
}

/// Neighbours in the timer chains of all workloads.
#[derive(Default)]
pub struct TimerLinks {
    /// Of the timeouts.
    pub timeouts: Links,
    /// Of the deadlines.
    pub deadlines: Links,
    /// Of who stands at a gate.
    pub held: Links,
}

impl Source {
    /// A workload before its first request, on streams of its own.
    pub fn new(
        workload: &Workload,
        pairs_from: u32,
        answers_travel: bool,
        group: Option<Arc<Group>>,
        key: Key,
    ) -> Source {
        let clients_own = |purpose: &str| match workload.client.jitter_stream {
            0 => key.with(purpose),
            other => key.with(purpose).number(other),
        };
        Source {
            key,
            demand: Demand::new(workload, key),
            members: Members::new(group, key),
            tokens: TokenSource::new(
                workload.prompt.clone(),
                workload.output.clone(),
                workload.max_tokens,
                workload.arrivals.trace(),
                key,
            )
            .expect("a validated workload has its tokens")
            .coupled(workload.coupling.clone()),
            service_stream: key.with("service").stream(),
            jitter: clients_own("jitter"),
            luck: key.with("luck"),
            drawn: 0,
            guard: clients_own("guard"),
            hedged: key.with("hedged"),
            answers_travel,
            caller: workload.client.is_shared().then(|| Caller::new(&workload.client)),
            held: Chain::default(),
            gate_at: SimTime::NEVER,
            timeouts: Timers::default(),
            deadlines: Timers::default(),
            rtt: workload.rtt,
            one_way: Span::from_ns(workload.rtt.as_ns() / 2),
            timeout: workload.client.timeout,
            deadline: workload.client.deadline,
            is_batch: workload.is_batch(),
            pairs_from,
        }
    }

    /// The instant by which an answer must be back: the attempt's timeout or the request's deadline.
    #[inline]
    pub fn expires(&self, sent: SimTime, born: SimTime) -> SimTime {
        sent.saturating_add(self.timeout).min(born.saturating_add(self.deadline))
    }

    /// What the client's requests share.
    ///
    /// # Panics
    /// If they share nothing.
    pub fn shared(&mut self) -> &mut Caller {
        self.caller.as_mut().expect("only clients whose requests share something have a gate")
    }

    /// Draw the nature of the request that comes with this arrival.
    #[inline]
    pub fn draw(&mut self, arrival: &Arrival) -> Nature {
        let (prompt, output) = self.tokens.draw(arrival);
        let number = self.drawn;
        self.drawn += 1;
        Nature { born: arrival.at, number, prompt, output, member: self.members.draw() }
    }
}
