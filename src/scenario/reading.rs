//! From the text of a scenario to the validated type, once.

use super::check::Check;
use super::estimate::Estimate;
use super::fallback::{self, Fallback};
use super::spec::SCENARIO;
use super::{Org, PairId, RunConfig, Scenario, Workload, pools};
use crate::bounds;
use crate::client::Client;
use crate::dist::{Dist, Law as _, Tokens};
use crate::name::Name;
use crate::platform::config::ModelConfig;
use crate::platform::incident::{self, Harm, Incident};
use crate::platform::lane::Lane;
use crate::platform::serving::ReplicaEngine as _;
use crate::read::{Document, Problems, Resolved, Table, nearest};
use crate::rng::Key;
use crate::traffic::arrivals::{ArrivalProcess, Arrivals, CYCLE_MIN, LoadTrace, Users};
use crate::traffic::profile::{FACTOR_MAX, Profile};
use crate::traffic::tokens::TokenSource;
use crate::traffic::trace::Trace;
use crate::units::Span;

/// Read a scenario. `file_name` is shown in errors; `sets` are `--set` paths and values; `load` brings the
/// traces; `events_max` bounds the estimate of events.
///
/// # Errors
/// Everything that is wrong with it, each with its place.
pub fn read(
    file_name: &str,
    bytes: &[u8],
    sets: &[(String, String)],
    load: LoadTrace<'_>,
    events_max: f64,
) -> Result<(Scenario, Resolved), Problems> {
    let mut document = Document::parse_bytes(file_name, bytes, sets);
    let scenario = read_root(&mut document.root(&SCENARIO), load, events_max);
    let resolved = document.finish()?;
    Ok((scenario.expect("a document without problems is a scenario"), resolved))
}

fn read_root(root: &mut Table, load: LoadTrace<'_>, events_max: f64) -> Option<Scenario> {
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
    let pairs = pair_up(&mut workloads);
    let incidents = read_incidents(root, named, pools, &orgs);
    if let Err(message) = add_traffic(&incidents, &mut workloads, run.duration) {
        root.error_at("incident", message, None);
    }
    let checks = read_checks(root, named, &orgs, &workloads);
    if !root.clean() {
        return None;
    }
    let scenario = Scenario { title, run, models, declared, orgs, workloads, pairs, incidents, checks };
    let estimate = Estimate::of(&scenario);
    if let Err((message, help)) = estimate.within(events_max) {
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
fn refuse_too_many(root: &Table, key: &str, count: usize) {
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
fn find_model(table: &Table, key: &str, name: &str, models: &[ModelConfig]) -> Option<u32> {
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
    let mut total = 0;
    for mut row in rows {
        let name = row.name("name");
        refuse_twice(&row, &name, &mut seen, "org");
        let org = Org { name: name.clone(), weight: row.number("weight") };
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
            workloads.push((routes[0].name.clone(), routes));
        }
        orgs.push((name, (org, by_name(workloads))));
    }
    refuse_too_many(root, "org", total);
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
    let [prompt, output] = ["prompt_tokens", "output_tokens"]
        .map(|key| t.opt_tagged(key).map(|chosen| Dist::of::<Tokens>(Some(chosen))));
    let max_tokens = t.opt_integer("max_tokens").map(|n| n as u32);
    let rtt = t.span("rtt");
    let lane = Lane::read(t.opt_tagged("lane"));
    let (client, fallbacks) = read_client(t, model, models, &lane, rtt);
    let key = t.opt_name("key");
    let process = process?;
    check_closed_loop(t, &process, rtt);
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
        profile,
        prompt,
        output,
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

/// A closed loop has its own pace: no profile, and some time from one request of a user to the next.
fn check_closed_loop(t: &Table, process: &ArrivalProcess, rtt: Span) {
    if process.is_closed() && t.has("profile") && t.clean() {
        let help = "of users change `think`, of a backlog `concurrency` or `rate`; or use an open process";
        t.error_at("profile", "a closed loop sets its own pace: it has no profile", Some(help.into()));
    }
    if let ArrivalProcess::Users(users) = process {
        let cycle = rtt.saturating_add(Span::from_secs_f64(users.mean_think_s()));
        if t.clean() && cycle < CYCLE_MIN {
            let help =
                "give `think` or `rtt` some time: a refusal at once would be followed by a request at once";
            t.error_at(
                "arrivals",
                "users that neither think nor wait would send for ever",
                Some(help.into()),
            );
        }
    }
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
    let find = |row: &Table, name: &str| find_model(row, "model", name, models);
    let fallbacks = fallback::read(table.rows("fallback"), model, lane, find);
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

/// Number the pairs in use, of an org and what serves it, in that order.
fn pair_up(workloads: &mut [Workload]) -> Vec<PairId> {
    let mut pairs: Vec<PairId> = workloads.iter().map(|w| PairId { org: w.org, model: w.pool }).collect();
    pairs.sort();
    pairs.dedup();
    for workload in workloads {
        let pair = PairId { org: workload.org, model: workload.pool };
        workload.pair = pairs.binary_search(&pair).expect("it is one of them") as u32;
    }
    pairs
}

/// Incidents of models; a pool is struck only where it is named.
fn read_incidents(
    root: &mut Table,
    models: &[ModelConfig],
    pools: &[ModelConfig],
    orgs: &[Org],
) -> Vec<Incident> {
    let mut incidents = Vec::new();
    let rows = root.rows("incident");
    refuse_too_many(root, "incident", rows.len());
    for mut row in rows {
        let (mut incident, org) = incident::read(&mut row);
        if let (Some(name), Harm::Traffic { org: index, .. }) = (org, &mut incident.harm) {
            *index = find_org(&row, &name, orgs);
        }
        match row.opt_text("model") {
            Some(name) => {
                let pool = pools.iter().position(|pool| pool.name.as_str() == name);
                let pool = pool.map(|index| (models.len() + index) as u32);
                let model = pool.or_else(|| find_model(&row, "model", &name, models));
                incidents.extend(model.map(|model| Incident { model, ..incident }));
            }
            None if incidents.len() <= bounds::ROWS_MAX => {
                incidents.extend((0..models.len() as u32).map(|model| Incident { model, ..incident }));
            }
            None => {}
        }
    }
    // One without a model counts once for each.
    refuse_too_many(root, "incident", incidents.len());
    incidents.sort_by(Incident::order);
    incidents
}

/// The index of the org whose traffic an incident is, or an error with a suggestion.
fn find_org(row: &Table, name: &str, orgs: &[Org]) -> Option<u32> {
    let index = orgs.binary_search_by(|org| org.name.as_str().cmp(name)).ok();
    if index.is_none() && row.clean() && !orgs.is_empty() {
        let near = nearest(name, orgs.iter().map(|org| org.name.as_str()));
        let help = near.map(|near| format!("did you mean `{near}`?"));
        row.error_at("traffic", format!("there is no org `{name}` in this scenario"), help);
    }
    index.map(|i| i as u32)
}

/// Incidents of traffic change the arrivals of the workloads they strike.
fn add_traffic(incidents: &[Incident], workloads: &mut [Workload], duration: Span) -> Result<(), String> {
    let strikes = incidents.iter().filter_map(|incident| match incident.harm {
        Harm::Traffic { org, factor } => Some((incident, org, factor)),
        _ => None,
    });
    if strikes.clone().count() > bounds::TRAFFIC_INCIDENTS_MAX {
        let most = bounds::TRAFFIC_INCIDENTS_MAX;
        return Err(format!(
            "at most {most} incidents of traffic are allowed, each counted once for every model"
        ));
    }
    for workload in workloads.iter_mut() {
        // A closed loop has its own pace, and what falls back comes from its home.
        if workload.arrivals.is_closed() || workload.fallback_of.is_some() {
            continue;
        }
        let mut profile = None;
        for (incident, org, factor) in strikes.clone() {
            if (incident.model != workload.model && incident.model != workload.pool)
                || org.is_some_and(|org| org != workload.org)
            {
                continue;
            }
            let before = profile.as_ref().unwrap_or(&workload.profile);
            let boosted = before.boosted(incident.at, incident.duration, factor);
            if boosted.max_factor(Span::MAX) > FACTOR_MAX {
                let name = &workload.name;
                return Err(format!("profile and traffic of `{name}` multiply to more than {FACTOR_MAX}"));
            }
            profile = Some(boosted);
        }
        if let Some(profile) = profile {
            workload.arrivals = workload.arrivals.clone().through(profile, duration);
        }
    }
    Ok(())
}

fn read_checks(root: &mut Table, models: &[ModelConfig], orgs: &[Org], workloads: &[Workload]) -> Vec<Check> {
    let mut rows = root.rows("checks");
    refuse_too_many(root, "checks", rows.len());
    let org = |name: &str| orgs.binary_search_by(|org| org.name.as_str().cmp(name)).ok().map(|i| i as u32);
    let model = |name: &str| models.binary_search_by(|m| m.name.as_str().cmp(name)).ok().map(|i| i as u32);
    let is_there = |org: Option<u32>, name: Option<&str>, model: Option<u32>| {
        workloads.iter().any(|w| {
            org.is_none_or(|org| org == w.org)
                && model.is_none_or(|model| model == w.model)
                && name.is_none_or(|name| name == w.name.as_str())
        })
    };
    // What the workloads lack has been said already.
    let is_there = |org, name: Option<&str>, model| workloads.is_empty() || is_there(org, name, model);
    rows.iter_mut().filter_map(|row| Check::read(row, org, is_there, model)).collect()
}
