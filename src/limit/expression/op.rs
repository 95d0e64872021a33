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

#[inline]
fn truth(is: bool) -> f64 {
    f64::from(u8::from(is))
}

/// A comparison; with what is no number it is none.
#[inline]
fn compared(a: f64, b: f64, is: bool) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { truth(is) }
}

/// The smaller one, or what is no number. Unlike `f64::min` it says which of two zeros, the first, so that it is the same
/// wherever it is compiled.
#[inline(always)]
fn least(a: f64, b: f64) -> f64 {
    let least = if b < a { b } else { a };
    if b.is_nan() { b } else { least }
}

/// The larger one, likewise.
#[inline(always)]
fn most(a: f64, b: f64) -> f64 {
    let most = if b > a { b } else { a };
    if b.is_nan() { b } else { most }
}

impl Op {
    /// Its value; of an operation with fewer arguments the last are ignored. Comparisons are 1 or 0, and what is not
    /// 0 counts as true. Of what is no number comes no number, but where it does not count: in the branch of `if` that is not
    /// taken, and to the right of what decides an `&&` or an `||`.
    #[inline(never)]
    pub(super) fn apply(self, a: f64, b: f64, c: f64) -> f64 {
        match self {
            Op::Negate => -a,
            Op::Not => compared(a, a, a == 0.0),
            // 1 to the power of no number would be 1.
            Op::Power if a.is_nan() || b.is_nan() => f64::NAN,
            Op::Power => a.powf(b),
            Op::Less => compared(a, b, a < b),
            Op::LessOrEqual => compared(a, b, a <= b),
            Op::Greater => compared(a, b, a > b),
            Op::GreaterOrEqual => compared(a, b, a >= b),
            Op::Equal => compared(a, b, a == b),
            Op::NotEqual => compared(a, b, a != b),
            Op::And if a == 0.0 => 0.0,
            Op::Or if a != 0.0 && !a.is_nan() => 1.0,
            Op::And | Op::Or => compared(a, b, b != 0.0),
            Op::If if a.is_nan() => a,
            Op::If if a != 0.0 => b,
            Op::If => c,
            Op::Abs => a.abs(),
            Op::Sqrt => a.sqrt(),
            Op::Exp => a.exp(),
            Op::Ln => a.ln(),
            Op::Floor => a.floor(),
            Op::Ceil => a.ceil(),
            Op::Add => Fast::Add.apply([a], [b], || [c])[0],
            Op::Subtract => Fast::Subtract.apply([a], [b], || [c])[0],
            Op::Multiply => Fast::Multiply.apply([a], [b], || [c])[0],
            Op::Divide => Fast::Divide.apply([a], [b], || [c])[0],
            Op::Min => Fast::Min.apply([a], [b], || [c])[0],
            Op::Max => Fast::Max.apply([a], [b], || [c])[0],
            Op::Clamp => Fast::MaxMin.apply([a], [b], || [c])[0],
        }
    }

    /// The same, if it is one of those that rate laws are mostly made of.
    pub(super) fn fast(self) -> Option<Fast> {
        match self {
            Op::Add => Some(Fast::Add),
            Op::Subtract => Some(Fast::Subtract),
            Op::Multiply => Some(Fast::Multiply),
            Op::Divide => Some(Fast::Divide),
            Op::Min => Some(Fast::Min),
            Op::Max => Some(Fast::Max),
            Op::Clamp => Some(Fast::MaxMin),
            _ => None,
        }
    }
}

/// What stays in vector registers, without a call; the last five are two in one, with both roundings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fast {
    Add,
    Subtract,
    Multiply,
    Divide,
    Min,
    Max,
    /// (a + b)·c.
    AddMultiply,
    /// a·b + c.
    MultiplyAdd,
    /// The least of three.
    MinMin,
    /// The largest of three.
    MaxMax,
    /// Not above b, then not below c.
    MinMax,
    /// Not below b, then not above c: unlike `f64::clamp` also where the bounds are crossed.
    MaxMin,
}

impl Fast {
    /// Its value in each lane; the third argument is fetched only where there is one.
    #[inline(always)]
    pub(super) fn apply<const N: usize>(
        self,
        a: [f64; N],
        b: [f64; N],
        c: impl Fn() -> [f64; N],
    ) -> [f64; N] {
        #[inline(always)]
        fn each<const N: usize>(a: [f64; N], b: [f64; N], f: impl Fn(f64, f64) -> f64) -> [f64; N] {
            from_fn(|i| f(a[i], b[i]))
        }
        match self {
            Fast::Add => each(a, b, |a, b| a + b),
            Fast::Subtract => each(a, b, |a, b| a - b),
            Fast::Multiply => each(a, b, |a, b| a * b),
            Fast::Divide => each(a, b, |a, b| a / b),
            Fast::Min => each(a, b, least),
            Fast::Max => each(a, b, most),
            Fast::AddMultiply => each(each(a, b, |a, b| a + b), c(), |a, b| a * b),
            Fast::MultiplyAdd => each(each(a, b, |a, b| a * b), c(), |a, b| a + b),
            Fast::MinMin => each(each(a, b, least), c(), least),
            Fast::MaxMax => each(each(a, b, most), c(), most),
            Fast::MinMax => each(each(a, b, least), c(), most),
            Fast::MaxMin => each(each(a, b, most), c(), least),
        }
    }

    /// What does `self`, then `next` to its value and one more number. From the left alone, where the order of the
    /// two could tell (the sign of a zero).
    pub(super) fn then(self, next: Fast, is_left: bool) -> Option<Fast> {
        match (self, next) {
            (Fast::Add, Fast::Multiply) => Some(Fast::AddMultiply),
            (Fast::Multiply, Fast::Add) => Some(Fast::MultiplyAdd),
            (Fast::Min, Fast::Min) if is_left => Some(Fast::MinMin),
            (Fast::Max, Fast::Max) if is_left => Some(Fast::MaxMax),
            (Fast::Min, Fast::Max) if is_left => Some(Fast::MinMax),
            (Fast::Max, Fast::Min) if is_left => Some(Fast::MaxMin),
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
