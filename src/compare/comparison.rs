//! A finished comparison: whose client, which strategies, what was seen, what is concluded.

use super::measure::{MEASURES, Measure};
use super::precision::Rule;
use super::rank;
use super::trial::{Observed, Trial};
use super::verdict::{Judged, judge};

/// Whose client is exchanged.
#[derive(Clone, Debug)]
pub struct Whose {
    /// The org, as the file names it.
    pub org: String,
    /// Its workloads, as the file names them.
    pub workloads: Vec<String>,
    /// Their indices in the scenario.
    pub indices: Vec<usize>,
}

/// A finished comparison.
pub struct Comparison {
    /// Whose client is exchanged.
    pub whose: Whose,
    /// The strategies' names, in the order given.
    pub labels: Vec<String>,
    /// The one the others are compared with.
    pub baseline: usize,
    /// The measure that decides, by its place in [`MEASURES`].
    pub primary: usize,
    /// How many replications were asked for.
    pub rule: Rule,
    /// What was seen.
    pub observed: Observed,
    /// What is concluded, per strategy.
    pub judged: Vec<Judged>,
    /// The strategies from best to worst.
    pub order: Vec<usize>,
    /// Those not told from the best.
    pub rivals: Vec<usize>,
    /// The same under other limit laws.
    pub laws: Vec<UnderLaw>,
}

/// The comparison repeated under another limit law.
pub struct UnderLaw {
    /// The law's or limit block's name.
    pub law: String,
    /// Replications of each strategy.
    pub replications: u32,
    /// What is concluded, per strategy.
    pub judged: Vec<Judged>,
    /// The strategies from best to worst.
    pub order: Vec<usize>,
    /// Whether no strategy is better than the one that is best as the scenario stands.
    pub holds: bool,
}

impl Comparison {
    /// Conclude from what was seen.
    pub fn conclude(
        trial: &Trial,
        whose: Whose,
        labels: Vec<String>,
        rule: Rule,
        observed: Observed,
    ) -> Comparison {
        let order = rank::order(&observed.values, trial.primary);
        Comparison {
            judged: judge(&observed.values, trial.baseline, trial.primary),
            rivals: rank::rivals(&observed.values, order[0], trial.primary),
            order,
            whose,
            labels,
            baseline: trial.baseline,
            primary: trial.primary,
            rule,
            observed,
            laws: Vec::new(),
        }
    }

    /// Add what was seen under another law.
    pub fn add_law(&mut self, law: String, observed: &Observed) {
        self.laws.push(UnderLaw {
            law,
            replications: observed.replications,
            judged: judge(&observed.values, self.baseline, self.primary),
            order: rank::order(&observed.values, self.primary),
            holds: rank::holds(&observed.values, self.best(), self.primary),
        });
    }

    /// The best strategy.
    pub fn best(&self) -> usize {
        self.order[0]
    }

    /// The measure that decides.
    pub fn measure(&self) -> &'static Measure {
        &MEASURES[self.primary]
    }

    /// Whether any strategy has a value of a measure in any replication.
    pub fn is_measured(&self, measure: usize) -> bool {
        self.observed.values.iter().any(|values| values[measure].iter().any(Option::is_some))
    }
}
