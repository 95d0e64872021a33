//! `diurnal`: a smooth rhythm of day and night.

use crate::read::{Family, Key, Member, Range, Spec, Tagged};
use crate::units::Span;

/// f(t) = 1 + a·cos(2π(t − peak)/period) with a = (1 − low)/(1 + low), so that the mean over a period is 1 and the
/// lowest factor is `low` × the highest.
///
/// It is drawn as lines between 96 corners a period, a quarter of an hour of a day. The sum of a cosine at even
/// distances over its period is zero, so the mean over a period is exactly 1; in between a factor is at most
/// a·(2π/96)²/8 = 0.054 % of the mean below the curve or above it, and its integral off by at most
/// 2a/2π·(2π/96)²/12 = 0.011 % of a period.
///
/// # Source
/// A day's cosine as the first harmonic of the rhythm of requests: Weinberg, Brown, Stroud, *Bayesian Forecasting of
/// an Inhomogeneous Poisson Process*, JASA 102 (2007) for telephone calls; the depth is the scenario's.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Diurnal {
    /// When the factor is highest, first.
    pub peak: Span,
    /// The lowest factor ÷ the highest, in [0, 1].
    pub low: f64,
    /// The length of a period.
    pub period: Span,
}

/// Corners of a period.
const CORNERS: u64 = 96;
/// The most periods of a run: ten years of days.
pub const PERIODS_MAX: u64 = 4_000;

/// The shapes of a profile beside a list of steps.
pub static SHAPES: Family = Family::new(
    "profile shape",
    "how the arrival rate changes, as a formula",
    &[Member::table("diurnal", &DIURNAL)],
);

static DIURNAL: Spec = Spec::new(
    "diurnal_profile",
    "a smooth rhythm of day and night, of mean 1 over a period",
    &[
        Key::span("peak", Range::new(Span::ZERO, super::TIME_MAX))
            .or("\"14 h\"")
            .doc("when the rate is highest, counted from the start of the run"),
        Key::number("low", Range::new(0.0, 1.0)).or("0.3").doc("lowest rate ÷ highest rate"),
        Key::span("period", Range::new(Span::from_s(1), super::TIME_MAX))
            .or("\"24 h\"")
            .doc("from one peak to the next"),
    ],
);

impl Diurnal {
    /// Reads the shape; it must not repeat more than 4 000 times within `duration`.
    pub(super) fn read(value: Tagged<'_>, duration: Span) -> Option<Diurnal> {
        let mut table = value.table();
        let shape =
            Diurnal { peak: table.span("peak"), low: table.number("low"), period: table.span("period") };
        let periods = duration.as_ns() / shape.period.as_ns().max(1);
        if table.clean() && periods > PERIODS_MAX {
            let message = format!("the run has {periods} periods, at most {PERIODS_MAX} are drawn");
            table.error_at("period", message, Some("a longer period, or a shorter run".into()));
        }
        table.clean().then_some(shape)
    }

    /// The corners (ns, factor) up to the first at or after `duration`.
    pub(super) fn corners(&self, duration: Span) -> Vec<(u64, f64)> {
        let period_ns = self.period.as_ns();
        let amplitude = (1.0 - self.low) / (1.0 + self.low);
        let phase = (self.peak.as_ns() % period_ns) as f64 / period_ns as f64;
        let factor = |corner: u64| {
            let turn = corner as f64 / CORNERS as f64 - phase;
            (1.0 + amplitude * (std::f64::consts::TAU * turn).cos()).max(0.0)
        };
        // The same for every period, to the bit.
        let factors: Vec<f64> = (0..CORNERS).map(factor).collect();
        let mut corners = Vec::new();
        for number in 0.. {
            let (period, corner) = (number / CORNERS, number % CORNERS);
            let within = (u128::from(period_ns) * u128::from(corner) / u128::from(CORNERS)) as u64;
            let at_ns = period.saturating_mul(period_ns).saturating_add(within);
            corners.push((at_ns, factors[corner as usize]));
            if at_ns >= duration.as_ns() {
                break;
            }
        }
        corners
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Clock, Profile};
    use super::*;
    use crate::units::SimTime;

    const DAY: Diurnal = Diurnal { peak: Span::from_s(14 * 3600), low: 0.3, period: Span::from_s(86_400) };

    fn profile(shape: Diurnal, duration: Span) -> Profile {
        Profile::diurnal(&shape, duration)
    }

    #[test]
    fn the_mean_of_a_period_is_one_and_the_depth_is_as_declared() {
        for (low, peak_s) in [(0.3, 14 * 3600), (0.0, 1234), (1.0, 0), (0.9, 86_399)] {
            let day = profile(Diurnal { low, peak: Span::from_s(peak_s), ..DAY }, Span::from_s(7 * 86_400));
            for days in 1..=7 {
                assert!(
                    (day.mean_factor(Span::from_s(days * 86_400)) - 1.0).abs() < 1e-12,
                    "{low}, day {days}"
                );
            }
            let factors = (0..86_400).step_by(60).map(|s| day.factor(SimTime::from_s(s)));
            let (least, most) = factors.fold((9.0f64, 0.0f64), |(l, m), f| (l.min(f), m.max(f)));
            assert!((least / most - low).abs() < 1.2e-3, "{low}: {least} to {most}");
        }
    }

    #[test]
    fn the_lines_keep_to_the_curve() {
        let day = profile(DAY, Span::from_s(3 * 86_400));
        let curve =
            |t_s: f64| 1.0 + 0.7 / 1.3 * (std::f64::consts::TAU * (t_s / 86_400.0 - 14.0 / 24.0)).cos();
        // Λ(t) in closed form.
        let integral = |t_s: f64| {
            let (turn, phase) = (86_400.0 / std::f64::consts::TAU, std::f64::consts::TAU * 14.0 / 24.0);
            t_s + 0.7 / 1.3 * turn * ((t_s / turn - phase).sin() + phase.sin())
        };
        for t_s in (0..3 * 86_400).step_by(97) {
            let t = SimTime::from_s(t_s);
            assert!((day.factor(t) - curve(t_s as f64)).abs() < 0.7 / 1.3 * 5.4e-4, "{t:?}");
            assert!((day.operational_ns(t) / 1e9 - integral(t_s as f64)).abs() < 5.3, "{t:?}");
        }
    }

    #[test]
    fn ten_years_are_covered_and_the_clock_runs_through_them() {
        let long = Span::from_s(3660 * 86_400);
        let years = profile(DAY, long);
        assert!((years.mean_factor(long) - 1.0).abs() < 1e-9);
        let mut clock = Clock::new(years);
        let last = clock.instant(3659.5 * 86_400e9).unwrap();
        assert!(last > SimTime::from_s(3659 * 86_400) && last < SimTime::from_s(3660 * 86_400));
    }

    #[test]
    fn a_rhythm_is_no_burst() {
        assert!(profile(Diurnal { low: 0.0, ..DAY }, Span::from_s(86_400)).stretches(1.5).is_empty());
    }
}
