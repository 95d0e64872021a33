#![allow(missing_docs)]

//! The pages keep to the sources: what they name exists, and what must be named is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Every page in the folders that hold pages.
fn pages() -> Vec<PathBuf> {
    let folders = ["", "docs", "scenarios", "output"].map(|folder| root().join(folder));
    let files =
        folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|e| e.unwrap().path());
    let mut pages: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|e| e == "md")).collect();
    pages.sort();
    pages
}

/// The text outside of fenced code, where nothing is a link.
fn prose(page: &str) -> String {
    page.split("```").step_by(2).collect()
}

/// What stands in backquotes.
fn quoted(page: &str) -> impl Iterator<Item = &str> {
    page.split('`').skip(1).step_by(2)
}

/// (file, name) of every test named as `file.rs::name`.
fn tests_named(page: &str) -> BTreeSet<(&str, &str)> {
    quoted(page).filter_map(|text| text.split_once("::")).filter(|(file, _)| file.ends_with(".rs")).collect()
}

/// The names of the tests in a source: the function after each `#[test]`.
fn tests_in(source: &str) -> BTreeSet<&str> {
    let after = source.split("#[test]").skip(1).filter_map(|rest| rest.split_once("fn "));
    after.filter_map(|(_, rest)| rest.split(['(', '<']).next()).collect()
}

/// The targets of the links of a page, without what follows `#`.
fn links(page: &str) -> impl Iterator<Item = &str> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target.split('#').next().unwrap_or_default())
}

#[test]
fn every_test_that_a_page_names_exists() {
    let mut missing = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for (file, name) in tests_named(&text) {
            let source = std::fs::read_to_string(root().join(file)).unwrap_or_default();
            if !tests_in(&source).contains(name) {
                missing.push(format!("{}: {file}::{name}", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_sentence_of_the_model_names_its_test() {
    let page = read("docs/model.md");
    // A letter for each family of sentences, numbered from 1.
    let mut counts = std::collections::BTreeMap::new();
    let items = page.split("\n- **").skip(1).filter(|item| {
        let (letter, rest) = item.split_at(item.chars().next().map_or(0, char::len_utf8));
        letter.chars().all(|c| c.is_ascii_uppercase()) && rest.starts_with(|c: char| c.is_ascii_digit())
    });
    for item in items {
        let item = item.split("\n\n").next().unwrap();
        let (letter, numbered) = item.split_at(1);
        let number = counts.entry(letter).or_insert(0);
        *number += 1;
        assert!(numbered.starts_with(&format!("{number}** ")), "after {letter}{}: {item}", *number - 1);
        assert!(!tests_named(item).is_empty(), "{letter}{number} names no test");
    }
    assert!(counts["M"] > 70, "{counts:?}");
    // And what one sentence says of another is said of one that there is.
    for (letter, count) in counts {
        let numbers = page.split(['(', ' ']).filter_map(|word| word.strip_prefix(letter));
        for number in
            numbers.filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<usize>().ok())
        {
            assert!((1..=count).contains(&number), "there is no {letter}{number}");
        }
    }
}

#[test]
fn every_rule_has_a_test_and_a_row_in_the_model() {
    let sources = ["limits", "outcomes", "capacity", "clients", "lanes"]
        .map(|file| read(format!("tests/rules/{file}.rs")));
    let tests: BTreeSet<&str> = sources.iter().flat_map(|source| tests_in(source)).collect();
    let page = read("docs/model.md");
    for rule in 1..=16 {
        assert!(tests.iter().any(|name| name.starts_with(&format!("s{rule}_"))), "S{rule} has no test");
        let row = page.lines().find(|line| line.starts_with(&format!("| S{rule} ")));
        let row = row.unwrap_or_else(|| panic!("S{rule} has no row"));
        assert!(row.contains(&format!("::s{rule}_")), "{row}");
    }
}

#[test]
fn every_statement_of_the_providers_page_names_its_test() {
    let page = read("docs/page.md");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| P")).collect();
    assert!(rows.len() > 30, "{} statements", rows.len());
    for (number, row) in (1..).zip(&rows) {
        assert!(row.starts_with(&format!("| P{number} | ")), "after P{}: {row}", number - 1);
        assert_eq!(row.matches(" | ").count(), 3, "P{number} is not a row of four cells");
        assert!(!tests_named(row).is_empty(), "P{number} names no test");
    }
    // A test made for a statement is named in its row.
    for name in tests_in(&read("tests/rules/page.rs")) {
        let number = name[1..].split('_').next().unwrap();
        let row = rows.iter().find(|row| row.starts_with(&format!("| P{number} ")));
        assert!(row.is_some_and(|row| row.contains(&format!("::{name}`"))), "{name} is not in its row");
    }
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = prose(&std::fs::read_to_string(&page).unwrap());
        for target in links(&text).filter(|t| !t.is_empty() && !t.contains("://")) {
            if !page.parent().unwrap().join(target).exists() {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_file_that_the_guides_name_exists() {
    let mut missing = Vec::new();
    for page in ["CONTRIBUTING.md", "docs/design.md"] {
        for name in quoted(&prose(&read(page))) {
            let is_path = name.contains('/') && !name.contains(['*', '<', ' ', '{', ':', '…']);
            let is_ours = ["src/", "tests/", "docs/", "scenarios/", "benches/", ".ci/"]
                .iter()
                .any(|f| name.starts_with(f));
            if is_path && is_ours && !root().join(name).exists() {
                missing.push(format!("{page}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_checks_would_notice() {
    let page = "see `tests/a.rs::b`, [here](../x.md#y) and `code`";
    assert_eq!(tests_named(page).into_iter().collect::<Vec<_>>(), [("tests/a.rs", "b")]);
    assert_eq!(links(page).collect::<Vec<_>>(), ["../x.md"]);
    let source =
        "#[test]\n#[should_panic]\nfn one() {}\nfn two() {}\nproptest! { #[test]\nfn three(x in 0..9) {} }";
    assert_eq!(tests_in(source).into_iter().collect::<Vec<_>>(), ["one", "three"]);
}
