//! A model as the scenario describes it.

use super::autoscaler::{AUTOSCALERS, Autoscaler};
use super::serving::Engine;
use crate::bounds;
use crate::dist::Dist;
use crate::limit::policy::{self, Policy};
use crate::name::Name;
use crate::read::{Key, Spec, Table};
use crate::units::Span;

pub use super::serving::ENGINES;
pub use super::serving::slots::SERVICES;

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
    pub engine: Engine,
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

impl ModelConfig {
    /// Read a model; `None` only after an error was recorded.
    pub fn read(table: &mut Table) -> Option<ModelConfig> {
        let name = table.name("name");
        let replicas = table.integer("replicas") as u32;
        let engine = Engine::of(table.tagged("engine"));
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
