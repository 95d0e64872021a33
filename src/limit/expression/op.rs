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
    // Two in one, which no text names and a program is made with: (a + b)·c, a·b + c, and the least, the largest
    // and the bounded of three.
    AddMultiply,
    MultiplyAdd,
    MinMin,
    MaxMax,
    MinMax,
}

#[inline]
fn truth(is: bool) -> f64 {
    f64::from(u8::from(is))
}

/// The smaller one; what is no number does not count. Unlike `f64::min` it says which of two zeros, the first, so
/// that it is the same wherever it is compiled.
#[inline(always)]
fn least(a: f64, b: f64) -> f64 {
    let least = if b < a { b } else { a };
    if a.is_nan() { b } else { least }
}

/// The larger one, likewise.
#[inline(always)]
fn most(a: f64, b: f64) -> f64 {
    let most = if b > a { b } else { a };
    if a.is_nan() { b } else { most }
}

impl Op {
    /// Its value in each lane; of an operation with fewer arguments the last are ignored. Comparisons are 1 or 0,
    /// and what is not 0 counts as true.
    #[inline(always)]
    pub(super) fn apply<const N: usize>(
        self,
        a: [f64; N],
        b: [f64; N],
        c: impl Fn() -> [f64; N],
    ) -> [f64; N] {
        match self {
            Op::Add => from_fn(|i| a[i] + b[i]),
            Op::Subtract => from_fn(|i| a[i] - b[i]),
            Op::Multiply => from_fn(|i| a[i] * b[i]),
            Op::Divide => from_fn(|i| a[i] / b[i]),
            Op::Min => from_fn(|i| least(a[i], b[i])),
            Op::Max => from_fn(|i| most(a[i], b[i])),
            // Not `f64::clamp`, which panics where the bounds are crossed.
            Op::Clamp => {
                let c = c();
                from_fn(|i| least(most(a[i], b[i]), c[i]))
            }
            Op::AddMultiply => {
                let c = c();
                from_fn(|i| (a[i] + b[i]) * c[i])
            }
            Op::MultiplyAdd => {
                let c = c();
                from_fn(|i| a[i] * b[i] + c[i])
            }
            Op::MinMin => {
                let c = c();
                from_fn(|i| least(least(a[i], b[i]), c[i]))
            }
            Op::MaxMax => {
                let c = c();
                from_fn(|i| most(most(a[i], b[i]), c[i]))
            }
            Op::MinMax => {
                let c = c();
                from_fn(|i| most(least(a[i], b[i]), c[i]))
            }
            _ => {
                let c = c();
                from_fn(|i| self.rare(a[i], b[i], c[i]))
            }
        }
    }

    /// What a rate law needs less often stands apart: with calls of the mathematical library beside them the
    /// common operations would not stay in vector registers.
    #[inline(never)]
    fn rare(self, a: f64, b: f64, c: f64) -> f64 {
        match self {
            Op::Negate => -a,
            Op::Not => truth(a == 0.0),
            Op::Power => a.powf(b),
            Op::Less => truth(a < b),
            Op::LessOrEqual => truth(a <= b),
            Op::Greater => truth(a > b),
            Op::GreaterOrEqual => truth(a >= b),
            Op::Equal => truth(a == b),
            Op::NotEqual => truth(a != b),
            Op::And => truth(a != 0.0 && b != 0.0),
            Op::Or => truth(a != 0.0 || b != 0.0),
            Op::If if a != 0.0 => b,
            Op::If => c,
            Op::Abs => a.abs(),
            Op::Sqrt => a.sqrt(),
            Op::Exp => a.exp(),
            Op::Ln => a.ln(),
            Op::Floor => a.floor(),
            Op::Ceil => a.ceil(),
            _ => unreachable!("done in vector registers"),
        }
    }

    /// What does `self`, then `next` to its value and one more number, with both roundings. From the left alone,
    /// where the order of the two could tell (the sign of a zero).
    pub(super) fn then(self, next: Op, is_left: bool) -> Option<Op> {
        match (self, next) {
            (Op::Add, Op::Multiply) => Some(Op::AddMultiply),
            (Op::Multiply, Op::Add) => Some(Op::MultiplyAdd),
            (Op::Min, Op::Min) if is_left => Some(Op::MinMin),
            (Op::Max, Op::Max) if is_left => Some(Op::MaxMax),
            (Op::Min, Op::Max) if is_left => Some(Op::MinMax),
            (Op::Max, Op::Min) if is_left => Some(Op::Clamp),
            _ => None,
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
