//! One run of a scenario of `benches/scenarios`, with all statistics and series on: what `benches/count` counts the
//! instructions of.

#![allow(missing_docs)]

use ratetide::engine::simulate;
use ratetide::metrics::recorder::Recorder;
use ratetide::replications::layout;
use ratetide::scenario::reading::read;

fn main() {
    // `cargo bench` adds a flag of its own.
    let Some(path) = std::env::args().skip(1).find(|argument| !argument.starts_with('-')) else {
        return println!("counts: name a scenario, as benches/count does");
    };
    let text = std::fs::read(&path).expect("the scenario can be read");
    let no_trace = &mut |_: &str| Err("no trace".to_owned());
    let (scenario, _) = read(&path, &text, &[], no_trace, 1e12).expect("a valid scenario");
    let mut recorder = Recorder::new(layout(&scenario), None);
    let run = simulate(&scenario, 0, &mut recorder, &mut |_| true);
    recorder.finish(run.end);
    println!("{}", run.ledger.whole.iter().map(|account| account.requests).sum::<u64>());
}
