//! From the text of a scenario to the validated type, once.

use super::check::{Cast, Check};
use super::estimate::Estimate;
use super::limits::Limits;
use super::rows::{by_name, refuse_too_many, refuse_twice};
use super::spec::SCENARIO;
use super::{Org, RunConfig, Scenario, Workload, incidents, pairs, pools, populations, workloads};
use crate::bounds;
use crate::platform::config::ModelConfig;
use crate::read::{Document, Problems, Resolved, Table};
use crate::traffic::arrivals::LoadTrace;
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
            let workload = workloads::read(&mut table, models, duration, load);
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

fn read_checks(root: &mut Table, models: &[ModelConfig], orgs: &[Org], workloads: &[Workload]) -> Vec<Check> {
    let mut rows = root.rows("checks");
    refuse_too_many(root, "checks", rows.len());
    let cast = Cast { models, orgs, workloads };
    rows.iter_mut().filter_map(|row| Check::read(row, &cast)).collect()
}
