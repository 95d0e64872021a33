//! What an expression can do: its operations, and the functions by which a text names some of them.

use std::array::from_fn;

/// What is done with up to three numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Op {
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

#[inline(always)]
fn truth(is: bool) -> f64 {
    f64::from(u8::from(is))
}

impl Op {
    /// Its value in each lane; of an operation with fewer arguments the last are ignored. Comparisons are 1 or 0,
    /// and what is not 0 counts as true.
    #[inline(always)]
    pub(super) fn apply<const N: usize>(self, a: [f64; N], b: [f64; N], c: [f64; N]) -> [f64; N] {
        match self {
            Op::Negate => from_fn(|i| -a[i]),
            Op::Not => from_fn(|i| truth(a[i] == 0.0)),
            Op::Add => from_fn(|i| a[i] + b[i]),
            Op::Subtract => from_fn(|i| a[i] - b[i]),
            Op::Multiply => from_fn(|i| a[i] * b[i]),
            Op::Divide => from_fn(|i| a[i] / b[i]),
            Op::Power => from_fn(|i| a[i].powf(b[i])),
            Op::Less => from_fn(|i| truth(a[i] < b[i])),
            Op::LessOrEqual => from_fn(|i| truth(a[i] <= b[i])),
            Op::Greater => from_fn(|i| truth(a[i] > b[i])),
            Op::GreaterOrEqual => from_fn(|i| truth(a[i] >= b[i])),
            Op::Equal => from_fn(|i| truth(a[i] == b[i])),
            Op::NotEqual => from_fn(|i| truth(a[i] != b[i])),
            Op::And => from_fn(|i| truth(a[i] != 0.0 && b[i] != 0.0)),
            Op::Or => from_fn(|i| truth(a[i] != 0.0 || b[i] != 0.0)),
            Op::Min => from_fn(|i| a[i].min(b[i])),
            Op::Max => from_fn(|i| a[i].max(b[i])),
            Op::Abs => from_fn(|i| a[i].abs()),
            Op::Sqrt => from_fn(|i| a[i].sqrt()),
            Op::Exp => from_fn(|i| a[i].exp()),
            Op::Ln => from_fn(|i| a[i].ln()),
            Op::Floor => from_fn(|i| a[i].floor()),
            Op::Ceil => from_fn(|i| a[i].ceil()),
            // Not `f64::clamp`, which panics where the bounds are crossed.
            Op::Clamp => from_fn(|i| a[i].max(b[i]).min(c[i])),
            Op::If => from_fn(|i| if a[i] != 0.0 { b[i] } else { c[i] }),
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
    pub(super) op: Op,
    /// Least and most arguments.
    pub(super) arguments: (usize, usize),
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
