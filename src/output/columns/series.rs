//! The time series: `outcomes.csv`, `rates.csv`, `capacity.csv`.

use super::{Column, MODEL, ORG, TIME_S, TableSpec, WORKLOAD};

/// `outcomes.csv`.
pub const OUTCOMES: TableSpec = TableSpec {
    file: "outcomes.csv",
    doc: "One row per bin, org, workload and model. Each event is counted in the bin in which it happens. With \
          several replications, values are means over them.",
    columns: &[
        TIME_S,
        ORG,
        WORKLOAD,
        MODEL,
        Column::new("requests", "requests", "requests born"),
        Column::new("attempts", "attempts", "attempts sent"),
        Column::new("ok_200", "attempts", "attempts answered 200"),
        Column::new("limited_429_request", "attempts", "attempts answered 429 `dynamic_request_limited`"),
        Column::new("limited_429_token", "attempts", "attempts answered 429 `dynamic_token_limited`"),
        Column::new("unavailable_503", "attempts", "attempts answered 503"),
        Column::new(
            "client_timeout",
            "attempts",
            "attempts the client abandoned: timeout, deadline or cancellation",
        ),
        Column::new("gave_up", "requests", "requests their client gave up"),
        Column::new("prompt_tokens", "tokens", "prompt tokens of the requests that succeeded in the bin"),
        Column::new("output_tokens", "tokens", "output tokens of the requests that succeeded in the bin"),
        Column::new(
            "time_to_success_p50_s",
            "s",
            "median time to success of the requests that succeeded in the bin; empty if none did",
        ),
        Column::new("time_to_success_p99_s", "s", "99 % quantile of the same"),
        Column::new("succeeded", "requests", "requests that succeeded"),
        Column::new("in_flight_end", "attempts", "attempts without an answer at the end of the bin"),
        Column::new("open_end", "requests", "requests neither answered nor given up at the end of the bin"),
    ],
};

/// `rates.csv`.
pub const RATES: TableSpec = TableSpec {
    file: "rates.csv",
    doc: "One row per bin, org and model: every pair in every bin; of a population, every group. A group's rates and \
          successes are means over at most 64 of its members, evenly spaced by rank, the first among them; its \
          attempts are those of all. The dynamic rates are those at the start of the bin. With several replications, values are means over them.",
    columns: &[
        TIME_S,
        ORG,
        Column::new("model", "", "model"),
        Column::new(
            "dynamic_rate_rpm",
            "requests/min",
            "dynamic request rate at the start of the bin; empty if unlimited",
        ),
        Column::new(
            "dynamic_tokens_tpm",
            "tokens/min",
            "dynamic token rate at the start of the bin; empty if unlimited",
        ),
        Column::new(
            "success_rpm",
            "requests/min",
            "credited successes per minute over the law's window, at the start of the bin",
        ),
        Column::new("success_tpm", "tokens/min", "their prompt and output tokens per minute"),
        Column::new("green_attempts", "attempts", "attempts that arrived at or below the dynamic rate"),
        Column::new("red_attempts", "attempts", "attempts that arrived above the dynamic rate"),
    ],
};

/// `capacity.csv`.
pub const CAPACITY: TableSpec = TableSpec {
    file: "capacity.csv",
    doc: "One row per bin and model. With several replications, values are means over them.",
    columns: &[
        TIME_S,
        Column::new("model", "", "model"),
        Column::new("ready_replicas", "replicas", "replicas that take work, at the start of the bin"),
        Column::new("starting_replicas", "replicas", "replicas in their cold start, at the start of the bin"),
        Column::new(
            "draining_replicas",
            "replicas",
            "replicas that finish their work and leave, at the start of the bin",
        ),
        Column::new("in_service", "attempts", "attempts in service, time average over the bin"),
        Column::new(
            "utilization",
            "share 0–1",
            "work in service ÷ ready capacity, time average over the bin; 1 with nothing ready",
        ),
        Column::new(
            "buffer_depth",
            "attempts",
            "attempts waiting in the smoothing buffer, time average over the bin",
        ),
        Column::new(
            "buffer_wait_mean_s",
            "s",
            "mean wait of the attempts that started in the bin, those that waited zero included; empty if none did",
        ),
        Column::new(
            "forecast_rpm",
            "requests/min",
            "the autoscaler's forecast of demand; empty if it makes none",
        ),
        Column::new(
            "offered_rpm",
            "requests/min",
            "attempts that arrived in the bin, retries included, per minute",
        ),
        Column::new(
            "capacity_rpm",
            "requests/min",
            "live capacity: what the ready replicas complete when saturated, at the start of the bin",
        ),
    ],
};
