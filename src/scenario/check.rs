//! Thresholds on the summary: `[[checks]] metric = "time_to_success_p99_s" max = "10 s"`.

use super::incidents::written;
use super::{Org, Scenario, Workload};
use crate::metrics::metric::{self, METRICS, Metric, Unit};
use crate::metrics::summary::Summary;
use crate::platform::config::ModelConfig;
use crate::read::{Form, Table, did_you_mean};
use crate::units::{Quantity, parse_rate, parse_span};

/// A threshold, type-checked.
#[derive(Clone, Debug)]
pub struct Check {
    /// The org it looks at, or the population and all its groups.
    pub org: Option<Party>,
    /// The workload it looks at, by name.
    pub workload: Option<String>,
    /// The model it looks at.
    pub model: Option<u32>,
    /// Index of its metric in [`METRICS`].
    pub metric: usize,
    /// The least allowed, in the metric's unit.
    pub min: Option<f64>,
    /// The most allowed.
    pub max: Option<f64>,
}

/// Whom a check looks at.
#[derive(Clone, Debug)]
pub struct Party {
    /// The name of the org or of the population.
    pub name: String,
    /// The org, or the groups of the population.
    pub orgs: Vec<u32>,
}

/// Whom checks may look at.
#[derive(Clone, Copy, Debug)]
pub struct Cast<'a> {
    /// The models of the file, in order of their names.
    pub models: &'a [ModelConfig],
    /// The orgs.
    pub orgs: &'a [Org],
    /// The workloads; none where there are errors, which are told already.
    pub workloads: &'a [Workload],
}

impl Cast<'_> {
    /// The org, population or group of a population of this name; `None` after an error was recorded.
    fn party(&self, table: &Table, name: String) -> Option<Party> {
        let mut orgs = written(&name, self.orgs);
        if orgs.is_empty() {
            let group = self.orgs.iter().position(|org| org.name.as_str() == name);
            orgs.extend(group.map(|index| index as u32));
        }
        if orgs.is_empty() {
            let names = self.orgs.iter().flat_map(|org| [org.written().as_str(), org.name.as_str()]);
            let help = help(&name, "orgs", names);
            table.error_at("org", format!("there is no org `{name}` in this scenario"), help);
            return None;
        }
        Some(Party { name, orgs })
    }

    /// The index of the model of this name; `None` after an error was recorded.
    fn model(&self, table: &Table, name: &str) -> Option<u32> {
        let found = self.models.binary_search_by(|model| model.name.as_str().cmp(name)).ok();
        if found.is_none() {
            let help = help(name, "models", self.models.iter().map(|model| model.name.as_str()));
            table.error_at("model", format!("there is no model `{name}` in this scenario"), help);
        }
        found.map(|index| index as u32)
    }

    /// Whether any workload is of such an org, name and model.
    fn is_there(&self, party: Option<&Party>, name: Option<&str>, model: Option<u32>) -> bool {
        let mut workloads = self.workloads.iter();
        // What the workloads lack has been said already.
        self.workloads.is_empty()
            || workloads.any(|w| {
                party.is_none_or(|party| party.orgs.contains(&w.org))
                    && model.is_none_or(|model| model == w.model)
                    && name.is_none_or(|name| name == w.name.as_str())
            })
    }
}

/// Names told of those that there are.
const NAMES_MOST: usize = 8;

/// What may have been meant by a name, or the names that there are.
fn help<'a>(name: &str, what: &str, names: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    did_you_mean(name, names.clone(), quoted).or_else(|| {
        let mut known: Vec<&str> = Vec::new();
        names.for_each(|name| {
            if !known.contains(&name) && known.len() < NAMES_MOST {
                known.push(name)
            }
        });
        (!known.is_empty()).then(|| format!("the {what} are: {}", known.join(", ")))
    })
}

fn quoted(name: &str) -> String {
    format!("`{name}`")
}

/// What a check found.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The metric's value; `None` where it is not defined, which fails the check.
    pub observed: Option<f64>,
    /// Whether it holds.
    pub passed: bool,
}

impl Check {
    /// Read a check of this cast.
    pub fn read(table: &mut Table, cast: &Cast) -> Option<Check> {
        let named = table.text("metric");
        let metric = METRICS.iter().position(|m| m.name == named);
        if metric.is_none() && table.clean() {
            let names = METRICS.iter().map(|m| m.name);
            let help = did_you_mean(&named, names, quoted);
            table.error_at("metric", format!("there is no metric `{named}`"), help);
        }
        let unit = metric.map_or(Unit::Ratio, |i| METRICS[i].unit);
        let [min, max] = ["min", "max"].map(|key| read_bound(table, key, unit));
        let org = table.opt_text("org").and_then(|name| cast.party(table, name));
        let model = table.opt_text("model").and_then(|name| cast.model(table, &name));
        let workload = table.opt_text("workload");
        let is_there = |name, model| cast.is_there(org.as_ref(), name, model);
        if let Some(name) = workload.as_ref().filter(|name| !is_there(Some(name.as_str()), None)) {
            let mine = |w: &&Workload| org.as_ref().is_none_or(|party| party.orgs.contains(&w.org));
            let names = cast.workloads.iter().filter(mine).map(|w| w.name.as_str());
            let help = help(name, "workloads", names);
            table.error_at("workload", format!("there is no workload `{name}` there"), help);
        } else if table.clean() && !is_there(workload.as_deref(), model) {
            table.error_at("model", "no workload the check looks at asks for this model", None);
        }
        if let (true, Unit::Share, Some(min)) = (table.clean(), unit, min.filter(|min| *min > 1.0)) {
            table.error_at("min", format!("a share is at most 1, not {min}: no value can pass"), None);
        } else if let (true, Some(max)) = (table.clean(), max.filter(|max| *max < 0.0)) {
            table.error_at("max", format!("no metric is below 0, as {max} is: no value can pass"), None);
        } else if table.clean() && min.is_none() && max.is_none() {
            table.error_here("a check needs `min` or `max`", None);
        } else if table.clean() && min.zip(max).is_some_and(|(min, max)| min > max) {
            table.error_at("min", "`min` is above `max`: no value can pass", None);
        }
        Some(Check { org, workload, model, metric: metric?, min, max })
    }

    /// The metric it looks at.
    pub fn metric(&self) -> &'static Metric {
        &metric::METRICS[self.metric]
    }

    /// Whether it looks at a workload.
    pub fn looks_at(&self, workload: &Workload) -> bool {
        self.org.as_ref().is_none_or(|party| party.orgs.contains(&workload.org))
            && self.model.is_none_or(|model| model == workload.model)
            && self.workload.as_ref().is_none_or(|name| name == workload.name.as_str())
    }

    /// The row it looks at: all workloads that match, together.
    pub fn row(&self, scenario: &Scenario, summaries: &[Summary]) -> Summary {
        let mut row = Summary::default();
        let (mut pair, mut one_pair, mut dynamic) = (None, true, None);
        for (workload, summary) in scenario.workloads.iter().zip(summaries) {
            if self.looks_at(workload) {
                row.add_workload(summary);
                // Workloads of one org on one model share their dynamic rate.
                one_pair &= *pair.get_or_insert(workload.pair) == workload.pair;
                // In the batch lane there is none.
                row.dynamic = summary.dynamic.or(dynamic).filter(|_| one_pair);
                dynamic = row.dynamic;
            }
        }
        row
    }

    /// Judge the summaries.
    pub fn judge(&self, scenario: &Scenario, summaries: &[Summary]) -> Verdict {
        let observed = (self.metric().value)(&self.row(scenario, summaries));
        let within = |x: f64| self.min.is_none_or(|min| x >= min) && self.max.is_none_or(|max| x <= max);
        Verdict { observed, passed: observed.is_some_and(within) }
    }

    /// The check in words: `steady: success_share at least 0.99`.
    pub fn describe(&self, scenario: &Scenario) -> String {
        let mut whom: Vec<&str> = Vec::new();
        whom.extend(self.org.as_ref().map(|party| party.name.as_str()));
        whom.extend(self.workload.as_deref());
        whom.extend(self.model.map(|model| scenario.models[model as usize].name.as_str()));
        let whom = if whom.is_empty() { "all".to_owned() } else { whom.join("/") };
        let min = self.min.map(|min| format!("at least {min}"));
        let max = self.max.map(|max| format!("at most {max}"));
        let bounds = [min, max].into_iter().flatten().collect::<Vec<_>>().join(" and ");
        format!("{whom}: {} {bounds}", self.metric().name)
    }
}

/// A bound in the metric's unit.
fn read_bound(table: &mut Table, key: &str, unit: Unit) -> Option<f64> {
    match table.form(key) {
        Form::Number(number) => Some(number.number()),
        Form::Text(text) => {
            let parsed = parse_bound(&text.text(), unit);
            parsed.map_err(|message| table.error_at(key, message, None)).ok()
        }
        _ => None,
    }
}

fn parse_bound(text: &str, unit: Unit) -> Result<f64, String> {
    match unit {
        Unit::Seconds => parse_span(text).map(|span| span.as_secs_f64()),
        Unit::RequestsPerMinute => parse_rate(text, Quantity::Requests).map(|rate| rate.per_min()),
        Unit::TokensPerMinute => parse_rate(text, Quantity::Tokens).map(|rate| rate.per_min()),
        Unit::Share => match text.strip_suffix('%').map(|percent| percent.trim().parse::<f64>()) {
            Some(Ok(percent)) if percent.is_finite() => Ok(percent / 100.0),
            _ => Err("a share is a number from 0 to 1, or text such as \"99 %\"".into()),
        },
        Unit::Count | Unit::Ratio | Unit::Usd => Err("this metric has no unit: give a bare number".into()),
    }
}
