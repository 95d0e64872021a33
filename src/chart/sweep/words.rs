//! A sweep's numbers in print.

pub use super::super::comparison::words::value as of_metric;

/// What a metric is, in words: of an org's or workload's with its owner.
pub fn metric(name: &str) -> String {
    let (owner, bare) = name.rsplit_once('/').map_or((None, name), |(owner, bare)| (Some(owner), bare));
    let words = match super::super::comparison::words::metric(bare) {
        "share of requests that succeeded" => "success share",
        words => words,
    };
    let words = words
        .strip_suffix("_share")
        .map_or(words.to_owned(), |rest| format!("share of {rest}"))
        .replace('_', " ");
    owner.map_or(words.clone(), |owner| format!("{words} of {owner}"))
}

/// The value of a metric, an owner before its name or not.
pub fn value(name: &str, value: f64) -> String {
    of_metric(name.rsplit('/').next().unwrap_or(name), value)
}
