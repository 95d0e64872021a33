//! A population becomes orgs, one for each group of its members.

use super::{Crowd, Org, Workload};
use crate::bounds;
use crate::name::{NAME_LEN_MAX, Name};
use crate::platform::lane::Lane;
use crate::read::Table;
use crate::traffic::population::{GROUP_NAME_LEN_MAX, Population};
use std::sync::Arc;

/// What an org writes of itself, and its traffic: workloads, each with those it falls back to.
type Written = (Org, Vec<Vec<Workload>>);

/// Read the key `population` of an org; `members` counts those of all populations.
pub(super) fn read(row: &mut Table, members: &mut u64) -> Option<Population> {
    let population = Population::read(&mut row.opt_table("population")?)?;
    *members += u64::from(population.count);
    if *members > bounds::MEMBERS.max {
        let message = format!("with this population there are {members} members in all");
        row.error_at("population", message, Some(format!("at most {} are allowed", bounds::MEMBERS.max)));
        return None;
    }
    Some(population)
}

/// A workload of a population, and what it falls back to, are served serverless; its demand is open, since a request's
/// end tells nothing to whoever sends the next.
pub(super) fn refuse_lanes(table: &Table, routes: &[Workload]) {
    if routes[0].arrivals.is_closed() && table.clean() {
        let help = "write an org that stands for one member, or `poisson` at the rate of all users together";
        table.error_at("arrivals", "a population has no closed loops", Some(help.into()));
    }
    let elsewhere = routes.iter().position(|route| !matches!(route.lane, Lane::Serverless));
    if let Some(route) = elsewhere.filter(|_| table.clean()) {
        let help = "batch limits and endpoints are an org's own: write an org that stands for one member";
        let key = if route == 0 { "lane" } else { "client" };
        table.error_at(key, "members of a population are served serverless", Some(help.into()));
    }
}

/// The orgs that a population stands for; a population of one is an org on its own.
pub(super) fn expand(row: &Table, population: &Population, (org, workloads): Written) -> Vec<Written> {
    if population.count == 1 {
        return vec![(org, workloads)];
    }
    let name = org.name;
    let groups = population.groups();
    let room = NAME_LEN_MAX - 1 - GROUP_NAME_LEN_MAX;
    if groups.len() > 1 && name.as_str().len() > room {
        let message = format!("the name of a population must have at most {room} characters");
        row.error_at(
            "name",
            message,
            Some(format!("its groups are named after it, as in `{name}.next40pct`")),
        );
        return Vec::new();
    }
    let group_of = |group: crate::traffic::population::Group| {
        let named =
            |suffix| Name::new(&format!("{name}.{suffix}")).expect("a name with a shorter one behind it");
        let share = group.share();
        let mine = Org {
            name: group.name.map_or_else(|| name.clone(), named),
            weight: org.weight,
            crowd: Some(Crowd { population: name.clone(), group: Arc::new(group) }),
        };
        let of_group = |route: &Workload| Workload { share, ..route.clone() };
        (mine, workloads.iter().map(|routes| routes.iter().map(of_group).collect()).collect())
    };
    groups.into_iter().map(group_of).collect()
}
