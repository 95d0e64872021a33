//! Finished points as one table, in the order of the plan: the same bytes whoever computed them, in whatever order.

use super::plan::Plan;
use super::point::Record;
use super::sampling::Sampling;
use super::shard::listed;
use super::store::{State, Store};
use crate::error::{Error, one_line};
use crate::metrics::metric::Unit;
use crate::output::columns::Column;
use crate::output::manifest::command_line;
use crate::output::summary_json::{number, printed};
use crate::output::table::{Cell, Table};
use crate::scenario::loading::Loaded;
use serde_json::{Map, Value, json};
use std::io::Write;

/// The table of a sweep.
pub const SWEEP_CSV: &str = "sweep.csv";
/// What was varied, and what was found.
pub const SWEEP_JSON: &str = "sweep.json";

/// What the points came to.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// Points that failed.
    pub failed: Vec<usize>,
    /// The best one, if the plan has a goal and a point meets it.
    pub best: Option<Record>,
    /// Points that the goal allows.
    pub allowed: usize,
    /// The points where the first number is lowest and highest; of equals the first.
    pub ends: Option<[Box<Record>; 2]>,
}

/// The columns of a plan's table.
pub fn columns(plan: &Plan) -> Vec<Column> {
    let own = |name: String, unit: &'static str, doc: String| Column {
        name: name.into(),
        unit: unit.into(),
        doc: doc.into(),
    };
    let mut columns = vec![Column::new("point", "", "number of the point in the plan, from 0")];
    columns.extend(
        plan.axes.iter().map(|axis| own(axis.name.clone(), "", format!("level of the axis `{}`", axis.name))),
    );
    columns.push(Column::new("replications", "runs", "replications of the point"));
    columns.push(Column::new("requests", "requests", "simulated requests of all replications"));
    columns.push(Column::new("error", "", "why the point failed; empty if it did not"));
    for quantity in plan.quantities() {
        let value = own(
            quantity.name(),
            unit(quantity.unit()),
            "over all replications; empty where it is not defined".into(),
        );
        let band = if has_bands(plan) { value.band().to_vec() } else { Vec::new() };
        columns.push(value);
        columns.extend(band);
    }
    columns
}

/// Whether any point has several replications.
fn has_bands(plan: &Plan) -> bool {
    plan.replications > 1 || plan.axes.iter().any(|axis| axis.name == "run.replications")
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "",
        Unit::Share => "share 0–1",
        Unit::Ratio => "ratio",
        Unit::Seconds => "s",
        Unit::RequestsPerMinute => "requests/min",
        Unit::TokensPerMinute => "tokens/min",
        Unit::Usd => "USD",
    }
}

/// Refuse a store in which points are missing or torn.
///
/// # Errors
/// [`Error::Missing`] with the command that computes them; [`Error::Invalid`] if a file is foreign.
pub fn complete(store: &Store) -> Result<(), Error> {
    let there = store.listed()?.there;
    let (mut missing, mut torn) = (Vec::new(), Vec::new());
    for (number, there) in there.into_iter().enumerate() {
        match there.then(|| store.state(number)).transpose()? {
            Some(State::Done(_)) => {}
            Some(State::Torn) => torn.push(number),
            Some(State::Missing) | None => missing.push(number),
        }
    }
    let mut told = Vec::new();
    if !missing.is_empty() {
        told.push(format!("{} of {} points are missing", missing.len(), store.plan.len()));
    }
    if let [first, ..] = torn[..] {
        told.push(format!("{} torn, points/{first:06}.json the first", torn.len()));
    }
    if told.is_empty() {
        return Ok(());
    }
    missing.extend(torn);
    missing.sort_unstable();
    let path = store.path.to_string_lossy();
    let run = command_line(["sweep", "run", &path, "--points", &listed(&missing)]);
    Err(Error::Missing(format!("{}; to compute them: {run}", told.join(", "))))
}

/// Write the table of a store's points, one after the other. Everything else about them fits in little memory.
///
/// # Errors
/// [`Error::Missing`] if a point is missing, those of the sink and of reading.
pub fn table(store: &Store, sink: impl Write) -> Result<Merged, Error> {
    let plan = &store.plan;
    let (quantities, goal, bands) = (plan.quantities(), plan.goal(), has_bands(plan));
    let mut merged = Merged::default();
    let mut table = Table::new(sink, &columns(plan))?;
    for point in 0..plan.len() {
        let State::Done(record) = store.state(point)? else {
            complete(store)?;
            return Err(Error::Missing(format!("point {point} went missing while it was read")));
        };
        let error = record.error.as_deref().map(|text| one_line(text.lines().next().unwrap_or_default()));
        let mut cells: Vec<Cell> = vec![(point as u64).into()];
        cells.extend(record.axes.values().map(|level| Cell::Text(level.as_str().unwrap_or_default())));
        let told: [Cell; 3] = [record.replications.into(), record.requests.into(), error.as_deref().into()];
        cells.extend(told);
        for quantity in &quantities {
            let kept = record.values.get(&quantity.name()).copied().unwrap_or_default();
            cells.push(kept.value.into());
            cells.extend([kept.low, kept.high].into_iter().filter(|_| bands).map(Cell::from));
        }
        table.row(&cells)?;
        if record.error.is_some() {
            merged.failed.push(point);
            continue;
        }
        let first = &quantities[0];
        if let Some(value) = record.value(first) {
            let ends = merged.ends.get_or_insert_with(|| [record.clone(), record.clone()]);
            let [low, high] =
                ends.each_ref().map(|end| end.value(first).expect("it was taken for its value"));
            let place = if value < low { Some(0) } else { (value > high).then_some(1) };
            place.into_iter().for_each(|place| ends[place] = record.clone());
        }
        let Some(goal) = &goal else { continue };
        let Some(value) = record.value(&goal.of).filter(|_| goal.allows(|of| record.value(of))) else {
            continue;
        };
        merged.allowed += 1;
        let best = merged.best.as_ref().and_then(|best| best.value(&goal.of));
        if best.is_none_or(|best| goal.prefers(value, best)) {
            merged.best = Some(*record);
        }
    }
    table.finish()?;
    Ok(merged)
}

/// The law of each model, unless the sweep varies the limits.
fn laws(loaded: &Loaded, plan: &Plan) -> Vec<Value> {
    let varies = plan.axes.iter().any(|axis| axis.name.contains(".limit"));
    let model = |model: &crate::platform::config::ModelConfig| {
        let (law, enforcement) = (model.policy.law.describe(), model.policy.enforcement.word());
        json!({"model": model.name.as_str(), "law": law, "enforcement": enforcement})
    };
    let models = loaded.scenario.declared_models().iter().filter(|_| !varies);
    models.map(model).collect()
}

/// `sweep.json`: what was varied, what is kept, and the best point. `loaded` is the scenario as it was frozen.
pub fn json_text(store: &Store, loaded: &Loaded, merged: &Merged) -> String {
    let (plan, run) = (&store.plan, &loaded.scenario.run);
    let axis = |axis: &super::axis::Axis| {
        let mut levels: Vec<&str> = axis.levels.iter().map(|level| level.label.as_str()).collect();
        if plan.sampling != Sampling::Grid && axis.range.is_some() {
            levels.clear();
        }
        let mut told =
            Map::from_iter([("name".to_owned(), json!(axis.name)), ("levels".to_owned(), json!(levels))]);
        if let Some(range) = &axis.range {
            let text = json!({"low": number(range.low), "high": number(range.high), "unit": range.unit.trim(), "log": range.log});
            told.insert("range".into(), text);
        }
        Value::Object(told)
    };
    let metric =
        |quantity: super::quantity::Quantity| json!({"name": quantity.name(), "unit": unit(quantity.unit())});
    let mut document = json!({
        "ratetide": env!("CARGO_PKG_VERSION"),
        "scenario": loaded.stem,
        "title": loaded.scenario.title,
        "seed": run.seed,
        "replications": run.replications,
        "duration_s": run.duration.as_secs_f64(),
        "interval_s": run.interval.as_secs_f64(),
        "models": laws(loaded, plan),
        "plan": store.id,
        "points": plan.len(),
        "failed": listed(&merged.failed),
        "sampling": match plan.sampling {
            Sampling::Grid => "grid",
            Sampling::Lhs(_) => "lhs",
            Sampling::Sobol(_) => "sobol",
        },
        "axes": plan.axes.iter().map(axis).collect::<Vec<_>>(),
        "metrics": plan.quantities().into_iter().map(metric).collect::<Vec<_>>(),
    });
    let map = document.as_object_mut().expect("an object was written");
    if let Some(goal) = &plan.goal {
        map.insert("goal".into(), json!(goal));
        map.insert("allowed".into(), json!(merged.allowed));
    }
    if let Some(best) = &merged.best {
        let values = best.values.iter().filter_map(|(name, kept)| Some((name.clone(), number(kept.value?))));
        let values: Map<String, Value> = values.collect();
        map.insert("best".into(), json!({"point": best.point, "axes": best.axes, "values": values}));
    }
    printed(std::mem::take(map))
}
