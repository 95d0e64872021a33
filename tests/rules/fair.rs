//! S7b, V25: the fair discipline of the buffer, from the traffic's side.

use super::common::run::{run, run_logged, scenario};
use super::*;
use ratetide::reply::Outcome;

/// A green org of a tenth of the model, beside a neighbour that sends within its rate, or for two minutes far
/// more.
fn neighbours(spike: &str, discipline: &str) -> String {
    let buffer = format!(
        "buffer.discipline = \"{discipline}\"\nlimit.law.fixed = {{ requests = \"120/min\" }}\nlimit.burst = \"10 s\""
    );
    scenario_text(
        "duration = \"1 h\"",
        &[
            model("m", 1, 10, "1 s", &buffer),
            org("quiet"),
            workload("m", "arrivals.poisson = { rate = \"60/min\" }\nrtt = \"0 s\""),
            org("spiky"),
            workload("m", &format!("arrivals.poisson = {{ rate = \"60/min\" }}\nrtt = \"0 s\"\n{spike}")),
        ],
    )
}

/// S7b: under `soft` with `fair`, a neighbour's red spike gives an org within its rate no 503, and at most one
/// residual service of extra p99 wait.
#[test]
fn s7b_a_neighbours_red_spike_costs_at_most_one_residual_service() {
    let spike = "profile = [ { at = \"10 min\", factor = 60 }, { at = \"50 min\", factor = 1 } ]";
    let waits = |spike: &str| {
        let (results, attempts) = run_logged(&scenario(&neighbours(spike, "fair")));
        let quiet: Vec<_> = attempts.iter().filter(|a| a.workload == 0 && a.green == Some(true)).collect();
        let mut waits_s: Vec<f64> = quiet.iter().filter_map(|a| a.wait).map(|w| w.as_secs_f64()).collect();
        waits_s.sort_by(f64::total_cmp);
        let account = results.summaries[0].account;
        (account, waits_s[waits_s.len() * 99 / 100], red_attempts(&results, 0), results.summaries[1].account)
    };
    let (alone, alone_p99_s, ..) = waits("");
    let (account, p99_s, red, neighbour) = waits(spike);
    assert_eq!(account.attempts, alone.attempts, "the same traffic");
    assert_eq!((account.unavailable_503, red), (0, 0), "{account:?}");
    assert!(p99_s - alone_p99_s <= 1.0, "{p99_s} s, alone {alone_p99_s} s");
    assert!(neighbour.limited_429_request > 10_000, "the spike was far more than there is: {neighbour:?}");
}

/// V25: two orgs that always wait, with requests of 200 and 4,000 tokens, on a time in proportion.
fn backlogged(weight: &str) -> [f64; 2] {
    let model = "[[model]]\nname = \"m\"\nreplicas = 1\nlimit.law.unlimited = {}\n\
         buffer = { max_wait = \"unlimited\", early_refusal = false, discipline = \"fair\" }\n\
         engine.slots = { per_replica = 2, service.tokens = { per_prompt_token = \"1 ms\", per_output_token = \"1 ms\" } }";
    let orgs = [
        format!("\n[[org]]\nname = \"large\"\nweight = {weight}\n"),
        sized_workload("m", 3000, 1000, "arrivals.constant = { rate = \"2/s\" }\nrtt = \"0 s\""),
        org("small"),
        sized_workload("m", 150, 50, "arrivals.constant = { rate = \"40/s\" }\nrtt = \"0 s\""),
    ];
    let results =
        run(&scenario_text("duration = \"1 h\"\ndrain = \"0 s\"", &[model.to_owned(), orgs.concat()]));
    let accounts = results.summaries.iter().map(|s| s.account);
    let sizes = [4000.0, 200.0];
    let served: Vec<f64> = accounts.zip(sizes).map(|(account, size)| account.ok_200 as f64 * size).collect();
    [served[0], served[1]]
}

#[test]
fn v25_two_backlogged_orgs_share_the_tokens() {
    let [large, small] = backlogged("1.0");
    assert!((large / small - 1.0).abs() < 0.01, "{large} and {small} tokens");
    let [large, small] = backlogged("3.0");
    assert!((large / small / 3.0 - 1.0).abs() < 0.01, "{large} and {small} tokens");
    let [large, small] = backlogged("0.5");
    assert!((large / small / 0.5 - 1.0).abs() < 0.01, "{large} and {small} tokens");
}

/// Where the colour only labels, orgs take turns all the same, and a failure keeps its name.
#[test]
fn fair_turns_hold_back_a_neighbour_in_one_queue() {
    let share = |discipline: &str| {
        let buffer = format!(
            "buffer.discipline = \"{discipline}\"\nlimit.enforcement = \"attribution\"\nlimit.law.unlimited = {{}}\n\
             buffer.early_refusal = false"
        );
        let (results, attempts) = run_logged(&scenario(&scenario_text(
            "duration = \"10 min\"",
            &[
                model("m", 1, 10, "1 s", &buffer),
                org("quiet"),
                workload("m", "arrivals.poisson = { rate = \"60/min\" }"),
                org("spiky"),
                workload("m", "arrivals.poisson = { rate = \"1800/min\" }"),
            ],
        )));
        assert!(
            attempts
                .iter()
                .filter_map(answer)
                .all(|r| matches!(r.outcome, Outcome::Ok | Outcome::Unavailable))
        );
        let quiet = results.summaries[0].account;
        quiet.ok_200 as f64 / quiet.attempts as f64
    };
    assert_eq!(share("fair"), 1.0);
    assert!(share("fifo") < 0.5, "{}", share("fifo"));
}
