//! What was spent, `cost.csv`.

use super::{Column, MODEL, ORG, TIME_S, TableSpec, WORKLOAD};

/// `cost.csv`.
pub const COST: TableSpec = TableSpec {
    file: "cost.csv",
    doc: "One row per bin and workload, those of the warm-up included: what was used and what it cost. With several \
          replications, values are means over them.",
    columns: &[
        TIME_S,
        ORG,
        Column::new("key", "", "API key of the workload"),
        WORKLOAD,
        MODEL,
        Column::new("lane", "", "`serverless`, `batch` or `dedicated`"),
        Column::new("requests", "requests", "requests born"),
        Column::new("succeeded", "requests", "requests that succeeded"),
        Column::new("prompt_tokens", "tokens", "prompt tokens of the requests that succeeded in the bin"),
        Column::new("output_tokens", "tokens", "output tokens of the requests that succeeded in the bin"),
        Column::new(
            "cost_usd",
            "USD",
            "cost of everything served in the bin, work done in vain included; in the dedicated lane the workload's share of its replicas",
        ),
        Column::new("wasted_tokens", "tokens", "tokens served in vain"),
        Column::new("wasted_cost_usd", "USD", "cost of the wasted tokens, contained in `cost_usd`"),
        Column::new("cumulative_cost_usd", "USD", "`cost_usd` of this bin and all before it"),
    ],
};
