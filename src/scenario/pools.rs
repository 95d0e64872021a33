//! Dedicated endpoints become models of their own behind those of the file, and batch work gets its reserve.

use super::{Org, Workload};
use crate::name::Name;
use crate::platform::config::ModelConfig;
use crate::platform::lane::Lane;
use crate::platform::lane::dedicated::Rent;
use crate::read::Table;
use std::collections::BTreeMap;

/// What an org has said of its endpoints so far, by model and endpoint; names do not tell cases apart.
pub(super) type Endpoints = BTreeMap<(u32, String), String>;

/// What an org has said of its batch limits so far, by model.
pub(super) type Enqueued = BTreeMap<u32, u64>;

/// The name of a workload's endpoint.
fn endpoint(workload: &Workload) -> Option<&Name> {
    let dedicated = workload.lane.dedicated()?;
    Some(dedicated.name.as_ref().unwrap_or(&workload.name))
}

/// Workloads that share an endpoint say the same of it, and those that share a batch limit of it.
pub(super) fn agree(table: &Table, workload: &Workload, endpoints: &mut Endpoints, enqueued: &mut Enqueued) {
    if !table.clean() {
        return;
    }
    if let (Some(dedicated), Some(name)) = (workload.lane.dedicated(), endpoint(workload)) {
        let numbers = format!(
            "{} {} {:?} {:?}",
            dedicated.replicas, dedicated.price_per_replica_hour, dedicated.cold_start, dedicated.autoscaler
        );
        let key = (workload.model, name.as_str().to_lowercase());
        if *endpoints.entry(key).or_insert_with(|| numbers.clone()) != numbers {
            let message = format!("another workload says something else of the endpoint `{name}`");
            let help =
                "workloads that share an endpoint repeat its numbers; another `name` makes another one";
            table.error_at("lane", message, Some(help.into()));
        }
    }
    if let Some(batch) = workload.lane.batch() {
        let said = *enqueued.entry(workload.model).or_insert(batch.enqueued_tokens);
        if said != batch.enqueued_tokens {
            let message = format!("another workload says `enqueued_tokens` is {said}");
            let help = "the limit is that of the org on the model, for all its workloads in the batch lane";
            table.error_at("lane", message, Some(help.into()));
        }
    }
}

/// Add a pool for every dedicated endpoint behind the models of the file, in order of org, model and endpoint,
/// and give each workload what serves it.
pub(super) fn build(models: &mut Vec<ModelConfig>, orgs: &[Org], workloads: &mut [Workload]) {
    let key = |w: &Workload| Some((w.org, w.model, endpoint(w)?.as_str().to_lowercase()));
    let mut sharers: BTreeMap<(u32, u32, String), Vec<usize>> = BTreeMap::new();
    for (index, workload) in workloads.iter().enumerate() {
        key(workload).into_iter().for_each(|key| sharers.entry(key).or_default().push(index));
    }
    for ((org, model, _), mine) in sharers {
        let first = &workloads[mine[0]];
        let (Some(dedicated), Some(name)) = (first.lane.dedicated(), endpoint(first)) else { continue };
        let served = &models[model as usize];
        let pool_name = Name::joined(&[&served.name, &orgs[org as usize].name, name]);
        let config = dedicated.pool(pool_name, served);
        let rent = Rent {
            pool: models.len() as u32,
            price_per_replica_hour: dedicated.price_per_replica_hour,
            sharers: mine.len() as u32,
        };
        for index in mine {
            workloads[index].pool = rent.pool;
            workloads[index].price = config.price;
            workloads[index].rent = Some(rent);
        }
        models.push(config);
    }
    reserve(models, workloads);
}

/// The largest reserve that a workload asks for on a model holds there.
fn reserve(models: &mut [ModelConfig], workloads: &[Workload]) {
    let mut reserves: BTreeMap<u32, f64> = BTreeMap::new();
    for workload in workloads {
        if let Lane::Batch(batch) = &workload.lane {
            let reserve = reserves.entry(workload.model).or_insert(batch.reserve);
            *reserve = reserve.max(batch.reserve);
        }
    }
    for (model, reserve) in reserves {
        models[model as usize].spare_reserve = reserve;
    }
}
