//! ratetide, with `bare` no observer, with `observed` all statistics and series.

#![forbid(unsafe_code)]

use peers::Counts;
use ratetide::engine::simulate;
use ratetide::metrics::recorder::Recorder;
use ratetide::replications::layout;
use ratetide::scenario::Scenario;
use ratetide::scenario::reading::read;
use std::hint::black_box;

/// The wait of 8 s at 8 requests a second is the queue of 64: what is expected to wait longer is refused.
fn scenario(duration_s: u64) -> Scenario {
    let text = format!(
        r#"
        run = {{ seed = 1, duration = "{duration_s} s", drain = "0 s", interval = "{} s" }}
        [[model]]
        name = "m"
        engine.slots = {{ per_replica = 8, service.exponential = {{ mean = "1 s" }} }}
        buffer = {{ max_wait = "8 s" }}
        limit = {{ enforcement = "strict", burst = "5 s", law.fixed = {{ requests = "7.2/s" }} }}
        [[org]]
        name = "o"
        [[org.workload]]
        name = "w"
        model = "m"
        rtt = "0 s"
        arrivals.poisson = {{ rate = "8.8/s" }}
        prompt_tokens.constant = 100
        output_tokens.constant = 100
        client = {{ max_attempts = 4, retry.exponential = {{ base = "1 s", cap = "60 s", jitter = "full" }} }}
        "#,
        (duration_s / 1000).max(1)
    );
    let no_trace = &mut |_: &str| Err("no trace".to_owned());
    match read("peers", text.as_bytes(), &[], no_trace, 1e12) {
        Ok((scenario, _)) => scenario,
        Err(problems) => panic!("{}", problems.render(false)),
    }
}

fn main() {
    let (duration_s, words) = peers::arguments();
    let scenario = scenario(duration_s);
    let run = match words.first().map(String::as_str) {
        Some("bare") => simulate(&scenario, 0, &mut (), &mut |_| true),
        Some("observed") => {
            let mut recorder = Recorder::new(layout(&scenario), None);
            let run = simulate(&scenario, 0, &mut recorder, &mut |_| true);
            recorder.finish(run.end);
            black_box(&recorder.summaries);
            run
        }
        _ => panic!("after the seconds: bare or observed"),
    };
    let account = run.ledger.whole[0];
    let counts = Counts {
        requests: account.requests,
        attempts: account.attempts,
        refused_429: account.limited_429_request,
        refused_503: account.unavailable_503,
        served: account.ok_200,
        gave_up: account.gave_up(),
    };
    println!("{counts}");
}
