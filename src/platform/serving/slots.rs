//! `slots`: so many attempts at a time on a replica, none of which slows another down.

use super::engine::{ReplicaEngine, Written};
use crate::bounds;
use crate::dist::{Dist, Law as _, Seconds};
use crate::limit::usage::Rates;
use crate::platform::mix::Mix;
use crate::read::{Family, Key, Member, Spec, Table, Tagged};
use crate::rng::Stream;
use crate::units::Span;

/// How long a request occupies a slot on an unslowed replica.
#[derive(Clone, Debug)]
pub enum Service {
    /// prefill + prompt × per_prompt_token, then output × per_output_token.
    Tokens {
        /// Fixed part before the first token, in seconds.
        prefill_s: f64,
        /// Seconds per prompt token.
        per_prompt_token_s: f64,
        /// Seconds per output token.
        per_output_token_s: f64,
    },
    /// Any distribution, in seconds, whatever the tokens.
    Random(Dist),
}

impl Service {
    /// Draw a service time, and the part of it before the first token where the law has one.
    pub fn draw(&self, stream: &mut Stream, prompt: u32, output: u32) -> (Span, Option<Span>) {
        match self {
            Service::Tokens { prefill_s, per_prompt_token_s, per_output_token_s } => {
                let first = prefill_s + f64::from(prompt) * per_prompt_token_s;
                let total = first + f64::from(output) * per_output_token_s;
                (Span::from_secs_f64(total), Some(Span::from_secs_f64(first)))
            }
            Service::Random(dist) => (Span::from_secs_f64(dist.sample(stream)), None),
        }
    }

    /// The mean in seconds at a mean mix of tokens.
    pub fn mean_s(&self, prompt: f64, output: f64) -> f64 {
        match self {
            Service::Tokens { prefill_s, per_prompt_token_s, per_output_token_s } => {
                prefill_s + prompt * per_prompt_token_s + output * per_output_token_s
            }
            Service::Random(dist) => dist.mean(),
        }
    }
}

/// A number of slots, each serving one request at a time.
#[derive(Clone, Debug)]
pub struct Slots {
    /// Requests a replica serves at a time.
    pub per_replica: u32,
    /// How long each occupies its slot.
    pub service: Service,
}

const TOKEN_SERVICE: Spec = Spec::new(
    "token_service",
    "linear in the tokens: prefill + prompt × per_prompt_token + output × per_output_token",
    &[
        Key::span("prefill", bounds::SERVICE_PART).or("\"0 s\"").doc("fixed part before the first token"),
        Key::span("per_prompt_token", bounds::SERVICE_PART).or("\"0 s\"").doc("per prompt token"),
        Key::span("per_output_token", bounds::SERVICE_PART).or("\"0 s\"").doc("per output token"),
    ],
);

/// The service laws: linear in tokens, or any time distribution.
const SERVICE_MEMBERS: [Member; 1 + Dist::members::<Seconds>().len()] = {
    let times = Dist::members::<Seconds>();
    let mut members = [Member::table("tokens", &TOKEN_SERVICE); 1 + Dist::members::<Seconds>().len()];
    let mut i = 0;
    while i < times.len() {
        members[1 + i] = times[i];
        i += 1;
    }
    members
};

/// How long a request occupies a slot, as a scenario names it.
pub static SERVICES: Family = Family::new("service", "how long a request occupies a slot", &SERVICE_MEMBERS);

static SLOTS: Spec = Spec::new(
    "slots",
    "a number of slots per replica, each serving one request at a time",
    &[
        Key::integer("per_replica", bounds::SLOTS).doc("requests a replica serves at a time"),
        Key::one_of("service", &SERVICES).doc("how long each occupies its slot"),
    ],
);

impl Service {
    fn read(table: &mut Table) -> Service {
        match table.tagged("service") {
            Some(chosen) if chosen.tag == "tokens" => {
                let mut t = chosen.table();
                Service::Tokens {
                    prefill_s: t.span("prefill").as_secs_f64(),
                    per_prompt_token_s: t.span("per_prompt_token").as_secs_f64(),
                    per_output_token_s: t.span("per_output_token").as_secs_f64(),
                }
            }
            chosen => Service::Random(Dist::of::<Seconds>(chosen)),
        }
    }
}

impl Written for Slots {
    const MEMBER: Member = Member::table("slots", &SLOTS);

    fn read(value: Tagged<'_>, (): ()) -> Option<Slots> {
        let mut table = value.table();
        let per_replica = table.integer("per_replica") as u32;
        Some(Slots { per_replica, service: Service::read(&mut table) })
    }
}

impl ReplicaEngine for Slots {
    fn places(&self) -> u32 {
        self.per_replica
    }

    fn draw(&self, stream: &mut Stream, prompt: u32, output: u32) -> (Span, Option<Span>) {
        self.service.draw(stream, prompt, output)
    }

    fn alone_s(&self, prompt: f64, output: f64) -> f64 {
        self.service.mean_s(prompt, output)
    }

    fn capacity(&self, mix: &Mix, replicas: u32, slowdown: f64) -> Rates {
        mix.capacity(u64::from(replicas) * u64::from(self.per_replica), slowdown)
    }
}
