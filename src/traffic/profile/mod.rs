//! Rate profiles: how a workload's rate changes over the run, and the clock every arrival process runs on.
//!
//! A profile is a factor f(t) ≥ 0, linear between its corners. An arrival process runs in *operational time*
//! Λ(t) = ∫₀ᵗ f, in which its rate is constant; its arrivals happen at t = Λ⁻¹(operational time). This keeps
//! the process's own character (cv, batches) at every rate, and for a Poisson process gives exactly the
//! non-homogeneous one (Çinlar, *Introduction to Stochastic Processes*, 1975, ch. 4.7).
//!
//! Operational time is a float of nanoseconds: whole numbers are exact to 104 days.

mod clock;
mod diurnal;
mod piece;

use std::sync::Arc;

use crate::read::{Form, Key, Kind, Range, Spec, Table};
use crate::units::{SimTime, Span};
use piece::Piece;

pub use clock::Clock;
pub use diurnal::{Diurnal, SHAPES};

/// One entry of a profile as written: from `at` on the factor is `factor`, reached linearly within `over`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Step {
    /// When the step, or the ramp, begins.
    pub at: Span,
    /// The factor it leads to, in [0, 10⁶].
    pub factor: f64,
    /// How long the ramp takes; zero for a step.
    pub over: Span,
}

/// A stretch of the run in which a profile stays high: a cause to shade in a chart.
#[derive(Clone, PartialEq, Debug)]
pub struct Stretch {
    /// When it begins.
    pub start: SimTime,
    /// When it ends; [`SimTime::NEVER`] if the profile stays high.
    pub end: SimTime,
    /// Its highest factor, such as "×60".
    pub label: String,
}

/// A validated rate profile. The default is the identity: factor 1 throughout, which costs nothing.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Profile {
    /// Empty for the identity, else gapless from 0 to [`SimTime::NEVER`].
    pieces: Arc<[Piece]>,
    /// A rhythm is the ordinary course of things: none of it is a burst.
    is_rhythm: bool,
}

/// The largest factor a profile may name.
pub const FACTOR_MAX: f64 = 1e6;
/// The most entries of a profile.
pub const STEPS_MAX: usize = 100_000;

/// An entry of a profile as a scenario writes it: `{ at = "2 h", factor = 1.0, over = "10 min" }`.
pub static STEP: Spec = Spec::new(
    "profile_step",
    "a step or a ramp of the arrival rate",
    &[
        Key::span("at", Range::new(Span::ZERO, TIME_MAX)).doc("when it begins"),
        Key::number("factor", Range::new(0.0, FACTOR_MAX))
            .doc("the rate's factor from then on; 0 is a pause"),
        Key::span("over", Range::new(Span::ZERO, TIME_MAX))
            .or("\"0 s\"")
            .doc("length of the ramp; 0 s is a step"),
    ],
);
/// A profile as a scenario writes it: a list of steps and ramps, or a shape.
pub const WRITTEN: &[Kind] = &[Kind::Rows(&STEP), Kind::OneOf(&SHAPES)];
/// The latest time a profile may name: that of the longest run.
const TIME_MAX: Span = crate::bounds::DURATION.max;

impl Profile {
    /// Reads a profile for a run of this length; the identity after an error, which is recorded.
    pub fn read(written: Form<'_>, duration: Span) -> Profile {
        match written {
            Form::List(rows) => Profile::of_rows(rows.rows()),
            Form::Table(shape) => {
                let shape = shape.tagged().and_then(|chosen| Diurnal::read(chosen, duration));
                shape.map_or_else(Profile::default, |shape| Profile::diurnal(&shape, duration))
            }
            _ => Profile::default(),
        }
    }

    fn of_rows(mut rows: Vec<Table<'_>>) -> Profile {
        let step = |row: &mut Table<'_>| Step {
            at: row.span("at"),
            factor: row.number("factor"),
            over: row.span("over"),
        };
        let steps: Vec<Step> = rows.iter_mut().map(step).collect();
        Profile::new(&steps).unwrap_or_else(|(index, message)| {
            if rows.iter().all(Table::clean) {
                rows[index].error_at("at", message, None);
            }
            Profile::default()
        })
    }

    /// A rhythm of day and night over `duration`; the last level stays.
    pub fn diurnal(shape: &Diurnal, duration: Span) -> Profile {
        Profile { is_rhythm: true, ..Profile::through(&shape.corners(duration)) }
    }

    /// The profile that follows these entries; before the first the factor is 1 (an entry at 0 sets the
    /// start).
    ///
    /// # Errors
    /// The index of the offending entry and a message: a factor outside [0, 10⁶] or not a number, an entry
    /// not after the one before or inside its ramp, more than 100 000 entries.
    pub fn new(steps: &[Step]) -> Result<Profile, (usize, String)> {
        if steps.len() > STEPS_MAX {
            return Err((STEPS_MAX, format!("a profile has at most {STEPS_MAX} entries")));
        }
        let mut corners = vec![(0, 1.0)];
        let mut level = 1.0;
        let mut previous: Option<&Step> = None;
        for (i, step) in steps.iter().enumerate() {
            if !(0.0..=FACTOR_MAX).contains(&step.factor) {
                return Err((i, format!("factor must be between 0 and {FACTOR_MAX}, not {}", step.factor)));
            }
            if let Some(before) = previous {
                if step.at <= before.at {
                    return Err((i, "profile entries must be in order of time".into()));
                }
                if step.at < before.at.saturating_add(before.over) {
                    return Err((i, "this entry begins inside the ramp before it".into()));
                }
            }
            corners.push((step.at.as_ns(), level));
            corners.push((step.at.saturating_add(step.over).as_ns(), step.factor));
            level = step.factor;
            previous = Some(step);
        }
        Ok(Profile::through(&corners))
    }

    /// The profile through these corners (time in ns, factor), constant after the last.
    fn through(corners: &[(u64, f64)]) -> Profile {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut area = 0.0;
        let last = *corners.last().expect("a profile has a corner at 0");
        for pair in corners.iter().chain([&(u64::MAX, last.1)]).collect::<Vec<_>>().windows(2) {
            let (&(start_ns, from), &(end_ns, to)) = (pair[0], pair[1]);
            if start_ns < end_ns {
                pieces.push(Piece { start_ns, end_ns, from, to, area });
                area += (end_ns - start_ns) as f64 * (from + to) / 2.0;
            }
        }
        if pieces.iter().all(|p| p.from == 1.0 && p.to == 1.0) {
            pieces.clear();
        }
        Profile { pieces: pieces.into(), is_rhythm: false }
    }

    /// This profile times `factor` during [`from`, `from` + `length`): a traffic incident.
    pub fn boosted(&self, from: SimTime, length: Span, factor: f64) -> Profile {
        let (start, end) = (from.as_ns(), from.saturating_add(length).as_ns());
        let whole = [Piece { start_ns: 0, end_ns: u64::MAX, from: 1.0, to: 1.0, area: 0.0 }];
        let pieces = if self.pieces.is_empty() { &whole[..] } else { &self.pieces };
        let mut corners = Vec::new();
        for piece in pieces {
            let mut cuts = vec![piece.start_ns];
            cuts.extend([start, end].into_iter().filter(|&t| piece.start_ns < t && t < piece.end_ns));
            cuts.push(piece.end_ns);
            cuts.dedup();
            for cut in cuts.windows(2) {
                let times = if (start..end).contains(&cut[0]) { factor } else { 1.0 };
                corners.push((cut[0], piece.factor_at(cut[0]) * times));
                corners.push((cut[1], piece.factor_at(cut[1]) * times));
            }
        }
        Profile::through(&corners)
    }

    /// True where the factor is 1 throughout.
    pub fn is_identity(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The factor at `t` (after a step that falls on `t`).
    pub fn factor(&self, t: SimTime) -> f64 {
        self.piece_at(t.as_ns()).map_or(1.0, |piece| piece.factor_at(t.as_ns()))
    }

    /// Λ(t): operational nanoseconds elapsed at `t`.
    pub fn operational_ns(&self, t: SimTime) -> f64 {
        self.piece_at(t.as_ns()).map_or(t.as_ns() as f64, |piece| piece.area_at(t.as_ns()))
    }

    /// The mean factor over [0, `duration`); 1 for an empty duration.
    pub fn mean_factor(&self, duration: Span) -> f64 {
        if duration.is_zero() {
            return 1.0;
        }
        self.operational_ns(SimTime::ZERO + duration) / duration.as_ns() as f64
    }

    /// The highest factor reached in [0, `duration`).
    pub fn max_factor(&self, duration: Span) -> f64 {
        let end = duration.as_ns();
        let within = self.pieces.iter().take_while(|p| p.start_ns < end);
        within.map(|p| p.from.max(p.factor_at(end.min(p.end_ns)))).reduce(f64::max).unwrap_or(1.0)
    }

    /// The stretches in which the factor is at least `threshold`, in order, each with its peak; none of a rhythm.
    pub fn stretches(&self, threshold: f64) -> Vec<Stretch> {
        let mut found: Vec<(u64, u64, f64)> = Vec::new();
        for piece in self.pieces.iter().filter(|_| !self.is_rhythm) {
            let Some((start, end)) = piece.above(threshold) else { continue };
            let peak = piece.from.max(piece.to);
            match found.last_mut() {
                Some(last) if last.1 == start => (last.1, last.2) = (end, last.2.max(peak)),
                _ => found.push((start, end, peak)),
            }
        }
        let round = |factor: f64| if factor < 10.0 { (factor * 10.0).round() / 10.0 } else { factor.round() };
        found
            .into_iter()
            .map(|(start, end, peak)| Stretch {
                start: SimTime::from_ns(start),
                end: SimTime::from_ns(end),
                label: format!("×{}", round(peak)),
            })
            .collect()
    }

    fn piece_at(&self, t_ns: u64) -> Option<&Piece> {
        let after = self.pieces.partition_point(|p| p.start_ns <= t_ns);
        after.checked_sub(1).map(|i| &self.pieces[i])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600;

    pub(super) fn step(at_s: u64, factor: f64, over_s: u64) -> Step {
        Step { at: Span::from_s(at_s), factor, over: Span::from_s(over_s) }
    }

    pub(super) fn profile(steps: &[Step]) -> Profile {
        Profile::new(steps).unwrap()
    }

    /// Seconds at which each of these operational seconds is reached.
    pub(super) fn reached(profile: &Profile, areas_s: &[f64]) -> Vec<Option<f64>> {
        let mut clock = Clock::new(profile.clone());
        areas_s.iter().map(|a| clock.instant(a * 1e9).map(SimTime::as_secs_f64)).collect()
    }

    #[test]
    fn no_entry_and_factor_one_are_the_identity() {
        assert!(profile(&[]).is_identity());
        assert!(profile(&[step(5, 1.0, 0), step(9, 1.0, 3)]).is_identity());
        assert_eq!(reached(&profile(&[]), &[0.0, 1.5]), [Some(0.0), Some(1.5)]);
        assert_eq!(profile(&[]).mean_factor(Span::from_s(9)), 1.0);
        assert_eq!(profile(&[]).max_factor(Span::from_s(9)), 1.0);
    }

    #[test]
    fn a_spike_is_exact() {
        let spike = profile(&[step(HOUR, 60.0, 0), step(HOUR + 300, 1.0, 0)]);
        assert_eq!(spike.factor(SimTime::from_s(HOUR - 1)), 1.0);
        assert_eq!(spike.factor(SimTime::from_s(HOUR)), 60.0);
        assert_eq!(spike.factor(SimTime::from_s(HOUR + 300)), 1.0);
        assert_eq!(spike.operational_ns(SimTime::from_s(2 * HOUR)), (3600 + 18_000 + 3300) as f64 * 1e9);
        assert_eq!(spike.mean_factor(Span::from_s(HOUR)), 1.0);
        assert_eq!(spike.mean_factor(Span::from_s(HOUR + 300)), 21_600.0 / 3_900.0);
        assert_eq!(spike.max_factor(Span::from_s(HOUR)), 1.0);
        assert_eq!(spike.max_factor(Span::from_s(HOUR + 1)), 60.0);
        let times = reached(&spike, &[3599.0, 3600.0, 3630.0, 21_600.0, 21_601.0]);
        assert_eq!(times, [Some(3599.0), Some(3600.0), Some(3600.5), Some(3900.0), Some(3901.0)]);
    }

    #[test]
    fn a_ramp_begins_at_its_time_and_is_quadratic() {
        let ramp = profile(&[step(100, 3.0, 10)]);
        assert_eq!(ramp.factor(SimTime::from_s(105)), 2.0);
        // Λ(105) = 100 + 5·(1 + 2)/2, Λ(110) = 100 + 10·(1 + 3)/2.
        assert_eq!(ramp.operational_ns(SimTime::from_s(105)), 107.5e9);
        assert_eq!(reached(&ramp, &[107.5, 120.0, 123.0]), [Some(105.0), Some(110.0), Some(111.0)]);
        let down = profile(&[step(0, 4.0, 0), step(10, 0.0, 8)]);
        // Down to 0 over 8 s: 16 in all, of which 12 in the first half.
        assert_eq!(reached(&down, &[40.0, 52.0, 55.99, 56.0])[..2], [Some(10.0), Some(14.0)]);
        assert_eq!(reached(&down, &[56.0]), [None]);
    }

    #[test]
    fn bad_entries_are_refused_with_their_place() {
        for bad in [f64::NAN, -1.0, f64::INFINITY, 1e7] {
            assert_eq!(Profile::new(&[step(1, 2.0, 0), step(2, bad, 0)]).unwrap_err().0, 1, "{bad}");
        }
        assert_eq!(Profile::new(&[step(5, 2.0, 0), step(4, 1.0, 0)]).unwrap_err().0, 1);
        assert_eq!(Profile::new(&[step(5, 2.0, 0), step(5, 1.0, 0)]).unwrap_err().0, 1);
        assert_eq!(Profile::new(&[step(5, 2.0, 3), step(7, 1.0, 0)]).unwrap_err().0, 1);
        assert!(Profile::new(&[step(5, 2.0, 3), step(8, 1.0, 0)]).is_ok());
    }

    #[test]
    fn an_incident_multiplies_part_of_a_ramp() {
        let ramp = profile(&[step(0, 0.0, 0), step(10, 10.0, 10)]);
        let hot = ramp.boosted(SimTime::from_s(15), Span::from_s(10), 3.0);
        let factors = [12, 15, 18, 20, 24, 25].map(|s| hot.factor(SimTime::from_s(s)));
        assert_eq!(factors, [2.0, 15.0, 24.0, 30.0, 30.0, 10.0]);
        let plain = Profile::default().boosted(SimTime::from_s(5), Span::from_s(5), 0.0);
        assert_eq!(reached(&plain, &[4.0, 5.0, 6.0]), [Some(4.0), Some(10.0), Some(11.0)]);
        assert!(Profile::default().boosted(SimTime::from_s(5), Span::from_s(5), 1.0).is_identity());
    }

    #[test]
    fn high_stretches_are_named_by_their_peak() {
        let p = profile(&[step(60, 60.0, 0), step(120, 1.0, 59), step(500, 2.55, 0)]);
        let found = p.stretches(2.0);
        let s = SimTime::from_s;
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].start, found[0].end, found[0].label.as_str()), (s(60), s(178), "×60"));
        assert_eq!((found[1].start, found[1].end, found[1].label.as_str()), (s(500), SimTime::NEVER, "×2.6"));
    }
}
