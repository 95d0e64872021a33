//! A client from its table: the preset, what is given beside it, and what cannot both be meant.

use super::backoff::{Backoff, RETRIES};
use super::breaker::{BREAKERS, Breaker};
use super::budget::{BUDGETS, Budget};
use super::concurrency::{CONCURRENCIES, Concurrency};
use super::hedge::{self, Hedge};
use super::honor::{self, Honor};
use super::pacing::{PACINGS, Pacing};
use super::retry_on::{self, RetryOn};
use super::throttle::{self, Throttle};
use super::{Client, presets};
use crate::bounds;
use crate::read::{Form, Key, Kind, Table};
use crate::units::Span;

const MAX_ATTEMPTS: &[Kind] = &[
    Kind::Integer(bounds::ATTEMPTS),
    Kind::Choice(&[("unlimited", "as many as it takes, or as the deadline allows")]),
];

/// The keys of a client; a bare string names a preset. What is left out is as in the preset. What it falls back to
/// are models and lanes, which the scenario knows.
pub const KEYS: [Key; COUNT] = [
    Key::choice("preset", presets::WORDS).optional().doc("a client to start from; left out, `none`"),
    Key::either("max_attempts", MAX_ATTEMPTS)
        .optional()
        .doc("most attempts per request, hedges included; 6 with `retry`"),
    Key::one_of("retry", &RETRIES).optional().doc("the delay before a retry"),
    Key::list("retry_on", &retry_on::FAILURE)
        .optional()
        .doc("which failures it retries: 429, 503, timeout; left out, all"),
    Key::table("honor", &honor::SPEC).optional().doc("which header it obeys"),
    Key::span_or_unlimited("timeout", bounds::PATIENCE).optional().doc("an attempt's; then it is retried"),
    Key::span_or_unlimited("deadline", bounds::PATIENCE).optional().doc("a request's; then it is given up"),
    Key::one_of("pacing", &PACINGS).optional().doc("how it spreads its sends"),
    Key::one_of("concurrency", &CONCURRENCIES).optional().doc("how many attempts it has in flight at most"),
    Key::one_of("budget", &BUDGETS).optional().doc("how many retries it makes, all requests together"),
    Key::table("throttle", &throttle::SPEC).optional().doc("it rejects a share of its own attempts"),
    Key::one_of("breaker", &BREAKERS).optional().doc("it stops sending while too much fails"),
    Key::table("hedge", &hedge::SPEC).optional().doc("further attempts while the first is still out"),
    Key::integer("jitter_stream", bounds::SEED)
        .optional()
        .doc("jitter from another stream than 0: the same client, drawn anew"),
];

const COUNT: usize = 14;

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
        if table.has("retry_on") {
            client.retry_on = RetryOn::read(table.list("retry_on"));
        }
        if let Some(mut honor) = table.opt_table("honor") {
            client.honor = Honor::read(&mut honor);
        }
        client.timeout = table.opt_span("timeout").unwrap_or(client.timeout);
        client.deadline = table.opt_span("deadline").unwrap_or(client.deadline);
        client.jitter_stream = table.opt_integer("jitter_stream").unwrap_or(client.jitter_stream);
        client.read_shared_parts(table);
        client.max_attempts = attempts.unwrap_or(client.max_attempts);
        client.refuse_contradictions(table);
        client.refuse_endless(table, rtt);
        for (key, limit) in [("timeout", client.timeout), ("deadline", client.deadline)] {
            if table.clean() && limit <= rtt {
                table.error_at(key, "must be longer than the workload's round trip `rtt`", None);
            }
        }
        client.note_idle(table);
        client
    }

    /// The parts that all requests share.
    fn read_shared_parts(&mut self, table: &mut Table) {
        if let Some(chosen) = table.opt_tagged("pacing") {
            self.pacing = Pacing::read(chosen, ());
        }
        if let Some(chosen) = table.opt_tagged("concurrency") {
            self.concurrency = Concurrency::read(chosen, ());
        }
        if let Some(chosen) = table.opt_tagged("budget") {
            self.budget = Budget::read(chosen, ());
        }
        if let Some(mut keys) = table.opt_table("throttle") {
            self.throttle = Some(Throttle::read(&mut keys));
        }
        if let Some(chosen) = table.opt_tagged("breaker") {
            self.breaker = Breaker::read(chosen, ());
        }
        if let Some(mut keys) = table.opt_table("hedge") {
            let hedge = Hedge::read(&mut keys);
            self.max_attempts = self.max_attempts.max(hedge.max);
            self.hedge = Some(hedge);
        }
    }

    /// Parts that cannot both be meant.
    fn refuse_contradictions(&self, table: &Table) {
        if table.clean() && table.has("timeout") && table.has("deadline") && self.timeout > self.deadline {
            let help = "a request is given up at its deadline, whatever its attempt's timeout";
            table.error_at(
                "timeout",
                "the timeout of an attempt is beyond its request's deadline",
                Some(help.into()),
            );
        }
        let hedges = self.hedge.filter(|_| table.has("hedge")).map_or(1, |hedge| hedge.max);
        if table.clean() && hedges > self.max_attempts {
            let help = format!("give `max_attempts` at least {hedges}, or `hedge.max` less");
            table.error_at("hedge", "more hedges than attempts are allowed", Some(help));
        }
        // Such a budget is told of every retry's end but that of one which its deadline ends before it is sent.
        let waits = self.pacing.is_some() || self.concurrency.is_some();
        let counts = matches!(self.budget, Some(Budget::Active(_)));
        if table.clean() && counts && waits && self.deadline != Span::MAX {
            let help = "use a `timeout`, or the budget `ratio`";
            let message = "the budget `active` does not go with a deadline where attempts wait for pacing or concurrency";
            table.error_at("deadline", message, Some(help.into()));
        }
    }

    /// Whether a request can be given up without time having passed.
    pub fn rejects_at_once(&self) -> bool {
        let rejects = self.throttle.is_some() || self.breaker.is_some();
        rejects && (self.max_attempts == 1 || self.retry.is_immediate())
    }

    /// Attempts that follow one another without end at one instant. A client's own rejections take no round trip.
    fn refuse_endless(&self, table: &Table, rtt: Span) {
        let immediate = self.max_attempts == u32::MAX && self.retry.is_immediate();
        let rejects = self.throttle.is_some() || self.breaker.is_some();
        let takes_time = rtt >= Span::from_ns(2)
            || self.pacing.as_ref().is_some_and(|pacing| !matches!(pacing, Pacing::Cubic(_)));
        if table.clean() && immediate && (rejects || !takes_time) {
            let (message, help) = if rejects {
                (
                    "unlimited immediate retries of what the client rejects itself never let time pass",
                    "give the retry a delay",
                )
            } else {
                (
                    "unlimited immediate retries without a round trip never let time pass",
                    "give the retry a delay, or the workload an `rtt`",
                )
            };
            table.error_at("max_attempts", message, Some(help.into()));
        }
    }
}
