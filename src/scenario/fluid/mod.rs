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
//! | `births` | how many there are |
//! | `gate` | what all requests of a client share: pacing, concurrency, a budget |
//! | `fate` | what becomes of attempts |
//! | `allowance` | what a pair's limit lets through |
//! | `answers` | what attempts meet at a model |
//! | `pool` | a model's replicas and its buffer |

mod allowance;
mod answers;
mod births;
mod fate;
mod gate;
mod pool;
mod sender;

use super::Scenario;
use crate::units::{SimTime, Span};
use allowance::Allowance;
use fate::Fate;
use pool::Pool;
use sender::Sender;

pub use fate::Counts;

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
const STEPS: [f64; 3] = [50.0, 500.0, 2e5];
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
    let steps = steps(evaluations);
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

/// The number of steps, where each needs so many evaluations.
fn steps(evaluations: usize) -> u64 {
    let [least, most, all] = STEPS;
    (all / evaluations.max(1) as f64).clamp(least, most).ceil() as u64
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
        let mut change = senders.iter().map(|sender| sender.moved).fold(0.0, f64::max);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::reading;

    /// The flow of one hour of a workload on one model.
    fn counts(model: &str, arrivals: &str, client: &str) -> Counts {
        let text = format!(
            "run = {{ duration = \"1 h\", drain = \"0 s\" }}\n[[model]]\nname = \"m\"\n{model}\n\
             [[org]]\nname = \"o\"\n[[org.workload]]\nname = \"w\"\nmodel = \"m\"\n{arrivals}\n\
             prompt_tokens.constant = 1\noutput_tokens.constant = 1\nclient = {client}\n"
        );
        let no_trace = &mut |name: &str| Err(name.to_owned());
        let read = reading::read("t.toml", text.as_bytes(), &[], no_trace, 1e12);
        let (scenario, _) = read.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        flow(&scenario).counts[0]
    }

    const PER_SECOND: &str = "arrivals.poisson = { rate = \"2/s\" }";
    const LIMITED: &str = "engine.slots = { per_replica = 100, service.constant = \"1 s\" }\n\
                           limit = { enforcement = \"strict\", law.fixed = { requests = \"1/s\" } }";
    const ONE: &str = "{}";
    const THREE: &str = "{ max_attempts = 3, retry.fixed.delay = \"10 s\" }";

    fn assert_near(found: f64, wanted: f64) {
        assert!((found - wanted).abs() <= 0.01 * wanted, "{found} is not {wanted}");
    }

    #[test]
    fn a_limit_lets_through_its_rate_and_what_it_refuses_comes_again() {
        let free =
            counts("engine.slots = { per_replica = 100, service.constant = \"1 s\" }", PER_SECOND, THREE);
        assert_eq!((free.requests, free.attempts, free.worked), (7200.0, 7200.0, 7200.0));
        let once = counts(LIMITED, PER_SECOND, ONE);
        assert_near(once.attempts, 7200.0);
        assert_near(once.worked, 3600.0 + 5.0);
        // In balance a share p is refused of 2(1 + p + p²) attempts a second, and one is served: p³ = 1/2.
        let p = 0.5_f64.cbrt();
        let thrice = counts(LIMITED, PER_SECOND, THREE);
        assert_near(thrice.attempts, 7200.0 * (1.0 + p + p * p));
        assert_near(thrice.worked, 3600.0 + 5.0);
    }

    #[test]
    fn capacity_serves_what_it_can_and_the_buffer_holds_its_time() {
        let model =
            "engine.slots = { per_replica = 1, service.constant = \"1 s\" }\nlimit.law.unlimited = {}";
        let served = counts(model, PER_SECOND, ONE);
        assert_near(served.worked, 3600.0 + 11.0);
        // Who serves the gone serves nobody in time.
        let gone = format!("buffer = {{ max_wait = \"1 h\", early_refusal = false }}\n{model}");
        let vain =
            counts(&format!("on_disconnect = \"serve\"\n{gone}"), PER_SECOND, "{ timeout = \"30 s\" }");
        assert!(vain.answered < 150.0 && vain.timed_out > 7000.0, "{vain:?}");
        let stopped = counts(&gone, PER_SECOND, "{ timeout = \"30 s\" }");
        assert_near(stopped.worked, 3600.0 + 30.0);
    }

    #[test]
    fn closed_loops_and_paced_clients_send_what_comes_back() {
        let model =
            "engine.slots = { per_replica = 100, service.constant = \"2 s\" }\nlimit.law.unlimited = {}";
        let users = "arrivals.users = { users = 50, think.constant = \"20 s\" }";
        assert_near(counts(model, users, ONE).requests, 3600.0 * 50.0 / 22.05);
        let backlog = "arrivals.backlog = { requests = 100000, concurrency = 10 }";
        assert_near(counts(model, backlog, ONE).requests, 3600.0 * 10.0 / 2.05);
        let paced = "{ pacing.paced = { rate = \"1/s\" } }";
        assert_near(counts(model, PER_SECOND, paced).attempts, 3600.0);
        let budget = "{ max_attempts = 3, retry.fixed.delay = \"1 s\", budget.ratio = { ratio = 0.1, min = \"0.1/s\", ttl = \"1 s\" } }";
        assert_near(counts(LIMITED, PER_SECOND, budget).attempts, 7200.0 + 720.0 + 360.0);
    }

    #[test]
    fn steps_are_of_a_number_that_many_workloads_bound() {
        assert_eq!(steps(20), 500);
        assert_eq!(steps(1_000_000), 50);
    }
}
