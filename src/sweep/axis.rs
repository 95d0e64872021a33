//! What is varied: a key of the scenario, or the client strategy, and the levels it takes.

use super::range::Range;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Bytes of a path: each level repeats it.
const PATH_BYTES_MAX: usize = 1000;

/// A level of an axis: its name in tables, and what `--set` would be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// Its name.
    pub label: String,
    /// Paths and values.
    pub sets: Vec<(String, String)>,
}

/// An axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// Its name: the key's path, or `strategy`.
    pub name: String,
    /// The levels of a grid.
    pub levels: Vec<Level>,
    /// The range they are from: a sample takes any value of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
}

impl Axis {
    /// Read `PATH=VALUES`: values separated by commas, or a [`Range`].
    ///
    /// # Errors
    /// What is wrong, in one line.
    pub fn parse(text: &str) -> Result<Axis, String> {
        let (path, values) = text.split_once('=').ok_or("it must be PATH=VALUES, such as run.seed=1..4")?;
        let (path, values) = (path.trim(), values.trim());
        if path.is_empty() {
            return Err("the path before `=` is empty".to_owned());
        }
        if path.len() > PATH_BYTES_MAX {
            return Err(format!("the path before `=` has {} bytes", path.len()));
        }
        let range = Range::parse(values)?;
        let texts = match &range {
            Some(range) => range.levels(),
            None => listed(values)?,
        };
        let mut seen = BTreeSet::new();
        if let Some(twice) = texts.iter().find(|text| !seen.insert(text.as_str())) {
            return Err(format!("the value {twice} of {path} stands twice"));
        }
        let levels = texts.into_iter().map(|value| Level::of(path, value)).collect();
        Ok(Axis { name: path.to_owned(), levels, range })
    }

    /// The level at a share `u` of the way, 0 ≤ u < 1.
    pub fn at(&self, u: f64) -> Level {
        match &self.range {
            Some(range) => Level::of(&self.name, range.at(u)),
            None => self.levels[((u * self.levels.len() as f64) as usize).min(self.levels.len() - 1)].clone(),
        }
    }
}

impl Level {
    fn of(path: &str, value: String) -> Level {
        // The quotes of a TOML string are no part of its name.
        let bare = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(&value);
        Level { label: bare.to_owned(), sets: vec![(path.to_owned(), value)] }
    }
}

/// The parts between commas that stand in no bracket and no quotes.
fn listed(text: &str) -> Result<Vec<String>, String> {
    let mut values = vec![String::new()];
    let (mut depth, mut quote) = (0, None);
    for c in text.chars() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) => quote = Some(c),
            ('[' | '{', None) => depth += 1,
            (']' | '}', None) => depth -= 1,
            (',', None) if depth == 0 => {
                values.push(String::new());
                continue;
            }
            _ => {}
        }
        values.last_mut().expect("there is a first").push(c);
    }
    let values: Vec<String> = values.into_iter().map(|value| value.trim().to_owned()).collect();
    match values.iter().any(String::is_empty) {
        true => Err(format!("a value of {text:?} is empty")),
        false => Ok(values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Vec<String> {
        Axis::parse(text).unwrap().levels.into_iter().map(|level| level.label).collect()
    }

    #[test]
    fn values_are_split_at_commas_outside_of_brackets_and_quotes() {
        assert_eq!(labels("run.seed = 1, 2,3"), ["1", "2", "3"]);
        assert_eq!(labels("a=\"x, y\",'z'"), ["x, y", "'z'"]);
        assert_eq!(labels("a={ b = [1, 2] },{ c = 3 }"), ["{ b = [1, 2] }", "{ c = 3 }"]);
        assert_eq!(labels("a=1..3"), ["1", "2", "3"]);
        let axis = Axis::parse("m.law=\"x\",\"y\"").unwrap();
        assert_eq!(axis.levels[1].sets, [("m.law".to_owned(), "\"y\"".to_owned())]);
        assert_eq!(axis.at(0.99), axis.levels[1]);
    }

    #[test]
    fn an_axis_without_values_or_with_one_twice_is_refused() {
        for (text, wanted) in [
            ("run.seed", "PATH=VALUES"),
            ("=1", "path"),
            ("a=", "empty"),
            ("a=1,,2", "empty"),
            ("a=1,2,1", "twice"),
            ("a=9..1", "reversed"),
        ] {
            assert!(Axis::parse(text).expect_err(text).contains(wanted), "{text}");
        }
    }
}
