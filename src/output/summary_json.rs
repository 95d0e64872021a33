//! `summary.json`: the summary with what was simulated, causes, checks and intervals over replications.

use super::rows::{intervals, summary_rows};
use super::spend;
use crate::metrics::metric::{METRICS, Unit};
use crate::metrics::summary::Summary;
use crate::platform::autoscaler::{Autoscaler, Scaler as _};
use crate::platform::incident::Harm;
use crate::replications::Results;
use crate::scenario::loading::Loaded;
use crate::scenario::{Crowd, Org, Scenario};
use crate::units::SimTime;
use serde_json::{Map, Value, json};

/// The text of `summary.json`: indented by two spaces, keys in a fixed order, no value that is not defined.
pub fn text(loaded: &Loaded, results: &Results) -> String {
    let scenario = &loaded.scenario;
    let mut document = head(loaded, results);
    let rest = json!({
        "rows": rows(scenario, results),
        "totals": metrics(&results.total),
        "orgs": spend::orgs(scenario, results).iter().map(|party| spent("org", party)).collect::<Vec<_>>(),
        "keys": spend::keys(scenario, results).iter().map(|party| spent("key", party)).collect::<Vec<_>>(),
        "lanes": spend::lanes(scenario, results).iter().map(|party| spent("lane", party)).collect::<Vec<_>>(),
        "checks": checks(scenario, results),
    });
    document.extend(rest.as_object().cloned().unwrap_or_default());
    let groups = groups(scenario);
    if !groups.is_empty() {
        document.insert("groups".to_owned(), groups.into());
    }
    printed(document)
}

/// What was simulated: the first keys of a result's JSON.
pub(super) fn head(loaded: &Loaded, results: &Results) -> Map<String, Value> {
    let scenario = &loaded.scenario;
    let run = &scenario.run;
    let head = json!({
        "ratetide": env!("CARGO_PKG_VERSION"),
        "scenario": loaded.stem,
        "title": scenario.title,
        "seed": run.seed,
        "replications": results.replications,
        "complete": results.finished,
        "duration_s": run.duration.as_secs_f64(),
        "warmup_s": run.warmup.as_secs_f64(),
        "drain_s": run.drain.as_secs_f64(),
        "interval_s": run.interval.as_secs_f64(),
        "models": models(scenario, results),
        "causes": causes(scenario),
    });
    head.as_object().cloned().unwrap_or_default()
}

/// The text of a JSON file.
pub fn printed(document: Map<String, Value>) -> String {
    let mut text =
        serde_json::to_string_pretty(&Value::Object(document)).expect("names and finite numbers serialize");
    text.push('\n');
    text
}

/// The orgs that are groups of a population's members.
fn groups(scenario: &Scenario) -> Vec<Value> {
    let of = |org: &Org| {
        let Crowd { population, group } = org.crowd.as_ref()?;
        Some(json!({
            "org": org.name.as_str(), "population": population.as_str(),
            "members": group.members, "demand_share": number(group.share()),
        }))
    };
    scenario.orgs.iter().filter_map(of).collect()
}

/// A number rounded to six decimals, whole where it is whole: as in the tables.
pub fn number(value: f64) -> Value {
    let text = super::table::number(value);
    match text.parse::<i64>() {
        Ok(whole) => json!(whole),
        Err(_) => json!(text.parse::<f64>().expect("a number of a table is a number")),
    }
}

/// All defined metrics of a row.
fn metrics(summary: &Summary) -> Map<String, Value> {
    let defined = METRICS.iter().filter_map(|metric| {
        let value = (metric.value)(summary)?;
        let value = if metric.unit == Unit::Count { value.max(0.0) } else { value };
        Some((metric.name.to_owned(), number(value)))
    });
    defined.collect()
}

fn rows(scenario: &Scenario, results: &Results) -> Vec<Value> {
    summary_rows(scenario, results)
        .enumerate()
        .map(|(index, ([org, workload, model], summary))| {
            let mut row = Map::new();
            row.insert("org".into(), org.into());
            row.insert("workload".into(), workload.into());
            row.insert("model".into(), model.into());
            // The last row is of no workload.
            if let Some(plan) = scenario.workloads.get(index) {
                row.insert("key".into(), plan.key.as_str().into());
                row.insert("lane".into(), plan.lane.word().into());
                if plan.is_batch() {
                    row.insert("jobs".into(), jobs(summary));
                }
                if plan.pool != plan.model {
                    let pool = scenario.models[plan.pool as usize].name.as_str();
                    row.insert("pool".into(), pool.into());
                }
            }
            row.append(&mut metrics(summary));
            if results.replications > 1 {
                row.insert("intervals_95".into(), row_intervals(results, index));
            }
            Value::Object(row)
        })
        .collect()
}

/// What is said of an org, a key or a lane.
const SPENT: [&str; 11] = [
    "requests",
    "succeeded",
    "success_share",
    "prompt_tokens",
    "output_tokens",
    "time_to_success_p99_s",
    "cost_usd",
    "wasted_tokens",
    "wasted_cost_usd",
    "cost_per_million_tokens_usd",
    "cost_per_success_usd",
];

/// A party's sums.
fn spent(what: &str, party: &spend::Party) -> Value {
    let mut row = Map::new();
    row.extend(party.org.map(|org| ("org".to_owned(), org.into())));
    row.insert(what.to_owned(), party.name.into());
    let all = metrics(&party.summary);
    row.extend(SPENT.iter().filter_map(|&name| Some((name.to_owned(), all.get(name)?.clone()))));
    Value::Object(row)
}

/// What became of a workload's batch jobs: means per run.
fn jobs(summary: &Summary) -> Value {
    let (jobs, n) = (&summary.jobs, f64::from(summary.replications.max(1)));
    let mean = |count: u64| number(count as f64 / n);
    json!({
        "waiting": mean(jobs.waiting),
        "submitted": mean(jobs.submitted),
        "done": mean(jobs.done),
        "partly_expired": mean(jobs.partly_expired),
        "open": mean(jobs.open()),
        "requests": mean(jobs.requests),
        "requests_done": mean(jobs.requests_done),
        "requests_expired": mean(jobs.requests_expired),
    })
}

/// The 95 % interval of every metric that is defined in each replication.
fn row_intervals(results: &Results, row: usize) -> Value {
    let named = METRICS.iter().zip(intervals(results, row));
    let present = named.filter_map(|(metric, interval)| {
        let interval = interval?;
        let ends = json!({
            "mean": number(interval.mean), "low": number(interval.low), "high": number(interval.high)
        });
        Some((metric.name.to_owned(), ends))
    });
    Value::Object(present.collect())
}

fn models(scenario: &Scenario, results: &Results) -> Vec<Value> {
    let of = |(index, model): (usize, &crate::platform::config::ModelConfig)| {
        let bins = (0..results.capacity.len()).map(|bin| results.capacity.get(bin, index));
        let seen = bins.filter(|bin| bin.sampled > 0);
        let ready = seen.map(|bin| bin.replicas[0] as f64 / f64::from(bin.sampled));
        let (min, max) = ready.fold((f64::INFINITY, 0.0_f64), |(min, max), r| (min.min(r), max.max(r)));
        let min = min.min(max);
        json!({
            "model": model.name.as_str(),
            "law": model.policy.law.describe(),
            "enforcement": model.policy.enforcement.word(),
            "autoscaled": model.autoscaler.interval().is_some(),
            "forecast_horizon_s": horizon_s(&model.autoscaler),
            "replicas_min": number(min),
            "replicas_max": number(max),
            "utilization_mean": number(utilization(scenario, results, index)),
        })
    };
    scenario.models.iter().enumerate().map(of).collect()
}

/// How far ahead an autoscaler forecasts, where it does.
fn horizon_s(autoscaler: &Autoscaler) -> Option<f64> {
    match autoscaler {
        Autoscaler::Predictive(predictive) => Some(predictive.horizon.as_secs_f64()),
        _ => None,
    }
}

/// Mean utilisation of a model over the traffic after the warm-up, in whole bins: those that reach into it.
pub fn utilization(scenario: &Scenario, results: &Results, model: usize) -> f64 {
    let (from, to) = (scenario.run.warmup, scenario.run.duration);
    let bins = (0..results.capacity.len()).filter(|&bin| {
        let start = results.capacity.start(bin) - SimTime::ZERO;
        start.saturating_add(scenario.run.interval) > from && start < to
    });
    let (mut sum, mut length_ns) = (0.0, 0.0);
    for bin in bins {
        sum += results.capacity.get(bin, model).integrals[1];
        let start = results.capacity.start(bin);
        let end = SimTime::ZERO + to + scenario.run.drain;
        length_ns += (start.saturating_add(scenario.run.interval).min(end) - start).as_ns() as f64;
    }
    if length_ns == 0.0 { 0.0 } else { sum / length_ns / f64::from(results.replications) }
}

/// Bursts and incidents: what a chart shades.
fn causes(scenario: &Scenario) -> Vec<Value> {
    let end = SimTime::ZERO + scenario.run.duration + scenario.run.drain;
    let cause = |start: SimTime, until: SimTime, label: String, model: Option<&str>, org: Option<&str>| {
        json!({
            "start_s": number(start.as_secs_f64()),
            "end_s": number(until.min(end).as_secs_f64()),
            "label": label, "model": model, "org": org,
        })
    };
    let traffic_end = SimTime::ZERO + scenario.run.duration;
    let bursts = scenario.workloads.iter().flat_map(|w| {
        let org = &scenario.orgs[w.org as usize];
        // Groups of a population burst together, under its name.
        let (whose, org) = (org.written(), org.name.as_str());
        let model = scenario.models[w.model as usize].name.as_str();
        w.profile.stretches(BURST_FACTOR).into_iter().map(move |s| {
            cause(s.start, s.end.min(traffic_end), format!("{whose} {}", s.label), Some(model), Some(org))
        })
    });
    let incidents = scenario.incidents.iter().map(|incident| {
        let model = scenario.models[incident.model as usize].name.as_str();
        let label = match incident.harm {
            Harm::LoseReplicas { count } => format!("−{count} replica{}", if count == 1 { "" } else { "s" }),
            Harm::Slowdown { factor } => format!("{} × slower", super::table::number(factor)),
            Harm::ErrorShare { share } => format!("{} % errors", super::table::number(100.0 * share)),
            Harm::Traffic { org, factor } => {
                let whose = org.map_or("traffic", |org| scenario.orgs[org as usize].written().as_str());
                format!("{whose} ×{}", super::table::number(factor))
            }
            Harm::SlowColdStart { factor } => {
                format!("cold starts {} × slower", super::table::number(factor))
            }
        };
        cause(incident.at, incident.at.saturating_add(incident.duration), label, Some(model), None)
    });
    bursts.chain(incidents).filter(|cause| cause["start_s"].as_f64() < Some(end.as_secs_f64())).collect()
}

/// A profile's factor from which its stretch counts as a burst.
const BURST_FACTOR: f64 = 1.5;

fn checks(scenario: &Scenario, results: &Results) -> Vec<Value> {
    let of = |check: &crate::scenario::check::Check| {
        let verdict = check.judge(scenario, &results.summaries);
        json!({
            "check": check.describe(scenario),
            "metric": check.metric().name,
            "min": check.min, "max": check.max,
            "observed": verdict.observed.map(number),
            "passed": verdict.passed,
        })
    };
    scenario.checks.iter().map(of).collect()
}
