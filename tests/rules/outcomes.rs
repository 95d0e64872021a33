//! S7, S8, S12: what becomes of an attempt, and what its answer says.

use super::common::run::{run, run_logged, scenario};
use super::*;
use ratetide::reply::{Outcome, Told};

/// S7: thirty requests at once, on five slots of a second: the buffer takes what the slots cannot, whatever
/// the rate says.
#[test]
fn s7_the_buffer_absorbs_a_burst_before_any_limiting() {
    let burst = |buffer: &str| {
        run(&scenario_text(
            "duration = \"1 min\"",
            &[
                model("m", 1, 5, "1 s", buffer),
                org("x"),
                workload("m", r#"arrivals.batch = { size = 30, every = "1 h" }"#),
            ],
        ))
    };
    let absorbed = burst("");
    assert_eq!(absorbed.total.account.ok_200, 30);
    assert_eq!(red_attempts(&absorbed, 0), 25, "all but five seconds of the base rate are above it");
    let waited_s = absorbed.total.buffer_wait.mean().unwrap().as_secs_f64();
    assert!((waited_s - 2.5).abs() < 1e-9, "{waited_s}");

    let unbuffered = burst(r#"buffer.max_wait = "0 s""#).total.account;
    assert_eq!((unbuffered.ok_200, unbuffered.limited_429_request), (5, 25), "it was the buffer's doing");
}

/// S7: far above the dynamic rate for an hour, and every request succeeds, for there is room.
#[test]
fn s7_above_the_rate_succeeds_where_there_is_capacity() {
    let results = run(&scenario_text(
        "duration = \"1 h\"",
        &[
            model("m", 1, 100, "1 s", ""),
            org("x"),
            workload("m", r#"arrivals.poisson = { rate = "1200/min" }"#),
        ],
    ));
    let account = results.total.account;
    assert_eq!(account.ok_200, account.attempts, "{account:?}");
    assert!(red_attempts(&results, 0) > account.attempts / 2, "most of it is above the rate");
}

/// S8: whatever fails is a 503 at or below the rate, and a 429 of the binding limit above it.
#[test]
fn s8_failures_are_attributed() {
    // One request a second is all the model can do; the orgs, who never retry, ask for six times that.
    let text = scenario_text(
        "duration = \"1 h\"",
        &[
            model("m", 1, 1, "1 s", ""),
            org("large"),
            sized_workload("m", 20_000, 10_000, r#"arrivals.poisson = { rate = "40/min" }"#),
            org("modest"),
            workload("m", r#"arrivals.constant = { rate = "19/min" }"#),
            org("small"),
            sized_workload("m", 1, 1, r#"arrivals.poisson = { rate = "300/min" }"#),
        ],
    );
    let (results, log) = run_logged(&scenario(&text));
    for attempt in &log {
        let outcome = answer(attempt).expect("nobody is impatient").outcome;
        let green = attempt.green.expect("every attempt arrives");
        match outcome {
            Outcome::Ok => {}
            Outcome::Unavailable => assert!(green, "a 503 above the rate: {attempt:?}"),
            Outcome::LimitedRequest | Outcome::LimitedToken => assert!(!green, "a 429 below it: {attempt:?}"),
        }
    }
    let [large, modest, small] = [0, 1, 2].map(|workload: usize| results.summaries[workload].account);
    assert!(modest.unavailable_503 > 100, "{modest:?}");
    assert_eq!((modest.limited_429_request, modest.limited_429_token), (0, 0), "always within its rate");
    assert!(large.limited_429_token > 1000 && large.limited_429_request == 0, "tokens bind: {large:?}");
    assert!(small.limited_429_request > 10_000 && small.limited_429_token == 0, "requests bind: {small:?}");
}

/// S8: what a lost replica was serving fails by the colour it came with.
#[test]
fn s8_work_lost_with_its_replica_is_attributed() {
    let text = scenario_text(
        "duration = \"1 min\"",
        &[
            model("m", 1, 50, "20 s", ""),
            org("x"),
            workload("m", r#"arrivals.batch = { size = 50, every = "1 h" }"#),
            "[[incident]]\nat = \"10 s\"\nlose_replicas.count = 1\n".into(),
        ],
    );
    let account = run(&text).total.account;
    assert_eq!((account.ok_200, account.unavailable_503, account.limited_429_request), (0, 5, 45));
}

/// A minute in which everything happens: 200s, 503s and both kinds of 429.
fn eventful(limit: &str) -> Vec<AttemptRecord> {
    let text = scenario_text(
        "duration = \"5 min\"",
        &[
            model("m", 1, 1, "1 s", limit),
            org("large"),
            sized_workload("m", 20_000, 10_000, r#"arrivals.poisson = { rate = "40/min" }"#),
            org("small"),
            workload("m", r#"arrivals.poisson = { rate = "300/min" }"#),
        ],
    );
    let (_, log) = run_logged(&scenario(&text));
    for status in [200, 429, 503] {
        assert!(log.iter().any(|a| answer(a).unwrap().outcome.status() == status), "no {status}");
    }
    log
}

/// Whether the answer of an outcome carries the header.
type Carries = fn(Outcome) -> bool;

/// S12: the header stands on exactly the responses its mode says, in whole seconds from 1 to 60 on errors.
#[test]
fn s12_headers_stand_where_their_mode_says() {
    let carried: [(&str, Carries); 3] = [
        ("all", |_| true),
        ("errors", |outcome| outcome.status() != 200),
        ("only_429", |outcome| outcome.status() == 429),
    ];
    for reset in ["reserved", "gcra", "model"] {
        for (headers, carries) in carried {
            let limit = format!("limit.headers = \"{headers}\"\nlimit.reset = \"{reset}\"");
            for attempt in eventful(&limit) {
                let Reply { outcome, reset: told, retry_after } = answer(&attempt).unwrap();
                let (reset_s, retry_after_s) = (told.map(Told::get), retry_after.map(Told::get));
                assert_eq!(reset_s.is_some(), carries(outcome), "{headers}, {outcome:?}");
                assert_eq!(retry_after_s, None, "`Retry-After` is off");
                let least = u32::from(outcome.status() != 200);
                assert!(reset_s.is_none_or(|s| (least..=60).contains(&s)), "{reset}: {reset_s:?} s");
            }
        }
    }
}

/// S12: `Retry-After`, where asked for, tells an error's seconds beside the header.
#[test]
fn s12_retry_after_stands_on_errors_if_asked_for() {
    for attempt in eventful("limit.retry_after = true") {
        let Reply { outcome, reset, retry_after } = answer(&attempt).unwrap();
        let (reset_s, retry_after_s) = (reset.map(Told::get), retry_after.map(Told::get));
        let expected = if outcome.status() == 200 { None } else { reset_s };
        assert_eq!(retry_after_s, expected, "{outcome:?}");
    }
}

/// S12: the seconds told on a 429 are the seconds to wait: a client that waits them is within its rate.
#[test]
fn s12_who_waits_the_told_seconds_conforms() {
    for reset in ["reserved", "gcra"] {
        let text = scenario_text(
            "duration = \"1 min\"",
            &[
                model(
                    "m",
                    1,
                    1,
                    "10 ms",
                    &format!("limit.enforcement = \"strict\"\nlimit.reset = \"{reset}\""),
                ),
                org("x"),
                // The burst of five seconds passes; the other 55 are refused and told when to come back.
                workload(
                    "m",
                    r#"arrivals.batch = { size = 60, every = "1 h" }
                    client.max_attempts = 1000
                    client.honor = "reset""#,
                ),
            ],
        );
        let (results, log) = run_logged(&scenario(&text));
        let account = results.total.account;
        assert_eq!(account.succeeded, 60, "{reset}");
        let conforming = log.iter().filter(|a| a.attempt == 2 && a.green == Some(true)).count();
        let attempts = account.attempts;
        if reset == "reserved" {
            // Each has a slot of its own: one refusal, one success.
            assert_eq!((conforming, attempts), (55, 5 + 2 * 55));
        } else {
            // All are told the same second and come back as a herd, of which the first conforms.
            assert!(conforming == 1 && attempts > 1000, "{conforming} of {attempts}");
        }
    }
}

/// S12: on a 503 the value is the model's suggested retry interval, its backlog over its rate.
#[test]
fn s12_a_503_tells_the_backlog() {
    let log = eventful("");
    let told: Vec<u32> = log
        .iter()
        .filter_map(answer)
        .filter(|reply| reply.outcome == Outcome::Unavailable)
        .map(|reply| reply.reset.map(Told::get).expect("all responses carry it"))
        .collect();
    // Refused because ten seconds of green work are ahead; red work behind it counts as well.
    assert!(told.iter().all(|&s| s >= 9), "{told:?}");
}
