//! Whole limit blocks by name: `limit = "load-scaled"`.
//!
//! Each is the TOML of its keys, read by the same path as a scenario's own, so that what stands beside the name
//! overrides it key by key.

/// A limit block.
pub struct Preset {
    /// Its name in a scenario.
    pub name: &'static str,
    /// One line, with its provenance.
    pub doc: &'static str,
    /// The keys it sets; the others have their usual defaults.
    pub toml: &'static str,
}

/// All presets, in the order `list limits` prints them.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "load-scaled",
        doc: "what holds without a preset: 2 to 1 times the past hour's successes by load, at most half of capacity \
              (assumed; the rules are those of Together AI's page of 2026)",
        toml: r#"{ law.success_window = { share = 0.5 } }"#,
    },
    Preset {
        name: "documented-2026-01",
        doc: "twice the past hour's successes, all of which count, from 60 requests/min, a tolerance of 1 s (Together \
              AI's rate-limit page of January 2026, since withdrawn; token figures are assumed)",
        toml: r#"{ burst = "1 s", credit = "all", law.success_window = { multiplier = 2.0 } }"#,
    },
    Preset {
        name: "fireworks-2025",
        doc: "max(60, 12·t) requests/min after t minutes in use, cut at a 503 (the ramp of Fireworks' table of 2025; \
              cut, fading and token figures are assumed)",
        toml: r#"{ law.additive = {} }"#,
    },
    Preset {
        name: "fixed-tier",
        doc: "600 requests and 300k tokens a minute, what is above refused at once and told when it would conform (the \
              plain limiter of a fixed tier; its figures are assumed)",
        toml: r#"{
            enforcement = "strict", reset = { on_429 = "gcra", otherwise = "gcra" }, retry_after = true,
            law.fixed = { requests = "600/min", tokens = "300k/min" },
        }"#,
    },
];

/// The names of all presets with their one line, as a scenario chooses among them.
pub const WORDS: &[(&str, &str)] = &{
    let mut words = [("", ""); PRESETS.len()];
    let mut i = 0;
    while i < words.len() {
        words[i] = (PRESETS[i].name, PRESETS[i].doc);
        i += 1;
    }
    words
};

/// The keys that a preset sets, of a name of [`WORDS`].
pub fn toml(name: &str) -> Option<&'static str> {
    PRESETS.iter().find(|preset| preset.name == name).map(|preset| preset.toml)
}
