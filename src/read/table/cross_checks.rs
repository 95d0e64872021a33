//! What a reader asks and tells of a table beside its values: which keys are given, what is wrong between them.

use super::super::node::{Origin, Place, Value};
use super::{Given, Table};

/// # Cross-checks
impl Table<'_> {
    /// True where `key` is given: in the file, by a `--set`, or in the default of the whole table.
    pub fn has(&self, key: &str) -> bool {
        self.given(key).is_some()
    }

    /// Records an error at the value of `key`, or at the table where `key` is left out.
    pub fn error_at(&self, key: &str, message: impl Into<String>, help: Option<String>) {
        self.report(self.place_of(key), message.into(), String::new(), help);
    }

    /// Records what is worth saying of the value of `key`, which is right: that it has no effect, and why.
    pub fn note_at(&self, key: &str, message: &str) {
        self.doc.note(self.place_of(key), message);
    }

    /// Records an error at a stretch of the text that is given for `key`, in bytes of its value.
    pub fn error_within(
        &self,
        key: &str,
        range: std::ops::Range<usize>,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        match self.given(key).map(|given| (&given.node.value, given.node.place)) {
            Some((Value::Text(text), place)) if place.origin != Origin::Default => {
                let place = self.doc.within(place, text, range);
                self.report(place, message.into(), String::new(), help);
            }
            _ => self.error_at(key, message, help),
        }
    }

    /// Records an error at the table itself.
    pub fn error_here(&self, message: impl Into<String>, help: Option<String>) {
        self.report(self.place, message.into(), String::new(), help);
    }

    /// True while no error is recorded in this table or below it: the guard of a cross-check.
    pub fn clean(&self) -> bool {
        !self.doc.with_store(|store| store.is_tainted(self.kept))
    }

    /// The table's path as `--set` takes it: `org.steady.workload.0`.
    pub fn path_text(&self) -> String {
        self.doc.with_store(|store| store.path(self.kept))
    }

    fn given(&self, key: &str) -> Option<&Given> {
        let index = self.spec.position(key);
        self.given[index.unwrap_or_else(|| panic!("the spec `{}` has no key `{key}`", self.spec.name))]
            .as_ref()
    }

    /// Where `key` stands; where it is left out, the table.
    fn place_of(&self, key: &str) -> Place {
        let place = self.given(key).map(|given| given.node.place);
        place.filter(|place| place.origin != Origin::Default).unwrap_or(self.place)
    }
}
