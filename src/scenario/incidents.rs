//! Incidents of a scenario: whom each strikes, and what it does to traffic.

use super::rows::{find_model, refuse_too_many};
use super::{Org, Workload};
use crate::bounds;
use crate::platform::config::ModelConfig;
use crate::platform::incident::{self, Harm, Incident};
use crate::read::{Table, nearest};
use crate::traffic::profile::FACTOR_MAX;
use crate::units::Span;

/// Incidents of models; a pool is struck only where it is named.
pub(super) fn read(
    root: &mut Table,
    models: &[ModelConfig],
    pools: &[ModelConfig],
    orgs: &[Org],
) -> Vec<Incident> {
    let mut incidents = Vec::new();
    let rows = root.rows("incident");
    refuse_too_many(root, "incident", rows.len());
    for mut row in rows {
        let (incident, org) = incident::read(&mut row);
        let harms = match (org, incident.harm) {
            (Some(name), Harm::Traffic { factor, .. }) => {
                let orgs = find_orgs(&row, &name, orgs);
                orgs.into_iter().map(|org| Harm::Traffic { org: Some(org), factor }).collect()
            }
            (_, harm) => vec![harm],
        };
        let struck = match row.opt_text("model") {
            Some(name) => {
                let pool = pools.iter().position(|pool| pool.name.as_str() == name);
                let pool = pool.map(|index| (models.len() + index) as u32);
                let model = pool.or_else(|| find_model(&row, "model", &name, models));
                model.map_or(0..0, |model| model..model + 1)
            }
            None if incidents.len() <= bounds::ROWS_MAX => 0..models.len() as u32,
            None => 0..0,
        };
        let of = |model| harms.iter().map(move |&harm| Incident { model, harm, ..incident });
        incidents.extend(struck.flat_map(of));
    }
    // One without a model counts once for each.
    refuse_too_many(root, "incident", incidents.len());
    incidents.sort_by(Incident::order);
    incidents
}

/// The orgs written under a name: one, or all groups of a population.
pub(super) fn written(name: &str, orgs: &[Org]) -> Vec<u32> {
    // They stand in order of these names.
    let first = orgs.partition_point(|org| org.written().as_str() < name);
    let end = orgs.partition_point(|org| org.written().as_str() <= name);
    (first as u32..end as u32).collect()
}

/// The orgs whose traffic an incident is; none after an error with a suggestion. The groups of a population are
/// struck together: their births are one stream.
fn find_orgs(row: &Table, name: &str, orgs: &[Org]) -> Vec<u32> {
    let found = written(name, orgs);
    if found.is_empty() && row.clean() && !orgs.is_empty() {
        let group = orgs.iter().find(|org| org.name.as_str() == name);
        let near = nearest(name, orgs.iter().map(|org| org.written().as_str()));
        let help = match (group, near) {
            (Some(org), _) => {
                Some(format!("it is a group of `{}`: name the whole population", org.written()))
            }
            (None, near) => near.map(|near| format!("did you mean `{near}`?")),
        };
        row.error_at("traffic", format!("there is no org `{name}` in this scenario"), help);
    }
    found
}

/// Incidents of traffic change the arrivals of the workloads they strike.
pub(super) fn add_traffic(
    incidents: &[Incident],
    workloads: &mut [Workload],
    duration: Span,
) -> Result<(), String> {
    let strikes = incidents.iter().filter_map(|incident| match incident.harm {
        Harm::Traffic { org, factor } => Some((incident, org, factor)),
        _ => None,
    });
    if strikes.clone().count() > bounds::TRAFFIC_INCIDENTS_MAX {
        let most = bounds::TRAFFIC_INCIDENTS_MAX;
        return Err(format!(
            "at most {most} incidents of traffic are allowed, each counted once for every model and group"
        ));
    }
    for workload in workloads {
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
