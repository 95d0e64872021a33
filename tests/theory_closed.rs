//! Closed loops against closed forms: users are the machine repairman's machines, a backlog is finished when its last
//! request is.

mod common;

use common::estimate::{Estimate, assert_near};
use common::run::{replicate, run, run_logged, scenario};
use ratetide::metrics::observer::AttemptRecord;
use ratetide::replications::Results;
use std::collections::BTreeMap;

/// One workload in front of a model without limits that lets everybody wait.
fn closed(duration: &str, warmup: &str, slots: u32, service: &str, workload: &str) -> String {
    format!(
        r#"
        [run]
        duration = "{duration}"
        warmup = "{warmup}"
        drain = "0 s"
        interval = "1000 s"
        [[model]]
        name = "m"
        engine.slots = {{ per_replica = {slots}, service.{service} }}
        buffer = {{ max_wait = "365 d", early_refusal = false }}
        limit.law.unlimited = {{}}
        [[org]]
        name = "o"
        [[org.workload]]
        name = "w"
        model = "m"
        prompt_tokens.constant = 100
        output_tokens.constant = 50
        {workload}
        "#
    )
}

/// Throughput and mean wait of `n` machines that run 1/λ each and `c` repairmen (Kleinrock, *Queueing Systems* vol. 1
/// (1975), §3.8): p_k ∝ C(n, k)·a^k, above c times k!/(c!·c^(k−c)), a = λ/μ; wait by Little's law for the whole cycle.
fn machine_repairman(n: u32, c: u32, think_s: f64, service_s: f64) -> (f64, f64) {
    let a = service_s / think_s;
    let mut weights = vec![1.0f64];
    for k in 0..n {
        let up = f64::from(n - k) * a / f64::from((k + 1).min(c));
        weights.push(weights[k as usize] * up);
    }
    let total: f64 = weights.iter().sum();
    let busy: f64 = (0..=n).zip(&weights).map(|(k, w)| f64::from(k.min(c)) * w / total).sum();
    let throughput = busy / service_s;
    (throughput, f64::from(n) / throughput - think_s - service_s)
}

#[test]
fn users_are_the_machine_repairman() {
    // By hand: two machines, one repairman, λ = μ = 1: p = 1/5, 2/5, 2/5, so .8 repairs per time.
    let (throughput, wait) = machine_repairman(2, 1, 1.0, 1.0);
    assert!((throughput - 0.8).abs() < 1e-12 && (wait - 0.5).abs() < 1e-12);
    for (users, slots, think_s, service_s) in [(2, 1, 1.0, 1.0), (20, 1, 10.0, 0.6), (50, 4, 20.0, 2.0)] {
        let text = closed(
            "62000 s",
            "2000 s",
            slots,
            &format!("exponential = {{ mean = \"{service_s} s\" }}"),
            &format!(
                "arrivals.users = {{ users = {users}, think.exponential.mean = \"{think_s} s\" }}\nrtt = \"0 s\""
            ),
        );
        let results = replicate(&text, 40);
        let (throughput, wait_s) = machine_repairman(users, slots, think_s, service_s);
        let what = format!("{users} users on {slots}");
        // Born and served after the warm-up: all but those of the last seconds.
        let per_s = |r: &Results| r.total.account.requests as f64 / 60_000.0;
        Estimate::over(&results, per_s).assert_within(&format!("throughput of {what}"), throughput, 0.02);
        let waited = |r: &Results| r.total.buffer_wait.mean().unwrap().as_secs_f64();
        Estimate::over(&results, waited).assert_within(&format!("wait of {what}"), wait_s, 0.02);
    }
}

#[test]
fn with_a_slot_for_everybody_only_means_matter() {
    // A user's cycle is a renewal: rate n/(Z + S + rtt), whatever the laws (Palm 1947).
    let workload = r#"arrivals.users = { users = 100, think.lognormal = { mean = "8 s", cv = 1.0 } }
        rtt = "500 ms""#;
    let text = closed("20000 s", "1000 s", 100, r#"erlang = { mean = "1.5 s", k = 3 }"#, workload);
    let per_s = |r: &Results| r.total.account.requests as f64 / 19_000.0;
    Estimate::over(&replicate(&text, 30), per_s).assert_within("throughput", 10.0, 0.01);
}

#[test]
fn a_cycle_is_think_round_trip_and_service() {
    let workload = r#"arrivals.users = { users = 1, think.constant = "7 s" }
        rtt = "1 s""#;
    let (results, log) = run_logged(&scenario(&closed("100 s", "0 s", 1, r#"constant = "2 s""#, workload)));
    let sent: Vec<f64> = log.iter().map(|a| a.sent.as_secs_f64()).collect();
    assert_eq!(sent, [7.0, 17.0, 27.0, 37.0, 47.0, 57.0, 67.0, 77.0, 87.0, 97.0]);
    // The last is answered at 100 s sharp; the next would be born at 107 s.
    assert_eq!(results.total.account.succeeded, 10);
    // Traffic stops before what would be born at its end.
    let births =
        |duration: &str| run(&closed(duration, "0 s", 1, r#"constant = "2 s""#, workload)).total.account;
    assert_eq!((births("17 s").requests, births("17001 ms").requests, births("7 s").requests), (1, 2, 0));
}

#[test]
fn who_gives_up_thinks_again() {
    // Nothing is ever served: after three attempts, 1 s apart, and a round trip each.
    let workload = r#"arrivals.users = { users = 1, think.constant = "10 s" }
        client = { max_attempts = 3, retry.fixed.delay = "1 s" }
        rtt = "2 s""#;
    let text = closed("100 s", "0 s", 1, r#"constant = "2 s""#, workload);
    let text = text.replace("[[model]]", "[[model]]\nreplicas = 0");
    let (results, log) = run_logged(&scenario(&text));
    let sent: Vec<f64> = log.iter().map(|a| a.sent.as_secs_f64()).collect();
    assert_eq!(sent[..7], [10.0, 13.0, 16.0, 28.0, 31.0, 34.0, 46.0]);
    assert_eq!((results.total.account.gave_up(), results.total.account.requests), (5, 5));
}

/// Prompt and output of every request that was sent, by number.
fn tokens(log: &[AttemptRecord]) -> BTreeMap<u64, (u32, u32)> {
    log.iter().map(|a| (a.request, (a.prompt, a.output))).collect()
}

#[test]
fn a_session_grows_up_to_its_context_and_begins_anew() {
    let workload = |context: u32| {
        format!(
            r#"arrivals.users = {{ users = 2, think.constant = "7 s", session = {{ turns = 4, context_tokens = {context} }} }}
            max_tokens = 40"#
        )
    };
    let prompts = |context: u32, user: u64| {
        let text = closed("100 s", "0 s", 2, r#"constant = "2 s""#, &workload(context));
        let (_, log) = run_logged(&scenario(&text));
        let mine = tokens(&log).into_iter().filter(|(number, _)| number % 2 == user);
        mine.map(|(_, (prompt, _))| prompt).take(6).collect::<Vec<_>>()
    };
    // Prompts of 100, answers of 50 cut to 40.
    for user in [0, 1] {
        assert_eq!(prompts(10_000, user), [100, 240, 380, 520, 100, 240]);
        assert_eq!(prompts(300, user), [100, 240, 300, 300, 100, 240]);
    }
}

#[test]
fn no_client_moves_a_token_or_a_think_time() {
    let text = |client: &str| {
        let workload = format!(
            r#"arrivals.users = {{ users = 30, think.exponential.mean = "5 s", session.turns = 4 }}
            client = {client}
            [[incident]]
            at = "50 s"
            model = "m"
            error_share = {{ share = 0.5, duration = "100 s" }}"#
        );
        closed("300 s", "0 s", 2, r#"exponential = { mean = "1 s" }"#, &workload)
            .replace("prompt_tokens.constant = 100", "prompt_tokens.lognormal = { mean = 100, cv = 1.0 }")
            .replace("output_tokens.constant = 50", "output_tokens.gamma = { mean = 50, cv = 1.0 }")
    };
    let log = |client: &str| run_logged(&scenario(&text(client))).1;
    let (none, retrying) = (log("\"none\""), log("\"exponential\""));
    let (a, b) = (tokens(&none), tokens(&retrying));
    let both: Vec<u64> = a.keys().filter(|number| b.contains_key(number)).copied().collect();
    assert!(both.len() > 500 && a.len() != b.len(), "{} and {} requests", a.len(), b.len());
    assert!(both.iter().all(|number| a[number] == b[number]));
    // Nor the first think time of anybody.
    let first = |log: &[AttemptRecord]| {
        let mine = log.iter().filter(|a| a.request < 30 && a.attempt == 1);
        mine.map(|a| (a.request, a.sent)).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(first(&none), first(&retrying));
}

/// When a backlog was finished, in s, with what the ledger says of it.
fn finished(text: &str) -> (Option<f64>, u64, u64) {
    let results = run(text);
    let account = results.total.account;
    (results.total.time_to_finish_s(), account.requests, account.succeeded)
}

#[test]
fn a_backlog_is_finished_when_its_last_request_is() {
    let text = |slots: u32, workload: &str| closed("10000 s", "0 s", slots, r#"constant = "2 s""#, workload);
    // One at a time: each takes 2 s and its round trip.
    let one = "arrivals.backlog = { requests = 100, concurrency = 1 }\nrtt = \"100 ms\"";
    assert_eq!(finished(&text(8, one)), (Some(210.0), 100, 100));
    // Eight at a time on eight slots: thirteen rounds of 2.1 s.
    let eight = "arrivals.backlog = { requests = 100, concurrency = 8 }\nrtt = \"100 ms\"";
    assert_eq!(finished(&text(8, eight)), (Some(27.3), 100, 100));
    // The slots bound it too: twenty-five rounds of 2 s, and one round trip.
    let wide = "arrivals.backlog = { requests = 100, concurrency = 50 }\nrtt = \"0 s\"";
    assert_eq!(finished(&text(4, wide)), (Some(50.0), 100, 100));
    let all = "arrivals.backlog = { requests = 100 }\nrtt = \"100 ms\"";
    assert_eq!(finished(&text(4, all)), (Some(50.1), 100, 100));
    // Paced: the last is sent at 99 ÷ 4 s.
    let paced = "arrivals.backlog = { requests = 100, rate = \"4/s\" }\nrtt = \"100 ms\"";
    assert_eq!(finished(&text(50, paced)), (Some(99.0 / 4.0 + 2.1), 100, 100));
    // The same through a client whose requests share something.
    let shared = format!("{one}\nclient = {{ concurrency.fixed = {{ limit = 50 }} }}");
    assert_eq!(finished(&text(8, &shared)), (Some(210.0), 100, 100));
}

#[test]
fn what_is_not_done_is_not_finished() {
    let backlog = r#"arrivals.backlog = { requests = 100, concurrency = 1 }
        rtt = "0 s""#;
    let text = |duration: &str| closed(duration, "0 s", 8, r#"constant = "2 s""#, backlog);
    // 200 s are needed. All are born at the start, and the rest is open.
    let cut = run(&text("100 s"));
    let account = cut.total.account;
    assert_eq!((account.requests, account.succeeded, account.open, account.attempts), (100, 50, 50, 51));
    assert_eq!(cut.total.time_to_finish_s(), None);
    assert_eq!(cut.outcomes.get(0, 0).requests, 100);
    // One that is given up is not done either: its place goes to the next.
    let refused = run(&text("100 s").replace("[[model]]", "[[model]]\nreplicas = 0"));
    assert_eq!((refused.total.account.gave_up(), refused.total.account.attempts), (100, 100));
    assert_eq!(refused.total.time_to_finish_s(), None);
}

#[test]
fn a_deadline_counts_from_the_start() {
    let text = |release: &str| {
        let workload = format!(
            r#"arrivals.backlog = {{ requests = 100, {release} }}
            client = {{ max_attempts = 3, deadline = "21 s" }}
            rtt = "0 s""#
        );
        closed("1000 s", "0 s", 8, r#"constant = "2 s""#, &workload)
    };
    // Ten are done by 20 s; the eleventh is cut at 21 s with all who had not been sent.
    let account = run(&text("concurrency = 1")).total.account;
    assert_eq!((account.succeeded, account.gave_up_deadline, account.attempts), (10, 90, 11));
    assert_eq!(account.client_timeout, 1);
    // At 1/s those of 0 to 19 s are done; that of 20 s is cut, and those from 21 s on are never sent.
    let account = run(&text("rate = \"1/s\"")).total.account;
    assert_eq!((account.succeeded, account.gave_up_deadline, account.attempts), (20, 80, 21));
}

#[test]
fn a_backlog_goes_through_every_lane() {
    let lane = |lane: &str| {
        let workload = format!("arrivals.backlog = {{ requests = 1000, concurrency = 64 }}\n{lane}");
        run(&closed("10000 s", "0 s", 10, r#"constant = "2 s""#, &workload))
    };
    let serverless = lane("").total;
    assert_eq!(serverless.account.succeeded, 1000);
    assert_near("serverless", serverless.time_to_finish_s().unwrap(), 200.0, 0.01);
    let dedicated = lane("lane.dedicated = { replicas = 2, price_per_replica_hour = 5.0 }").total;
    assert_near("dedicated", dedicated.time_to_finish_s().unwrap(), 100.0, 0.01);
    // All at once into files; batch work leaves a tenth of the capacity free, here one slot of ten.
    let batch = lane("lane.batch = { requests_per_file = 300, gather = \"1 min\" }").total;
    assert_eq!((batch.account.succeeded, batch.jobs.submitted, batch.jobs.done), (1000, 4, 4));
    let finish_s = batch.time_to_finish_s().unwrap();
    assert!((1000.0 / 9.0 * 2.0..1000.0 / 9.0 * 2.0 + 61.0).contains(&finish_s), "{finish_s}");
}

#[test]
fn several_backlogs_are_finished_with_the_last_and_replications_on_average() {
    let second = r#"arrivals.backlog = { requests = 10, concurrency = 1 }
        [[org.workload]]
        name = "v"
        model = "m"
        prompt_tokens.constant = 100
        output_tokens.constant = 50
        arrivals.backlog = { requests = 20, concurrency = 1 }
        [[org.workload]]
        name = "open"
        model = "m"
        prompt_tokens.constant = 100
        output_tokens.constant = 50
        arrivals.constant = { rate = "1/min" }"#;
    let text = closed("1000 s", "500 s", 50, r#"exponential = { mean = "2 s" }"#, second)
        .replace("[run]", "[run]\nreplications = 5");
    let results = run(&text);
    let finish = |i: usize| &results.summaries[i].finishes_s;
    // In order of their names: open, v, w. A warm-up takes nothing away.
    assert_eq!([finish(0).len(), finish(1).len(), finish(2).len()], [0, 5, 5]);
    assert_eq!(results.summaries[0].time_to_finish_s(), None);
    let last: Vec<f64> = finish(1).iter().zip(finish(2)).map(|(v, w)| v.unwrap().max(w.unwrap())).collect();
    let mean = last.iter().sum::<f64>() / 5.0;
    assert!((results.total.time_to_finish_s().unwrap() - mean).abs() < 1e-9);
}

#[test]
fn the_estimate_bounds_what_a_closed_loop_does() {
    let of = |replicas: u32, workload: &str| {
        let text =
            closed("2000 s", "0 s", 20, r#"constant = "2 s""#, &format!("{workload}\nrtt = \"100 ms\""));
        let scenario = scenario(&text.replace("[[model]]", &format!("[[model]]\nreplicas = {replicas}")));
        let estimate = ratetide::scenario::estimate::Estimate::of(&scenario);
        (estimate, ratetide::replications::run_all(&scenario, &(), None))
    };
    let users = r#"arrivals.users = { users = 20, think.exponential = { mean = "5 s" } }"#;
    for replicas in [0, 1] {
        let (estimate, results) = of(replicas, users);
        assert!(results.events as f64 <= 1.05 * estimate.events, "{} of {estimate:?}", results.events);
        // Served at once it is as told: 20 users, 7.1 s each.
        let requests = results.total.account.requests as f64;
        assert!(
            replicas == 0 || (requests / estimate.requests - 1.0).abs() < 0.02,
            "{requests} of {estimate:?}"
        );
    }
    let (estimate, results) = of(1, "arrivals.backlog = { requests = 500, concurrency = 7 }");
    assert_eq!((estimate.requests, results.total.account.requests), (500.0, 500));
    assert!(results.events as f64 <= 1.05 * estimate.events + 1.0, "{} of {estimate:?}", results.events);
}
