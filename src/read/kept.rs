//! The values read so far, in reading order: the raw material of the resolved scenario.

use super::node::Origin;
use crate::error::is_unprintable;

/// The values read, as a tree in one vector; a number is a value's place in it.
#[derive(Debug, Default)]
pub struct Store(Vec<Item>);

/// One value read.
#[derive(Debug)]
pub struct Item {
    /// Its key or tag; of an item of a list its `name` or index.
    pub name: String,
    parent: usize,
    /// Whether a problem was found in it or below it.
    tainted: bool,
    pub value: Kept,
    pub origin: Origin,
    /// The byte of the file it stands at, where it comes from there.
    pub at: u32,
}

/// What is kept of a value.
#[derive(Debug)]
pub enum Kept {
    /// Not read, or in error.
    Nothing,
    /// Its canonical TOML.
    Scalar(String),
    /// The values of its keys.
    Table(Vec<usize>),
    /// Its items.
    Array(Vec<usize>),
}

impl Store {
    /// The root table; the first value of all.
    pub fn root(&mut self) -> usize {
        if self.0.is_empty() {
            self.0.push(Item {
                name: String::new(),
                parent: 0,
                tainted: false,
                value: Kept::Table(Vec::new()),
                origin: Origin::File,
                at: 0,
            });
        }
        0
    }

    /// A place for the value `name` in the table or array `parent`; the same again if it is there already.
    pub fn child(&mut self, parent: usize, name: &str) -> usize {
        if let Kept::Table(children) = &self.0[parent].value
            && let Some(known) = children.iter().find(|child| self.0[**child].name == name)
        {
            return *known;
        }
        let new = self.push(parent, name);
        match &mut self.0[parent].value {
            Kept::Table(children) | Kept::Array(children) => children.push(new),
            // In error: the child hangs in the air, where no one will see it.
            Kept::Nothing | Kept::Scalar(_) => {}
        }
        new
    }

    fn push(&mut self, parent: usize, name: &str) -> usize {
        self.0.push(Item {
            name: name.to_owned(),
            parent,
            tainted: false,
            value: Kept::Nothing,
            origin: Origin::Default,
            at: 0,
        });
        self.0.len() - 1
    }

    pub fn fill(&mut self, index: usize, value: Kept, origin: Origin, at: u32) {
        let item = &mut self.0[index];
        (item.value, item.origin, item.at) = (value, origin, at);
    }

    pub fn get(&self, index: usize) -> &Item {
        &self.0[index]
    }

    /// Marks a value and all around it as holding a problem.
    pub fn taint(&mut self, mut index: usize) {
        while !self.0[index].tainted {
            self.0[index].tainted = true;
            index = self.0[index].parent;
        }
    }

    /// The path of a value, as `--set` takes it.
    pub fn path(&self, index: usize) -> String {
        let mut names = Vec::new();
        let mut at = index;
        while at != 0 {
            names.push(toml_key(&self.0[at].name));
            at = self.0[at].parent;
        }
        names.reverse();
        names.join(".")
    }

    pub fn is_tainted(&self, index: usize) -> bool {
        self.0[index].tainted
    }
}

/// `name` as a TOML key: bare where that is allowed, else quoted.
pub fn toml_key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { name.to_owned() } else { toml_text(name) }
}

/// `text` as a TOML basic string on one line.
pub fn toml_text(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c > '\u{ffff}' && is_unprintable(c) => quoted.push_str(&format!("\\U{:08X}", c as u32)),
            c if is_unprintable(c) => quoted.push_str(&format!("\\u{:04X}", c as u32)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
