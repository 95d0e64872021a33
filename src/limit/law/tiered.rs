//! `tiered`: a tier's limit, approached no faster than by a factor of the best recent minute.
//!
//! D = max(base, min(limit, g·P)): `limit` is that of the org's tier, P its best successful minute of the past
//! `window`. An org rises into a tier when its successful tokens reach the tier's `from_tokens`. Limits by tier of
//! past use, and an acceleration limit below them, are what several providers describe; every number here is an
//! assumption.

use crate::bounds;
use crate::limit::band::{self, Band, read_rates};
use crate::limit::peak::{Memory, Peak};
use crate::limit::rate_law::{Answer, FREEZE, Kept, RateLaw, Scene, Written};
use crate::limit::usage::{Rates, Usage};
use crate::read::{Key, Member, Range, Spec, Tagged};
use crate::units::{Quantity, Span};

/// A tier.
#[derive(Clone, Debug, PartialEq)]
pub struct Tier {
    /// Successful tokens from which an org is in it.
    pub from_tokens: u64,
    /// Its limits per second.
    pub limit: Rates,
}

/// The law's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Tiered {
    /// The tiers, rising; the first from nothing.
    pub tiers: Vec<Tier>,
    /// The factor g.
    pub growth: f64,
    /// How far back minutes count.
    pub memory: Memory,
    /// The base; its cap is the tier's limit.
    pub base: Rates,
    /// Whether minutes age from a 503 to the next 200.
    pub freeze_on_503: bool,
}

/// Tokens an org may have to use for a tier.
const FROM: Range<u64> = Range::new(0, 1_000_000_000_000_000);
/// How far back minutes may count.
const WINDOW: Range<Span> = Range::new(Span::from_s(60), Span::from_s(31 * 86_400));
/// Tiers of a law.
const TIERS_MAX: usize = 100;

const TIER: Spec = Spec::new(
    "tier",
    "a tier: its limits, and the use from which an org is in it",
    &[
        Key::integer("from_tokens", FROM)
            .doc("successful tokens from which an org is in it; 0 for the first"),
        Key::rate_or_unlimited("requests", Quantity::Requests, bounds::LIMIT)
            .or("\"unlimited\"")
            .doc("requests per time"),
        Key::rate_or_unlimited("tokens", Quantity::Tokens, bounds::LIMIT)
            .or("\"unlimited\"")
            .doc("tokens per time"),
    ],
);

const DEFAULT_TIERS: &str = r#"[
    { from_tokens = 0, requests = "600/min", tokens = "300k/min" },
    { from_tokens = 10000000, requests = "2000/min", tokens = "1M/min" },
    { from_tokens = 100000000, requests = "6000/min", tokens = "2M/min" },
]"#;

const SPEC: Spec = Spec::new(
    "tiered",
    "a tier's limit, approached from the best recent minute",
    &[
        Key::rows("tiers", &TIER).or(DEFAULT_TIERS).doc("the tiers, rising"),
        Key::number("growth", bounds::MULTIPLIER)
            .or("2.0")
            .doc("multiple of the best minute that is granted"),
        Key::span("window", WINDOW).or("\"15 min\"").doc("how far back minutes count; in whole minutes"),
        band::BASE,
        FREEZE,
    ],
);

impl Written for Tiered {
    const MEMBER: Member = Member::table("tiered", &SPEC);
    const KEPT: Kept = Kept { rules: &["S3", "S5", "S6"], condition: "S6 with `credit = \"green\"`" };

    fn read(value: Tagged<'_>, (): ()) -> Option<Tiered> {
        let table = &mut value.table();
        let mut rows = table.rows("tiers");
        let tier = |row: &mut crate::read::Table| Tier {
            from_tokens: row.integer("from_tokens"),
            limit: read_rates(row),
        };
        let tiers: Vec<Tier> = rows.iter_mut().map(tier).collect();
        let growth = table.number("growth");
        let memory = Memory::of(table.span("window"));
        let mut base_table = table.table("base");
        let base = read_rates(&mut base_table);
        let freeze_on_503 = table.bool("freeze_on_503");
        if !table.clean() {
            return None;
        }
        let Some(first) = tiers.first() else {
            table.error_at("tiers", "there must be a tier", None);
            return None;
        };
        if tiers.len() > TIERS_MAX {
            table.error_at("tiers", format!("{} tiers: at most {TIERS_MAX}", tiers.len()), None);
        }
        if first.from_tokens != 0 {
            table.error_at("tiers", "the first tier must begin with `from_tokens = 0`", None);
        }
        if !tiers.is_sorted_by(|a, b| a.from_tokens < b.from_tokens) {
            table.error_at("tiers", "the tiers must rise in `from_tokens`", None);
        }
        if tiers.iter().any(|t| base.requests > t.limit.requests || base.tokens > t.limit.tokens) {
            table.error_at("base", "the base is above the limit of a tier", None);
        }
        Some(Tiered { tiers, growth, memory, base, freeze_on_503 })
    }
}

/// The law's memory of one (org, model).
#[derive(Clone, Debug, Default)]
pub struct Climb {
    peak: Peak,
    /// Successful tokens so far, and the tier they led to.
    tokens: u64,
    tier: usize,
}

impl RateLaw for Tiered {
    type Memory = Climb;
    type Shared = ();

    fn shared(&self) {}

    fn join(&self, _weight: f64, (): &mut ()) -> Climb {
        Climb::default()
    }

    fn rates(&self, scene: &Scene, _usage: &mut Usage, climb: &mut Climb, (): &mut ()) -> Rates {
        let best = climb.peak.rates(scene.recent, &self.memory);
        let band = Band { base: self.base, cap: self.tiers[climb.tier].limit, share: None };
        band.hold(best.map(|p| self.growth * p), &scene.live)
    }

    fn answered(&self, scene: &Scene, answer: Answer, climb: &mut Climb, (): &mut ()) {
        let Answer::Ok(Some(served)) = answer else { return };
        climb.peak.add(scene.recent, &self.memory, served);
        climb.tokens += served.tokens;
        while self.tiers.get(climb.tier + 1).is_some_and(|next| climb.tokens >= next.from_tokens) {
            climb.tier += 1;
        }
    }

    fn describe(&self) -> String {
        format!("tiered, {} tiers, ×{} of the best minute", self.tiers.len(), self.growth)
    }

    fn freezes_on_503(&self) -> bool {
        self.freeze_on_503
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::rate_law::Live;
    use crate::limit::usage::Served;
    use crate::units::SimTime;

    #[test]
    fn use_leads_into_a_tier_and_growth_into_its_limit() {
        let both = |requests: f64| Rates { requests, tokens: f64::INFINITY };
        let tiers = [(0, 10.0), (50_000, 100.0)];
        let law = Tiered {
            tiers: tiers.map(|(from_tokens, limit)| Tier { from_tokens, limit: both(limit) }).to_vec(),
            growth: 2.0,
            memory: Memory::of(Span::from_s(900)),
            base: both(1.0),
            freeze_on_503: false,
        };
        let live = Live { capacity: both(1.0), utilization: 1.0 };
        let scene = |s| Scene { now: SimTime::from_s(s), recent: SimTime::from_s(s), live };
        let (mut climb, mut usage) = (Climb::default(), Usage::new(law.window()));
        assert_eq!(law.rates(&scene(0), &mut usage, &mut climb, &mut ()).requests, 1.0);
        let served = |requests, tokens| Answer::Ok(Some(Served { requests, tokens }));
        law.answered(&scene(30), served(240, 40_000), &mut climb, &mut ());
        assert_eq!(law.rates(&scene(60), &mut usage, &mut climb, &mut ()).requests, 8.0, "twice 4 a second");
        law.answered(&scene(70), served(1200, 9_999), &mut climb, &mut ());
        assert_eq!(law.rates(&scene(120), &mut usage, &mut climb, &mut ()).requests, 10.0, "the first tier");
        law.answered(&scene(130), served(1, 1), &mut climb, &mut ());
        assert_eq!(law.rates(&scene(130), &mut usage, &mut climb, &mut ()).requests, 40.0, "the second");
        assert_eq!(law.rates(&scene(2000), &mut usage, &mut climb, &mut ()).requests, 1.0, "forgotten");
    }
}
