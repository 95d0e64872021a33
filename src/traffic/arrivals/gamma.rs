//! Independent gamma gaps: smoother or burstier than Poisson.

use super::process::{Birth, LoadTrace, NS, Process, RATE, Written, checked_rate};
use crate::dist::{GAMMA_CV, Gamma as Gap, Law};
use crate::read::{Key, Member, Spec, Tagged};
use crate::registry::accept;
use crate::rng::Stream;

/// A renewal process with gamma gaps of mean 1/rate and the given cv; dispersion → cv² over long windows.
///
/// # Parameters
/// `rate`, and `cv` in [0.01, 100]; 1 is Poisson.
///
/// # Source
/// Cox, *Renewal Theory* (1962), §4.2 for the dispersion; gamma gaps as a description of inference traffic:
/// Wu et al., *AlpaServe*, OSDI 2023.
#[derive(Clone, Debug)]
pub struct Gamma {
    rate_per_s: f64,
    gap_s: Gap,
    now_ns: f64,
}

impl Gamma {
    /// The gamma renewal process of this rate and cv.
    ///
    /// # Errors
    /// A rate outside [0.01/day, 10⁶/s] or a cv outside [0.01, 100], or not a number.
    pub fn new(rate_per_s: f64, cv: f64) -> Result<Gamma, String> {
        let rate_per_s = checked_rate("rate", rate_per_s)?;
        // Gaps in seconds, not ns: the law accepts means up to 10¹².
        Ok(Gamma { rate_per_s, gap_s: Gap::from_mean_cv(1.0 / rate_per_s, cv)?, now_ns: 0.0 })
    }
}

impl Process for Gamma {
    #[inline]
    fn next(&mut self, stream: &mut Stream) -> Option<Birth> {
        self.now_ns += self.gap_s.sample(stream) * NS;
        Some(Birth { operational_ns: self.now_ns, tokens: None })
    }

    fn mean_rate(&self) -> f64 {
        self.rate_per_s
    }

    fn cv(&self) -> f64 {
        self.gap_s.cv()
    }

    fn dispersion(&self) -> Option<f64> {
        Some(self.cv() * self.cv())
    }
}

impl Written for Gamma {
    const MEMBER: Member = Member::table(
        "gamma",
        &Spec::new(
            "gamma_arrivals",
            "independent gamma gaps: smoother (cv < 1) or burstier (cv > 1) than poisson",
            &[RATE, Key::number("cv", GAMMA_CV).doc("of the gaps: standard deviation ÷ mean")],
        ),
    );

    fn read(value: Tagged<'_>, _: LoadTrace<'_>) -> Option<Gamma> {
        let mut table = value.table();
        let (rate, cv) = (table.rate("rate"), table.number("cv"));
        accept(&table, Gamma::new(rate.per_s(), cv))
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn sampled_is_declared() {
        check::sampled_is_declared(Gamma::new(5.0, 0.5).unwrap());
        check::sampled_is_declared(Gamma::new(5.0, 2.0).unwrap());
    }

    #[test]
    fn bad_cv_is_refused() {
        for bad in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
            assert!(Gamma::new(1.0, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_first_arrivals_are_pinned() {
        check::pinned(Gamma::new(5.0, 2.0).unwrap(), [179_283_432, 179_299_420, 913_796_049]);
    }
}
