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

pub use document::{Document, FILE_BYTES_MAX};
pub use problem::{LINES_MAX, PROBLEMS_MAX, Problems};
pub use range::{Bound, Range};
pub use resolved::Resolved;
pub use schema::schema;
pub use sound::faults;
pub use spec::{Fallback, Family, Key, Kind, Member, Spec};
pub use table::Table;
pub use tagged::{Form, Tagged};
