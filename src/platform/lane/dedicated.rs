//! The dedicated lane: an endpoint of reserved replicas, without shared limits, paid by the replica-hour.
//!
//! At run time it is a model of its own: the engine, buffer and headers of the model it serves, no limit, a
//! fleet that nobody else uses.

use crate::bounds;
use crate::dist::{Dist, Seconds, TIMES};
use crate::limit::law::Law;
use crate::limit::policy::Policy;
use crate::name::Name;
use crate::platform::autoscaler::{AUTOSCALERS, Autoscaler};
use crate::platform::config::{ModelConfig, Price};
use crate::read::{Key, Spec, Table};
use crate::units::Span;

/// The parameters of a dedicated endpoint.
#[derive(Clone, Debug)]
pub struct Dedicated {
    /// The endpoint's name; left out, that of the workload.
    pub name: Option<Name>,
    /// Replicas at the start.
    pub replicas: u32,
    /// USD for an hour of a replica, starting, ready or draining.
    pub price_per_replica_hour: f64,
    /// How long its first replicas take to start; left out, they are ready.
    pub cold_start: Option<Dist>,
    /// How its fleet is sized.
    pub autoscaler: Box<Autoscaler>,
}

/// The keys of `lane.dedicated`.
pub static SPEC: Spec = Spec::new(
    "dedicated_lane",
    "an endpoint of reserved replicas, without shared limits; paid by the replica-hour",
    &[
        Key::integer("replicas", bounds::REPLICAS).doc("replicas at the start"),
        Key::number("price_per_replica_hour", bounds::PRICE)
            .doc("USD for an hour of a replica, for example 6.0; tokens cost nothing in this lane"),
        Key::name("name")
            .optional()
            .doc("the endpoint, which workloads of the org may share; left out, the workload's name"),
        Key::one_of("cold_start", &TIMES)
            .optional()
            .doc("time until the first replicas are ready; left out, they are ready at the start"),
        Key::one_of("autoscaler", &AUTOSCALERS).or("{ fixed = {} }").doc("how many replicas"),
    ],
);

impl Dedicated {
    /// Read the table of `lane.dedicated`.
    pub fn read(table: &mut Table) -> Dedicated {
        let replicas = table.integer("replicas") as u32;
        Dedicated {
            name: table.opt_name("name"),
            replicas,
            price_per_replica_hour: table.number("price_per_replica_hour"),
            cold_start: table.opt_tagged("cold_start").map(|chosen| Dist::of::<Seconds>(Some(chosen))),
            autoscaler: Box::new(Autoscaler::of(table, replicas)),
        }
    }

    /// The endpoint as a model: what `model` is, on these replicas, without a limit.
    pub fn pool(&self, name: Name, model: &ModelConfig) -> ModelConfig {
        ModelConfig {
            name,
            replicas: self.replicas,
            cold_start: self.cold_start.clone(),
            autoscaler: (*self.autoscaler).clone(),
            price: Price { prompt_usd: 0.0, output_usd: 0.0 },
            policy: Policy { law: Law::of(None), ..model.policy.clone() },
            ..model.clone()
        }
    }
}

/// A share of an endpoint's cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rent {
    /// Index of the pool.
    pub pool: u32,
    /// USD for an hour of a replica.
    pub price_per_replica_hour: f64,
    /// How many workloads share it, in equal parts.
    pub sharers: u32,
}

impl Rent {
    /// The cost in USD of so many replica-nanoseconds of the pool.
    pub fn cost_usd(&self, replica_ns: f64) -> f64 {
        const HOUR_NS: f64 = Span::from_s(3600).as_ns() as f64;
        replica_ns / HOUR_NS * self.price_per_replica_hour / f64::from(self.sharers)
    }
}
