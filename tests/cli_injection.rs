#![allow(missing_docs)]
#![cfg(unix)]

//! Free text and names of the hostile kind: inert in every file and on the screen. Links in the place of results and
//! stores are not followed.

mod command;

use command::{Ended, Home, SMALL};
use ratetide::output::manifest::Manifest;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

/// Formula, markup, shell, escape sequences, an override of direction, a way out of the folder.
const HOSTILE: [&str; 8] = [
    "=HYPERLINK(\"http://x\",\"y\")",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "</text><script>alert(1)</script><text>",
    "]]><svg onload=alert(1)>&amp;<!--",
    "$(touch pwned); `touch pwned`; '; touch pwned; '",
    "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m",
    "a\u{202e}txt.exe\u{2028}b\u{feff}",
    "../../../../etc/passwd",
];

/// No escape sequence and nothing that turns or breaks a line unseen.
fn inert_on_screen(ended: &Ended, what: &str) {
    for text in [&ended.out, &ended.err] {
        let odd = text.chars().find(|&c| {
            (c.is_control() && c != '\n')
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
        });
        assert!(odd.is_none(), "{what}: {odd:?} on the screen: {text:?}");
    }
    assert!(!ended.err.contains("panicked"), "{what}: {ended:?}");
}

/// Every file below: tables hold no formula, pictures no script, texts no escape sequence.
fn inert_in_files(home: &Home, folder: &str, what: &str) {
    for (name, bytes) in home.files(folder) {
        assert!(!name.contains(".."), "{what}: {name}");
        if name.ends_with(".png") {
            continue;
        }
        let text = String::from_utf8(bytes).unwrap_or_else(|_| panic!("{what}: {name} is no text"));
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{9b}']), "{what}: {name} holds an escape sequence");
        if name.ends_with(".svg") {
            let low = text.to_lowercase();
            assert!(!low.contains("<script") && !low.contains("<svg onload"), "{what}: {name}");
            assert_eq!(low.matches("<svg").count(), 1, "{what}: {name}");
        }
        if name.ends_with(".csv") {
            let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
            for cell in
                reader.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
            {
                let is_formula =
                    cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
                assert!(!is_formula, "{what}: {name} holds {cell:?}");
            }
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap().replace('\u{7f}', "\\u007f").replace('\u{9b}', "\\u009b")
}

fn titled(text: &str) -> String {
    SMALL
        .replace("title = \"Two orgs\"", &format!("title = {}\ndescription = {}", quoted(text), quoted(text)))
}

#[test]
fn titles_are_inert() {
    for text in HOSTILE {
        let home = Home::new();
        let with = titled(text);
        home.write("a.toml", &with);
        let checked = home.run(&["check", "a.toml"]);
        // A key that there is not, or a text that is refused, is told in frames; then the title alone.
        inert_on_screen(&checked, text);
        home.write("a.toml", SMALL.replace("\"Two orgs\"", &quoted(text)));
        let commands: [&[&str]; 4] = [
            &["check", "a.toml"],
            &["run", "a.toml", "-o", "out"],
            &[
                "compare",
                "a.toml",
                "-o",
                "cmp",
                "--org",
                "spiky",
                "--strategies",
                "none",
                "--replications",
                "2",
            ],
            &["sweep", "a.toml", "-o", "s", "--vary", "run.seed=1,2"],
        ];
        let before = home.run(&["check", "a.toml"]);
        for arguments in commands {
            let ended = home.run(arguments);
            inert_on_screen(&ended, text);
            assert!(before.code != Some(0) || ended.code == Some(0), "{text:?} {arguments:?}: {ended:?}");
        }
        for folder in ["out", "cmp", "s"].into_iter().filter(|folder| home.path(folder).is_dir()) {
            inert_in_files(&home, folder, text);
        }
        inert_on_screen(&home.run(&["run", "a.toml", "--show-config"]), text);
    }
}

#[test]
fn names_are_refused_or_inert() {
    for text in HOSTILE {
        let home = Home::new();
        home.write("small.toml", SMALL);
        for name in ["name = \"m\"", "name = \"steady\"", "name = \"chat\""] {
            home.write("a.toml", SMALL.replacen(name, &format!("name = {}", quoted(text)), 1));
            inert_on_screen(&home.run_to(3, &["run", "a.toml"]), text);
        }
        let words: [&[&str]; 11] = [
            &["run", "small.toml", "--set", text],
            &["run", "small.toml", "--set", &format!("{text}=1")],
            &["run", "small.toml", "--set", &format!("run.duration={text}")],
            &["run", "small.toml", "--set", &format!("run.{text}=1")],
            &["run", text],
            &["plot", text],
            &["compare", "small.toml", "--strategies", text],
            &["compare", "small.toml", "--org", text],
            &["compare", "small.toml", "--until", text],
            &["sweep", "small.toml", "--vary", &format!("run.duration={text}")],
            &["sweep", "small.toml", "--metrics", text, "--vary", text, "--goal", text],
        ];
        for arguments in words {
            let ended = home.run(arguments);
            inert_on_screen(&ended, &format!("{arguments:?}"));
            assert!(matches!(ended.code, Some(1..=3)), "{arguments:?}: {ended:?}");
        }
        let trace = format!("trace.file = {}", quoted(text));
        home.write("a.toml", SMALL.replacen("poisson = { rate = \"60/min\" }", &trace, 1));
        inert_on_screen(&home.run_to(3, &["run", "a.toml"]), text);
        assert_eq!(home.entries(), ["a.toml", "small.toml"], "{text:?}");
    }
}

/// A scenario's file name reaches the result's folder, the manifest and its command.
#[test]
fn file_names_are_inert() {
    for text in HOSTILE {
        let home = Home::new();
        let name = format!("{}.toml", text.replace('/', "_"));
        home.write(&name, SMALL);
        let commands: [&[&str]; 4] = [
            &["run", &name],
            &["check", &name],
            &["compare", &name, "-o", "cmp", "--org", "spiky", "--strategies", "none", "--replications", "2"],
            &["sweep", &name, "-o", "s", "--vary", "run.seed=1,2"],
        ];
        for arguments in commands {
            inert_on_screen(&home.run_to(0, arguments), text);
        }
        for folder in ["output", "cmp", "s/result"] {
            for (file, bytes) in home.files(folder) {
                let is_text = !file.ends_with(".png");
                assert!(!is_text || !bytes.contains(&0x1b), "{text:?}: {file} holds an escape sequence");
            }
        }
        // The command of the manifest, in a shell: it runs ratetide and nothing else.
        let manifest = Manifest::from_json(&home.read("cmp/manifest.json")).unwrap();
        let line = format!("ratetide() {{ printf '%s\\n' \"$#\"; }}; {}", manifest.command);
        let said = Command::new("sh").args(["-c", &line]).current_dir(home.path("")).output().unwrap();
        assert_eq!(said.stdout.iter().filter(|&&b| b == b'\n').count(), 1, "{text:?}: {}", manifest.command);
        assert!(!home.path("pwned").exists(), "{text:?}: {}", manifest.command);
    }
}

/// What a sweep varies stands in its tables and charts.
#[test]
fn levels_of_a_sweep_are_inert() {
    let home = Home::new();
    for (index, text) in HOSTILE.into_iter().enumerate() {
        home.write("small.toml", SMALL);
        let vary = format!("title={}", quoted(text).replace(',', " "));
        let store = format!("s{index}");
        let ended =
            home.run(&["sweep", "small.toml", "-o", &store, "--vary", &vary, "--vary", "run.seed=1,2"]);
        inert_on_screen(&ended, text);
        assert!(matches!(ended.code, Some(0 | 2 | 3)), "{text:?}: {ended:?}");
        if home.path(&format!("{store}/result")).is_dir() {
            inert_in_files(&home, &format!("{store}/result"), text);
        }
    }
}

#[test]
fn a_link_in_the_place_of_a_result_is_not_followed() {
    let home = Home::new();
    home.write("small.toml", SMALL);
    home.write("precious", "mine");
    let run = ["run", "small.toml", "-o", "out", "-q", "--no-charts"];
    home.run_to(0, &run);
    for name in [
        "summary.csv",
        "manifest.json",
        ".ratetide-incomplete",
        ".summary.csv.ratetide-new",
        ".summary.csv.ratetide-old",
    ] {
        fs::remove_file(home.path("out").join(name)).ok();
        symlink(home.path("precious"), home.path("out").join(name)).unwrap();
        home.run(&run);
        assert_eq!(home.read("precious"), "mine", "{name}");
        home.run_to(0, &[&run[..], &["--force"]].concat());
        assert_eq!(home.read("precious"), "mine", "{name}");
    }
}

#[test]
fn a_link_in_a_store_is_not_followed() {
    let home = Home::new();
    home.write("small.toml", SMALL);
    home.write("precious", "mine");
    fs::create_dir(home.path("away")).unwrap();
    home.run_to(0, &["sweep", "plan", "small.toml", "-o", "s", "-q", "--vary", "run.seed=1,2"]);
    symlink(home.path("precious"), home.path("s/points/.000000.json.ratetide-new")).unwrap();
    symlink(home.path("nowhere"), home.path("s/points/.000001.json.ratetide-new")).unwrap();
    home.run_to(0, &["sweep", "run", "s", "-q"]);
    assert_eq!(home.read("precious"), "mine");
    assert!(!home.path("nowhere").exists());
    home.run_to(0, &["sweep", "merge", "s", "-q", "--no-charts"]);
    // A folder of it.
    fs::rename(home.path("s/points"), home.path("moved")).unwrap();
    symlink(home.path("away"), home.path("s/points")).unwrap();
    let told = home.run_to(2, &["sweep", "run", "s"]);
    assert!(told.err.contains("symbolic link"), "{}", told.err);
    fs::create_dir(home.path("t")).unwrap();
    symlink(home.path("away"), home.path("t/scenario")).unwrap();
    home.run_to(2, &["sweep", "plan", "small.toml", "-o", "t", "-q", "--vary", "run.seed=1,2"]);
    assert_eq!(fs::read_dir(home.path("away")).unwrap().count(), 0);
}
