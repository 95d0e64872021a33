//! What is seen of a run: records of attempts, samples, and what is still open at the end.

use super::Engine;
use super::requests::{Phase, Request};
use super::source::Source;
use crate::chain::Id;
use crate::limit::pair::Color;
use crate::metrics::ledger::Books;
use crate::metrics::observer::{AttemptRecord, Ended, Observer};
use crate::platform::Platform;
use crate::platform::attempt::Attempt;
use crate::reply::{Outcome, Reply};
use crate::units::SimTime;

/// The attempt of a request was sent, at `sent`.
#[inline]
pub(super) fn send(request: &mut Request, books: &mut Books, observer: &mut impl Observer) {
    request.memory.attempts += 1;
    books.of(request.workload, request.counted).attempts += 1;
    observer.sent(request.sent, request.workload);
}

/// How an attempt ended for its client.
#[inline(always)]
pub(super) fn record(
    platform: &Platform,
    request: &Request,
    source: &Source,
    id: Id,
    at: SimTime,
    ended: Ended,
) -> AttemptRecord {
    let arrived = matches!(request.phase, Phase::Out | Phase::Late | Phase::Returning);
    let attempt = arrived.then(|| platform.attempt(id));
    let served = matches!(ended, Ended::Answered(Reply { outcome: Outcome::Ok, .. }));
    let answered = matches!(ended, Ended::Answered(_));
    let left = if answered { at - source.one_way } else { at };
    let waited = |a: &Attempt| match a.started {
        SimTime::NEVER => left.saturating_since(a.arrived),
        started => started - a.arrived,
    };
    AttemptRecord {
        workload: request.workload,
        request: request.number,
        member: request.member,
        attempt: request.memory.attempts,
        counted: request.counted,
        sent: request.sent,
        at,
        ended,
        green: attempt.map(|a| a.color == Color::Green),
        wait: attempt.map(waited),
        first_token: attempt
            .filter(|_| served)
            .and_then(|_| platform.first_token(id))
            .map(|t| t + source.rtt),
        prompt: request.prompt,
        output: request.output,
    }
}

impl<O: Observer> Engine<'_, O> {
    /// Tell the observer how an attempt ended for its client.
    pub(super) fn record(&mut self, at: SimTime, id: Id, ended: Ended) {
        if O::ACTIVE {
            let request = &self.requests[id];
            let source = &self.sources[request.workload as usize];
            self.observer.ended(&record(&self.platform, request, source, id, at, ended));
        }
    }

    #[inline(never)]
    pub(super) fn sample(&mut self, at: SimTime) {
        let part = self.part;
        for pair in (0..self.scenario.pairs.len() as u32).filter(|&pair| part.pairs[pair as usize]) {
            let (dynamic, success) = self.platform.row_rates(at, pair);
            self.observer.sample_pair(at, pair, dynamic, success);
        }
        for index in (0..self.scenario.models.len() as u32).filter(|&model| part.models[model as usize]) {
            let model = self.platform.model(index);
            let capacity = model.capacity().requests;
            self.observer.sample_model(at, index, &model.levels(), model.forecast(), capacity);
        }
        self.observer.sampled();
    }

    /// The run is over at `end`: count what is still open and in flight.
    pub(super) fn close(&mut self, end: SimTime) {
        self.bear_unseen(end);
        let open: Vec<Id> = self.requests.open().map(|(id, _)| id).collect();
        for id in open {
            let request = self.requests[id];
            if request.phase == Phase::Sending && request.sent <= end {
                send(&mut self.requests[id], &mut self.books, self.observer);
            }
            let in_flight = match request.phase {
                Phase::Out | Phase::Late | Phase::Returning => true,
                Phase::Sending => request.sent <= end,
                Phase::Unsent | Phase::Pausing | Phase::Held | Phase::Hedged => false,
                Phase::Orphan | Phase::Ghost | Phase::Unread => continue,
                Phase::Free => unreachable!("free entries are not open"),
            };
            if in_flight {
                self.record(end, id, Ended::InFlight);
            }
            self.books.of(request.workload, request.counted).in_flight += u64::from(in_flight);
            if self.hedges.parent(id).is_some() {
                continue;
            }
            let account = self.books.of(request.home, request.counted);
            account.open += 1;
            account.pending += request.tokens();
        }
    }
}
