//! How evenly something is shared.

/// Jain's fairness index (Σx)² ÷ (n·Σx²) of non-negative shares (Jain, Chiu, Hawe 1984, eq. 2): 1 if all are
/// equal, 1/n if one has everything. `None` of fewer than two, and where nobody has anything.
///
/// ```
/// use ratetide::statistics::fairness::jain;
/// assert_eq!((jain(&[3.0, 3.0]), jain(&[1.0, 0.0, 0.0, 0.0])), (Some(1.0), Some(0.25)));
/// ```
pub fn jain(shares: &[f64]) -> Option<f64> {
    let (sum, squares) = shares.iter().fold((0.0, 0.0), |(sum, squares), x| (sum + x, squares + x * x));
    (shares.len() > 1 && squares > 0.0).then(|| sum * sum / (shares.len() as f64 * squares))
}
