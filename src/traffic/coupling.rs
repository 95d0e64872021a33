//! Prompt and output that go together: a Gaussian copula.

use rand_distr::{Distribution, StandardNormal};

use crate::dist::{Dist, Inverse};
use crate::rng::Stream;

/// Two laws joined so that their draws have a given rank correlation, each with its own law as it was.
///
/// Z₁ and W are independent standard normal, Z₂ = ρ·Z₁ + √(1 − ρ²)·W, and the counts are the laws' quantiles at Φ(Z₁)
/// and Φ(Z₂). Spearman's rank correlation of the two is (6/π)·asin(ρ/2), so ρ = 2·sin(π·r/6).
///
/// # Source
/// Nelsen, *An Introduction to Copulas* (2006), §2.3 and §5.1.2; the relation of the two correlations: Pearson (1907),
/// Kruskal (1958).
#[derive(Clone, Debug)]
pub struct Coupling {
    prompt: Inverse,
    output: Inverse,
    rho: f64,
}

impl Coupling {
    /// The laws of prompt and output with this rank correlation.
    ///
    /// # Errors
    /// A correlation outside [−1, 1], or not a number.
    pub fn new(prompt: &Dist, output: &Dist, rank_correlation: f64) -> Result<Coupling, String> {
        if !super::token_laws::CORRELATION.contains(&rank_correlation) {
            return Err(format!("correlation must be between -1 and 1, not {rank_correlation}"));
        }
        let rho = (2.0 * (std::f64::consts::PI * rank_correlation / 6.0).sin()).clamp(-1.0, 1.0);
        Ok(Coupling { prompt: Inverse::of(prompt), output: Inverse::of(output), rho })
    }

    /// A prompt and an output, each from its own stream: a change of one law leaves the other's draws as they were.
    #[inline]
    pub fn draw(&self, prompt: &mut Stream, output: &mut Stream) -> (f64, f64) {
        let (z1, w): (f64, f64) = (StandardNormal.sample(prompt), StandardNormal.sample(output));
        let z2 = self.rho * z1 + (1.0 - self.rho * self.rho).max(0.0).sqrt() * w;
        (self.prompt.at(z1), self.output.at(z2))
    }
}

#[cfg(test)]
mod tests {
    use super::super::token_presets::{PRESETS, Side};
    use super::*;
    use crate::dist::{Exponential, Gamma, Hyperexponential, Law, Lognormal, tokens};
    use crate::rng::Key;

    /// Spearman's rank correlation, ties at their middle.
    fn rank_correlation(pairs: &[(f64, f64)]) -> f64 {
        let ranks = |values: Vec<f64>| {
            let mut order: Vec<usize> = (0..values.len()).collect();
            order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
            let mut ranks = vec![0.0; values.len()];
            for tied in order.chunk_by(|&a, &b| values[a] == values[b]) {
                let first = order.partition_point(|&i| values[i] < values[tied[0]]);
                tied.iter().for_each(|&i| ranks[i] = first as f64 + (tied.len() as f64 - 1.0) / 2.0);
            }
            ranks
        };
        let (a, b) = (ranks(pairs.iter().map(|p| p.0).collect()), ranks(pairs.iter().map(|p| p.1).collect()));
        let mean = (pairs.len() as f64 - 1.0) / 2.0;
        let moment =
            |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - mean) * (y - mean)).sum::<f64>();
        moment(&a, &b) / (moment(&a, &a) * moment(&b, &b)).sqrt()
    }

    fn draws(coupling: &Coupling, n: usize) -> Vec<(f64, f64)> {
        let key = Key::new(8, 0);
        let (mut prompt, mut output) = (key.with("prompt").stream(), key.with("output").stream());
        (0..n).map(|_| coupling.draw(&mut prompt, &mut output)).collect()
    }

    #[test]
    fn the_rank_correlation_is_as_declared_for_any_two_laws() {
        let laws: [Dist; 5] = [
            Lognormal::from_mean_cv(1155.0, 0.96).unwrap().into(),
            Gamma::from_mean_cv(211.0, 2.0).unwrap().into(),
            Hyperexponential::from_mean_cv(211.0, 3.0).unwrap().into(),
            Exponential::new(300.0).unwrap().into(),
            PRESETS[0].law(Side::Prompt).into(),
        ];
        for (i, prompt) in laws.iter().enumerate() {
            let output = &laws[(i + 1) % laws.len()];
            for declared in [-0.9, -0.5, 0.0, 0.4, 0.95] {
                let coupling = Coupling::new(prompt, output, declared).unwrap();
                let found = rank_correlation(&draws(&coupling, 100_000));
                // Its standard error is at most 1/√n: five of them.
                assert!(
                    (found - declared).abs() < 0.016,
                    "{prompt:?} with {output:?}: {found}, not {declared}"
                );
            }
        }
    }

    #[test]
    fn each_law_stays_what_it_is() {
        let prompt: Dist = Lognormal::from_mean_cv(1155.0, 0.96).unwrap().into();
        let output: Dist = Gamma::from_mean_cv(211.0, 0.77).unwrap().into();
        let drawn = draws(&Coupling::new(&prompt, &output, 0.6).unwrap(), 400_000);
        let moments = |values: Vec<f64>| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let square = values.iter().map(|x| x * x).sum::<f64>() / values.len() as f64;
            (mean, (square / (mean * mean) - 1.0).sqrt())
        };
        for (law, values) in [
            (&prompt, drawn.iter().map(|pair| pair.0).collect::<Vec<_>>()),
            (&output, drawn.iter().map(|pair| pair.1).collect()),
        ] {
            let (mean, cv) = moments(values);
            assert!(
                (mean / law.mean() - 1.0).abs() < 0.01 && (cv / law.cv() - 1.0).abs() < 0.02,
                "{mean}, {cv}"
            );
        }
    }

    #[test]
    fn the_extremes_are_the_same_order_and_the_opposite() {
        let law: Dist = Exponential::new(300.0).unwrap().into();
        for (correlation, sign) in [(1.0, 1.0), (-1.0, -1.0)] {
            let drawn = draws(&Coupling::new(&law, &law, correlation).unwrap(), 1000);
            assert!(drawn.windows(2).all(|p| sign * (p[1].0 - p[0].0) * (p[1].1 - p[0].1) >= 0.0));
        }
        for bad in [f64::NAN, 1.1, -1.1] {
            assert!(Coupling::new(&law, &law, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn one_law_does_not_disturb_the_other() {
        let output: Dist = Gamma::from_mean_cv(211.0, 0.77).unwrap().into();
        let [a, b] = [100.0, 9000.0].map(|mean| {
            let prompt: Dist = Exponential::new(mean).unwrap().into();
            draws(&Coupling::new(&prompt, &output, 0.5).unwrap(), 100)
        });
        assert!(a.iter().zip(&b).all(|(a, b)| tokens(a.1) == tokens(b.1)));
    }
}
