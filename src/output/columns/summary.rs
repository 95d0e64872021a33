//! `summary.csv` and the curve behind its quantiles, `time_to_success.csv`.

use super::{Column, MODEL, TableSpec};

const ORG: Column = Column::new("org", "", "organization; `TOTAL` in the last row, which sums up all others");
const WORKLOAD: Column = Column::new("workload", "", "workload of the organization; empty in the last row");
const MODEL_OF_ROW: Column = Column::new("model", "", "model the workload asks for; empty in the last row");

/// `summary.csv`.
pub const SUMMARY: TableSpec = TableSpec {
    file: "summary.csv",
    doc: "One row per org, workload and model, then the row `TOTAL`. It covers the requests born at or after the \
          warm-up, with all that happens to them. With several replications, counts, token sums and costs are means \
          per run and quantiles come from the runs' merged histograms. Quantiles are exact to 1 %.",
    columns: &[
        ORG,
        WORKLOAD,
        MODEL_OF_ROW,
        Column::new("requests", "requests", "requests born = succeeded + gave_up + open"),
        Column::new("succeeded", "requests", "requests answered 200 in the end"),
        Column::new("gave_up", "requests", "requests their client gave up"),
        Column::new("open", "requests", "requests neither answered nor given up when the run ended"),
        Column::new("attempts", "attempts", "attempts sent = the six outcomes that follow"),
        Column::new("ok_200", "attempts", "attempts answered 200"),
        Column::new("limited_429_request", "attempts", "attempts answered 429 `dynamic_request_limited`"),
        Column::new("limited_429_token", "attempts", "attempts answered 429 `dynamic_token_limited`"),
        Column::new("unavailable_503", "attempts", "attempts answered 503"),
        Column::new(
            "client_timeout",
            "attempts",
            "attempts the client abandoned: timeout, deadline or cancellation",
        ),
        Column::new("in_flight", "attempts", "attempts still without an answer when the run ended"),
        Column::new("prompt_tokens", "tokens", "prompt tokens of the requests that succeeded"),
        Column::new("output_tokens", "tokens", "output tokens of the requests that succeeded"),
        Column::new(
            "time_to_success_mean_s",
            "s",
            "mean time from birth to success, waits and retries included, of the requests that succeeded",
        ),
        Column::new(
            "time_to_success_p50_s",
            "s",
            "time by which 50 % of all requests had succeeded; empty if fewer ever did",
        ),
        Column::new(
            "time_to_success_p95_s",
            "s",
            "time by which 95 % of all requests had succeeded; empty if fewer ever did",
        ),
        Column::new(
            "time_to_success_p99_s",
            "s",
            "time by which 99 % of all requests had succeeded; empty if fewer ever did",
        ),
        Column::new(
            "attempt_latency_mean_s",
            "s",
            "mean time from sending an attempt to its answer, over the attempts answered",
        ),
        Column::new(
            "buffer_wait_mean_s",
            "s",
            "mean wait in the smoothing buffer over the attempts served, those that waited zero included",
        ),
        Column::new("buffer_wait_p99_s", "s", "99 % quantile of the same wait"),
        Column::new(
            "dynamic_rate_start_rpm",
            "requests/min",
            "dynamic request rate of the org for the model at the end of the warm-up; empty in the last row",
        ),
        Column::new(
            "dynamic_rate_end_rpm",
            "requests/min",
            "the same at the end of the traffic, before the drain",
        ),
        Column::new(
            "dynamic_tokens_end_tpm",
            "tokens/min",
            "dynamic token rate at the end of the traffic, before the drain; empty if unlimited",
        ),
        Column::new(
            "cost_usd",
            "USD",
            "cost of everything served, work done in vain included, in the currency of the prices",
        ),
        Column::new("success_share", "share 0–1", "succeeded ÷ requests; empty without requests"),
        Column::new("attempts_per_request", "attempts", "attempts ÷ requests; empty without requests"),
        Column::new("gave_up_attempts", "requests", "requests given up because the attempts were used up"),
        Column::new("gave_up_deadline", "requests", "requests given up because the deadline had come"),
        Column::new(
            "gave_up_not_retryable",
            "requests",
            "requests given up because the client does not retry such an answer",
        ),
        Column::new(
            "time_to_success_p50_of_succeeded_s",
            "s",
            "median time to success of the requests that succeeded",
        ),
        Column::new("time_to_success_p95_of_succeeded_s", "s", "95 % quantile of the same"),
        Column::new("time_to_success_p99_of_succeeded_s", "s", "99 % quantile of the same"),
        Column::new(
            "ttft_p50_s",
            "s",
            "median time from sending the successful attempt to its first token (the end of prefill); empty if the engine does not tell prefill from decoding",
        ),
        Column::new("ttft_p99_s", "s", "99 % quantile of the same"),
        Column::new("wasted_tokens", "tokens", "tokens served to attempts whose client had gone"),
        Column::new("wasted_cost_usd", "USD", "cost of the wasted tokens, contained in `cost_usd`"),
        Column::new("replications", "runs", "number of replications this row sums up"),
        Column::new("gave_up_expired", "requests", "requests of batch jobs whose window ended first"),
        Column::new("gave_up_budget", "requests", "requests given up because the retry budget was spent"),
        Column::new(
            "gave_up_rejected",
            "requests",
            "requests given up after a breaker or a throttle of the client rejected their last attempt",
        ),
        Column::new(
            "rejected_locally",
            "tries",
            "tries that a breaker or a throttle of the client rejected before they were sent; not among the attempts",
        ),
        Column::new(
            "time_to_finish_s",
            "s",
            "time from the start until the last request of a backlog had succeeded; empty unless all did, and for other demand",
        ),
    ],
};

/// `time_to_success.csv`.
pub const TIME_TO_SUCCESS: TableSpec = TableSpec {
    file: "time_to_success.csv",
    doc: "The distribution behind the quantiles: one rising curve per org, workload and model over the requests of \
          `summary.csv`. The last row of a curve is its end value, the share that succeeded at all.",
    columns: &[
        super::ORG,
        super::WORKLOAD,
        MODEL,
        Column::new("time_s", "s", "time since the birth of a request"),
        Column::new(
            "succeeded_share",
            "share 0–1",
            "share of all requests that had succeeded within `time_s`",
        ),
    ],
};
