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
//! winnow parses, which the TOML parser uses too. The expression crates fell short when they were tried on the mistakes
//! of this file's tests: exmex has no functions of three arguments, exmex and fasteval do not say where a mistake is,
//! rhai says where it begins, not what it spans, and reads -2^2 as 4 and `if` and `.5` not at all.

mod builder;
mod op;
mod parser;
mod program;

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
                    let [a, b, c] = from.map(|node| [values[usize::from(node)]]);
                    op.apply(a, b, || c)[0]
                }
            };
            values.push(value);
        }
        values[usize::from(self.result)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAMES: &[&str] = &["x", "y", "success_rate"];

    /// What a program finds in each lane, run twice over.
    fn ran(expressions: [Option<&Expression>; 2], quantities: &[[f64; 3]; 2]) -> Lanes {
        let program = Program::of(expressions, NAMES.len()).expect("a small program");
        let mut frame = program.frame();
        (0..3).for_each(|i| frame.set(i, [quantities[0][i], quantities[1][i]]));
        let first = program.run(&mut frame);
        assert_eq!(first.map(f64::to_bits), program.run(&mut frame).map(f64::to_bits), "run twice");
        first
    }

    fn value(text: &str) -> f64 {
        let expression = compile(text, NAMES).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
        let at = [3.0, -2.0, 100.0];
        let value = expression.value(&at);
        assert_eq!(value.to_bits(), ran([Some(&expression), None], &[at, [0.0; 3]])[0].to_bits(), "{text}: run");
        value
    }

    #[test]
    fn it_computes_what_is_written() {
        for (text, expected) in [
            ("1 + 2 * 3", 7.0),
            ("(1 + 2) * 3", 9.0),
            ("8 - 4 - 2", 2.0),
            ("16 / 4 / 2", 2.0),
            ("2 ^ 3 ^ 2", 512.0),
            ("-2 ^ 2", -4.0),
            ("2 ^ -2", 0.25),
            ("-x - -y", -5.0),
            ("x*y + success_rate", 94.0),
            ("1.5e2 + .5", 150.5),
            ("1e-3", 1e-3),
            ("clamp(2 * success_rate, 10, x * 50)", 150.0),
            ("min(x, y, 1)", -2.0),
            ("max(1, x)", 3.0),
            ("if(x > y, 1, 2)", 1.0),
            ("if(x <= y || x == 7, 1, 2)", 2.0),
            ("x > 2 && y < 0", 1.0),
            ("!(x != 3) + 1", 2.0),
            ("sqrt(abs(y) + 2) + floor(1.9) + ceil(0.1)", 4.0),
            ("ln(exp(x))", 3.0),
            ("x\n + 1", 4.0),
        ] {
            assert!((value(text) - expected).abs() < 1e-12, "{text}: {}", value(text));
        }
    }

    #[test]
    fn every_mistake_has_its_place() {
        for (text, marked, message) in [
            ("2 * sucess_rate", "sucess_rate", "unknown quantity"),
            ("2 * clmap(1, 2, 3)", "clmap", "unknown function"),
            ("1 / 0", "0", "division by zero"),
            ("x / (3 - 3)", "(3 - 3)", "division by zero"),
            ("1 +", "", "ends"),
            ("", "", "empty"),
            ("(1 + 2", "(", "not closed"),
            ("1 + 2)", ")", "without its"),
            ("1 2", "2", "operator"),
            ("min(1)", "min", "argument"),
            ("clamp(1, 2)", "clamp", "3 arguments"),
            ("min(1,,2)", ",", "value"),
            ("1 $ 2", "$", "unexpected"),
            ("x = 3", "=", "=="),
            ("min", "min", "function"),
            ("x(3)", "x", "quantity"),
            ("1 < x < 3", "<", "chain"),
            ("ln(-1)", "ln(-1)", "not a number"),
            ("1e999", "1e999", "too large"),
            ("1, 2", ",", "comma"),
            ("()", ")", "value"),
            ("f()", "f", "unknown function"),
        ] {
            let fault = compile(text, NAMES).expect_err(text);
            assert_eq!(&text[fault.at.clone()], marked, "{text}: {fault:?}");
            assert!(fault.message.contains(message), "{text}: {fault:?}");
        }
        let near = compile("2 * sucess_rate", NAMES).unwrap_err().help;
        assert_eq!(near.as_deref(), Some("did you mean `success_rate`?"));
    }

    #[test]
    fn depth_is_bounded_and_length_is_no_danger() {
        let nested = |depth: usize| format!("{}x{}", "(".repeat(depth), ")".repeat(depth));
        assert!(compile(&nested(DEPTH_MAX), NAMES).is_ok());
        assert!(compile(&nested(DEPTH_MAX + 1), NAMES).unwrap_err().message.contains("nested"));
        assert!(compile(&nested(100_000), NAMES).is_err());
        assert_eq!(value(&format!("{}x", "-".repeat(1000))), 3.0);
        assert_eq!(value(&format!("1{}", "+1".repeat(900))), 901.0);
        assert!(compile(&format!("1{}", "+x".repeat(500_000)), NAMES).is_err(), "too many steps");
    }

    #[test]
    fn it_knows_what_it_reads() {
        let expression = compile("x + 0 * success_rate", NAMES).unwrap();
        assert_eq!([0, 1, 2].map(|i| expression.reads(i)), [true, false, true]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}", near in "[-x0-9.e+*/^()<>=!&|, ]{0,60}", call in "(min|clamp|if|x|\\(|\\)|,|1|-|<){0,30}") {
            for text in [text, near, call] {
                match compile(&text, NAMES) {
                    Ok(expression) => {
                        expression.value(&[3.0, f64::INFINITY, -0.0]);
                    }
                    Err(fault) => prop_assert!(text.get(fault.at.clone()).is_some(), "{text}: {fault:?}"),
                }
            }
        }
    }
}
