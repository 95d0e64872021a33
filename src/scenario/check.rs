//! Thresholds on the summary: `[[checks]] metric = "time_to_success_p99_s" max = "10 s"`.

use super::{Scenario, Workload};
use crate::metrics::metric::{self, METRICS, Metric, Unit};
use crate::metrics::summary::Summary;
use crate::read::{Form, Table, nearest};
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

/// What a check found.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The metric's value; `None` where it is not defined, which fails the check.
    pub observed: Option<f64>,
    /// Whether it holds.
    pub passed: bool,
}

impl Check {
    /// Read a check; orgs and models are looked up by name. `is_there` says whether any workload is of such an
    /// org, name and model.
    pub fn read(
        table: &mut Table,
        orgs: impl Fn(&str) -> Vec<u32>,
        is_there: impl Fn(Option<&Party>, Option<&str>, Option<u32>) -> bool,
        model: impl Fn(&str) -> Option<u32>,
    ) -> Option<Check> {
        let named = table.text("metric");
        let metric = METRICS.iter().position(|m| m.name == named);
        if metric.is_none() && table.clean() {
            let names = METRICS.iter().map(|m| m.name);
            let help = nearest(&named, names).map(|near| format!("did you mean `{near}`?"));
            table.error_at("metric", format!("there is no metric `{named}`"), help);
        }
        let unit = metric.map_or(Unit::Ratio, |i| METRICS[i].unit);
        let [min, max] = ["min", "max"].map(|key| read_bound(table, key, unit));
        let mut found = |key: &str, look: &dyn Fn(&str) -> Vec<u32>| {
            let name = table.opt_text(key)?;
            let found = look(&name);
            if found.is_empty() {
                table.error_at(key, format!("there is no {key} `{name}` in this scenario"), None);
                return None;
            }
            Some(Party { name, orgs: found })
        };
        let org = found("org", &orgs);
        let model = found("model", &|name| model(name).into_iter().collect()).map(|found| found.orgs[0]);
        let workload = table.opt_text("workload");
        if let Some(name) = workload.as_ref().filter(|name| !is_there(org.as_ref(), Some(name), None)) {
            table.error_at("workload", format!("there is no workload `{name}` there"), None);
        } else if table.clean() && !is_there(org.as_ref(), workload.as_deref(), model) {
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
