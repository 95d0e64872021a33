//! Running the built command in a folder of its own.
#![allow(dead_code, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A small valid scenario: two orgs, half an hour, some failures.
pub const SMALL: &str = r#"title = "Two orgs"
[run]
seed = 3
duration = "10 min"
drain = "2 min"
[[model]]
name = "m"
replicas = 1
engine.slots = { per_replica = 8, service.tokens = { prefill = "10 ms", per_output_token = "20 ms" } }
price = { prompt = 1.0, output = 2.0 }
[[org]]
name = "steady"
[[org.workload]]
name = "chat"
model = "m"
arrivals.poisson = { rate = "60/min" }
prompt_tokens.constant = 100
output_tokens.constant = 100
client = "openai-python"
[[org]]
name = "spiky"
[[org.workload]]
name = "batch"
model = "m"
arrivals.poisson = { rate = "30/min" }
profile = [{ at = "5 min", factor = 40.0 }, { at = "6 min", factor = 1.0 }]
prompt_tokens.constant = 100
output_tokens.constant = 100
"#;

/// A folder that is gone when dropped.
pub struct Home(tempfile::TempDir);

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Home {
    pub fn new() -> Home {
        Home(tempfile::tempdir().unwrap())
    }

    /// With the small scenario in `small.toml`.
    pub fn with_small() -> Home {
        let home = Home::new();
        home.write("small.toml", SMALL);
        home
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.path(name)).unwrap()).into_owned()
    }

    /// The command, to be run here, without what the environment says of colours.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ratetide"));
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env("TERM", "xterm");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        ended(self.command(arguments).output().unwrap())
    }

    /// As [`run`](Home::run), expecting an exit code.
    pub fn run_to(&self, code: i32, arguments: &[&str]) -> Ended {
        let ended = self.run(arguments);
        assert_eq!(ended.code, Some(code), "{arguments:?}: {ended:#?}");
        assert!(!ended.err.contains("panicked"), "{arguments:?}: {ended:#?}");
        ended
    }

    /// Every file below, with its bytes, in order.
    pub fn files(&self, name: &str) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        walk(&self.path(name), "", &mut found);
        found.sort();
        found
    }

    pub fn entries(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

pub fn ended(output: Output) -> Ended {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn walk(dir: &Path, before: &str, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{before}{}", entry.file_name().into_string().unwrap());
        match entry.file_type().unwrap().is_dir() {
            true => walk(&entry.path(), &format!("{name}/"), found),
            false => found.push((name, fs::read(entry.path()).unwrap())),
        }
    }
}

/// Runs the command with its standard output closed before it can write.
pub fn with_closed_pipe(home: &Home, arguments: &[&str]) -> Ended {
    let mut command = home.command(arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    ended(child.wait_with_output().unwrap())
}

/// Runs the command with its standard output on a full device, if there is one.
pub fn on_full_device(home: &Home, arguments: &[&str]) -> Option<Ended> {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").ok()?;
    Some(ended(home.command(arguments).stdout(full).output().unwrap()))
}

/// Compares with `tests/golden/<name>`; with `UPDATE_GOLDEN` set, writes it instead.
pub fn assert_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, text).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, golden, "{name} differs; if the new text is right, run again with UPDATE_GOLDEN=1");
}

/// No line is wider than a screen.
pub fn assert_fits(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{} columns: {line}", line.chars().count());
    }
}
