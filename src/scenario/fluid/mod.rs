//! The flow of a scenario's attempts without its chance: what the limits and the capacity refuse, and what the clients make
//! of it.
//!
//! Traffic is a fluid (Newell, *Applications of Queueing Theory*, 1982, ch. 2): the births of a step are their expected number,
//! a limit lets through its rate and its burst, a model serves what it has capacity for and holds what its buffer has time for.
//! What is refused goes back to its clients, who are asked themselves when they try again, at the middle of their jitter, and
//! waits for so long on average. Laws and autoscalers are asked themselves too. Nobody is refused by chance: where the load is
//! near the limit but below it, more is refused than here.
//!
//! | file | concept |
//! |---|---|
//! | this file | a run, step by step |
//! | `sender` | a workload's requests, by the attempts they have made |
//! | `allowance` | what a pair's limit lets through |
//! | `pool` | a model's replicas and its buffer |

mod allowance;
mod pool;
mod sender;

use super::Scenario;
use crate::units::{SimTime, Span};
use allowance::Allowance;
use pool::Pool;
use sender::{Fate, Sender};

pub use sender::Counts;

/// What is expected of one replication.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Per workload.
    pub counts: Vec<Counts>,
    /// The most requests that are open at a time, those of backlogs that wait for their turn left out.
    pub open_max: f64,
}

/// A step of the flow.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// Its end.
    end: SimTime,
    /// Its length in seconds.
    length_s: f64,
}

/// Steps of a run, where it has few workloads; with more, so many evaluations of a workload in all, but at least so many steps.
const STEPS: [f64; 3] = [50.0, 1500.0, 1e6];
/// In a step, demand and what is refused of it are balanced in rounds: at most so many, until nothing changes by more than this.
const ROUNDS: (u32, f64) = (40, 1e-2);

/// The expected flow of a scenario.
pub fn flow(scenario: &Scenario) -> Flow {
    let mut senders: Vec<Sender> = scenario.workloads.iter().map(Sender::new).collect();
    let mut pools: Vec<Pool> = (0..)
        .zip(&scenario.models)
        .map(|(index, model)| Pool::new(model, scenario.configured_mix(index)))
        .collect();
    let mut allowances: Vec<Allowance> = scenario
        .pairs
        .iter()
        .map(|pair| {
            let weight = scenario.orgs[pair.org as usize].weight;
            let model = pair.model as usize;
            Allowance::new(&scenario.models[model].policy, weight, pair.members, &mut pools[model].shared)
        })
        .collect();
    let length = scenario.run.duration + scenario.run.drain;
    let evaluations: usize = senders.iter().map(Sender::size).sum();
    let [least, most, all] = STEPS;
    let steps = (all / evaluations.max(1) as f64).clamp(least, most).ceil() as u64;
    let mut open_max: f64 = 0.0;
    let mut begins = SimTime::ZERO;
    for number in 1..=steps {
        let end = SimTime::ZERO
            + Span::from_ns((u128::from(length.as_ns()) * u128::from(number) / u128::from(steps)) as u64);
        let step = Step { end, length_s: (end - begins).as_secs_f64() };
        begins = end;
        if step.length_s > 0.0 {
            let open = advance(scenario, &step, &mut senders, &mut allowances, &mut pools);
            open_max = open_max.max(open);
        }
    }
    Flow { counts: senders.iter().map(|sender| sender.counts).collect(), open_max }
}

/// One step; how many requests are open in it.
fn advance(
    scenario: &Scenario,
    step: &Step,
    senders: &mut [Sender],
    allowances: &mut [Allowance],
    pools: &mut [Pool],
) -> f64 {
    for (index, pool) in (0..).zip(pools.iter_mut()) {
        pool.begin(step, index, &scenario.incidents);
    }
    for (allowance, pair) in allowances.iter_mut().zip(&scenario.pairs) {
        let model = pair.model as usize;
        allowance.begin(step, &scenario.models[model].policy, &mut pools[model]);
    }
    senders.iter_mut().for_each(|sender| sender.begin(step));
    // From nobody refused upwards: the first balance that is met is the one that the flow comes to.
    let mut fates: Vec<Fate> = scenario.workloads.iter().map(Fate::served).collect();
    for _ in 0..ROUNDS.0 {
        meet(scenario, step, senders, &fates, allowances, pools);
        let mut change: f64 = 0.0;
        for (workload, fate) in scenario.workloads.iter().zip(&mut fates) {
            let pool = &pools[workload.pool as usize];
            let met = pool.fate(
                workload,
                &allowances[workload.pair as usize],
                &scenario.models[workload.pool as usize],
            );
            change = change.max((met.failed() - fate.failed()).abs() / (1.0 - met.failed()).max(ROUNDS.1));
            *fate = met;
        }
        if change < ROUNDS.1 {
            break;
        }
    }
    let mut open = 0.0;
    for ((sender, fate), workload) in senders.iter_mut().zip(&fates).zip(&scenario.workloads) {
        let ended = sender.end(step, fate);
        open += sender.open(step);
        let credit = scenario.models[workload.pool as usize].policy.credit;
        allowances[workload.pair as usize].tell(&ended, workload, credit);
    }
    for (allowance, pair) in allowances.iter_mut().zip(&scenario.pairs) {
        let model = pair.model as usize;
        allowance.end(step, &scenario.models[model].policy, &mut pools[model]);
    }
    pools.iter_mut().for_each(|pool| pool.end(step));
    open + pools.iter().map(Pool::inside).sum::<f64>()
}

/// All send, and meet at limits and models what they are to meet.
fn meet(
    scenario: &Scenario,
    step: &Step,
    senders: &mut [Sender],
    fates: &[Fate],
    allowances: &mut [Allowance],
    pools: &mut [Pool],
) {
    allowances.iter_mut().for_each(|allowance| allowance.asked = [0.0; 2]);
    pools.iter_mut().for_each(|pool| pool.asked = [0.0; 3]);
    let mut given_up = 0.0;
    for ((sender, fate), workload) in senders.iter_mut().zip(fates).zip(&scenario.workloads) {
        // Fallbacks stand behind their home.
        let falls_back = if workload.fallback_of.is_some() { given_up } else { 0.0 };
        let asked = sender.send(step, fate, falls_back);
        given_up = sender.given_up;
        let pool = &mut pools[workload.pool as usize];
        if workload.is_batch() {
            pool.asked[2] += asked;
        } else {
            let asked = asked * (1.0 - pool.errors);
            let allowance = &mut allowances[workload.pair as usize];
            allowance.asked[0] += asked;
            allowance.asked[1] += asked * (workload.mean_prompt + workload.mean_output);
            pool.longest(workload);
        }
    }
    for (allowance, pair) in allowances.iter_mut().zip(&scenario.pairs) {
        let green = allowance.share();
        let asked = &mut pools[pair.model as usize].asked;
        asked[0] += green * allowance.asked[0];
        asked[1] += (1.0 - green) * allowance.asked[0];
    }
    for (pool, model) in pools.iter_mut().zip(&scenario.models) {
        pool.accept(step, model);
    }
}
