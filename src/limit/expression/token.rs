//! Text to tokens.

use super::{Fault, Op};
use std::ops::Range;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'t> {
    Number(f64),
    Name(&'t str),
    /// An operator between two values; `-` is also one before a value.
    Binary(Op),
    Not,
    Open,
    Close,
    Comma,
}

/// The token that begins at byte `from` or after blanks, and its place; none at the end.
pub(super) fn next(text: &str, from: usize) -> Result<Option<(Token<'_>, Range<usize>)>, Fault> {
    let rest = text[from..].trim_start();
    let start = text.len() - rest.len();
    let Some(first) = rest.chars().next() else { return Ok(None) };
    let token = |token: Token<'static>, len: usize| Ok(Some((token, start..start + len)));
    let two = |second: char| rest[first.len_utf8()..].starts_with(second);
    match first {
        '0'..='9' | '.' => number(rest, start).map(Some),
        'a'..='z' | 'A'..='Z' | '_' => {
            let len = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            Ok(Some((Token::Name(&rest[..len]), start..start + len)))
        }
        '(' => token(Token::Open, 1),
        ')' => token(Token::Close, 1),
        ',' => token(Token::Comma, 1),
        '+' => token(Token::Binary(Op::Add), 1),
        '-' => token(Token::Binary(Op::Subtract), 1),
        '*' => token(Token::Binary(Op::Multiply), 1),
        '/' => token(Token::Binary(Op::Divide), 1),
        '^' => token(Token::Binary(Op::Power), 1),
        '<' if two('=') => token(Token::Binary(Op::LessOrEqual), 2),
        '>' if two('=') => token(Token::Binary(Op::GreaterOrEqual), 2),
        '=' if two('=') => token(Token::Binary(Op::Equal), 2),
        '!' if two('=') => token(Token::Binary(Op::NotEqual), 2),
        '&' if two('&') => token(Token::Binary(Op::And), 2),
        '|' if two('|') => token(Token::Binary(Op::Or), 2),
        '<' => token(Token::Binary(Op::Less), 1),
        '>' => token(Token::Binary(Op::Greater), 1),
        '!' => token(Token::Not, 1),
        _ => {
            let message = match first {
                '=' => "`=` compares nothing: write `==`".to_owned(),
                other => format!("unexpected `{other}`"),
            };
            let help = "values, + - * / ^, comparisons, && || !, parentheses and functions".to_owned();
            Err(Fault { at: start..start + first.len_utf8(), message, help: Some(help) })
        }
    }
}

/// Digits, a fraction, an exponent.
fn number(rest: &str, start: usize) -> Result<(Token<'_>, Range<usize>), Fault> {
    let digits = |from: usize| rest[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut len = digits(0);
    if rest[len..].starts_with('.') {
        len += 1 + digits(len + 1);
    }
    if rest[len..].starts_with(['e', 'E']) {
        let sign = usize::from(rest[len + 1..].starts_with(['+', '-']));
        let exponent = digits(len + 1 + sign);
        if exponent > 0 {
            len += 1 + sign + exponent;
        }
    }
    let at = start..start + len;
    let fault = |message: &str| Fault { at: at.clone(), message: message.to_owned(), help: None };
    match rest[..len].parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((Token::Number(value), at)),
        Ok(_) => Err(fault("the number is too large")),
        Err(_) => Err(fault("not a number")),
    }
}
