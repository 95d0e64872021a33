//! The first sentence on the screen: what the run found, chosen from a few true forms.

use super::figures::{count, percent, rate, ratio, seconds};
use crate::metrics::metric;
use crate::metrics::summary::Summary;

/// A named row of the summary.
#[derive(Clone, Debug)]
pub struct Party<'a> {
    /// Org, or org/workload.
    pub name: String,
    /// What became of its requests.
    pub summary: &'a Summary,
}

/// A metric of a summary by name.
///
/// # Panics
/// If there is no such metric.
pub fn value(summary: &Summary, name: &str) -> Option<f64> {
    let metric = metric::find(name).unwrap_or_else(|| panic!("there is no metric {name}"));
    (metric.value)(summary)
}

/// The sentence on a run of these parties, summed up in `total`.
pub fn sentence(parties: &[Party], total: &Summary) -> String {
    let account = &total.account;
    if account.requests == 0 {
        return "No request was made after the warm-up: there is nothing to sum up.".to_owned();
    }
    if account.succeeded == account.requests { all_succeeded(total) } else { some_failed(parties, total) }
}

fn all_succeeded(total: &Summary) -> String {
    let requests = count(value(total, "requests").unwrap_or(0.0));
    let tail = match value(total, "time_to_success_p99_s") {
        Some(p99) => format!("99 % of them within {} s", seconds(Some(p99))),
        None => "too few for a 99 % quantile".to_owned(),
    };
    if total.account.attempts == total.account.requests {
        return format!("All {requests} requests succeeded at the first attempt, {tail}.");
    }
    let attempts = ratio(value(total, "attempts_per_request"));
    match cause(total) {
        Some(cause) => {
            format!(
                "All {requests} requests succeeded, with {attempts} attempts each because of {cause}; {tail}."
            )
        }
        None => format!("All {requests} requests succeeded, with {attempts} attempts each; {tail}."),
    }
}

fn some_failed(parties: &[Party], total: &Summary) -> String {
    let with_traffic: Vec<(&Party, f64)> =
        parties.iter().filter_map(|party| Some((party, value(party.summary, "success_share")?))).collect();
    let worst = with_traffic.iter().min_by(|a, b| a.1.total_cmp(&b.1));
    let Some((worst, share)) = worst else { return "No request was made.".to_owned() };
    let requests = count(value(worst.summary, "requests").unwrap_or(0.0));
    let mut text = format!("{} % of {}'s {requests} requests succeeded", percent(Some(*share)), worst.name);
    if let Some(cause) = cause(worst.summary) {
        text.push_str(&format!(", the others failed mostly on {cause}"));
    } else if total.account.open > 0 {
        text.push_str(", the others were still open at the end");
    }
    let others: Vec<&(&Party, f64)> =
        with_traffic.iter().filter(|(party, _)| party.name != worst.name).collect();
    match others[..] {
        [] => text.push_str(&rate_change(worst.summary)),
        [(other, share)] => {
            text.push_str(&format!("; {} got {} % through", other.name, percent(Some(*share))))
        }
        _ => {
            let least = others.iter().map(|(_, share)| *share).fold(1.0, f64::min);
            let at_least = if least < 1.0 { "at least " } else { "" };
            let (number, least) = (others.len(), percent(Some(least)));
            text.push_str(&format!("; the other {number} each got {at_least}{least} % through"));
        }
    }
    text + "."
}

/// The commonest failure of attempts, in the platform's words.
fn cause(summary: &Summary) -> Option<&'static str> {
    let account = &summary.account;
    let causes = [
        (account.limited_429_request, "429 dynamic_request_limited"),
        (account.limited_429_token, "429 dynamic_token_limited"),
        (account.unavailable_503, "503"),
        (account.client_timeout, "client timeouts"),
    ];
    // Of equals the first.
    causes
        .into_iter()
        .rev()
        .max_by_key(|(count, _)| *count)
        .filter(|(count, _)| *count > 0)
        .map(|(_, name)| name)
}

fn rate_change(summary: &Summary) -> String {
    let [start, end] = ["dynamic_rate_start_rpm", "dynamic_rate_end_rpm"].map(|name| value(summary, name));
    match start.zip(end) {
        // Zero: interrupted before the end.
        Some((start, end)) if end > 0.0 => {
            format!("; the dynamic rate went from {} to {} requests/min", rate(start), rate(end))
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::usage::Rates;
    use crate::metrics::ledger::Account;
    use crate::units::Span;

    fn summary(succeeded: u64, requests: u64, limited: u64) -> Summary {
        let mut summary = Summary { replications: 1, ..Summary::default() };
        let gave_up_attempts = requests - succeeded;
        let attempts = succeeded + limited;
        summary.account = Account { requests, succeeded, gave_up_attempts, attempts, ..Account::default() };
        summary.account.limited_429_request = limited;
        let rates = |requests| Rates { requests, tokens: 1000.0 };
        summary.dynamic = Some([rates(1.0), rates(20.0)]);
        (0..succeeded).for_each(|_| summary.time_to_success.record(Span::from_s(2)));
        summary
    }

    fn told(rows: &[(&str, Summary)]) -> String {
        let mut total = Summary::default();
        rows.iter().for_each(|(_, summary)| total.add_workload(summary));
        let parties: Vec<Party> =
            rows.iter().map(|(name, summary)| Party { name: (*name).to_owned(), summary }).collect();
        sentence(&parties, &total)
    }

    #[test]
    fn success_is_told_with_its_price() {
        let first = told(&[("a", summary(1000, 1000, 0))]);
        assert!(
            first.starts_with("All 1,000 requests succeeded at the first attempt, 99 % of them within 2.0"),
            "{first}"
        );
        let retried = told(&[("a", summary(1000, 1000, 500))]);
        assert!(
            retried.contains("with 1.50 attempts each because of 429 dynamic_request_limited"),
            "{retried}"
        );
    }

    #[test]
    fn failure_names_the_worst_its_cause_and_what_became_of_the_others() {
        let (steady, spiky) = (("steady", summary(999, 1000, 0)), ("spiky", summary(400, 1000, 3000)));
        assert_eq!(
            told(&[steady.clone(), spiky.clone()]),
            "40.00 % of spiky's 1,000 requests succeeded, the others failed mostly on 429 \
             dynamic_request_limited; steady got 99.90 % through."
        );
        assert!(
            told(&[steady.clone(), spiky.clone(), ("third", summary(5, 10, 1))])
                .ends_with("; the other 2 each got at least 50.00 % through.")
        );
        let whole = |name| (name, summary(10, 10, 0));
        assert!(
            told(&[spiky.clone(), whole("a"), whole("b")]).ends_with("; the other 2 each got 100 % through.")
        );
        assert!(told(&[spiky]).ends_with("; the dynamic rate went from 60 to 1,200 requests/min."));
    }

    #[test]
    fn an_empty_run_says_so() {
        assert!(told(&[("a", summary(0, 0, 0))]).starts_with("No request was made"));
    }
}
