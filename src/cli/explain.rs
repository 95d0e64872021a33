//! What a scenario simulates, in words: its choices as resolved, and what follows from them.

use toml::{Table, Value};

use super::figures::{bytes, count, percent, plural, rate};
use super::grid::wrap;
use super::phrase::{chosen, phrase, with_doc};
use super::verdicts::threshold;
use crate::client::presets;
use crate::error::one_line;
use crate::platform::autoscaler::AUTOSCALERS;
use crate::platform::config::ModelConfig;
use crate::platform::incident::Harm;
use crate::platform::mix::Mix;
use crate::platform::serving::ReplicaEngine as _;
use crate::scenario::loading::Loaded;
use crate::scenario::{Scenario, Workload};
use crate::traffic::arrivals::PROCESSES;
use crate::traffic::profile::SHAPES;
use crate::units::Span;

/// A scenario in words: lines of at most [`super::grid::WIDTH`] characters.
pub fn explain(loaded: &Loaded) -> Vec<String> {
    let scenario = &loaded.scenario;
    let resolved: Table = loaded.resolved.to_toml().parse().expect("a resolved scenario is TOML");
    let mut page = Page::default();
    page.text("", &heading(loaded));
    page.text("", &length(scenario));
    for row in rows(&resolved, "model") {
        model(&mut page, scenario, row);
    }
    for row in rows(&resolved, "org") {
        org(&mut page, scenario, row);
    }
    if !scenario.incidents.is_empty() {
        page.section("incidents");
        let mut told: Vec<String> =
            scenario.incidents.iter().map(|incident| incident_words(scenario, incident)).collect();
        // The groups of a population are struck together.
        told.dedup();
        told.iter().for_each(|words| page.text("  ", words));
    }
    if !scenario.checks.is_empty() {
        page.section("checks");
        scenario.checks.iter().for_each(|check| page.text("  ", &threshold(check, scenario)));
    }
    page.section("expected");
    page.text("  ", &expected(scenario));
    page.lines
}

/// Lines under way.
#[derive(Default)]
struct Page {
    lines: Vec<String>,
}

impl Page {
    fn text(&mut self, first: &str, text: &str) {
        self.lines.extend(wrap(first, &one_line(text)));
    }

    fn section(&mut self, name: &str) {
        self.lines.push(String::new());
        self.text("", name);
    }

    /// A line of a section: what, then the words about it.
    fn item(&mut self, indent: &str, what: &str, words: &str) {
        self.text(&format!("{indent}{what:<11} "), words);
    }
}

fn heading(loaded: &Loaded) -> String {
    let title = &loaded.scenario.title;
    let gap = if title.is_empty() { "" } else { ": " };
    format!("{} is valid{gap}{title}", loaded.file_name)
}

fn length(scenario: &Scenario) -> String {
    let run = &scenario.run;
    let warmup =
        if run.warmup.is_zero() { String::new() } else { format!(" (the first {} are warm-up)", run.warmup) };
    let replications = plural(run.replications.into(), "replication");
    format!(
        "{} of traffic{warmup}, then {} of drain; bins of {}; seed {}, {replications}",
        run.duration, run.drain, run.interval, run.seed
    )
}

fn model(page: &mut Page, scenario: &Scenario, row: &Table) {
    let Some((index, model)) = named(scenario.declared_models(), row, |model| model.name.as_str()) else {
        return;
    };
    let words = |key: &str| row.get(key).map_or(String::new(), phrase);
    page.section(&format!("model {}", model.name));
    let start = plural(model.replicas.into(), "replica");
    page.item(
        "  ",
        "starts with",
        &format!("{start}, each with {}", row.get("engine").map_or(String::new(), chosen)),
    );
    page.item("  ", "capacity", &capacity(scenario, model, index as u32));
    if let Some(choice) = row.get("autoscaler") {
        page.item("  ", "autoscaler", &with_doc(choice, &AUTOSCALERS));
    }
    page.item("  ", "buffer", &words("buffer"));
    if let Some(Value::Table(limit)) = row.get("limit") {
        let rest: Table =
            limit.iter().filter(|(key, _)| *key != "law").map(|(k, v)| (k.clone(), v.clone())).collect();
        page.item("  ", "law", &limit.get("law").map_or(String::new(), chosen));
        page.item("  ", "limit", &phrase(&rest.into()));
    }
    page.item("  ", "price", &words("price"));
}

/// What the first replicas complete, and how much of it is expected to be asked for.
fn capacity(scenario: &Scenario, model: &ModelConfig, index: u32) -> String {
    let mix: Mix = scenario.configured_mix(index);
    let per_min = match model.engine.batching() {
        None => 60.0 * f64::from(model.engine.places()) / mix.service_s,
        Some(_) => 60.0 * model.engine.capacity(&mix, 1, 1.0).requests,
    };
    let rounded = |seconds: f64| Span::from_secs_f64((seconds * 1000.0).round() / 1000.0);
    let service = match model.engine.batching() {
        None => format!("{} each", rounded(mix.service_s)),
        Some(engine) => format!(
            "{} sequences at a time, {} each, {} alone",
            count(engine.saturated(mix.prompt, mix.output)),
            rounded(engine.crowded_s(mix.prompt, mix.output)),
            rounded(mix.service_s)
        ),
    };
    let asked: f64 =
        scenario.workloads.iter().filter(|w| w.pool == index).map(|w| mean_per_min(scenario, w)).sum();
    let load = match per_min * f64::from(model.replicas) {
        full if full > 0.0 && full.is_finite() => {
            let replicas = plural(model.replicas.into(), "replica");
            let complete = if model.replicas == 1 { "completes" } else { "complete" };
            let share = percent(Some(asked / full));
            format!("; asked for are {} on average, {share} % of what {replicas} {complete}", rate(asked))
        }
        _ => format!("; asked for are {} on average", rate(asked)),
    };
    format!(
        "a full replica completes about {} requests/min ({service}, {} prompt + {} output tokens){load}",
        rate(per_min),
        count(mix.prompt.round()),
        count(mix.output.round())
    )
}

fn org(page: &mut Page, scenario: &Scenario, row: &Table) {
    let name = row.get("name").and_then(Value::as_str).unwrap_or_default();
    let mut mine = scenario.orgs.iter().enumerate().filter(|(_, org)| org.written().as_str() == name);
    let Some((index, org)) = mine.next() else { return };
    let weight = if org.weight == 1.0 { String::new() } else { format!(" (weight {})", org.weight) };
    let each = if org.crowd.is_some() { "population" } else { "org" };
    page.section(&format!("{each} {name}{weight}"));
    let groups = std::iter::once(org).chain(mine.map(|(_, org)| org));
    let crowds = groups.filter_map(|org| org.crowd.as_ref()).collect();
    for (indent, what, words) in super::population::words(crowds, row.get("population")) {
        page.item(indent, what, &words);
    }
    // Workloads are in order of their orgs.
    let [first, end] =
        [index, index + 1].map(|i| scenario.workloads.partition_point(|w| (w.org as usize) < i));
    let mine = &scenario.workloads[first..end];
    for row in rows(row, "workload") {
        let Some((_, workload)) = named(mine, row, |workload| workload.name.as_str()) else { continue };
        describe_workload(page, scenario, workload, row);
    }
}

fn describe_workload(page: &mut Page, scenario: &Scenario, workload: &Workload, row: &Table) {
    let model = &scenario.models[workload.model as usize].name;
    page.text("  ", &format!("{} → {model}", workload.name));
    let of = |key: &str| row.get(key).map_or(String::new(), chosen);
    if let Some(choice) = row.get("arrivals") {
        page.item("    ", "arrivals", &with_doc(choice, &PROCESSES));
    }
    // Of a population, what all its groups send.
    let expected = workload.arrivals.expected();
    let mean = mean_per_min(scenario, workload) / workload.share;
    let requests = plural(expected.round(), "request");
    let traffic = match (workload.arrivals.backlog(), workload.arrivals.users()) {
        (Some(_), _) => format!("{requests}, all there from the start"),
        (_, Some(_)) => format!("about {requests} if answered at once, {}/min on average", rate(mean)),
        _ => format!("about {requests}, {}/min on average", rate(mean)),
    };
    page.item("    ", "traffic", &traffic);
    if let Some(shape @ Value::Table(_)) = row.get("profile") {
        page.item("    ", "profile", &with_doc(shape, &SHAPES));
    }
    if let Some(Value::Array(steps)) = row.get("profile").filter(|_| !workload.profile.is_identity()) {
        let words: Vec<String> = steps.iter().take(STEPS_MAX).filter_map(step).collect();
        let more = steps.len().saturating_sub(STEPS_MAX);
        let more =
            if more > 0 { format!("; and {}", plural(more as f64, "more step")) } else { String::new() };
        page.item("    ", "profile", &(words.join("; ") + &more));
    }
    let most = workload.max_tokens.map_or(String::new(), |most| format!(", at most {}", count(most.into())));
    let laws = match (row.contains_key("prompt_tokens"), row.contains_key("output_tokens")) {
        (true, true) => format!("prompt {}, output {}{most}", of("prompt_tokens"), of("output_tokens")),
        (true, false) => format!("prompt {}, output as in the trace{most}", of("prompt_tokens")),
        (false, true) => format!("prompt as in the trace, output {}{most}", of("output_tokens")),
        (false, false) => format!("as in the trace{most}"),
    };
    let means = [workload.mean_prompt, workload.mean_output].map(|mean| count(mean.round()));
    let together = match row.get("correlation").and_then(Value::as_float) {
        Some(correlation) => format!("; rank correlation {correlation}"),
        None => String::new(),
    };
    page.item("    ", "tokens", &format!("{laws}; {} + {} on average{together}", means[0], means[1]));
    if let Some(words) = super::lane::words(scenario, workload) {
        page.item("    ", "lane", &words);
    }
    if row.contains_key("key") {
        page.item("    ", "key", workload.key.as_str());
    }
    page.item("    ", "client", &format!("{}; round trip {}", client(workload, row), workload.rtt));
}

/// Steps of a profile that are spelled out.
const STEPS_MAX: usize = 6;

fn step(step: &Value) -> Option<String> {
    let step = step.as_table()?;
    let factor = step.get("factor").map(phrase)?;
    let at = step.get("at")?.as_str()?;
    let over = step.get("over").and_then(Value::as_str).filter(|over| *over != "0 s");
    let over = over.map_or(String::new(), |over| format!(" over {over}"));
    Some(format!("from {at} ×{factor}{over}"))
}

/// The client: a preset with its line, and what differs from it.
fn client(workload: &Workload, row: &Table) -> String {
    if workload.is_batch() {
        return "none — each request of a job is sent once".to_owned();
    }
    let Some(Value::Table(client)) =
        row.get("client").filter(|client| *client != &Value::Table(Table::new()))
    else {
        return format!("none — {}", presets::PRESETS[0].doc);
    };
    let preset = client.get("preset").and_then(Value::as_str);
    let doc = preset.and_then(presets::find).map_or("", |preset| preset.doc);
    let rest: Table =
        client.iter().filter(|(key, _)| *key != "preset").map(|(k, v)| (k.clone(), v.clone())).collect();
    match (preset, rest.is_empty()) {
        (Some(name), true) => format!("{name} — {doc}"),
        (Some(name), false) => format!("{name} — {doc}; but {}", phrase(&rest.into())),
        (None, _) => phrase(&rest.into()),
    }
}

fn incident_words(scenario: &Scenario, incident: &crate::platform::incident::Incident) -> String {
    let model = &scenario.models[incident.model as usize].name;
    let what = match incident.harm {
        Harm::LoseReplicas { count } => format!("{model} loses {}", plural(count.into(), "replica")),
        Harm::Slowdown { factor } => format!("{model} serves {factor} × slower"),
        Harm::ErrorShare { share } => {
            format!("{model} fails {} % of attempts at random", percent(Some(share)))
        }
        Harm::Traffic { org: None, factor } => format!("everybody sends {factor} × as much to {model}"),
        Harm::Traffic { org: Some(org), factor } => {
            format!("{} sends {factor} × as much to {model}", scenario.orgs[org as usize].written())
        }
        Harm::SlowColdStart { factor } => format!("{model}'s cold starts take {factor} × as long"),
    };
    let how_long = match incident.duration {
        Span::MAX => "to the end".to_owned(),
        duration => format!("for {duration}"),
    };
    format!("at {}: {what} {how_long}", incident.at - crate::units::SimTime::ZERO)
}

fn expected(scenario: &Scenario) -> String {
    let estimate = &scenario.expected;
    format!(
        "about {} and {} of memory in each replication, {} in all",
        plural(estimate.requests.round(), "request"),
        bytes(estimate.memory_bytes),
        plural(estimate.events.round(), "event")
    )
}

fn mean_per_min(scenario: &Scenario, workload: &Workload) -> f64 {
    60.0 * workload.expected() / scenario.run.duration.as_secs_f64()
}

/// The tables under a key, in the order of the file.
fn rows<'a>(table: &'a Table, key: &str) -> impl Iterator<Item = &'a Table> {
    table.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table)
}

/// The item a table is about, by its name; items are in order of their names.
fn named<'a, T>(items: &'a [T], row: &Table, name: impl Fn(&T) -> &str) -> Option<(usize, &'a T)> {
    let wanted = row.get("name").and_then(Value::as_str)?;
    let index = items.binary_search_by(|item| name(item).cmp(wanted)).ok()?;
    Some((index, &items[index]))
}
