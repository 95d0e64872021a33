//! Rows of a file of JSON lines: one object each.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::dialect::{self, DIALECTS, Dialect, folded};
use super::rows::Rows;
use super::{Trace, TraceError};

/// Reads one JSON object per line; blank lines are passed over. The first object's keys tell the dialect.
pub(super) fn read(bytes: &[u8]) -> Result<Trace, TraceError> {
    let mut rows = Rows::default();
    let mut found: Option<&'static Dialect> = None;
    for (line, text) in (1..).zip(bytes.split(|&b| b == b'\n')) {
        if text.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let Ok(object) = serde_json::from_slice::<Object>(text) else {
            rows.drop(line, 1, "it is not a JSON object".into());
            continue;
        };
        let dialect = match found {
            Some(dialect) => dialect,
            None => *found.insert(dialect::of_columns(&object.keys())?),
        };
        let cells = [dialect.time, dialect.prompt, dialect.output].map(|key| object.get(key));
        rows.take(line, dialect, cells);
        rows.check_size()?;
    }
    rows.finish(found.unwrap_or(&DIALECTS[0]))
}

/// The keys of an object, folded, and their values as text; a list or an object has none.
struct Object(Vec<(String, Option<String>)>);

impl Object {
    fn keys(&self) -> Vec<String> {
        self.0.iter().map(|(key, _)| key.clone()).collect()
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.as_deref())
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Object, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut entries = Vec::new();
                while let Some((key, Cell(value))) = map.next_entry::<String, Cell>()? {
                    entries.push((folded(&key), value));
                }
                Ok(Object(entries))
            }
        }
        input.deserialize_map(Entries)
    }
}

/// A number or a text, as text; anything else is passed over without being kept.
struct Cell(Option<String>);

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Cell, D::Error> {
        struct Scalar;
        impl<'de> Visitor<'de> for Scalar {
            type Value = Cell;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_u64<E>(self, value: u64) -> Result<Cell, E> {
                Ok(Cell(Some(value.to_string())))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Cell, E> {
                Ok(Cell(Some(value.to_string())))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Cell, E> {
                Ok(Cell(Some(value.to_string())))
            }
            fn visit_str<E>(self, value: &str) -> Result<Cell, E> {
                Ok(Cell(Some(value.to_string())))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Cell, E> {
                Ok(Cell(None))
            }
            fn visit_unit<E>(self) -> Result<Cell, E> {
                Ok(Cell(None))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Cell, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Cell(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Cell(None))
            }
        }
        input.deserialize_any(Scalar)
    }
}
