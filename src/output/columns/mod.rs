//! Every column of every table: the single source of the CSV headers, the manifest and `docs/outputs.md`.
//!
//! Names and order are an interface: new columns go to the right end.

mod compare;
mod cost;
mod log;
mod series;
mod summary;

pub use compare::{COMPARE, COMPARE_CURVES, COMPARE_RATES};
pub use cost::COST;
pub use log::ATTEMPTS;
pub use series::{CAPACITY, OUTCOMES, RATES};
pub use summary::{SUMMARY, TIME_TO_SUCCESS};

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A column of a table.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Column {
    /// Its name in the header; ends in the unit where that is not plain.
    pub name: Cow<'static, str>,
    /// Its unit; empty for text and identifiers.
    pub unit: Cow<'static, str>,
    /// What it holds, in one sentence.
    pub doc: Cow<'static, str>,
}

impl Column {
    /// A column with fixed texts.
    pub const fn new(name: &'static str, unit: &'static str, doc: &'static str) -> Column {
        Column { name: Cow::Borrowed(name), unit: Cow::Borrowed(unit), doc: Cow::Borrowed(doc) }
    }

    /// The two columns of a 95 % band over replications, `<name>_low` and `<name>_high`.
    pub fn band(&self) -> [Column; 2] {
        ["low", "high"].map(|end| Column {
            name: format!("{}_{end}", self.name).into(),
            unit: self.unit.clone(),
            doc: format!("{end} end of the 95 % band of `{}` over replications", self.name).into(),
        })
    }
}

/// A CSV file of a result: its name and columns.
#[derive(Debug)]
pub struct TableSpec {
    /// The file's name.
    pub file: &'static str,
    /// What a row is.
    pub doc: &'static str,
    /// The columns, in order.
    pub columns: &'static [Column],
}

impl TableSpec {
    /// The columns, followed by the bands of those named (runs with several replications).
    ///
    /// # Panics
    /// If the table has no column of such a name.
    pub fn with_bands(&self, names: &[&str]) -> Vec<Column> {
        let named = |name: &&str| {
            let found = self.columns.iter().find(|column| column.name == **name);
            found.unwrap_or_else(|| panic!("{} has no column {name}", self.file)).band()
        };
        self.columns.iter().cloned().chain(names.iter().flat_map(named)).collect()
    }

    /// The columns as a Markdown table, as in `docs/outputs.md`.
    pub fn to_markdown(&self) -> String {
        let head = "| column | unit | meaning |\n|---|---|---|\n".to_owned();
        self.columns.iter().fold(head, |text, column| {
            text + &format!("| `{}` | {} | {} |\n", column.name, column.unit, column.doc)
        })
    }
}

/// Every table of a result, then those of a comparison.
pub const TABLES: &[&TableSpec] = &[
    &SUMMARY,
    &OUTCOMES,
    &RATES,
    &CAPACITY,
    &COST,
    &TIME_TO_SUCCESS,
    &ATTEMPTS,
    &COMPARE,
    &COMPARE_CURVES,
    &COMPARE_RATES,
];

// Columns that mean the same in every table.
const TIME_S: Column =
    Column::new("time_s", "s", "start of the bin, simulated time since the start of the run");
const ORG: Column = Column::new("org", "", "organization");
const WORKLOAD: Column = Column::new("workload", "", "workload of the organization");
const MODEL: Column = Column::new("model", "", "model the workload asks for");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fixed_headers_are_a_prefix_of_each_table() {
        let fixed = [
            (
                &SUMMARY,
                "org,workload,model,requests,succeeded,gave_up,open,attempts,ok_200,\
                 limited_429_request,limited_429_token,unavailable_503,client_timeout,in_flight,\
                 prompt_tokens,output_tokens,time_to_success_mean_s,time_to_success_p50_s,\
                 time_to_success_p95_s,time_to_success_p99_s,attempt_latency_mean_s,\
                 buffer_wait_mean_s,buffer_wait_p99_s,dynamic_rate_start_rpm,dynamic_rate_end_rpm,\
                 dynamic_tokens_end_tpm,cost_usd,success_share,attempts_per_request,gave_up_attempts,\
                 gave_up_deadline,gave_up_not_retryable,time_to_success_p50_of_succeeded_s,\
                 time_to_success_p95_of_succeeded_s,time_to_success_p99_of_succeeded_s,ttft_p50_s,\
                 ttft_p99_s,wasted_tokens,wasted_cost_usd,replications",
            ),
            (
                &OUTCOMES,
                "time_s,org,workload,model,requests,attempts,ok_200,limited_429_request,\
                 limited_429_token,unavailable_503,client_timeout,gave_up,prompt_tokens,output_tokens,\
                 time_to_success_p50_s,time_to_success_p99_s,succeeded,in_flight_end,open_end",
            ),
            (
                &RATES,
                "time_s,org,model,dynamic_rate_rpm,dynamic_tokens_tpm,success_rpm,success_tpm,\
                 green_attempts,red_attempts",
            ),
            (
                &CAPACITY,
                "time_s,model,ready_replicas,starting_replicas,draining_replicas,in_service,\
                 utilization,buffer_depth,buffer_wait_mean_s,forecast_rpm,offered_rpm,capacity_rpm",
            ),
            (
                &COST,
                "time_s,org,key,workload,model,lane,requests,succeeded,prompt_tokens,output_tokens,cost_usd,\
                 wasted_tokens,wasted_cost_usd,cumulative_cost_usd",
            ),
            (&TIME_TO_SUCCESS, "org,workload,model,time_s,succeeded_share"),
            (
                &ATTEMPTS,
                "time_s,org,workload,model,request,attempt,color,status,error_type,reset_s,\
                 prompt_tokens,output_tokens,buffer_wait_s,latency_s",
            ),
            (&COMPARE, "strategy,metric,value,diff,low,high,n,verdict,defined,p_value,p_holm,law"),
            (&COMPARE_CURVES, "strategy,time_s,succeeded_share"),
            (&COMPARE_RATES, "time_s,strategy,org,model,dynamic_rate_rpm,attempts,ok_200"),
        ];
        assert_eq!(fixed.len(), TABLES.len());
        for (table, header) in fixed {
            let names: Vec<&str> = table.columns.iter().map(|column| &*column.name).collect();
            assert!(names.join(",").starts_with(header), "{} is {}", table.file, names.join(","));
        }
    }

    #[test]
    fn names_are_unique_and_units_agree_with_their_suffix() {
        for table in TABLES {
            for (i, column) in table.columns.iter().enumerate() {
                let name = &*column.name;
                assert!(table.columns[..i].iter().all(|other| other.name != name), "{name} twice");
                assert!(
                    !column.doc.is_empty() && !column.doc.ends_with('.') && !column.doc.contains('|'),
                    "{name}"
                );
                for (suffix, unit) in
                    [("_s", "s"), ("_rpm", "requests/min"), ("_tpm", "tokens/min"), ("_usd", "USD")]
                {
                    assert_eq!(name.ends_with(suffix), column.unit == unit, "{name} in {:?}", column.unit);
                }
            }
        }
    }

    #[test]
    fn bands_follow_on_the_right() {
        let columns = RATES.with_bands(&["success_rpm"]);
        let names: Vec<&str> = columns[RATES.columns.len()..].iter().map(|column| &*column.name).collect();
        assert_eq!(names, ["success_rpm_low", "success_rpm_high"]);
        assert!(std::panic::catch_unwind(|| RATES.with_bands(&["nothing"])).is_err());
    }

    #[test]
    fn the_page_of_outputs_shows_these_columns() {
        let page = include_str!("../../../docs/outputs.md");
        for table in TABLES {
            let section = format!("### `{}`\n\n{}\n\n{}", table.file, table.doc, table.to_markdown());
            assert!(
                page.contains(&section),
                "docs/outputs.md differs from the code; paste this:\n\n{section}"
            );
        }
    }
}
