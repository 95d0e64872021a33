//! The files a sweep's charts are drawn from, parsed and checked.

use serde::Deserialize;

use super::super::data::{Summary, read_json, read_summary};
use super::super::error::ChartError;
use super::super::table::NUMBER_MAX;

/// The bytes of a sweep's files.
#[derive(Debug, Clone, Copy)]
pub struct SweepFiles<'a> {
    /// `sweep.json`
    pub head: &'a [u8],
    /// `sweep.csv`
    pub table: &'a [u8],
}

const HEAD: &str = "sweep.json";
const TABLE: &str = "sweep.csv";

/// What `sweep.json` says; keys beyond these are passed over.
#[derive(Debug, Clone, Deserialize)]
pub struct Head {
    /// Points of the plan.
    pub points: usize,
    /// `grid`, `lhs` or `sobol`.
    pub sampling: String,
    /// What was varied.
    pub axes: Vec<Axis>,
    /// What was kept.
    pub metrics: Vec<Metric>,
    /// Which point is best, as it was written.
    #[serde(default)]
    pub goal: Option<String>,
    /// The best point.
    #[serde(default)]
    pub best: Option<Best>,
}

/// An axis.
#[derive(Debug, Clone, Deserialize)]
pub struct Axis {
    /// Its name.
    pub name: String,
    /// Its levels; none of a sampled range.
    pub levels: Vec<String>,
    /// The range they are from.
    #[serde(default)]
    pub range: Option<Range>,
}

/// The range of an axis.
#[derive(Debug, Clone, Deserialize)]
pub struct Range {
    /// Low end.
    pub low: f64,
    /// High end.
    pub high: f64,
    /// Unit of both.
    pub unit: String,
    /// By equal ratios.
    pub log: bool,
}

/// A number kept.
#[derive(Debug, Clone, Deserialize)]
pub struct Metric {
    /// Its name.
    pub name: String,
}

/// The best point.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Best {
    /// Its number.
    pub point: usize,
}

/// A number of a point, with its interval if it has one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cell {
    /// The number; none where it is not defined.
    pub value: Option<f64>,
    /// Its 95 % interval over replications.
    pub band: Option<(f64, f64)>,
}

/// A point.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its level on each axis.
    pub levels: Vec<String>,
    /// Its numbers, in the order of the metrics.
    pub cells: Vec<Cell>,
}

/// Everything a chart of a sweep may use.
#[derive(Debug)]
pub struct SweepData {
    /// What was simulated.
    pub summary: Summary,
    /// What was swept.
    pub head: Head,
    /// The points in the order of the plan.
    pub rows: Vec<Row>,
}

impl SweepData {
    /// Parses and checks the files.
    ///
    /// # Errors
    /// A [`ChartError`] naming file, line and column of the first thing wrong.
    pub fn read(files: &SweepFiles<'_>) -> Result<SweepData, ChartError> {
        let summary = read_summary(HEAD, files.head)?;
        let head: Head = read_json(HEAD, files.head)?;
        if head.axes.is_empty() || head.metrics.is_empty() {
            return Err(ChartError::file(HEAD, "it names no axis or no metric"));
        }
        let bounded = |range: &Range| {
            range.low.abs() <= NUMBER_MAX && range.high.abs() <= NUMBER_MAX && range.low < range.high
        };
        if !head.axes.iter().filter_map(|axis| axis.range.as_ref()).all(bounded) {
            return Err(ChartError::column(HEAD, "range", "not a range of numbers up to 1e15"));
        }
        let grid = head.axes.iter().map(|axis| axis.levels.len() as u128).product::<u128>();
        if head.sampling == "grid" && grid != head.points as u128 {
            return Err(ChartError::file(
                HEAD,
                format!("its axes make {grid} points, and it says {}", head.points),
            ));
        }
        let rows = rows(&head, files.table)?;
        if rows.len() != head.points {
            return Err(ChartError::file(
                TABLE,
                format!("{} rows, and {HEAD} says {}", rows.len(), head.points),
            ));
        }
        Ok(SweepData { summary, head, rows })
    }

    /// The value of a number at a point.
    pub fn value(&self, row: usize, metric: usize) -> Option<f64> {
        self.rows[row].cells[metric].value
    }

    /// The place of a metric.
    pub fn metric(&self, name: &str) -> Option<usize> {
        self.head.metrics.iter().position(|metric| metric.name == name)
    }

    /// The number that the pictures are of: the goal's, else the first.
    pub fn primary(&self) -> usize {
        let word = self.head.goal.as_deref().and_then(|goal| goal.split_whitespace().nth(1));
        word.and_then(|name| self.metric(name)).unwrap_or(0)
    }

    /// Whether less is better of a number.
    pub fn wants_less(&self, metric: usize) -> bool {
        let name = &self.head.metrics[metric].name;
        match &self.head.goal {
            Some(goal) if metric == self.primary() => goal.trim_start().starts_with("minimi"),
            _ => !["success_share", "goodput_tpm", "succeeded", "ok_200", "tokens", "dynamic"]
                .iter()
                .any(|w| name.contains(w)),
        }
    }

    /// Means over all points at each level of an axis, for one number: the other axes averaged out.
    pub fn range_of(&self, metric: usize) -> Option<(f64, f64)> {
        let values = (0..self.rows.len()).filter_map(|row| self.value(row, metric));
        values.fold(None, |ends, v| {
            Some(ends.map_or((v, v), |(low, high): (f64, f64)| (low.min(v), high.max(v))))
        })
    }
}

impl Axis {
    /// The last two parts of its name, without their quotes.
    pub fn short(&self) -> String {
        let mut parts = vec![String::new()];
        let mut quoted = false;
        for c in self.name.chars() {
            match c {
                '"' => quoted = !quoted,
                '.' if !quoted => parts.push(String::new()),
                c => parts.last_mut().expect("there is a first").push(c),
            }
        }
        parts[parts.len().saturating_sub(2)..].join(".")
    }

    /// Each level as a number, if all of them begin with one and share what follows.
    pub fn numbers(&self) -> Option<Vec<f64>> {
        let split = |level: &String| {
            let end = level.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(level.len());
            let (digits, unit) = level.split_at(end);
            let value = digits.parse::<f64>().ok().filter(|value| value.abs() <= NUMBER_MAX)?;
            Some((value, unit.to_owned()))
        };
        let all: Vec<(f64, String)> = self.levels.iter().map(split).collect::<Option<_>>()?;
        let rising = all.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 == two[1].1);
        rising.then(|| all.into_iter().map(|(value, _)| value).collect())
    }
}

fn rows(head: &Head, bytes: &[u8]) -> Result<Vec<Row>, ChartError> {
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let bad = |error: csv::Error| ChartError::file(TABLE, error.to_string());
    let header = reader.headers().map_err(bad)?.clone();
    let place = |name: &str| header.iter().position(|column| column == name);
    let must = |name: &str| place(name).ok_or_else(|| ChartError::column(TABLE, name, "missing"));
    let axes = head.axes.iter().map(|axis| must(&axis.name)).collect::<Result<Vec<_>, _>>()?;
    let mut metrics = Vec::new();
    for metric in &head.metrics {
        let band = place(&format!("{}_low", metric.name)).zip(place(&format!("{}_high", metric.name)));
        metrics.push((must(&metric.name)?, band, metric.name.as_str()));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(bad)?;
        let line = record.position().map_or(0, csv::Position::line);
        let number = |place: usize, name: &str| match record[place].parse::<f64>() {
            _ if record[place].is_empty() => Ok(None),
            Ok(value) if value.abs() <= NUMBER_MAX => Ok(Some(value)),
            _ => Err(ChartError::cell(TABLE, line, name, "not a number up to 1e15")),
        };
        let mut cells = Vec::new();
        for (place, band, name) in &metrics {
            let ends = match band {
                Some((low, high)) => number(*low, name)?.zip(number(*high, name)?),
                None => None,
            };
            cells.push(Cell { value: number(*place, name)?, band: ends });
        }
        rows.push(Row { levels: axes.iter().map(|&place| record[place].to_owned()).collect(), cells });
    }
    Ok(rows)
}
