//! Paired differences to a baseline, and who is better on the one measure that was declared beforehand.

use super::measure::{Better, MEASURES};
use crate::statistics::interval::{Interval, probability};
use crate::statistics::{holm, sign};

/// Chance of calling any strategy different that is not.
pub const ALPHA: f64 = 0.05;

/// The values of one strategy: per measure, one for each replication.
pub type Values = Vec<Vec<Option<f64>>>;

/// What is concluded of a strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is what the others are compared with.
    Baseline,
    /// Better than the baseline.
    Better,
    /// Worse.
    Worse,
    /// The replications do not tell it from the baseline.
    Undecided,
    /// A single replication tells nothing.
    Untold,
}

impl Verdict {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Baseline => "baseline",
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::Undecided => "not distinguishable",
            Verdict::Untold => "",
        }
    }
}

/// A strategy on one measure, beside the baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Mean over replications; `None` if one of them has no value.
    pub value: Option<f64>,
    /// Mean difference to the baseline; `None` if a replication has no value on either side.
    pub difference: Option<f64>,
    /// Its 95 % interval, from two replications up.
    pub interval: Option<Interval>,
    /// Replications with a value on both sides.
    pub defined: u32,
    /// How likely such a difference is where there is none.
    pub p: Option<f64>,
    /// On which side of the baseline it is: above zero if better.
    pub lead: f64,
}

impl Paired {
    /// One strategy's values beside the baseline's, replication by replication.
    ///
    /// Where all are defined this is Student's paired t. Where one is not, as when fewer than 99 % of the
    /// requests ever succeeded, there is no mean; but which of the two did better in each replication is known,
    /// since what is not defined is worse than any value: that leaves the sign test.
    pub fn of(better: Better, mine: &[Option<f64>], baseline: &[Option<f64>]) -> Paired {
        assert_eq!(mine.len(), baseline.len(), "a value of each in every replication");
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let whole = |values: &[Option<f64>]| values.iter().copied().collect::<Option<Vec<f64>>>();
        let pairs: Vec<f64> = mine.iter().zip(baseline).filter_map(|(a, b)| Some((*a)? - (*b)?)).collect();
        let orient = |difference: f64| match better {
            Better::Higher => difference,
            Better::Lower => -difference,
        };
        let (mut wins, mut losses) = (0, 0);
        for pair in mine.iter().zip(baseline) {
            match pair {
                (Some(a), Some(b)) if orient(a - b) > 0.0 => wins += 1,
                (Some(a), Some(b)) if orient(a - b) < 0.0 => losses += 1,
                (Some(_), None) => wins += 1,
                (None, Some(_)) => losses += 1,
                _ => {}
            }
        }
        let all = pairs.len() == mine.len();
        let told = mine.len() > 1;
        Paired {
            value: whole(mine).map(|values| mean(&values)),
            difference: all.then(|| mean(&pairs)),
            interval: if all { Interval::of(&pairs) } else { None },
            defined: pairs.len() as u32,
            p: if all { probability(&pairs) } else { told.then(|| sign::probability(wins, losses)) },
            lead: if all { orient(mean(&pairs)) } else { f64::from(wins) - f64::from(losses) },
        }
    }
}

/// A strategy against the baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Per measure.
    pub paired: Vec<Paired>,
    /// On the primary measure.
    pub verdict: Verdict,
    /// The probability behind it, adjusted for the number of strategies (Holm 1979).
    pub p_holm: Option<f64>,
}

/// Every strategy against the one at `baseline`, with verdicts on the measure at `primary` alone.
pub fn judge(values: &[Values], baseline: usize, primary: usize) -> Vec<Judged> {
    let paired = |mine: &Values| -> Vec<Paired> {
        let all = MEASURES.iter().zip(mine.iter().zip(&values[baseline]));
        all.map(|(measure, (mine, theirs))| Paired::of(measure.better, mine, theirs)).collect()
    };
    let mut judged: Vec<Judged> = values
        .iter()
        .map(|mine| Judged { paired: paired(mine), verdict: Verdict::Untold, p_holm: None })
        .collect();
    let tested: Vec<usize> =
        (0..judged.len()).filter(|&arm| arm != baseline && judged[arm].paired[primary].p.is_some()).collect();
    let p: Vec<f64> = tested.iter().filter_map(|&arm| judged[arm].paired[primary].p).collect();
    for (&arm, p_holm) in tested.iter().zip(holm::adjusted(&p)) {
        let lead = judged[arm].paired[primary].lead;
        judged[arm].p_holm = Some(p_holm);
        judged[arm].verdict = match p_holm <= ALPHA {
            true if lead > 0.0 => Verdict::Better,
            true if lead < 0.0 => Verdict::Worse,
            _ => Verdict::Undecided,
        };
    }
    judged[baseline].verdict = Verdict::Baseline;
    judged
}
