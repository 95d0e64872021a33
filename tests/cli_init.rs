#![allow(missing_docs)]

//! `ratetide init`: scenarios to start from, each of which runs.

mod command;

use command::{Home, with_closed_pipe};
use ratetide::cli::init::KINDS;

#[test]
fn every_kind_is_a_commented_scenario_that_is_valid() {
    let home = Home::new();
    for kind in KINDS {
        let text = home.run_to(0, &["init", kind.name]).out;
        assert_eq!(text, kind.text);
        assert!(text.starts_with("# ") && text.matches('#').count() >= 5, "{} is not commented", kind.name);
        home.write("it.toml", text);
        home.run_to(0, &["check", "it.toml"]);
    }
    assert_eq!(home.run_to(0, &["init"]).out, KINDS[0].text);
    assert_eq!(home.run_to(0, &["init", "-o", "-"]).out, KINDS[0].text);
}

#[test]
fn the_basic_one_runs_and_passes_its_check() {
    let home = Home::new();
    home.run_to(0, &["init", "-o", "basic.toml", "-q"]);
    let ended = home.run_to(0, &["run", "basic.toml", "--no-charts"]);
    assert!(ended.out.contains("ok 1 check passed"), "{}", ended.out);
}

#[test]
fn a_file_is_only_overwritten_by_force() {
    let home = Home::new();
    home.write("mine.toml", "mine");
    assert!(home.run_to(2, &["init", "-o", "mine.toml"]).err.contains("--force"));
    assert_eq!(home.read("mine.toml"), "mine");
    home.run_to(0, &["init", "-o", "mine.toml", "--force"]);
    assert_eq!(home.read("mine.toml"), KINDS[0].text);
    home.run_to(1, &["init", "-o", "no/such/folder.toml"]);
    home.run_to(2, &["init", "nonsense"]);
    assert_eq!(with_closed_pipe(&home, &["init"]).code, Some(0));
}
