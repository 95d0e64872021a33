//! `recent_peak`: a multiple of the best successful minute of the last day, which fades.
//!
//! D = max(base, min(h·P, cap, share·K)), P the best whole minute of the past `window`, worth half after each
//! `half_life`. The law and its defaults are assumptions.

use crate::bounds;
use crate::limit::band::{self, Band};
use crate::limit::peak::{Memory, Peak};
use crate::limit::rate_law::{Answer, FREEZE, Kept, RateLaw, Scene, Written};
use crate::limit::usage::{Rates, Usage};
use crate::read::{Key, Member, Range, Spec, Tagged};
use crate::units::Span;

/// The law's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct RecentPeak {
    /// The factor h.
    pub multiplier: f64,
    /// How far back minutes count, and how they fade.
    pub memory: Memory,
    /// What it is held within.
    pub band: Band,
    /// Whether minutes age from a 503 to the next 200.
    pub freeze_on_503: bool,
}

const WINDOW: Range<Span> = Range::new(Span::from_s(60), Span::from_s(31 * 86_400));

const SPEC: Spec = Spec::new(
    "recent_peak",
    "a multiple of the best recent minute, fading",
    &[
        Key::number("multiplier", bounds::MULTIPLIER).or("1.5").doc("multiple of the best minute"),
        Key::span("window", WINDOW).or("\"1 d\"").doc("how far back minutes count; in whole minutes"),
        Key::span("half_life", bounds::WINDOW)
            .or("\"2 h\"")
            .doc("what a minute is worth halves in this time"),
        band::SHARE,
        band::BASE,
        band::CAP,
        FREEZE,
    ],
);

impl Written for RecentPeak {
    const MEMBER: Member = Member::table("recent_peak", &SPEC);
    const KEPT: Kept = Kept {
        rules: &["S2", "S3", "S5", "S6"],
        condition: "S2 only with `share`; S6 with `credit = \"green\"`",
    };

    fn read(value: Tagged<'_>, (): ()) -> Option<RecentPeak> {
        let table = &mut value.table();
        let multiplier = table.number("multiplier");
        let window = Memory::of(table.span("window"));
        let memory = Memory { half_life_s: table.span("half_life").as_secs_f64(), ..window };
        let band = Band::read_shared(table);
        Some(RecentPeak { multiplier, memory, band, freeze_on_503: table.bool("freeze_on_503") })
    }
}

impl RateLaw for RecentPeak {
    type Memory = Peak;
    type Shared = ();

    fn shared(&self) {}

    fn join(&self, _weight: f64, (): &mut ()) -> Peak {
        Peak::default()
    }

    fn rates(&self, scene: &Scene, _usage: &mut Usage, peak: &mut Peak, (): &mut ()) -> Rates {
        let best = peak.rates(scene.recent, &self.memory);
        self.band.hold(best.map(|p| self.multiplier * p), &scene.live)
    }

    fn answered(&self, scene: &Scene, answer: Answer, peak: &mut Peak, (): &mut ()) {
        if let Answer::Ok(Some(served)) = answer {
            peak.add(scene.recent, &self.memory, served);
        }
    }

    fn describe(&self) -> String {
        format!("recent_peak ×{}{}", self.multiplier, self.band.share_words())
    }

    fn freezes_on_503(&self) -> bool {
        self.freeze_on_503
    }
}
