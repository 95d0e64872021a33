#![allow(missing_docs)]

//! `ratetide run`: what is written, what is told, and where.

mod command;

use command::{Home, SMALL, assert_fits, assert_golden, on_full_device, with_closed_pipe};

const FILES: [&str; 19] = [
    "capacity.csv",
    "charts/capacity.png",
    "charts/capacity.svg",
    "charts/cost.png",
    "charts/cost.svg",
    "charts/outcomes.png",
    "charts/outcomes.svg",
    "charts/rates.png",
    "charts/rates.svg",
    "charts/time_to_success.png",
    "charts/time_to_success.svg",
    "cost.csv",
    "manifest.json",
    "outcomes.csv",
    "rates.csv",
    "scenario.toml",
    "summary.csv",
    "summary.json",
    "time_to_success.csv",
];

/// The screen with what the wall clock says of it masked.
fn masked(text: &str) -> String {
    let mask = |line: &str| match line.split_once(" in ").filter(|_| line.starts_with("simulated ")) {
        Some((before, _)) => format!("{before} in …"),
        None => line.to_owned(),
    };
    text.lines().map(|line| mask(line) + "\n").collect()
}

#[test]
fn a_run_writes_its_result_and_tells_it() {
    let home = Home::with_small();
    let ended = home.run_to(0, &["run", "small.toml"]);
    let names: Vec<String> = home.files("output/small").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, FILES);
    assert_eq!(home.entries(), ["output", "small.toml"]);
    assert_eq!(ended.err, "");
    assert_fits(&ended.out);
    assert_golden("run.txt", &masked(&ended.out));
}

#[test]
fn the_same_scenario_gives_the_same_bytes_on_any_number_of_threads() {
    let home = Home::with_small();
    let common = ["run", "small.toml", "--replications", "3", "--requests", "-q", "-o"];
    home.run_to(0, &[&common[..], &["a", "--jobs", "1"]].concat());
    home.run_to(0, &[&common[..], &["b/deeper", "-j", "2"]].concat());
    assert!(home.files("a") == home.files("b/deeper"));
    let manifest = home.read("a/manifest.json");
    assert!(manifest.contains("\"ratetide run small.toml --replications 3 --requests\""), "{manifest}");
    // The command in the manifest makes it again.
    let again: Vec<&str> = "run small.toml --replications 3 --requests".split(' ').collect();
    home.run_to(0, &again);
    assert!(home.files("a") == home.files("output/small"));
    // So does the resolved scenario.
    home.write("again.toml", home.read("a/scenario.toml"));
    home.run_to(0, &["run", "again.toml"]);
    assert_eq!(home.read("output/again/summary.csv"), home.read("a/summary.csv"));
}

#[test]
fn several_scenarios_have_a_folder_each() {
    let home = Home::with_small();
    home.write("other.toml", SMALL.replace("seed = 3", "seed = 4"));
    let ended = home.run_to(0, &["run", "small.toml", "other.toml", "--no-charts", "-o", "out"]);
    assert!(ended.out.contains("written to out/small") && ended.out.contains("written to out/other"));
    let names: Vec<String> = home.files("out").into_iter().map(|(name, _)| name).collect();
    assert!(names.contains(&"small/summary.csv".into()) && names.contains(&"other/manifest.json".into()));
    assert!(names.iter().all(|name| !name.contains("charts")), "{names:?}");
    std::fs::create_dir(home.path("deep")).unwrap();
    home.write("deep/Small.toml", SMALL);
    let ended = home.run_to(2, &["run", "small.toml", "deep/Small.toml"]);
    assert!(ended.err.contains("would both write into"), "{}", ended.err);
}

#[test]
fn formats_are_the_files_themselves() {
    let home = Home::with_small();
    for (format, file) in [("json", "summary.json"), ("csv", "summary.csv")] {
        let ended = home.run_to(0, &["run", "small.toml", "-q", "--no-charts", "--format", format]);
        assert_eq!(ended.out, home.read(&format!("output/small/{file}")));
    }
    let ended = home.run_to(0, &["run", "small.toml", "--no-charts", "--format", "markdown"]);
    assert!(ended.out.starts_with("## Two orgs\n") && ended.out.contains("\n|---|---:|"), "{}", ended.out);
}

#[test]
fn quiet_says_nothing_and_verbose_more() {
    let home = Home::with_small();
    let ended = home.run_to(0, &["run", "small.toml", "-q", "--no-charts"]);
    assert_eq!((ended.out.as_str(), ended.err.as_str()), ("", ""));
    let ended = home.run_to(0, &["run", "small.toml", "-v", "--no-charts"]);
    assert!(ended.err.contains("detail: small: about "), "{}", ended.err);
    assert_eq!(home.run(&["run", "small.toml", "-q", "-v"]).code, Some(2));
}

#[test]
fn a_scenario_comes_from_standard_input_too() {
    let home = Home::with_small();
    let mut command = home.command(&["run", "-", "--no-charts", "-q"]);
    let input = std::fs::File::open(home.path("small.toml")).unwrap();
    assert!(command.stdin(input).status().unwrap().success());
    assert!(
        home.read("output/scenario/manifest.json").contains("\"ratetide run scenario.toml --no-charts\"")
    );
}

#[test]
fn settings_from_the_command_line_are_in_the_result() {
    let home = Home::with_small();
    let set = ["--set", "run.duration = \"5 min\"", "--set", "org.spiky.workload.batch.client=\"immediate\""];
    home.run_to(0, &[&["run", "small.toml", "--seed", "9", "--no-charts"][..], &set[..]].concat());
    let resolved = home.read("output/small/scenario.toml");
    assert!(resolved.contains("seed = 9") && resolved.contains("duration = \"5 min\""), "{resolved}");
    let manifest: serde_json::Value = serde_json::from_str(&home.read("output/small/manifest.json")).unwrap();
    assert_eq!(
        manifest["command"],
        r#"ratetide run small.toml --set 'run.duration="5 min"' --set 'org.spiky.workload.batch.client="immediate"' --seed 9 --no-charts"#
    );
    let ended = home.run_to(0, &["run", "small.toml", "--show-config", "--seed", "9", "-o", "none"]);
    assert!(ended.out.contains("# small.toml:4") && ended.out.contains("# default"), "{}", ended.out);
    assert!(ended.out.lines().any(|line| line.starts_with("seed = 9 ") && line.ends_with("# --set")));
    assert!(!home.path("none").exists());
}

#[test]
fn a_failed_check_is_told_and_the_result_kept() {
    let home = Home::new();
    let check = |least: &str| {
        format!("{SMALL}[[checks]]\norg = \"spiky\"\nmetric = \"success_share\"\nmin = {least}\n")
    };
    home.write("strict.toml", check("0.999"));
    home.write("mild.toml", check("0.01"));
    let ended = home.run_to(99, &["run", "strict.toml", "mild.toml", "--no-charts", "--replications", "4"]);
    assert!(ended.err.contains("failed: spiky: success_share at least 0.999; observed 0."), "{}", ended.err);
    assert!(
        ended.err.contains("(95 % interval 0.") && ended.err.contains("over 4 replications)"),
        "{}",
        ended.err
    );
    assert!(ended.err.ends_with("error: strict: 1 of 1 check failed\n"), "{}", ended.err);
    assert!(ended.out.contains("failed 0 of 1 check passed") && ended.out.contains("ok 1 check passed"));
    assert!(
        home.path("output/strict/manifest.json").exists() && home.path("output/mild/manifest.json").exists()
    );
    assert!(home.read("output/strict/summary.json").contains("\"passed\": false"));
    let json = home.run_to(99, &["run", "strict.toml", "-q", "--no-charts", "--format", "json"]);
    serde_json::from_str::<serde_json::Value>(&json.out).expect("checks do not disturb the JSON");
}

#[test]
fn a_run_that_mostly_fails_says_so_unless_it_has_checks() {
    let home = Home::with_small();
    let starved = ["run", "small.toml", "--no-charts", "--set", "model.m.engine.slots.per_replica=1"];
    let ended = home.run_to(0, &starved);
    assert!(ended.err.starts_with("warning: small: ") && ended.err.contains("[[checks]]"), "{}", ended.err);
    home.write("small.toml", format!("{SMALL}[[checks]]\nmetric = \"requests\"\nmin = 1\n"));
    assert_eq!(home.run_to(0, &starved).err, "");
}

/// What was spent is told by lane, org and API key, and each of the three adds up to the same.
#[test]
fn spending_is_told_by_lane_org_and_key() {
    let home = Home::new();
    let lanes = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/lanes.toml");
    let told = home.run_to(0, &["run", lanes, "--no-charts"]).out;
    assert_fits(&told);
    let spending: Vec<&str> = told.lines().skip_while(|line| !line.starts_with("spend ")).collect();
    let ends = spending.iter().position(|line| line.is_empty()).expect("the table ends");
    let (lanes, orgs) = spending[2..ends]
        .split_at(spending[2..ends].iter().position(|line| *line == "by org and key").unwrap());
    // From the right: per 1,000, per million, in vain, spend.
    let usd = |line: &&str| -> f64 { line.split_whitespace().rev().nth(3).unwrap().parse().unwrap() };
    let of = |lines: &[&str], indent: &str| -> (usize, f64) {
        let is_row = |line: &&&str| line.strip_prefix(indent).is_some_and(|rest| !rest.starts_with(' '));
        let rows: Vec<f64> = lines.iter().filter(is_row).map(usd).collect();
        (rows.len(), rows.iter().sum())
    };
    let [by_lane, by_org, by_key] = [of(lanes, "  "), of(orgs, "  "), of(orgs, "    ")];
    assert_eq!([by_lane.0, by_org.0, by_key.0], [3, 2, 4], "{told}");
    // Each number is rounded to cents.
    assert!((by_lane.1 - by_org.1).abs() < 0.03 && (by_org.1 - by_key.1).abs() < 0.03, "{told}");
}

#[test]
fn a_closed_pipe_is_success_and_a_full_device_is_not() {
    let home = Home::with_small();
    let arguments = ["run", "small.toml", "--no-charts"];
    assert_eq!(with_closed_pipe(&home, &arguments).code, Some(0));
    if let Some(ended) = on_full_device(&home, &arguments) {
        assert_eq!(ended.code, Some(1));
        assert!(ended.err.contains("error: cannot write standard output: "), "{}", ended.err);
    }
}

#[test]
fn colour_is_only_for_terminals_and_those_who_ask() {
    let home = Home::with_small();
    let plain = home.run_to(0, &["run", "small.toml", "--no-charts"]);
    assert!(!plain.out.contains('\x1b'));
    let painted = home.run_to(0, &["run", "small.toml", "--no-charts", "--color", "always"]);
    assert!(painted.out.starts_with("\x1b[1m"));
}

#[test]
fn the_screen_is_never_wider_than_a_hundred_columns() {
    let home = Home::new();
    let second = "[[org.workload]]\nname = \"two\"\nmodel = \"m\"\n\
                  arrivals.batch = { size = 3, every = \"1 min\" }\n\
                  prompt_tokens.constant = 100\noutput_tokens.constant = 100\n";
    let text = SMALL.to_owned() + second;
    let quoted = |letter: &str| format!("{:?}", letter.repeat(64));
    let text = text.replace("\"spiky\"", &quoted("n")).replace("\"m\"", &quoted("m"));
    let text = text.replace("Two orgs", &"word ".repeat(40));
    let text = text.replace("prompt = 1.0, output = 2.0", "prompt = 1e9, output = 1e9");
    home.write("wide.toml", text);
    assert_fits(&home.run_to(0, &["run", "wide.toml", "--no-charts"]).out);
    assert_fits(&home.run_to(0, &["check", "wide.toml"]).out);
}
