//! The values of a document, each with its place.

use std::rc::Rc;

use toml::de::{DeTable, DeValue, Error};

/// Which text a value comes from. Ordered as problems are shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Origin {
    /// The scenario file.
    File,
    /// The n-th `--set` of the command line.
    Set(u32),
    /// A spec's default.
    Default,
}

/// A stretch of one of the texts, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    pub origin: Origin,
    pub start: u32,
    pub end: u32,
}

impl Place {
    /// The start of the file: for what has no place of its own.
    pub const TOP: Place = Place { origin: Origin::File, start: 0, end: 0 };

    pub fn new(origin: Origin, span: std::ops::Range<usize>, offset: usize) -> Place {
        let clip = |at: usize| u32::try_from(at + offset).unwrap_or(u32::MAX);
        Place { origin, start: clip(span.start), end: clip(span.end) }
    }
}

/// A value with its place.
#[derive(Clone, Debug)]
pub struct Node {
    pub value: Value,
    pub place: Place,
}

/// A TOML value, owned.
#[derive(Clone, Debug)]
pub enum Value {
    Bool(bool),
    Integer(i64),
    /// A whole number beyond 64 bits.
    TooLarge,
    Number(f64),
    Text(String),
    Date,
    Array(Vec<Rc<Node>>),
    Table(Vec<Entry>),
}

/// One key of a table and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    pub key: String,
    pub key_place: Place,
    pub node: Rc<Node>,
}

/// The document `text`, which begins `offset` bytes into its source, with all its syntax errors; what could be made out of it where there are any.
pub fn parse_document(text: &str, origin: Origin, offset: usize) -> (Node, Vec<Error>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let value = from_table(table.into_inner(), origin, offset);
    (Node { value, place: Place { origin, ..Place::TOP } }, errors)
}

/// The single value `text`, which stands `offset` bytes into its source.
pub fn parse_value(text: &str, origin: Origin, offset: usize) -> Result<Node, Error> {
    Ok(from_value(DeValue::parse(text)?, origin, offset))
}

/// Nesting is bounded by the parser (80 levels), so recursion is safe.
fn from_value(value: toml::Spanned<DeValue<'_>>, origin: Origin, offset: usize) -> Node {
    let place = Place::new(origin, value.span(), offset);
    let value = match value.into_inner() {
        DeValue::Boolean(b) => Value::Bool(b),
        DeValue::Integer(i) => {
            i64::from_str_radix(i.as_str(), i.radix()).map_or(Value::TooLarge, Value::Integer)
        }
        DeValue::Float(f) => Value::Number(f.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::String(s) => Value::Text(s.into_owned()),
        DeValue::Datetime(_) => Value::Date,
        DeValue::Array(items) => {
            Value::Array(items.into_iter().map(|item| Rc::new(from_value(item, origin, offset))).collect())
        }
        DeValue::Table(table) => from_table(table, origin, offset),
    };
    Node { value, place }
}

fn from_table(table: DeTable<'_>, origin: Origin, offset: usize) -> Value {
    let entries = table.into_iter().map(|(key, value)| Entry {
        key_place: Place::new(origin, key.span(), offset),
        key: key.into_inner().into_owned(),
        node: Rc::new(from_value(value, origin, offset)),
    });
    Value::Table(entries.collect())
}

impl Node {
    /// What a table's key `name` holds, if that is text: how an item of a list is known.
    pub fn name(&self) -> Option<&str> {
        let Value::Table(entries) = &self.value else { return None };
        match &entries.iter().find(|entry| entry.key == "name")?.node.value {
            Value::Text(name) => Some(name),
            _ => None,
        }
    }
}

impl Value {
    /// The value's type, in words.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Bool(_) => "true or false",
            Value::Integer(_) | Value::TooLarge | Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::Date => "a date",
            Value::Array(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

/// The node of a key's default.
pub(super) fn default_node(key: &str, toml: &str) -> Rc<Node> {
    match parse_value(toml, Origin::Default, 0) {
        Ok(node) => Rc::new(node),
        Err(error) => panic!("the default of `{key}` is not TOML: {error}"),
    }
}
