//! The sentence over a picture: what the data say, chosen from a few true forms.

use super::scale::{grouped, percent, short, span};
use super::tally::Tally;

/// A named tally with the dynamic request rate at the start and end, per minute, if the law bounds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Party {
    /// Org, with the model if there are several.
    pub name: String,
    /// What became of its attempts.
    pub tally: Tally,
    /// First and last dynamic rate, requests per minute.
    pub rate_rpm: Option<(f64, f64)>,
    /// The largest ratio of what it sent to its dynamic rate, over the drawn points.
    pub overdrive: f64,
}

fn all(count: f64, what: &str) -> String {
    match count {
        1.0 => format!("The only {what}"),
        n => format!("All {} {what}s", grouped(n, 0)),
    }
}

fn were(count: f64) -> &'static str {
    if count == 1.0 { "was" } else { "were" }
}

/// The dynamic rate: did it bind, for whom, and what of the others? `parties` hold every (org, model).
pub fn rates(parties: &[Party]) -> String {
    let ended: f64 = parties.iter().map(|party| party.tally.ended()).sum();
    let limited: f64 = parties.iter().map(|party| party.tally.limited()).sum();
    if ended == 0.0 {
        return "No attempt ended in this run".to_owned();
    }
    if limited == 0.0 {
        let bold = parties.iter().max_by(|a, b| a.overdrive.total_cmp(&b.overdrive));
        return match bold {
            Some(bold) if bold.overdrive > 1.05 => format!(
                "{} sent up to {}× its dynamic rate, yet no attempt was limited (429): there was room",
                bold.name,
                short((bold.overdrive * 10.0).round() / 10.0)
            ),
            _ => format!(
                "The dynamic rate never bound: none of {} attempts was limited (429)",
                grouped(ended, 0)
            ),
        };
    }
    let share = |party: &Party| party.tally.share(party.tally.limited());
    let worst = parties
        .iter()
        .filter(|party| party.tally.limited() > 0.0)
        .max_by(|a, b| a.tally.limited().total_cmp(&b.tally.limited()))
        .expect("something was limited");
    let head = format!("{}: {} of attempts limited (429)", worst.name, percent(share(worst)));
    let others: Vec<&Party> =
        parties.iter().filter(|party| party.name != worst.name && party.tally.ended() > 0.0).collect();
    let kept = |party: &Party| party.tally.share(party.tally.ok);
    match (&others[..], worst.rate_rpm) {
        // What is told of the rate is in requests.
        ([], _) if worst.tally.limited_token > worst.tally.limited_request => {
            format!("{head}, mostly by the token limit")
        }
        ([], Some((start, end))) => {
            let verb = if end > start * 1.02 {
                "rose"
            } else if end < start * 0.98 {
                "fell"
            } else {
                return format!("{head} at a dynamic rate of {} requests/min", short(end));
            };
            format!(
                "{head} while the dynamic rate {verb} from {} to {} requests/min",
                short(start),
                short(end)
            )
        }
        ([], None) => head,
        ([other], _) => format!("{head} while {} kept {} success", other.name, percent(kept(other))),
        (others, _) => match others.iter().filter(|party| party.tally.limited() == 0.0).count() {
            free if free == others.len() => {
                let least = others.iter().map(|party| kept(party)).fold(1.0, f64::min);
                // "At least" must not be rounded up.
                let floored = (least * 1000.0).floor() / 1000.0;
                let at_least = if least < 1.0 { "at least " } else { "" };
                format!("{head}; each of the other {free} kept {at_least}{} success", percent(floored))
            }
            0 => format!("{head}; all of the other {} were limited too", others.len()),
            1 => format!("{head}; 1 of the other {} was never limited", others.len()),
            free => format!("{head}; {free} of the other {} were never limited", others.len()),
        },
    }
}

/// What a law granted an org on a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Granted {
    /// Model.
    pub name: String,
    /// What became of the org's attempts there.
    pub tally: Tally,
    /// The dynamic rate in the end, requests per minute, if the law bounds it.
    pub rate_rpm: Option<f64>,
}

/// How far the laws are apart for the same org: the rates they end at, and whom they limited.
pub fn laws(org: &str, grants: &[Granted]) -> String {
    let rated = || grants.iter().filter_map(|grant| Some((grant, grant.rate_rpm?)));
    let least = rated().min_by(|a, b| a.1.total_cmp(&b.1));
    let most = rated().max_by(|a, b| a.1.total_cmp(&b.1));
    let head = match (least, most) {
        (Some((low, low_rpm)), Some((high, high_rpm))) if high_rpm > low_rpm * 1.005 => format!(
            "{org} ends with {} requests/min on {} and {} on {}",
            short(high_rpm),
            high.name,
            short(low_rpm),
            low.name
        ),
        (Some((_, rpm)), _) => format!("{org} ends with {} requests/min under each law", short(rpm)),
        _ => format!("No law limits the requests of {org}"),
    };
    let share = |grant: &Granted| grant.tally.share(grant.tally.limited());
    let shares = grants.iter().filter(|grant| grant.tally.ended() > 0.0).map(share);
    let low = shares.clone().fold(1.0, f64::min);
    match shares.fold(0.0, f64::max) {
        0.0 => format!("{head}; no law limited anything (429)"),
        high if high - low < 0.0005 => format!("{head}; {} of attempts limited (429) by each", percent(high)),
        high => format!("{head}; {} to {} of attempts limited (429)", percent(low), percent(high)),
    }
}

/// What attempts came to. `spell` names the cause that holds most failures, with its share of them.
pub fn outcomes(tally: &Tally, spell: Option<(&str, f64)>) -> String {
    let ended = tally.ended();
    if ended == 0.0 {
        return "No attempt ended in this run".to_owned();
    }
    if tally.failed() == 0.0 {
        return format!("{} {} served: no 429, no 503, no timeout", all(ended, "attempt"), were(ended));
    }
    let mut kinds = [
        (tally.limited(), "limited (429)"),
        (tally.unavailable, "met overload (503)"),
        (tally.timeout, "timed out at the client"),
    ];
    kinds.sort_by(|a, b| b.0.total_cmp(&a.0));
    // At most two, and only what can be seen: the picture prints them all.
    let seen = |count: f64| count > 0.0 && (tally.share(count) >= 0.001 || count == kinds[0].0);
    let kinds = kinds.iter().take(2).filter(|(count, _)| seen(*count));
    let parts: Vec<String> =
        kinds.map(|(count, what)| format!("{} {what}", percent(tally.share(*count)))).collect();
    if tally.ok == 0.0 {
        return format!("No attempt was served: {}", listed(&parts));
    }
    let served = format!("{} of attempts served", percent(tally.share(tally.ok)));
    match spell {
        Some((label, share)) if share >= 0.75 => {
            let part = if share > 0.9995 { "all".to_owned() } else { percent(share) + " of" };
            format!("{served}, {}; {part} failures during {label}", listed(&parts))
        }
        _ => format!("{served}, {}", listed(&parts)),
    }
}

fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What a model's capacity did.
#[derive(Debug, Clone, PartialEq)]
pub struct CapacityFacts {
    /// Model.
    pub name: String,
    /// Least and most ready replicas, over the drawn points.
    pub ready: (f64, f64),
    /// Mean and peak utilisation, 0–1.
    pub utilization: (f64, f64),
    /// Longest mean wait of a bin, seconds.
    pub wait_s_max: f64,
}

/// The busiest model's replicas, utilisation and waits.
pub fn capacity(models: &[CapacityFacts]) -> String {
    let worst = models.iter().max_by(|a, b| {
        (a.wait_s_max, a.utilization.1).partial_cmp(&(b.wait_s_max, b.utilization.1)).expect("numbers")
    });
    let Some(worst) = worst else { return "No capacity was recorded".to_owned() };
    let (least, most) = worst.ready;
    let replicas = if (most - least).abs() < 0.01 {
        format!("{} {}", short(most), if most == 1.0 { "replica throughout" } else { "replicas throughout" })
    } else {
        format!("{}–{} replicas", short(least), short(most))
    };
    let (mean, peak) = worst.utilization;
    let use_ = if peak >= 0.995 && mean < 0.995 {
        format!("{} used on average and full at its peak", percent(mean))
    } else {
        format!("{} used on average, {} at the peak", percent(mean), percent(peak))
    };
    let wait = if worst.wait_s_max < 0.0005 {
        "nobody waited".to_owned()
    } else {
        format!("waits up to {}", span(worst.wait_s_max.max(0.001)))
    };
    format!("{}: {replicas}, {use_}; {wait}", worst.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(ok: f64, limited: f64, unavailable: f64) -> Tally {
        let attempts = ok + limited + unavailable;
        Tally { attempts, ok, limited_request: limited, unavailable, ..Tally::default() }
    }

    fn party(name: &str, tally: Tally, overdrive: f64) -> Party {
        Party { name: name.to_owned(), tally, rate_rpm: Some((60.0, 1213.0)), overdrive }
    }

    #[test]
    fn rates_say_whom_the_limit_hit_and_what_it_left_the_others() {
        let spiky = party("spiky", tally(590.0, 410.0, 0.0), 9.0);
        let steady = party("steady", tally(998.0, 0.0, 2.0), 0.8);
        assert_eq!(
            rates(&[steady.clone(), spiky.clone()]),
            "spiky: 41.0 % of attempts limited (429) while steady kept 99.8 % success"
        );
        assert_eq!(
            rates(std::slice::from_ref(&spiky)),
            "spiky: 41.0 % of attempts limited (429) while the dynamic rate rose from 60 to 1,213 requests/min"
        );
        let third = |limited| party("third", tally(9.0, limited, 1.0), 1.0);
        let of_three = |limited| rates(&[spiky.clone(), steady.clone(), third(limited)]);
        assert!(of_three(0.0).ends_with("(429); each of the other 2 kept at least 90.0 % success"));
        assert!(of_three(1.0).ends_with("(429); 1 of the other 2 was never limited"));
        let whole = |name| party(name, tally(9.0, 0.0, 0.0), 1.0);
        assert!(
            rates(&[spiky.clone(), whole("a"), whole("b")])
                .ends_with("each of the other 2 kept 100 % success")
        );
        let tokens = Tally { limited_token: 30.0, ..tally(70.0, 0.0, 0.0) };
        assert_eq!(
            rates(&[party("a", tokens, 1.0)]),
            "a: 30.0 % of attempts limited (429), mostly by the token limit"
        );
    }

    #[test]
    fn rates_that_never_bound_say_so_and_tell_a_smoothed_spike_from_a_quiet_run() {
        let quiet = party("a", tally(36_000.0, 0.0, 0.0), 0.7);
        assert_eq!(
            rates(&[quiet]),
            "The dynamic rate never bound: none of 36,000 attempts was limited (429)"
        );
        let spike = party("a", tally(36_000.0, 0.0, 0.0), 2.34);
        assert_eq!(
            rates(&[spike]),
            "a sent up to 2.3× its dynamic rate, yet no attempt was limited (429): there was room"
        );
        assert_eq!(rates(&[]), "No attempt ended in this run");
    }

    #[test]
    fn laws_are_as_far_apart_as_their_rates_and_429s() {
        let grant = |name: &str, limited: f64, rate_rpm| Granted {
            name: name.to_owned(),
            tally: tally(100.0 - limited, limited, 0.0),
            rate_rpm,
        };
        assert_eq!(
            laws("spiky", &[grant("fixed", 41.0, Some(60.0)), grant("window", 3.0, Some(1213.0))]),
            "spiky ends with 1,213 requests/min on window and 60 on fixed; 3.0 % to 41.0 % of attempts limited (429)"
        );
        assert_eq!(
            laws("a", &[grant("b", 0.0, Some(60.0)), grant("c", 0.0, None)]),
            "a ends with 60 requests/min under each law; no law limited anything (429)"
        );
        assert!(laws("a", &[grant("b", 5.0, None)]).starts_with("No law limits the requests of a; 5.0 % of"));
    }

    #[test]
    fn outcomes_name_only_what_happened() {
        assert_eq!(
            outcomes(&tally(36_000.0, 0.0, 0.0), None),
            "All 36,000 attempts were served: no 429, no 503, no timeout"
        );
        assert_eq!(
            outcomes(&tally(1.0, 0.0, 0.0), None),
            "The only attempt was served: no 429, no 503, no timeout"
        );
        assert_eq!(
            outcomes(&tally(873.0, 119.0, 8.0), None),
            "87.3 % of attempts served, 11.9 % limited (429) and 0.8 % met overload (503)"
        );
        assert_eq!(
            outcomes(&tally(873.0, 119.0, 8.0), Some(("spiky ×60", 0.94))),
            "87.3 % of attempts served, 11.9 % limited (429) and 0.8 % met overload (503); 94.0 % of failures during spiky ×60"
        );
        assert_eq!(outcomes(&tally(0.0, 5.0, 0.0), None), "No attempt was served: 100 % limited (429)");
        assert_eq!(outcomes(&tally(0.0, 0.0, 0.0), None), "No attempt ended in this run");
    }

    #[test]
    fn capacity_tells_growth_from_a_fixed_fleet() {
        let mut facts =
            CapacityFacts { name: "m".into(), ready: (2.0, 9.0), utilization: (0.61, 1.0), wait_s_max: 9.8 };
        assert_eq!(
            capacity(&[facts.clone()]),
            "m: 2–9 replicas, 61.0 % used on average and full at its peak; waits up to 9.8 s"
        );
        facts = CapacityFacts { ready: (4.0, 4.0), utilization: (0.61, 0.7), wait_s_max: 0.0, ..facts };
        assert_eq!(
            capacity(&[facts]),
            "m: 4 replicas throughout, 61.0 % used on average, 70.0 % at the peak; nobody waited"
        );
    }
}
