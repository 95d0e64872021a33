//! Sentences of `docs/model.md` that nothing else holds, each on numbers small enough to check by hand.

mod common;

use common::run::{run, run_logged, scenario};
use ratetide::engine::simulate;
use ratetide::metrics::metric;
use ratetide::metrics::observer::Ended;
use ratetide::metrics::recorder::Recorder;
use ratetide::platform::autoscaler::{Autoscaler, Decision, Scaler as _, Seen};
use ratetide::replications::{Results, layout};
use ratetide::reply::Told;
use ratetide::units::{SimTime, Span};

const ONE: &str = "arrivals.batch = { size = 1, every = \"1 d\" }";

/// One org without limits, whose requests of 100 + 100 tokens meet one slot without a round trip, unless said
/// otherwise.
fn text(run: &str, model: &str, workload: &str) -> String {
    let rtt = if workload.contains("rtt") { "" } else { "rtt = \"0 s\"" };
    let limit = if model.contains("limit") { "" } else { "limit.law.unlimited = {}" };
    format!(
        "[run]\n{run}\n[[model]]\nname = \"m\"\n{limit}\n{model}\n[[org]]\nname = \"o\"\n[[org.workload]]\n\
         name = \"w\"\nmodel = \"m\"\nprompt_tokens.constant = 100\noutput_tokens.constant = 100\n{rtt}\n{workload}"
    )
}

fn slots(count: u32, service: &str) -> String {
    format!("engine.slots = {{ per_replica = {count}, service.constant = \"{service}\" }}\n")
}

fn value(results: &Results, name: &str) -> Option<f64> {
    (metric::find(name).expect("a metric").value)(&results.summaries[0])
}

#[test]
fn an_answer_exactly_in_time_counts() {
    let outcome = |service: &str, limit: &str| {
        let workload = format!("{ONE}\nrtt = \"2 s\"\nclient.{limit} = \"5 s\"");
        let account = run(&text("duration = \"1 min\"", &slots(1, service), &workload)).total.account;
        (account.ok_200, account.client_timeout)
    };
    for limit in ["timeout", "deadline"] {
        assert_eq!(outcome("3 s", limit), (1, 0), "{limit}");
        assert_eq!(outcome("3000000001 ns", limit), (0, 1), "{limit}");
    }
}

#[test]
fn retries_that_let_no_time_pass_are_refused() {
    let refused = |rtt: &str, retry: &str| {
        let client = format!("client = {{ max_attempts = \"unlimited\", retry.{retry} }}");
        let text = text("duration = \"1 s\"", &slots(1, "1 s"), &format!("{ONE}\nrtt = \"{rtt}\"\n{client}"));
        ratetide::scenario::reading::read(
            "t.toml",
            text.as_bytes(),
            &[],
            &mut |_: &str| Err(String::new()),
            1e12,
        )
        .is_err()
    };
    assert!(refused("0 s", "immediate = {}") && refused("0 s", "fixed = { delay = \"0 s\" }"));
    assert!(!refused("2 ns", "immediate = {}") && !refused("0 s", "fixed = { delay = \"1 ns\" }"));
    // A pacing that is off until something is limited takes no time either.
    assert!(refused("0 s", "immediate = {}, pacing.cubic = {}"));
    assert!(!refused("0 s", "immediate = {}, pacing.paced.rate = \"1/s\""));
}

/// Users who do not think would be rejected by their own client, and back, without end at one instant.
#[test]
fn users_whose_client_rejects_at_once_must_think() {
    let refused = |think: &str, more: &str| {
        let workload = format!(
            "{}\nrtt = \"50 ms\"\nclient = {{ breaker.error_window = {{}}{more} }}",
            ONE.replace(
                "arrivals.batch = { size = 1, every = \"1 d\" }",
                &format!("arrivals.users = {{ users = 2, think.constant = \"{think}\" }}")
            )
        );
        assert!(workload.contains("arrivals.users"), "{workload}");
        let text = text("duration = \"1 s\"", &slots(1, "1 s"), &workload);
        ratetide::scenario::reading::read(
            "t.toml",
            text.as_bytes(),
            &[],
            &mut |_: &str| Err(String::new()),
            1e12,
        )
        .is_err()
    };
    assert!(refused("0 s", "") && refused("0 s", ", max_attempts = 3"));
    assert!(!refused("1 s", "") && !refused("0 s", ", max_attempts = 3, retry.fixed.delay = \"1 s\""));
}

#[test]
fn the_end_of_the_run_belongs_to_it() {
    let outcome = |service: &str| {
        let account =
            run(&text("duration = \"1 s\"\ndrain = \"4 s\"", &slots(1, service), ONE)).total.account;
        (account.ok_200, account.in_flight, account.open)
    };
    assert_eq!(outcome("5 s"), (1, 0, 0));
    assert_eq!(outcome("5000000001 ns"), (0, 1, 1));
}

#[test]
fn a_withdrawn_attempt_costs_its_prompt_and_the_output_it_made() {
    let wasted = |more: &str| {
        let model = format!("price = {{ prompt = 1.0, output = 2.0 }}\n{}{more}", slots(1, "8 s"));
        let workload = "arrivals.batch = { size = 2, every = \"1 d\" }\nclient.timeout = \"3 s\"";
        let results = run(&text("duration = \"1 min\"", &model, workload));
        let cost_usd = value(&results, "cost_usd").unwrap();
        assert_eq!(Some(cost_usd), value(&results, "wasted_cost_usd"), "nothing succeeds");
        (value(&results, "wasted_tokens").unwrap(), cost_usd * 1e6)
    };
    // Three eighths of 100 tokens, the part left out; what waited had consumed nothing. When the first leaves
    // its slot the second takes it, at the instant of its own timeout, and has made nothing yet.
    assert_eq!(wasted(""), (100.0 + 37.0 + 100.0, 100.0 + 2.0 * 37.0 + 100.0));
    // In vain: both are served whole.
    assert_eq!(wasted("on_disconnect = \"serve\"\n"), (400.0, 600.0));
}

#[test]
fn levels_are_time_averages_over_each_bin() {
    let run_keys = "duration = \"3 s\"\ndrain = \"4 s\"\ninterval = \"2 s\"";
    let two = "arrivals.batch = { size = 2, every = \"1 d\" }";
    let results = run(&text(run_keys, &slots(2, "3 s").replace("= 2,", "= 1,"), two));
    let of = |level: usize| -> Vec<f64> {
        (0..results.capacity.len()).map(|bin| results.capacity.get(bin, 0).integrals[level] / 1e9).collect()
    };
    // One in service for 6 s of 7, one waiting for 3 s; the last bin is a second long.
    assert_eq!((of(0), of(1)), (vec![2.0, 2.0, 2.0, 0.0], vec![2.0, 2.0, 2.0, 0.0]));
    assert_eq!(of(2), [2.0, 1.0, 0.0, 0.0]);
}

#[test]
fn a_dead_model_refuses_at_once_by_colour_and_tells_a_minute() {
    let model = format!("replicas = 0\nlimit.reset = \"gcra\"\n{}", slots(1, "1 s"));
    let (_, log) = run_logged(&scenario(&text(
        "duration = \"1 s\"",
        &model,
        "arrivals.batch = { size = 7, every = \"1 d\" }\nrtt = \"2 s\"",
    )));
    let answers: Vec<(u16, Option<u32>)> = log
        .iter()
        .map(|a| match a.ended {
            Ended::Answered(reply) if a.at - a.sent == Span::from_s(2) => {
                (reply.outcome.status(), reply.reset.map(Told::get))
            }
            other => panic!("{other:?} after {:?}", a.at - a.sent),
        })
        .collect();
    // The burst is five requests; who is above the base hears 429 from a model that could serve nobody.
    assert_eq!(answers, [vec![(503, Some(60)); 5], vec![(429, Some(60)); 2]].concat());
}

#[test]
fn a_starting_replica_is_waited_for() {
    let outcome = |max_wait: &str| {
        let model = format!(
            "replicas = 0\nbuffer.max_wait = \"{max_wait}\"\n{}autoscaler.predictive = \
             {{ min = 0, max = 1, interval = \"1 s\", cold_start.constant = \"3 s\" }}",
            slots(1, "1 s")
        );
        let results = run(&text("duration = \"1 s\"", &model, ONE));
        (results.total.account.ok_200, value(&results, "buffer_wait_mean_s"))
    };
    // Seen after a second, ready three seconds later, at the last instant.
    assert_eq!(outcome("4 s"), (1, Some(4.0)));
    assert_eq!(outcome("3999999999 ns"), (0, None));
}

#[test]
fn lost_replicas_come_back_on_top_of_their_substitutes() {
    let model = format!(
        "replicas = 2\n{}autoscaler.predictive = {{ min = 2, max = 2, cold_start.constant = \"5 s\" }}\n\
         [[incident]]\nat = \"31 s\"\nlose_replicas = {{ count = 2, duration = \"94 s\" }}\n",
        slots(1, "1 s")
    );
    let results = run(&text("duration = \"3 min\"\ninterval = \"1 s\"", &model, ONE));
    let replicas = [31, 32, 41, 46, 126, 131].map(|bin| results.capacity.get(bin, 0).replicas);
    // Lost; missed at the next look; replaced; two too many; given up at the next look again.
    assert_eq!(replicas, [[2, 0, 0], [0, 0, 0], [0, 2, 0], [2, 0, 0], [4, 0, 0], [2, 0, 0]]);
}

#[test]
fn the_sum_of_the_rates_may_exceed_what_the_model_can_do() {
    let org = |name: &str| {
        format!(
            "[[org]]\nname = \"{name}\"\n[[org.workload]]\nname = \"w\"\nmodel = \"m\"\nrtt = \"0 s\"\n\
             prompt_tokens.constant = 1\noutput_tokens.constant = 1\narrivals.constant = {{ rate = \"60/min\" }}\n"
        )
    };
    let strict = format!(
        "[run]\nduration = \"1 h\"\n[[model]]\nname = \"m\"\n{}limit.enforcement = \"strict\"\n\
         limit.law.fixed = {{ requests = \"60/min\" }}\n",
        slots(1, "1 s")
    );
    let account = run(&(strict + &["a", "b", "c"].map(org).concat())).total.account;
    // Three orgs, each within its rate, and room for one: the limiter lets all of them through.
    assert_eq!(account.limited_429_request + account.limited_429_token, 0);
    assert!(account.unavailable_503 > 7000, "{account:?}");
}

#[test]
fn rates_are_those_before_anything_happens_at_that_instant() {
    let law = "limit.law.success_window = { window = \"1 min\", multiplier = 60, \
               base = { requests = \"1/min\", tokens = \"unlimited\" } }\n";
    let model = format!("{law}{}", slots(1, "10 s"));
    let run_keys = "duration = \"20 s\"\nwarmup = \"10 s\"\ninterval = \"10 s\"";
    let results = run(&text(run_keys, &model, ONE));
    let rpm = |bin: usize| results.rates.get(bin, 0).dynamic.requests * 60.0;
    // The success of 10 s shows from the next bin on: 60 times one a minute.
    assert_eq!([rpm(0), rpm(1), rpm(2)], [1.0, 1.0, 60.0]);
    assert_eq!(value(&results, "dynamic_rate_start_rpm"), Some(1.0));
    assert_eq!(value(&results, "dynamic_rate_end_rpm"), Some(60.0));
    assert_eq!(value(&results, "dynamic_tokens_end_tpm"), None, "unlimited is empty");
}

#[test]
fn the_first_token_comes_after_prefill_and_the_round_trip() {
    let model = "engine.slots = { per_replica = 1, service.tokens = \
                 { prefill = \"1 s\", per_prompt_token = \"10 ms\", per_output_token = \"10 ms\" } }\n";
    let workload = format!("{ONE}\nrtt = \"1 s\"");
    let first_token_s = |more: &str| {
        let (_, log) =
            run_logged(&scenario(&text("duration = \"1 min\"", &format!("{model}{more}"), &workload)));
        log[0].first_token.expect("it was served").as_secs_f64()
    };
    assert_eq!(first_token_s(""), 3.0);
    let twice = "[[incident]]\nat = \"0 s\"\nslowdown = { factor = 2 }\n";
    assert_eq!(first_token_s(twice), 5.0);
}

#[test]
fn replications_are_summed_and_bin_quantiles_averaged() {
    let run_keys = "duration = \"5 min\"\ninterval = \"1 min\"\nreplications = 3";
    let model = "engine.slots = { per_replica = 2, service.exponential = { mean = \"1 s\" } }\n";
    let scenario = scenario(&text(run_keys, model, "arrivals.poisson = { rate = \"1/s\" }"));
    let results = ratetide::replications::run_all(&scenario, &(), None);
    let single = |number| {
        let mut recorder = Recorder::new(layout(&scenario), None);
        let run = simulate(&scenario, number, &mut recorder, &mut |_| true);
        recorder.finish(run.end);
        recorder
    };
    let singles = [0, 1, 2].map(single);
    for bin in 0..results.outcomes.len() {
        let merged = results.outcomes.get(bin, 0);
        let of = |f: fn(&ratetide::metrics::series::OutcomeBin) -> u128| {
            singles.iter().map(|s| f(s.outcomes.get(bin, 0))).sum::<u128>()
        };
        assert_eq!(u128::from(merged.ok_200), of(|b| u128::from(b.ok_200)));
        // Divided by the replications that have a success there.
        assert_eq!(merged.time_to_success_ns[0], of(|b| b.time_to_success_ns[0]));
        assert_eq!(u128::from(merged.quantiled), of(|b| u128::from(b.ok_200 > 0)));
    }
    let mut whole = singles[0].summaries[0].time_to_success.clone();
    singles[1..].iter().for_each(|s| whole.merge(&s.summaries[0].time_to_success));
    assert_eq!(results.summaries[0].time_to_success, whole);
    let requests = results.summaries[0].account.requests as f64;
    assert_eq!(value(&results, "requests"), Some(requests / 3.0));
    assert_ne!(singles[0].outcomes.get(0, 0), singles[1].outcomes.get(0, 0), "each has its own dice");
}

/// A predictive autoscaler that looks every 10 s, so many looks ahead.
fn predictive(looks_ahead: u32, z: &str) -> Autoscaler {
    let horizon = 10 * looks_ahead;
    let model = format!(
        "autoscaler.predictive = {{ min = 0, max = 100, horizon = \"{horizon} s\", z = {z} }}\n{}",
        slots(1, "1 s")
    );
    scenario(&text("duration = \"1 s\"", &model, ONE)).models[0].autoscaler.clone()
}

/// The decision at `s` after so many arrivals since the last look; one replica completes four a second.
fn look(autoscaler: &mut Autoscaler, s: u64, arrived: u64, current: u32) -> Decision {
    let seen = Seen { arrived, in_flight: 0, current, per_replica_rps: 4.0 };
    autoscaler.look(SimTime::from_s(s), &seen)
}

#[test]
fn holts_method_by_hand() {
    let ahead = |looks_ahead: u32, rates: &[u64]| {
        let mut autoscaler = predictive(looks_ahead, "1.0");
        for (i, &rate) in (1..).zip(rates) {
            look(&mut autoscaler, 10 * i, 10 * rate, 1);
        }
        autoscaler.forecast().expect("it forecasts")
    };
    assert_eq!(ahead(7, &[10]), 10.0, "the first sets the level");
    // Level .3·20 + .7·10, trend .1·3.
    assert!((ahead(2, &[10, 20]) - 13.6).abs() < 1e-12);
    // Expected 13.3: level .3·20 + .7·13.3 = 15.31, trend .1·2.31 + .9·.3 = .501.
    assert!((ahead(10, &[10, 20, 20]) - 20.32).abs() < 1e-12);
}

#[test]
fn wanted_replicas_by_hand() {
    let mut autoscaler = predictive(10, "1.0");
    // 10/s: 1.2·10 ÷ (4·.7) = 4.3.
    assert_eq!(look(&mut autoscaler, 10, 100, 1), Decision::Grow(4));
    // Level 7, trend −.3, σ 1: (7 − 3 + 1)·1.2 ÷ 2.8 = 2.1, but scale-in is held back for a minute.
    assert_eq!(look(&mut autoscaler, 20, 0, 5), Decision::Keep);
    // Level 4.69, trend −.501, σ 1.57: 1.57·1.2 ÷ 2.8 = .7.
    assert_eq!(look(&mut autoscaler, 70, 0, 5), Decision::Shrink(4));
    // Level 11.93, trend .273, σ 3.99: 18.66·1.2 ÷ 2.8 = 8.0. The cooldown never holds back growth.
    assert_eq!(look(&mut autoscaler, 80, 300, 1), Decision::Grow(7));
}

#[test]
fn any_arrival_wants_a_replica() {
    let mut autoscaler = predictive(10, "0.0");
    look(&mut autoscaler, 10, 100, 5);
    look(&mut autoscaler, 20, 0, 5);
    // Level 4.72, trend −.498: ten looks ahead there is nothing, and yet somebody came.
    assert_eq!(look(&mut autoscaler, 30, 1, 0), Decision::Grow(1));
    assert_eq!(look(&mut autoscaler, 40, 0, 0), Decision::Keep);
}
