//! The gamma law, by mean and cv.

use rand_distr::{Distribution, Gamma as Sampler};

use super::law::{CV_MAX, Law, VALUE_MAX, checked, inverted, positive};
use super::written::{Unit, Written, named};
use crate::read::{Key, Member, Range, Spec, Tagged};
use crate::registry::accept;
use crate::rng::Stream;

/// Density x^(k−1) e^(−x/θ) / (Γ(k) θ^k) with shape k = 1/cv² and scale θ = mean·cv².
///
/// # Parameters
/// `mean` in (0, 10¹²]; `cv` in [0.01, 100]: below 1 more regular than exponential, above 1 burstier.
///
/// # Source
/// Johnson, Kotz, Balakrishnan, *Continuous Univariate Distributions* vol. 1 (1994), ch. 17; sampled by
/// Marsaglia and Tsang (2000).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Gamma {
    sampler: Sampler<f64>,
    mean: f64,
    cv: f64,
}

/// The cv a gamma law accepts. Its least is a shape of 10 000: what varies less is a constant.
pub const GAMMA_CV: Range<f64> = Range::new(0.01, CV_MAX);

impl Gamma {
    /// The gamma law of this mean and coefficient of variation.
    ///
    /// # Errors
    /// `mean` outside (0, 10¹²] or `cv` outside [0.01, 100], or not a number.
    pub fn from_mean_cv(mean: f64, cv: f64) -> Result<Gamma, String> {
        let mean = positive("mean", mean, VALUE_MAX)?;
        let cv = checked("cv", cv, GAMMA_CV.min, GAMMA_CV.max)?;
        Gamma::of_shape(mean, 1.0 / (cv * cv)).map(|gamma| Gamma { cv, ..gamma })
    }

    /// The gamma law of this mean and shape, both already checked by the caller.
    pub(super) fn of_shape(mean: f64, shape: f64) -> Result<Gamma, String> {
        let sampler = Sampler::new(shape, mean / shape).map_err(|e| e.to_string())?;
        Ok(Gamma { sampler, mean, cv: 1.0 / shape.sqrt() })
    }
}

impl Law for Gamma {
    #[inline]
    fn sample(&self, stream: &mut Stream) -> f64 {
        self.sampler.sample(stream)
    }

    fn mean(&self) -> f64 {
        self.mean
    }

    fn median(&self) -> f64 {
        // Of shape 1/cv² and mean 1; the law scales with its mean.
        let shape = 1.0 / (self.cv * self.cv);
        let unit = statrs::distribution::Gamma::new(shape, shape).expect("the shape is in range");
        statrs::distribution::ContinuousCDF::inverse_cdf(&unit, 0.5) * self.mean
    }

    fn quantile(&self, level: f64) -> f64 {
        let shape = 1.0 / (self.cv * self.cv);
        let above = |x: f64| statrs::function::gamma::gamma_ur(shape, x / self.mean * shape);
        inverted(above, level, self.mean)
    }

    fn cv(&self) -> f64 {
        self.cv
    }
}

impl<U: Unit> Written<U> for Gamma {
    const MEMBER: Member = Member::table(
        "gamma",
        &Spec::new(
            named::<U>("gamma_time", "gamma_tokens"),
            "more regular (cv < 1) or burstier (cv > 1) than exponential",
            &[
                Key::new("mean", U::MEAN).doc("mean"),
                Key::number("cv", GAMMA_CV).doc("standard deviation ÷ mean"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Gamma> {
        let mut table = value.table();
        let mean = U::mean(&mut table, "mean");
        let cv = table.number("cv");
        accept(&table, Gamma::from_mean_cv(mean, cv))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::ks;
    use statrs::function::gamma::gamma_lr;

    #[test]
    fn refuses_nonsense() {
        for bad in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
            assert!(Gamma::from_mean_cv(bad, 1.0).is_err(), "{bad}");
            assert!(Gamma::from_mean_cv(1.0, bad).is_err(), "{bad}");
        }
        assert_eq!(Gamma::from_mean_cv(2.0, 1.7).map(|g| (g.mean(), g.cv())), Ok((2.0, 1.7)));
    }

    #[test]
    fn draws_follow_the_law_on_both_sides_of_the_exponential() {
        for (cv, golden) in [
            (0.5, [3.632179078311285, 1.7448809308605706, 3.8393624148500654]),
            (1.0, [2.456799299689396, 9.79766248754515, 3.176259077845511]),
            (2.0, [14.736995517325393, 0.0060562261850300204, 0.002129288075616552]),
        ] {
            let law = Gamma::from_mean_cv(3.0, cv).unwrap();
            let (shape, scale) = (1.0 / (cv * cv), 3.0 * cv * cv);
            ks::check(&law, |x| if x > 0.0 { gamma_lr(shape, x / scale) } else { 0.0 });
            ks::moments(&law, 0.006);
            ks::pinned(&law, golden);
        }
    }
}
