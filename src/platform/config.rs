//! A model as the scenario describes it.

use super::autoscaler::Autoscaler;
use crate::dist::{Dist, Law as _};
use crate::limit::policy::Policy;
use crate::name::Name;
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

/// The smoothing buffer's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferConfig {
    /// What has waited this long is dropped; [`Span::MAX`] = never.
    pub max_wait: Span,
    /// Refuse at once what is predicted to wait longer.
    pub early_refusal: bool,
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
    /// Warm replicas at the start.
    pub replicas: u32,
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
}
