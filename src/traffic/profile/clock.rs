//! The operational clock: from a process's own time to the run's.

use super::Profile;
use crate::units::SimTime;

/// Λ⁻¹ for operational times that never decrease: a cursor into the profile, O(1) amortised.
#[derive(Clone, Debug)]
pub struct Clock {
    profile: Profile,
    piece: usize,
    last_ns: u64,
}

impl Clock {
    /// The profile it runs on.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// A clock at the start of the run.
    pub fn new(profile: Profile) -> Clock {
        Clock { profile, piece: 0, last_ns: 0 }
    }

    /// The instant at which `area` ns of operational time have passed, rounded to the nanosecond. Where the
    /// factor is zero just then, the end of that stretch; `None` if the factor stays zero for ever.
    #[inline]
    pub fn instant(&mut self, area: f64) -> Option<SimTime> {
        if self.profile.is_identity() {
            // Rounds half up like `round`, without a call into libm.
            let whole = area as u64;
            return Some(SimTime::from_ns(whole.saturating_add(u64::from(area - whole as f64 >= 0.5))));
        }
        let pieces = &self.profile.pieces;
        while area >= pieces[self.piece].area_end() {
            if self.piece + 1 == pieces.len() {
                return None;
            }
            self.piece += 1;
        }
        self.last_ns = self.last_ns.max(pieces[self.piece].reaches(area));
        Some(SimTime::from_ns(self.last_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{profile, reached, step};
    use super::*;

    #[test]
    fn nothing_happens_while_the_factor_is_zero() {
        let pause = profile(&[step(0, 0.0, 0), step(50, 1.0, 0), step(60, 0.0, 0), step(70, 2.0, 0)]);
        assert_eq!(
            reached(&pause, &[0.0, 9.0, 10.0, 12.0]),
            [Some(50.0), Some(59.0), Some(70.0), Some(71.0)]
        );
        let stop = profile(&[step(60, 0.0, 0)]);
        assert_eq!(reached(&stop, &[59.0, 60.0, 1e9]), [Some(59.0), None, None]);
        let up = profile(&[step(0, 0.0, 0), step(10, 2.0, 4)]);
        assert_eq!(reached(&up, &[0.0, 1.0, 4.0]), [Some(10.0), Some(12.0), Some(14.0)]);
    }

    #[test]
    fn the_inverse_undoes_the_integral() {
        let p = profile(&[step(10, 7.0, 30), step(50, 0.25, 5), step(60, 60.0, 0), step(61, 0.0, 100)]);
        let mut clock = Clock::new(p.clone());
        let mut last = SimTime::ZERO;
        for i in 0..100_000u32 {
            let area = f64::from(i) * 33e6;
            let Some(t) = clock.instant(area) else { break };
            assert!(t >= last);
            last = t;
            let error = (p.operational_ns(t) - area).abs();
            assert!(error <= p.factor(t) + 1.0, "at {t:?}: off by {error} operational ns");
        }
        assert!(last > SimTime::from_s(150));
    }
}
