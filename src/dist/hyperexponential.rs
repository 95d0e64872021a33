//! More variable than exponential: a mixture of two exponentials.

use rand::RngExt;
use rand_distr::{Distribution, Exp1};

use super::law::{CV_MAX, Law, VALUE_MAX, inverted, positive};
use super::written::{Unit, Written, named};
use crate::read::{Key, Member, Range, Spec, Tagged};
use crate::registry::accept;
use crate::rng::Stream;

/// With probability p exponential of mean `mean`/2p, else of mean `mean`/2(1−p): each branch carries half of
/// the mean ("balanced means"), p = (1 + √((cv²−1)/(cv²+1)))/2.
///
/// # Parameters
/// `mean` in (0, 10¹²]; `cv` in (1, 100].
///
/// # Source
/// Balanced means: Tijms, *A First Course in Stochastic Models* (2003), appendix B.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Hyperexponential {
    p: f64,
    /// Mean of the branch taken with probability p.
    short: f64,
    /// Mean of the other branch.
    long: f64,
    mean: f64,
    cv: f64,
}

impl Hyperexponential {
    /// The two-branch mixture of this mean and coefficient of variation.
    ///
    /// # Errors
    /// `mean` outside (0, 10¹²] or `cv` outside (1, 100], or not a number.
    pub fn from_mean_cv(mean: f64, cv: f64) -> Result<Hyperexponential, String> {
        let mean = positive("mean", mean, VALUE_MAX)?;
        if !(cv > 1.0 && cv <= CV_MAX) {
            return Err(format!("cv must be above 1 and at most {CV_MAX}, not {cv}"));
        }
        let square = cv * cv;
        let p = (1.0 + ((square - 1.0) / (square + 1.0)).sqrt()) / 2.0;
        Ok(Hyperexponential { p, short: mean / (2.0 * p), long: mean / (2.0 * (1.0 - p)), mean, cv })
    }
}

impl Law for Hyperexponential {
    #[inline]
    fn sample(&self, stream: &mut Stream) -> f64 {
        let branch = if stream.random::<f64>() < self.p { self.short } else { self.long };
        let unit: f64 = Exp1.sample(stream);
        unit * branch
    }

    fn mean(&self) -> f64 {
        self.mean
    }

    fn median(&self) -> f64 {
        // The distribution function is monotone: bisect it until the doubles meet.
        let above = |x: f64| self.p * (-x / self.short).exp() + (1.0 - self.p) * (-x / self.long).exp();
        let (mut low, mut high) = (0.0, self.long);
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if above(middle) > 0.5 { low = middle } else { high = middle }
        }
        low
    }

    fn quantile(&self, level: f64) -> f64 {
        let above = |x: f64| self.p * (-x / self.short).exp() + (1.0 - self.p) * (-x / self.long).exp();
        inverted(above, level, self.mean)
    }

    fn cv(&self) -> f64 {
        self.cv
    }
}

impl<U: Unit> Written<U> for Hyperexponential {
    const MEMBER: Member = Member::table(
        "hyperexponential",
        &Spec::new(
            named::<U>("hyperexponential_time", "hyperexponential_tokens"),
            "more variable than exponential: a mixture of two, with balanced means",
            &[
                Key::new("mean", U::MEAN).doc("mean"),
                Key::number("cv", Range::new(1.0, CV_MAX)).doc("standard deviation ÷ mean, above 1"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Hyperexponential> {
        let mut table = value.table();
        let mean = U::mean(&mut table, "mean");
        let cv = table.number("cv");
        accept(&table, Hyperexponential::from_mean_cv(mean, cv))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::ks;

    #[test]
    fn refuses_nonsense_and_what_is_not_more_variable_than_exponential() {
        for bad in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
            assert!(Hyperexponential::from_mean_cv(bad, 2.0).is_err(), "{bad}");
            assert!(Hyperexponential::from_mean_cv(1.0, bad).is_err(), "{bad}");
        }
        assert!(Hyperexponential::from_mean_cv(1.0, 1.0).is_err());
    }

    #[test]
    fn the_branches_have_the_declared_moments() {
        for cv in [1.01, 2.0, 30.0] {
            let law = Hyperexponential::from_mean_cv(5.0, cv).unwrap();
            let mean = law.p * law.short + (1.0 - law.p) * law.long;
            let square = 2.0 * (law.p * law.short.powi(2) + (1.0 - law.p) * law.long.powi(2));
            assert!((mean - 5.0).abs() < 1e-9);
            assert!(((square / 25.0 - 1.0).sqrt() / cv - 1.0).abs() < 1e-9, "cv {cv}");
        }
    }

    #[test]
    fn draws_follow_the_law() {
        let law = Hyperexponential::from_mean_cv(1.0, 2.0).unwrap();
        ks::check(&law, |x| 1.0 - law.p * (-x / law.short).exp() - (1.0 - law.p) * (-x / law.long).exp());
        ks::moments(&law, 0.006);
        ks::pinned(&law, [1.840354798617042, 0.2062985898683538, 2.203581528415682]);
    }
}
