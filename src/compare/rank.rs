//! Who is best, who cannot be told from the best, and whether that holds elsewhere.

use super::measure::{Better, MEASURES};
use super::verdict::{Values, Verdict, judge};

/// The strategies from best to worst by their mean on a measure; those without come last, those that are alike
/// in the order given.
pub fn order(values: &[Values], measure: usize) -> Vec<usize> {
    let mean = |arm: usize| -> Option<f64> {
        let values: Option<Vec<f64>> = values[arm][measure].iter().copied().collect();
        values.filter(|v| !v.is_empty()).map(|v| v.iter().sum::<f64>() / v.len() as f64)
    };
    // What is defined more often is nearer to being defined.
    let defined = |arm: usize| values[arm][measure].iter().flatten().count();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| match (mean(a), mean(b), MEASURES[measure].better) {
        (Some(a), Some(b), Better::Higher) => b.total_cmp(&a),
        (Some(a), Some(b), Better::Lower) => a.total_cmp(&b),
        (Some(_), None, _) => std::cmp::Ordering::Less,
        (None, Some(_), _) => std::cmp::Ordering::Greater,
        (None, None, _) => defined(b).cmp(&defined(a)),
    });
    order
}

/// The strategies that the replications do not tell from the one at `best`.
pub fn rivals(values: &[Values], best: usize, measure: usize) -> Vec<usize> {
    let judged = judge(values, best, measure);
    (0..values.len()).filter(|&arm| arm != best && judged[arm].verdict != Verdict::Worse).collect()
}

/// Whether no strategy is better than the one at `best`.
pub fn holds(values: &[Values], best: usize, measure: usize) -> bool {
    judge(values, best, measure).iter().all(|other| other.verdict != Verdict::Better)
}
