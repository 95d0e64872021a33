//! Every number of the summary: name, unit, and how it follows from what was counted.
//!
//! The same list fills `summary.csv`, `summary.json`, the intervals over replications and the checks of a
//! scenario.

use super::summary::Summary;

/// What a metric is measured in, which also says what a check's bare number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// A share from 0 to 1.
    Share,
    /// A plain ratio.
    Ratio,
    /// Seconds.
    Seconds,
    /// Requests per minute.
    RequestsPerMinute,
    /// Tokens per minute.
    TokensPerMinute,
    /// US dollars.
    Usd,
}

/// One number of the summary.
pub struct Metric {
    /// Its name: a column of `summary.csv`, or a derived one.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Its value: a mean per run for counts and costs; `None` where it is not defined.
    pub value: fn(&Summary) -> Option<f64>,
}

/// A count or a cost, as a mean per run.
fn per_run(s: &Summary, sum: f64) -> Option<f64> {
    Some(sum / f64::from(s.replications.max(1)))
}

/// A ratio, where the denominator is not zero.
fn ratio(numerator: u64, denominator: u64) -> Option<f64> {
    (denominator > 0).then(|| numerator as f64 / denominator as f64)
}

/// The cost of everything, by what came of it.
fn cost_per(s: &Summary, amount: f64) -> Option<f64> {
    (amount > 0.0).then(|| s.cost_usd / amount)
}

fn quantile(s: &Summary, q: f64) -> Option<f64> {
    s.time_to_success.quantile_of(q, s.account.requests).map(|t| t.as_secs_f64())
}

fn quantile_of_succeeded(s: &Summary, q: f64) -> Option<f64> {
    s.time_to_success.quantile(q).map(|t| t.as_secs_f64())
}

/// A dynamic rate per minute at the start or the end; `None` if unlimited.
fn dynamic(s: &Summary, end: usize, tokens: bool) -> Option<f64> {
    let rates = s.dynamic?[end];
    let per_s = if tokens { rates.tokens } else { rates.requests };
    per_run(s, per_s * 60.0).filter(|rate| rate.is_finite())
}

macro_rules! metrics {
    ($($name:ident: $unit:ident = |$s:ident| $value:expr;)*) => {
        /// All metrics, those of `summary.csv` in the order of its columns.
        pub const METRICS: &[Metric] = &[
            $(Metric { name: stringify!($name), unit: Unit::$unit, value: |$s| $value },)*
        ];
    };
}

metrics! {
    requests: Count = |s| per_run(s, s.account.requests as f64);
    succeeded: Count = |s| per_run(s, s.account.succeeded as f64);
    gave_up: Count = |s| per_run(s, s.account.gave_up() as f64);
    open: Count = |s| per_run(s, s.account.open as f64);
    attempts: Count = |s| per_run(s, s.account.attempts as f64);
    ok_200: Count = |s| per_run(s, s.account.ok_200 as f64);
    limited_429_request: Count = |s| per_run(s, s.account.limited_429_request as f64);
    limited_429_token: Count = |s| per_run(s, s.account.limited_429_token as f64);
    unavailable_503: Count = |s| per_run(s, s.account.unavailable_503 as f64);
    client_timeout: Count = |s| per_run(s, s.account.client_timeout as f64);
    in_flight: Count = |s| per_run(s, s.account.in_flight as f64);
    prompt_tokens: Count = |s| per_run(s, s.account.useful.prompt as f64);
    output_tokens: Count = |s| per_run(s, s.account.useful.output as f64);
    time_to_success_mean_s: Seconds = |s| s.time_to_success.mean().map(|t| t.as_secs_f64());
    time_to_success_p50_s: Seconds = |s| quantile(s, 0.5);
    time_to_success_p95_s: Seconds = |s| quantile(s, 0.95);
    time_to_success_p99_s: Seconds = |s| quantile(s, 0.99);
    attempt_latency_mean_s: Seconds = |s| s.attempt_latency.seconds();
    buffer_wait_mean_s: Seconds = |s| s.buffer_wait.mean().map(|t| t.as_secs_f64());
    buffer_wait_p99_s: Seconds = |s| s.buffer_wait.quantile(0.99).map(|t| t.as_secs_f64());
    dynamic_rate_start_rpm: RequestsPerMinute = |s| dynamic(s, 0, false);
    dynamic_rate_end_rpm: RequestsPerMinute = |s| dynamic(s, 1, false);
    dynamic_tokens_end_tpm: TokensPerMinute = |s| dynamic(s, 1, true);
    cost_usd: Usd = |s| per_run(s, s.cost_usd);
    success_share: Share = |s| ratio(s.account.succeeded, s.account.requests);
    attempts_per_request: Ratio = |s| ratio(s.account.attempts, s.account.requests);
    gave_up_attempts: Count = |s| per_run(s, s.account.gave_up_attempts as f64);
    gave_up_deadline: Count = |s| per_run(s, s.account.gave_up_deadline as f64);
    gave_up_not_retryable: Count = |s| per_run(s, s.account.gave_up_not_retryable as f64);
    time_to_success_p50_of_succeeded_s: Seconds = |s| quantile_of_succeeded(s, 0.5);
    time_to_success_p95_of_succeeded_s: Seconds = |s| quantile_of_succeeded(s, 0.95);
    time_to_success_p99_of_succeeded_s: Seconds = |s| quantile_of_succeeded(s, 0.99);
    ttft_p50_s: Seconds = |s| s.first_token.quantile(0.5).map(|t| t.as_secs_f64());
    ttft_p99_s: Seconds = |s| s.first_token.quantile(0.99).map(|t| t.as_secs_f64());
    wasted_tokens: Count = |s| per_run(s, s.account.wasted.total() as f64);
    wasted_cost_usd: Usd = |s| per_run(s, s.wasted_cost_usd);
    replications: Count = |s| Some(f64::from(s.replications));
    gave_up_expired: Count = |s| per_run(s, s.account.gave_up_expired as f64);
    gave_up_budget: Count = |s| per_run(s, s.account.gave_up_budget as f64);
    gave_up_rejected: Count = |s| per_run(s, s.account.gave_up_rejected as f64);
    rejected_locally: Count = |s| per_run(s, s.account.rejected_locally as f64);
    gave_up_share: Share = |s| ratio(s.account.gave_up(), s.account.requests);
    ok_200_share: Share = |s| ratio(s.account.ok_200, s.account.attempts);
    limited_429_share: Share = |s| ratio(
        s.account.limited_429_request + s.account.limited_429_token, s.account.attempts);
    limited_429_request_share: Share = |s| ratio(s.account.limited_429_request, s.account.attempts);
    limited_429_token_share: Share = |s| ratio(s.account.limited_429_token, s.account.attempts);
    unavailable_503_share: Share = |s| ratio(s.account.unavailable_503, s.account.attempts);
    time_to_finish_s: Seconds = |s| s.time_to_finish_s();
    cost_per_million_tokens_usd: Usd = |s| cost_per(s, s.account.useful.total() as f64 / 1e6);
    cost_per_success_usd: Usd = |s| cost_per(s, s.account.succeeded as f64);
}

/// A metric by name.
pub fn find(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}
