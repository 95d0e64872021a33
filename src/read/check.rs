//! Is this value of that kind, and in its range? Each check gives the typed value, or what is wrong as the
//! end of a sentence that begins with the key.

use std::fmt::Display;

use super::kept::{toml_key, toml_text};
use super::node::{Entry, Value};
use super::range::Range;
use super::spec::Kind;
use super::suggest::did_you_mean;
use crate::name::Name;
use crate::units::{Quantity, Rate, Span, parse_rate, parse_span};

/// The longest path accepted, in bytes.
const PATH_BYTES_MAX: usize = 1024;

pub fn bool(value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(b) => Ok(*b),
        other => Err(not("true or false", other)),
    }
}

pub fn integer(value: &Value, range: Range<u64>) -> Result<u64, String> {
    match value {
        Value::Integer(i) => match u64::try_from(*i) {
            Ok(n) => in_range(n, range, i),
            Err(_) => Err(format!("must not be {i}")),
        },
        Value::TooLarge => Err("does not fit into 64 bits".to_owned()),
        Value::Number(x) => Err(format!("must be a whole number, not {x:?}")),
        other => Err(not("a whole number", other)),
    }
}

pub fn number(value: &Value, range: Range<f64>) -> Result<f64, String> {
    match value {
        Value::Number(x) if !x.is_finite() => Err(format!("must be finite, not {x}")),
        Value::Number(x) if *x == 0.0 && x.is_sign_negative() => Err("must not be negative zero".to_owned()),
        Value::Number(x) if x.abs() >= 1e16 => in_range(*x, range, &format!("{x:e}")),
        Value::Number(x) => in_range(*x, range, x),
        Value::Integer(i) => in_range(*i as f64, range, i),
        Value::TooLarge => Err("does not fit into 64 bits".to_owned()),
        other => Err(not("a number", other)),
    }
}

pub fn span(value: &Value, range: Range<Span>, unlimited: bool) -> Result<Span, String> {
    match value {
        Value::Text(text) if unlimited && text == "unlimited" => Ok(Span::MAX),
        Value::Text(text) => in_range(parse_span(text)?, range, text),
        Value::Integer(_) | Value::Number(_) => Err("needs a unit, e.g. \"30 s\"".to_owned()),
        other => Err(not("a time such as \"30 s\"", other)),
    }
}

pub fn rate(value: &Value, of: Quantity, range: Range<Rate>, unlimited: bool) -> Result<Rate, String> {
    match value {
        Value::Text(text) if unlimited && text == "unlimited" => Ok(Rate::UNLIMITED),
        Value::Text(text) => in_range(parse_rate(text, of)?, range, text),
        Value::Integer(_) | Value::Number(_) => Err(format!("needs a unit, e.g. {}", of.example())),
        other => Err(not(&format!("a rate such as {}", of.example()), other)),
    }
}

pub fn name(value: &Value) -> Result<Name, String> {
    match value {
        Value::Text(text) => Name::new(text),
        other => Err(not("text", other)),
    }
}

pub fn text(value: &Value, max_chars: usize) -> Result<String, String> {
    match value {
        Value::Text(text) => match text.chars().count() {
            count if count > max_chars => Err(format!("has {count} characters")),
            _ if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') => {
                Err("must not hold control characters".to_owned())
            }
            _ => Ok(text.clone()),
        },
        other => Err(not("text", other)),
    }
}

/// A path that fits a file system; see [`portable`] for what a result says of it.
pub fn path(value: &Value) -> Result<String, String> {
    let Value::Text(text) = value else { return Err(not("text", value)) };
    match text.as_str() {
        "" => Err("must not be empty".to_owned()),
        t if t.len() > PATH_BYTES_MAX => Err(format!("has {} bytes, more than {PATH_BYTES_MAX}", t.len())),
        t if t.chars().any(char::is_control) => Err("must not hold control characters".to_owned()),
        t => Ok(t.to_owned()),
    }
}

/// A path as results show it: of an absolute one the last part, so that no result is tied to a machine.
pub fn portable(path: &str) -> &str {
    let is_absolute = std::path::Path::new(path).is_absolute();
    if is_absolute { path.rsplit('/').next().unwrap_or_default() } else { path }
}

pub fn choice(value: &Value, words: &'static [(&str, &str)]) -> Result<&'static str, String> {
    let Value::Text(text) = value else { return Err(not("text", value)) };
    let mut words = words.iter().map(|(word, _)| *word);
    words.find(|word| word == text).ok_or_else(|| format!("must not be {text:?}"))
}

/// The value's own TOML text.
pub fn toml(value: &Value) -> Result<String, String> {
    let join = |texts: Result<Vec<String>, String>| texts.map(|texts| texts.join(", "));
    match value {
        Value::Bool(b) => Ok(b.to_string()),
        Value::Integer(i) => Ok(i.to_string()),
        Value::Number(x) if x.is_finite() => Ok(format!("{x:?}")),
        Value::Number(x) => Err(format!("must be finite, not {x}")),
        Value::TooLarge => Err("does not fit into 64 bits".to_owned()),
        Value::Date => Err("must not be a date".to_owned()),
        Value::Text(text) => Ok(toml_text(text)),
        Value::Array(items) => {
            Ok(format!("[{}]", join(items.iter().map(|item| toml(&item.value)).collect())?))
        }
        Value::Table(entries) => {
            let cell = |entry: &Entry| Ok(format!("{} = {}", toml_key(&entry.key), toml(&entry.node.value)?));
            Ok(format!("{{{}}}", join(entries.iter().map(cell).collect())?))
        }
    }
}

/// The word that may have been meant.
pub fn help(kind: &Kind, value: &Value) -> Option<String> {
    let (Kind::Choice(words), Value::Text(text)) = (kind, value) else { return None };
    did_you_mean(text, words.iter().map(|(word, _)| *word), |word| format!("{word:?}"))
}

/// True where a value of this TOML type can be of `kind`.
pub fn fits(kind: &Kind, value: &Value) -> bool {
    match kind {
        Kind::Bool => matches!(value, Value::Bool(_)),
        Kind::Integer(_) | Kind::Tokens(_) | Kind::Number(_) => {
            matches!(value, Value::Integer(_) | Value::TooLarge | Value::Number(_))
        }
        Kind::Span(_) | Kind::SpanOrUnlimited(_) | Kind::Rate(..) | Kind::RateOrUnlimited(..) => {
            matches!(value, Value::Text(_))
        }
        Kind::Name | Kind::Text(_) | Kind::Path | Kind::Choice(_) => matches!(value, Value::Text(_)),
        Kind::Table(spec) if !spec.shorthand.is_empty() => matches!(value, Value::Table(_) | Value::Text(_)),
        Kind::Table(_) | Kind::OneOf(_) => matches!(value, Value::Table(_)),
        Kind::Rows(_) | Kind::List(_) | Kind::Pairs(..) => matches!(value, Value::Array(_)),
        Kind::Toml => !matches!(value, Value::Date),
        Kind::Either(kinds) => kinds.iter().any(|kind| fits(kind, value)),
    }
}

fn not(wanted: &str, value: &Value) -> String {
    format!("must be {wanted}, not {}", value.type_name())
}

fn in_range<T: PartialOrd + Copy>(value: T, range: Range<T>, written: &dyn Display) -> Result<T, String> {
    if range.contains(&value) { Ok(value) } else { Err(format!("must not be {written}")) }
}
