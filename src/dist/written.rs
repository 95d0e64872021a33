//! How laws are written in a scenario: the same keys for times and for token counts.
//!
//! What differs is only the value: a time has a unit ("2 s") and is read in seconds, a token count is a bare
//! number. [`Unit`] holds that difference, so each law has one reader for both.

use super::law::{TOKENS_MAX, VALUE_MAX};
use crate::read::{Kind, Member, Range, Table, Tagged};
use crate::units::Span;

/// What a quantity counts, and so how its values are written.
pub trait Unit {
    /// True for times.
    const IS_TIME: bool;
    /// The value of a constant.
    const CONSTANT: Kind;
    /// A mean or a median: above zero.
    const MEAN: Kind;
    /// A quantile: zero or more.
    const QUANTILE: Kind;
    /// Reads a [`Unit::CONSTANT`].
    fn constant(value: Tagged<'_>) -> f64;
    /// Reads a [`Unit::QUANTILE`].
    fn quantile(value: Tagged<'_>) -> f64;
    /// Reads a [`Unit::MEAN`] under `key`, which has a value.
    fn mean(table: &mut Table<'_>, key: &str) -> f64;
    /// Reads a [`Unit::MEAN`] under `key`, which may be left out.
    fn opt_mean(table: &mut Table<'_>, key: &str) -> Option<f64>;
}

/// Times, in seconds.
#[derive(Debug)]
pub enum Seconds {}

/// Token counts.
#[derive(Debug)]
pub enum Tokens {}

/// A law as a scenario writes it.
pub(super) trait Written<U: Unit>: Sized {
    /// Its tag, sentence and parameters.
    const MEMBER: Member;
    /// Reads the value under its tag; `None` only after an error was recorded.
    fn read(value: Tagged<'_>, context: ()) -> Option<Self>;
}

/// The longest time a law's parameter may be: a year.
const TIME_MAX: Span = Span::from_s(365 * 86_400);

impl Unit for Seconds {
    const IS_TIME: bool = true;
    const CONSTANT: Kind = Kind::Span(Range::new(Span::ZERO, TIME_MAX));
    const MEAN: Kind = Kind::Span(Range::new(Span::from_ns(1), TIME_MAX));
    const QUANTILE: Kind = Kind::Span(Range::new(Span::ZERO, TIME_MAX));

    fn constant(value: Tagged<'_>) -> f64 {
        value.span().as_secs_f64()
    }

    fn quantile(value: Tagged<'_>) -> f64 {
        value.span().as_secs_f64()
    }

    fn mean(table: &mut Table<'_>, key: &str) -> f64 {
        table.span(key).as_secs_f64()
    }

    fn opt_mean(table: &mut Table<'_>, key: &str) -> Option<f64> {
        table.opt_span(key).map(Span::as_secs_f64)
    }
}

impl Unit for Tokens {
    const IS_TIME: bool = false;
    const CONSTANT: Kind = Kind::Tokens(Range::new(1, TOKENS_MAX as u64));
    const MEAN: Kind = Kind::Number(Range::new(f64::MIN_POSITIVE, TOKENS_MAX as f64));
    const QUANTILE: Kind = Kind::Number(Range::new(0.0, TOKENS_MAX as f64));

    fn constant(value: Tagged<'_>) -> f64 {
        value.integer() as f64
    }

    fn quantile(value: Tagged<'_>) -> f64 {
        value.number()
    }

    fn mean(table: &mut Table<'_>, key: &str) -> f64 {
        table.number(key)
    }

    fn opt_mean(table: &mut Table<'_>, key: &str) -> Option<f64> {
        table.opt_number(key)
    }
}

const _: () =
    assert!(TOKENS_MAX as f64 <= VALUE_MAX && (TIME_MAX.as_ns() / 1_000_000_000) as f64 <= VALUE_MAX);

/// The name of a spec: each unit has its own.
pub(super) const fn named<U: Unit>(time: &'static str, tokens: &'static str) -> &'static str {
    if U::IS_TIME { time } else { tokens }
}

#[cfg(test)]
mod tests {
    use super::super::{Dist, Law, TIMES, TOKENS};
    use super::*;
    use crate::read::{Document, Key, Spec, faults};

    static ROOT: Spec = Spec::new(
        "root",
        "for tests",
        &[
            Key::one_of("time", &TIMES).optional().doc("a time"),
            Key::one_of("tokens", &TOKENS).optional().doc("a count"),
        ],
    );

    /// The laws of a text, or what is wrong with it.
    fn read(text: &str) -> Result<(Dist, Dist), String> {
        let mut document = Document::parse("laws.toml", text, &[]);
        let mut root = document.root(&ROOT);
        let time = Dist::of::<Seconds>(root.opt_tagged("time"));
        let tokens = Dist::of::<Tokens>(root.opt_tagged("tokens"));
        drop(root);
        match document.finish() {
            Ok(_) => Ok((time, tokens)),
            Err(problems) => Err(problems.render(false)),
        }
    }

    #[test]
    fn each_law_is_written_alike_for_times_and_for_tokens() {
        let pairs = [
            ("constant = \"2.5 s\"", "constant = 250", 2.5, 250.0, 0.0),
            ("exponential = { mean = \"2 s\" }", "exponential = { mean = 200 }", 2.0, 200.0, 1.0),
            (
                "lognormal = { mean = \"2 s\", cv = 1.5 }",
                "lognormal = { mean = 2.5, cv = 1.5 }",
                2.0,
                2.5,
                1.5,
            ),
            ("gamma = { mean = \"90 ms\", cv = 0.5 }", "gamma = { mean = 90, cv = 0.5 }", 0.09, 90.0, 0.5),
            ("erlang = { mean = \"2 s\", shape = 4 }", "erlang = { mean = 20, stages = 4 }", 2.0, 20.0, 0.5),
            (
                "hyperexponential = { mean = \"1 min\", cv = 2 }",
                "hyperexponential = { mean = 60, cv = 2 }",
                60.0,
                60.0,
                2.0,
            ),
        ];
        for (time, tokens, seconds, count, cv) in pairs {
            let (a, b) = read(&format!("time.{time}\ntokens.{tokens}\n")).unwrap();
            assert_eq!((a.mean(), b.mean()), (seconds, count), "{time}");
            assert!((a.cv() - cv).abs() < 1e-12 && (b.cv() - cv).abs() < 1e-12, "{time}");
        }
        assert_eq!(pairs.len() + 1, TIMES.members.len(), "a law is missing here");
        let quantiles = "time.empirical.quantiles = [[0, \"0 s\"], [1, \"4 s\"]]\n\
            tokens.empirical.quantiles = [[0.0, 1], [0.5, 1020], [0.99, 4142], [1.0, 9000]]";
        let (a, b) = read(quantiles).unwrap();
        assert_eq!((a.mean(), b.mean().round()), (2.0, 1586.0));
        let (a, _) = read("time.lognormal = { median = \"115 s\", sigma = 0.25 }").unwrap();
        assert!((a.mean() - 118.650_492).abs() < 1e-5);
    }

    #[test]
    fn errors_say_what_is_wrong_where() {
        for (text, parts) in [
            ("time.constant = 2", &["needs a unit"][..]),
            ("tokens.constant = \"2 s\"", &["`constant`", "whole number"]),
            ("tokens.constant = 0", &["between 1 and 2147483648"]),
            ("time.exponential = {}", &["needs the key `mean`"]),
            ("time.exponential = { mean = \"0 s\" }", &["between 1 ns and 365 d"]),
            ("tokens.exponential = { mean = 0 }", &["above 0"]),
            ("tokens.lognormal = { mean = 5 }", &["either mean and cv or median and sigma"]),
            ("tokens.lognormal = { mean = 5, cv = 1, sigma = 1 }", &["either mean and cv"]),
            ("tokens.lognormal = { mean = nan, cv = 1 }", &["`mean`"]),
            ("tokens.hyperexponential = { mean = 5, cv = 1.0 }", &["cv must be above 1"]),
            ("tokens.empirical.quantiles = [[0, 5], [1, 3]]", &["must not decrease"]),
            ("tokens.empirical.quantiles = [[0, 5]]", &["at least two pairs"]),
            ("tokens.log_normal = { mean = 5 }", &["did you mean `lognormal`"]),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains("\n1 error in laws.toml"), "{message}");
            parts.iter().for_each(|part| assert!(message.contains(part), "{part:?} is not in: {message}"));
        }
    }

    #[test]
    fn the_specs_are_sound() {
        assert_eq!(faults(&ROOT), Vec::<String>::new());
    }

    #[test]
    fn the_units_have_specs_of_their_own() {
        for (time, tokens) in TIMES.members.iter().zip(TOKENS.members) {
            assert_eq!(time.tag, tokens.tag);
            assert!(!time.doc.is_empty());
            if let (Kind::Table(a), Kind::Table(b)) = (time.value, tokens.value) {
                assert_ne!(a.name, b.name);
            }
        }
    }
}
