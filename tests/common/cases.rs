//! How many random cases a test looks at, and how one of them is looked at again.

use rayon::prelude::*;
use std::env;

/// The numbers of the cases: `RATETIDE_SEED` alone, or as many as `RATETIDE_SCENARIOS` says, or so many.
pub fn cases(usual: u64) -> Vec<u64> {
    let number = |name: &str| {
        let text = env::var(name).ok()?;
        Some(text.parse::<u64>().unwrap_or_else(|e| panic!("{name}={text}: {e}")))
    };
    match number("RATETIDE_SEED") {
        Some(one) => vec![one],
        None => (0..number("RATETIDE_SCENARIOS").unwrap_or(usual)).collect(),
    }
}

/// Whether there are as many cases as usual, or more, so that what happens often must have happened.
pub fn are_many(cases: &[u64], usual: u64) -> bool {
    cases.len() as u64 >= usual
}

/// What `look` finds in each case, in order of the cases, on every core. A case that fails prints the one line
/// that looks at it again.
pub fn each<T: Send>(target: &str, test: &str, cases: &[u64], look: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let one = |&case: &u64| {
        let _told = Replay { target, test, case };
        look(case)
    };
    cases.par_iter().map(one).collect()
}

/// Says how to come back, when a panic passes.
struct Replay<'a> {
    target: &'a str,
    test: &'a str,
    case: u64,
}

impl Drop for Replay<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Replay { target, test, case } = self;
            eprintln!("again: RATETIDE_SEED={case} cargo test --locked --test {target} -- --exact {test}");
        }
    }
}
