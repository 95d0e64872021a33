//! The columns of a comparison.

use super::{Column, MODEL, ORG, TIME_S, TableSpec};

const STRATEGY: Column = Column::new("strategy", "", "name of the client strategy");

/// Strategies beside the baseline.
pub const COMPARE: TableSpec = TableSpec {
    file: "compare.csv",
    doc: "One row per strategy and measure, over the requests whose client is exchanged. Differences are taken within each \
          replication, in which every strategy meets the same requests. With `--laws`, these rows again under each law.",
    columns: &[
        STRATEGY,
        Column::new("metric", "", "what is measured; its name ends in its unit"),
        Column::new("value", "", "mean over the replications; empty if one of them has no value"),
        Column::new(
            "diff",
            "",
            "mean difference to the baseline; empty if a replication has no value on either side",
        ),
        Column::new("low", "", "low end of the 95 % interval of the difference, Student's paired t"),
        Column::new("high", "", "high end of the same"),
        Column::new("n", "runs", "replications"),
        Column::new(
            "verdict",
            "",
            "on the primary measure alone: `better`, `worse` or `not distinguishable` at 5 % for all strategies together; \
             `baseline` for the one compared with",
        ),
        Column::new("defined", "runs", "replications in which both sides have a value"),
        Column::new(
            "p_value",
            "",
            "chance of such a difference where there is none: paired t, or the sign test if a value is not defined",
        ),
        Column::new(
            "p_holm",
            "",
            "the same adjusted for the number of strategies (Holm 1979); on the primary measure alone",
        ),
        Column::new("law", "", "`as written`, or the law or limit block that replaces the scenario's"),
    ],
};

/// The curves of all strategies.
pub const COMPARE_CURVES: TableSpec = TableSpec {
    file: "compare_time_to_success.csv",
    doc: "The distribution of the time to success, one rising curve per strategy over the requests whose client is exchanged, \
          all replications together. The last row of a curve is its end value, the share that succeeded at all.",
    columns: &[
        STRATEGY,
        Column::new("time_s", "s", "time since the birth of a request"),
        Column::new(
            "succeeded_share",
            "share 0–1",
            "share of all requests that had succeeded within `time_s`",
        ),
    ],
};

/// The dynamic rates of all strategies.
pub const COMPARE_RATES: TableSpec = TableSpec {
    file: "compare_rates.csv",
    doc: "One row per bin, strategy, and org and model of the requests whose client is exchanged. Values are means over the \
          replications.",
    columns: &[
        TIME_S,
        STRATEGY,
        ORG,
        MODEL,
        Column::new(
            "dynamic_rate_rpm",
            "requests/min",
            "dynamic request rate at the start of the bin; empty if unlimited",
        ),
        Column::new("attempts", "attempts", "attempts sent in the bin"),
        Column::new("ok_200", "attempts", "attempts answered 200 in the bin"),
    ],
};
