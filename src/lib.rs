//! ratetide simulates, event by event, an inference platform whose limits follow its load and its users: a
//! dynamic rate per organization and model, a smoothing buffer, replicas that take minutes to start, and clients
//! that retry. It answers how many requests succeed, when, at what cost, and whose failure a failure is.
//!
//! A scenario in, results out:
//!
//! ```
//! use ratetide::{bounds, metrics::metric, replications, scenario::reading};
//!
//! let text = r#"
//!     run = { seed = 7, duration = "10 min", replications = 3 }
//!
//!     [[model]]
//!     name = "small"
//!     engine.slots = { per_replica = 4, service.lognormal = { mean = "2 s", cv = 0.5 } }
//!
//!     [[org]]
//!     name = "spiky"
//!
//!     [[org.workload]]
//!     name = "chat"
//!     model = "small"
//!     arrivals.poisson = { rate = "30/min" }
//!     profile = [ { at = "5 min", factor = 10 }, { at = "6 min", factor = 1 } ]
//!     prompt_tokens.constant = 500
//!     output_tokens.constant = 200
//!     client = "exponential"
//! "#;
//! let mut no_trace = |name: &str| Err(format!("there is no trace {name}"));
//! let (scenario, _) =
//!     reading::read("spike.toml", text.as_bytes(), &[], &mut no_trace, bounds::EVENTS_MAX)
//!         .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
//! let results = replications::run_all(&scenario, &(), None);
//!
//! let success_share = metric::find("success_share").expect("a metric");
//! let share = (success_share.value)(&results.total).expect("there were requests");
//! // 77.5 % succeeded: the others found their limit at its base, and gave up after six attempts.
//! println!("{:.1} % succeeded", 100.0 * share);
//! assert!((0.75..0.80).contains(&share));
//! ```
//!
//! The rooms, from the command line down to the ground. An arrow only ever points down: a room imports what
//! stands below it.
//!
//! | room | what lives there |
//! |---|---|
//! | [`cli`] | one file per command, and what a person sees |
//! | [`sweep`] | a scenario at many points: a plan, its store, whoever computes them, the merged table |
//! | [`output`], [`chart`] | tables, manifest and the atomic directory; pictures |
//! | [`compare`] | the same traffic under several strategies: paired differences, verdicts |
//! | [`replications`] | all replications of a scenario on every core, folded in order |
//! | [`engine`] | the event queue and the loop: one replication |
//! | [`scenario`] | from text to the validated type; thresholds, estimates, loading |
//! | [`metrics`] | the ledger that balances, histograms, series; the observer |
//! | [`platform`] | buffer, fleet, autoscaler, incidents, lanes: a state machine without a queue |
//! | [`limit`], [`client`], [`traffic`] | rate laws and meters; retries and pacing; arrivals and tokens |
//! | [`dist`] | distributions of times and token counts |
//! | [`statistics`] | intervals and tests over replications |
//! | [`registry`], [`bounds`] | one list makes a family of kinds; every limit in one file |
//! | [`read`] | TOML to typed values, every error with its place |
//! | [`units`], [`name`], [`rng`], [`chain`], [`digest`], [`error`], [`reply`] | the ground |
//!
//! `docs/model.md` says what is simulated, sentence by sentence with its test, `docs/design.md` why it is built
//! so, `docs/outputs.md` what a run writes, `CONTRIBUTING.md` where to add things.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod bounds;
pub mod chain;
pub mod chart;
pub mod cli;
pub mod client;
pub mod compare;
pub mod digest;
pub mod dist;
pub mod engine;
pub mod error;
pub mod limit;
pub mod metrics;
pub mod name;
pub mod output;
pub mod platform;
pub mod read;
pub mod registry;
pub mod replications;
pub mod reply;
pub mod rng;
pub mod scenario;
pub mod statistics;
pub mod sweep;
pub mod traffic;
pub mod units;
