//! The open requests, in a table whose entries are reused: memory follows work in flight, not requests made.

use crate::chain::Id;
use crate::client::Memory;
use crate::metrics::ledger::Tokens;
use crate::reply::Reply;
use crate::units::{SimTime, Span};

/// Where a request is, seen from its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The entry is free.
    Free,
    /// Of a backlog, waiting for its turn.
    Unsent,
    /// Waiting to ask at its client's gate, or for its batch job to be submitted.
    Pausing,
    /// Standing at its client's gate.
    Held,
    /// Waiting to be sent at `sent`, or under way to the platform since.
    Sending,
    /// At the platform.
    Out,
    /// Answered in time: the answer is under way to its client.
    Returning,
    /// Likewise, but its client no longer waits for it.
    Unread,
    /// A hedged request: its attempts are entries of their own.
    Hedged,
    /// Answered too late: the client's timer, or the end of the run, comes before the answer.
    Late,
    /// What its client left behind at the platform.
    Orphan,
    /// What its client left behind on the way there; it is told at `sent`.
    Ghost,
}

/// The nature of a request, drawn at birth.
#[derive(Clone, Copy, Debug)]
pub struct Nature {
    /// When it is born.
    pub born: SimTime,
    /// Its number within the workload.
    pub number: u64,
    /// Prompt tokens.
    pub prompt: u32,
    /// Output tokens.
    pub output: u32,
    /// Whose it is: a number within a group of a population's members, 0 of an org on its own.
    pub member: u32,
}

/// An open request, and its present attempt.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Where it is.
    pub phase: Phase,
    /// Its present workload: its own, or one of that one's fallbacks. Attempts, tokens and costs are booked there.
    pub workload: u32,
    /// The workload that it was born to, where its end is booked.
    pub home: u32,
    /// Ordinal within the workload, from 0.
    pub number: u64,
    /// Whose it is, of a group of a population's members.
    pub member: u32,
    /// Part of the summary: born at or after the warm-up.
    pub counted: bool,
    /// When it was born.
    pub born: SimTime,
    /// When its present attempt was or will be sent.
    pub sent: SimTime,
    /// What its client remembers.
    pub memory: Memory,
    /// Prompt tokens.
    pub prompt: u32,
    /// Output tokens.
    pub output: u32,
    /// Service time, drawn once, the same at every retry.
    pub service: Span,
    /// The part of it before the first token.
    pub prefill: Option<Span>,
}

impl Request {
    /// Its tokens.
    pub fn tokens(&self) -> Tokens {
        Tokens::new(self.prompt, self.output)
    }
}

/// Answers under way to their clients.
#[derive(Clone, Debug, Default)]
pub struct Replies(Vec<Option<Reply>>);

impl Replies {
    /// Keep the answer of an attempt.
    pub fn keep(&mut self, id: Id, reply: Reply) {
        let index = id as usize;
        if index >= self.0.len() {
            self.0.resize(index + 1, None);
        }
        self.0[index] = Some(reply);
    }

    /// The answer that was kept for an attempt.
    pub fn of(&self, id: Id) -> Reply {
        self.0[id as usize].expect("an answer was kept")
    }
}

/// The table.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    entries: Vec<Request>,
    free: Vec<Id>,
}

impl Requests {
    /// Enter a request; its id.
    #[inline]
    pub fn enter(&mut self, request: Request) -> Id {
        match self.free.pop() {
            Some(id) => {
                self.entries[id as usize] = request;
                id
            }
            None => {
                let id = Id::try_from(self.entries.len()).expect("open requests are bounded by memory first");
                assert!(id != crate::chain::NONE, "too many open requests");
                self.entries.push(request);
                id
            }
        }
    }

    /// Free an entry.
    #[inline]
    pub fn leave(&mut self, id: Id) {
        let entry = &mut self.entries[id as usize];
        assert!(entry.phase != Phase::Free, "an entry is freed once");
        entry.phase = Phase::Free;
        self.free.push(id);
    }

    /// Entries there are room for: the most that were in use at once.
    pub fn room(&self) -> usize {
        self.entries.len()
    }

    /// All entries in use, by id.
    pub fn open(&self) -> impl Iterator<Item = (Id, &Request)> {
        let numbered = self.entries.iter().enumerate().map(|(id, request)| (id as Id, request));
        numbered.filter(|(_, request)| request.phase != Phase::Free)
    }
}

impl std::ops::Index<Id> for Requests {
    type Output = Request;
    #[inline]
    fn index(&self, id: Id) -> &Request {
        &self.entries[id as usize]
    }
}

impl std::ops::IndexMut<Id> for Requests {
    #[inline]
    fn index_mut(&mut self, id: Id) -> &mut Request {
        &mut self.entries[id as usize]
    }
}
