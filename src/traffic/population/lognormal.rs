//! Demand whose logarithm is normal.

use statrs::function::erf::erfc_inv;

use super::demand::{Ranked, Written};
use crate::read::{Key, Member, Range, Spec, Tagged};

/// The member of rank k, from 1, of n asks for the quantile of the lognormal law at 1 − (k − ½)/n: e^(σz),
/// σ² = ln(1 + cv²), z the same quantile of the standard normal law. So nothing is drawn: members have the quantiles
/// themselves, and of few members the spread is a little narrower than `cv` says.
///
/// # Parameters
/// `cv` in [0, 100]; with 0 all are alike.
///
/// # Source
/// The law: Johnson, Kotz, Balakrishnan, *Continuous Univariate Distributions* vol. 1 (1994), ch. 14; the quantile
/// of the normal law by the inverse of erfc. That tenants of a service are spread so is an assumption.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lognormal {
    sigma: f64,
}

/// The coefficients of variation accepted.
const CV: Range<f64> = Range::new(0.0, 100.0);

static LOGNORMAL: Spec = Spec::new(
    "lognormal_demand",
    "the logarithm of demand is normal; members have its quantiles at equal distances",
    &[Key::number("cv", CV).doc("standard deviation ÷ mean; 0 makes all alike")],
);

impl Lognormal {
    /// The spread of this coefficient of variation.
    ///
    /// # Panics
    /// If `cv` is outside [0, 100], or not a number.
    pub fn new(cv: f64) -> Lognormal {
        assert!(CV.contains(&cv), "cv must be {CV}, not {cv}");
        Lognormal { sigma: (cv * cv).ln_1p().sqrt() }
    }
}

impl Ranked for Lognormal {
    fn weight(&self, rank: u32, count: u32) -> f64 {
        let above = (f64::from(rank) + 0.5) / f64::from(count);
        let z = std::f64::consts::SQRT_2 * erfc_inv(2.0 * above);
        (self.sigma * z).exp()
    }
}

impl Written for Lognormal {
    const MEMBER: Member = Member::table("lognormal", &LOGNORMAL);

    fn read(value: Tagged<'_>, (): ()) -> Option<Lognormal> {
        let mut table = value.table();
        let cv = table.number("cv");
        Some(Lognormal::new(cv))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_have_the_quantiles() {
        let law = Lognormal::new(1.0);
        // The middle of an odd number has the median; σ = √ln 2, and z is 1.2816 at nine tenths.
        assert_eq!(law.weight(2, 5), 1.0);
        let tenth = law.weight(0, 5);
        assert!((tenth - (1.281_551_565_545 * 2f64.ln().sqrt()).exp()).abs() < 1e-9, "{tenth}");
        assert!((tenth * law.weight(4, 5) - 1.0).abs() < 1e-12, "as far below as above");
        assert_eq!(Lognormal::new(0.0).weight(0, 9), 1.0);
    }

    #[test]
    fn many_members_have_the_cv() {
        let (law, n) = (Lognormal::new(1.5), 1_000_000);
        let weights: Vec<f64> = (0..n).map(|rank| law.weight(rank, n)).collect();
        let mean = weights.iter().sum::<f64>() / f64::from(n);
        let square = weights.iter().map(|w| w * w).sum::<f64>() / f64::from(n);
        let cv = (square / mean / mean - 1.0).sqrt();
        assert!((cv / 1.5 - 1.0).abs() < 0.01, "{cv}");
    }
}
