//! Reading a scenario: TOML text to typed values, every error with its place.
//!
//! | file | what it holds |
//! |---|---|
//! | `spec`, `range` | what may stand in a table: [`Spec`], [`Key`], [`Kind`], [`Family`], [`Range`] |
//! | `document` | the text under reading: [`Document`] |
//! | `table`, `tagged` | the getters: [`Table`], [`Tagged`], [`Form`] |
//! | `check` | is this value of that kind, and in its range |
//! | `node`, `kept` | values with their places; values already read |
//! | `set` | `--set path=value` |
//! | `problem` | all that is wrong, in frames: [`Problems`] |
//! | `resolved`, `schema` | what follows from a reading, and from the specs alone |
//! | `sound` | are the specs themselves in order |
//! | `suggest` | "did you mean" |
//!
//! Each room writes the specs of its own tables and reads them with getters that never fail:
//!
//! ```
//! use ratetide::read::{Document, Key, Range, Spec};
//! use ratetide::units::Span;
//!
//! const RUN: Spec = Spec::new("run", "How long, and how exact.", &[
//!     Key::integer("seed", Range::new(0, 1 << 53)).or("0").doc("start of all random streams"),
//!     Key::span("duration", Range::new(Span::from_s(1), Span::from_s(86_400))).doc("traffic stops here"),
//! ]);
//! const ROOT: Spec = Spec::new("scenario", "A scenario.", &[Key::table("run", &RUN)]);
//!
//! let mut document = Document::parse("a.toml", "run.duration = \"3 h\"", &[]);
//! let mut run = document.root(&ROOT).table("run");
//! assert_eq!((run.integer("seed"), run.span("duration")), (0, Span::from_s(10_800)));
//! assert_eq!(document.finish().unwrap().to_toml(), "[run]\nseed = 0\nduration = \"3 h\"\n");
//! ```
//!
//! A choice among kinds is a family, read by its tag:
//!
//! ```
//! use ratetide::read::{Document, Family, Key, Kind, Member, Range, Spec};
//!
//! const NORMAL: Spec = Spec::new("lognormal", "Log-normal.", &[Key::number("mean", Range::new(1.0, 1e6))]);
//! const LENGTHS: Family = Family::new("distribution of tokens", "How many tokens.", &[
//!     Member::new("constant", "Always as many.", Kind::Tokens(Range::new(1, 1_000_000))),
//!     Member::table("lognormal", &NORMAL),
//! ]);
//! const ROOT: Spec = Spec::new("workload", "A workload.", &[Key::one_of("prompt_tokens", &LENGTHS)]);
//!
//! let mut document = Document::parse("a.toml", "prompt_tokens.constant = 800", &[]);
//! let mean = match document.root(&ROOT).tagged("prompt_tokens") {
//!     Some(value) if value.tag == "constant" => value.integer() as f64,
//!     Some(value) => value.table().number("mean"),
//!     None => 1.0, // an error, which `finish` tells
//! };
//! assert_eq!(mean, 800.0);
//! ```
//!
//! What one key means for another is checked after the getters, by the reader itself:
//! `if table.clean() && low > high { table.error_at("high", "`high` must not be below `low`", None) }`.
//! A room's test asserts that [`faults`] of its spec are none.

mod check;
mod document;
mod kept;
mod node;
mod problem;
mod range;
mod resolved;
mod schema;
mod set;
mod sound;
mod spec;
mod suggest;
mod table;
mod tagged;

#[cfg(test)]
mod demo;
#[cfg(test)]
mod tests;

pub use check::portable;
pub use document::{Document, FILE_BYTES_MAX};
pub use problem::{LINES_MAX, PROBLEMS_MAX, Problems};
pub use range::{Bound, Range};
pub use resolved::Resolved;
pub use schema::schema;
pub use sound::faults;
pub use spec::{Fallback, Family, Key, Kind, Member, Spec};
pub use suggest::{did_you_mean, nearest};
pub use table::Table;
pub use tagged::{Form, Tagged};
