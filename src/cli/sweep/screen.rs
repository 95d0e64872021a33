//! What is told after a merge: the finding, what was swept, and its points, the best first if there is a goal.

use std::path::Path;

use super::super::figures::{UNDEFINED, money, percent, plural, rate, ratio, seconds, with_unit};
use super::super::grid::{Grid, wrap};
use super::super::screen::written;
use super::super::stream::Paint;
use crate::compare::measure::Better;
use crate::error::{Error, one_line};
use crate::metrics::metric::Unit;
use crate::scenario::loading::Loaded;
use crate::sweep::goal::Goal;
use crate::sweep::merge::Merged;
use crate::sweep::point::Record;
use crate::sweep::quantity::Quantity;
use crate::sweep::shard::listed;
use crate::sweep::store::{State, Store};

/// The form of what is printed after a merge.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Format {
    /// For reading
    Text,
    /// The content of sweep.json
    Json,
    /// The content of sweep.csv
    Csv,
    /// The table, for a document
    Markdown,
}

/// Rows shown; all of them are in the table on disk.
const ROWS_MAX: usize = 16;
/// Axes and numbers shown in a row.
const AXES_MAX: usize = 3;
const NUMBERS_MAX: usize = 5;

/// A merged sweep and everything told of it.
pub struct Screen<'a> {
    /// The store.
    pub store: &'a Store,
    /// The scenario as it was frozen.
    pub loaded: &'a Loaded,
    /// What the points came to.
    pub merged: &'a Merged,
    /// The table's bytes, if they are held.
    pub table: Option<Vec<u8>>,
    /// The content of sweep.json.
    pub json: String,
    /// Where the result is.
    pub path: &'a Path,
    /// Names of the files there.
    pub names: &'a [String],
}

impl Screen<'_> {
    /// The bytes for standard output.
    ///
    /// # Errors
    /// Those of reading points.
    pub fn render(&self, format: Format, paint: Paint) -> Result<Vec<u8>, Error> {
        Ok(match format {
            Format::Json => self.json.clone().into_bytes(),
            Format::Csv => match &self.table {
                Some(bytes) => bytes.clone(),
                None => std::fs::read(self.path.join("sweep.csv")).map_err(Error::io("read", self.path))?,
            },
            Format::Text => self.text(paint)?.into_bytes(),
            Format::Markdown => {
                let title = self.title().replace('|', "\\|");
                format!("## {title}\n\n{}\n\n{}", self.finding(), self.grid()?.markdown()).into_bytes()
            }
        })
    }

    fn text(&self, paint: Paint) -> Result<String, Error> {
        let plan = &self.store.plan;
        let mut lines: Vec<String> = wrap("", &self.finding()).iter().map(|line| paint.bold(line)).collect();
        lines.push(String::new());
        lines.push(format!("{} ({})", self.title(), one_line(&self.loaded.file_name)));
        let run = &self.loaded.scenario.run;
        let points = plural(plan.len() as f64, "point");
        let each = plural(f64::from(plan.replications), "replication");
        lines.extend(wrap(
            "",
            &format!("{points}, {} of traffic and {each} each, seed {}", run.duration, run.seed),
        ));
        if !self.merged.failed.is_empty() {
            let failed = &self.merged.failed;
            lines.extend(wrap(
                "",
                &format!("{} failed: {}", plural(failed.len() as f64, "point"), listed(failed)),
            ));
        }
        lines.push(String::new());
        lines.extend(self.grid()?.lines());
        let more = plan.len().saturating_sub(ROWS_MAX);
        if more > 0 {
            lines.push(paint.dim(&format!("and {} more in sweep.csv", plural(more as f64, "point"))));
        }
        lines.push(String::new());
        lines.extend(written(self.path, self.names));
        Ok(lines.join("\n") + "\n")
    }

    fn title(&self) -> String {
        let title = &self.loaded.scenario.title;
        one_line(if title.is_empty() { &self.loaded.stem } else { title })
    }

    /// The best point, or how far the first number ranges.
    fn finding(&self) -> String {
        let plan = &self.store.plan;
        let Some(goal) = plan.goal() else {
            let of = &plan.quantities()[0];
            let name = of.name();
            return match &self.merged.ends {
                None => format!("{name} is not defined at any point."),
                Some([low, high]) => {
                    let told = |end: &Record| format!("{} at {}", measured(of, end.value(of)), levels(end));
                    format!("{name} goes from {} to {}.", told(low), told(high))
                }
            };
        };
        let Some(best) = &self.merged.best else {
            return "No point meets the goal.".to_owned();
        };
        let way = match goal.better {
            Better::Higher => "highest",
            Better::Lower => "lowest",
        };
        let at = levels(best);
        let allowed = self.merged.allowed;
        let among = if goal.conditions.is_empty() {
            String::new()
        } else {
            format!(" among the {allowed} of {} points that meet the conditions", plan.len())
        };
        let value = measured(&goal.of, best.value(&goal.of));
        format!("{} is {way} at {at}: {value}{among}.", goal.of.name()).replace(" .", ".").replace("  ", " ")
    }

    /// The first points; with a goal the best ones.
    fn grid(&self) -> Result<Grid, Error> {
        let plan = &self.store.plan;
        let quantities = self.shown();
        let names: Vec<[String; 2]> =
            plan.axes.iter().take(AXES_MAX).map(|axis| [short(&axis.name), String::new()]).collect();
        let heads: Vec<[String; 2]> = quantities.iter().map(head).collect();
        let all: Vec<[&str; 2]> = [["point", ""]]
            .into_iter()
            .chain(names.iter().chain(&heads).map(|[a, b]| [a.as_str(), b.as_str()]))
            .collect();
        let mut grid = Grid::new(&all);
        for record in self.records()? {
            let axes =
                record.axes.values().take(AXES_MAX).map(|level| one_line(level.as_str().unwrap_or_default()));
            let mut cells = vec![record.point.map_or(String::new(), |number| number.to_string())];
            cells.extend(axes);
            cells.extend(quantities.iter().map(|quantity| match &record.error {
                Some(_) => "failed".to_owned(),
                None => printed(quantity, record.value(quantity)),
            }));
            grid.row(cells);
        }
        Ok(grid)
    }

    /// The quantities in the table: those of the goal first.
    fn shown(&self) -> Vec<Quantity> {
        let plan = &self.store.plan;
        let mut shown: Vec<Quantity> =
            plan.goal().iter().flat_map(|goal| goal.quantities().cloned().collect::<Vec<_>>()).collect();
        shown.extend(plan.quantities());
        let mut seen = std::collections::BTreeSet::new();
        shown.retain(|quantity| seen.insert(quantity.name()));
        shown.truncate(NUMBERS_MAX);
        shown
    }

    /// The points of the table.
    fn records(&self) -> Result<Vec<Record>, Error> {
        let plan = &self.store.plan;
        let mut best: Vec<Record> = Vec::new();
        let goal = plan.goal();
        let count = if goal.is_some() { plan.len() } else { plan.len().min(ROWS_MAX) };
        for point in 0..count {
            let State::Done(record) = self.store.state(point)? else { continue };
            best.push(*record);
            if let Some(goal) = &goal {
                rank(&mut best, goal);
                best.truncate(ROWS_MAX);
            }
        }
        Ok(best)
    }
}

/// Sets the last record to its place among those before it: allowed ones first, then by the goal.
fn rank(records: &mut [Record], goal: &Goal) {
    let key = |record: &Record| {
        let allowed = record.error.is_none() && goal.allows(|of| record.value(of));
        let value =
            record.value(&goal.of).map(|value| if goal.better == Better::Higher { -value } else { value });
        (!allowed, value.unwrap_or(f64::INFINITY))
    };
    records.sort_by(|a, b| {
        let (a, b) = (key(a), key(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
}

/// A point by its levels: `m.replicas 2, strategy none`.
fn levels(record: &Record) -> String {
    let level = |level: &serde_json::Value| one_line(level.as_str().unwrap_or_default());
    let each: Vec<String> =
        record.axes.iter().map(|(name, value)| format!("{} {}", short(name), level(value))).collect();
    each.join(", ")
}

/// The last two parts of an axis' path, without their quotes.
pub fn short(name: &str) -> String {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in name.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c => parts.last_mut().expect("there is a first").push(c),
        }
    }
    one_line(&parts[parts.len().saturating_sub(2)..].join("."))
}

fn head(quantity: &Quantity) -> [String; 2] {
    let unit = match quantity.unit() {
        Unit::Share => "%",
        Unit::Seconds => "s",
        Unit::Usd => "USD",
        Unit::RequestsPerMinute | Unit::TokensPerMinute => "/min",
        Unit::Count | Unit::Ratio => "",
    };
    let name = quantity.name();
    let bare = ["_share", "_usd", "_tpm", "_rpm", "_s"].iter().find_map(|end| name.strip_suffix(end));
    [bare.unwrap_or(&name).replace("time_to_success_", "").replace('_', " "), unit.to_owned()]
}

/// A value in print.
fn printed(quantity: &Quantity, value: Option<f64>) -> String {
    let Some(v) = value else { return UNDEFINED.to_owned() };
    match quantity.unit() {
        Unit::Share => percent(value),
        Unit::Seconds => seconds(value),
        Unit::Usd => money(v),
        Unit::Ratio => ratio(value),
        Unit::Count | Unit::RequestsPerMinute | Unit::TokensPerMinute => rate(v),
    }
}

/// A value in print, with its unit.
fn measured(quantity: &Quantity, value: Option<f64>) -> String {
    with_unit(printed(quantity, value), quantity.unit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_is_named_by_the_end_of_its_path() {
        assert_eq!(short("model.\"llama-3.3-70b\".replicas"), "llama-3.3-70b.replicas");
        assert_eq!(short("strategy"), "strategy");
        assert_eq!(short("run.seed"), "run.seed");
    }
}
