//! `manifest.json`: which scenario, seed and version made a result, and every file of it with its hash.
//!
//! It is written last, so its presence says that the result is whole. No clock, host, user or absolute path
//! stands in it: the same scenario, seed and version give the same bytes.

use serde::{Deserialize, Serialize};

use super::columns::Column;
use super::layout::is_final_name;
pub use crate::digest::{Input, sha256};

/// The manifest; keys in this order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of ratetide. The first key: it marks a directory as ours.
    pub ratetide: String,
    /// The stem of the scenario's file name.
    pub scenario: String,
    /// The scenario's title.
    pub title: String,
    /// The command that makes this result again; see [`command_line`].
    pub command: String,
    /// The seed.
    pub seed: u64,
    /// The number of replications.
    pub replications: u64,
    /// SHA-256 of the resolved scenario, lower-case hexadecimal.
    pub scenario_sha256: String,
    /// The files the scenario reads, such as traces.
    pub inputs: Vec<Input>,
    /// False if the run was interrupted and this is what had been finished.
    pub complete: bool,
    /// The files of the result, sorted by name; filled in by
    /// [`ResultDir::commit`](super::directory::ResultDir::commit).
    #[serde(default)]
    pub files: Vec<FileEntry>,
}

/// A file of the result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its name, relative to the directory, with `/`.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of its content, lower-case hexadecimal.
    pub sha256: String,
    /// Its columns, if it is a table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Column>,
}

impl Manifest {
    /// The text of `manifest.json`: indented by two spaces, with a final line end.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("strings and numbers always serialize");
        text.push('\n');
        text
    }

    /// Reads the text back.
    ///
    /// # Errors
    /// What is wrong with it, in one line; a file name that leaves the directory included.
    pub fn from_json(text: &str) -> Result<Manifest, String> {
        let manifest: Manifest = serde_json::from_str(text).map_err(|e| e.to_string())?;
        match manifest.files.iter().find(|file| !is_final_name(&file.name)) {
            Some(file) => Err(format!("it names a file {:?} outside the result", file.name)),
            None => Ok(manifest),
        }
    }
}

/// The arguments as one line a POSIX shell reads back unchanged: words of plain characters as they are,
/// others in single quotes.
///
/// ```
/// use ratetide::output::manifest::command_line;
/// assert_eq!(command_line(["run", "a b.toml", "it's"]), r"ratetide run 'a b.toml' 'it'\''s'");
/// ```
pub fn command_line<'a>(arguments: impl IntoIterator<Item = &'a str>) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
    let mut line = "ratetide".to_owned();
    for word in arguments {
        line.push(' ');
        if !word.is_empty() && word.chars().all(plain) {
            line.push_str(word);
        } else {
            line.push_str(&format!("'{}'", word.replace('\'', r"'\''")));
        }
    }
    line
}

#[cfg(test)]
pub(super) fn sample() -> Manifest {
    Manifest {
        ratetide: "0.1.0".into(),
        scenario: "spike".into(),
        title: "A \"spike\"".into(),
        command: command_line(["run", "spike.toml"]),
        seed: 9,
        replications: 1,
        scenario_sha256: sha256(b""),
        inputs: vec![Input { name: "trace.csv".into(), sha256: sha256(b"t") }],
        complete: true,
        files: vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::MANIFEST_START;
    use super::*;

    #[test]
    fn keys_stand_in_order_and_the_first_marks_it_as_ours() {
        let mut manifest = sample();
        let column = Column::new("requests", "requests", "born");
        manifest.files =
            vec![FileEntry { name: "a.csv".into(), bytes: 3, sha256: sha256(b"abc"), columns: vec![column] }];
        let text = manifest.to_json();
        assert!(text.starts_with(MANIFEST_START) && text.ends_with("}\n"), "{text}");
        let keys: Vec<&str> =
            text.lines().filter_map(|l| l.trim().strip_prefix('"')?.split('"').next()).collect();
        assert_eq!(
            keys.join(" "),
            "ratetide scenario title command seed replications scenario_sha256 inputs name sha256 complete files \
             name bytes sha256 columns name unit doc"
        );
        assert_eq!(Manifest::from_json(&text), Ok(manifest));
    }

    #[test]
    fn a_hostile_manifest_is_refused() {
        let mut manifest = sample();
        for name in ["../x", "/etc/passwd", "charts/../../x", ".ratetide-incomplete"] {
            manifest.files =
                vec![FileEntry { name: name.into(), bytes: 0, sha256: sha256(b""), columns: vec![] }];
            let told = Manifest::from_json(&manifest.to_json()).unwrap_err();
            assert!(told.contains("outside the result"), "{told}");
        }
        assert!(Manifest::from_json("{}").is_err());
        assert!(Manifest::from_json("").is_err());
        assert!(Manifest::from_json(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn the_hash_is_the_standards() {
        // FIPS 180-4 example: "abc".
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn commands_are_quoted_for_a_shell() {
        assert_eq!(
            command_line(["run", "spike.toml", "--set", "run.seed=9"]),
            "ratetide run spike.toml --set run.seed=9"
        );
        assert_eq!(command_line(["", "$(rm)", "a\nb", "é"]), "ratetide '' '$(rm)' 'a\nb' 'é'");
    }
}
