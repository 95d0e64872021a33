//! The files of a result, from what the replications found: CSV tables and `summary.json`.

use super::columns::{CAPACITY, OUTCOMES, RATES, SUMMARY, TIME_TO_SUCCESS};
use super::filling::{Filling, band, per_run};
use super::rows::{summary_rows, workload_names};
use super::spend;
use super::summary_json;
use super::table::Cell;
use crate::metrics::metric::{self, Unit};
use crate::metrics::summary::Summary;
use crate::replications::Results;
use crate::scenario::Scenario;
use crate::scenario::loading::Loaded;

pub use super::filling::ReportFile;

/// Every file of a result but its charts, attempt log and manifest.
pub fn tables(loaded: &Loaded, results: &Results) -> Vec<ReportFile> {
    let scenario = &loaded.scenario;
    let plain = |name, bytes| ReportFile { name, columns: Vec::new(), bytes };
    vec![
        summary(scenario, results),
        outcomes(scenario, results),
        rates(scenario, results),
        capacity(scenario, results),
        spend::table(scenario, results),
        time_to_success(scenario, results),
        plain("summary.json", summary_json::text(loaded, results).into_bytes()),
        plain("scenario.toml", loaded.resolved.to_toml().into_bytes()),
    ]
}

/// A metric's value as a cell: counts of a single run are whole.
fn metric_cell(metric: &metric::Metric, summary: &Summary) -> Cell<'static> {
    match (metric.value)(summary) {
        None => Cell::Empty,
        Some(value) if metric.unit == Unit::Count && summary.replications == 1 => Cell::Count(value as u64),
        Some(value) => Cell::Number(value),
    }
}

fn summary(scenario: &Scenario, results: &Results) -> ReportFile {
    let mut file = Filling::new(&SUMMARY, &[], results);
    let named: Vec<&metric::Metric> = file.columns[3..]
        .iter()
        .map(|column| metric::find(&column.name).unwrap_or_else(|| panic!("{} is no metric", column.name)))
        .collect();
    for (names, summary) in summary_rows(scenario, results) {
        let mut cells: Vec<Cell> = names.map(Cell::Text).to_vec();
        cells.extend(named.iter().map(|metric| metric_cell(metric, summary)));
        file.row(&cells);
    }
    file.finish()
}

fn outcomes(scenario: &Scenario, results: &Results) -> ReportFile {
    let mut file = Filling::new(&OUTCOMES, &["attempts", "ok_200"], results);
    let n = results.replications;
    let names = workload_names(scenario);
    let mut stocks = vec![(0i128, 0i128); names.len()];
    for bin in 0..results.outcomes.len() {
        for (w, names) in names.iter().enumerate() {
            let b = results.outcomes.get(bin, w);
            let (in_flight, open) = &mut stocks[w];
            *in_flight += i128::from(b.attempts) - i128::from(b.ended());
            *open += i128::from(b.requests) - i128::from(b.succeeded) - i128::from(b.gave_up);
            let stock = |stock: i128| per_run(u64::try_from(stock).expect("a stock is never negative"), n);
            let quantile = |ns: u128| -> Cell {
                (b.quantiled > 0).then(|| ns as f64 / f64::from(b.quantiled) / 1e9).into()
            };
            let mut cells = vec![Cell::Number(results.outcomes.start(bin).as_secs_f64())];
            cells.extend(names.map(Cell::Text));
            let counts = [
                b.requests,
                b.attempts,
                b.ok_200,
                b.limited_429_request,
                b.limited_429_token,
                b.unavailable_503,
                b.client_timeout,
                b.gave_up,
                b.prompt_tokens,
                b.output_tokens,
            ];
            cells.extend(counts.map(|count| per_run(count, n)));
            cells.extend(b.time_to_success_ns.map(quantile));
            cells.extend([per_run(b.succeeded, n), stock(*in_flight), stock(*open)]);
            for (sum, squares) in [b.attempts, b.ok_200].into_iter().zip(b.squares) {
                cells.extend(band(sum as f64, squares, 1.0, n));
            }
            file.row(&cells);
        }
    }
    file.finish()
}

fn rates(scenario: &Scenario, results: &Results) -> ReportFile {
    let mut file = Filling::new(&RATES, &["dynamic_rate_rpm"], results);
    let n = results.replications;
    let per_min = |sum: f64| Some(sum / f64::from(n) * 60.0).filter(|rate| rate.is_finite());
    for bin in 0..results.rates.len() {
        for (p, pair) in scenario.pairs.iter().enumerate() {
            let b = results.rates.get(bin, p);
            let org = &scenario.orgs[pair.org as usize].name;
            let model = &scenario.models[pair.model as usize].name;
            let mut cells = vec![
                Cell::Number(results.rates.start(bin).as_secs_f64()),
                org.as_str().into(),
                model.as_str().into(),
            ];
            let dynamic = [b.dynamic.requests, b.dynamic.tokens];
            let success = [b.success.requests, b.success.tokens];
            cells.extend(dynamic.into_iter().chain(success).map(|sum| Cell::from(per_min(sum))));
            cells.extend([b.green, b.red].map(|count| per_run(count, n)));
            cells.extend(band(b.dynamic.requests, b.squares, 60.0, n));
            file.row(&cells);
        }
    }
    file.finish()
}

fn capacity(scenario: &Scenario, results: &Results) -> ReportFile {
    let mut file = Filling::new(&CAPACITY, &["ready_replicas", "utilization"], results);
    let n = results.replications;
    let end = scenario.run.duration + scenario.run.drain;
    for bin in 0..results.capacity.len() {
        let start = results.capacity.start(bin);
        // The last bin may be shorter than the others.
        let until = start.saturating_add(scenario.run.interval).min(crate::units::SimTime::ZERO + end);
        let width_ns = (until - start).as_ns() as f64;
        let minutes = width_ns / 60e9;
        for (m, model) in scenario.models.iter().enumerate() {
            let b = results.capacity.get(bin, m);
            let mut cells = vec![Cell::Number(start.as_secs_f64()), model.name.as_str().into()];
            cells.extend(b.replicas.map(|count| per_run(count, n)));
            cells.extend(b.integrals.map(|integral| Cell::Number(integral / width_ns / f64::from(n))));
            let wait_s = (b.started > 0).then(|| b.wait_ns as f64 / b.started as f64 / 1e9);
            cells.push(wait_s.into());
            cells.push(b.forecast.map(|sum| sum / f64::from(n) * 60.0).into());
            cells.push(Cell::Number(b.offered as f64 / f64::from(n) / minutes));
            cells.push(Cell::Number(b.capacity / f64::from(n) * 60.0));
            cells.extend(band(b.replicas[0] as f64, b.squares[0], 1.0, n));
            cells.extend(band(b.integrals[1], b.squares[1], 1.0 / width_ns, n));
            file.row(&cells);
        }
    }
    file.finish()
}

/// Points of a time-to-success curve, at most.
const CURVE_POINTS: f64 = 400.0;

fn time_to_success(scenario: &Scenario, results: &Results) -> ReportFile {
    let mut file = Filling::new(&TIME_TO_SUCCESS, &[], results);
    for (names, summary) in workload_names(scenario).into_iter().zip(&results.summaries) {
        for point in curve(summary) {
            let mut cells = names.map(Cell::Text).to_vec();
            cells.extend(point.map(Cell::Number));
            file.row(&cells);
        }
    }
    file.finish()
}

/// The points of a time-to-success curve: seconds, and the share that had succeeded by then.
pub(super) fn curve(summary: &Summary) -> Vec<[f64; 2]> {
    let (requests, succeeded) = (summary.account.requests, summary.time_to_success.count());
    let (mut seen, mut told, mut points) = (0u64, 0.0, Vec::new());
    for (time, count) in summary.time_to_success.buckets() {
        seen += count;
        let share = seen as f64 / requests as f64;
        // Every step a reader could see, and the end.
        if told == 0.0 || share - told >= 1.0 / CURVE_POINTS || seen == succeeded {
            told = share;
            points.push([time.as_secs_f64(), share]);
        }
    }
    points
}
