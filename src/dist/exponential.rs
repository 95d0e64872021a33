//! The memoryless law.

use rand_distr::{Distribution, Exp1};

use super::law::{Law, VALUE_MAX, positive};
use super::written::{Unit, Written, named};
use crate::read::{Key, Member, Spec, Tagged};
use crate::registry::accept;
use crate::rng::Stream;

/// P(X > x) = e^(−x/mean): the time to the next event of a Poisson process.
///
/// # Parameter
/// `mean` in (0, 10¹²]; the cv is 1.
///
/// # Source
/// Johnson, Kotz, Balakrishnan, *Continuous Univariate Distributions* vol. 1 (1994), ch. 19; sampled by the
/// ziggurat of Marsaglia and Tsang (2000).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Exponential {
    mean: f64,
}

impl Exponential {
    /// The exponential law of this mean.
    ///
    /// # Errors
    /// `mean` outside (0, 10¹²], or not a number.
    pub fn new(mean: f64) -> Result<Exponential, String> {
        Ok(Exponential { mean: positive("mean", mean, VALUE_MAX)? })
    }
}

impl Law for Exponential {
    #[inline]
    fn sample(&self, stream: &mut Stream) -> f64 {
        let unit: f64 = Exp1.sample(stream);
        unit * self.mean
    }

    fn mean(&self) -> f64 {
        self.mean
    }

    fn median(&self) -> f64 {
        self.mean * std::f64::consts::LN_2
    }

    fn quantile(&self, level: f64) -> f64 {
        -self.mean * (-level).ln_1p()
    }

    fn cv(&self) -> f64 {
        1.0
    }
}

impl<U: Unit> Written<U> for Exponential {
    const MEMBER: Member = Member::table(
        "exponential",
        &Spec::new(
            named::<U>("exponential_time", "exponential_tokens"),
            "memoryless, by its mean; its cv is 1",
            &[Key::new("mean", U::MEAN).doc("mean")],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Exponential> {
        let mut table = value.table();
        let mean = U::mean(&mut table, "mean");
        accept(&table, Exponential::new(mean))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::ks;

    #[test]
    fn accepts_positive_means_only() {
        assert_eq!(Exponential::new(3.0).map(|e| (e.mean(), e.cv())), Ok((3.0, 1.0)));
        for bad in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
            assert!(Exponential::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn draws_follow_the_law() {
        let law = Exponential::new(3.0).unwrap();
        ks::check(&law, |x| 1.0 - (-x / 3.0).exp());
        ks::moments(&law, 0.004);
        ks::pinned(&law, [2.456799299689396, 9.79766248754515, 3.176259077845511]);
    }
}
