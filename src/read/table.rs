//! A table open for reading under its spec.

mod cross_checks;

use std::rc::Rc;

use super::document::Document;
use super::node::{Entry, Node, Origin, Place, Value, default_node, parse_value};
use super::problem::Problem;
use super::spec::{Fallback, Key, Kind, Spec, listed};
use super::suggest::nearest;
use super::tagged::{Form, Tagged};
use crate::name::Name;
use crate::units::{Rate, Span};

/// A table open for reading. Its getters never fail: an error is recorded with its place, and a harmless
/// value of the key's range is handed back in its stead, so that a reader is straight-line code.
///
/// A getter's key must be in the table's spec, with a kind that fits the getter: anything else is a
/// programmer error and panics. Keys the spec does not know are reported when the table is opened.
#[derive(Debug)]
pub struct Table<'d> {
    doc: &'d Document,
    spec: &'static Spec,
    /// What is given for each key of the spec.
    given: Vec<Option<Given>>,
    /// Defaults that go before those of the spec: what a preset sets.
    underlaid: Vec<Entry>,
    place: Place,
    kept: usize,
    /// Missing or in error, which is reported: its keys are not missed.
    is_stand_in: bool,
    /// Written as a text that stands for some of its keys.
    is_shorthand: bool,
}

/// A key that is given in a text, and its number in the document's log.
#[derive(Debug)]
struct Given {
    node: Rc<Node>,
    number: usize,
}

impl<'d> Table<'d> {
    /// Opens `node` under `spec`; `None` stands for a table left out or in error, which `place` speaks for.
    pub(super) fn open(
        doc: &'d Document,
        spec: &'static Spec,
        node: Option<Rc<Node>>,
        place: Place,
        kept: usize,
    ) -> Table<'d> {
        let given = spec.keys.iter().map(|_| None).collect();
        let mut table = Table {
            doc,
            spec,
            given,
            underlaid: Vec::new(),
            place,
            kept,
            is_stand_in: node.is_none(),
            is_shorthand: false,
        };
        match node.as_ref().map(|node| (&node.value, node)) {
            None => {}
            Some((Value::Table(entries), _)) => entries.iter().for_each(|entry| table.admit(entry)),
            Some((Value::Text(_), node)) if !spec.shorthand.is_empty() => {
                table.is_shorthand = true;
                for key in spec.shorthand {
                    let index = spec.position(key).expect("a shorthand names keys of its spec");
                    let number = doc.note_given(node.place, spec.keys[index].name);
                    table.given[index] = Some(Given { node: node.clone(), number });
                }
            }
            Some((other, _)) => {
                table.is_stand_in = true;
                let wanted = if spec.shorthand.is_empty() { "a table" } else { "text or a table" };
                let message = format!("{} must be {wanted}, not {}", table.title(), other.type_name());
                table.report(place, message, table.keys_text(), None);
            }
        }
        table
    }

    /// Takes one entry of the text in, or reports it.
    fn admit(&mut self, entry: &Entry) {
        let Some(index) = self.spec.position(&entry.key) else {
            return self.report_unknown(entry);
        };
        let key = &self.spec.keys[index];
        match (&mut self.given[index], key.kind) {
            // The key and its alias both hold rows: `[[check]]` beside `[[checks]]`.
            (Some(Given { node, .. }), Kind::Rows(_)) => {
                let mut joined = (**node).clone();
                if let (Value::Array(rows), Value::Array(more)) = (&mut joined.value, &entry.node.value) {
                    rows.extend(more.iter().cloned());
                }
                *node = Rc::new(joined);
            }
            (Some(_), _) => {
                let message = format!("`{}` is the same key as `{}`, given above", entry.key, key.name);
                self.report(entry.key_place, message, "given twice".to_owned(), None);
            }
            (slot, _) => {
                let number = self.doc.note_given(entry.key_place, key.name);
                *slot = Some(Given { node: entry.node.clone(), number });
            }
        }
    }

    fn report_unknown(&self, entry: &Entry) {
        if self.doc.is_full() {
            return self.report(entry.key_place, String::new(), String::new(), None);
        }
        let known = self.spec.keys.iter().flat_map(|key| key.aliases.iter().chain([&key.name]).copied());
        let inner = |key: &Key| match key.kind {
            Kind::Table(spec) => spec.position(&entry.key).is_some(),
            Kind::OneOf(family) => family.position(&entry.key).is_some(),
            _ => false,
        };
        let help = match (nearest(&entry.key, known), self.spec.keys.iter().find(|key| inner(key))) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, Some(key)) => format!("did you mean `{}.{}`?", key.name, entry.key),
            (None, None) => self.keys_text(),
        };
        let message = format!("unknown key `{}` in {}", entry.key, self.title());
        self.report(entry.key_place, message, "unknown key".to_owned(), Some(help));
    }

    fn keys_text(&self) -> String {
        if self.spec.keys.is_empty() {
            return "it takes no keys".to_owned();
        }
        format!("its keys: {}", listed(self.spec.keys.iter().map(|key| key.name)))
    }

    /// The table in a message.
    fn title(&self) -> String {
        match self.doc.with_store(|store| store.path(self.kept)) {
            path if path.is_empty() => "the file".to_owned(),
            path => format!("`{path}`"),
        }
    }

    /// The value of `key`, to be read by its kind; `None` where it is optional and left out.
    fn at(&mut self, key: &str) -> Option<Tagged<'d>> {
        let spec = self.spec;
        let Some(index) = spec.keys.iter().position(|known| known.name == key) else {
            panic!("the spec `{}` has no key `{key}`", spec.name);
        };
        let key = &spec.keys[index];
        let underlaid = self.underlaid.iter().find(|entry| entry.key == key.name);
        let node = match (&self.given[index], key.fallback) {
            (Some(given), _) => {
                self.doc.mark_read(given.number);
                Some(given.node.clone())
            }
            (None, _) if underlaid.is_some() => underlaid.map(|entry| entry.node.clone()),
            (None, Fallback::Absent) => return None,
            (None, Fallback::Required) => {
                self.report_missing(key);
                None
            }
            (None, Fallback::Text(toml)) => Some(default_node(key.name, toml)),
            (None, Fallback::Table) => {
                Some(Rc::new(Node { value: Value::Table(Vec::new()), place: DEFAULT_PLACE }))
            }
        };
        let kept = self.doc.with_store(|store| store.child(self.kept, key.name));
        let value = Tagged::new(self.doc, key.name, key.kind, node, self.place, kept);
        if !self.is_shorthand {
            return Some(value);
        }
        let path = self.doc.with_store(|store| store.path(self.kept));
        Some(value.called(path.rsplit('.').next().unwrap_or_default().to_owned()))
    }

    fn report_missing(&self, key: &Key) {
        if self.is_stand_in || self.doc.is_broken() {
            self.doc.with_store(|store| store.taint(self.kept));
            return;
        }
        let help = (!key.doc.is_empty()).then(|| format!("`{}`: {}", key.name, key.doc));
        let message = format!("{} needs the key `{}`", self.title(), key.name);
        self.report(self.place, message, key.kind.describe(), help);
    }

    fn report(&self, place: Place, message: String, label: String, help: Option<String>) {
        self.doc.report(self.kept, Problem { place, message, label, help });
    }

    /// The value of a key that is never absent.
    fn present(&mut self, key: &str) -> Tagged<'d> {
        let name = self.spec.name;
        self.at(key).unwrap_or_else(|| panic!("`{key}` of the spec `{name}` is optional: use an opt_ getter"))
    }
}

/// # Getters: the value, its default, or a stand-in where it is in error
impl<'d> Table<'d> {
    /// A [`Kind::Bool`].
    pub fn bool(&mut self, key: &str) -> bool {
        self.present(key).bool()
    }
    /// A [`Kind::Bool`] that may be left out.
    pub fn opt_bool(&mut self, key: &str) -> Option<bool> {
        self.at(key).map(Tagged::bool)
    }
    /// A [`Kind::Integer`] or [`Kind::Tokens`].
    pub fn integer(&mut self, key: &str) -> u64 {
        self.present(key).integer()
    }
    /// A [`Kind::Integer`] or [`Kind::Tokens`] that may be left out.
    pub fn opt_integer(&mut self, key: &str) -> Option<u64> {
        self.at(key).map(Tagged::integer)
    }
    /// A [`Kind::Number`].
    pub fn number(&mut self, key: &str) -> f64 {
        self.present(key).number()
    }
    /// A [`Kind::Number`] that may be left out.
    pub fn opt_number(&mut self, key: &str) -> Option<f64> {
        self.at(key).map(Tagged::number)
    }
    /// A [`Kind::Span`] or [`Kind::SpanOrUnlimited`].
    pub fn span(&mut self, key: &str) -> Span {
        self.present(key).span()
    }
    /// A [`Kind::Span`] or [`Kind::SpanOrUnlimited`] that may be left out.
    pub fn opt_span(&mut self, key: &str) -> Option<Span> {
        self.at(key).map(Tagged::span)
    }
    /// A [`Kind::Rate`] or [`Kind::RateOrUnlimited`].
    pub fn rate(&mut self, key: &str) -> Rate {
        self.present(key).rate()
    }
    /// A [`Kind::Rate`] or [`Kind::RateOrUnlimited`] that may be left out.
    pub fn opt_rate(&mut self, key: &str) -> Option<Rate> {
        self.at(key).map(Tagged::rate)
    }
    /// A [`Kind::Name`].
    pub fn name(&mut self, key: &str) -> Name {
        self.present(key).name()
    }
    /// A [`Kind::Name`] that may be left out.
    pub fn opt_name(&mut self, key: &str) -> Option<Name> {
        self.at(key).map(Tagged::name)
    }
    /// A [`Kind::Text`].
    pub fn text(&mut self, key: &str) -> String {
        self.present(key).text()
    }
    /// A [`Kind::Text`] that may be left out.
    pub fn opt_text(&mut self, key: &str) -> Option<String> {
        self.at(key).map(Tagged::text)
    }
    /// A [`Kind::Path`], relative to the scenario's folder.
    pub fn path(&mut self, key: &str) -> String {
        self.present(key).path()
    }
    /// A [`Kind::Path`] that may be left out.
    pub fn opt_path(&mut self, key: &str) -> Option<String> {
        self.at(key).map(Tagged::path)
    }
    /// The word of a [`Kind::Choice`].
    pub fn choice(&mut self, key: &str) -> &'static str {
        self.present(key).choice()
    }
    /// The word of a [`Kind::Choice`] that may be left out.
    pub fn opt_choice(&mut self, key: &str) -> Option<&'static str> {
        self.at(key).map(Tagged::choice)
    }
    /// The TOML text of a [`Kind::Toml`].
    pub fn toml(&mut self, key: &str) -> String {
        self.present(key).toml()
    }
    /// The TOML text of a [`Kind::Toml`] that may be left out.
    pub fn opt_toml(&mut self, key: &str) -> Option<String> {
        self.at(key).map(Tagged::toml)
    }
    /// A [`Kind::Table`].
    pub fn table(&mut self, key: &str) -> Table<'d> {
        self.present(key).table()
    }
    /// A [`Kind::Table`] that may be left out.
    pub fn opt_table(&mut self, key: &str) -> Option<Table<'d>> {
        self.at(key).map(Tagged::table)
    }
    /// The tables of a [`Kind::Rows`]; none where it is optional and left out. A required list must not be
    /// empty.
    pub fn rows(&mut self, key: &str) -> Vec<Table<'d>> {
        let rows = self.at(key).map_or_else(Vec::new, Tagged::rows);
        let index = self.spec.position(key).expect("just read");
        let is_required = matches!(self.spec.keys[index].fallback, Fallback::Required);
        let is_empty = |given: &Given| matches!(&given.node.value, Value::Array(rows) if rows.is_empty());
        if is_required && self.given[index].as_ref().is_some_and(is_empty) {
            self.error_at(key, format!("`{key}` needs at least one item"), None);
        }
        rows
    }
    /// The items of a [`Kind::List`]; none where it is optional and left out.
    pub fn list(&mut self, key: &str) -> Vec<Tagged<'d>> {
        self.at(key).map_or_else(Vec::new, Tagged::list)
    }
    /// The numbers of a [`Kind::List`] of [`Kind::Number`].
    pub fn numbers(&mut self, key: &str) -> Vec<f64> {
        self.list(key).into_iter().map(Tagged::number).collect()
    }
    /// The pairs of a [`Kind::Pairs`]; none where it is optional and left out.
    pub fn pairs(&mut self, key: &str) -> Vec<(Tagged<'d>, Tagged<'d>)> {
        self.at(key).map_or_else(Vec::new, Tagged::pairs)
    }
    /// The alternative chosen of a [`Kind::OneOf`]; `None` only after an error was recorded.
    pub fn tagged(&mut self, key: &str) -> Option<Tagged<'d>> {
        self.present(key).tagged()
    }
    /// The alternative chosen of a [`Kind::OneOf`] that may be left out; `None` after an error, too.
    pub fn opt_tagged(&mut self, key: &str) -> Option<Tagged<'d>> {
        self.at(key).and_then(Tagged::tagged)
    }
    /// The value of a [`Kind::Either`], sorted by its TOML type.
    pub fn form(&mut self, key: &str) -> Form<'d> {
        self.at(key).map_or(Form::Absent, Tagged::form)
    }
}

/// # Presets
impl Table<'_> {
    /// Lays `toml`, an inline table of this spec's keys, under what is given: a key that is left out then has its
    /// value there.
    ///
    /// # Panics
    /// If that is not TOML, or names a key that the spec does not have.
    pub fn underlay(&mut self, toml: &str) {
        let node = parse_value(toml, Origin::Default, 0).unwrap_or_else(|error| panic!("{toml}: {error}"));
        let Value::Table(entries) = node.value else { panic!("not a table: {toml}") };
        for entry in &entries {
            assert!(
                self.spec.position(&entry.key).is_some(),
                "no key of `{}`: {}",
                self.spec.name,
                entry.key
            );
        }
        self.underlaid = entries;
    }
}

impl Document {
    /// The top table, under `spec`, after the `--set`s.
    pub fn root(&mut self, spec: &'static Spec) -> Table<'_> {
        let (root, kept) = self.opened(spec);
        Table::open(self, spec, Some(root), Place::TOP, kept)
    }
}

const DEFAULT_PLACE: Place = Place { origin: Origin::Default, start: 0, end: 0 };
