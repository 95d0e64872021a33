//! Draws by the quantile function, from a standard normal number: what a copula needs.

use std::sync::Arc;

use statrs::function::erf::erfc;

use super::{Dist, Law};

/// x(z) = Q(Φ(z)): a standard normal z gives a draw of the law, and a larger z none that is smaller.
///
/// Laws with a closed quantile function are asked, and `hyperexponential` is searched anew for each draw, for its two
/// branches meet in a corner that no table follows. Of `gamma` and `erlang` ln x is tabulated once at 1025 points of
/// z in [−8, 8] and interpolated by cubics through four points: within 10⁻⁵ of the quantile wherever that is at least
/// a thousandth of the mean.
///
/// # Source
/// Inverse transform: Devroye, *Non-Uniform Random Variate Generation* (1986), ch. II.2; interpolation: Abramowitz and
/// Stegun (1964), §25.2.13.
#[derive(Clone, Debug)]
pub enum Inverse {
    /// The law itself.
    Closed(Dist),
    /// ln x at −8, −8 + 1/64, …, 8.
    Table(Arc<[f64]>),
}

/// Beyond this many standard deviations z is cut: once in 10¹⁵ draws.
const Z_MAX: f64 = 8.0;
/// Points of the table between two whole numbers.
const PER_UNIT: f64 = 64.0;

impl Inverse {
    /// The inverse of a law.
    pub fn of(law: &Dist) -> Inverse {
        match law {
            Dist::Gamma(_) | Dist::Erlang(_) => {
                let points = 0..=(2.0 * Z_MAX * PER_UNIT) as usize;
                let at = |i: usize| law.quantile(level(i as f64 / PER_UNIT - Z_MAX)).max(1e-300).ln();
                Inverse::Table(points.map(at).collect())
            }
            _ => Inverse::Closed(law.clone()),
        }
    }

    /// The draw that belongs to a standard normal number.
    #[inline]
    pub fn at(&self, z: f64) -> f64 {
        let z = z.clamp(-Z_MAX, Z_MAX);
        match self {
            Inverse::Closed(law) => law.quantile(level(z)),
            Inverse::Table(points) => {
                let x = (z + Z_MAX) * PER_UNIT;
                let i = (x as usize).clamp(1, points.len() - 3);
                let t = x - i as f64;
                let [a, b, c, d] = [points[i - 1], points[i], points[i + 1], points[i + 2]];
                let log = -t * (t - 1.0) * (t - 2.0) / 6.0 * a + (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0 * b
                    - (t + 1.0) * t * (t - 2.0) / 2.0 * c
                    + (t + 1.0) * t * (t - 1.0) / 6.0 * d;
                log.exp()
            }
        }
    }
}

/// Φ(z), below 1 also at the largest z.
fn level(z: f64) -> f64 {
    (0.5 * erfc(-z * std::f64::consts::FRAC_1_SQRT_2)).min(1.0 - f64::EPSILON / 2.0)
}

#[cfg(test)]
mod tests {
    use super::super::{Constant, Empirical, Erlang, Exponential, Gamma, Hyperexponential, Lognormal};
    use super::*;
    use crate::rng::Key;
    use rand_distr::{Distribution, StandardNormal};

    fn laws() -> Vec<Dist> {
        let gamma = |cv| Gamma::from_mean_cv(300.0, cv).unwrap().into();
        let wild = |cv| Hyperexponential::from_mean_cv(300.0, cv).unwrap().into();
        let mut laws: Vec<Dist> = [0.05, 0.5, 1.0, 2.0, 10.0].map(gamma).into();
        laws.extend([1.1, 3.0, 30.0].map(wild));
        laws.push(Erlang::new(300.0, 3).unwrap().into());
        laws.push(Exponential::new(300.0).unwrap().into());
        laws.push(Lognormal::from_mean_cv(300.0, 1.5).unwrap().into());
        laws.push(Empirical::from_quantiles(&[(0.0, 1.0), (0.9, 300.0), (1.0, 5000.0)]).unwrap().into());
        laws
    }

    #[test]
    fn the_table_is_as_good_as_the_search() {
        for law in laws() {
            let inverse = Inverse::of(&law);
            for i in -500..500 {
                let z = f64::from(i) * 0.0137;
                let (exact, found) = (law.quantile(level(z)), inverse.at(z));
                let enough = exact < 1e-3 * law.mean() || (found / exact - 1.0).abs() < 1e-5;
                assert!(enough, "{law:?} at {z}: {found}, not {exact}");
            }
        }
    }

    #[test]
    fn quantiles_undo_the_distribution() {
        // Exponential in three disguises, and what is known by heart.
        let exponential = Exponential::new(2.0).unwrap();
        let disguises: [Dist; 2] =
            [Gamma::from_mean_cv(2.0, 1.0).unwrap().into(), Erlang::new(2.0, 1).unwrap().into()];
        for level in [1e-6, 0.1, 0.5, 0.9, 0.999_999] {
            let truth = exponential.quantile(level);
            for law in &disguises {
                assert!((law.quantile(level) / truth - 1.0).abs() < 1e-9, "{law:?} at {level}");
            }
        }
        let lognormal = Lognormal::from_median_sigma(10.0, 0.5).unwrap();
        assert!(
            (lognormal.quantile(0.975) / (10.0 * (0.5f64 * 1.959_963_984_540_054).exp()) - 1.0).abs() < 1e-9
        );
        assert_eq!(Constant::new(7.0).unwrap().quantile(0.3), 7.0);
        for law in laws().into_iter().filter(|law| law.median() > 1e-3 * law.mean()) {
            assert!((law.quantile(0.5) / law.median() - 1.0).abs() < 1e-6, "{law:?}");
        }
    }

    #[test]
    fn draws_have_the_laws_mean_and_cv() {
        for law in laws().into_iter().filter(|law| law.cv() <= 3.0) {
            let (inverse, mut stream) = (Inverse::of(&law), Key::new(6, 0).with("inverse").stream());
            let draw = |_| inverse.at(StandardNormal.sample(&mut stream));
            let draws: Vec<f64> = (0..400_000).map(draw).collect();
            let mean = draws.iter().sum::<f64>() / draws.len() as f64;
            // Five standard errors.
            let tolerance = 5.0 * law.cv() / (draws.len() as f64).sqrt();
            assert!((mean / law.mean() - 1.0).abs() < tolerance, "{law:?}: {mean}");
        }
    }
}
