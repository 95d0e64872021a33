//! How a workload writes its token counts: a law, or recorded traffic by name; and how prompt and output go together.

use super::token_presets::{PRESETS, Side, find};
use crate::dist::{Dist, Tokens};
use crate::read::{Family, Kind, Member, Range, Tagged};

/// The presets as words, each with its meaning.
const WORDS: [(&str, &str); PRESETS.len()] = {
    let mut words = [("", ""); PRESETS.len()];
    let mut i = 0;
    while i < PRESETS.len() {
        words[i] = (PRESETS[i].name, PRESETS[i].doc);
        i += 1;
    }
    words
};

const PRESET: Member =
    Member::new("preset", "the quantiles of recorded traffic, by name", Kind::Choice(&WORDS));

const LAWS: &[Member] = &Dist::members::<Tokens>();

const MEMBERS: [Member; LAWS.len() + 1] = {
    let mut members = [PRESET; LAWS.len() + 1];
    let mut i = 0;
    while i < LAWS.len() {
        members[i] = LAWS[i];
        i += 1;
    }
    members
};

/// The laws of a workload's token counts: `lognormal = { mean = 1155, cv = 0.96 }`, `preset = "azure-conv-2023"`.
pub static TOKENS: Family = Family::new("token distribution", "how a token count varies", &MEMBERS);

/// Spearman's rank correlation of prompt and output.
pub const CORRELATION: Range<f64> = Range::new(-1.0, 1.0);

/// Reads one of the counts of [`TOKENS`]; a stand-in after an error, which is recorded.
pub fn read(chosen: Tagged<'_>, side: Side) -> Dist {
    if chosen.tag == PRESET.tag {
        return find(chosen.choice())
            .map_or_else(|| Dist::of::<Tokens>(None), |preset| preset.law(side).into());
    }
    Dist::of::<Tokens>(Some(chosen))
}
