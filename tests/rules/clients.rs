//! S11, S13, S14: how to send.

use super::common::run::{replicate, run, run_logged, scenario};
use super::*;
use ratetide::client::{Memory, presets};
use ratetide::reply::{Outcome, Told};
use ratetide::rng::Key;
use ratetide::units::SimTime;

/// S11: sixty requests of two seconds on two slots, one a second or all within one.
#[test]
fn s11_paced_requests_do_better_than_a_burst() {
    let sixty = |per_s: u32| {
        let results = run(&scenario_text(
            &format!("duration = \"{} s\"", 60 / per_s),
            &[
                model("m", 1, 2, "2 s", ""),
                org("x"),
                workload("m", &format!("arrivals.constant = {{ rate = \"{per_s}/s\" }}")),
            ],
        ));
        assert_eq!(results.total.account.requests, 60);
        results.total
    };
    let (paced, burst) = (sixty(1), sixty(60));
    assert_eq!(paced.account.succeeded, 60);
    assert!(burst.account.succeeded < 20, "{:?}", burst.account);
    assert!(paced.time_to_success.mean() < burst.time_to_success.mean(), "and those that do take longer");
}

/// S13: three hundred requests within ten seconds, under three ways of retrying.
#[test]
fn s13_backoff_with_jitter_finishes_more() {
    let succeeded = |client: &str| {
        let text = scenario_text(
            "duration = \"10 s\"\ndrain = \"30 min\"",
            &[
                model("m", 1, 10, "2 s", ""),
                org("x"),
                workload("m", &format!("arrivals.poisson = {{ rate = \"30/s\" }}\nclient = \"{client}\"")),
            ],
        );
        let accounts: Vec<_> = replicate(&text, 20).iter().map(|r| r.total.account).collect();
        assert!(accounts.iter().all(|account| account.open == 0), "everything has come to its end");
        accounts.iter().map(|account| account.succeeded).collect::<Vec<_>>()
    };
    let [none, immediate, exponential] = ["none", "immediate", "exponential"].map(succeeded);
    println!("none {none:?}\nimmediate {immediate:?}\nexponential {exponential:?}");
    for ((none, immediate), exponential) in none.iter().zip(&immediate).zip(&exponential) {
        assert!(exponential > immediate && exponential > none, "{none}, {immediate}, {exponential}");
    }
}

/// S14: two platforms with nothing in common but their answers. A dead one refuses everything at once; the
/// other is alive, has another law, other neighbours and another fleet, and is full for the whole hour. With
/// headers on 429s only their 503s read the same, and so every client sends at the same instants.
#[test]
fn s14_a_client_sees_only_its_answers() {
    for client in presets::PRESETS {
        let sent = |platform: &str, neighbours: &[String]| {
            let client = format!("arrivals.poisson = {{ rate = \"30/min\" }}\nclient = \"{}\"", client.name);
            let mut parts = vec![platform.to_owned(), org("x"), workload("m", &client)];
            parts.extend_from_slice(neighbours);
            let (_, log) = run_logged(&scenario(&scenario_text("duration = \"1 h\"", &parts)));
            let mine = log.iter().filter(|a| a.workload == 0);
            let mut seen: Vec<_> =
                mine.map(|a| (a.request, a.attempt, a.sent, a.at, answer(a).expect("an answer"))).collect();
            seen.sort_by_key(|&(request, attempt, ..)| (request, attempt));
            seen
        };
        let dead =
            sent(&model("m", 0, 1, "1 s", "limit.headers = \"only_429\"\nlimit.law.unlimited = {}"), &[]);
        let full = sent(
            &model(
                "m",
                3,
                7,
                "9 h",
                r#"buffer.max_wait = "0 s"
                limit.headers = "only_429"
                limit.law.fixed = { requests = "6000/min" }"#,
            ),
            &[org("z-hog"), workload("m", "arrivals.batch = { size = 21, every = \"1 d\" }\nrtt = \"0 s\"")],
        );
        // A client that guards itself soon stops asking; the others ask at least once per request.
        let guarded = client.client.breaker.is_some() || client.client.throttle.is_some();
        assert!(dead.len() > if guarded { 20 } else { 1000 }, "{}: {}", client.name, dead.len());
        assert!(dead.iter().all(|(.., reply)| reply.outcome == Outcome::Unavailable));
        assert_eq!(dead, full, "{}", client.name);
    }
}

/// S14: the move after a failure is a function of the answers, the clock and the client's own dice.
#[test]
fn s14_equal_answers_make_equal_moves() {
    let key = Key::new(14, 0);
    for preset in presets::PRESETS {
        let moves = |answers: &[Option<Reply>]| {
            let (born, mut memory) = (SimTime::from_s(3), Memory::default());
            let after = |(i, reply): (u64, &Option<Reply>)| {
                memory.attempts += 1;
                let now = SimTime::from_s(4 + 100 * i);
                preset.client.after_failure(now, born, reply.as_ref(), &mut memory, |n| key.uniform(i, n))
            };
            (0..).zip(answers).map(after).collect::<Vec<_>>()
        };
        let refused = |outcome, s| Some(Reply { outcome, reset: Some(Told::new(s)), retry_after: None });
        let answers = [refused(Outcome::LimitedRequest, 3), None, refused(Outcome::Unavailable, 9)];
        // Two clients of the same make, told the same, side by side.
        assert_eq!(moves(&answers), moves(&answers.map(|answer| answer)), "{}", preset.name);
    }
}
