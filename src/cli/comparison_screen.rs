//! What is told after a comparison: the finding, what was simulated, a line for each strategy, one for each law.

use std::path::PathBuf;
use std::time::Duration;

use super::comparison_words::{difference, finding, level};
use super::figures::{UNDEFINED, money, percent, plural, rate, ratio, seconds, unit_word, with_unit};
use super::grid::{Grid, wrap};
use super::screen::written;
use super::stream::Paint;
use crate::compare::comparison::Comparison;
use crate::compare::measure::{MEASURES, find};
use crate::compare::precision::{Ended, Rule, Width};
use crate::compare::verdict::{Judged, Paired, Verdict};
use crate::error::one_line;
use crate::metrics::metric::Unit;
use crate::output::report::ReportFile;
use crate::scenario::loading::Loaded;

/// The form of what is printed after a comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Format {
    /// For reading
    Text,
    /// The content of compare.json
    Json,
    /// The content of compare.csv
    Csv,
    /// The tables, for a document
    Markdown,
}

/// A finished comparison and everything told of it.
pub struct Screen<'a> {
    /// The scenario as written.
    pub loaded: &'a Loaded,
    /// What it came to.
    pub comparison: &'a Comparison,
    /// Wall time of the simulations.
    pub took: Duration,
    /// Where the result is.
    pub path: PathBuf,
    /// Names of the files there.
    pub names: Vec<String>,
    /// Those of them held in memory.
    pub files: &'a [ReportFile],
}

impl Screen<'_> {
    /// The bytes for standard output.
    pub fn render(&self, format: Format, paint: Paint) -> Vec<u8> {
        match format {
            Format::Json => self.file("compare.json"),
            Format::Csv => self.file("compare.csv"),
            Format::Text => self.text(paint).into_bytes(),
            Format::Markdown => self.markdown().into_bytes(),
        }
    }

    fn file(&self, name: &str) -> Vec<u8> {
        let file = self.files.iter().find(|file| file.name == name);
        file.unwrap_or_else(|| panic!("a comparison has {name}")).bytes.clone()
    }

    fn text(&self, paint: Paint) -> String {
        let sentence = finding(self.comparison);
        let mut lines: Vec<String> = wrap("", &sentence).iter().map(|line| paint.bold(line)).collect();
        lines.push(String::new());
        lines.extend(self.about().iter().flat_map(|line| wrap("", line)));
        lines.push(String::new());
        lines.extend(self.table().lines());
        lines.extend(wrap("", &self.legend()).iter().map(|line| paint.dim(line)));
        lines.push(String::new());
        if let Some(laws) = self.laws() {
            lines.extend(laws.lines());
            lines.push(String::new());
        }
        lines.extend(written(&self.path, &self.names));
        lines.join("\n") + "\n"
    }

    fn markdown(&self) -> String {
        let title = self.title().replace('|', "\\|");
        let about = self.about()[1..].join(" · ");
        let laws = self.laws().map_or(String::new(), |laws| format!("\n{}", laws.markdown()));
        let table = self.table().markdown();
        let sentence = finding(self.comparison);
        format!("## {title}\n\n{sentence}\n\n{about}\n\n{table}\n{}\n{laws}", self.legend())
    }

    fn title(&self) -> String {
        let title = &self.loaded.scenario.title;
        one_line(if title.is_empty() { &self.loaded.stem } else { title })
    }

    /// Scenario, whose client, how often and why so often, then the speed: one item a line.
    fn about(&self) -> Vec<String> {
        let (run, comparison) = (&self.loaded.scenario.run, self.comparison);
        let whose = &comparison.whose;
        let n = f64::from(comparison.observed.replications);
        let requests: u64 =
            comparison.observed.results.iter().map(|results| results.total.account.requests).sum();
        let took_s = self.took.as_secs_f64().max(1e-6);
        let warmup = if run.warmup.is_zero() { "" } else { " after the warm-up" };
        vec![
            format!("{} ({})", self.title(), one_line(&self.loaded.file_name)),
            format!(
                "client of {}/{} exchanged; {} of traffic, {} of drain; seed {}, {}{}",
                whose.org,
                whose.workloads.join(", "),
                run.duration,
                run.drain,
                run.seed,
                plural(n, "replication"),
                self.ended(),
            ),
            format!(
                "simulated {}{warmup} in {took_s:.2} s: {} requests/s",
                plural(requests as f64, "request"),
                rate(requests as f64 / took_s)
            ),
        ]
    }

    /// Why there are no more replications.
    fn ended(&self) -> String {
        let comparison = self.comparison;
        let Rule::Until(width, most) = comparison.rule else {
            let interrupted = comparison.observed.ended == Ended::Interrupted;
            return if interrupted { ": interrupted".to_owned() } else { String::new() };
        };
        let target = match width {
            Width::Absolute(target) => {
                with_unit(level(comparison.measure(), Some(target)), comparison.measure().unit)
            }
            Width::Relative(share) => format!("{} % of the baseline's", percent(Some(share))),
        };
        match comparison.observed.ended {
            Ended::Narrow => format!(": enough for intervals of ± {target}"),
            Ended::Capped => format!(", the most allowed ({most}): not every interval is within ± {target}"),
            Ended::Interrupted => ": interrupted".to_owned(),
            Ended::Fixed => String::new(),
        }
    }

    fn table(&self) -> Grid {
        let comparison = self.comparison;
        let primary = comparison.primary;
        let columns: Vec<&Shown> = SHOWN
            .iter()
            .filter(|shown| {
                find(shown.name).is_some_and(|place| {
                    place != primary && comparison.is_measured(place) && self.differs(place)
                })
            })
            .collect();
        let measure = comparison.measure();
        let unit = unit_word(measure.unit);
        let word = SHOWN.iter().find(|shown| shown.name == measure.name).map_or(measure.name, |s| s.head);
        let diff_unit = if measure.unit == Unit::Share { "pp, 95 %" } else { "95 %" };
        let mut head = vec![["strategy", ""], [word, unit], ["difference", diff_unit]];
        head.extend(columns.iter().map(|shown| [shown.head, shown.unit]));
        head.push(["verdict", ""]);
        let mut grid = Grid::new(&head);
        for &arm in &comparison.order {
            let judged = &comparison.judged[arm];
            let paired = &judged.paired[primary];
            let mut cells = vec![comparison.labels[arm].clone(), level(measure, paired.value)];
            cells.push(self.difference(judged, paired));
            cells.extend(columns.iter().map(|shown| {
                let place = find(shown.name).expect("a measure");
                (shown.print)(judged.paired[place].value)
            }));
            cells.push(judged.verdict.word().to_owned());
            grid.row(cells);
        }
        grid
    }

    fn is_measured(&self, name: &str) -> bool {
        self.comparison.is_measured(find(name).expect("a measure"))
    }

    /// Whether a measure tells any two strategies apart, or is worth a column all the same.
    fn differs(&self, place: usize) -> bool {
        let judged = &self.comparison.judged;
        let is_money = MEASURES[place].unit == Unit::Usd || MEASURES[place].name == "wasted_tokens";
        !is_money || judged.iter().any(|judged| judged.paired[place].value.is_some_and(|value| value > 0.0))
    }

    fn difference(&self, judged: &Judged, paired: &Paired) -> String {
        match (judged.verdict, paired.difference) {
            (Verdict::Baseline, _) => String::new(),
            (_, None) => UNDEFINED.to_owned(),
            (_, Some(value)) => difference(self.comparison.measure(), value, paired.interval),
        }
    }

    fn legend(&self) -> String {
        let baseline = &self.comparison.labels[self.comparison.baseline];
        let mut text = format!(
            "difference: to {baseline}, of the same requests in the same replication, ± half of its 95 % interval; \
             verdict: on this one measure, at 5 % for all strategies together"
        );
        if ["time_to_success_p50_s", "time_to_success_p99_s"].iter().any(|name| self.is_measured(name)) {
            text.push_str("; p50, p99: time until that share of all requests had succeeded");
        }
        if self.is_measured("neighbours_success_share_change") {
            text.push_str("; neighbours: all others' success share, less what it is without these requests");
        }
        text
    }

    /// A line for each law.
    fn laws(&self) -> Option<Grid> {
        let comparison = self.comparison;
        if comparison.laws.is_empty() {
            return None;
        }
        let measure = comparison.measure();
        let unit = unit_word(measure.unit);
        let best = comparison.best();
        let mut grid = Grid::new(&[
            ["under", ""],
            ["best", ""],
            ["its value", unit],
            ["the winner's", unit],
            ["the winner holds", ""],
        ]);
        for law in &comparison.laws {
            let value = |arm: usize| level(measure, law.judged[arm].paired[comparison.primary].value);
            grid.row(vec![
                law.law.clone(),
                comparison.labels[law.order[0]].clone(),
                value(law.order[0]),
                value(best),
                if law.holds { "yes" } else { "no" }.to_owned(),
            ]);
        }
        Some(grid)
    }
}

/// A column beside the primary measure.
struct Shown {
    name: &'static str,
    head: &'static str,
    unit: &'static str,
    print: fn(Option<f64>) -> String,
}

const SHOWN: &[Shown] = &[
    Shown { name: "success_share", head: "success", unit: "%", print: percent },
    Shown { name: "attempts_per_request", head: "attempts", unit: "per req", print: ratio },
    Shown { name: "time_to_success_p50_s", head: "p50", unit: "s", print: seconds },
    Shown { name: "time_to_success_p99_s", head: "p99", unit: "s", print: seconds },
    Shown { name: "cost_usd", head: "spend", unit: "USD", print: |v| v.map_or(UNDEFINED.into(), money) },
    Shown { name: "neighbours_success_share_change", head: "neighbours", unit: "pp", print: points },
];

/// A signed difference of shares, in percentage points.
fn points(value: Option<f64>) -> String {
    value.map_or(UNDEFINED.to_owned(), |value| super::comparison_words::signed(100.0 * value, 2))
}
