//! What a table may hold: specs, keys, kinds of value and families of alternatives.
//!
//! All are consts, written with the builders of [`Key`], so that a spec reads as the table of contents of
//! its table. Everything that must know the keys follows from them: the reader and its errors, defaults,
//! the resolved scenario, the lists on the command line and the JSON Schema.

use std::fmt;

use super::range::Range;
use crate::units::{Quantity, Rate, Span};

/// A table with known keys.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// What the table is, in one or two words; names its definition in the JSON Schema.
    pub name: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// The keys, in the order they are listed and best read.
    pub keys: &'static [Key],
    /// The keys a bare string in place of the table sets (`honor = "reset"` for `honor.header = "reset"`);
    /// empty where the table must be spelled out.
    pub shorthand: &'static [&'static str],
}

impl Spec {
    /// A table of `keys`.
    pub const fn new(name: &'static str, doc: &'static str, keys: &'static [Key]) -> Spec {
        Spec { name, doc, keys, shorthand: &[] }
    }

    /// The same, where a bare string stands for a table that sets each of `keys` to it.
    pub const fn shorthand(self, keys: &'static [&'static str]) -> Spec {
        Spec { shorthand: keys, ..self }
    }

    /// The place in [`Spec::keys`] of the key or alias `name`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.keys.iter().position(|key| key.name == name || key.aliases.contains(&name))
    }
}

/// One key of a table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The key as written.
    pub name: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// What its value may be.
    pub kind: Kind,
    /// What holds when it is left out.
    pub fallback: Fallback,
    /// Other spellings that are accepted.
    pub aliases: &'static [&'static str],
}

/// What holds when a key is left out.
#[derive(Clone, Copy, Debug)]
pub enum Fallback {
    /// Leaving it out is an error.
    Required,
    /// It has no value.
    Absent,
    /// This TOML value, read by the same path as the file's.
    Text(&'static str),
    /// An empty table: the defaults of its own keys.
    Table,
}

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Integer(Range<u64>),
    /// A whole number of tokens.
    Tokens(Range<u64>),
    /// A finite number.
    Number(Range<f64>),
    /// A span with its unit, "30 min".
    Span(Range<Span>),
    /// A span, or "unlimited" ([`Span::MAX`]).
    SpanOrUnlimited(Range<Span>),
    /// A rate with its unit, "600/min".
    Rate(Quantity, Range<Rate>),
    /// A rate, or "unlimited" ([`Rate::UNLIMITED`]).
    RateOrUnlimited(Quantity, Range<Rate>),
    /// A [`crate::name::Name`].
    Name,
    /// Free text of at most so many characters.
    Text(usize),
    /// A file, relative to the scenario's folder.
    Path,
    /// One of these words, each with its meaning.
    Choice(&'static [(&'static str, &'static str)]),
    /// A table.
    Table(&'static Spec),
    /// A table with exactly one key: the tag of the alternative chosen.
    OneOf(&'static Family),
    /// An array of tables.
    Rows(&'static Spec),
    /// An array of values of one kind.
    List(&'static Kind),
    /// An array of arrays of two values.
    Pairs(&'static Kind, &'static Kind),
    /// One of several kinds, told apart by their TOML type.
    Either(&'static [Kind]),
    /// Any value, taken as its TOML text: what a `--set` of it would be.
    Toml,
}

/// A choice among kinds: `law.fixed = { … }`.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// What is chosen, in one or two words; names its definition in the JSON Schema.
    pub name: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// The alternatives.
    pub members: &'static [Member],
}

/// One alternative of a family.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// The tag that chooses it.
    pub tag: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// What the tag's value may be.
    pub value: Kind,
}

impl Family {
    /// A choice among `members`.
    pub const fn new(name: &'static str, doc: &'static str, members: &'static [Member]) -> Family {
        Family { name, doc, members }
    }

    /// The place in [`Family::members`] of `tag`.
    pub fn position(&self, tag: &str) -> Option<usize> {
        self.members.iter().position(|member| member.tag == tag)
    }
}

impl Member {
    /// An alternative whose parameters are a table; its sentence is the spec's.
    pub const fn table(tag: &'static str, spec: &'static Spec) -> Member {
        Member { tag, doc: spec.doc, value: Kind::Table(spec) }
    }

    /// An alternative with a value of any kind.
    pub const fn new(tag: &'static str, doc: &'static str, value: Kind) -> Member {
        Member { tag, doc, value }
    }
}

/// # Keys by kind: required until told otherwise
impl Key {
    /// A key of any kind.
    pub const fn new(name: &'static str, kind: Kind) -> Key {
        Key { name, doc: "", kind, fallback: Fallback::Required, aliases: &[] }
    }
    /// [`Kind::Bool`].
    pub const fn bool(name: &'static str) -> Key {
        Key::new(name, Kind::Bool)
    }
    /// [`Kind::Integer`].
    pub const fn integer(name: &'static str, range: Range<u64>) -> Key {
        Key::new(name, Kind::Integer(range))
    }
    /// [`Kind::Tokens`].
    pub const fn tokens(name: &'static str, range: Range<u64>) -> Key {
        Key::new(name, Kind::Tokens(range))
    }
    /// [`Kind::Number`].
    pub const fn number(name: &'static str, range: Range<f64>) -> Key {
        Key::new(name, Kind::Number(range))
    }
    /// [`Kind::Span`].
    pub const fn span(name: &'static str, range: Range<Span>) -> Key {
        Key::new(name, Kind::Span(range))
    }
    /// [`Kind::SpanOrUnlimited`].
    pub const fn span_or_unlimited(name: &'static str, range: Range<Span>) -> Key {
        Key::new(name, Kind::SpanOrUnlimited(range))
    }
    /// [`Kind::Rate`].
    pub const fn rate(name: &'static str, of: Quantity, range: Range<Rate>) -> Key {
        Key::new(name, Kind::Rate(of, range))
    }
    /// [`Kind::RateOrUnlimited`].
    pub const fn rate_or_unlimited(name: &'static str, of: Quantity, range: Range<Rate>) -> Key {
        Key::new(name, Kind::RateOrUnlimited(of, range))
    }
    /// [`Kind::Name`].
    pub const fn name(name: &'static str) -> Key {
        Key::new(name, Kind::Name)
    }
    /// [`Kind::Text`].
    pub const fn text(name: &'static str, max_chars: usize) -> Key {
        Key::new(name, Kind::Text(max_chars))
    }
    /// [`Kind::Path`].
    pub const fn path(name: &'static str) -> Key {
        Key::new(name, Kind::Path)
    }
    /// [`Kind::Choice`].
    pub const fn choice(name: &'static str, words: &'static [(&'static str, &'static str)]) -> Key {
        Key::new(name, Kind::Choice(words))
    }
    /// [`Kind::Table`].
    pub const fn table(name: &'static str, spec: &'static Spec) -> Key {
        Key::new(name, Kind::Table(spec))
    }
    /// [`Kind::OneOf`].
    pub const fn one_of(name: &'static str, family: &'static Family) -> Key {
        Key::new(name, Kind::OneOf(family))
    }
    /// [`Kind::Rows`].
    pub const fn rows(name: &'static str, spec: &'static Spec) -> Key {
        Key::new(name, Kind::Rows(spec))
    }
    /// [`Kind::List`].
    pub const fn list(name: &'static str, item: &'static Kind) -> Key {
        Key::new(name, Kind::List(item))
    }
    /// [`Kind::Pairs`].
    pub const fn pairs(name: &'static str, first: &'static Kind, second: &'static Kind) -> Key {
        Key::new(name, Kind::Pairs(first, second))
    }
    /// [`Kind::Either`].
    pub const fn either(name: &'static str, kinds: &'static [Kind]) -> Key {
        Key::new(name, Kind::Either(kinds))
    }
    /// [`Kind::Toml`].
    pub const fn toml(name: &'static str) -> Key {
        Key::new(name, Kind::Toml)
    }

    /// What the key means, in one sentence.
    pub const fn doc(self, doc: &'static str) -> Key {
        Key { doc, ..self }
    }
    /// Left out, it is this TOML value: `.or("\"30 min\"")`, `.or("2.0")`, `.or("{ fixed = {} }")`.
    pub const fn or(self, toml: &'static str) -> Key {
        Key { fallback: Fallback::Text(toml), ..self }
    }
    /// Left out, it has no value.
    pub const fn optional(self) -> Key {
        Key { fallback: Fallback::Absent, ..self }
    }
    /// Left out, it is an empty table, whose keys take their own defaults.
    pub const fn or_table(self) -> Key {
        Key { fallback: Fallback::Table, ..self }
    }
    /// Other spellings of the key.
    pub const fn alias(self, aliases: &'static [&'static str]) -> Key {
        Key { aliases, ..self }
    }
}

impl Fallback {
    /// What stands in a list for the default: its TOML, "required" or "optional".
    pub const fn text(&self) -> &'static str {
        match self {
            Fallback::Required => "required",
            Fallback::Absent => "optional",
            Fallback::Text(toml) => toml,
            Fallback::Table => "{}",
        }
    }
}

impl Kind {
    /// The kind in plain words, with its range: "a time between 1 ms and 30 d".
    pub fn describe(&self) -> String {
        let range = |what: &str, range: &dyn fmt::Display| format!("{what} {range}");
        match self {
            Kind::Bool => "true or false".to_owned(),
            Kind::Integer(r) => range("a whole number", r),
            Kind::Tokens(r) => range("a whole number of tokens", r),
            Kind::Number(r) => range("a number", r),
            Kind::Span(r) => range("a time", r),
            Kind::SpanOrUnlimited(r) => format!("a time {r}, or \"unlimited\""),
            Kind::Rate(_, r) => range("a rate", r),
            Kind::RateOrUnlimited(_, r) => format!("a rate {r}, or \"unlimited\""),
            Kind::Name => "a name: up to 64 letters, digits, '.', '_' and '-'".to_owned(),
            Kind::Text(max_chars) => format!("text of up to {max_chars} characters"),
            Kind::Path => "a file; relative paths start at the scenario's folder".to_owned(),
            Kind::Choice(words) => quoted(words.iter().map(|(word, _)| *word)),
            Kind::Table(spec) if !spec.shorthand.is_empty() => "text or a table".to_owned(),
            Kind::Table(_) => "a table".to_owned(),
            Kind::OneOf(family) => {
                format!("one of {}", listed(family.members.iter().map(|member| member.tag)))
            }
            Kind::Rows(_) => "an array of tables".to_owned(),
            Kind::List(item) => format!("a list, each item {}", item.describe()),
            Kind::Pairs(a, b) => format!("a list of pairs: {}, and {}", a.describe(), b.describe()),
            Kind::Toml => "any value".to_owned(),
            Kind::Either(kinds) => kinds.iter().map(Kind::describe).collect::<Vec<_>>().join("; or "),
        }
    }
}

/// `"a", "b" or "c"`.
fn quoted(words: impl Iterator<Item = &'static str>) -> String {
    let words: Vec<String> = words.map(|word| format!("{word:?}")).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.join(""),
    }
}

/// `a, b, c`, cut after forty.
pub(super) fn listed(words: impl Iterator<Item = &'static str>) -> String {
    let words: Vec<&str> = words.collect();
    match words.len() {
        0..=40 => words.join(", "),
        count => format!("{}, and {} more", words[..40].join(", "), count - 40),
    }
}
