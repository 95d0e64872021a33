//! The names in a result directory: final names, temporary names, the marker.
//!
//! A final name is `part` or `charts/part`, with `part` of letters, digits, `.`, `_`, `-`, not starting
//! with a dot, and not the manifest's own name. So a manifest written by somebody else cannot make ratetide
//! touch a file outside the directory, and nothing of ours collides with the hidden names below.

use std::path::{Path, PathBuf};

/// The record that a result is whole; written last.
pub const MANIFEST: &str = "manifest.json";
/// Stands in a directory while a result is being written; written first, removed last.
pub const MARKER: &str = ".ratetide-incomplete";
/// The only subfolder of a result.
pub const CHARTS: &str = "charts";
/// The start of every manifest: its first key.
pub const MANIFEST_START: &str = "{\n  \"ratetide\": ";

/// The marker's first line; each further line is the name of a file that is ours.
const MARKER_START: &str =
    "ratetide is writing a result here, or was stopped while doing so; the next run replaces it";
/// Suffix of a file not yet under its final name.
const STAGED: &str = ".ratetide-new";
/// Suffix of an earlier file moved aside.
const PARKED: &str = ".ratetide-old";

/// Whether `name` can be the final name of a file in a result directory, the manifest aside.
pub fn is_final_name(name: &str) -> bool {
    let part = name.strip_prefix(CHARTS).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name);
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let free = !part.starts_with('.') && part != CHARTS && name != MANIFEST;
    free && !part.is_empty() && part.len() <= 128 && part.chars().all(safe)
}

/// Whether a final name lies in the subfolder.
pub fn is_in_charts(name: &str) -> bool {
    name.strip_prefix(CHARTS).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether an entry of a folder is one of our temporary files.
pub fn is_temporary(entry: &str) -> bool {
    entry.starts_with('.') && (entry.ends_with(STAGED) || entry.ends_with(PARKED))
}

/// The path of a final name.
pub fn final_path(dir: &Path, name: &str) -> PathBuf {
    name.split('/').fold(dir.to_path_buf(), |path, part| path.join(part))
}

/// The path a file has until it is renamed to its final name.
pub fn staged_path(dir: &Path, name: &str) -> PathBuf {
    hidden(dir, name, STAGED)
}

/// The path an earlier file is moved to until the new result is whole.
pub fn parked_path(dir: &Path, name: &str) -> PathBuf {
    hidden(dir, name, PARKED)
}

fn hidden(dir: &Path, name: &str, suffix: &str) -> PathBuf {
    let (folder, part) = name.rsplit_once('/').unwrap_or(("", name));
    let part = format!(".{}{suffix}", part.trim_start_matches('.'));
    if folder.is_empty() { dir.join(part) } else { dir.join(folder).join(part) }
}

/// The marker's text, naming the files that are ours.
pub fn marker_text<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().fold(format!("{MARKER_START}\n"), |text, name| text + name + "\n")
}

/// The names in a marker; `None` if the text is not a marker of ours. Names that are not final names are
/// dropped.
pub fn marker_names(text: &str) -> Option<Vec<String>> {
    let mut lines = text.lines();
    (lines.next() == Some(MARKER_START))
        .then(|| lines.filter(|name| is_final_name(name)).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_inside_the_directory_are_final() {
        for good in ["summary.csv", "summary.json", "charts/rates.svg", "a", "charts/a-b_c.png"] {
            assert!(is_final_name(good), "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            "../x",
            "/etc/passwd",
            "a/b",
            "charts/",
            "charts",
            "charts/..",
            "charts/../x",
            "a\\b",
            "charts/a/b",
            ".hidden",
            "charts/charts",
            "a b",
            "manifest.json",
            "a\n",
            "é",
            "C:x",
        ] {
            assert!(!is_final_name(bad), "{bad:?}");
        }
        assert!(!is_final_name(&"a".repeat(129)));
        assert!(is_in_charts("charts/a.svg") && !is_in_charts("charts.csv") && !is_in_charts("a.csv"));
    }

    #[test]
    fn hidden_names_stay_beside_the_file_and_are_recognised() {
        let dir = Path::new("out");
        assert_eq!(staged_path(dir, "charts/a.svg"), Path::new("out/charts/.a.svg.ratetide-new"));
        assert_eq!(parked_path(dir, MANIFEST), Path::new("out/.manifest.json.ratetide-old"));
        assert_eq!(staged_path(dir, MARKER), Path::new("out/.ratetide-incomplete.ratetide-new"));
        for path in [staged_path(dir, "a.csv"), parked_path(dir, "charts/a.svg")] {
            assert!(is_temporary(path.file_name().unwrap().to_str().unwrap()));
        }
        assert!(!is_temporary("a.ratetide-new") && !is_temporary(MARKER));
    }

    #[test]
    fn a_marker_gives_its_names_back_and_a_foreign_file_none() {
        let names = ["a.csv".to_owned(), "charts/b.svg".to_owned()];
        assert_eq!(marker_names(&marker_text(&names)), Some(names.to_vec()));
        let hostile = marker_text(&["../../etc/passwd".to_owned(), "ok.csv".to_owned()]);
        assert_eq!(marker_names(&hostile), Some(vec!["ok.csv".to_owned()]));
        assert_eq!(marker_names("something else\na.csv\n"), None);
        assert_eq!(marker_names(""), None);
    }
}
