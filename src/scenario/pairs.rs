//! The (org, model) pairs that traffic uses, numbered through.

use super::{Org, PairId, Workload};
use crate::bounds;

/// Number the pairs in use, of an org and what serves it, in that order, and tell each workload its own.
///
/// # Errors
/// There are more than [`bounds::PAIRS_MAX`], those of members each for itself.
pub(super) fn pair_up(orgs: &[Org], workloads: &mut [Workload]) -> Result<Vec<PairId>, String> {
    let mut used: Vec<(u32, u32)> = workloads.iter().map(|w| (w.org, w.pool)).collect();
    used.sort_unstable();
    used.dedup();
    let count: u64 = used.iter().map(|&(org, _)| u64::from(orgs[org as usize].members())).sum();
    if count > bounds::PAIRS_MAX {
        return Err(format!(
            "{count} pairs of an org and a model: at most {} are allowed",
            bounds::PAIRS_MAX
        ));
    }
    let mut first = 0;
    let number = |&(org, model): &(u32, u32)| {
        let members = orgs[org as usize].members();
        first += members;
        PairId { org, model, first: first - members, members }
    };
    let pairs = used.iter().map(number).collect();
    for workload in workloads {
        let mine = (workload.org, workload.pool);
        workload.pair = used.binary_search(&mine).expect("it is one of them") as u32;
    }
    Ok(pairs)
}
