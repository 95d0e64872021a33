//! From the text of a scenario to the validated type, once.

use super::check::{Cast, Check};
use super::closed_loop;
use super::estimate::Estimate;
use super::fallback::{self, Fallback};
use super::limits::Limits;
use super::spec::SCENARIO;
use super::{Org, RunConfig, Scenario, Workload, incidents, pairs, pools, populations};
use crate::bounds;
use crate::client::Client;
use crate::client::honor::Header;
use crate::dist::{Dist, Law as _};
use crate::limit::policy::Headers;
use crate::name::Name;
use crate::platform::config::ModelConfig;
use crate::platform::lane::Lane;
use crate::platform::serving::ReplicaEngine as _;
use crate::read::{Document, Problems, Resolved, Table, nearest};
use crate::rng::Key;
use crate::traffic::arrivals::{ArrivalProcess, Arrivals, LoadTrace, Users};
use crate::traffic::coupling::Coupling;
use crate::traffic::profile::Profile;
use crate::traffic::token_laws;
use crate::traffic::token_presets::Side;
use crate::traffic::tokens::TokenSource;
use crate::traffic::trace::Trace;
use crate::units::Span;

/// Read a scenario. `file_name` is shown in errors; `sets` are `--set` paths and values; `load` brings the
/// traces; `limits` bound what a run may take, in its estimate and while it runs.
///
/// # Errors
/// Everything that is wrong with it, each with its place.
pub fn read(
    file_name: &str,
    bytes: &[u8],
    sets: &[(String, String)],
    load: LoadTrace<'_>,
    limits: impl Into<Limits>,
) -> Result<(Scenario, Resolved), Problems> {
    let mut document = Document::parse_bytes(file_name, bytes, sets);
    let scenario = read_root(&mut document.root(&SCENARIO), load, limits.into());
    let resolved = document.finish()?;
    Ok((scenario.expect("a document without problems is a scenario"), resolved))
}

fn read_root(root: &mut Table, load: LoadTrace<'_>, limits: Limits) -> Option<Scenario> {
    let title = root.text("title");
    let mut run_table = root.table("run");
    let run = read_run(&mut run_table);
    let mut models = read_models(root);
    let (orgs, mut workloads) = read_orgs(root, &models, run.duration, load);
    let declared = models.len();
    pools::build(&mut models, &orgs, &mut workloads);
    // Events and tables number both alike.
    refuse_too_many(root, "org", models.len());
    let (named, pools) = models.split_at(declared);
    let pairs = pairs::pair_up(&orgs, &mut workloads).unwrap_or_else(|message| {
        root.error_at("org", message, None);
        Vec::new()
    });
    let incidents = incidents::read(root, named, pools, &orgs);
    if let Err(message) = incidents::add_traffic(&incidents, &mut workloads, run.duration) {
        root.error_at("incident", message, None);
    }
    let checks = read_checks(root, named, &orgs, &workloads);
    if !root.clean() {
        return None;
    }
    let expected = Estimate::default();
    let mut scenario = Scenario {
        title,
        run,
        models,
        declared,
        orgs,
        workloads,
        pairs,
        incidents,
        checks,
        limits,
        expected,
    };
    scenario.expected = Estimate::of(&scenario);
    if let Err((message, help)) = scenario.expected.within(&scenario) {
        run_table.error_here(message, Some(help));
        return None;
    }
    Some(scenario)
}

fn read_run(t: &mut Table) -> RunConfig {
    let run = RunConfig {
        seed: t.integer("seed"),
        duration: t.span("duration"),
        warmup: t.span("warmup"),
        drain: t.span("drain"),
        interval: t.span("interval"),
        replications: t.integer("replications") as u32,
    };
    if !t.clean() {
        return run;
    }
    if run.warmup >= run.duration {
        t.error_at("warmup", "the warm-up must end before the duration", None);
    }
    let length_ns = run.duration.as_ns() + run.drain.as_ns();
    let bins = length_ns.div_ceil(run.interval.as_ns());
    if bins > bounds::BINS_MAX {
        let least = Span::from_s(length_ns.div_ceil(bounds::BINS_MAX * crate::units::NS_PER_S).max(1));
        let help = format!("at most {} are held: an interval of at least {least} does it", bounds::BINS_MAX);
        t.error_at("interval", format!("the series would have {bins} bins"), Some(help));
    }
    run
}

/// Rows in order of their names; a name that stands twice, whatever its case, is an error.
fn by_name<T>(mut rows: Vec<(Name, T)>) -> Vec<T> {
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Report a name that was seen before.
fn refuse_twice(table: &Table, name: &Name, seen: &mut std::collections::BTreeSet<String>, what: &str) {
    if table.clean() && !seen.insert(name.as_str().to_lowercase()) {
        let help = "names are unique without regard to case".to_owned();
        table.error_at("name", format!("there is another {what} named `{name}`"), Some(help));
    }
}

/// At most [`bounds::ROWS_MAX`] rows.
pub(super) fn refuse_too_many(root: &Table, key: &str, count: usize) {
    if count > bounds::ROWS_MAX {
        let message = format!("{count} rows: at most {} are allowed", bounds::ROWS_MAX);
        root.error_at(key, message, None);
    }
}

fn read_models(root: &mut Table) -> Vec<ModelConfig> {
    let mut seen = std::collections::BTreeSet::new();
    let mut models = Vec::new();
    let rows = root.rows("model");
    refuse_too_many(root, "model", rows.len());
    for mut row in rows {
        let config = ModelConfig::read(&mut row);
        if let Some(config) = config {
            refuse_twice(&row, &config.name, &mut seen, "model");
            models.push((config.name.clone(), config));
        }
    }
    by_name(models)
}

/// The index of a model by name, or an error with a suggestion.
pub(super) fn find_model(table: &Table, key: &str, name: &str, models: &[ModelConfig]) -> Option<u32> {
    let index = models.binary_search_by(|model| model.name.as_str().cmp(name)).ok();
    // Without models there is an error already.
    if index.is_none() && table.clean() && !models.is_empty() {
        let names = models.iter().map(|model| model.name.as_str());
        let listed = names.clone().take(8).collect::<Vec<_>>().join(", ");
        let help = match nearest(name, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the models are: {listed}"),
        };
        table.error_at(key, format!("there is no model `{name}` in this scenario"), Some(help));
    }
    index.map(|i| i as u32)
}

fn read_orgs(
    root: &mut Table,
    models: &[ModelConfig],
    duration: Span,
    load: LoadTrace<'_>,
) -> (Vec<Org>, Vec<Workload>) {
    let mut seen = std::collections::BTreeSet::new();
    let mut orgs = Vec::new();
    let rows = root.rows("org");
    refuse_too_many(root, "org", rows.len());
    let (mut total, mut members) = (0, 0);
    for mut row in rows {
        let name = row.name("name");
        refuse_twice(&row, &name, &mut seen, "org");
        let org = Org { name: name.clone(), weight: row.number("weight"), crowd: None };
        let population = populations::read(&mut row, &mut members);
        let names = &mut seen;
        let mut seen = std::collections::BTreeSet::new();
        let (mut endpoints, mut enqueued) = Default::default();
        let mut workloads = Vec::new();
        for mut table in row.rows("workload") {
            total += 1;
            let workload = read_workload(&mut table, models, duration, load);
            let Some((workload, fallbacks)) = workload else { continue };
            refuse_twice(&table, &workload.name, &mut seen, "workload of this org");
            let others: Vec<Workload> =
                fallbacks.into_iter().map(|fallback| fallback.workload(&workload, models)).collect();
            let routes: Vec<Workload> = [workload].into_iter().chain(others).collect();
            for route in &routes {
                pools::agree(&table, route, &mut endpoints, &mut enqueued);
            }
            if population.is_some() {
                populations::refuse_lanes(&table, &routes);
            }
            workloads.push((routes[0].name.clone(), routes));
        }
        let written = (org, by_name(workloads));
        let Some(population) = population else {
            orgs.push((name, written));
            continue;
        };
        for written in populations::expand(&row, &population, written) {
            if written.0.name != name {
                refuse_twice(&row, &written.0.name, names, "org");
            }
            total += written.1.len();
            // Under the name of the population, so that its groups stand in order of rank.
            orgs.push((name.clone(), written));
        }
    }
    refuse_too_many(root, "org", total.max(orgs.len()));
    let (orgs, routes): (Vec<Org>, Vec<Vec<Vec<Workload>>>) = by_name(orgs).into_iter().unzip();
    let mut workloads: Vec<Workload> = Vec::new();
    for (org, routes) in (0..).zip(routes) {
        for routes in routes {
            let (home, end) = (workloads.len() as u32, (workloads.len() + routes.len()) as u32);
            let numbered = (home..).zip(routes).map(|(index, route)| {
                let fallback = (index + 1 < end).then_some(index + 1);
                Workload { org, home, fallback, ..route }
            });
            workloads.extend(numbered);
        }
    }
    (orgs, workloads)
}

fn read_workload(
    t: &mut Table,
    models: &[ModelConfig],
    duration: Span,
    load: LoadTrace<'_>,
) -> Option<(Workload, Vec<Fallback>)> {
    let name = t.name("name");
    let model_name = t.text("model");
    let model = find_model(t, "model", &model_name, models);
    let process = t.tagged("arrivals").and_then(|chosen| ArrivalProcess::read(chosen, load));
    let profile = Profile::read(t.form("profile"), duration);
    let [prompt, output] = [("prompt_tokens", Side::Prompt), ("output_tokens", Side::Output)]
        .map(|(key, side)| t.opt_tagged(key).map(|chosen| token_laws::read(chosen, side)));
    let coupling = read_coupling(t, prompt.as_ref(), output.as_ref());
    let max_tokens = t.opt_integer("max_tokens").map(|n| n as u32);
    let rtt = t.span("rtt");
    let lane = Lane::read(t.opt_tagged("lane"));
    let (client, fallbacks) = read_client(t, model, models, &lane, rtt);
    let key = t.opt_name("key");
    let process = process?;
    closed_loop::check(t, &process, &client, rtt);
    let trace = process.trace();
    for (key, law) in [("prompt_tokens", &prompt), ("output_tokens", &output)] {
        if t.clean() && law.is_none() && trace.is_none() {
            let help = format!("for example `{key}.constant = 500`; only a trace brings its own");
            t.error_here(format!("`{key}` is missing"), Some(help));
        }
    }
    refuse_never_submitted(t, &lane, &prompt, trace);
    let (prompt_law, output_law) = (prompt.clone(), output.clone());
    // Opened on a key of no run, for its means alone.
    let tokens = TokenSource::new(prompt_law, output_law, max_tokens, trace, Key::new(0, 0)).ok()?;
    let (mut mean_prompt, mean_output) = (tokens.mean_prompt(), tokens.mean_output());
    if let ArrivalProcess::Users(Users { session: Some(session), .. }) = &process {
        mean_prompt = session.mean_prompt(mean_prompt, mean_output);
    }
    let model = model?;
    let price = models[model as usize].price;
    let served_s = models[model as usize].engine.alone_s(mean_prompt, mean_output);
    let process = process.answered_in(rtt.as_secs_f64() + served_s);
    let workload = Workload {
        org: 0,
        name,
        model,
        pool: model,
        pair: 0,
        key: key.unwrap_or_else(|| Name::new("default").expect("a name")),
        price: lane.batch().map_or(price, |batch| price.times(1.0 - batch.discount)),
        rent: None,
        lane,
        arrivals: Arrivals::new(process, profile.clone(), duration),
        share: 1.0,
        profile,
        prompt,
        output,
        coupling,
        mean_prompt,
        mean_output,
        max_tokens,
        client,
        home: 0,
        fallback: None,
        fallback_of: None,
        rtt,
    };
    Some((workload, fallbacks))
}

/// How prompt and output go together: each needs a law, and one that varies.
fn read_coupling(t: &mut Table, prompt: Option<&Dist>, output: Option<&Dist>) -> Option<Coupling> {
    let correlation = t.opt_number("correlation")?;
    let (Some(prompt), Some(output)) = (prompt, output) else {
        if t.clean() {
            let help = "a trace brings pairs as they were recorded";
            t.error_at("correlation", "only laws of both counts can be correlated", Some(help.into()));
        }
        return None;
    };
    if t.clean() && [prompt, output].iter().any(|law| law.cv() == 0.0) {
        t.error_at("correlation", "a count that is always the same goes with nothing", None);
    }
    if !t.clean() {
        return None;
    }
    Some(Coupling::new(prompt, output, correlation).expect("the key's range is a correlation's"))
}

/// The client of a workload and what it falls back to: in the batch lane, one attempt that has the window's time.
fn read_client(
    t: &mut Table,
    model: Option<u32>,
    models: &[ModelConfig],
    lane: &Lane,
    rtt: Span,
) -> (Client, Vec<Fallback>) {
    let given = t.has("client");
    let mut table = t.table("client");
    let client = Client::read(&mut table, rtt);
    note_unheard(&table, &client, model.map(|model| &models[model as usize]));
    let find = |row: &Table, name: &str| find_model(row, "model", name, models);
    let fallbacks = fallback::read(table.rows("fallback"), model, lane, rtt, find);
    let Some(batch) = lane.batch() else { return (client, fallbacks) };
    if given && t.clean() {
        let help = "leave `client` out: a job's requests run within its window, and are not tried again";
        t.error_at("client", "a client strategy has no part in the batch lane", Some(help.into()));
    }
    if t.clean() && batch.window <= rtt {
        t.error_at("lane", "the window must be longer than the workload's round trip `rtt`", None);
    }
    (Client { timeout: batch.window, ..client }, fallbacks)
}

/// Tell if its client obeys a header that the model's answers do not carry.
fn note_unheard(table: &Table, client: &Client, model: Option<&ModelConfig>) {
    let Some(policy) = model.map(|model| &model.policy).filter(|_| table.clean() && table.has("honor"))
    else {
        return;
    };
    let unheard = match client.honor.header {
        Some(Header::RetryAfter) if !policy.retry_after => {
            "`Retry-After`, since `limit.retry_after` is false"
        }
        Some(Header::Reset) if policy.headers == Headers::Only429 && !client.retry_on.limited => {
            "`x-ratelimit-reset` but on a 429, which is not tried again"
        }
        _ => return,
    };
    if client.max_attempts > 1 {
        table.note_at("honor", &format!("`honor` has no effect: the model's answers carry no {unheard}"));
    }
}

/// Read a client that stands in a file of its own, for what is wrong with it whichever workload of the scenario it
/// is given to; the rest is found when it is.
pub fn check_client(table: &mut Table, scenario: &Scenario) {
    let rtt = scenario.workloads.iter().map(|workload| workload.rtt).min().unwrap_or(Span::ZERO);
    Client::read(table, rtt.max(Span::from_ns(2)));
    let find = |row: &Table, name: &str| find_model(row, "model", name, scenario.declared_models());
    fallback::read(table.rows("fallback"), None, &Lane::Serverless, Span::ZERO, find);
}

/// A request whose prompt is known to be larger than all that may be enqueued could never be submitted.
fn refuse_never_submitted(t: &Table, lane: &Lane, prompt: &Option<Dist>, trace: Option<&Trace>) {
    let Some(batch) = lane.batch() else { return };
    let largest = match (prompt, trace) {
        (Some(Dist::Constant(law)), _) => u64::from(crate::dist::tokens(law.mean())),
        (Some(_), _) | (None, None) => 0,
        (None, Some(trace)) => trace.rows.iter().map(|row| u64::from(row.prompt)).max().unwrap_or(0),
    };
    if t.clean() && largest > batch.enqueued_tokens {
        let message = format!(
            "a request of {largest} prompt tokens is above `enqueued_tokens`, {}: it could never be submitted",
            batch.enqueued_tokens
        );
        t.error_at("lane", message, None);
    }
}

fn read_checks(root: &mut Table, models: &[ModelConfig], orgs: &[Org], workloads: &[Workload]) -> Vec<Check> {
    let mut rows = root.rows("checks");
    refuse_too_many(root, "checks", rows.len());
    let cast = Cast { models, orgs, workloads };
    rows.iter_mut().filter_map(|row| Check::read(row, &cast)).collect()
}
