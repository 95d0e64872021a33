//! What a sweep is to be, from its flags.

use super::super::console::Console;
use super::super::contenders;
use super::super::scenarios::Changes;
use crate::compare::strategy::{AS_WRITTEN, Strategy};
use crate::error::Error;
use crate::scenario::loading::Loaded;
use crate::sweep::axis::{Axis, Level};
use crate::sweep::freeze::Order;
use crate::sweep::quantity::Quantity;
use crate::sweep::sampling::Sampling;

/// The name of the axis of client strategies.
pub const STRATEGY: &str = "strategy";

/// What is varied, kept and wanted.
#[derive(clap::Args, Debug)]
pub struct Draft {
    /// Vary a key: values separated by commas, or LOW..HIGH for whole numbers, LOW..HIGH:COUNT for evenly spaced ones,
    /// LOW..HIGH:COUNT:log for equal ratios; with the unit, as in 10/min..1000/min:5:log; repeatable
    #[arg(long, value_name = "PATH=VALUES")]
    vary: Vec<String>,
    /// Vary the client: strategies by name, or files of a client's keys, separated by commas; `as-written` is the
    /// scenario's own
    #[arg(long, value_name = "A,B,…", value_delimiter = ',')]
    strategies: Vec<String>,
    /// With --strategies: the org whose client is exchanged [default: the one that loses most requests]
    #[arg(long, value_name = "ORG", requires = "strategies")]
    org: Option<String>,
    /// With --strategies: only this workload's client [default: all of the org's]
    #[arg(long, value_name = "WORKLOAD", requires = "strategies")]
    workload: Option<String>,
    /// Every combination (grid), or a sample of N that fills the space evenly: lhs:N (Latin hypercube), sobol:N
    #[arg(long, value_name = "SAMPLING", default_value = "grid")]
    sample: String,
    /// The numbers to keep of each point: METRIC, ORG/METRIC or ORG/WORKLOAD/METRIC, separated by commas [default: the
    /// usual ones]
    #[arg(long, value_name = "A,B,…", value_delimiter = ',')]
    metrics: Vec<String>,
    /// Which point is best, such as "maximise goodput_tpm where time_to_success_p99_s < 30 s"
    #[arg(long, value_name = "TEXT")]
    goal: Option<String>,
    /// Let points in that are no valid scenario: they fail when they are computed, and the others go on
    #[arg(long)]
    keep_invalid: bool,
    /// What is set at every point
    #[command(flatten)]
    pub changes: Changes,
}

impl Draft {
    /// The sweep of a scenario that is wanted.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an axis, sampling or metric that is none, [`Error::Usage`] for such a strategy.
    pub fn order(&self, loaded: &Loaded, console: &Console) -> Result<Order, Error> {
        let mut axes = Vec::new();
        for text in &self.vary {
            axes.push(Axis::parse(text).map_err(|what| {
                Error::invalid(&format!("--vary {text}: {what}"), "see `ratetide sweep plan --help`")
            })?);
        }
        axes.extend(self.strategy_axis(loaded, console)?);
        let refused = |flag: &str, text: &str, what: String| {
            Error::invalid(&format!("{flag} {text}: {what}"), "see `ratetide sweep plan --help`")
        };
        let sampling =
            Sampling::parse(&self.sample).map_err(|what| refused("--sample", &self.sample, what))?;
        let metric = |text: &String| Quantity::parse(text).map_err(|what| refused("--metrics", text, what));
        Ok(Order {
            sets: self.changes.assignments(),
            events_max: self.changes.max_events,
            memory_max_bytes: self.changes.max_memory.as_u64(),
            axes,
            sampling,
            metrics: self.metrics.iter().map(metric).collect::<Result<_, Error>>()?,
            goal: self.goal.clone(),
            keeps_invalid: self.keep_invalid,
        })
    }

    fn strategy_axis(&self, loaded: &Loaded, console: &Console) -> Result<Option<Axis>, Error> {
        if self.strategies.is_empty() {
            return Ok(None);
        }
        let scenario = &loaded.scenario;
        let names = (self.org.as_deref(), self.workload.as_deref());
        let whose = contenders::whose(scenario, names, &(), console)?;
        let mut levels: Vec<Level> = Vec::new();
        for word in self.strategies.iter().map(|word| word.trim()) {
            let strategy = match word {
                "" => return Err(Error::Usage("a strategy has an empty name".to_owned())),
                AS_WRITTEN | "as-written" => Strategy::as_written(),
                name => contenders::named(name, scenario, console)?,
            };
            if levels.iter().any(|level| level.label == strategy.label) {
                return Err(Error::Usage(format!("the strategy {} is named twice", strategy.label)));
            }
            let sets = strategy.assignments(&whose.org, &whose.workloads);
            levels.push(Level { label: strategy.label, sets });
        }
        Ok(Some(Axis { name: STRATEGY.to_owned(), levels, range: None }))
    }
}
