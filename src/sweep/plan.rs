//! A sweep frozen: the scenario's text by its fingerprint, the axes with every level spelled out, what is kept.
//!
//! A plan is the same wherever it is read: no folder, clock or machine stands in it. Its fingerprint is that of its
//! bytes, and every finished point carries it.

use super::axis::{Axis, Level};
use super::goal::Goal;
use super::quantity::Quantity;
use super::sampling::{Sampler, Sampling};
use crate::bounds;
use crate::digest::{Input, sha256};
use crate::scenario::limits::Limits;
use serde::{Deserialize, Serialize};

/// Points of a plan at most.
pub const POINTS_MAX: usize = 1_000_000;
/// Axes of a plan at most.
pub const AXES_MAX: usize = 16;
/// Digits of a plan's fingerprint that name it.
const ID_DIGITS: usize = 16;

/// A plan; keys in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The version of ratetide that made it, which alone may compute it: another one may give other numbers.
    pub ratetide_plan: String,
    /// The scenario's file name.
    pub scenario: String,
    /// SHA-256 of its text.
    pub scenario_sha256: String,
    /// The files that it reads at any point.
    pub inputs: Vec<Input>,
    /// What every point sets, before its own.
    pub sets: Vec<(String, String)>,
    /// The seed of every point.
    pub seed: u64,
    /// Replications of every point, unless it sets them itself.
    pub replications: u32,
    /// Expected events of a point at most.
    pub events_max: f64,
    /// Bytes of memory of all points at work in one process, at most; left out where it is as usual.
    #[serde(default = "usual_memory", skip_serializing_if = "is_usual_memory")]
    pub memory_max_bytes: u64,
    /// How points are chosen.
    pub sampling: Sampling,
    /// What is varied.
    pub axes: Vec<Axis>,
    /// The numbers kept, by name.
    pub metrics: Vec<String>,
    /// Which point is best, as it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<String>,
    /// Expected events of each point, in thousands; 0 of a point that is invalid and was let in.
    pub kilo_events: Vec<u64>,
}

/// One point of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Its number, from 0.
    pub number: usize,
    /// The level of each axis.
    pub levels: Vec<Level>,
}

fn usual_memory() -> u64 {
    bounds::MEMORY_MAX_BYTES
}

fn is_usual_memory(bytes: &u64) -> bool {
    *bytes == usual_memory()
}

impl Plan {
    /// What a point may take, of as many at once as there are threads here.
    pub fn limits(&self) -> Limits {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Limits {
            events_max: self.events_max as u64,
            memory_max_bytes: self.memory_max_bytes,
            threads: u16::try_from(cores).unwrap_or(u16::MAX),
            variants: cores as u32,
        }
    }

    /// How many points it has.
    pub fn len(&self) -> usize {
        self.kilo_events.len()
    }

    /// Whether it has none; no plan that was frozen has.
    pub fn is_empty(&self) -> bool {
        self.kilo_events.is_empty()
    }

    /// Its points by number.
    pub fn sampler(&self) -> Sampler<'_> {
        Sampler::new(&self.axes, self.sampling, self.seed)
    }

    /// What a point sets.
    pub fn assignments(&self, point: &Point) -> Vec<(String, String)> {
        let own = point.levels.iter().flat_map(|level| &level.sets);
        self.sets.iter().chain(own).cloned().collect()
    }

    /// The numbers kept.
    ///
    /// # Panics
    /// If the plan was not checked by [`from_json`](Plan::from_json) or made by [`freeze`](super::freeze::freeze).
    pub fn quantities(&self) -> Vec<Quantity> {
        let parsed = self.metrics.iter().map(|name| Quantity::parse(name));
        parsed.collect::<Result<_, _>>().expect("a plan's metrics were checked")
    }

    /// Which point is best.
    ///
    /// # Panics
    /// As [`quantities`](Plan::quantities).
    pub fn goal(&self) -> Option<Goal> {
        self.goal.as_deref().map(|text| Goal::parse(text).expect("a plan's goal was checked"))
    }

    /// Its text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("text and finite numbers serialize") + "\n"
    }

    /// Read the text back.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub fn from_json(text: &str) -> Result<Plan, String> {
        let plan: Plan = serde_json::from_str(text).map_err(|e| e.to_string())?;
        plan.metrics.iter().try_for_each(|name| Quantity::parse(name).map(drop))?;
        plan.goal.iter().try_for_each(|text| Goal::parse(text).map(drop))?;
        let points = plan.sampling.count(&plan.axes)?;
        if plan.is_empty()
            || points != plan.len() as u128
            || plan.len() > POINTS_MAX
            || plan.axes.len() > AXES_MAX
        {
            return Err(format!("its axes make {points} points, and it lists {}", plan.len()));
        }
        let is_empty = |axis: &Axis| axis.levels.is_empty() && axis.range.is_none();
        match plan.axes.iter().find(|axis| is_empty(axis)) {
            Some(axis) => Err(format!("its axis {:?} has no levels", axis.name)),
            None => Ok(plan),
        }
    }
}

/// The name of a plan: the first digits of the SHA-256 of its text.
pub fn id(json: &str) -> String {
    sha256(json.as_bytes())[..ID_DIGITS].to_owned()
}
