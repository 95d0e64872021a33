#![allow(missing_docs)]

//! What is wrong with a scenario or in the way of its result: the exit code, the words, and nothing written.

mod command;

use command::{Home, SMALL};
use std::fs;
use std::process::Command;

/// Runs a scenario that is invalid and returns what was said of it.
fn refused(home: &Home, arguments: &[&str]) -> String {
    let before = home.entries();
    let ended = home.run_to(3, &[&["run"][..], arguments].concat());
    assert_eq!((home.entries(), ended.out.as_str()), (before, ""), "{arguments:?} wrote something");
    assert!(ended.err.lines().count() < 200, "{} lines", ended.err.lines().count());
    assert!(!ended.err.contains('\x1b'), "{:?}", ended.err);
    ended.err
}

/// The small scenario with one text replaced by another.
fn refused_with(from: &str, to: &str) -> String {
    let home = Home::new();
    assert!(SMALL.contains(from), "{from}");
    home.write("bad.toml", SMALL.replacen(from, to, 1));
    let told = refused(&home, &["bad.toml"]);
    assert!(told.contains("--> bad.toml:"), "{told}");
    told
}

#[test]
fn a_wrong_value_is_shown_with_its_place_and_what_is_allowed() {
    let cases = [
        ("duration = \"10 min\"", "duratoin = \"10 min\"", "did you mean `duration`?"),
        ("seed = 3", "seed = -3", "between 0 and"),
        ("seed = 3", "seed = 1000000000000000000000", "seed"),
        ("seed = 3", "seed = nan", "whole number"),
        ("replicas = 1", "replicas = 1000000000000000000", "between 0 and 100000"),
        ("prompt = 1.0", "prompt = nan", "a number between"),
        ("prompt = 1.0", "prompt = inf", "a number between"),
        ("prompt = 1.0", "prompt = -1.0", "a number between"),
        ("factor = 40.0", "factor = -inf", "a number between"),
        ("duration = \"10 min\"", "duration = 10", "unit"),
        ("rate = \"60/min\"", "rate = \"60\"", "needs a unit"),
        ("name = \"spiky\"", "name = \"Steady\"", "another org named"),
        ("name = \"spiky\"", "name = \"../etc\"", "name"),
        ("name = \"spiky\"", "name = \"=1+1\"", "name"),
        ("name = \"spiky\"", "name = \"TOTAL\"", "name"),
        ("name = \"spiky\"", "name = \"\\u001b[31m\"", "name"),
        ("model = \"m\"", "model = \"n\"", "no model `n`"),
        ("client = \"openai-python\"", "client = \"openai-pyton\"", "openai-python"),
        ("drain = \"2 min\"", "drain = \"2 min\"\ninterval = \"1 ms\"", "bins"),
        ("[run]", "[run", "error"),
    ];
    for (from, to, words) in cases {
        let told = refused_with(from, to);
        assert!(told.contains(words), "{to}: {told}");
    }
}

#[test]
fn all_errors_of_all_files_come_at_once() {
    let home = Home::with_small();
    home.write("a.toml", SMALL.replace("seed = 3", "seed = -3").replace("10 min", "10 mni"));
    home.write("b.toml", SMALL.replace("\"60/min\"", "\"60\""));
    let told = refused(&home, &["a.toml", "small.toml", "b.toml"]);
    assert!(told.contains("2 errors in a.toml") && told.contains("1 error in b.toml"), "{told}");
    let many: String = (0..5000).map(|i| format!("nonsense_{i} = 1\n")).collect();
    home.write("many.toml", many + SMALL);
    assert!(refused(&home, &["many.toml"]).contains("more errors"));
}

#[test]
fn a_set_is_an_error_of_the_scenario() {
    let home = Home::with_small();
    let told = refused(&home, &["small.toml", "--set", "run.sede=7"]);
    assert!(told.contains("--> command line") && told.contains("did you mean `seed`?"), "{told}");
    assert_eq!(home.run(&["run", "small.toml", "--set", "run.seed"]).code, Some(2));
}

#[test]
fn traces_that_are_missing_or_broken_are_errors_of_the_scenario() {
    let home = Home::new();
    let with =
        |file: &str| SMALL.replacen("poisson = { rate = \"60/min\" }", &format!("trace.file = {file:?}"), 1);
    let row = "2023-11-16 18:17:03.9799600,4808,10\n";
    home.write("broken.csv", "TIMESTAMP,ContextTokens,GeneratedTokens\n".to_owned() + row + "x,y,z\n,,\n");
    home.write("empty.csv", "");
    fs::create_dir(home.path("folder.csv")).unwrap();
    for file in ["missing.csv", "broken.csv", "empty.csv", "folder.csv"] {
        home.write("trace.toml", with(file));
        let told = refused(&home, &["trace.toml"]);
        assert!(told.contains("--> trace.toml:16"), "{file}: {told}");
    }
}

#[test]
fn more_than_can_be_simulated_is_refused_unless_lifted() {
    let home = Home::with_small();
    let told = refused(&home, &["small.toml", "--max-events", "100"]);
    assert!(told.contains("--max-events"), "{told}");
    for bad in ["nan", "-1", "x"] {
        assert_eq!(home.run(&["run", "small.toml", "--max-events", bad]).code, Some(2), "{bad}");
    }
}

#[test]
fn a_file_that_is_no_scenario_is_refused_in_words() {
    let home = Home::new();
    home.write("large.toml", vec![b'#'; 11_000_000]);
    home.write("binary.toml", [0xff, 0xfe, 0x00, 0x01]);
    home.write("empty.toml", "");
    for (name, words) in [
        ("large.toml", "at most 10000000"),
        ("binary.toml", "UTF-8"),
        ("empty.toml", "needs the key `model`"),
    ] {
        let told = refused(&home, &[name]);
        assert!(told.contains(words), "{name}: {told}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_an_input_error() {
    let home = Home::with_small();
    for (name, words) in [("nowhere.toml", "cannot open nowhere.toml"), (".", "cannot read .")] {
        let ended = home.run_to(1, &["run", "small.toml", name]);
        assert!(ended.err.contains(words), "{}", ended.err);
    }
    // An invalid scenario beside it is told as well, and decides: trying again never helps.
    home.write("bad.toml", "");
    let ended = home.run_to(3, &["run", "bad.toml", "nowhere.toml"]);
    assert!(ended.err.contains("nowhere.toml") && ended.err.contains("in bad.toml"), "{}", ended.err);
    assert_eq!(home.entries(), ["bad.toml", "small.toml"]);
}

#[test]
fn what_is_in_the_way_of_the_output_is_left_alone() {
    let home = Home::with_small();
    home.write("file", "mine");
    let ended = home.run_to(2, &["run", "small.toml", "-o", "file"]);
    assert!(ended.err.contains("is a file"), "{}", ended.err);
    fs::create_dir(home.path("thesis")).unwrap();
    home.write("thesis/chapter.tex", "mine");
    let ended = home.run_to(2, &["run", "small.toml", "-o", "thesis"]);
    assert!(ended.err.contains("--force"), "{}", ended.err);
    // Found before anything is simulated, of several too.
    fs::create_dir(home.path("output")).unwrap();
    home.write("output/second", "mine");
    home.write("second.toml", SMALL);
    home.run_to(2, &["run", "small.toml", "second.toml"]);
    assert_eq!(home.files("output"), [("second".to_owned(), b"mine".to_vec())]);
    home.run_to(0, &["run", "small.toml", "-o", "thesis", "--force", "-q", "--no-charts"]);
    assert_eq!(home.read("thesis/chapter.tex"), "mine");
}

#[test]
fn a_name_that_makes_no_folder_needs_one_to_be_named() {
    let home = Home::new();
    home.write("...toml", SMALL);
    let ended = home.run_to(2, &["run", "...toml"]);
    assert!(ended.err.contains("--output"), "{}", ended.err);
    assert_eq!(home.entries(), ["...toml"]);
    home.run_to(0, &["run", "...toml", "-o", "out", "-q", "--no-charts"]);
}

#[test]
fn hostile_text_is_inert_on_the_terminal() {
    let home = Home::new();
    let name = "a\u{1b}[31m\nb.toml";
    home.write(name, SMALL.replace("Two orgs", "T\\u001b[2J"));
    let ended = home.run(&["run", name, "-o", "out", "--no-charts"]);
    assert!(!ended.out.contains('\u{1b}') && !ended.err.contains('\u{1b}'), "{ended:?}");
    let ended = home.run(&["check", name]);
    assert!(!ended.out.contains('\u{1b}') && !ended.err.contains('\u{1b}'), "{ended:?}");
    let ended = home.run(&["plot", "\u{1b}[31m"]);
    assert!(!ended.err.contains('\u{1b}'), "{ended:?}");
}

/// A small file system of its own, if this process may mount one.
struct Mount(std::path::PathBuf);

impl Mount {
    fn new(path: std::path::PathBuf, options: &str) -> Option<Mount> {
        fs::create_dir(&path).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&path).output();
        let mounted = mounted.is_ok_and(|output| output.status.success());
        if !mounted {
            println!("skipped: no file system can be mounted here");
        }
        mounted.then_some(Mount(path))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_one_clear_line_and_leaves_the_earlier_result() {
    let home = Home::with_small();
    let Some(mount) = Mount::new(home.path("disk"), "size=128k") else { return };
    let ended = home.run_to(1, &["run", "small.toml", "-o", "disk/out", "--requests"]);
    assert!(ended.err.starts_with("error: cannot ") && ended.err.lines().count() == 1, "{}", ended.err);
    assert!(fs::read_dir(&mount.0).unwrap().next().is_none(), "something was left behind");
    assert_eq!(ended.out, "");
}

#[test]
fn a_read_only_place_is_an_output_error() {
    let home = Home::with_small();
    let Some(_mount) = Mount::new(home.path("disk"), "size=128k,ro") else { return };
    let ended = home.run_to(1, &["run", "small.toml", "-o", "disk/out"]);
    assert!(ended.err.starts_with("error: cannot create disk/out: "), "{}", ended.err);
}

/// A command on a place where nothing can be written: one line that begins like this, and nothing left behind.
fn refused_by_the_disk(home: &Home, arguments: &[&str], words: &str) {
    let ended = home.run_to(1, arguments);
    assert!(
        ended.err.starts_with("error: cannot ") && ended.err.contains(words),
        "{arguments:?}: {}",
        ended.err
    );
    assert_eq!((ended.err.lines().count(), ended.out.as_str()), (1, ""), "{arguments:?}: {}", ended.err);
}

#[test]
fn every_command_tells_of_a_full_and_of_a_read_only_disk() {
    let home = Home::with_small();
    let vary = ["--vary", "run.seed=1..40"];
    home.run_to(0, &[&["sweep", "small.toml", "-o", "s", "-q", "--no-charts"], &vary[..]].concat());
    for (folder, options) in [("full", "size=64k"), ("sealed", "size=8m,ro")] {
        let Some(mount) = Mount::new(home.path(folder), options) else { return };
        let (out, store) = (format!("{folder}/out"), format!("{folder}/s"));
        let commands: [&[&str]; 4] = [
            &["run", "small.toml", "-o", &out],
            &["compare", "small.toml", "-o", &out, "--org", "spiky", "--replications", "2"],
            &["sweep", "merge", "s", "-o", &out],
            &[&["sweep", "small.toml", "-q", "-o", &store], &vary[..]].concat(),
        ];
        for arguments in commands {
            refused_by_the_disk(&home, arguments, folder);
        }
        // Of a sweep, finished points are kept; of results, nothing.
        assert!(!home.path(&out).exists(), "{folder}");
        drop(mount);
    }
}

#[cfg(unix)]
#[test]
fn a_limit_on_the_size_of_files_is_told_by_every_command() {
    let home = Home::with_small();
    home.run_to(0, &["sweep", "small.toml", "-o", "s", "-q", "--no-charts", "--vary", "run.seed=1..40"]);
    for words in [
        "run small.toml -o out --requests",
        "compare small.toml -o out --org spiky --replications 2",
        "sweep merge s -o out",
        "sweep plan small.toml -o out --vary run.seed=1..4000",
    ] {
        let line = format!("ulimit -f 4; exec '{}' {words}", env!("CARGO_BIN_EXE_ratetide"));
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).current_dir(home.path(""));
        let ended = command::ended(shell.output().unwrap());
        assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{words}: {ended:?}");
        assert!(ended.err.lines().all(|line| line.starts_with("error: cannot write ")), "{words}: {ended:?}");
        let left = if home.path("out").is_dir() { home.files("out") } else { Vec::new() };
        assert!(left.iter().all(|(name, _)| !name.ends_with("manifest.json")), "{words}");
        fs::remove_dir_all(home.path("out")).ok();
    }
}

#[test]
fn a_folder_in_the_way_of_a_file_is_left_alone_by_every_command() {
    let home = Home::with_small();
    home.run_to(0, &["sweep", "small.toml", "-o", "s", "-q", "--no-charts", "--vary", "run.seed=1,2"]);
    let commands: [(&[&str], &str); 3] = [
        (&["run", "small.toml", "-o", "out", "--force"], "out/summary.csv"),
        (
            &["compare", "small.toml", "-o", "cmp", "--org", "spiky", "--replications", "2", "--force"],
            "cmp/compare.csv",
        ),
        (&["sweep", "merge", "s", "-o", "merged", "--force"], "merged/sweep.csv"),
    ];
    for (arguments, file) in commands {
        fs::create_dir_all(home.path(file)).unwrap();
        home.write(&format!("{file}/mine"), "mine");
        let ended = home.run_to(2, arguments);
        assert!(ended.err.contains("is a folder") && ended.err.lines().count() == 1, "{}", ended.err);
        assert_eq!(home.read(&format!("{file}/mine")), "mine");
        let folder = file.split('/').next().unwrap();
        assert_eq!(home.files(folder).len(), 1, "{file}");
    }
    fs::create_dir_all(home.path("t/plan.json")).unwrap();
    let ended = home.run(&["sweep", "plan", "small.toml", "-o", "t", "--vary", "run.seed=1,2"]);
    assert!(matches!(ended.code, Some(1 | 2)) && ended.err.lines().count() == 1, "{ended:?}");
}

#[test]
fn a_result_of_another_command_is_replaced_with_force_alone() {
    let home = Home::with_small();
    let run = ["run", "small.toml", "-o", "out", "-q", "--no-charts"];
    let compare = [
        "compare",
        "small.toml",
        "-o",
        "out",
        "--org",
        "spiky",
        "--strategies",
        "none",
        "--replications",
        "2",
        "-q",
        "--no-charts",
    ];
    home.run_to(0, &run);
    let before = home.files("out");
    let told = home.run_to(2, &compare).err;
    assert!(told.contains("a result of `ratetide run`") && told.contains("--force"), "{told}");
    assert!(home.files("out") == before);
    home.run_to(0, &[&compare[..], &["--force"]].concat());
    assert!(home.path("out/compare.csv").exists() && !home.path("out/summary.csv").exists());
    home.run_to(0, &compare);
    home.run_to(2, &run);
    home.run_to(0, &["sweep", "small.toml", "-o", "s", "-q", "--no-charts", "--vary", "run.seed=1,2"]);
    home.run_to(2, &["sweep", "merge", "s", "-o", "out", "-q", "--no-charts"]);
}

#[test]
fn json_of_several_scenarios_is_a_line_each() {
    let home = Home::with_small();
    home.write("second.toml", SMALL.replace("Two orgs", "Again: { \\\"a\\\" }"));
    let told = home.run_to(0, &["run", "small.toml", "second.toml", "--no-charts", "--format", "json"]).out;
    assert_eq!(told.lines().count(), 2, "{told}");
    for (line, name) in told.lines().zip(["small", "second"]) {
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(line), read(&home.read(&format!("output/{name}/summary.json"))));
    }
}
