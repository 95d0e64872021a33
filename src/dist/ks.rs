//! For tests: the Kolmogorov–Smirnov check of a law against its distribution function, and its moments.

use super::Law;
use crate::rng::Key;

/// Draws taken by [`check`].
const DRAWS: usize = 50_000;

/// Panics unless 50 000 draws of `law` agree with the continuous distribution function `cdf`
/// (two-sided Kolmogorov–Smirnov at α = 0.001, asymptotic critical value 1.9495/√n).
pub(crate) fn check(law: &impl Law, cdf: impl Fn(f64) -> f64) {
    let mut draws = draw(law, DRAWS);
    draws.sort_by(f64::total_cmp);
    let n = DRAWS as f64;
    let mut distance: f64 = 0.0;
    for (i, &x) in draws.iter().enumerate() {
        let p = cdf(x);
        distance = distance.max(p - i as f64 / n).max((i + 1) as f64 / n - p);
    }
    assert!(distance < 1.9495 / n.sqrt(), "KS distance {distance}");
}

/// `n` draws from a fixed stream.
pub(crate) fn draw(law: &impl Law, n: usize) -> Vec<f64> {
    let mut stream = Key::new(11, 0).with("ks").stream();
    (0..n).map(|_| law.sample(&mut stream)).collect()
}

/// Panics unless the first draws of the fixed stream are `golden`: a changed sampler changes every result.
pub(crate) fn pinned(law: &impl Law, golden: [f64; 3]) {
    assert_eq!(draw(law, 3), golden);
}

/// Panics unless the sampled mean and cv are within `tolerance` (relative) of the declared.
pub(crate) fn moments(law: &impl Law, tolerance: f64) {
    let n = 1_000_000;
    let draws = draw(law, n);
    let mean = draws.iter().sum::<f64>() / n as f64;
    let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64;
    let cv = variance.sqrt() / mean;
    assert!((mean / law.mean() - 1.0).abs() < tolerance, "mean {mean}, declared {}", law.mean());
    assert!((cv / law.cv() - 1.0).abs() < 2.0 * tolerance, "cv {cv}, declared {}", law.cv());
}
