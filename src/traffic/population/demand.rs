//! What every demand of a population answers, and how it stands in a scenario.

use crate::read::{Member, Tagged};

/// A spread of demand over members in order of rank.
pub trait Ranked {
    /// The demand of the member of `rank`, from 0, of `count`, in any unit: above zero, and no more than that of
    /// the ranks before it.
    fn weight(&self, rank: u32, count: u32) -> f64;
}

/// A demand as a scenario writes it.
pub(super) trait Written: Sized {
    /// Its tag, sentence and parameters.
    const MEMBER: Member;
    /// Reads the value under its tag; `None` only after an error was recorded.
    fn read(value: Tagged<'_>, context: ()) -> Option<Self>;
}

#[cfg(test)]
mod tests {
    use super::super::{Demand, Equal, Lognormal, Zipf};
    use super::*;

    #[test]
    fn nobody_weighs_more_than_who_comes_before() {
        let demands: [Demand; 6] = [
            Equal.into(),
            Zipf::new(0.0).into(),
            Zipf::new(1.0).into(),
            Zipf::new(10.0).into(),
            Lognormal::new(0.5).into(),
            Lognormal::new(100.0).into(),
        ];
        for demand in demands {
            for count in [1u32, 2, 3, 1000, 10_000_000] {
                let mut ranks = [0, 1, 2, count / 100, count / 2, count.saturating_sub(2), count - 1];
                ranks.sort_unstable();
                let present = ranks.into_iter().filter(|&rank| rank < count);
                let weights: Vec<f64> = present.map(|rank| demand.weight(rank, count)).collect();
                assert!(
                    weights.iter().all(|&w| w > 0.0 && w.is_finite()) && weights.is_sorted_by(|a, b| a >= b),
                    "{demand:?} of {count}: {weights:?}"
                );
            }
        }
    }
}
