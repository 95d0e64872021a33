//! When there are enough replications: a fixed number, or so many that every interval is narrow enough.
//!
//! Looking again and again and stopping at the first interval that is narrow enough makes intervals a little
//! too short (Law 2015, §9.4.1, on Chow and Robbins 1965); few looks and a first one not too early keep this
//! small. `tests/compare.rs` measures it.

/// How narrow an interval must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Width {
    /// Half-width in the measure's own unit.
    Absolute(f64),
    /// Half-width as a share of the baseline's value.
    Relative(f64),
}

impl Width {
    /// Whether half-widths, `None` where there is no interval, are all narrow enough.
    pub fn is_met(self, half_widths: &[Option<f64>], baseline: Option<f64>) -> bool {
        let target = match self {
            Width::Absolute(target) => Some(target),
            Width::Relative(share) => baseline.map(|value| share * value.abs()),
        };
        target.is_some_and(|target| half_widths.iter().all(|half| half.is_some_and(|half| half <= target)))
    }
}

/// How many replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// So many.
    Fixed(u32),
    /// Until every interval is that narrow, but no more than so many.
    Until(Width, u32),
}

/// Replications before the first look.
pub const FIRST_LOOK: u32 = 10;

impl Rule {
    /// Replications before the first look.
    pub fn first(self) -> u32 {
        match self {
            Rule::Fixed(n) => n,
            Rule::Until(_, most) => FIRST_LOOK.min(most),
        }
    }

    /// Replications before the look after the one at `n`; `None` if that was the last. Each look is half as
    /// many again.
    pub fn next(self, n: u32) -> Option<u32> {
        match self {
            Rule::Until(_, most) if n < most => Some((n + n.div_ceil(2)).min(most)),
            _ => None,
        }
    }

    /// The most replications there can be.
    pub fn most(self) -> u32 {
        match self {
            Rule::Fixed(n) | Rule::Until(_, n) => n,
        }
    }
}

/// Why a comparison has as many replications as it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The number was given.
    Fixed,
    /// Every interval was narrow enough.
    Narrow,
    /// The most replications were made first.
    Capped,
    /// It was interrupted.
    Interrupted,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_few_and_end_at_the_cap() {
        let rule = Rule::Until(Width::Absolute(1.0), 100);
        let looks: Vec<u32> = std::iter::successors(Some(rule.first()), |&n| rule.next(n)).collect();
        assert_eq!(looks, [10, 15, 23, 35, 53, 80, 100]);
        assert_eq!((Rule::Fixed(7).first(), Rule::Fixed(7).next(7)), (7, None));
        assert_eq!(Rule::Until(Width::Absolute(1.0), 4).first(), 4);
    }

    #[test]
    fn every_interval_must_be_there_and_narrow() {
        let width = Width::Absolute(0.1);
        assert!(width.is_met(&[Some(0.1), Some(0.0)], None) && width.is_met(&[], None));
        assert!(!width.is_met(&[Some(0.1), Some(0.2)], None) && !width.is_met(&[None], None));
        assert!(Width::Relative(0.1).is_met(&[Some(0.05)], Some(-0.5)));
        assert!(!Width::Relative(0.1).is_met(&[Some(0.0)], None));
    }
}
