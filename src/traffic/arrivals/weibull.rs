//! Independent Weibull gaps: smoother or burstier than Poisson, with a longer tail than gamma.

use rand_distr::{Distribution, Exp1};
use statrs::function::gamma::{gamma, ln_gamma};

use super::process::{Birth, LoadTrace, NS, Process, RATE, Written, checked_rate};
use crate::read::{Key, Member, Range, Spec, Tagged};
use crate::registry::accept;
use crate::rng::Stream;

/// A renewal process with Weibull gaps of mean 1/rate and the given cv; dispersion → cv² over long windows.
///
/// # Parameters
/// `rate`, and `cv` in [0.01, 100]; 1 is Poisson.
///
/// # Source
/// Cox, *Renewal Theory* (1962), §4.2 for the dispersion; Weibull gaps as a description of inference traffic:
/// Xiang et al., *ServeGen* (2025).
#[derive(Clone, Debug)]
pub struct Weibull {
    rate_per_s: f64,
    gap: UnitWeibull,
    now_ns: f64,
}

/// The cv a Weibull process accepts.
const CV: Range<f64> = Range::new(0.01, 100.0);

impl Weibull {
    /// The Weibull renewal process of this rate and cv.
    ///
    /// # Errors
    /// A rate outside [0.01/day, 10⁶/s] or a cv outside [0.01, 100], or not a number.
    pub fn new(rate_per_s: f64, cv: f64) -> Result<Weibull, String> {
        let rate_per_s = checked_rate("rate", rate_per_s)?;
        if !CV.contains(&cv) {
            return Err(format!("cv must be {CV}, not {cv}"));
        }
        Ok(Weibull { rate_per_s, gap: UnitWeibull::of_cv(cv), now_ns: 0.0 })
    }
}

/// The Weibull law of mean 1: X = E^a ÷ Γ(1 + a), E exponential of mean 1 and a = 1/shape.
///
/// a follows from cv² = Γ(1 + 2a)/Γ(1 + a)² − 1, which increases with a (Johnson, Kotz, Balakrishnan, *Continuous
/// Univariate Distributions* vol. 1 (1994), ch. 21); it is solved for once, by bisection.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnitWeibull {
    pub(super) cv: f64,
    inverse_shape: f64,
    scale: f64,
}

impl UnitWeibull {
    /// The law of this cv, which lies between 0.01 and 1000.
    pub(super) fn of_cv(cv: f64) -> UnitWeibull {
        let (mut low, mut high) = (1e-3, 20.0);
        // Halved to the last bit.
        for _ in 0..80 {
            let middle = 0.5 * (low + high);
            *(if cv_of(middle) < cv { &mut low } else { &mut high }) = middle;
        }
        let inverse_shape = 0.5 * (low + high);
        UnitWeibull { cv, inverse_shape, scale: 1.0 / gamma(1.0 + inverse_shape) }
    }

    #[inline]
    pub(super) fn sample(&self, stream: &mut Stream) -> f64 {
        let unit: f64 = Exp1.sample(stream);
        self.scale * unit.powf(self.inverse_shape)
    }
}

/// The cv of a Weibull law of shape 1/`inverse_shape`.
fn cv_of(inverse_shape: f64) -> f64 {
    (ln_gamma(1.0 + 2.0 * inverse_shape) - 2.0 * ln_gamma(1.0 + inverse_shape)).exp_m1().sqrt()
}

impl Process for Weibull {
    #[inline]
    fn next(&mut self, stream: &mut Stream) -> Option<Birth> {
        self.now_ns += self.gap.sample(stream) / self.rate_per_s * NS;
        Some(Birth { operational_ns: self.now_ns, tokens: None })
    }

    fn mean_rate(&self) -> f64 {
        self.rate_per_s
    }

    fn cv(&self) -> f64 {
        self.gap.cv
    }

    fn dispersion(&self) -> Option<f64> {
        Some(self.cv() * self.cv())
    }
}

impl Written for Weibull {
    const MEMBER: Member = Member::table(
        "weibull",
        &Spec::new(
            "weibull_arrivals",
            "independent weibull gaps: smoother (cv < 1) or burstier (cv > 1) than poisson, longer-tailed than gamma",
            &[RATE, Key::number("cv", CV).doc("of the gaps: standard deviation ÷ mean")],
        ),
    );

    fn read(value: Tagged<'_>, _: LoadTrace<'_>) -> Option<Weibull> {
        let mut table = value.table();
        let (rate, cv) = (table.rate("rate"), table.number("cv"));
        accept(&table, Weibull::new(rate.per_s(), cv))
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::rng::Key;

    #[test]
    fn sampled_is_declared() {
        check::sampled_is_declared(Weibull::new(5.0, 0.5).unwrap());
        check::sampled_is_declared(Weibull::new(5.0, 1.5).unwrap());
    }

    #[test]
    fn the_shape_solves_its_equation_over_the_whole_range() {
        // Shape 2 is the Rayleigh law: cv² = 4/π − 1. Shape ½ is the square of an exponential: cv² = 5.
        for (cv, shape) in [((4.0 / std::f64::consts::PI - 1.0).sqrt(), 2.0), (1.0, 1.0), (5f64.sqrt(), 0.5)]
        {
            assert!((UnitWeibull::of_cv(cv).inverse_shape * shape - 1.0).abs() < 1e-12, "{shape}");
        }
        for cv in [0.01, 0.1, 3.0, 30.0, 100.0, 1000.0] {
            assert!((cv_of(UnitWeibull::of_cv(cv).inverse_shape) / cv - 1.0).abs() < 1e-9, "{cv}");
        }
    }

    #[test]
    fn draws_follow_the_law() {
        // P(X > x) = e^(−(x/λ)^k): of 10⁵ draws, within five standard deviations at the quartiles.
        for cv in [0.5, 1.5, 20.0] {
            let (law, mut stream) = (UnitWeibull::of_cv(cv), Key::new(4, 0).with("weibull").stream());
            let draws: Vec<f64> = (0..100_000).map(|_| law.sample(&mut stream)).collect();
            for share in [0.25, 0.5, 0.75] {
                let x = law.scale * (-(1.0f64 - share).ln()).powf(law.inverse_shape);
                let below = draws.iter().filter(|&&draw| draw <= x).count() as f64 / 1e5;
                assert!((below - share).abs() < 0.008, "cv {cv}: {below} below the {share} quantile");
            }
        }
    }

    #[test]
    fn bad_cv_is_refused() {
        for bad in [f64::NAN, 0.0, -1.0, 100.1, f64::INFINITY] {
            assert!(Weibull::new(1.0, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_first_arrivals_are_pinned() {
        check::pinned(Weibull::new(5.0, 2.0).unwrap(), [296_360_199, 902_608_389, 943_699_384]);
    }
}
