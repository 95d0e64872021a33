//! A workload's lane in words.

use super::figures::{count, money, percent, plural};
use crate::platform::autoscaler::Scaler as _;
use crate::platform::lane::Lane;
use crate::scenario::{Scenario, Workload};
use crate::units::Span;

/// The lane of a workload; `None` of the serverless one, which goes without saying.
pub fn words(scenario: &Scenario, workload: &Workload) -> Option<String> {
    match &workload.lane {
        Lane::Serverless => None,
        Lane::Batch(batch) => Some(format!(
            "batch — files of at most {}, open for {}; at most {} prompt tokens enqueued; on capacity that nobody \
             else asks for, {} % of it left free; what is not done {} after submission expires; {} % off",
            plural(f64::from(batch.requests_per_file), "request"),
            batch.gather,
            count(batch.enqueued_tokens as f64),
            percent(Some(scenario.models[workload.model as usize].spare_reserve)),
            batch.window,
            percent(Some(batch.discount)),
        )),
        Lane::Dedicated(dedicated) => {
            let pool = &scenario.models[workload.pool as usize];
            let start = match &dedicated.cold_start {
                None => "ready at the start".to_owned(),
                Some(law) => {
                    use crate::dist::Law as _;
                    format!("ready after about {}", Span::from_secs_f64(law.median().round()))
                }
            };
            let scaled = dedicated.autoscaler.interval().map_or("", |_| ", scaled by its autoscaler");
            let sharers = workload.rent.map_or(1, |rent| rent.sharers);
            let shared = if sharers > 1 { format!(", shared by {sharers} workloads") } else { String::new() };
            Some(format!(
                "dedicated — {} of its own, {start}{scaled}{shared}; {} USD an hour for each; in the tables `{}`",
                plural(pool.replicas.into(), "replica"),
                money(dedicated.price_per_replica_hour),
                pool.name
            ))
        }
    }
}
