//! The files a comparison's charts are drawn from, parsed and checked.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::data::{Summary, read_json, read_summary};
use super::super::error::ChartError;
use super::super::table::{Layout, NUMBER_MAX, Names, Table};
use super::super::theme::{STRATEGIES, Stroke};

/// The bytes of a comparison's files.
#[derive(Debug, Clone, Copy)]
pub struct ComparisonFiles<'a> {
    /// `compare.json`
    pub conclusion: &'a [u8],
    /// `compare_time_to_success.csv`
    pub curves: &'a [u8],
    /// `compare_rates.csv`
    pub rates: &'a [u8],
}

const FILE: &str = "compare.json";

const CURVES: Layout = Layout {
    file: "compare_time_to_success.csv",
    keys: &["strategy"],
    numbers: &["time_s", "succeeded_share"],
    optional: &[],
    newer: &[],
};

const RATES: Layout = Layout {
    file: "compare_rates.csv",
    keys: &["strategy", "org", "model"],
    numbers: &["time_s", "attempts", "ok_200"],
    optional: &["dynamic_rate_rpm"],
    newer: &[],
};

/// What `compare.json` concludes; keys beyond these are passed over.
#[derive(Debug, Clone, Deserialize)]
pub struct Conclusion {
    /// The org whose client is exchanged.
    pub org: String,
    /// Its workloads.
    pub workloads: Vec<String>,
    /// The measure that decides.
    pub metric: String,
    /// What the others are compared with.
    pub baseline: String,
    /// The strategies' names from best to worst.
    pub ranking: Vec<String>,
    /// The strategies.
    pub strategies: Vec<Told>,
}

/// What is told of a strategy.
#[derive(Debug, Clone, Deserialize)]
pub struct Told {
    /// Its name.
    pub strategy: String,
    /// On the primary measure.
    #[serde(default)]
    pub verdict: String,
    /// Per measure.
    pub metrics: BTreeMap<String, Measured>,
    /// What became of requests and attempts, per replication.
    pub outcomes: BTreeMap<String, f64>,
}

/// A measure of a strategy.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Measured {
    /// Mean over replications.
    pub value: Option<f64>,
    /// Mean difference to the baseline.
    pub diff: Option<f64>,
    /// Low end of its interval.
    pub low: Option<f64>,
    /// High end.
    pub high: Option<f64>,
}

/// Everything a chart of a comparison may use.
#[derive(Debug)]
pub struct ComparisonData {
    /// What was simulated.
    pub summary: Summary,
    /// What is concluded; its strategies are in the order of the ranking.
    pub conclusion: Conclusion,
    /// Names in both tables.
    pub names: Names,
    /// One curve per strategy.
    pub curves: Table,
    /// Rates per bin, strategy, org and model.
    pub rates: Table,
}

impl ComparisonData {
    /// Parses and checks the files.
    ///
    /// # Errors
    /// A [`ChartError`] naming file, line and column of the first thing wrong.
    pub fn read(files: &ComparisonFiles<'_>) -> Result<ComparisonData, ChartError> {
        let summary = read_summary(FILE, files.conclusion)?;
        let mut conclusion: Conclusion = read_json(FILE, files.conclusion)?;
        check(&conclusion, summary.replications)?;
        let rank = |told: &Told| conclusion.ranking.iter().position(|name| *name == told.strategy);
        let mut ranked: Vec<(Option<usize>, Told)> =
            conclusion.strategies.iter().map(|told| (rank(told), told.clone())).collect();
        if ranked.iter().any(|(rank, _)| rank.is_none()) || ranked.is_empty() {
            return Err(ChartError::column(FILE, "ranking", "does not name every strategy"));
        }
        ranked.sort_by_key(|(rank, _)| *rank);
        conclusion.strategies = ranked.into_iter().map(|(_, told)| told).collect();
        let mut names = Names::default();
        Ok(ComparisonData {
            curves: Table::read(&CURVES, files.curves, &mut names)?,
            rates: Table::read(&RATES, files.rates, &mut names)?,
            summary,
            conclusion,
            names,
        })
    }

    /// The strategies from best to worst.
    pub fn strategies(&self) -> &[Told] {
        &self.conclusion.strategies
    }

    /// The primary measure of a strategy.
    pub fn primary(&self, told: &Told) -> Measured {
        told.metrics.get(&self.conclusion.metric).copied().unwrap_or_default()
    }

    /// The baseline.
    pub fn baseline(&self) -> &Told {
        let is_baseline = |told: &&Told| told.strategy == self.conclusion.baseline;
        self.strategies().iter().find(is_baseline).unwrap_or(&self.strategies()[0])
    }

    /// Whose client is exchanged, in a remark.
    pub fn whose(&self) -> String {
        format!("client of {}/{} exchanged", self.conclusion.org, self.conclusion.workloads.join(", "))
    }
}

/// The line of a strategy by its rank; none beyond as many as can be told apart.
pub fn stroke(rank: usize) -> Option<Stroke> {
    let (colour, dash) = *STRATEGIES.get(rank)?;
    Some(Stroke { colour, width: 2.0, dash })
}

impl Told {
    /// A count of its outcomes.
    pub fn count(&self, name: &str) -> f64 {
        self.outcomes.get(name).copied().unwrap_or(0.0)
    }
}

/// Every number within what a drawing can hold.
fn check(conclusion: &Conclusion, replications: u64) -> Result<(), ChartError> {
    let bounded = |value: f64| value.abs() <= NUMBER_MAX;
    // Outcomes are means of whole counts; what is divided by them stays finite.
    let least = (1.0 - 1e-9) / replications as f64;
    for told in &conclusion.strategies {
        let measured = told.metrics.values();
        let numbers = measured.flat_map(|m| [m.value, m.diff, m.low, m.high]).flatten();
        if !numbers.chain(told.outcomes.values().copied()).all(bounded) {
            return Err(ChartError::column(FILE, "metrics", "a number beyond 1e15"));
        }
        if told.outcomes.values().any(|&count| count != 0.0 && count < least) {
            return Err(ChartError::column(FILE, "outcomes", "no mean of counts"));
        }
    }
    Ok(())
}
