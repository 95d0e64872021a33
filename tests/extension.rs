#![allow(missing_docs)]

//! One more law, one more pacing is one file and one line: those that CONTRIBUTING.md prints are added to a copy of
//! the sources, which is built with what `cargo test` has compiled already, and run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// `text` with the one place of `from` changed to `to`.
fn changed(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from}");
    text.replace(from, to)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn done(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Copy the sources to `folder`, with what CONTRIBUTING.md prints added.
fn extended(folder: &Path) {
    for part in ["src", "scenarios", "benches"] {
        let _ = fs::remove_dir_all(folder.join(part));
        copy(&root().join(part), &folder.join(part));
    }
    // Under another name, so that no file of the ordinary build is replaced; a test target, so that dependencies
    // have the features that `cargo test` built them with.
    let manifest = read(root().join("Cargo.toml"));
    let manifest = changed(&manifest, "name = \"ratetide\"\n", "name = \"ratetide-extended\"\n");
    let manifest = changed(&manifest, "default-run = \"ratetide\"\n", "");
    let targets = "\n[lib]\nname = \"ratetide_extended\"\n\n[[bin]]\nname = \"ratetide-extended\"\n\
                   path = \"src/main.rs\"\n\n[[test]]\nname = \"nothing\"\npath = \"nothing.rs\"\nharness = false\n";
    fs::write(folder.join("Cargo.toml"), manifest + targets).unwrap();
    fs::write(folder.join("nothing.rs"), "//! Nothing.\nfn main() {}\n").unwrap();
    let lock = read(root().join("Cargo.lock"));
    let lock = changed(&lock, "name = \"ratetide\"\n", "name = \"ratetide-extended\"\n");
    fs::write(folder.join("Cargo.lock"), lock).unwrap();
    let main = read(root().join("src/main.rs")).replace("use ratetide::", "use ratetide_extended::");
    fs::write(folder.join("src/main.rs"), main).unwrap();

    for added in [LAW, PACING] {
        add(folder, &added);
    }
}

/// A kind that CONTRIBUTING.md prints: the beginning of its file, the file, its line, the registry, and the lines
/// there before which it stands.
struct Added {
    begins: &'static str,
    file: &'static str,
    line: &'static str,
    registry: &'static str,
    before: &'static str,
}

const LAW: Added = Added {
    begins: "//! `capacity_share`",
    file: "src/limit/law/capacity_share.rs",
    line: "capacity_share: CapacityShare,",
    registry: "src/limit/law.rs",
    before: "    /// Constant limits.\n    fixed: Fixed,\n",
};

const PACING: Added = Added {
    begins: "//! `gap`",
    file: "src/client/pacing/gap.rs",
    line: "gap: Gap,",
    registry: "src/client/pacing/mod.rs",
    before: "        /// At a rate.\n        paced: Paced,\n",
};

fn add(folder: &Path, added: &Added) {
    let Added { begins, file, line, registry, before } = *added;
    // One file …
    let page = read(root().join("CONTRIBUTING.md"));
    let (_, rest) = page.split_once(&format!("```rust\n{begins}")).expect("CONTRIBUTING.md prints it");
    let (text, _) = rest.split_once("```").unwrap();
    fs::write(folder.join(file), format!("{begins}{text}")).unwrap();
    // … and one line.
    assert!(page.contains(&format!("`{line}`")), "CONTRIBUTING.md names the line");
    let listed = read(root().join(registry));
    let with = changed(&listed, before, &format!("    /// One more.\n    {line}\n{before}"));
    fs::write(folder.join(registry), with).unwrap();
}

const SCENARIO: &str = r#"
run = { duration = "10 min", drain = "0 s" }
[[model]]
name = "m"
replicas = 2
engine.slots = { per_replica = 10, service.constant = "1 s" }
limit.law.capacity_share = { share = 0.1 }
[[org]]
name = "o"
[[org.workload]]
name = "w"
model = "m"
arrivals.poisson = { rate = "60/min" }
prompt_tokens.constant = 10
output_tokens.constant = 10

[[org]]
name = "paced"
[[org.workload]]
name = "w"
model = "m"
arrivals.batch = { size = 100, every = "1 d" }
prompt_tokens.constant = 10
output_tokens.constant = 10
rtt = "0 s"
client.pacing.gap = { length = "7 s" }
"#;

#[test]
fn one_more_law_or_pacing_is_one_file_and_one_line() {
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (folder, target) = (tmp.join("extension"), tmp.parent().expect("the target directory"));
    extended(&folder);
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--offline", "--locked", "--bin", "ratetide-extended", "--test", "nothing"]);
    // Quick to compile: it runs for a moment. Dependencies keep their profile.
    for setting in ["opt-level=0", "debug=false"] {
        build.args(["--config", &format!("profile.dev.package.ratetide-extended.{setting}")]);
    }
    build.arg("--manifest-path").arg(folder.join("Cargo.toml")).arg("--target-dir").arg(target);
    let built = done(&mut build);
    let compiled = String::from_utf8_lossy(&built.stderr).into_owned();
    let crates: Vec<&str> = compiled.lines().filter(|line| line.contains("Compiling")).collect();
    assert!(crates.len() <= 1, "dependencies were built anew: {crates:?}");

    let binary: PathBuf = target.join("debug/ratetide-extended");
    let listed = done(Command::new(&binary).args(["list", "laws"]));
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("capacity_share") && listed.contains("share of live capacity"), "{listed}");
    assert!(listed.contains("keeps S2"), "{listed}");

    let listed = done(Command::new(&binary).args(["list", "pacings"]));
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("gap") && listed.contains("so much time between sends"), "{listed}");

    let scenario = folder.join("extended.toml");
    fs::write(&scenario, SCENARIO).unwrap();
    let out = folder.join("out");
    done(
        Command::new(&binary).arg("run").arg(&scenario).arg("-o").arg(&out).args(["--no-charts", "--force"]),
    );
    let summary = read(out.join("summary.csv"));
    let (head, rows) = summary.split_once('\n').unwrap();
    let value = |org: &str, name: &str| {
        let column = head.split(',').position(|column| column == name).unwrap();
        let row = rows.lines().find(|row| row.split(',').any(|cell| cell == org)).unwrap();
        row.split(',').nth(column).unwrap().to_owned()
    };
    // A tenth of 20 slots in one-second requests.
    assert_eq!(value("o", "dynamic_rate_end_rpm"), "120", "{summary}");
    // One at 0 s, and one every seven seconds after that.
    assert_eq!(value("paced", "attempts"), "86", "{summary}");
}
