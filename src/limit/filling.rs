//! Weighted max–min shares by filling: everybody gets what they want up to a common level, times their weight.
//!
//! The max–min fair allocation of Bertsekas and Gallager 1992, §6.5.2; with weights as in Demers, Keshav and
//! Shenker 1989. The wants are sorted and summed once; the level of any capacity is then a binary search.

/// Wants, ready to be filled.
#[derive(Clone, Debug, Default)]
pub struct Filling {
    /// By want ÷ weight: that ratio, the wants before it, the weights from it on.
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug)]
struct Step {
    ratio: f64,
    want: f64,
    wants_before: f64,
    weights_from: f64,
}

impl Filling {
    /// Those who want something: (want, weight > 0) of each.
    pub fn new(wants: impl Iterator<Item = (f64, f64)>) -> Filling {
        let step =
            |(want, weight)| Step { ratio: want / weight, want, wants_before: 0.0, weights_from: weight };
        let mut steps: Vec<Step> = wants.map(step).collect();
        steps.sort_by(|a, b| a.ratio.total_cmp(&b.ratio).then(a.want.total_cmp(&b.want)));
        for i in 1..steps.len() {
            steps[i].wants_before = steps[i - 1].wants_before + steps[i - 1].want;
            let j = steps.len() - 1 - i;
            steps[j].weights_from += steps[j + 1].weights_from;
        }
        Filling { steps }
    }

    /// How many want something.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// True if nobody does.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The level L at which Σ min(want, L·weight) is `capacity`; infinite where there is enough for all.
    pub fn level(&self, capacity: f64) -> f64 {
        let is_met = |step: &Step| step.wants_before + step.ratio * step.weights_from < capacity;
        match self.steps.get(self.steps.partition_point(is_met)) {
            Some(step) => ((capacity - step.wants_before) / step.weights_from).max(0.0),
            None => f64::INFINITY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn everybody_gets_what_they_want_or_the_level() {
        let filling = Filling::new([(1000.0, 1.0), (50.0, 1.0), (10.0, 1.0)].into_iter());
        assert_eq!(filling.level(120.0), 60.0);
        assert_eq!(filling.level(30.0), 10.0);
        assert_eq!(filling.level(0.0), 0.0);
        assert_eq!(filling.level(5000.0), f64::INFINITY);
        let weighted = Filling::new([(1000.0, 3.0), (1000.0, 1.0), (10.0, 1.0)].into_iter());
        assert_eq!(weighted.level(120.0), 27.5, "82.5, 27.5, 10");
        assert_eq!(Filling::default().level(1.0), f64::INFINITY);
    }

    proptest! {
        #[test]
        fn the_capacity_is_used_up_and_no_more(
            wants in prop::collection::vec((0.001..1000.0f64, 0.01..100.0f64), 1..30),
            capacity in 0.0..20_000.0f64,
        ) {
            let level = Filling::new(wants.iter().copied()).level(capacity);
            let given: f64 = wants.iter().map(|(want, weight)| want.min(level * weight)).sum();
            let wanted: f64 = wants.iter().map(|(want, _)| want).sum();
            prop_assert!((given - capacity.min(wanted)).abs() <= 1e-9 * wanted, "{given} of {capacity}");
        }
    }
}
