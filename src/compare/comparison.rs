//! A finished comparison: whose client, which strategies, what was seen, what is concluded.

use super::measure::{MEASURES, Measure};
use super::precision::Rule;
use super::rank;
use super::trial::{Observed, Trial};
use super::verdict::{Judged, judge};
use crate::metrics::summary::Summary;
use crate::scenario::Scenario;

/// Whose client is exchanged.
#[derive(Clone, Debug)]
pub struct Whose {
    /// The org, as the file names it.
    pub org: String,
    /// Its workloads, as the file names them.
    pub workloads: Vec<String>,
}

impl Whose {
    /// Their indices in the scenario under one of the strategies, those of their fallbacks among them.
    pub fn indices(&self, scenario: &Scenario) -> Vec<usize> {
        let is_ours = |index: &usize| {
            let workload = &scenario.workloads[*index];
            let org = scenario.orgs[workload.org as usize].written();
            org.as_str() == self.org && self.workloads.iter().any(|name| name == workload.name.as_str())
        };
        (0..scenario.workloads.len()).filter(is_ours).collect()
    }
}

/// A finished comparison.
pub struct Comparison {
    /// Whose client is exchanged.
    pub whose: Whose,
    /// Its workloads under each strategy, by index.
    pub ours: Vec<Vec<usize>>,
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
            ours: trial.ours.clone(),
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

    /// What became of the requests whose client is exchanged, under one strategy.
    pub fn summary(&self, arm: usize) -> Summary {
        let mut ours = Summary::default();
        let summaries = &self.observed.results[arm].summaries;
        self.ours[arm].iter().for_each(|&index| ours.add_workload(&summaries[index]));
        ours
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
