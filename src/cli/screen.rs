//! What is told after a run: the finding, what was simulated and how fast, a line for each org and model, a
//! line for each model, what was written where. The wall clock stands here only, never in a file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::figures::{UNDEFINED, count, money, percent, plural, rate, ratio, seconds};
use super::finding::{Party, sentence, value};
use super::grid::{Grid, wrap};
use super::stream::Paint;
use super::verdicts::Judged;
use crate::error::one_line;
use crate::metrics::histogram::Histogram;
use crate::metrics::series::CapacityBin;
use crate::metrics::summary::Summary;
use crate::output::report::ReportFile;
use crate::output::summary_json::utilization;
use crate::replications::Results;
use crate::scenario::loading::Loaded;

/// The form of what is printed after a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Format {
    /// For reading
    Text,
    /// The content of summary.json
    Json,
    /// The content of summary.csv
    Csv,
    /// The tables, for a document
    Markdown,
}

/// A finished run and everything told of it.
pub struct Screen<'a> {
    /// The scenario.
    pub loaded: &'a Loaded,
    /// What it came to.
    pub results: Results,
    /// Wall time of the simulation.
    pub took: Duration,
    /// Its thresholds.
    pub judged: Vec<Judged>,
    /// Where the result is.
    pub path: PathBuf,
    /// Names of the files there.
    pub names: Vec<String>,
    /// Those of them held in memory.
    pub files: Vec<ReportFile>,
}

/// What the columns of the first table are.
const LEGEND: &str = "429, 503: % of attempts; p50, p99: time until that share of all requests had succeeded";

/// Rows shown at most; all are in `summary.csv`.
const ROWS_MAX: usize = 40;

impl Screen<'_> {
    /// The bytes for standard output.
    pub fn render(&self, format: Format, paint: Paint) -> Vec<u8> {
        match format {
            Format::Json => self.file("summary.json"),
            Format::Csv => self.file("summary.csv"),
            Format::Text => self.text(paint).into_bytes(),
            Format::Markdown => self.markdown().into_bytes(),
        }
    }

    fn file(&self, name: &str) -> Vec<u8> {
        let file = self.files.iter().find(|file| file.name == name);
        file.unwrap_or_else(|| panic!("a result has {name}")).bytes.clone()
    }

    fn text(&self, paint: Paint) -> String {
        let mut lines: Vec<String> = wrap("", &self.finding()).iter().map(|line| paint.bold(line)).collect();
        lines.push(String::new());
        lines.extend(self.about().iter().flat_map(|line| wrap("", line)));
        lines.push(String::new());
        lines.extend(self.orgs("  ").lines());
        lines.extend(self.left_out());
        lines.push(paint.dim(LEGEND));
        lines.push(String::new());
        lines.extend(self.models().lines());
        lines.push(String::new());
        if let Some(grid) = super::spending::grid(&self.loaded.scenario, &self.results) {
            lines.extend(grid.lines());
            lines.push(String::new());
        }
        lines.extend(self.checks(paint));
        lines.extend(written(&self.path, &self.names));
        lines.join("\n") + "\n"
    }

    fn markdown(&self) -> String {
        let title = self.title().replace('|', "\\|");
        let about = self.about()[1..].join(" · ");
        let left_out = self.left_out().map_or(String::new(), |line| format!("\n{line}\n"));
        let spending = super::spending::grid(&self.loaded.scenario, &self.results);
        let spending = spending.map_or(String::new(), |grid| format!("\n{}", grid.markdown()));
        format!(
            "## {title}\n\n{}\n\n{about}\n\n{}{left_out}\n{LEGEND}\n\n{}{spending}",
            self.finding(),
            self.orgs("").markdown(),
            self.models().markdown()
        )
    }

    fn finding(&self) -> String {
        let prefix = if self.results.finished { "" } else { "Interrupted: " };
        let models = self.loaded.scenario.declared_models();
        let mut all = Vec::new();
        for (model, parties) in self.parties() {
            for mut party in parties {
                if models.len() > 1 {
                    party.name.push_str(&format!(" on {}", models[model as usize].name));
                }
                all.push(party);
            }
        }
        format!("{prefix}{}", sentence(&all, &self.results.total))
    }

    fn title(&self) -> String {
        let title = &self.loaded.scenario.title;
        one_line(if title.is_empty() { &self.loaded.stem } else { title })
    }

    /// Scenario and its size, then the speed: one item a line.
    fn about(&self) -> Vec<String> {
        let (run, results) = (&self.loaded.scenario.run, &self.results);
        let warmup =
            if run.warmup.is_zero() { String::new() } else { format!(", of which {} warm-up", run.warmup) };
        let replications = match results.replications {
            1 => "1 replication".to_owned(),
            n => format!("means of {n} replications"),
        };
        let bins = 0..results.outcomes.len();
        let workloads = self.loaded.scenario.workloads.len();
        let born = bins.flat_map(|bin| (0..workloads).map(move |w| results.outcomes.get(bin, w).requests));
        let (born, took_s) = (born.sum::<u64>() as f64, self.took.as_secs_f64().max(1e-6));
        vec![
            format!("{} ({})", self.title(), one_line(&self.loaded.file_name)),
            format!(
                "{} of traffic{warmup}, {} of drain; seed {}, {replications}",
                run.duration, run.drain, run.seed
            ),
            format!(
                "simulated {} in {took_s:.2} s: {} requests/s",
                plural(born, "request"),
                rate(born / took_s)
            ),
        ]
    }

    /// Per model, its rows: an org, or its workloads where it has several there.
    fn parties(&self) -> BTreeMap<u32, Vec<Party<'_>>> {
        let scenario = &self.loaded.scenario;
        let mut workloads_of: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        scenario.workloads.iter().for_each(|w| *workloads_of.entry((w.org, w.model)).or_default() += 1);
        let mut rows: BTreeMap<u32, Vec<Party>> = BTreeMap::new();
        for (workload, summary) in scenario.workloads.iter().zip(&self.results.summaries) {
            let org = &scenario.orgs[workload.org as usize].name;
            let name = match workloads_of[&(workload.org, workload.model)] {
                1 => org.to_string(),
                _ => format!("{org}/{}", workload.name),
            };
            rows.entry(workload.model).or_default().push(Party { name, summary });
        }
        rows
    }

    /// A line for each org and model.
    fn orgs(&self, indent: &str) -> Grid {
        let mut grid = Grid::new(&[
            ["", ""],
            ["requests", ""],
            ["success", "%"],
            ["429 req", "%"],
            ["429 tok", "%"],
            ["503", "%"],
            ["attempts", "per req"],
            ["p50", "s"],
            ["p99", "s"],
            ["dynamic rate", "req/min"],
            ["spend", "USD"],
        ]);
        let mut left = ROWS_MAX;
        for (model, parties) in self.parties() {
            if left == 0 {
                break;
            }
            grid.section(self.loaded.scenario.models[model as usize].name.as_str());
            for party in parties.iter().take(left) {
                grid.row(cells(format!("{indent}{}", party.name), party.summary));
            }
            left -= parties.len().min(left);
        }
        if self.results.summaries.len() > 1 {
            grid.row(cells("all".to_owned(), &self.results.total));
        }
        grid
    }

    fn left_out(&self) -> Option<String> {
        let left_out = self.results.summaries.len().checked_sub(ROWS_MAX).filter(|&n| n > 0)?;
        Some(format!("… and {} in summary.csv", plural(left_out as f64, "more row")))
    }

    /// A line for each model.
    fn models(&self) -> Grid {
        let mut grid = Grid::new(&[
            ["model", ""],
            ["replicas", ""],
            ["utilisation", "%"],
            ["buffer wait p50", "s"],
            ["buffer wait p99", "s"],
        ]);
        let scenario = &self.loaded.scenario;
        for (index, model) in scenario.models.iter().enumerate().take(ROWS_MAX) {
            let mut waits = Histogram::default();
            let served = scenario.workloads.iter().zip(&self.results.summaries);
            // What waits for spare capacity says nothing of the buffer.
            served
                .filter(|(w, _)| w.pool as usize == index && !w.is_batch())
                .for_each(|(_, s)| waits.merge(&s.buffer_wait));
            let wait = |q: f64| seconds(waits.quantile(q).map(|t| t.as_secs_f64()));
            grid.row(vec![
                model.name.to_string(),
                self.replicas(index),
                percent(Some(utilization(scenario, &self.results, index))),
                wait(0.5),
                wait(0.99),
            ]);
        }
        grid
    }

    /// Fewest and most ready replicas at the start of a bin: `2–8`.
    fn replicas(&self, model: usize) -> String {
        let bins = &self.results.capacity;
        // An interrupted run leaves its last bins empty.
        let reached = |bin: &usize| self.results.finished || *bins.get(*bin, model) != CapacityBin::default();
        let ready = (0..bins.len()).filter(reached).map(|bin| bins.get(bin, model).replicas[0]);
        let (min, max) = ready.fold((u64::MAX, 0), |(min, max), n| (min.min(n), max.max(n)));
        let [min, max] =
            [min.min(max), max].map(|sum| count(sum as f64 / f64::from(self.results.replications)));
        if min == max { min } else { format!("{min}–{max}") }
    }

    fn checks(&self, paint: Paint) -> Vec<String> {
        let passed = self.judged.iter().filter(|judged| judged.passed).count();
        match self.judged.len() {
            0 => Vec::new(),
            all if passed == all => {
                vec![format!("{} {} passed", paint.green("ok"), plural(all as f64, "check"))]
            }
            all => {
                vec![format!("{} {passed} of {} passed", paint.red("failed"), plural(all as f64, "check"))]
            }
        }
    }
}

/// Where a result is and what it has.
pub(super) fn written(path: &Path, names: &[String]) -> Vec<String> {
    let charts = names.iter().filter(|name| name.starts_with("charts/")).count();
    let mut names: Vec<&str> =
        names.iter().map(String::as_str).filter(|name| !name.starts_with("charts/")).collect();
    names.sort_unstable();
    let charts = if charts > 0 { format!(" charts/ ({charts} files)") } else { String::new() };
    let path = one_line(&path.display().to_string());
    let mut lines = vec![format!("written to {path}")];
    lines.extend(wrap("  ", &(names.join(" ") + &charts)));
    lines
}

/// The cells of a row of the summary.
fn cells(name: String, summary: &Summary) -> Vec<String> {
    let of = |metric: &str| value(summary, metric);
    let [start, end] = ["dynamic_rate_start_rpm", "dynamic_rate_end_rpm"].map(of);
    let dynamic = match (summary.dynamic, start.zip(end)) {
        // Of an interrupted run; a rate is never zero.
        (_, Some((start, 0.0))) => format!("{} → {UNDEFINED}", rate(start)),
        (_, Some((start, end))) => format!("{} → {}", rate(start), rate(end)),
        (Some(_), None) => "unlimited".to_owned(),
        (None, None) => String::new(),
    };
    vec![
        name,
        of("requests").map_or(UNDEFINED.to_owned(), count),
        percent(of("success_share")),
        percent(of("limited_429_request_share")),
        percent(of("limited_429_token_share")),
        percent(of("unavailable_503_share")),
        ratio(of("attempts_per_request")),
        seconds(of("time_to_success_p50_s")),
        seconds(of("time_to_success_p99_s")),
        dynamic,
        of("cost_usd").map_or(UNDEFINED.to_owned(), money),
    ]
}
