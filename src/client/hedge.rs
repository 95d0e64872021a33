//! Hedging: a further attempt while the first is still out.

use crate::bounds;
use crate::read::{Key, Spec, Table};
use crate::units::Span;

/// While nothing has succeeded, another attempt goes every `delay`, at most `max` in all; one that fails sends the
/// next at once, one that succeeds cancels the others (gRPC proposal A6, "Hedging Policy").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    /// Time between attempts.
    pub delay: Span,
    /// Attempts, the first included.
    pub max: u32,
}

/// The keys of `hedge`.
pub const SPEC: Spec = Spec::new(
    "hedge",
    "further attempts while the first is still out; the first success cancels the others",
    &[
        Key::span("delay", bounds::DELAY).or("\"500 ms\"").doc("time between attempts"),
        Key::integer("max", bounds::HEDGES).or("4").doc("attempts, the first included"),
    ],
);

impl Hedge {
    /// Read the table.
    pub fn read(table: &mut Table) -> Hedge {
        Hedge { delay: table.span("delay"), max: table.integer("max") as u32 }
    }
}
