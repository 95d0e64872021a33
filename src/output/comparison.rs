//! The files of a comparison, but its charts and manifest.

use super::columns::{COMPARE, COMPARE_CURVES, COMPARE_RATES};
use super::filling::{Filling, ReportFile, band, per_run};
use super::report::curve;
use super::summary_json::{head, number, printed};
use super::table::Cell;
use crate::compare::comparison::Comparison;
use crate::compare::measure::MEASURES;
use crate::compare::precision::{Ended, Rule, Width};
use crate::compare::strategy::AS_WRITTEN;
use crate::compare::verdict::{Judged, Verdict};
use crate::metrics::ledger::Account;
use crate::scenario::Scenario;
use crate::scenario::loading::Loaded;
use serde_json::{Map, Value, json};

/// The name of the file that says what the others hold.
pub const COMPARE_JSON: &str = "compare.json";

/// Every file of a comparison but its charts and manifest. `loaded` is the scenario as written, `arms` are its
/// variants under each strategy.
pub fn files(loaded: &Loaded, comparison: &Comparison, arms: &[&Scenario]) -> Vec<ReportFile> {
    let plain = |name, bytes| ReportFile { name, columns: Vec::new(), bytes };
    vec![
        table(comparison),
        curves(comparison),
        rates(comparison, arms),
        plain(COMPARE_JSON, json_text(loaded, comparison).into_bytes()),
        plain("scenario.toml", loaded.resolved.to_toml().into_bytes()),
    ]
}

fn table(comparison: &Comparison) -> ReportFile {
    let mut file = Filling::new(&COMPARE, &[], &comparison.observed.results[0]);
    let n = comparison.observed.replications;
    rows(&mut file, comparison, &comparison.judged, n, AS_WRITTEN);
    for law in &comparison.laws {
        rows(&mut file, comparison, &law.judged, law.replications, &law.law);
    }
    file.finish()
}

fn rows(file: &mut Filling, comparison: &Comparison, judged: &[Judged], n: u32, law: &str) {
    for (label, judged) in comparison.labels.iter().zip(judged) {
        for (place, measure) in MEASURES.iter().enumerate().filter(|(i, _)| comparison.is_measured(*i)) {
            let paired = &judged.paired[place];
            let is_primary = place == comparison.primary;
            let is_baseline = judged.verdict == Verdict::Baseline;
            let verdict = judged.verdict.word();
            file.row(&[
                label.as_str().into(),
                measure.name.into(),
                paired.value.into(),
                paired.difference.into(),
                paired.interval.map(|interval| interval.low).into(),
                paired.interval.map(|interval| interval.high).into(),
                n.into(),
                if is_primary && !verdict.is_empty() { verdict.into() } else { Cell::Empty },
                paired.defined.into(),
                paired.p.filter(|_| !is_baseline).into(),
                judged.p_holm.filter(|_| is_primary).into(),
                law.into(),
            ]);
        }
    }
}

fn curves(comparison: &Comparison) -> ReportFile {
    let mut file = Filling::new(&COMPARE_CURVES, &[], &comparison.observed.results[0]);
    for (arm, label) in comparison.labels.iter().enumerate() {
        for [time_s, share] in curve(&comparison.summary(arm)) {
            file.row(&[label.as_str().into(), time_s.into(), share.into()]);
        }
    }
    file.finish()
}

fn rates(comparison: &Comparison, arms: &[&Scenario]) -> ReportFile {
    let all = &comparison.observed.results;
    let mut file = Filling::new(&COMPARE_RATES, &["dynamic_rate_rpm"], &all[0]);
    let n = comparison.observed.replications;
    for bin in 0..all[0].rates.len() {
        for (arm, (&scenario, results)) in arms.iter().zip(all).enumerate() {
            for pair in pairs(scenario, &comparison.ours[arm]) {
                let rate = results.rates.get(bin, pair as usize);
                let id = scenario.pairs[pair as usize];
                let ours = || {
                    let indices = comparison.ours[arm].iter();
                    let of_pair = indices.filter(|&&index| scenario.workloads[index].pair == pair);
                    of_pair.map(|&index| results.outcomes.get(bin, index))
                };
                let rpm = Some(rate.dynamic.requests / f64::from(n) * 60.0).filter(|rpm| rpm.is_finite());
                let mut cells = vec![
                    results.rates.start(bin).as_secs_f64().into(),
                    comparison.labels[arm].as_str().into(),
                    scenario.orgs[id.org as usize].name.as_str().into(),
                    scenario.models[id.model as usize].name.as_str().into(),
                    rpm.into(),
                    per_run(ours().map(|b| b.attempts).sum(), n),
                    per_run(ours().map(|b| b.ok_200).sum(), n),
                ];
                cells.extend(band(rate.dynamic.requests, rate.squares, 60.0, n));
                file.row(&cells);
            }
        }
    }
    file.finish()
}

/// The pairs of some workloads, each once.
fn pairs(scenario: &Scenario, workloads: &[usize]) -> Vec<u32> {
    let mut pairs: Vec<u32> = workloads.iter().map(|&index| scenario.workloads[index].pair).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

fn json_text(loaded: &Loaded, comparison: &Comparison) -> String {
    let observed = &comparison.observed;
    let mut document = head(loaded, &observed.results[comparison.baseline]);
    document.insert("complete".into(), json!(observed.ended != Ended::Interrupted));
    let label = |arm: usize| comparison.labels[arm].as_str();
    let rest = json!({
        "org": comparison.whose.org,
        "workloads": comparison.whose.workloads,
        "metric": comparison.measure().name,
        "baseline": label(comparison.baseline),
        "stopped": stopped(comparison),
        "best": label(comparison.best()),
        "not_told_from_best": comparison.rivals.iter().map(|&arm| label(arm)).collect::<Vec<_>>(),
        "ranking": comparison.order.iter().map(|&arm| label(arm)).collect::<Vec<_>>(),
        "strategies": (0..comparison.labels.len()).map(|arm| {
            let mut strategy = conclusion(comparison, &comparison.judged, arm);
            let account = comparison.summary(arm).account;
            strategy.insert("outcomes".into(), outcomes(&account, observed.replications));
            strategy
        }).collect::<Vec<_>>(),
        "laws": comparison.laws.iter().map(|law| json!({
            "law": law.law,
            "replications": law.replications,
            "holds": law.holds,
            "best": label(law.order[0]),
            "strategies": (0..comparison.labels.len())
                .map(|arm| conclusion(comparison, &law.judged, arm)).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    });
    document.extend(rest.as_object().cloned().unwrap_or_default());
    printed(document)
}

/// The rule, and which end of it came first.
fn stopped(comparison: &Comparison) -> Value {
    let why = match comparison.observed.ended {
        Ended::Fixed => "number of replications given",
        Ended::Narrow => "every interval narrow enough",
        Ended::Capped => "most replications reached before every interval was narrow enough",
        Ended::Interrupted => "interrupted",
    };
    let mut stopped = Map::new();
    stopped.insert("why".into(), why.into());
    if let Rule::Until(width, most) = comparison.rule {
        let (kind, target) = match width {
            Width::Absolute(target) => ("half_width", target),
            Width::Relative(share) => ("half_width_of_baseline_share", share),
        };
        stopped.insert(kind.into(), number(target));
        stopped.insert("replications_max".into(), json!(most));
    }
    Value::Object(stopped)
}

/// What is concluded of a strategy; nothing that is not defined.
fn conclusion(comparison: &Comparison, judged: &[Judged], arm: usize) -> Map<String, Value> {
    let judged = &judged[arm];
    let mut strategy = Map::new();
    strategy.insert("strategy".into(), comparison.labels[arm].as_str().into());
    if !judged.verdict.word().is_empty() {
        strategy.insert("verdict".into(), judged.verdict.word().into());
    }
    strategy.extend(judged.p_holm.map(|p| ("p_holm".to_owned(), number(p))));
    let mut metrics = Map::new();
    for (place, measure) in MEASURES.iter().enumerate().filter(|(i, _)| comparison.is_measured(*i)) {
        let paired = &judged.paired[place];
        let cells = [
            ("value", paired.value),
            ("diff", paired.difference),
            ("low", paired.interval.map(|interval| interval.low)),
            ("high", paired.interval.map(|interval| interval.high)),
            ("p_value", paired.p.filter(|_| judged.verdict != Verdict::Baseline)),
        ];
        let mut cells: Map<String, Value> =
            cells.into_iter().filter_map(|(name, value)| Some((name.to_owned(), number(value?)))).collect();
        cells.insert("defined".into(), json!(paired.defined));
        metrics.insert(measure.name.into(), Value::Object(cells));
    }
    strategy.insert("metrics".into(), Value::Object(metrics));
    strategy
}

/// What became of requests and attempts, as means per replication.
fn outcomes(account: &Account, replications: u32) -> Value {
    let per_run = |count: u64| number(count as f64 / f64::from(replications));
    json!({
        "requests": per_run(account.requests),
        "succeeded": per_run(account.succeeded),
        "gave_up": per_run(account.gave_up()),
        "open": per_run(account.open),
        "attempts": per_run(account.attempts),
        "ok_200": per_run(account.ok_200),
        "limited_429_request": per_run(account.limited_429_request),
        "limited_429_token": per_run(account.limited_429_token),
        "unavailable_503": per_run(account.unavailable_503),
        "client_timeout": per_run(account.client_timeout),
        "in_flight": per_run(account.in_flight),
    })
}
