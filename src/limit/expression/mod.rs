//! An arithmetic expression of a scenario, compiled once and run without looking anything up.
//!
//! | file | concept |
//! |---|---|
//! | this file | the compiled form, and how it runs |
//! | `token` | text to tokens |
//! | `compiler` | tokens to steps, by operator precedence, without recursion |
//!
//! Ours, because the expression crates that we looked at (exmex, fasteval) say in words what is wrong, but not at
//! which byte, and have no functions of three arguments.
//!
//! The compiled form is a frame of numbers — the named quantities, the constants, then a place for each step's
//! result — and the steps, which read and write places of the frame.

mod compiler;
mod token;

pub use compiler::{DEPTH_MAX, compile};

/// What a step does with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Negate,
    Not,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    And,
    Or,
    Min,
    Max,
    Abs,
    Sqrt,
    Exp,
    Ln,
    Floor,
    Ceil,
    Clamp,
    If,
}

impl Op {
    /// Its value; of an operation with fewer arguments the last are ignored. Comparisons are 1 or 0, and what is
    /// not 0 counts as true.
    #[inline]
    fn apply(self, a: f64, b: f64, c: f64) -> f64 {
        let truth = |is: bool| f64::from(u8::from(is));
        match self {
            Op::Negate => -a,
            Op::Not => truth(a == 0.0),
            Op::Add => a + b,
            Op::Subtract => a - b,
            Op::Multiply => a * b,
            Op::Divide => a / b,
            Op::Power => a.powf(b),
            Op::Less => truth(a < b),
            Op::LessOrEqual => truth(a <= b),
            Op::Greater => truth(a > b),
            Op::GreaterOrEqual => truth(a >= b),
            Op::Equal => truth(a == b),
            Op::NotEqual => truth(a != b),
            Op::And => truth(a != 0.0 && b != 0.0),
            Op::Or => truth(a != 0.0 || b != 0.0),
            Op::Min => a.min(b),
            Op::Max => a.max(b),
            Op::Abs => a.abs(),
            Op::Sqrt => a.sqrt(),
            Op::Exp => a.exp(),
            Op::Ln => a.ln(),
            Op::Floor => a.floor(),
            Op::Ceil => a.ceil(),
            // Not `f64::clamp`, which panics where the bounds are crossed.
            Op::Clamp => a.max(b).min(c),
            Op::If => {
                if a != 0.0 {
                    b
                } else {
                    c
                }
            }
        }
    }
}

/// A function that an expression may call.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// How it is called.
    pub call: &'static str,
    /// One line.
    pub doc: &'static str,
    op: Op,
    /// Least and most arguments.
    arguments: (usize, usize),
}

const fn function(
    name: &'static str,
    call: &'static str,
    doc: &'static str,
    op: Op,
    arguments: (usize, usize),
) -> Function {
    Function { name, call, doc, op, arguments }
}

/// All functions.
pub const FUNCTIONS: &[Function] = &[
    function("clamp", "clamp(x, low, high)", "x, held between low and high", Op::Clamp, (3, 3)),
    function("min", "min(x, y, …)", "the least", Op::Min, (2, 100)),
    function("max", "max(x, y, …)", "the largest", Op::Max, (2, 100)),
    function("if", "if(c, x, y)", "x where c is not 0, else y", Op::If, (3, 3)),
    function("abs", "abs(x)", "without its sign", Op::Abs, (1, 1)),
    function("sqrt", "sqrt(x)", "square root", Op::Sqrt, (1, 1)),
    function("exp", "exp(x)", "e to the x", Op::Exp, (1, 1)),
    function("ln", "ln(x)", "natural logarithm", Op::Ln, (1, 1)),
    function("floor", "floor(x)", "rounded down", Op::Floor, (1, 1)),
    function("ceil", "ceil(x)", "rounded up", Op::Ceil, (1, 1)),
];

/// Places in the frame: three arguments and the result.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    op: Op,
    from: [u16; 3],
    to: u16,
}

/// A compiled expression over named quantities.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    text: String,
    frame: Vec<f64>,
    steps: Vec<Step>,
    result: u16,
    /// Bit i: it reads quantity i.
    reads: u32,
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The bytes of the text it is about.
    pub at: std::ops::Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What may have been meant, or is allowed.
    pub help: Option<String>,
}

impl Expression {
    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether its value depends on quantity `i`.
    #[inline]
    pub fn reads(&self, i: usize) -> bool {
        self.reads >> i & 1 == 1
    }

    /// A frame to run in: quantity i stands at place i, and is to be written there before a run.
    pub fn frame(&self) -> Vec<f64> {
        self.frame.clone()
    }

    /// Its value at the quantities in `frame`, which [`Expression::frame`] made.
    #[inline]
    pub fn run(&self, frame: &mut [f64]) -> f64 {
        for &Step { op, from: [a, b, c], to } in &self.steps {
            let value = op.apply(frame[a as usize], frame[b as usize], frame[c as usize]);
            frame[to as usize] = value;
        }
        frame[self.result as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAMES: &[&str] = &["x", "y", "success_rate"];

    fn value(text: &str) -> f64 {
        let expression = compile(text, NAMES).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
        let mut frame = expression.frame();
        frame[..3].copy_from_slice(&[3.0, -2.0, 100.0]);
        let first = expression.run(&mut frame);
        assert_eq!(first.to_bits(), expression.run(&mut frame).to_bits(), "{text}: run twice");
        first
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
                        let mut frame = expression.frame();
                        frame[..3].copy_from_slice(&[3.0, f64::INFINITY, -0.0]);
                        expression.run(&mut frame);
                    }
                    Err(fault) => prop_assert!(text.get(fault.at.clone()).is_some(), "{text}: {fault:?}"),
                }
            }
        }
    }
}
