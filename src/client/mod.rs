//! Client strategies: pacing × retry × obedience, seeing only responses and the clock.
//!
//! A strategy never reads the platform's state: its inputs are [`Reply`] values and the present instant, so
//! the same code could drive a real client.
//!
//! | file | concept |
//! |---|---|
//! | [`backoff`] | retry delays and jitter |
//! | [`honor`] | obeying `Retry-After` or `x-ratelimit-reset` |
//! | [`pacer`] | spreading sends |
//! | [`presets`] | real clients, constant by constant |

pub mod backoff;
pub mod honor;
pub mod pacer;
pub mod presets;

use crate::bounds;
use crate::read::{Family, Form, Key, Kind, Member, Spec, Table};
use crate::reply::Reply;
use crate::units::{NS_PER_S, Quantity, SimTime, Span};
use backoff::{Backoff, RETRIES};
use honor::{Advice, Honor};
use pacer::Pace;

/// A client strategy.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// Most attempts per request, the first included; `u32::MAX` = unlimited.
    pub max_attempts: u32,
    /// The computed delay before a retry.
    pub retry: Backoff,
    /// Obedience to a header.
    pub honor: Honor,
    /// An attempt without an answer for so long is abandoned (and retried); [`Span::MAX`] = never.
    pub timeout: Span,
    /// So long after birth a request is given up; [`Span::MAX`] = never.
    pub deadline: Span,
    /// Client-side pacing.
    pub pace: Option<Pace>,
    /// Which of many equal draws its jitter is; 0 for most.
    pub jitter_stream: u64,
}

const PACED: Spec = Spec::new(
    "paced",
    "sends are spread by a token bucket at a rate, retries included",
    &[
        Key::rate("rate", Quantity::Requests, bounds::PACE).doc("sends per time"),
        Key::integer("burst", bounds::PACE_BURST).or("1").doc("sends that may go back to back"),
    ],
);

/// Client-side pacing, as a scenario names it.
pub const PACINGS: Family =
    Family::new("pacing", "how a client spreads its sends", &[Member::table("paced", &PACED)]);

const MAX_ATTEMPTS: &[Kind] = &[
    Kind::Integer(bounds::ATTEMPTS),
    Kind::Choice(&[("unlimited", "as many as it takes, or as the deadline allows")]),
];

/// The keys of a client; a bare string names a preset. What is left out is as in the preset.
pub const SPEC: Spec = Spec::new(
    "client",
    "a client strategy; a bare string names a preset",
    &[
        Key::choice("preset", presets::WORDS).optional().doc("a client to start from; left out, `none`"),
        Key::either("max_attempts", MAX_ATTEMPTS).optional().doc("most attempts per request; 6 with `retry`"),
        Key::one_of("retry", &RETRIES).optional().doc("the delay before a retry"),
        Key::table("honor", &honor::SPEC).optional().doc("which header it obeys"),
        Key::span_or_unlimited("timeout", bounds::PATIENCE)
            .optional()
            .doc("an attempt's; then it is retried"),
        Key::span_or_unlimited("deadline", bounds::PATIENCE)
            .optional()
            .doc("a request's; then it is given up"),
        Key::one_of("pacing", &PACINGS).optional().doc("how it spreads its sends"),
        Key::integer("jitter_stream", bounds::SEED)
            .optional()
            .doc("jitter from another stream than 0: the same client, drawn anew"),
    ],
)
.shorthand(&["preset"]);

/// Why a request was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GaveUp {
    /// The last allowed attempt failed.
    Attempts,
    /// The deadline came, or the next retry would have been at or after it.
    Deadline,
    /// The response said to wait longer than the client accepts.
    NotRetryable,
    /// The window of its batch job had ended.
    Expired,
}

/// What a client remembers of one open request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// Attempts sent so far.
    pub attempts: u32,
    /// Its last computed delay.
    pub previous: Span,
}

/// A client's move after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Ask to send again at this instant.
    RetryAt(SimTime),
    /// No more.
    GiveUp(GaveUp),
}

impl Client {
    /// Read a client of a workload whose round trip is `rtt`.
    pub fn read(table: &mut Table, rtt: Span) -> Client {
        let preset = table.opt_choice("preset").and_then(presets::find).unwrap_or(&presets::PRESETS[0]);
        let mut client = preset.client.clone();
        let attempts = match table.form("max_attempts") {
            Form::Number(number) => Some(number.integer() as u32),
            Form::Text(word) => (word.choice() == "unlimited").then_some(u32::MAX),
            _ => None,
        };
        if let Some(chosen) = table.opt_tagged("retry") {
            client.retry = Backoff::read(chosen);
            client.max_attempts = client.max_attempts.max(presets::ATTEMPTS);
        }
        client.max_attempts = attempts.unwrap_or(client.max_attempts);
        if let Some(mut honor) = table.opt_table("honor") {
            client.honor = Honor::read(&mut honor);
        }
        client.timeout = table.opt_span("timeout").unwrap_or(client.timeout);
        client.deadline = table.opt_span("deadline").unwrap_or(client.deadline);
        if let Some(chosen) = table.opt_tagged("pacing") {
            let mut paced = chosen.table();
            let rate = paced.rate("rate").per_s();
            let interval = Span::from_ns((NS_PER_S as f64 / rate).round() as u64);
            client.pace = Some(Pace { interval, burst: paced.integer("burst") as u32 });
        }
        client.jitter_stream = table.opt_integer("jitter_stream").unwrap_or(client.jitter_stream);
        let endless = client.max_attempts == u32::MAX && client.retry.is_immediate() && client.pace.is_none();
        if table.clean() && endless && rtt < Span::from_ns(2) {
            let message = "unlimited immediate retries without a round trip never let time pass";
            let help = "give the retry a delay, or the workload an `rtt`";
            table.error_at("max_attempts", message, Some(help.into()));
        }
        for (key, limit) in [("timeout", client.timeout), ("deadline", client.deadline)] {
            if table.clean() && limit <= rtt {
                table.error_at(key, "must be longer than the workload's round trip `rtt`", None);
            }
        }
        client
    }

    /// The move after an attempt failed (`Some(reply)`) or timed out (`None`) at `now`, for a request born at
    /// `born`. `uniform` gives the request's random draws for this retry by number.
    pub fn after_failure(
        &self,
        now: SimTime,
        born: SimTime,
        reply: Option<&Reply>,
        memory: &mut Memory,
        uniform: impl Fn(u64) -> f64,
    ) -> Next {
        if memory.attempts >= self.max_attempts {
            return Next::GiveUp(GaveUp::Attempts);
        }
        let computed = self.retry.delay(memory.attempts - 1, uniform(0), &mut memory.previous);
        let delay = match reply.map_or(Advice::Silent, |r| self.honor.advice(r)) {
            Advice::Stop => return Next::GiveUp(GaveUp::NotRetryable),
            Advice::Silent => computed,
            Advice::Wait(advised) => self.honor.combine(advised, computed, uniform(1)),
        };
        let at = now.saturating_add(delay);
        if at >= self.gives_up_at(born) {
            return Next::GiveUp(GaveUp::Deadline);
        }
        Next::RetryAt(at)
    }

    /// The instant a request born at `born` is given up.
    pub fn gives_up_at(&self, born: SimTime) -> SimTime {
        born.saturating_add(self.deadline)
    }
}
