//! An arithmetic expression of a scenario, compiled once and run without looking anything up.
//!
//! | file | concept |
//! |---|---|
//! | this file | an expression: what was read, and its value |
//! | `parser` | text to nodes: the grammar |
//! | `builder` | the nodes in the making: names looked up, what is known worked out |
//! | `program` | two expressions as one list of steps, as the simulation runs them |
//! | `op` | operations and functions |
//!
//! winnow parses, which the TOML parser uses already, since it says which bytes each token spans. The expression crates
//! fell short when they were tried on the texts of `tests`: exmex has no functions of three arguments, exmex and fasteval
//! do not say where a mistake is, rhai tells its beginning alone and reads -2^2 as 4, `if(…)` and `.5` not at all.

mod builder;
mod op;
mod parser;
mod program;
#[cfg(test)]
mod tests;

pub use op::{FUNCTIONS, Function};
pub use parser::{DEPTH_MAX, compile};
pub use program::{Frame, Lanes, Program};

use op::Op;
use std::ops::Range;

/// A part of an expression; parts are known by their number, and made of those before them.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Node {
    Quantity(u8),
    Constant(f64),
    Apply(Op, [u16; 3]),
}

/// An expression over named quantities.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    text: String,
    nodes: Vec<Node>,
    result: u16,
    /// Bit i: it reads quantity i.
    reads: u32,
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The bytes of the text it is about.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What may have been meant, or is allowed.
    pub help: Option<String>,
}

impl Fault {
    fn new(at: Range<usize>, message: impl Into<String>) -> Fault {
        Fault { at, message: message.into(), help: None }
    }

    fn help(self, help: impl Into<String>) -> Fault {
        Fault { help: Some(help.into()), ..self }
    }
}

impl Expression {
    fn new(text: &str, nodes: Vec<Node>, result: u16) -> Expression {
        let reads = nodes.iter().fold(0, |reads, node| match node {
            Node::Quantity(i) => reads | 1 << i,
            _ => reads,
        });
        Expression { text: text.to_owned(), nodes, result, reads }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it names quantity `i`.
    pub fn reads(&self, i: usize) -> bool {
        self.reads >> i & 1 == 1
    }

    /// Its value at these quantities, node by node: what a [`Program`] is held to.
    pub fn value(&self, quantities: &[f64]) -> f64 {
        let mut values: Vec<f64> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let value = match *node {
                Node::Quantity(i) => quantities[usize::from(i)],
                Node::Constant(value) => value,
                Node::Apply(op, from) => {
                    let [a, b, c] = from.map(|node| values[usize::from(node)]);
                    op.apply(a, b, c)
                }
            };
            values.push(value);
        }
        values[usize::from(self.result)]
    }
}
