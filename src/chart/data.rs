//! The result files a chart is drawn from, parsed and checked.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::ChartError;
use super::table::{Layout, Names, Table};

/// The bytes of the result files, as written by `run` or read back by `plot`.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    /// `outcomes.csv`
    pub outcomes: &'a [u8],
    /// `rates.csv`
    pub rates: &'a [u8],
    /// `capacity.csv`
    pub capacity: &'a [u8],
    /// `time_to_success.csv`
    pub time_to_success: &'a [u8],
    /// `cost.csv`, where there is one
    pub cost: Option<&'a [u8]>,
    /// `summary.json`
    pub summary: &'a [u8],
}

const OUTCOMES: Layout = Layout {
    file: "outcomes.csv",
    keys: &["org", "workload", "model"],
    numbers: &[
        "time_s",
        "requests",
        "attempts",
        "ok_200",
        "limited_429_request",
        "limited_429_token",
        "unavailable_503",
        "client_timeout",
        "gave_up",
        "prompt_tokens",
        "output_tokens",
        "succeeded",
    ],
    optional: &[],
    newer: &[],
};

const RATES: Layout = Layout {
    file: "rates.csv",
    keys: &["org", "model"],
    numbers: &["time_s"],
    optional: &["dynamic_rate_rpm", "dynamic_tokens_tpm"],
    newer: &[],
};

const CAPACITY: Layout = Layout {
    file: "capacity.csv",
    keys: &["model"],
    numbers: &["time_s", "ready_replicas", "starting_replicas", "draining_replicas"],
    optional: &["utilization", "buffer_wait_mean_s"],
    newer: &["forecast_rpm", "offered_rpm", "capacity_rpm"],
};

const TIME_TO_SUCCESS: Layout = Layout {
    file: "time_to_success.csv",
    keys: &["org", "workload", "model"],
    numbers: &["time_s", "succeeded_share"],
    optional: &[],
    newer: &[],
};

const COST: Layout = Layout {
    file: "cost.csv",
    keys: &["org", "workload", "model", "lane"],
    numbers: &["time_s"],
    optional: &["succeeded", "prompt_tokens", "output_tokens", "cost_usd", "wasted_cost_usd"],
    newer: &[],
};

/// The head of `summary.json`: what was simulated. Keys beyond these are passed over.
#[derive(Debug, Clone, Deserialize)]
pub struct Summary {
    /// Name of the scenario.
    pub scenario: String,
    /// Free text; may be empty.
    #[serde(default)]
    pub title: String,
    /// Seed of the run.
    pub seed: u64,
    /// Number of replications, at least 1.
    pub replications: u64,
    /// Simulated seconds with traffic.
    pub duration_s: f64,
    /// Simulated seconds after that, without new requests.
    #[serde(default)]
    pub drain_s: f64,
    /// Width of a bin, seconds.
    pub interval_s: f64,
    /// Laws and enforcement, one per model.
    #[serde(default)]
    pub models: Vec<ModelHead>,
    /// Bursts and incidents, shaded behind the lines.
    #[serde(default)]
    pub causes: Vec<Cause>,
    /// Orgs that are groups of a population's members.
    #[serde(default)]
    pub groups: Vec<GroupHead>,
}

/// An org that is a group of members.
#[derive(Debug, Clone, Deserialize)]
pub struct GroupHead {
    /// Its name.
    pub org: String,
    /// How many they are.
    pub members: u32,
}

impl Summary {
    /// How many members an org has; one on its own.
    pub fn members(&self, org: &str) -> u32 {
        self.groups.iter().find(|group| group.org == org).map_or(1, |group| group.members)
    }
}

/// What the subtitle says of a model.
#[derive(Debug, Clone, Deserialize)]
pub struct ModelHead {
    /// Name of the model.
    pub model: String,
    /// The law in words.
    #[serde(default)]
    pub law: String,
    /// The enforcement in words.
    #[serde(default)]
    pub enforcement: String,
    /// Whether an autoscaler sizes its fleet.
    #[serde(default)]
    pub autoscaled: bool,
    /// How far ahead the autoscaler forecasts, seconds; none if it does not.
    #[serde(default)]
    pub forecast_horizon_s: Option<f64>,
}

/// A burst or an incident: a span of simulated time with a label.
#[derive(Debug, Clone, Deserialize)]
pub struct Cause {
    /// Start, seconds.
    pub start_s: f64,
    /// End, seconds.
    pub end_s: f64,
    /// A few words.
    pub label: String,
    /// The model it touches; none = all.
    #[serde(default)]
    pub model: Option<String>,
    /// The org it touches; none = all.
    #[serde(default)]
    pub org: Option<String>,
}

/// Everything a chart may use.
#[derive(Debug)]
pub struct ResultData {
    /// Names of orgs, workloads and models in all tables.
    pub names: Names,
    /// Outcomes per bin, org, workload and model.
    pub outcomes: Table,
    /// Dynamic rates per bin, org and model.
    pub rates: Table,
    /// Replicas, utilisation and waits per bin and model.
    pub capacity: Table,
    /// Share of all requests that had succeeded within a time, one curve per org, workload and model.
    pub time_to_success: Table,
    /// What was spent per bin, org, workload, model and lane; no rows without the file.
    pub cost: Table,
    /// The head.
    pub summary: Summary,
}

impl ResultData {
    /// Parses and checks the files.
    ///
    /// # Errors
    /// A [`ChartError`] naming file, line and column of the first thing wrong.
    pub fn read(files: &Files<'_>) -> Result<ResultData, ChartError> {
        let summary = read_summary("summary.json", files.summary)?;
        let mut names = Names::default();
        let data = ResultData {
            outcomes: Table::read(&OUTCOMES, files.outcomes, &mut names)?,
            rates: Table::read(&RATES, files.rates, &mut names)?,
            capacity: Table::read(&CAPACITY, files.capacity, &mut names)?,
            time_to_success: Table::read(&TIME_TO_SUCCESS, files.time_to_success, &mut names)?,
            cost: match files.cost {
                Some(bytes) => Table::read(&COST, bytes, &mut names)?,
                None => Table::empty(&COST),
            },
            names,
            summary,
        };
        check_curves(&data.time_to_success)?;
        Ok(data)
    }
}

/// A JSON file.
pub(super) fn read_json<T: for<'de> Deserialize<'de>>(
    file: &'static str,
    bytes: &[u8],
) -> Result<T, ChartError> {
    serde_json::from_slice(bytes).map_err(|error| ChartError {
        file,
        line: Some(error.line() as u64),
        column: None,
        what: super::error::brief(&error.to_string()),
    })
}

/// The head of a JSON file, checked.
pub(super) fn read_summary(file: &'static str, bytes: &[u8]) -> Result<Summary, ChartError> {
    let summary: Summary = read_json(file, bytes)?;
    let bounded = |key: &str, value: f64, low: f64| {
        if (low..=1e10).contains(&value) {
            return Ok(());
        }
        Err(ChartError::column(file, key, format!("{value} is not from {low} to 1e10 seconds")))
    };
    bounded("interval_s", summary.interval_s, 1e-6)?;
    bounded("duration_s", summary.duration_s, 1e-6)?;
    bounded("drain_s", summary.drain_s, 0.0)?;
    for horizon_s in summary.models.iter().filter_map(|head| head.forecast_horizon_s) {
        bounded("models.forecast_horizon_s", horizon_s, 0.0)?;
    }
    for cause in &summary.causes {
        bounded("causes.start_s", cause.start_s, 0.0)?;
        bounded("causes.end_s", cause.end_s, 0.0)?;
    }
    if summary.replications == 0 {
        return Err(ChartError::column(file, "replications", "0 is not at least 1"));
    }
    Ok(summary)
}

/// Every curve of `time_to_success.csv` is a distribution function: times and shares never fall, share ≤ 1.
fn check_curves(table: &Table) -> Result<(), ChartError> {
    let (times, shares) = (table.number("time_s"), table.number("succeeded_share"));
    let mut last: BTreeMap<[u32; 3], (f64, f64)> = BTreeMap::new();
    for row in 0..table.rows {
        let line = row as u64 + 2;
        let key = [0, 1, 2].map(|i| table.key(i)[row]);
        let (time, share) = last.insert(key, (times[row], shares[row])).unwrap_or((0.0, 0.0));
        if shares[row] > 1.0 + 1e-9 {
            return Err(ChartError::cell(table.file, line, "succeeded_share", "above 1"));
        }
        if shares[row] < share {
            return Err(ChartError::cell(table.file, line, "succeeded_share", "falls along its curve"));
        }
        if times[row] < time {
            return Err(ChartError::cell(table.file, line, "time_s", "falls along its curve"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::samples::Sample;
    use super::*;

    fn error(change: impl FnOnce(&mut Sample)) -> String {
        let mut sample = Sample::spike();
        change(&mut sample);
        ResultData::read(&sample.files()).unwrap_err().to_string()
    }

    #[test]
    fn a_sample_reads_whole() {
        let data = ResultData::read(&Sample::spike().files()).unwrap();
        assert_eq!(data.outcomes.rows, 2 * 1140);
        assert_eq!(data.names.text(data.outcomes.key(0)[0]), "steady");
        assert_eq!(data.summary.causes[0].label, "spiky ×60");
    }

    #[test]
    fn a_damaged_head_is_named() {
        let swap = |from: &'static str, to: &'static str| {
            error(move |sample| sample.summary = sample.summary.replacen(from, to, 1))
        };
        assert!(
            swap("\"interval_s\":10.0", "\"interval_s\":0").contains("column `interval_s`: 0 is not from")
        );
        assert!(swap("\"interval_s\":10.0", "\"interval_s\":1e999").starts_with("summary.json, line 1: "));
        assert!(swap("\"seed\":7,", "").contains("missing field `seed`"));
        assert!(swap("\"start_s\":3600.0", "\"start_s\":-3").contains("column `causes.start_s`"));
        assert!(error(|sample| sample.summary = "{}{".into()).starts_with("summary.json, line 1: "));
        assert!(error(|sample| sample.summary.clear()).starts_with("summary.json, line 1: "));
    }

    #[test]
    fn a_curve_that_falls_is_refused() {
        let head = "org,workload,model,time_s,succeeded_share\n";
        let curve = |rows: &str| error(|sample| sample.time_to_success = format!("{head}{rows}"));
        assert_eq!(
            curve("a,w,m,1,0.5\na,w,m,2,0.4\n"),
            "time_to_success.csv, line 3, column `succeeded_share`: falls along its curve"
        );
        assert!(curve("a,w,m,1,0.5\na,w,m,0.5,0.6\n").contains("line 3, column `time_s`: falls"));
        assert!(curve("a,w,m,1,1.5\n").contains("line 2, column `succeeded_share`: above 1"));
    }
}
