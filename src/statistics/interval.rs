//! Confidence intervals over replications.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// The 95 % confidence interval of a mean over independent replications (Student 1908).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    /// The interval of independent values; `None` of fewer than two, or where one is not finite.
    pub fn of(values: &[f64]) -> Option<Interval> {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        Interval::around(mean, variance, values.len() as u32)
    }

    /// The interval from a sum and a sum of squares over `n` replications.
    pub fn of_sums(sum: f64, squares: f64, n: u32) -> Option<Interval> {
        let mean = sum / f64::from(n);
        let variance = ((squares - sum * mean) / f64::from(n - 1)).max(0.0);
        Interval::around(mean, variance, n)
    }

    fn around(mean: f64, variance: f64, n: u32) -> Option<Interval> {
        if n < 2 || !mean.is_finite() || !variance.is_finite() {
            return None;
        }
        let half = quantile_975(n) * (variance / f64::from(n)).sqrt();
        Some(Interval { mean, low: mean - half, high: mean + half })
    }

    /// Half its width.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }
}

/// The two-sided probability, were the mean zero, of so large a mean over independent values: Student's t test.
/// Values that are all alike leave no doubt: 1 if they are zero, else 0. `None` of fewer than two, and where
/// one is not finite.
pub fn probability(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let interval = Interval::of(values)?;
    let variance = values.iter().map(|x| (x - interval.mean).powi(2)).sum::<f64>() / (n - 1.0);
    let error = (variance / n).sqrt();
    if values.iter().all(|x| *x == values[0]) || error == 0.0 {
        return Some(if interval.mean == 0.0 { 1.0 } else { 0.0 });
    }
    Some((2.0 * student(values.len() as u32).cdf(-(interval.mean / error).abs())).min(1.0))
}

/// The 97.5 % quantile of Student's t with n − 1 degrees of freedom.
fn quantile_975(n: u32) -> f64 {
    student(n).inverse_cdf(0.975)
}

/// Student's t with n − 1 degrees of freedom.
fn student(n: u32) -> StudentsT {
    StudentsT::new(0.0, 1.0, f64::from(n - 1)).expect("at least one degree of freedom")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_textbook_table() {
        let interval = Interval::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        // t(0.975, 4) = 2.7764, s = √2.5.
        assert!((interval.high - (3.0 + 2.7764 * (2.5f64 / 5.0).sqrt())).abs() < 1e-4, "{interval:?}");
        assert!((interval.low + interval.high - 6.0).abs() < 1e-12);
        let sums = Interval::of_sums(15.0, 55.0, 5).unwrap();
        assert!((sums.low - interval.low).abs() < 1e-12);
        assert_eq!(Interval::of(&[1.0]), None);
        assert_eq!(Interval::of(&[1.0, f64::INFINITY]), None);
    }
}
