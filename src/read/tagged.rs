//! One value under its key or tag, to be read by its kind.

use std::rc::Rc;

use super::check;
use super::document::Document;
use super::kept::{Kept, toml_text};
use super::node::{Node, Origin, Place, Value};
use super::problem::Problem;
use super::spec::{Family, Kind, listed};
use super::suggest::nearest;
use super::table::Table;
use crate::name::Name;
use crate::units::{Rate, Span};

/// A value under its key or, in a family, its tag: read it once, by the getter of its kind.
#[derive(Debug)]
pub struct Tagged<'d> {
    /// The key or tag it stands under.
    pub tag: &'static str,
    doc: &'d Document,
    kind: Kind,
    /// `None` where it is missing or in error: that is reported, and stand-ins are handed out.
    node: Option<Rc<Node>>,
    place: Place,
    kept: usize,
    /// What errors call it, where a table's shorthand stands for it: the table's key.
    alias: Option<String>,
}

/// A value of several possible kinds, sorted by its TOML type.
#[derive(Debug)]
pub enum Form<'d> {
    /// Left out, or in error (which is recorded).
    Absent,
    /// `true` or `false`.
    Bool(Tagged<'d>),
    /// A whole or decimal number.
    Number(Tagged<'d>),
    /// A string: text, a name, a choice, a span, a rate.
    Text(Tagged<'d>),
    /// An array.
    List(Tagged<'d>),
    /// A table: [`Tagged::table`] or [`Tagged::tagged`].
    Table(Tagged<'d>),
}

impl<'d> Tagged<'d> {
    /// `around` is the place of the table it stands in, which speaks for a default.
    pub(super) fn new(
        doc: &'d Document,
        tag: &'static str,
        kind: Kind,
        node: Option<Rc<Node>>,
        around: Place,
        kept: usize,
    ) -> Tagged<'d> {
        let place = match &node {
            Some(node) if node.place.origin != Origin::Default => node.place,
            _ => around,
        };
        Tagged { tag, doc, kind, node, place, kept, alias: None }
    }

    /// The same, called otherwise in errors.
    pub(super) fn called(self, alias: String) -> Tagged<'d> {
        Tagged { alias: Some(alias), ..self }
    }

    /// Records an error at this value.
    pub fn error(&self, message: impl Into<String>, help: Option<String>) {
        self.report(self.place, message.into(), String::new(), help);
    }

    fn report(&self, place: Place, message: String, label: String, help: Option<String>) {
        self.doc.report(self.kept, Problem { place, message, label, help });
    }

    fn misuse(&self, getter: &str) -> ! {
        panic!("`{}` is {}: it cannot be read by {getter}()", self.tag, self.kind.describe())
    }

    fn origin(&self) -> (Origin, u32) {
        self.node.as_ref().map_or((Origin::Default, 0), |node| (node.place.origin, node.place.start))
    }

    fn keep(&self, value: Kept) {
        let (origin, at) = self.origin();
        self.doc.keep(self.kept, value, origin, at);
    }

    /// Reads a scalar: `check` accepts the value or says why not, `canonical` writes it as TOML.
    fn scalar<T>(
        self,
        stand_in: T,
        check: impl FnOnce(&Value) -> Result<T, String>,
        canonical: impl FnOnce(&T) -> String,
    ) -> T {
        let Some(node) = &self.node else { return stand_in };
        match check(&node.value) {
            Ok(value) => {
                self.keep(Kept::Scalar(canonical(&value)));
                value
            }
            Err(reason) => {
                let message = format!("`{}` {reason}", self.alias.as_deref().unwrap_or(self.tag));
                let is_default = node.place.origin == Origin::Default;
                assert!(!is_default, "the default of {message}");
                let help = check::help(&self.kind, &node.value);
                self.report(self.place, message, format!("allowed: {}", self.kind.describe()), help);
                stand_in
            }
        }
    }

    /// A [`Kind::Bool`].
    pub fn bool(self) -> bool {
        match self.kind {
            Kind::Bool => self.scalar(false, check::bool, bool::to_string),
            _ => self.misuse("bool"),
        }
    }

    /// A [`Kind::Integer`] or [`Kind::Tokens`].
    pub fn integer(self) -> u64 {
        match self.kind {
            Kind::Integer(range) | Kind::Tokens(range) => {
                self.scalar(range.min, |value| check::integer(value, range), u64::to_string)
            }
            _ => self.misuse("integer"),
        }
    }

    /// A [`Kind::Number`].
    pub fn number(self) -> f64 {
        match self.kind {
            Kind::Number(range) => {
                self.scalar(range.min, |value| check::number(value, range), |number| format!("{number:?}"))
            }
            _ => self.misuse("number"),
        }
    }

    /// A [`Kind::Span`] or [`Kind::SpanOrUnlimited`].
    pub fn span(self) -> Span {
        let (range, unlimited) = match self.kind {
            Kind::Span(range) => (range, false),
            Kind::SpanOrUnlimited(range) => (range, true),
            _ => self.misuse("span"),
        };
        self.scalar(range.min, |value| check::span(value, range, unlimited), |span| format!("\"{span}\""))
    }

    /// A [`Kind::Rate`] or [`Kind::RateOrUnlimited`].
    pub fn rate(self) -> Rate {
        let (of, range, unlimited) = match self.kind {
            Kind::Rate(of, range) => (of, range, false),
            Kind::RateOrUnlimited(of, range) => (of, range, true),
            _ => self.misuse("rate"),
        };
        self.scalar(range.min, |value| check::rate(value, of, range, unlimited), |rate| format!("\"{rate}\""))
    }

    /// A [`Kind::Name`].
    pub fn name(self) -> Name {
        match self.kind {
            Kind::Name => {
                let stand_in = Name::new("unnamed").expect("a valid name");
                self.scalar(stand_in, check::name, |name| format!("\"{name}\""))
            }
            _ => self.misuse("name"),
        }
    }

    /// A [`Kind::Text`].
    pub fn text(self) -> String {
        match self.kind {
            Kind::Text(max_chars) => {
                self.scalar(String::new(), |value| check::text(value, max_chars), |text| toml_text(text))
            }
            _ => self.misuse("text"),
        }
    }

    /// A [`Kind::Path`], relative to the scenario's folder.
    pub fn path(self) -> String {
        match self.kind {
            Kind::Path => self.scalar(String::new(), check::path, |path| toml_text(check::portable(path))),
            _ => self.misuse("path"),
        }
    }

    /// The word of a [`Kind::Choice`].
    pub fn choice(self) -> &'static str {
        match self.kind {
            Kind::Choice(words) => {
                self.scalar(words[0].0, |value| check::choice(value, words), |word| format!("\"{word}\""))
            }
            _ => self.misuse("choice"),
        }
    }

    /// The TOML text of a [`Kind::Toml`]: `8`, `"none"`, `{preset = "none"}`.
    pub fn toml(self) -> String {
        match self.kind {
            Kind::Toml => self.scalar(String::new(), check::toml, String::clone),
            _ => self.misuse("toml"),
        }
    }

    /// A [`Kind::Table`].
    pub fn table(self) -> Table<'d> {
        match self.kind {
            Kind::Table(spec) => {
                self.keep(Kept::Table(Vec::new()));
                Table::open(self.doc, spec, self.node, self.place, self.kept)
            }
            _ => self.misuse("table"),
        }
    }

    /// The tables of a [`Kind::Rows`].
    pub fn rows(self) -> Vec<Table<'d>> {
        let Kind::Rows(spec) = self.kind else { self.misuse("rows") };
        let tag = self.tag;
        if let Some(Value::Table(_)) = self.node.as_ref().map(|node| &node.value) {
            let help = format!("write [[{tag}]], with two brackets, for each item of a list");
            self.report(
                self.place,
                format!("`{tag}` must be a list of tables"),
                "one table".to_owned(),
                Some(help),
            );
            return Vec::new();
        }
        self.items(Kind::Table(spec)).into_iter().flatten().map(Tagged::table).collect()
    }

    /// The items of a [`Kind::List`], each to be read by its kind.
    pub fn list(self) -> Vec<Tagged<'d>> {
        let Kind::List(kind) = self.kind else { self.misuse("list") };
        self.items(*kind).unwrap_or_default()
    }

    /// The pairs of a [`Kind::Pairs`], each of two values to be read by their kinds.
    pub fn pairs(self) -> Vec<(Tagged<'d>, Tagged<'d>)> {
        let Kind::Pairs(first, second) = self.kind else { self.misuse("pairs") };
        let pair = |list: Tagged<'d>| match <[_; 2]>::try_from(list.items(*first)?) {
            Ok([a, b]) => Some((a, Tagged { kind: *second, ..b })),
            Err(items) => {
                let message = format!("each item of `{}` must be a pair, not {}", self.tag, items.len());
                list.report(list.place, message, format!("allowed: {}", self.kind.describe()), None);
                None
            }
        };
        self.items(self.kind).into_iter().flatten().filter_map(pair).collect()
    }

    /// The items of an array, each of `kind`; `None` where the value is no array, which is reported.
    fn items(&self, kind: Kind) -> Option<Vec<Tagged<'d>>> {
        let node = self.node.as_ref()?;
        let Value::Array(items) = &node.value else {
            let message = format!("`{}` must be a list, not {}", self.tag, node.value.type_name());
            self.report(self.place, message, format!("allowed: {}", self.kind.describe()), None);
            return None;
        };
        self.keep(Kept::Array(Vec::new()));
        let number = |(index, item): (usize, &Rc<Node>)| {
            let name = item.name().map_or_else(|| index.to_string(), str::to_owned);
            let kept = self.doc.with_store(|store| store.child(self.kept, &name));
            Tagged::new(self.doc, self.tag, kind, Some(item.clone()), self.place, kept)
        };
        Some(items.iter().enumerate().map(number).collect())
    }

    /// The alternative chosen of a [`Kind::OneOf`]; `None` only after an error was recorded.
    pub fn tagged(self) -> Option<Tagged<'d>> {
        let Kind::OneOf(family) = self.kind else { self.misuse("tagged") };
        let node = self.node.clone()?;
        let tag = self.tag;
        let tags = || format!("allowed: one of {}", listed(family.members.iter().map(|member| member.tag)));
        let Value::Table(entries) = &node.value else {
            let help = match &node.value {
                Value::Text(word) => near_tag(family, word).map(|near| format!("write {tag}.{near} = …")),
                _ => None,
            };
            let what = node.value.type_name();
            self.report(
                self.place,
                format!("`{tag}` must be a table with one tag, not {what}"),
                tags(),
                help,
            );
            return None;
        };
        let [entry] = &entries[..] else {
            let message = match &entries[..] {
                [] => format!("`{tag}` needs a tag: which {}?", family.name),
                [a, b, ..] => format!("`{tag}` must have one tag, not both `{}` and `{}`", a.key, b.key),
                [_] => unreachable!("matched above"),
            };
            let place = entries.get(1).map_or(self.place, |second| second.key_place);
            self.report(place, message, tags(), None);
            return None;
        };
        let Some(index) = family.position(&entry.key) else {
            let help = near_tag(family, &entry.key).map(|near| format!("did you mean `{near}`?"));
            let message = format!("`{}` is no {} that `{tag}` knows", entry.key, family.name);
            self.report(entry.key_place, message, tags(), help);
            return None;
        };
        self.keep(Kept::Table(Vec::new()));
        let member = &family.members[index];
        let kept = self.doc.with_store(|store| store.child(self.kept, member.tag));
        Some(Tagged::new(self.doc, member.tag, member.value, Some(entry.node.clone()), self.place, kept))
    }

    /// The value of a [`Kind::Either`], narrowed to the first of its kinds that has the value's TOML type.
    pub fn form(mut self) -> Form<'d> {
        let Kind::Either(kinds) = self.kind else { self.misuse("form") };
        let Some(node) = &self.node else { return Form::Absent };
        let Some(kind) = kinds.iter().find(|kind| check::fits(kind, &node.value)) else {
            let message = format!("`{}` must not be {}", self.tag, node.value.type_name());
            self.report(self.place, message, format!("allowed: {}", self.kind.describe()), None);
            return Form::Absent;
        };
        self.kind = *kind;
        match &node.value {
            Value::Bool(_) => Form::Bool(self),
            Value::Integer(_) | Value::TooLarge | Value::Number(_) => Form::Number(self),
            Value::Text(_) => Form::Text(self),
            Value::Array(_) => Form::List(self),
            Value::Table(_) => Form::Table(self),
            Value::Date => unreachable!("no kind fits a date"),
        }
    }
}

fn near_tag(family: &'static Family, word: &str) -> Option<&'static str> {
    nearest(word, family.members.iter().map(|member| member.tag))
}
