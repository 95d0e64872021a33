//! Engines with measured constants.
//!
//! The tables are those of Splitwise (Patel et al., ISCA 2024; data CC-BY 4.0): medians over repetitions of cells
//! with at most 512 output tokens. A decode step is a line in the sequences decoding, least squares; a prefill
//! is a line in its prompt tokens from 512 on, least squares, through the origin where the line would start
//! below it (on A100, whose prefill takes from 0.13 ms a token at 2 048 to 0.23 at 32 768). Relative least
//! squares for TP 4. Space for tokens is what 16-bit weights leave of the 80 GB cards, each token taking 2
//! (key, value) × layers × heads of keys × 128 × 2 bytes: 80 layers of 8 for Llama-2-70B (Touvron et al. 2023,
//! grouped-query attention), 70 layers of 112 for BLOOM-176B (Le Scao et al. 2022).

use super::batching::{Batching, Choice};

/// An engine by name.
#[derive(Debug)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// One line.
    pub doc: &'static str,
    /// Its constants.
    pub engine: Batching,
}

/// Constants in nanoseconds, space in GB less weights over bytes of a token.
const fn measured([prefill, token, step, sequence]: [u64; 4], spare_gb: u64, token_bytes: u64) -> Batching {
    Batching {
        prefill_ns: prefill,
        per_prompt_token_ns: token,
        step_ns: step,
        step_per_sequence_ns: sequence,
        max_batch: 64,
        kv_tokens: Some(spare_gb * 1_000_000_000 / token_bytes),
        choice: Choice::LeastLoaded,
    }
}

const LLAMA_TOKEN_BYTES: u64 = 2 * 80 * 8 * 128 * 2;
const BLOOM_TOKEN_BYTES: u64 = 2 * 70 * 112 * 128 * 2;

/// All presets, in the order `list engine-presets` prints them.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "llama-2-70b-h100-tp8",
        doc: "Llama-2-70B fp16 on 8×H100: prefill 9.8 ms + 0.0906 ms/token, step 29.9 + 0.307·k ms, 1.5 M tokens of KV",
        engine: measured([9_800_000, 90_600, 29_900_000, 307_000], 8 * 80 - 140, LLAMA_TOKEN_BYTES),
    },
    Preset {
        name: "llama-2-70b-h100-tp4",
        doc: "Llama-2-70B fp16 on 4×H100: prefill 4.42 ms + 0.104 ms/token, step 28.9 + 0.320·k ms, 549 k tokens of KV",
        engine: measured([4_424_000, 104_030, 28_893_000, 320_200], 4 * 80 - 140, LLAMA_TOKEN_BYTES),
    },
    Preset {
        name: "llama-2-70b-a100-tp8",
        doc: "Llama-2-70B fp16 on 8×A100: prefill 0.225 ms/token, step 43.5 + 0.412·k ms, 1.5 M tokens of KV",
        engine: measured([0, 225_000, 43_500_000, 412_000], 8 * 80 - 140, LLAMA_TOKEN_BYTES),
    },
    Preset {
        name: "bloom-176b-h100-tp8",
        doc: "BLOOM-176B fp16 on 8×H100: prefill 9.35 ms + 0.154 ms/token, step 35.7 + 0.410·k ms, 72 k tokens of KV",
        engine: measured([9_353_000, 154_080, 35_680_000, 410_200], 8 * 80 - 352, BLOOM_TOKEN_BYTES),
    },
];

/// The names of all presets with their one line, as a scenario chooses among them.
pub const WORDS: &[(&str, &str)] = &{
    let mut words = [("", ""); PRESETS.len()];
    let mut i = 0;
    while i < PRESETS.len() {
        words[i] = (PRESETS[i].name, PRESETS[i].doc);
        i += 1;
    }
    words
};

/// A preset by name.
pub fn find(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}
