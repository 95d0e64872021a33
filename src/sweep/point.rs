//! One point computed: a scenario, its replications, and the numbers kept of them.

use super::plan::{Plan, Point};
use super::quantity::Quantity;
use crate::digest::sha256;
use crate::error::Error;
use crate::metrics::summary::Summary;
use crate::output::manifest::command_line;
use crate::replications::{Record as Replication, Watch, run_one};
use crate::scenario::Scenario;
use crate::scenario::limits::{Excess, PER_THREAD};
use crate::scenario::loading::{LoadError, Source};
use crate::statistics::interval::Interval;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A number kept of a point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Over all replications together, as `run` tells it; `None` where it is not defined.
    pub value: Option<f64>,
    /// Low end of the 95 % interval of its mean over replications (Student's t); `None` of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// High end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

/// A finished point; keys in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The plan it is of; empty of a point that is in no plan.
    pub plan: String,
    /// Its number; `None` of a point that is in no plan.
    pub point: Option<usize>,
    /// The level of each axis, or the values that were asked for.
    pub axes: Map<String, Value>,
    /// The seed.
    pub seed: u64,
    /// Replications.
    pub replications: u32,
    /// Simulated requests, of all replications.
    pub requests: u64,
    /// What is kept, by name.
    pub values: BTreeMap<String, Kept>,
    /// Why there is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Of a point that failed: the command that shows it again, in the store's folder `scenario`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

impl Record {
    /// One line of JSON, then the SHA-256 of that line: what was cut short on its way is told from what is whole.
    pub fn to_text(&self) -> String {
        let line = self.to_line();
        format!("{line}\n{}\n", sha256(line.as_bytes()))
    }

    /// One line of JSON.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("text and finite numbers serialize")
    }

    /// Read the text back; `None` if it is not whole.
    pub fn from_text(text: &[u8]) -> Option<Record> {
        let text = std::str::from_utf8(text).ok()?;
        let (line, hash) = text.strip_suffix('\n')?.split_once('\n')?;
        (sha256(line.as_bytes()) == hash).then(|| serde_json::from_str(line).ok())?
    }

    /// A number kept.
    pub fn value(&self, quantity: &Quantity) -> Option<f64> {
        self.values.get(&quantity.name())?.value
    }
}

/// Compute a point of a plan whose fingerprint is `id`; `None` if it was stopped.
pub fn compute(plan: &Plan, id: &str, source: &Source, point: &Point, watch: &dyn Watch) -> Option<Record> {
    let named = plan.axes.iter().zip(&point.levels);
    let axes = named.map(|(axis, level)| (axis.name.clone(), level.label.as_str().into())).collect();
    let mut record = simulate(plan, source, &plan.assignments(point), watch)?;
    (record.plan, record.point, record.axes) = (id.to_owned(), Some(point.number), axes);
    Some(record)
}

/// Simulate the scenario of a plan with these assignments; `None` if it was stopped.
pub fn simulate(
    plan: &Plan,
    source: &Source,
    sets: &[(String, String)],
    watch: &dyn Watch,
) -> Option<Record> {
    let blank = Record {
        plan: String::new(),
        point: None,
        axes: Map::new(),
        seed: plan.seed,
        replications: plan.replications,
        requests: 0,
        values: BTreeMap::new(),
        error: None,
        command: None,
    };
    let failed =
        |what: String| Record { error: Some(what), command: Some(command(plan, sets)), ..blank.clone() };
    let loaded = match source.load(sets, plan.limits()) {
        Ok(loaded) => loaded,
        Err(LoadError::Problems(problems)) => {
            return Some(failed(problems.render(false).trim_end().to_owned()));
        }
        Err(LoadError::File(error)) => return Some(failed(error.to_string())),
    };
    let run = &loaded.scenario.run;
    let (seed, replications) = (run.seed, run.replications);
    // A defect in one point must not cost the others.
    match catch_unwind(AssertUnwindSafe(|| values(&loaded.scenario, &plan.quantities(), watch))) {
        Ok(Ok(found)) => {
            found.map(|(requests, values)| Record { seed, replications, requests, values, ..blank })
        }
        Ok(Err(excess)) => {
            let told = Error::beyond(excess.told()).to_string();
            Some(Record { seed, replications, ..failed(told.trim_end().to_owned()) })
        }
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
            Some(Record { seed, replications, ..failed(format!("internal error: {text}")) })
        }
    }
}

/// Simulated requests, and every quantity by name.
type Numbers = (u64, BTreeMap<String, Kept>);

/// The numbers of a point; `None` if a replication was stopped, an error if one went beyond a limit.
fn values(
    scenario: &Scenario,
    quantities: &[Quantity],
    watch: &dyn Watch,
) -> Result<Option<Numbers>, Excess> {
    let mut merged: Vec<Summary> = Vec::new();
    let mut each: Vec<Vec<Option<f64>>> = vec![Vec::new(); quantities.len()];
    let numbers: Vec<u64> = (0..u64::from(scenario.run.replications)).collect();
    for numbers in numbers.chunks(PER_THREAD * rayon::current_num_threads()) {
        let replications: Vec<Replication> =
            numbers.par_iter().map(|&number| run_one(scenario, number, watch, None)).collect();
        for replication in replications {
            if let Some(excess) = replication.excess() {
                return Err(excess);
            }
            if !replication.finished() {
                return Ok(None);
            }
            let summaries = replication.summaries();
            for (values, quantity) in each.iter_mut().zip(quantities) {
                values.push(quantity.value(scenario, summaries));
            }
            merged.resize_with(summaries.len(), Summary::default);
            merged.iter_mut().zip(summaries).for_each(|(all, one)| all.add_replication(one));
        }
    }
    let requests = merged.iter().map(|summary| summary.account.requests).sum();
    let kept = quantities.iter().zip(each).map(|(quantity, each)| {
        let defined: Option<Vec<f64>> = each.into_iter().collect();
        let interval = defined.and_then(|values| Interval::of(&values));
        let value = quantity.value(scenario, &merged);
        (quantity.name(), Kept { value, low: interval.map(|i| i.low), high: interval.map(|i| i.high) })
    });
    Ok(Some((requests, kept.collect())))
}

/// The command that runs a point alone.
pub fn command(plan: &Plan, sets: &[(String, String)]) -> String {
    let mut words = vec!["run".to_owned(), plan.scenario.clone()];
    words.extend(sets.iter().flat_map(|(path, value)| ["--set".to_owned(), format!("{path}={value}")]));
    command_line(words.iter().map(String::as_str))
}
