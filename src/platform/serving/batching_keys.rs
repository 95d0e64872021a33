//! `batching` as a scenario writes it.

use super::batching::{Batching, Choice};
use super::engine::Written;
use super::presets;
use crate::bounds;
use crate::read::{Form, Key, Kind, Member, Spec, Table, Tagged};
use crate::units::Span;

const TOKENS_OR_UNLIMITED: &[Kind] =
    &[Kind::Tokens(bounds::KV_TOKENS), Kind::Choice(&[("unlimited", "no bound")])];

static SPEC: Spec = Spec::new(
    "batching",
    "continuous batching: everybody on a replica shares its steps; a prefill stops them",
    &[
        Key::choice("preset", presets::WORDS)
            .optional()
            .doc("an engine with measured constants to start from (`list engine-presets`)"),
        Key::span("prefill", bounds::SERVICE_PART)
            .optional()
            .doc("fixed part of a prefill pass; left out, as in the preset or none"),
        Key::span("per_prompt_token", bounds::SERVICE_PART)
            .optional()
            .doc("part of a pass for each prompt token in it; left out, as in the preset or none"),
        Key::span("step", bounds::SERVICE_PART)
            .optional()
            .doc("fixed part of a decode step; left out, as in the preset or none"),
        Key::span("step_per_sequence", bounds::SERVICE_PART)
            .optional()
            .doc("part of a step for each sequence decoding; left out, as in the preset or none"),
        Key::integer("max_batch", bounds::BATCH)
            .optional()
            .doc("most sequences on a replica; left out, as in the preset or 64"),
        Key::either("kv_tokens", TOKENS_OR_UNLIMITED)
            .optional()
            .doc("most prompt + output tokens on a replica; left out, as in the preset or unlimited"),
        Key::choice(
            "choice",
            &[
                ("least_loaded", "the replica with the fewest sequences, the oldest of equals"),
                ("power_of_two", "the one with fewer of two drawn at random"),
                ("round_robin", "in turn"),
            ],
        )
        .or("\"least_loaded\"")
        .doc("which ready replica with room takes a new attempt"),
    ],
);

/// What is left out beside no preset.
const BARE: Batching = Batching {
    prefill_ns: 0,
    per_prompt_token_ns: 0,
    step_ns: 0,
    step_per_sequence_ns: 0,
    max_batch: 64,
    kv_tokens: None,
    choice: Choice::LeastLoaded,
};

impl Written for Batching {
    const MEMBER: Member = Member::table("batching", &SPEC);

    fn read(value: Tagged<'_>, (): ()) -> Option<Batching> {
        let mut t = value.table();
        let preset = t.opt_choice("preset").and_then(presets::find).map_or(BARE, |preset| preset.engine);
        let ns = |t: &mut Table, key: &str, left_out: u64| t.opt_span(key).map_or(left_out, Span::as_ns);
        let engine = Batching {
            prefill_ns: ns(&mut t, "prefill", preset.prefill_ns),
            per_prompt_token_ns: ns(&mut t, "per_prompt_token", preset.per_prompt_token_ns),
            step_ns: ns(&mut t, "step", preset.step_ns),
            step_per_sequence_ns: ns(&mut t, "step_per_sequence", preset.step_per_sequence_ns),
            max_batch: t.opt_integer("max_batch").map_or(preset.max_batch, |n| n as u32),
            kv_tokens: match t.form("kv_tokens") {
                Form::Number(tokens) => Some(tokens.integer()),
                Form::Text(word) => {
                    word.choice();
                    None
                }
                _ => preset.kv_tokens,
            },
            choice: match t.choice("choice") {
                "power_of_two" => Choice::PowerOfTwo,
                "round_robin" => Choice::RoundRobin,
                _ => Choice::LeastLoaded,
            },
        };
        if t.clean() && engine.step_ns + engine.step_per_sequence_ns == 0 {
            let help = "give `step`, `step_per_sequence`, or a `preset`".to_owned();
            t.error_here("a decode step must take some time", Some(help));
        }
        Some(engine)
    }
}
