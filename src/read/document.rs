//! One document under reading: its texts, its values, and the log of what was read and what is wrong.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::kept::{Kept, Store};
use super::node::{Node, Origin, Place, Value, parse_document};
use super::problem::{PROBLEMS_MAX, Problem, Problems, Sources, inert};
use super::resolved::Resolved;
use super::set;
use super::spec::Spec;

/// The largest file read, in bytes.
pub const FILE_BYTES_MAX: usize = 10_000_000;

/// A scenario file and the `--set`s over it, being read.
///
/// Open it, read its [`Document::root`] with getters that never fail, then [`Document::finish`]: all errors
/// of the file come at once.
#[derive(Debug)]
pub struct Document {
    pub(super) sources: Sources,
    root: Rc<Node>,
    /// (path, value) of each `--set`; taken when they are applied.
    sets: Vec<(String, String)>,
    log: RefCell<Log>,
}

/// What reading leaves behind.
#[derive(Debug, Default)]
struct Log {
    problems: Vec<Problem>,
    more: usize,
    /// What is worth saying of a text that is right, each with its place.
    notes: Vec<String>,
    store: Store,
    /// The keys given, each with its place and whether it was read.
    given: Vec<(Place, &'static str, bool)>,
    /// Lines of the file with a syntax error.
    broken_lines: BTreeSet<usize>,
    /// The text could not be read at all: what follows from that is not told.
    unreadable: bool,
}

impl Document {
    /// Parses `text`, called `file_name` in errors. `sets` are (path, value) pairs of the command line, applied
    /// in order before anything is read. Errors wait for [`Document::finish`].
    pub fn parse(file_name: &str, text: &str, sets: &[(String, String)]) -> Document {
        if text.len() > FILE_BYTES_MAX {
            return Document::too_large(file_name, text.len());
        }
        let mut log = Log::default();
        let sources = Sources::new(file_name, text, typed(sets));
        let (root, errors) = parse_document(text, Origin::File, 0);
        let mut open = false; // an unclosed bracket was told: the lines it swallows are not
        for error in errors {
            let span = error.span().unwrap_or(text.len()..text.len());
            let place = Place::new(Origin::File, span, 0);
            let is_first = log.broken_lines.insert(sources.line(place.start));
            let is_missing_comma = error.message().starts_with("missing comma");
            if is_first && !(open && is_missing_comma) {
                open |= is_missing_comma;
                log.report(Problem {
                    place,
                    message: format!("not valid TOML: {}", error.message()),
                    label: String::new(),
                    help: is_missing_comma.then(|| "a bracket above may not be closed".to_owned()),
                });
            }
        }
        Document { sources, root: Rc::new(root), sets: sets.to_vec(), log: RefCell::new(log) }
    }

    /// The same from bytes, which must be UTF-8.
    pub fn parse_bytes(file_name: &str, bytes: &[u8], sets: &[(String, String)]) -> Document {
        let error = match std::str::from_utf8(bytes) {
            Ok(text) => return Document::parse(file_name, text, sets),
            Err(_) if bytes.len() > FILE_BYTES_MAX => return Document::too_large(file_name, bytes.len()),
            Err(error) => error,
        };
        let at = error.valid_up_to();
        // Up to `at` the lossy text has the same bytes, so lines and columns are right.
        let sources = Sources::new(file_name, &String::from_utf8_lossy(bytes), Vec::new());
        Document::unreadable(
            sources,
            Problem {
                place: Place::new(Origin::File, at..at + '\u{fffd}'.len_utf8(), 0),
                message: format!("the file is not UTF-8: byte {at} is 0x{:02x}", bytes[at]),
                label: "not UTF-8".to_owned(),
                help: None,
            },
        )
    }

    fn too_large(file_name: &str, len: usize) -> Document {
        Document::unreadable(
            Sources::new(file_name, "", Vec::new()),
            Problem {
                place: Place::TOP,
                message: format!("the file has {len} bytes"),
                label: format!("a scenario has at most {FILE_BYTES_MAX}"),
                help: Some("put large data into a trace file beside it".to_owned()),
            },
        )
    }

    /// A document without content, of which nothing but `problem` is told.
    fn unreadable(sources: Sources, problem: Problem) -> Document {
        let root = Rc::new(Node { value: Value::Table(Vec::new()), place: Place::TOP });
        let log = Log { problems: vec![problem], unreadable: true, ..Log::default() };
        Document { sources, root, sets: Vec::new(), log: RefCell::new(log) }
    }

    /// Applies the `--set`s, which find their way by `spec`: the root, and where it is kept.
    pub(super) fn opened(&mut self, spec: &'static Spec) -> (Rc<Node>, usize) {
        for (index, (path, value)) in std::mem::take(&mut self.sets).into_iter().enumerate() {
            if let Err(problem) = set::apply(&mut self.root, spec, &path, &value, index as u32) {
                self.log.borrow_mut().report(problem);
            }
        }
        (self.root.clone(), self.log.borrow_mut().store.root())
    }

    /// What was read, with its origins, or everything that is wrong.
    ///
    /// # Errors
    /// All problems of the texts, those reported by the readers included. A key that was given but that no
    /// reader asked for is one too, where there are no others.
    pub fn finish(self) -> Result<Resolved, Problems> {
        let mut log = self.log.into_inner();
        if log.problems.is_empty() {
            for (place, key, is_read) in std::mem::take(&mut log.given) {
                if is_read || place.origin == Origin::Default {
                    continue;
                }
                log.report(Problem {
                    place,
                    message: format!("`{key}` has no effect here"),
                    label: "not used together with the other keys given".to_owned(),
                    help: None,
                });
            }
        }
        if log.problems.is_empty() {
            return Ok(Resolved::new(log.store, self.sources, log.notes));
        }
        log.problems.sort();
        log.problems.dedup();
        Err(Problems { sources: Box::new(self.sources), list: log.problems, more: log.more })
    }

    /// Records a problem with the value at `kept`, and marks the tables around it.
    ///
    /// # Panics
    /// If it is a default that is wrong: that is a mistake in a spec, not in a text.
    pub(super) fn report(&self, kept: usize, problem: Problem) {
        assert!(problem.place.origin != Origin::Default, "a default is wrong: {}", problem.message);
        let mut log = self.log.borrow_mut();
        log.store.taint(kept);
        let follows = log.unreadable || {
            let line = self.sources.line(problem.place.start);
            problem.place.origin == Origin::File && log.broken_lines.contains(&line)
        };
        if !follows {
            log.report(problem);
        }
    }

    /// Records what is worth saying of a place, once.
    pub(super) fn note(&self, place: Place, message: &str) {
        let mut log = self.log.borrow_mut();
        let note = format!("{}: {}", self.sources.spot(place), inert(message));
        if log.notes.len() < PROBLEMS_MAX && !log.notes.contains(&note) {
            log.notes.push(note);
        }
    }

    /// The place of the bytes `range` of `value`, a text that stands at `place`; the whole of it where it is
    /// written with escapes.
    pub(super) fn within(&self, place: Place, value: &str, range: std::ops::Range<usize>) -> Place {
        let source = match place.origin {
            Origin::Set(index) => &self.sources.sets[index as usize],
            Origin::File | Origin::Default => &self.sources.text,
        };
        let written = source.get(place.start as usize..place.end as usize).unwrap_or_default();
        match written.find(value) {
            Some(at) => Place::new(place.origin, range, place.start as usize + at),
            None => place,
        }
    }

    /// True where so many problems were found that only their number counts from here on.
    pub(super) fn is_full(&self) -> bool {
        self.log.borrow().problems.len() >= PROBLEMS_MAX
    }

    /// True where the text has syntax errors, so that a key may be missing because its line is broken.
    pub(super) fn is_broken(&self) -> bool {
        let log = self.log.borrow();
        log.unreadable || !log.broken_lines.is_empty()
    }

    /// Notes that a key is given; the number is for [`Document::mark_read`].
    pub(super) fn note_given(&self, place: Place, key: &'static str) -> usize {
        let mut log = self.log.borrow_mut();
        log.given.push((place, key, false));
        log.given.len() - 1
    }

    pub(super) fn mark_read(&self, given: usize) {
        self.log.borrow_mut().given[given].2 = true;
    }

    pub(super) fn with_store<T>(&self, f: impl FnOnce(&mut Store) -> T) -> T {
        f(&mut self.log.borrow_mut().store)
    }

    pub(super) fn keep(&self, kept: usize, value: Kept, origin: Origin, at: u32) {
        self.with_store(|store| store.fill(kept, value, origin, at));
    }
}

/// The `--set`s as typed on the command line.
fn typed(sets: &[(String, String)]) -> Vec<String> {
    sets.iter().map(|(path, value)| format!("--set {path}={value}")).collect()
}

impl Log {
    fn report(&mut self, problem: Problem) {
        match self.problems.len() {
            0..PROBLEMS_MAX => self.problems.push(problem),
            _ => self.more += 1,
        }
    }
}
