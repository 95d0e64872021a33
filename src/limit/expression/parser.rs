//! Text to nodes: the grammar, by winnow's precedence climbing.
//!
//! ```text
//! expression = factor (infix factor)*      || below && below comparisons below + - below * /
//! factor     = sign* primary ("^" factor)?
//! primary    = number | name | name "(" expression ("," expression)* ")" | "(" expression ")"
//! ```
//!
//! Signs and powers are read as lists, not by recursion. So parentheses alone nest, and their depth is known
//! before the grammar sees the text.

use super::builder::{Builder, Operand};
use super::op::Op;
use super::{Expression, Fault};
use std::ops::Range;
use winnow::ascii::digit1;
use winnow::combinator::{Infix, alt, expression as climb, opt, peek, repeat, separated, terminated};
use winnow::error::ParserError;
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Stateful};
use winnow::token::{any, take_while};

/// How deep parentheses may nest.
pub const DEPTH_MAX: usize = 50;

type Input<'t> = Stateful<LocatingSlice<&'t str>, Builder<'t>>;

/// Why a parser stops.
enum Stop {
    /// Something else stands here: another one may try.
    Other,
    /// The text is wrong.
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Fault(fault)
    }
}

impl ParserError<Input<'_>> for Stop {
    type Inner = Stop;

    fn from_input(_input: &Input<'_>) -> Stop {
        Stop::Other
    }

    fn is_backtrack(&self) -> bool {
        matches!(self, Stop::Other)
    }

    fn into_inner(self) -> Result<Stop, Stop> {
        Ok(self)
    }
}

/// Reads a text over these quantities, at most 32 of them.
///
/// # Errors
/// What is wrong first, with its place.
pub fn compile(text: &str, names: &[&str]) -> Result<Expression, Fault> {
    check_depth(text)?;
    let mut input = Stateful { input: LocatingSlice::new(text), state: Builder::new(text, names) };
    match whole(&mut input) {
        Ok(result) => Ok(input.state.finish(&result)),
        Err(Stop::Fault(fault)) => Err(fault),
        Err(Stop::Other) => Err(misplaced(&mut input)),
    }
}

/// The grammar descends once for each open parenthesis: what is nested too deep it must not see.
fn check_depth(text: &str) -> Result<(), Fault> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' if depth == DEPTH_MAX => {
                return Err(Fault::new(at..at + 1, format!("nested more than {DEPTH_MAX} deep")));
            }
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

fn whole(input: &mut Input) -> Result<Operand, Stop> {
    blanks.parse_next(input)?;
    if input.state.text.trim().is_empty() {
        let end = input.state.text.len();
        return Err(Fault::new(end..end, "the formula is empty").into());
    }
    let value = expression(input)?;
    if rest(input).is_empty() { Ok(value) } else { Err(misplaced(input).into()) }
}

fn rest<'t>(input: &Input<'t>) -> &'t str {
    *input.input
}

fn blanks(input: &mut Input) -> Result<(), Stop> {
    take_while(0.., char::is_whitespace).void().parse_next(input)
}

/// These characters and the blanks behind them; where they stand.
fn token<'t>(word: &'static str) -> impl Parser<Input<'t>, Range<usize>, Stop> {
    terminated(word.span(), blanks)
}

fn expression(input: &mut Input) -> Result<Operand, Stop> {
    climb(factor).infix(infix).parse_next(input)
}

/// An operator between two values; the larger its number, the tighter it binds.
fn infix<'t>(input: &mut Input<'t>) -> Result<Infix<Input<'t>, Operand, Stop>, Stop> {
    macro_rules! left {
        ($word:literal, $strength:literal, $op:ident) => {
            $word.value(Infix::Left($strength, |input: &mut Input<'t>, left, right| {
                Ok(input.state.infix(Op::$op, left, right)?)
            }))
        };
    }
    let operator = alt([
        left!("||", 1, Or),
        left!("&&", 2, And),
        left!("<=", 3, LessOrEqual),
        left!(">=", 3, GreaterOrEqual),
        left!("==", 3, Equal),
        left!("!=", 3, NotEqual),
        left!("<", 3, Less),
        left!(">", 3, Greater),
        left!("+", 4, Add),
        left!("-", 4, Subtract),
        left!("*", 5, Multiply),
        left!("/", 5, Divide),
    ]);
    terminated(operator, blanks).parse_next(input)
}

/// Powers group from the right, and each binds tighter than the signs before it.
fn factor(input: &mut Input) -> Result<Operand, Stop> {
    let mut powers: Vec<(Vec<(Op, usize)>, Operand)> =
        separated(1.., signed, token("^")).parse_next(input)?;
    let (signs, last) = powers.pop().expect("one at least");
    let mut value = input.state.signs(signs, last)?;
    while let Some((signs, base)) = powers.pop() {
        value = input.state.infix(Op::Power, base, value)?;
        value = input.state.signs(signs, value)?;
    }
    Ok(value)
}

fn signed(input: &mut Input) -> Result<(Vec<(Op, usize)>, Operand), Stop> {
    let minus = token("-").map(|at| (Op::Negate, at.start));
    let not = token("!").map(|at| (Op::Not, at.start));
    (repeat(0.., alt((minus, not))), primary).parse_next(input)
}

fn primary(input: &mut Input) -> Result<Operand, Stop> {
    if let Some(open) = opt(token("(")).parse_next(input)? {
        let value = expression(input)?;
        let end = close(input, open.clone(), "the parenthesis is not closed")?;
        return Ok(value.within(open.start..end));
    }
    if let Some((digits, at)) = opt(terminated(number.with_span(), blanks)).parse_next(input)? {
        return Ok(input.state.number(digits, at)?);
    }
    if let Some((name, at)) = opt(terminated(name.with_span(), blanks)).parse_next(input)? {
        return if opt(token("(")).parse_next(input)?.is_some() {
            call(input, name, at)
        } else {
            Ok(input.state.quantity(name, at)?)
        };
    }
    Err(no_value(input).into())
}

/// A call, after its opening parenthesis.
fn call(input: &mut Input, name: &str, at: Range<usize>) -> Result<Operand, Stop> {
    let function = input.state.function(name, at.clone())?;
    let arguments: Vec<Operand> = separated(1.., expression, token(",")).parse_next(input)?;
    let end = close(input, at.clone(), "its parenthesis is not closed")?;
    Ok(input.state.call(function, arguments, at, end)?)
}

/// Where what was opened closes.
fn close(input: &mut Input, opened: Range<usize>, otherwise: &str) -> Result<usize, Stop> {
    match opt(token(")")).parse_next(input)? {
        Some(at) => Ok(at.end),
        None if rest(input).is_empty() => Err(Fault::new(opened, otherwise).into()),
        None => Err(misplaced(input).into()),
    }
}

fn name<'t>(input: &mut Input<'t>) -> Result<&'t str, Stop> {
    take_while(1.., ('a'..='z', 'A'..='Z', '0'..='9', '_')).parse_next(input)
}

/// Digits, a fraction, an exponent.
fn number<'t>(input: &mut Input<'t>) -> Result<&'t str, Stop> {
    let fraction = (".", opt(digit1)).void();
    let exponent = (alt(("e", "E")), opt(alt(("+", "-"))), digit1);
    (alt(((digit1, opt(fraction)).void(), (".", opt(digit1)).void())), opt(exponent)).take().parse_next(input)
}

/// The token that stands next: all of a number or name, else a character.
fn next(input: &mut Input) -> Option<Range<usize>> {
    peek(alt((number.void(), name.void(), any.void())).span()).parse_next(input).ok()
}

/// What is wrong where a value should begin.
fn no_value(input: &mut Input) -> Fault {
    let text = input.state.text;
    let Some(at) = next(input) else {
        return Fault::new(text.len()..text.len(), "it ends where a value should be");
    };
    match &text[at.clone()] {
        "=" if !text[at.end..].starts_with('=') => unexpected(text, at),
        word if is_sign(word) => Fault::new(at, "a value should stand before this"),
        _ => unexpected(text, at),
    }
}

/// What is wrong with what follows a value.
fn misplaced(input: &mut Input) -> Fault {
    let text = input.state.text;
    let Some(at) = next(input) else {
        return Fault::new(text.len()..text.len(), "it ends too early");
    };
    match &text[at.clone()] {
        ")" => Fault::new(at, "a parenthesis without its beginning"),
        "," => Fault::new(at, "a comma stands between the arguments of a function alone"),
        "=" | "&" | "|" => unexpected(text, at),
        word if is_sign(word)
            || word.starts_with(|c: char| c.is_ascii_alphanumeric() || "._".contains(c)) =>
        {
            Fault::new(at, "an operator should stand before this")
        }
        _ => unexpected(text, at),
    }
}

fn is_sign(word: &str) -> bool {
    ["+", "-", "*", "/", "^", "<", ">", "=", "!", "(", ")", ","].contains(&word)
}

fn unexpected(text: &str, at: Range<usize>) -> Fault {
    let message = match &text[at.clone()] {
        "=" => "`=` compares nothing: write `==`".to_owned(),
        other => format!("unexpected `{other}`"),
    };
    Fault::new(at, message).help("values, + - * / ^, comparisons, && || !, parentheses and functions")
}
