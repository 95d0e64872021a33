//! The law whose logarithm is normal.

use rand_distr::{Distribution, StandardNormal};

use super::law::{CV_MAX, Law, VALUE_MAX, checked, positive};
use super::written::{Unit, Written, named};
use crate::read::{Key, Member, Range, Spec, Tagged};
use crate::registry::accept;
use crate::rng::Stream;

/// X = e^(μ + σZ), Z standard normal; median e^μ, mean e^(μ + σ²/2), cv² = e^(σ²) − 1.
///
/// # Parameters
/// Either `mean` in (0, 10¹²] and `cv` in [0, 100], or `median` in (0, 10¹²] and `sigma` in [0, 3];
/// with cv or sigma 0 it is a constant.
///
/// # Source
/// Johnson, Kotz, Balakrishnan, *Continuous Univariate Distributions* vol. 1 (1994), ch. 14.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Lognormal {
    mu: f64,
    sigma: f64,
    mean: f64,
    cv: f64,
}

/// The largest σ: a cv of 90, just under what `cv` accepts.
pub(super) const SIGMA_MAX: f64 = 3.0;

impl Lognormal {
    /// The lognormal law of this mean and coefficient of variation: σ² = ln(1 + cv²), μ = ln(mean) − σ²/2.
    ///
    /// # Errors
    /// `mean` outside (0, 10¹²] or `cv` outside [0, 100], or not a number.
    pub fn from_mean_cv(mean: f64, cv: f64) -> Result<Lognormal, String> {
        let mean = positive("mean", mean, VALUE_MAX)?;
        let cv = checked("cv", cv, 0.0, CV_MAX)?;
        let variance = (cv * cv).ln_1p();
        Ok(Lognormal { mu: mean.ln() - variance / 2.0, sigma: variance.sqrt(), mean, cv })
    }

    /// The lognormal law of this median and this σ of the logarithm.
    ///
    /// # Errors
    /// `median` outside (0, 10¹²] or `sigma` outside [0, 3], or not a number.
    pub fn from_median_sigma(median: f64, sigma: f64) -> Result<Lognormal, String> {
        let median = positive("median", median, VALUE_MAX)?;
        let sigma = checked("sigma", sigma, 0.0, SIGMA_MAX)?;
        let variance = sigma * sigma;
        let mean = median * (variance / 2.0).exp();
        Ok(Lognormal { mu: median.ln(), sigma, mean, cv: variance.exp_m1().sqrt() })
    }
}

impl Law for Lognormal {
    #[inline]
    fn sample(&self, stream: &mut Stream) -> f64 {
        let z: f64 = StandardNormal.sample(stream);
        (self.mu + self.sigma * z).exp()
    }

    fn mean(&self) -> f64 {
        self.mean
    }

    fn median(&self) -> f64 {
        self.mu.exp()
    }

    fn quantile(&self, level: f64) -> f64 {
        // Its own standard normal quantile: the best there is at either end.
        let z = -std::f64::consts::SQRT_2 * statrs::function::erf::erfc_inv(2.0 * level);
        (self.mu + self.sigma * z).exp()
    }

    fn cv(&self) -> f64 {
        self.cv
    }
}

impl<U: Unit> Written<U> for Lognormal {
    const MEMBER: Member = Member::table(
        "lognormal",
        &Spec::new(
            named::<U>("lognormal_time", "lognormal_tokens"),
            "the logarithm is normal; by mean and cv, or by median and sigma",
            &[
                Key::new("mean", U::MEAN).optional().doc("mean; goes with cv"),
                Key::number("cv", Range::new(0.0, CV_MAX)).optional().doc("standard deviation ÷ mean"),
                Key::new("median", U::MEAN).optional().doc("median; goes with sigma"),
                Key::number("sigma", Range::new(0.0, SIGMA_MAX))
                    .optional()
                    .doc("standard deviation of the natural logarithm"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Lognormal> {
        let mut table = value.table();
        let by_mean = (U::opt_mean(&mut table, "mean"), table.opt_number("cv"));
        let by_median = (U::opt_mean(&mut table, "median"), table.opt_number("sigma"));
        let made = match (by_mean, by_median) {
            ((Some(mean), Some(cv)), (None, None)) => Lognormal::from_mean_cv(mean, cv),
            ((None, None), (Some(median), Some(sigma))) => Lognormal::from_median_sigma(median, sigma),
            _ => Err("lognormal needs either mean and cv or median and sigma".into()),
        };
        accept(&table, made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::ks;
    use statrs::function::erf::erf;

    #[test]
    fn both_forms_agree() {
        let a = Lognormal::from_median_sigma(115.0, 0.25).unwrap();
        let b = Lognormal::from_mean_cv(a.mean(), a.cv()).unwrap();
        assert!((a.mu - b.mu).abs() < 1e-12 && (a.sigma - b.sigma).abs() < 1e-12);
        assert!((b.median() - 115.0).abs() < 1e-9);
        assert!((a.mean() - 118.650_492).abs() < 1e-5, "{}", a.mean());
    }

    #[test]
    fn refuses_nonsense() {
        for bad in [f64::NAN, -1.0, f64::INFINITY] {
            assert!(Lognormal::from_mean_cv(bad, 1.0).is_err(), "{bad}");
            assert!(Lognormal::from_mean_cv(1.0, bad).is_err(), "{bad}");
            assert!(Lognormal::from_median_sigma(bad, 1.0).is_err(), "{bad}");
            assert!(Lognormal::from_median_sigma(1.0, bad).is_err(), "{bad}");
        }
        assert!(Lognormal::from_mean_cv(0.0, 1.0).is_err());
        assert!(Lognormal::from_median_sigma(0.0, 1.0).is_err());
    }

    #[test]
    fn no_variation_is_a_constant() {
        let law = Lognormal::from_mean_cv(8.0, 0.0).unwrap();
        assert!(ks::draw(&law, 10).iter().all(|x| (x - 8.0).abs() < 1e-12));
        assert_eq!(law.cv(), 0.0);
    }

    #[test]
    fn draws_follow_the_law() {
        let law = Lognormal::from_mean_cv(1155.0, 0.96).unwrap();
        ks::check(&law, |x| 0.5 * (1.0 + erf((x.ln() - law.mu) / law.sigma / 2f64.sqrt())));
        ks::moments(&law, 0.006);
        ks::pinned(&law, [1308.259678290881, 3999.2979173486065, 433.5691450676857]);
    }
}
