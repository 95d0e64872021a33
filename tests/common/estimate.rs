//! Estimates over independent replications, and the criterion they are held to.

use ratetide::replications::Results;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The fewest replications that a statistical case rests on.
pub const REPLICATIONS_MIN: usize = 30;

/// A mean over replications with the half-width of its 99.9 % confidence interval (Student's t).
#[derive(Clone, Copy, Debug)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Half the width of the interval around it.
    pub half_width: f64,
}

impl Estimate {
    /// The estimate from one value per replication.
    pub fn of(values: &[f64]) -> Estimate {
        let n = values.len() as f64;
        assert!(values.len() >= REPLICATIONS_MIN, "{n} replications are too few");
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let t = StudentsT::new(0.0, 1.0, n - 1.0).expect("there are degrees of freedom").inverse_cdf(0.9995);
        Estimate { mean, half_width: t * (variance / n).sqrt() }
    }

    /// The estimate of a quantity that each replication's results have.
    pub fn over(results: &[Results], quantity: impl Fn(&Results) -> f64) -> Estimate {
        Estimate::of(&results.iter().map(quantity).collect::<Vec<_>>())
    }

    /// The criterion: |estimate − truth| + half-width ≤ tolerance × truth.
    #[track_caller]
    pub fn assert_within(self, what: &str, truth: f64, tolerance: f64) {
        let Estimate { mean, half_width } = self;
        let used = ((mean - truth).abs() + half_width) / (tolerance * truth);
        println!("{what}: {mean:.6} ± {half_width:.6}, truth {truth:.6}, {:.0} % of tolerance", 100.0 * used);
        assert!(used <= 1.0, "{what}: {mean} ± {half_width} is not within {tolerance} of {truth}");
    }
}

/// A single figure within a relative tolerance of the truth.
#[track_caller]
pub fn assert_near(what: &str, found: f64, truth: f64, tolerance: f64) {
    println!("{what}: {found:.6}, truth {truth:.6}");
    assert!(
        (found - truth).abs() <= tolerance * truth,
        "{what}: {found} is not within {tolerance} of {truth}"
    );
}
