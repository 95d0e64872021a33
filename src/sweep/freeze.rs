//! A plan made: every point of it checked, and its cost estimated, before anything is computed.

use super::axis::Axis;
use super::goal::Goal;
use super::plan::{AXES_MAX, POINTS_MAX, Plan, Point};
use super::quantity::{Quantity, USUAL};
use super::sampling::Sampling;
use crate::digest::{Input, sha256};
use crate::error::Error;
use crate::scenario::loading::{LoadError, Loaded, Source};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Points checked between two looks at whether any was wrong.
const CHUNK: usize = 1024;
/// Invalid points shown; one mistake makes them by the hundred.
const SHOWN_MAX: usize = 3;

/// What a sweep is to be.
#[derive(Clone, Debug)]
pub struct Order {
    /// What every point sets.
    pub sets: Vec<(String, String)>,
    /// Expected events of a point, and of all together, at most.
    pub events_max: f64,
    /// Bytes of memory of all points at work in one process, at most.
    pub memory_max_bytes: u64,
    /// What is varied.
    pub axes: Vec<Axis>,
    /// How points are chosen.
    pub sampling: Sampling,
    /// The numbers kept; none: the usual ones.
    pub metrics: Vec<Quantity>,
    /// Which point is best, as it was written.
    pub goal: Option<String>,
    /// Let points in that are no valid scenario: they fail when they are computed.
    pub keeps_invalid: bool,
}

/// Freeze a sweep of a scenario, which is `loaded` as it stands.
///
/// # Errors
/// [`Error::Invalid`]: no axes, too many points, or a point that is no valid scenario.
pub fn freeze(source: &Source, loaded: &Loaded, order: Order) -> Result<Plan, Error> {
    let scenario = &loaded.scenario;
    let count = points(&order, scenario.expected.events)?;
    let mut metrics = order.metrics.clone();
    if metrics.is_empty() {
        metrics = USUAL.iter().map(|name| Quantity::parse(name).expect("a usual metric")).collect();
    }
    let goal = order.goal.as_deref().map(Goal::parse).transpose();
    let goal = goal
        .map_err(|what| Error::invalid(&format!("the goal: {what}"), "see `ratetide sweep plan --help`"))?;
    let of_goal = goal.iter().flat_map(Goal::quantities).filter(|of| !order.metrics.contains(of)).cloned();
    metrics.extend(of_goal.collect::<Vec<_>>());
    let mut seen = BTreeSet::new();
    metrics.retain(|quantity| seen.insert(quantity.name()));
    if let Some(nobody) = metrics.iter().find(|quantity| !quantity.is_in(scenario)) {
        let message = format!("{} is of no workload of this scenario", nobody.name());
        return Err(Error::invalid(&message, "name an org of the scenario, or leave it out for all"));
    }
    let mut plan = Plan {
        ratetide_plan: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: loaded.file_name.clone(),
        scenario_sha256: sha256(source.text().1),
        inputs: Vec::new(),
        sets: order.sets,
        seed: scenario.run.seed,
        replications: scenario.run.replications,
        events_max: order.events_max,
        memory_max_bytes: order.memory_max_bytes,
        sampling: order.sampling,
        axes: order.axes,
        metrics: metrics.iter().map(Quantity::name).collect(),
        goal: order.goal,
        kilo_events: Vec::new(),
    };
    let (events, inputs) = check(source, &plan, count, order.keeps_invalid)?;
    let all: f64 = events.iter().sum();
    if all > order.events_max {
        let message = format!(
            "about {all:.1e} events are expected of {count} points, above the limit of {:.1e}",
            order.events_max
        );
        return Err(Error::invalid(
            &message,
            "fewer points, shorter runs, or lift the limit with --max-events",
        ));
    }
    plan.kilo_events = events.into_iter().map(|events| (events / 1000.0).ceil() as u64).collect();
    plan.inputs = inputs;
    Ok(plan)
}

/// How many points there are.
fn points(order: &Order, events: f64) -> Result<usize, Error> {
    let refused = |what: &str| Error::invalid(what, "see `ratetide sweep plan --help`");
    let mut seen = BTreeSet::new();
    if let Some(twice) = order.axes.iter().find(|axis| !seen.insert(axis.name.as_str())) {
        return Err(refused(&format!("the axis {} is there twice", twice.name)));
    }
    if order.axes.is_empty() || order.axes.len() > AXES_MAX {
        let message =
            format!("a sweep varies 1 to {AXES_MAX} keys, not {}: name them with --vary", order.axes.len());
        return Err(refused(&message));
    }
    let count = order.sampling.count(&order.axes).map_err(|what| refused(&what))?;
    if count > POINTS_MAX as u128 {
        let message = format!(
            "{count} points, about {:.1e} events as the scenario stands: at most {POINTS_MAX} points are planned",
            count as f64 * events
        );
        return Err(Error::invalid(&message, "fewer levels, or a sample of them: --sample sobol:1024"));
    }
    Ok(count as usize)
}

/// The expected events of every point, and the files read by any.
fn check(
    source: &Source,
    plan: &Plan,
    count: usize,
    keeps_invalid: bool,
) -> Result<(Vec<f64>, Vec<Input>), Error> {
    let sampler = plan.sampler();
    let look = |number: usize| {
        let point = Point { number, levels: sampler.levels(number) };
        match source.load(&plan.assignments(&point), plan.limits()) {
            Ok(loaded) => Ok((loaded.scenario.expected.events, loaded.inputs)),
            Err(LoadError::Problems(problems)) => Err(problems.render(false)),
            Err(LoadError::File(error)) => Err(format!("error: {error}\n")),
        }
    };
    let numbers: Vec<usize> = (0..count).collect();
    let (mut events, mut inputs): (Vec<f64>, Vec<Input>) = (Vec::new(), Vec::new());
    for chunk in numbers.chunks(CHUNK) {
        let (mut wrong, mut report) = (0, BTreeSet::new());
        for looked in chunk.par_iter().map(|&number| look(number)).collect::<Vec<_>>() {
            match looked {
                Ok((count, read)) => {
                    events.push(count);
                    inputs
                        .extend(read.into_iter().filter(|input| !inputs.contains(input)).collect::<Vec<_>>());
                }
                Err(_) if keeps_invalid => events.push(0.0),
                Err(told) => {
                    wrong += 1;
                    if report.len() < SHOWN_MAX {
                        report.insert(told);
                    }
                }
            }
        }
        if wrong > 0 {
            let shown: String = report.into_iter().collect();
            let first = chunk[0] + chunk.len();
            return Err(Error::Invalid(format!(
                "{shown}error: {wrong} of the first {first} points are no valid scenario\n  = help: change the axes, or let \
                 such points fail when they are computed with --keep-invalid\n"
            )));
        }
    }
    inputs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((events, inputs))
}
