#![allow(missing_docs)]

//! The floors of the house: an arrow only ever points down, and some rooms never see some things.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Rooms from the ground up. A room may import its own floor's lower neighbours and everything below.
const FLOORS: &[&[&str]] = &[
    &["units", "name", "rng", "chain", "digest", "error", "reply"],
    &["read"],
    &["registry", "bounds", "statistics"],
    &["dist"],
    &["limit", "client", "traffic"],
    &["platform"],
    &["metrics"],
    &["scenario"],
    &["engine"],
    &["replications"],
    &["compare"],
    &["output", "chart"],
    &["sweep"],
    &["cli"],
];

/// What each room must not mention outside its tests.
const NEVERS: &[(&[&str], &[&str])] = &[
    (
        &["engine", "platform", "client", "limit", "traffic", "dist", "metrics"],
        &[
            "std::fs",
            "std::time",
            "Instant::now",
            "SystemTime",
            "std::thread",
            "rayon",
            "indicatif",
            "std::env",
        ],
    ),
    (
        &["scenario", "replications", "compare", "sweep", "statistics", "output", "chart", "read"],
        &["std::time", "Instant::now", "SystemTime"],
    ),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
}

/// (room, path, code without comments and without the tests at the end) of every source file.
fn code() -> Vec<(String, String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let tests_only: Vec<PathBuf> = files.iter().flat_map(|path| test_modules(path)).collect();
    files.retain(|path| !tests_only.contains(path));
    let read = |path: PathBuf| {
        let relative = path.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
        let room = relative.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        (room, relative, lines.collect::<Vec<_>>().join("\n"))
    };
    files.into_iter().map(read).collect()
}

/// The files of the modules that a file declares for tests alone.
fn test_modules(path: &Path) -> Vec<PathBuf> {
    let text = std::fs::read_to_string(path).unwrap();
    let declared = text.split("#[cfg(test)]\n").skip(1).filter_map(|rest| {
        let line = rest.lines().next()?;
        line.trim_start_matches("pub(crate) ").strip_prefix("mod ")?.strip_suffix(';')
    });
    declared.map(|name| path.with_file_name(format!("{name}.rs"))).collect()
}

/// Whether a word stands in code, not as the end of a longer one.
fn mentions(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| !code[..at].ends_with(|c: char| c.is_ascii_alphanumeric()))
}

fn floor(room: &str) -> usize {
    let found = FLOORS.iter().position(|rooms| rooms.contains(&room));
    found.unwrap_or_else(|| panic!("the room `{room}` is on no floor: add it to FLOORS"))
}

/// The rooms that code imports.
fn imports(code: &str) -> BTreeSet<&str> {
    let after = code.match_indices("crate::").map(|(at, found)| &code[at + found.len()..]);
    after.filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()).collect()
}

#[test]
fn arrows_point_down() {
    let mut wrong = Vec::new();
    for (room, path, code) in code() {
        if ["lib", "main"].contains(&room.as_str()) {
            continue;
        }
        for other in imports(&code) {
            // `$crate::read` and the like inside macros count as well; `crate::registry!` is a macro.
            if other != room && floor(other) >= floor(&room) {
                wrong.push(format!("{path} imports {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn some_rooms_never_see_some_things() {
    let mut wrong = Vec::new();
    for (room, path, code) in code() {
        for (rooms, words) in NEVERS {
            if rooms.contains(&room.as_str()) {
                wrong.extend(words.iter().filter(|w| mentions(&code, w)).map(|w| format!("{path}: {w}")));
            }
        }
        for word in ["HashMap", "HashSet", "StdRng", "SmallRng", "thread_rng", "println!", "todo!", "unsafe "]
        {
            if mentions(&code, word) {
                wrong.push(format!("{path}: {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_check_would_notice() {
    assert!(imports("use crate::cli::run;\nlet x = crate::units::Span::ZERO;").contains("cli"));
    assert!(floor("cli") > floor("engine") && floor("engine") > floor("platform"));
}
