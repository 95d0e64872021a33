//! `ewma`: a multiple of the successes, averaged exponentially.
//!
//! dS/dt = (s − S)/τ, D = max(base, min(h·S, cap, share·K)): `success_window` with a memory that fades instead of
//! ending. A client always at its limit leaves the base b after τ·ln(h/(h − 1)), and then grows by e in
//! τ/(h − 1). The law is an assumption of ours.

use crate::bounds;
use crate::limit::band::{self, Band};
use crate::limit::decaying::Decaying;
use crate::limit::rate_law::{Answer, FREEZE, Kept, RateLaw, Scene, Written};
use crate::limit::usage::{Rates, Usage};
use crate::read::{Key, Member, Spec, Tagged};
use crate::units::Span;

/// The law's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Ewma {
    /// Time constant τ of the average.
    pub tau: Span,
    /// The factor h.
    pub multiplier: f64,
    /// What it is held within.
    pub band: Band,
    /// Whether the average stands still from a 503 to the next 200.
    pub freeze_on_503: bool,
}

const SPEC: Spec = Spec::new(
    "ewma",
    "a multiple of recent successes, averaged exponentially",
    &[
        Key::span("tau", bounds::WINDOW).or("\"30 min\"").doc("time constant of the average"),
        Key::number("multiplier", bounds::MULTIPLIER).or("2.0").doc("multiple of recent successes"),
        band::SHARE,
        band::BASE,
        band::CAP,
        FREEZE,
    ],
);

impl Written for Ewma {
    const MEMBER: Member = Member::table("ewma", &SPEC);
    const KEPT: Kept = Kept { rules: &["S2", "S3", "S4", "S5", "S6"], condition: "S2 only with `share`" };

    fn read(value: Tagged<'_>, (): ()) -> Option<Ewma> {
        let table = &mut value.table();
        Some(Ewma {
            tau: table.span("tau"),
            multiplier: table.number("multiplier"),
            band: Band::read_shared(table),
            freeze_on_503: table.bool("freeze_on_503"),
        })
    }
}

impl RateLaw for Ewma {
    type Memory = Decaying;
    type Shared = ();

    fn shared(&self) {}

    fn join(&self, _weight: f64, (): &mut ()) -> Decaying {
        Decaying::NOTHING
    }

    #[inline]
    fn rates(&self, scene: &Scene, _usage: &mut Usage, average: &mut Decaying, (): &mut ()) -> Rates {
        let recent = average.at(scene.recent, self.tau.as_secs_f64());
        self.band.hold(recent.map(|s| self.multiplier * s), &scene.live)
    }

    #[inline]
    fn answered(&self, scene: &Scene, answer: Answer, average: &mut Decaying, (): &mut ()) {
        if let Answer::Ok(Some(served)) = answer {
            let amount = Rates { requests: served.requests as f64, tokens: served.tokens as f64 };
            average.add(scene.recent, self.tau.as_secs_f64(), amount);
        }
    }

    fn describe(&self) -> String {
        format!("ewma ×{} over {}{}", self.multiplier, self.tau, self.band.share_words())
    }

    fn freezes_on_503(&self) -> bool {
        self.freeze_on_503
    }
}
