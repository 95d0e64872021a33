//! Several hypotheses tested at once.

/// Adjusted p-values, each at its place: of the p-values in rising order p₁ ≤ … ≤ pₘ, p̃ᵢ = max over j ≤ i of
/// min((m − j + 1)·pⱼ, 1). Rejecting where p̃ is at most α keeps the chance of any false rejection at or below α,
/// however the tests depend on each other (Holm 1979, "A simple sequentially rejective multiple test
/// procedure").
///
/// ```
/// use ratetide::statistics::holm::adjusted;
/// assert_eq!(adjusted(&[0.5, 0.01]), [0.5, 0.02]);
/// ```
pub fn adjusted(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut largest: f64 = 0.0;
    for (rank, place) in order.into_iter().enumerate() {
        largest = largest.max((p.len() - rank) as f64 * p[place]).min(1.0);
        adjusted[place] = largest;
    }
    adjusted
}
