//! Rows with names: in order, each name once, found by name.

use crate::bounds;
use crate::name::Name;
use crate::platform::config::ModelConfig;
use crate::read::{Table, nearest};
use std::collections::BTreeSet;

/// Rows in order of their names.
pub fn by_name<T>(mut rows: Vec<(Name, T)>) -> Vec<T> {
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows.into_iter().map(|(_, row)| row).collect()
}

/// A name that stands twice, whatever its case, is an error.
pub fn refuse_twice(table: &Table, name: &Name, seen: &mut BTreeSet<String>, what: &str) {
    if table.clean() && !seen.insert(name.as_str().to_lowercase()) {
        let help = "names are unique without regard to case".to_owned();
        table.error_at("name", format!("there is another {what} named `{name}`"), Some(help));
    }
}

/// At most [`bounds::ROWS_MAX`] rows.
pub fn refuse_too_many(root: &Table, key: &str, count: usize) {
    if count > bounds::ROWS_MAX {
        let message = format!("{count} rows: at most {} are allowed", bounds::ROWS_MAX);
        root.error_at(key, message, None);
    }
}

/// The index of a model by name, or an error with a suggestion.
pub fn find_model(table: &Table, key: &str, name: &str, models: &[ModelConfig]) -> Option<u32> {
    let index = models.binary_search_by(|model| model.name.as_str().cmp(name)).ok();
    // Without models there is an error already.
    if index.is_none() && table.clean() && !models.is_empty() {
        let names = models.iter().map(|model| model.name.as_str());
        let listed = names.clone().take(8).collect::<Vec<_>>().join(", ");
        let help = match nearest(name, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the models are: {listed}"),
        };
        table.error_at(key, format!("there is no model `{name}` in this scenario"), Some(help));
    }
    index.map(|i| i as u32)
}
