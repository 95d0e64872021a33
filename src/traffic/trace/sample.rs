//! For tests: the trace the project ships, `scenarios/traces/conversations.csv`, and how it is made.
//!
//! It is invented: an hour of a chat service in the morning, in the Azure dialect, with no row taken from any
//! recorded trace. `RATETIDE_REMAKE=1 cargo test --lib sample` writes the file anew.

use super::parse;
use crate::dist::{Dist, Lognormal};
use crate::rng::Key;
use crate::traffic::arrivals::{Arrivals, Gamma};
use crate::traffic::profile::{Profile, Step};
use crate::traffic::tokens::TokenSource;
use crate::units::Span;
use jiff::{SignedDuration, civil};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/traces/conversations.csv");

/// Gamma gaps of cv 1.1 around 0.85 requests per second, half that at nine o'clock, most at half past.
fn made() -> String {
    let at = |minutes: u64, factor: f64, over: u64| Step {
        at: Span::from_s(60 * minutes),
        factor,
        over: Span::from_s(60 * over),
    };
    let morning = Profile::new(&[at(0, 0.5, 0), at(2, 1.4, 28), at(38, 0.9, 15)]).unwrap();
    let key = Key::new(2026, 0).with("conversations");
    let lognormal = |mean, cv| Some(Dist::from(Lognormal::from_mean_cv(mean, cv).unwrap()));
    let mut tokens =
        TokenSource::new(lognormal(900.0, 1.1), lognormal(240.0, 0.8), Some(2048), None, key).unwrap();
    let mut arrivals = Arrivals::new(Gamma::new(0.85, 1.1).unwrap().into(), morning, Span::from_s(3600));
    let mut stream = key.with("arrivals").stream();
    let start = civil::date(2026, 3, 2).at(9, 0, 0, 0);
    let mut text = "TIMESTAMP,ContextTokens,GeneratedTokens\n".to_string();
    while let Some(arrival) = arrivals.next(&mut stream) {
        let (prompt, output) = tokens.draw(&arrival);
        let born = start + SignedDuration::from_nanos(arrival.at.as_ns() as i64);
        text.push_str(&format!("{},{prompt},{output}\n", born.strftime("%Y-%m-%d %H:%M:%S%.7f")));
    }
    text
}

#[test]
fn the_shipped_trace_is_the_made_one_and_reads_whole() {
    let made = made();
    if std::env::var_os("RATETIDE_REMAKE").is_some() {
        std::fs::write(FILE, &made).unwrap();
    }
    assert!(std::fs::read(FILE).unwrap() == made.as_bytes(), "{FILE} differs from what its maker makes");
    let trace = parse(made.as_bytes()).unwrap();
    assert_eq!((trace.dropped, trace.out_of_order, trace.raised), (0, 0, 0));
    assert!((2_500..4_000).contains(&trace.rows.len()), "{} rows", trace.rows.len());
    assert!((trace.gap_cv() / 1.1 - 1.0).abs() < 0.15, "{}", trace.gap_cv());
    assert!((trace.mean_prompt / 900.0 - 1.0).abs() < 0.1 && (trace.mean_output / 240.0 - 1.0).abs() < 0.1);
}
