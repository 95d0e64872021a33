//! The sign test.

use statrs::function::beta::beta_reg;

/// The two-sided probability, were both signs equally likely, of so uneven a split (Dixon and Mood 1946), ties
/// left out: min(1, 2·P(B ≤ min(plus, minus))) with B binomial(plus + minus, ½).
///
/// ```
/// use ratetide::statistics::sign::probability;
/// assert_eq!((probability(0, 0), probability(2, 2)), (1.0, 1.0));
/// assert!((probability(10, 0) - 2.0 / 1024.0).abs() < 1e-12);
/// ```
pub fn probability(plus: u32, minus: u32) -> f64 {
    let (least, n) = (f64::from(plus.min(minus)), f64::from(plus) + f64::from(minus));
    if n == 0.0 || plus == minus {
        return 1.0;
    }
    // P(B ≤ k) = I½(n − k, k + 1).
    (2.0 * beta_reg(n - least, least + 1.0, 0.5)).min(1.0)
}
