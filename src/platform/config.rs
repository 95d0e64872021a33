//! A model as the scenario describes it.

use super::autoscaler::{AUTOSCALERS, Autoscaler};
use crate::bounds;
use crate::dist::{Dist, Law as _, Seconds};
use crate::limit::policy::{self, Policy};
use crate::name::Name;
use crate::read::{Family, Key, Kind, Member, Spec, Table};
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

/// The engine of a replica: a number of slots, each serving one request at a time.
#[derive(Clone, Debug)]
pub struct Slots {
    /// Requests a replica serves at a time.
    pub per_replica: u32,
    /// How long each occupies its slot.
    pub service: Service,
}

/// The order of service inside a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// First come, first served.
    Fifo,
    /// Orgs take turns, in tokens and by weight.
    Fair,
}

/// The smoothing buffer's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferConfig {
    /// What has waited this long is dropped; [`Span::MAX`] = never.
    pub max_wait: Span,
    /// Refuse at once what is predicted to wait longer.
    pub early_refusal: bool,
    /// The order of service inside a colour.
    pub discipline: Discipline,
}

/// What happens to an attempt whose client has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDisconnect {
    /// Withdrawn, waiting or in service.
    Stop,
    /// Goes on in vain: no credit, no settlement.
    Serve,
}

/// Price per million tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// Of prompt tokens, in USD.
    pub prompt_usd: f64,
    /// Of output tokens, in USD.
    pub output_usd: f64,
}

impl Price {
    /// This price times a factor.
    pub fn times(self, factor: f64) -> Price {
        Price { prompt_usd: self.prompt_usd * factor, output_usd: self.output_usd * factor }
    }

    /// The cost in USD.
    pub fn cost_usd(&self, prompt: u64, output: u64) -> f64 {
        (prompt as f64 * self.prompt_usd + output as f64 * self.output_usd) / 1e6
    }
}

/// A model.
#[derive(Clone, Debug)]
pub struct ModelConfig {
    /// Its name.
    pub name: Name,
    /// Replicas at the start.
    pub replicas: u32,
    /// How long each of them takes to start; `None` of warm ones, as those of a model of the file are.
    pub cold_start: Option<Dist>,
    /// What a replica is.
    pub engine: Slots,
    /// Its smoothing buffer.
    pub buffer: BufferConfig,
    /// What a client's leaving does.
    pub on_disconnect: OnDisconnect,
    /// How its fleet is sized.
    pub autoscaler: Autoscaler,
    /// What its tokens cost.
    pub price: Price,
    /// Its limit block.
    pub policy: Policy,
    /// The share of ready slots that work for spare capacity leaves free.
    pub spare_reserve: f64,
}

/// What [`ModelConfig::spare_reserve`] is unless somebody says otherwise: an assumption.
pub const SPARE_RESERVE: f64 = 0.1;

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

/// The engines, as a scenario names them.
pub static ENGINES: Family =
    Family::new("engine", "what a replica is", &[Member::new("slots", SLOTS.doc, Kind::Table(&SLOTS))]);

const BUFFER: Spec = Spec::new(
    "buffer",
    "the smoothing buffer: what finds no free slot waits here",
    &[
        Key::span_or_unlimited("max_wait", bounds::MAX_WAIT).or("\"10 s\"").doc("longer waits are dropped"),
        Key::choice(
            "discipline",
            &[
                ("fifo", "first come, first served inside a colour"),
                ("fair", "orgs take turns inside a colour, in tokens and by weight: deficit round robin"),
            ],
        )
        .or("\"fifo\"")
        .doc("order inside a colour"),
        Key::bool("early_refusal").or("true").doc("refuse at once what is predicted to wait longer"),
    ],
);

const PRICE: Spec = Spec::new(
    "price",
    "price per million tokens",
    &[
        Key::number("prompt", bounds::PRICE).or("0.0").doc("of prompt tokens"),
        Key::number("output", bounds::PRICE).or("0.0").doc("of output tokens"),
        Key::choice("currency", &[("USD", "US dollars")]).or("\"USD\"").doc("the currency"),
    ],
);

/// The keys of `[[model]]`.
pub static SPEC: Spec = Spec::new(
    "model",
    "a model and the capacity behind it",
    &[
        Key::name("name").doc("its name"),
        Key::integer("replicas", bounds::REPLICAS).or("1").doc("warm replicas at the start"),
        Key::one_of("engine", &ENGINES).doc("what a replica is"),
        Key::table("buffer", &BUFFER).or_table().doc("the smoothing buffer"),
        Key::choice(
            "on_disconnect",
            &[
                ("stop", "withdrawn, waiting or in service"),
                ("serve", "goes on in vain: no credit, no settlement"),
            ],
        )
        .or("\"stop\"")
        .doc("what becomes of an attempt whose client has gone"),
        Key::one_of("autoscaler", &AUTOSCALERS).or("{ fixed = {} }").doc("how many replicas"),
        Key::table("price", &PRICE).or_table().doc("price per million tokens"),
        Key::table("limit", &policy::SPEC).or_table().doc("how orgs are limited"),
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

impl ModelConfig {
    /// Read a model; `None` only after an error was recorded.
    pub fn read(table: &mut Table) -> Option<ModelConfig> {
        let name = table.name("name");
        let replicas = table.integer("replicas") as u32;
        let engine = table.tagged("engine").map(|chosen| {
            let mut slots = chosen.table();
            Slots { per_replica: slots.integer("per_replica") as u32, service: Service::read(&mut slots) }
        });
        let mut t = table.table("buffer");
        let buffer = BufferConfig {
            max_wait: t.span("max_wait"),
            early_refusal: t.bool("early_refusal"),
            discipline: if t.choice("discipline") == "fair" { Discipline::Fair } else { Discipline::Fifo },
        };
        let serve = table.choice("on_disconnect") == "serve";
        let on_disconnect = if serve { OnDisconnect::Serve } else { OnDisconnect::Stop };
        let autoscaler = Autoscaler::of(table, replicas);
        let mut t = table.table("price");
        let [prompt_usd, output_usd] = ["prompt", "output"].map(|key| t.number(key));
        t.choice("currency");
        let policy = Policy::read(&mut table.table("limit"));
        let price = Price { prompt_usd, output_usd };
        Some(ModelConfig {
            name,
            replicas,
            cold_start: None,
            engine: engine?,
            buffer,
            on_disconnect,
            autoscaler,
            price,
            policy,
            spare_reserve: SPARE_RESERVE,
        })
    }
}
