#![allow(missing_docs)]

//! What documents the command: help, `schema`, `completions`, `man`.

mod command;

use command::{Home, assert_fits, with_closed_pipe};

const COMMANDS: [&str; 8] = ["run", "plot", "check", "list", "init", "schema", "completions", "man"];

#[test]
fn help_and_usage() {
    let home = Home::new();
    let help = home.run_to(0, &["--help"]).out;
    assert_fits(&help);
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command} ")), "{command}");
        home.run_to(0, &[command, "--help"]);
    }
    assert!(help.contains("Exit codes:"));
    assert_eq!(home.run_to(0, &["--version"]).out, format!("ratetide {}\n", env!("CARGO_PKG_VERSION")));
    for wrong in [
        &[][..],
        &["nonsense"],
        &["run"],
        &["run", "x.toml", "--jobs", "0"],
        &["run", "x.toml", "--seed", "-1"],
    ] {
        assert_eq!(home.run_to(2, wrong).out, "", "{wrong:?}");
    }
}

#[test]
fn the_schema_is_json_and_names_the_keys() {
    let home = Home::new();
    let schema: serde_json::Value = serde_json::from_str(&home.run_to(0, &["schema"]).out).unwrap();
    for key in ["run", "model", "org", "incident", "checks"] {
        assert!(schema["properties"][key].is_object(), "{key}");
    }
    assert_eq!(with_closed_pipe(&home, &["schema"]).code, Some(0));
}

#[test]
fn completions_and_man_pages_know_every_command() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = home.run_to(0, &["completions", shell]).out;
        assert!(COMMANDS.iter().all(|command| script.contains(command)), "{shell}");
    }
    home.run_to(2, &["completions", "tcsh"]);
    assert!(home.run_to(0, &["man"]).out.contains(".TH ratetide 1"));
    for command in COMMANDS {
        assert!(
            home.run_to(0, &["man", command]).out.contains(&format!("ratetide\\-{command}")),
            "{command}"
        );
    }
    home.run_to(2, &["man", "nonsense"]);
    assert_eq!(with_closed_pipe(&home, &["man"]).code, Some(0));
    assert_eq!(with_closed_pipe(&home, &["completions", "zsh"]).code, Some(0));
}
