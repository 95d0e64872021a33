//! What a comparison compares, from the command line: whose client, and which strategies.

use std::path::Path;

use super::console::Console;
use crate::compare::comparison::Whose;
use crate::compare::strategy::{AS_WRITTEN, STRATEGIES_MAX, Strategy};
use crate::error::{Error, one_line};
use crate::name::Name;
use crate::read::{Document, nearest};
use crate::replications::{Watch, run_one};
use crate::scenario::Scenario;
use crate::scenario::loading::Source;
use crate::scenario::spec::CLIENT;
use crate::scenario::workloads::check_client;

/// The workloads whose client is exchanged: those of `org`, or the one of them named `workload`, but for batch
/// jobs, which no client strategy has a part in. Without `org` it is the only one there is; of several the one
/// that loses most requests as the scenario stands, which is told.
///
/// # Errors
/// [`Error::Usage`] if there is no such org or workload, [`Error::Invalid`] if the run went beyond a limit.
pub fn whose(
    scenario: &Scenario,
    (org, workload): (Option<&str>, Option<&str>),
    watch: &dyn Watch,
    console: &Console,
) -> Result<Whose, Error> {
    let orgs = || scenario.orgs.iter().map(|org| org.written().as_str());
    if let Some(org) = org.filter(|org| !orgs().any(|known| known == *org)) {
        return Err(missing("org", org, orgs()));
    }
    let org_of = |index: usize| scenario.orgs[scenario.workloads[index].org as usize].written().as_str();
    // A fallback is no workload of the file.
    let written = (0..scenario.workloads.len()).filter(|&i| scenario.workloads[i].fallback_of.is_none());
    let there = written.filter(|&i| org.is_none_or(|org| org == org_of(i)));
    let there: Vec<usize> = there.collect();
    let names = || there.iter().map(|&i| scenario.workloads[i].name.as_str());
    if let Some(workload) = workload.filter(|workload| !names().any(|known| known == *workload)) {
        return Err(missing("workload", workload, names()));
    }
    let named = |&i: &usize| workload.is_none_or(|name| name == scenario.workloads[i].name.as_str());
    let open: Vec<usize> =
        there.iter().copied().filter(named).filter(|&i| !scenario.workloads[i].is_batch()).collect();
    if open.is_empty() {
        let message = "every request there goes out in a batch job, in which no client strategy has a part";
        return Err(Error::Usage(message.to_owned()));
    }
    let mut candidates: Vec<&str> = open.iter().map(|&i| org_of(i)).collect();
    candidates.dedup();
    let chosen = match candidates[..] {
        [only] => only,
        _ => {
            let worst = loses_most(scenario, &open, &candidates, watch)?;
            console.note(&format!(
                "the client of {worst} is exchanged, which loses most requests as it stands; --org names another"
            ));
            worst
        }
    };
    let ours = open.iter().filter(|&&i| org_of(i) == chosen);
    let mut workloads: Vec<String> = ours.map(|&i| scenario.workloads[i].name.to_string()).collect();
    // The groups of a population have the same ones.
    workloads.sort();
    workloads.dedup();
    Ok(Whose { org: chosen.to_owned(), workloads })
}

/// The org whose workloads lose most requests in the first replication; of equals the first.
fn loses_most<'a>(
    scenario: &Scenario,
    workloads: &[usize],
    orgs: &[&'a str],
    watch: &dyn Watch,
) -> Result<&'a str, Error> {
    let record = run_one(scenario, 0, watch, None);
    if let Some(excess) = record.excess() {
        return Err(Error::beyond(excess.told()));
    }
    let is_of =
        |org: &str, i: usize| scenario.orgs[scenario.workloads[i].org as usize].written().as_str() == org;
    let lost = |org: &str| -> u64 {
        let of_org = workloads.iter().filter(|&&i| is_of(org, i));
        let accounts = of_org.map(|&i| &record.summaries()[i].account);
        accounts.map(|account| account.requests - account.succeeded).sum()
    };
    Ok(orgs.iter().rev().max_by_key(|org| lost(org)).expect("there is an org"))
}

fn missing<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Error {
    let mut listed: Vec<&str> = known.clone().collect();
    // The groups of a population are all its own.
    listed.dedup();
    listed.truncate(8);
    let help = match nearest(name, known) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("there are {}", listed.join(", ")),
    };
    Error::Usage(format!("there is no {what} {name} in this scenario: {help}"))
}

/// The strategies of the command line, the baseline among them; and its place.
///
/// # Errors
/// [`Error::Usage`] for a name there is not, or that stands twice; [`Error::Invalid`] for a file that is no
/// client of the scenario; [`Error::Io`].
pub fn strategies(
    given: Vec<Strategy>,
    baseline: Option<&str>,
    scenario: &Scenario,
    console: &Console,
) -> Result<(Vec<Strategy>, usize), Error> {
    let mut strategies = Vec::new();
    let wanted = baseline.unwrap_or(AS_WRITTEN);
    if !given.iter().any(|strategy| strategy.label == wanted) {
        strategies.push(match wanted {
            AS_WRITTEN | "as-written" => Strategy::as_written(),
            name => named(name, scenario, console)?,
        });
    }
    let label = strategies.first().map_or(wanted.to_owned(), |strategy| strategy.label.clone());
    strategies.extend(given);
    let mut seen = std::collections::BTreeSet::new();
    for strategy in &strategies {
        if !seen.insert(strategy.label.to_lowercase()) {
            return Err(Error::Usage(format!("the strategy {} is named twice", strategy.label)));
        }
    }
    if strategies.len() < 2 {
        return Err(Error::Usage("there is nothing to compare: name a strategy".to_owned()));
    }
    if strategies.len() > STRATEGIES_MAX {
        return Err(Error::Usage(format!("at most {STRATEGIES_MAX} strategies are compared at a time")));
    }
    let place = strategies.iter().position(|strategy| strategy.label == label);
    Ok((strategies, place.expect("the baseline is one of them")))
}

/// A strategy by the name of a preset, or from a file of a client's keys, whose stem names it.
///
/// # Errors
/// As [`strategies`].
pub fn named(word: &str, scenario: &Scenario, console: &Console) -> Result<Strategy, Error> {
    if !(word.ends_with(".toml") || word.contains('/')) {
        return Strategy::preset(word).map_err(|message| Error::Usage(one_line(&message)));
    }
    let source = Source::open(Path::new(word))?;
    let stem = source.stem();
    let Ok(label) = Name::new(&stem) else {
        let shown = one_line(&stem);
        let message =
            format!("the file's stem names the strategy, and {shown:?} is no name: letters, digits, . _ -");
        return Err(Error::Usage(message));
    };
    let (shown, bytes) = source.text();
    let mut document = Document::parse_bytes(shown, bytes, &[]);
    check_client(&mut document.root(&CLIENT), scenario);
    if let Err(problems) = document.finish() {
        return Err(Error::Invalid(problems.render(console.paint_err().is_on())));
    }
    let text = String::from_utf8_lossy(bytes);
    let table: toml::Table = toml::from_str(&text).map_err(|error| Error::Failed(error.to_string()))?;
    Ok(Strategy { label: label.to_string(), client: Some(toml::Value::Table(table).to_string()) })
}
