//! `success_window`: the dynamic rate is a multiple of the successes of the past window.
//!
//! D = max(base, min(h·S, cap, share·K)), for requests and tokens alike: S the credited successes of the past
//! window over its full length (a new org's empty past counts as zeros), K the live capacity. The multiplier
//! h is fixed, or falls from `max` to `min` as the model's utilisation u rises from `low` to `high`. With
//! h = 2, a base of 60 requests a minute and no share this is the formula that Together AI published on its
//! rate-limit page of January 2026 (since withdrawn); the load-scaled form and the share are assumptions.

use crate::bounds;
use crate::limit::band::{self, Band};
use crate::limit::rate_law::{FREEZE, Kept, RateLaw, Scene, Written};
use crate::limit::usage::{Rates, Usage};
use crate::read::{Key, Member, Spec, Table, Tagged};
use crate::units::Span;

/// The factor h between recent successes and the rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Multiplier {
    /// The same at any load.
    Fixed(f64),
    /// h = min + (max − min)·clip((high − u)/(high − low), 0, 1).
    LoadScaled {
        /// h of a hot model.
        min: f64,
        /// h of a cool model.
        max: f64,
        /// Utilisation up to which h is `max`.
        low: f64,
        /// Utilisation from which h is `min`; above `low`.
        high: f64,
    },
}

impl Multiplier {
    /// h at utilisation `u`.
    pub fn at(self, u: f64) -> f64 {
        match self {
            Multiplier::Fixed(h) => h,
            Multiplier::LoadScaled { min, max, low, high } => {
                min + (max - min) * ((high - u) / (high - low)).clamp(0.0, 1.0)
            }
        }
    }
}

/// The law's parameters; rates per second.
#[derive(Clone, Debug, PartialEq)]
pub struct SuccessWindow {
    /// How far back successes count.
    pub window: Span,
    /// The factor h.
    pub multiplier: Multiplier,
    /// What it is held within.
    pub band: Band,
    /// Whether the window stands still from a 503 to the next 200.
    pub freeze_on_503: bool,
}

const LOAD_SCALED: Spec = Spec::new(
    "load_scaled",
    "a multiplier that falls as the model's utilisation rises",
    &[
        Key::number("min", bounds::MULTIPLIER).or("1.0").doc("multiplier of a hot model"),
        Key::number("max", bounds::MULTIPLIER).or("2.0").doc("multiplier of a cool model"),
        Key::number("low", bounds::UTILIZATION).or("0.70").doc("utilisation up to which it is `max`"),
        Key::number("high", bounds::UTILIZATION).or("0.95").doc("utilisation from which it is `min`"),
    ],
);

/// The law's keys.
const SPEC: Spec = Spec::new(
    "success_window",
    "a multiple of the successes of the past window; the default",
    &[
        Key::span("window", bounds::WINDOW).or("\"1 h\"").doc("how far back successes count"),
        Key::number("multiplier", bounds::MULTIPLIER)
            .optional()
            .doc("fixed multiple of recent successes; left out, it is load-scaled"),
        Key::table("load_scaled", &LOAD_SCALED)
            .optional()
            .doc("multiplier by utilisation; not together with `multiplier`"),
        band::SHARE,
        band::BASE,
        band::CAP,
        FREEZE,
    ],
);

impl Written for SuccessWindow {
    const MEMBER: Member = Member::table("success_window", &SPEC);
    const KEPT: Kept =
        Kept { rules: &["S2", "S3", "S4", "S5", "S6"], condition: "S2 only load-scaled or with `share`" };

    fn read(value: Tagged<'_>, (): ()) -> Option<SuccessWindow> {
        let table = &mut value.table();
        let window = table.span("window");
        let multiplier = read_multiplier(table);
        let band = Band::read_shared(table);
        let freeze_on_503 = table.bool("freeze_on_503");
        Some(SuccessWindow { window, multiplier, band, freeze_on_503 })
    }
}

fn read_multiplier(table: &mut Table) -> Multiplier {
    let fixed = table.opt_number("multiplier");
    let scaled = table.has("load_scaled");
    if let Some(h) = fixed {
        if scaled {
            table.error_at("load_scaled", "the multiplier is fixed or load-scaled, not both", None);
        }
        return Multiplier::Fixed(h);
    }
    let Some(mut t) = table.opt_table("load_scaled") else {
        return Multiplier::LoadScaled { min: 1.0, max: 2.0, low: 0.70, high: 0.95 };
    };
    let [min, max, low, high] = ["min", "max", "low", "high"].map(|key| t.number(key));
    if t.clean() && high <= low {
        t.error_at("high", "`high` must be above `low`", None);
    }
    Multiplier::LoadScaled { min, max, low, high }
}

impl RateLaw for SuccessWindow {
    type Memory = ();
    type Shared = ();

    fn shared(&self) {}

    fn join(&self, _weight: f64, (): &mut ()) {}

    #[inline]
    fn rates(&self, scene: &Scene, usage: &mut Usage, (): &mut (), (): &mut ()) -> Rates {
        let h = self.multiplier.at(scene.live.utilization);
        self.band.hold(usage.rates(scene.recent).map(|s| h * s), &scene.live)
    }

    fn describe(&self) -> String {
        let h = match self.multiplier {
            Multiplier::Fixed(h) => format!("×{h}"),
            Multiplier::LoadScaled { min, max, .. } => format!("×{min}–{max} by load"),
        };
        let share = self.band.share_words();
        format!("success_window {h} of the past {}{share}", self.window)
    }

    fn window(&self) -> Span {
        self.window
    }

    fn reads_utilization(&self) -> bool {
        matches!(self.multiplier, Multiplier::LoadScaled { .. })
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

    const BOTH: fn(f64) -> Rates = |r| Rates { requests: r, tokens: 1000.0 * r };

    fn law(share: Option<f64>, multiplier: Multiplier) -> SuccessWindow {
        let band = Band { base: BOTH(1.0), cap: BOTH(50.0), share };
        SuccessWindow { window: Span::from_s(60), multiplier, band, freeze_on_503: false }
    }

    fn used(per_s: u64) -> Usage {
        let mut usage = Usage::new(Span::from_s(60));
        let served = Served { requests: per_s, tokens: 1000 * per_s };
        (0..60).for_each(|s| usage.credit(SimTime::from_s(s), served));
        usage
    }

    #[test]
    fn the_rate_is_clamped_in_the_documented_order() {
        let now = SimTime::from_s(60);
        let scene = |k| Scene { now, recent: now, live: Live { capacity: BOTH(k), utilization: 0.0 } };
        let at = |law: &SuccessWindow, per_s, k| law.rates(&scene(k), &mut used(per_s), &mut (), &mut ());
        let fixed = law(Some(0.5), Multiplier::Fixed(2.0));
        assert_eq!(at(&fixed, 0, 1e9), BOTH(1.0), "base of an org without history");
        assert_eq!(at(&fixed, 10, 1e9), BOTH(20.0), "twice the recent successes");
        assert_eq!(at(&fixed, 100, 1e9), BOTH(50.0), "cap");
        assert_eq!(at(&fixed, 10, 24.0), BOTH(12.0), "half of live capacity");
        assert_eq!(at(&fixed, 10, 0.0), BOTH(1.0), "base wins over share of nothing");
        assert_eq!(at(&law(None, Multiplier::Fixed(2.0)), 10, 0.0), BOTH(20.0), "no share, no bound");
    }

    #[test]
    fn a_hotter_model_grants_less() {
        let h = Multiplier::LoadScaled { min: 1.0, max: 2.0, low: 0.7, high: 0.95 };
        assert_eq!([0.0, 0.7, 0.825, 0.95, 1.3].map(|u| h.at(u)), [2.0, 2.0, 1.5, 1.0, 1.0]);
        assert!(law(None, h).reads_utilization());
    }
}
