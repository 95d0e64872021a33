//! The attempt log, `attempts.csv`.

use super::{Column, MODEL, ORG, TableSpec, WORKLOAD};

/// `attempts.csv`.
pub const ATTEMPTS: TableSpec = TableSpec {
    file: "attempts.csv",
    doc: "With `--requests` only: one row per attempt, the attempts of the warm-up included.",
    columns: &[
        Column::new("time_s", "s", "when the attempt was sent, simulated time since the start of the run"),
        ORG,
        WORKLOAD,
        MODEL,
        Column::new("request", "", "number of the request within its workload, from 0 in the order of birth"),
        Column::new("attempt", "", "number of the attempt within its request, from 1"),
        Column::new(
            "color",
            "",
            "`green` at or below the dynamic rate on arrival, `red` above; empty if it had not arrived",
        ),
        Column::new(
            "status",
            "",
            "HTTP status code, `timeout` if the client abandoned it, `in_flight` if the run ended first",
        ),
        Column::new(
            "error_type",
            "",
            "`dynamic_request_limited` or `dynamic_token_limited` on a 429; else empty",
        ),
        Column::new("reset_s", "s", "value of the `x-ratelimit-reset` header; empty if there was none"),
        Column::new("prompt_tokens", "tokens", "prompt tokens of the request"),
        Column::new("output_tokens", "tokens", "output tokens of the request, whether served or not"),
        Column::new(
            "buffer_wait_s",
            "s",
            "time in the smoothing buffer, up to the start, the drop or the withdrawal",
        ),
        Column::new(
            "latency_s",
            "s",
            "time from sending to the answer or the client's timeout; empty while in flight",
        ),
        Column::new(
            "member",
            "",
            "whose request it is: the rank in its population, from 1; empty of an org on its own",
        ),
    ],
};
