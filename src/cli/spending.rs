//! What was spent, by lane, org and API key, where there is more than one lane or a key of its own.

use super::figures::{UNDEFINED, count, money, percent, seconds};
use super::finding::value;
use super::grid::Grid;
use crate::metrics::summary::Summary;
use crate::output::spend;
use crate::replications::Results;
use crate::scenario::Scenario;

/// Rows shown at most; all are in `summary.json`.
const ROWS_MAX: usize = 40;

/// The table, where it says something that the others do not.
pub fn grid(scenario: &Scenario, results: &Results) -> Option<Grid> {
    let lanes = spend::lanes(scenario, results);
    let keys = spend::keys(scenario, results);
    let named = keys.iter().any(|party| party.name != "default");
    if lanes.len() < 2 && !named && lanes.iter().all(|party| party.name == "serverless") {
        return None;
    }
    let mut grid = Grid::new(&[
        ["spend", ""],
        ["requests", ""],
        ["success", "%"],
        ["p99", "s"],
        ["tokens", ""],
        ["spend", "USD"],
        ["in vain", "USD"],
        ["per M tokens", "USD"],
        ["per 1,000 done", "USD"],
    ]);
    grid.section("by lane");
    lanes.iter().for_each(|party| grid.row(cells(party.name.to_owned(), &party.summary)));
    grid.section(if named { "by org and key" } else { "by org" });
    for org in spend::orgs(scenario, results).iter().take(ROWS_MAX) {
        grid.row(cells(org.name.to_owned(), &org.summary));
        let mine = keys.iter().filter(|key| named && key.org == Some(org.name));
        mine.for_each(|key| grid.row(cells(format!("  {}", key.name), &key.summary)));
    }
    Some(grid)
}

fn cells(name: String, summary: &Summary) -> Vec<String> {
    let of = |metric: &str| value(summary, metric);
    let cost = |metric: &str| of(metric).map_or(UNDEFINED.to_owned(), money);
    let tokens = of("prompt_tokens").zip(of("output_tokens")).map(|(prompt, output)| prompt + output);
    vec![
        format!("  {name}"),
        of("requests").map_or(UNDEFINED.to_owned(), count),
        percent(of("success_share")),
        seconds(of("time_to_success_p99_s")),
        tokens.map_or(UNDEFINED.to_owned(), count),
        cost("cost_usd"),
        cost("wasted_cost_usd"),
        cost("cost_per_million_tokens_usd"),
        of("cost_per_success_usd").map_or(UNDEFINED.to_owned(), |each| money(1000.0 * each)),
    ]
}
