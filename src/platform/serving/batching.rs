//! `batching`: continuous batching (Orca, Yu et al., OSDI 2022) as generalised processor sharing. With k
//! sequences decoding on a replica a step takes c + d·k, and each of them gets a token out of it. A prefill
//! occupies the replica: a pass over all admitted prompts takes a + b·Σn, and decoding stands still meanwhile.

use super::engine::ReplicaEngine;
use crate::limit::usage::Rates;
use crate::platform::mix::Mix;
use crate::rng::Stream;
use crate::units::Span;

/// A batching replica. All times on an unslowed one, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batching {
    /// a: fixed part of a prefill pass.
    pub prefill_ns: u64,
    /// b: part of a pass for each prompt token in it.
    pub per_prompt_token_ns: u64,
    /// c: fixed part of a decode step.
    pub step_ns: u64,
    /// d: part of a step for each sequence decoding.
    pub step_per_sequence_ns: u64,
    /// The most sequences on a replica, those not yet prefilled included.
    pub max_batch: u32,
    /// The most tokens on a replica; `None` = no bound.
    pub kv_tokens: Option<u64>,
    /// Which replica a new attempt goes to.
    pub choice: Choice,
}

/// Which of the ready replicas with room a new attempt goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The one with the fewest, the oldest of equals.
    LeastLoaded,
    /// The one with fewer of two drawn at random.
    PowerOfTwo,
    /// In turn.
    RoundRobin,
}

impl Batching {
    /// c + d·k on an unslowed replica, in nanoseconds.
    pub fn unslowed_step_ns(&self, sequences: f64) -> f64 {
        self.step_ns as f64 + self.step_per_sequence_ns as f64 * sequences
    }

    /// a + b·Σn on an unslowed replica, in nanoseconds.
    pub fn unslowed_pass_ns(&self, prompts: f64) -> f64 {
        self.prefill_ns as f64 + self.per_prompt_token_ns as f64 * prompts
    }

    /// Sequences on a saturated replica: `max_batch`, or as many as fit `kv_tokens` at their mean size.
    pub fn saturated(&self, prompt: f64, output: f64) -> f64 {
        let most = f64::from(self.max_batch);
        self.kv_tokens.map_or(most, |kv| most.min((kv as f64 / (prompt + output).max(1.0)).floor()).max(1.0))
    }

    /// Whether a request of so many prompt + output tokens fits an empty replica.
    pub fn fits(&self, tokens: u64) -> bool {
        self.kv_tokens.is_none_or(|most| tokens <= most)
    }
}

impl ReplicaEngine for Batching {
    fn places(&self) -> u32 {
        self.max_batch
    }

    fn draw(&self, _stream: &mut Stream, prompt: u32, output: u32) -> (Span, Option<Span>) {
        let [prefill_s, whole_s] = [
            self.unslowed_pass_ns(f64::from(prompt)) * 1e-9,
            self.alone_s(f64::from(prompt), f64::from(output)),
        ];
        (Span::from_secs_f64(whole_s), Some(Span::from_secs_f64(prefill_s)))
    }

    fn alone_s(&self, prompt: f64, output: f64) -> f64 {
        (self.unslowed_pass_ns(prompt) + output * self.unslowed_step_ns(1.0)) * 1e-9
    }

    fn crowded_s(&self, prompt: f64, output: f64) -> f64 {
        let k = self.saturated(prompt, output);
        (output * self.unslowed_step_ns(k) + k * self.unslowed_pass_ns(prompt)) * 1e-9
    }

    /// In saturation each of k sequences needs output steps of c + d·k, and meanwhile each of the k places is
    /// filled anew once, by a pass of its own: k ÷ (output·(c + d·k) + k·(a + b·n)).
    fn capacity(&self, mix: &Mix, replicas: u32, slowdown: f64) -> Rates {
        let k = self.saturated(mix.prompt, mix.output);
        let cycle_s = self.crowded_s(mix.prompt, mix.output);
        let requests = f64::from(replicas) * k / (cycle_s.max(1e-9) * slowdown);
        Rates { requests, tokens: requests * (mix.prompt + mix.output) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::presets;
    use super::*;

    #[test]
    fn capacity_is_a_full_batch_over_its_cycle() {
        let engine = presets::find("llama-2-70b-h100-tp8").unwrap().engine;
        let mix = Mix { service_s: 0.0, prompt: 1000.0, output: 200.0 };
        let cycle_s = 200.0 * (0.0299 + 0.000307 * 64.0) + 64.0 * (0.0098 + 0.0906);
        let k = engine.capacity(&mix, 2, 4.0);
        assert!((k.requests - 2.0 * 64.0 / cycle_s / 4.0).abs() < 1e-9, "{k:?}");
        assert!((k.tokens - 1200.0 * k.requests).abs() < 1e-6);
        let tight = Batching { kv_tokens: Some(12_000), ..engine };
        let cycle_s = 200.0 * (0.0299 + 0.000307 * 10.0) + 10.0 * (0.0098 + 0.0906);
        assert!((tight.capacity(&mix, 1, 1.0).requests - 10.0 / cycle_s).abs() < 1e-9);
    }

    #[test]
    fn a_preset_has_the_space_its_cards_leave() {
        let kv = |name| presets::find(name).unwrap().engine.kv_tokens;
        assert_eq!(kv("llama-2-70b-h100-tp8"), Some(500_000_000_000 / 327_680));
        assert_eq!(kv("bloom-176b-h100-tp8"), Some(288_000_000_000 / 4_014_080));
    }
}
