//! The only window out of the loop.
//!
//! The engine is generic over its observer: with `()` every call vanishes at compile time. Instants are those
//! of the side where a thing happens: births, sends and answers on the client's clock, labels, starts and
//! levels on the platform's. They are given with each call and need not be in order across calls.

use super::ledger::Tokens;
use crate::client::GaveUp;
use crate::limit::usage::Rates;
use crate::platform::model::Levels;
use crate::reply::Reply;
use crate::units::{SimTime, Span};

/// How an attempt ended for its client.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ended {
    /// With an answer.
    Answered(Reply),
    /// Abandoned by the client.
    TimedOut,
    /// Not at all: the run was over first.
    InFlight,
}

/// All there is to say of an attempt once it has ended.
#[derive(Clone, Copy, Debug)]
pub struct AttemptRecord {
    /// Its workload.
    pub workload: u32,
    /// Ordinal of its request within the workload, from 0.
    pub request: u64,
    /// Whose it is: a number within a group of a population's members, 0 of an org on its own.
    pub member: u32,
    /// Ordinal of the attempt within the request, from 1.
    pub attempt: u32,
    /// Whether its request is part of the summary.
    pub counted: bool,
    /// When it was sent.
    pub sent: SimTime,
    /// When it ended for the client.
    pub at: SimTime,
    /// How.
    pub ended: Ended,
    /// Within the rate; `None` if it never reached the platform.
    pub green: Option<bool>,
    /// Time in the buffer: up to the start of service or, of those never served, to the end.
    pub wait: Option<Span>,
    /// Sent to first token received, of those served by an engine that has one.
    pub first_token: Option<Span>,
    /// Prompt tokens.
    pub prompt: u32,
    /// Output tokens.
    pub output: u32,
}

/// Sees what happens. Every method does nothing unless defined.
#[allow(unused_variables)]
pub trait Observer {
    /// False if nothing is observed: the engine then does not even gather what it would say.
    const ACTIVE: bool = true;

    /// Whether the headers of responses are looked at.
    fn reads_headers(&self) -> bool {
        Self::ACTIVE
    }
    /// A request was born.
    fn born(&mut self, at: SimTime, workload: u32) {}
    /// An attempt was sent.
    fn sent(&mut self, at: SimTime, workload: u32) {}
    /// An attempt reached the platform and was labelled.
    fn labelled(&mut self, at: SimTime, pair: u32, model: u32, green: bool) {}
    /// Service began after a wait in the buffer.
    fn started(&mut self, at: SimTime, model: u32, wait: Span) {}
    /// An attempt ended for its client.
    fn ended(&mut self, record: &AttemptRecord) {}
    /// A request succeeded, `took` after its birth.
    fn succeeded(&mut self, at: SimTime, workload: u32, counted: bool, took: Span) {}
    /// A request was given up.
    fn gave_up(&mut self, at: SimTime, workload: u32, reason: GaveUp) {}
    /// Tokens were served in vain.
    fn wasted(&mut self, at: SimTime, workload: u32, tokens: Tokens) {}
    /// A model's levels, after any change.
    fn levels(&mut self, at: SimTime, model: u32, levels: &Levels) {}
    /// The first instant of a bin, before anything happens in it: when to be told next, if ever.
    fn next_sample(&self) -> SimTime {
        SimTime::NEVER
    }
    /// At a sample: a pair's dynamic rates and credited success rates per second.
    fn sample_pair(&mut self, at: SimTime, pair: u32, dynamic: Rates, success: Rates) {}
    /// At a sample: a model's levels, its forecast and its live capacity, both in attempts per second. Models
    /// come after pairs.
    fn sample_model(
        &mut self,
        at: SimTime,
        model: u32,
        levels: &Levels,
        forecast: Option<f64>,
        capacity: f64,
    ) {
    }
    /// A sample is complete.
    fn sampled(&mut self) {}
}

impl Observer for () {
    const ACTIVE: bool = false;
}
