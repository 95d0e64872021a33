//! The resolved scenario: every value that was read, defaults filled in, as TOML again.

use super::kept::{Item, Kept, Store, toml_key};
use super::node::Origin;
use super::problem::Sources;
use crate::error::is_unprintable;

/// The column the origins of `--show-config` stand in.
const ORIGIN_COLUMN: usize = 64;

/// Every value a document's readers took, with its origin, in reading order.
#[derive(Debug)]
pub struct Resolved {
    store: Store,
    sources: Sources,
    notes: Vec<String>,
}

impl Resolved {
    pub(super) fn new(mut store: Store, sources: Sources, notes: Vec<String>) -> Resolved {
        store.root();
        Resolved { store, sources, notes }
    }

    /// What is worth saying of a text that is right: keys that have no effect beside others, each with its place.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// A TOML document of all values, which reads back to the same values: one line per value, its key the
    /// path that `--set` takes within the section.
    pub fn to_toml(&self) -> String {
        Writer { resolved: self, origins: false, text: String::new() }.document()
    }

    /// The same with each value's origin as a comment: `# scenario.toml:12`, `# default` or `# --set`.
    pub fn show(&self) -> String {
        Writer { resolved: self, origins: true, text: String::new() }.document()
    }

    /// Where a value comes from. Only the file's own name is told, not its folder.
    fn origin(&self, item: &Item) -> String {
        match item.origin {
            Origin::Default => "default".to_owned(),
            Origin::Set(_) => "--set".to_owned(),
            Origin::File => {
                let name = self.sources.file_name.rsplit(['/', '\\']).next().unwrap_or_default();
                let name: String = name.chars().filter(|&c| !is_unprintable(c)).collect();
                format!("{name}:{}", self.sources.line(item.at))
            }
        }
    }
}

struct Writer<'r> {
    resolved: &'r Resolved,
    origins: bool,
    text: String,
}

impl<'r> Writer<'r> {
    fn document(mut self) -> String {
        self.section(self.resolved.store.get(0), "");
        self.text
    }

    fn item(&self, index: usize) -> &'r Item {
        self.resolved.store.get(index)
    }

    /// The values of the section `path`, then its sub-sections: the tables of the root, and all lists of
    /// tables that are not simple enough for one line each.
    fn section(&mut self, section: &'r Item, path: &str) {
        let Kept::Table(children) = &section.value else { return };
        let (sections, lines): (Vec<&Item>, Vec<&Item>) =
            children.iter().map(|child| self.item(*child)).partition(|child| self.is_section(child, path));
        for child in lines {
            self.lines(child, "");
        }
        for child in sections {
            let gap = if path.is_empty() { "" } else { "." };
            let path = format!("{path}{gap}{}", toml_key(&child.name));
            match &child.value {
                Kept::Array(rows) => {
                    for row in rows {
                        self.header(&format!("[[{path}]]"));
                        self.section(self.item(*row), &path);
                    }
                }
                _ => {
                    self.header(&format!("[{path}]"));
                    self.section(child, &path);
                }
            }
        }
    }

    fn header(&mut self, header: &str) {
        let gap = if self.text.is_empty() { "" } else { "\n" };
        self.text.push_str(&format!("{gap}{header}\n"));
    }

    fn is_section(&self, item: &Item, path: &str) -> bool {
        let is_flat = |row: &usize| match &self.item(*row).value {
            Kept::Table(cells) => cells.iter().all(|cell| matches!(self.item(*cell).value, Kept::Scalar(_))),
            _ => true,
        };
        match &item.value {
            Kept::Table(_) => path.is_empty(),
            Kept::Array(rows) => {
                let is_rows = rows.iter().any(|row| matches!(self.item(*row).value, Kept::Table(_)));
                is_rows && (path.is_empty() || !rows.iter().all(is_flat))
            }
            Kept::Scalar(_) | Kept::Nothing => false,
        }
    }

    /// One line per value at or below `item`, as dotted keys.
    fn lines(&mut self, item: &'r Item, prefix: &str) {
        let key = format!("{prefix}{}", toml_key(&item.name));
        match &item.value {
            Kept::Nothing => {}
            Kept::Scalar(text) => self.line(&format!("{key} = {text}"), item),
            Kept::Table(children) if children.is_empty() => self.line(&format!("{key} = {{}}"), item),
            Kept::Table(children) => {
                for child in children {
                    self.lines(self.item(*child), &format!("{key}."));
                }
            }
            Kept::Array(rows) if rows.iter().any(|row| matches!(self.item(*row).value, Kept::Table(_))) => {
                self.text.push_str(&format!("{key} = [\n"));
                for row in rows {
                    let row = self.item(*row);
                    self.line(&format!("  {},", self.inline(row)), row);
                }
                self.text.push_str("]\n");
            }
            Kept::Array(_) => self.line(&format!("{key} = {}", self.inline(item)), item),
        }
    }

    fn line(&mut self, text: &str, item: &Item) {
        if self.origins {
            let origin = self.resolved.origin(item);
            self.text.push_str(&format!("{text:<ORIGIN_COLUMN$} # {origin}\n"));
        } else {
            self.text.push_str(&format!("{text}\n"));
        }
    }

    /// `item` as a value on one line.
    fn inline(&self, item: &Item) -> String {
        let join = |texts: Vec<String>| texts.join(", ");
        match &item.value {
            Kept::Nothing => String::new(),
            Kept::Scalar(text) => text.clone(),
            Kept::Array(items) => {
                format!("[{}]", join(items.iter().map(|i| self.inline(self.item(*i))).collect()))
            }
            Kept::Table(cells) if cells.is_empty() => "{}".to_owned(),
            Kept::Table(cells) => {
                let cell = |cell: &Item| format!("{} = {}", toml_key(&cell.name), self.inline(cell));
                let cells = cells.iter().map(|index| self.item(*index));
                let cells = cells.filter(|cell| !matches!(cell.value, Kept::Nothing));
                format!("{{ {} }}", join(cells.map(cell).collect()))
            }
        }
    }
}
