//! One org on a model that serves at once, so that its limits alone decide.

use ratetide::replications::Results;

/// One org without retries in front of a model that serves at once.
pub fn metered(duration: &str, limit: &str, traffic: &str) -> String {
    format!(
        r#"
        [run]
        duration = "{duration}"
        drain = "1 min"
        interval = "1 min"
        [[model]]
        name = "m"
        engine.slots = {{ per_replica = 1, service.constant = "0 s" }}
        [model.limit]
        {limit}
        [[org]]
        name = "o"
        [[org.workload]]
        name = "w"
        model = "m"
        {traffic}
        prompt_tokens.constant = 100
        output_tokens.constant = 100
        rtt = "0 s"
        "#
    )
}

/// The dynamic request rate per minute at the start of a minute.
pub fn rate_rpm(results: &Results, minute: usize) -> f64 {
    60.0 * results.rates.get(minute, 0).dynamic.requests
}
