#![allow(missing_docs)]

//! `ratetide compare`: what is written, what is told, and what is refused.

mod command;

use command::{Home, SMALL, assert_fits, assert_golden, on_full_device, with_closed_pipe};
use serde_json::Value;

const FILES: [&str; 14] = [
    "charts/compare_outcomes.png",
    "charts/compare_outcomes.svg",
    "charts/compare_ranking.png",
    "charts/compare_ranking.svg",
    "charts/compare_rates.png",
    "charts/compare_rates.svg",
    "charts/compare_time_to_success.png",
    "charts/compare_time_to_success.svg",
    "compare.csv",
    "compare.json",
    "compare_rates.csv",
    "compare_time_to_success.csv",
    "manifest.json",
    "scenario.toml",
];

const POLITE: &str =
    "max_attempts = 8\nhonor = \"reset\"\n[retry.exponential]\nbase = \"1 s\"\ncap = \"60 s\"\n";

fn with_polite() -> Home {
    let home = Home::with_small();
    home.write("polite.toml", POLITE);
    home
}

/// The small scenario compared, with more arguments.
fn compare<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["compare", "small.toml", "--org", "spiky", "--no-charts"], more].concat()
}

/// The screen with what the wall clock says of it masked.
fn masked(text: &str) -> String {
    let mask = |line: &str| match line.split_once(" in ").filter(|_| line.starts_with("simulated ")) {
        Some((before, _)) => format!("{before} in …"),
        None => line.to_owned(),
    };
    text.lines().map(|line| mask(line) + "\n").collect()
}

/// The text with its lines joined.
fn flowing(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn json(home: &Home, more: &[&str]) -> Value {
    let ended = home.run_to(0, &compare(&[more, &["--format", "json", "-q"]].concat()));
    serde_json::from_str(&ended.out).unwrap_or_else(|e| panic!("{e}: {}", ended.out))
}

#[test]
fn a_comparison_writes_its_result_and_tells_it() {
    let home = with_polite();
    let arguments =
        ["compare", "small.toml", "--strategies", "none,immediate,exponential", "--strategy", "polite.toml"];
    let ended = home.run_to(0, &arguments);
    let names: Vec<String> = home.files("output/small-compare").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, FILES);
    assert!(
        ended.err.starts_with("note: the client of spiky is exchanged, which loses most requests"),
        "{}",
        ended.err
    );
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    assert_fits(&ended.out);
    assert_golden("compare.txt", &masked(&ended.out));
    let manifest = home.read("output/small-compare/manifest.json");
    let again = "ratetide compare small.toml --strategies none,immediate,exponential --strategy polite.toml --org spiky";
    assert!(
        manifest.contains(&format!("\"{again}\"")) && manifest.contains("\"replications\": 10"),
        "{manifest}"
    );
}

#[test]
fn the_same_comparison_gives_the_same_bytes_on_any_number_of_threads_and_from_its_command() {
    let home = with_polite();
    let common = ["compare", "small.toml", "--strategies", "none,polite.toml", "--until", "20pp", "-q", "-o"];
    home.run_to(0, &[&common[..], &["a", "--jobs", "1"]].concat());
    home.run_to(0, &[&common[..], &["b", "-j", "3"]].concat());
    assert!(home.files("a") == home.files("b"));
    let manifest: Value = serde_json::from_str(&home.read("a/manifest.json")).unwrap();
    let words: Vec<&str> = manifest["command"].as_str().unwrap().split(' ').skip(1).collect();
    home.run_to(0, &[&words[..], &["-o", "c", "-q"]].concat());
    assert!(home.files("a") == home.files("c"), "{words:?}");
    let before = home.files("a");
    let ended = home.run_to(0, &["plot", "a"]);
    assert!(ended.out.contains("a/charts/compare_ranking.svg\n"), "{}", ended.out);
    assert!(home.files("a") == before, "redrawn");
}

#[test]
fn each_format_is_what_it_says() {
    let home = Home::with_small();
    let ended = home.run_to(0, &compare(&["--format", "csv", "-q"]));
    assert_eq!(ended.out, home.read("output/small-compare/compare.csv"));
    let mut reader = csv::Reader::from_reader(ended.out.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert!(rows.len() > 50 && rows.iter().all(|row| row.len() == 12));
    assert!(!ended.out.contains("NaN") && !ended.out.contains("inf"), "{}", ended.out);
    // A verdict on the primary measure alone.
    let with_verdict = rows.iter().filter(|row| !row[7].is_empty());
    assert!(with_verdict.clone().all(|row| &row[1] == "success_share") && with_verdict.count() == 9);

    let told = json(&home, &[]);
    assert_eq!(told["org"], "spiky");
    assert_eq!((&told["metric"], &told["baseline"]), (&"success_share".into(), &"as written".into()));
    let strategies = told["strategies"].as_array().unwrap();
    assert_eq!((strategies.len(), told["ranking"].as_array().unwrap().len()), (9, 9));
    let markdown = home.run_to(0, &compare(&["--format", "markdown", "-q"])).out;
    assert!(
        markdown.starts_with("## Two orgs\n") && markdown.contains("| strategy | success (%) |"),
        "{markdown}"
    );
    assert_eq!(home.run_to(0, &compare(&["-q"])).out, "");
}

#[test]
fn what_is_as_written_is_not_told_from_itself() {
    let home = Home::with_small();
    // The small scenario's spiky has no client: that is `none`.
    let told = json(&home, &["--strategies", "none,exponential"]);
    let of = |index: usize| &told["strategies"][index];
    assert_eq!((&of(0)["verdict"], &of(1)["verdict"]), (&"baseline".into(), &"not distinguishable".into()));
    let cells = &of(1)["metrics"]["success_share"];
    assert_eq!((&cells["diff"], &cells["low"], &cells["high"]), (&0.into(), &0.into(), &0.into()));
    assert_eq!(of(2)["verdict"], "better");
    // And another baseline turns it round.
    let told = json(&home, &["--strategies", "none", "--baseline", "exponential"]);
    assert_eq!(
        (&told["baseline"], &told["strategies"][1]["verdict"]),
        (&"exponential".into(), &"worse".into())
    );
}

#[test]
fn a_value_that_is_not_defined_is_empty_and_still_compared() {
    let home = with_polite();
    let asked = ["--strategies", "none,polite.toml", "--metric", "time_to_success_p99_s"];
    let told = json(&home, &[&asked[..], &["--set", "run.drain=\"10 min\""]].concat());
    let polite = &told["strategies"][2];
    assert_eq!(polite["verdict"], "better", "{polite}");
    let cells = &polite["metrics"]["time_to_success_p99_s"];
    assert!(
        cells["value"].is_number() && cells.get("diff").is_none() && cells.get("low").is_none(),
        "{cells}"
    );
    assert!(told["strategies"][0]["metrics"]["time_to_success_p99_s"].get("value").is_none());
    let ended = home.run_to(0, &compare(&asked));
    let told = flowing(&ended.out);
    assert!(told.contains("in most replications") || told.contains("not defined"), "{}", ended.out);
    assert_fits(&ended.out);
}

#[test]
fn the_sequential_rule_says_how_it_ended() {
    let home = Home::with_small();
    let narrow = json(&home, &["--until", "50pp"]);
    assert_eq!(narrow["stopped"]["why"], "every interval narrow enough");
    assert_eq!(narrow["replications"], 10);
    let capped = json(&home, &["--until", "0.0001%", "--max-replications", "12"]);
    assert!(capped["stopped"]["why"].as_str().unwrap().starts_with("most replications reached"));
    assert_eq!((&capped["replications"], &capped["stopped"]["replications_max"]), (&12.into(), &12.into()));
    let ended = home.run_to(0, &compare(&["--until", "0.0001%", "--max-replications", "12"]));
    assert!(flowing(&ended.out).contains("12 replications, the most allowed (12)"), "{}", ended.out);
    let fixed = json(&home, &["--replications", "3", "--strategies", "none"]);
    assert_eq!((&fixed["replications"], fixed["stopped"].get("replications_max")), (&3.into(), None));
    let one = home.run_to(0, &compare(&["--replications", "1", "--strategies", "none"]));
    assert!(flowing(&one.out).contains("a single replication, which proves nothing"), "{}", one.out);
}

/// The first sentence tells the measure that decides, its value, and how far apart, in the measure's unit.
#[test]
fn a_verdict_is_told_in_the_unit_of_its_measure() {
    let home = Home::with_small();
    let cases = [
        (
            "goodput_tpm",
            "spiky",
            "immediate is best: goodput_tpm of spiky is 9,776 tokens/min, 270 tokens/min more",
        ),
        (
            "fairness_jain",
            "spiky",
            "immediate is best: fairness_jain of spiky is 0.805, 0.008 more than as written",
        ),
        (
            "attempts_per_request",
            "spiky",
            "attempts_per_request of spiky is 1.00; none cannot be told from it.",
        ),
        ("wasted_tokens", "spiky", "wasted_tokens of spiky is 0; none and immediate cannot be told from it."),
        ("cost_usd", "spiky", "cost_usd of spiky is 0.14 USD; none cannot be told from it."),
        (
            "time_to_success_p50_s",
            "steady",
            "time_to_success_p50_s of steady is 2.06 s; none and immediate cannot",
        ),
    ];
    for (metric, org, wanted) in cases {
        let asked = ["compare", "small.toml", "--org", org, "--no-charts", "--strategies", "none,immediate"];
        let told = flowing(&home.run_to(0, &[&asked[..], &["--metric", metric]].concat()).out);
        let least =
            wanted.starts_with("immediate") || told.starts_with("Nothing is better than as written: ");
        assert!(told.contains(wanted) && least, "{told}");
    }
    let asked = ["compare", "small.toml", "--org", "steady", "--no-charts", "--strategies", "none"];
    let until = ["--metric", "time_to_success_p50_s", "--until", "1 s"];
    let told = flowing(&home.run_to(0, &[&asked[..], &until].concat()).out);
    assert!(told.contains("10 replications: enough for intervals of ± 1.00 s simulated"), "{told}");
}

#[test]
fn other_laws_are_tried_and_the_winner_held_against_them() {
    let home = with_polite();
    let laws = ["--strategies", "none,polite.toml", "--replications", "4", "--laws", "fixed-tier,additive"];
    let told = json(&home, &laws);
    let under = told["laws"].as_array().unwrap();
    let names: Vec<&str> = under.iter().map(|law| law["law"].as_str().unwrap()).collect();
    assert_eq!(names, ["fixed-tier", "additive"]);
    assert!(
        under.iter().all(|law| law["holds"].is_boolean() && law["strategies"].as_array().unwrap().len() == 3)
    );
    let csv = home.read("output/small-compare/compare.csv");
    assert!(csv.lines().filter(|line| line.ends_with(",additive")).count() > 20);
    let ended = home.run_to(0, &compare(&laws));
    assert!(
        ended.out.contains("of 2 other laws.") && ended.out.contains("the winner holds"),
        "{}",
        ended.out
    );
    assert_fits(&ended.out);
    let all = json(&home, &["--strategies", "polite.toml", "--replications", "2", "--laws", "all"]);
    assert!(all["laws"].as_array().unwrap().len() >= 8, "{}", all["laws"]);
}

#[test]
fn what_cannot_be_compared_is_refused_with_a_suggestion() {
    let home = with_polite();
    home.write("two words.toml", POLITE);
    home.write("typo.toml", "max_attempts = 8\nhonour = \"reset\"\n");
    home.write("hasty.toml", "timeout = \"1 ms\"\n");
    home.write("broken.toml", "max_attempts = = 8\n");
    home.write("empty.toml", "");
    let cases: &[(i32, &[&str], &str)] = &[
        (2, &["--strategies", "exponentail"], "did you mean exponential?"),
        (2, &["--strategies", "none,none"], "named twice"),
        (2, &["--strategies", "polite.toml,./polite.toml"], "named twice"),
        (2, &["--strategies", ""], "empty name"),
        (2, &["--strategies", "none,"], "empty name"),
        (2, &["--strategy", "two words.toml"], "is no name"),
        (2, &["--baseline", "nobody"], "there is no client nobody"),
        (2, &["--strategies", "none", "--baseline", "none"], "nothing to compare"),
        (2, &["--metric", "sucess_share"], "did you mean success_share?"),
        (2, &["--metric", "time_to_finish_s", "--strategies", "none"], "cannot decide"),
        (2, &["--workload", "batsh"], "did you mean batch?"),
        (2, &["--laws", "aditive"], "did you mean additive?"),
        (2, &["--laws", "formula"], "keys of its own"),
        (2, &["--until", "fast"], "it must be a width"),
        (2, &["--until", "1pp", "--replications", "5"], "cannot be used with"),
        (2, &["--max-replications", "50"], "--until"),
        (1, &["--strategy", "missing.toml"], "cannot open missing.toml"),
        (3, &["--strategy", "typo.toml"], "did you mean `honor`?"),
        (3, &["--strategy", "broken.toml"], "not valid TOML"),
        (3, &["--strategy", "hasty.toml"], "longer than the workload's round trip"),
        (3, &["--set", "run.durration=\"1 h\""], "did you mean `duration`?"),
    ];
    for (code, more, words) in cases {
        let ended = home.run_to(*code, &compare(more));
        assert!(ended.err.contains(words), "{more:?}: {}", ended.err);
        assert!(ended.out.is_empty() && !home.path("output").exists(), "{more:?}: nothing is written");
    }
    let told = home.run_to(3, &compare(&["--strategy", "typo.toml"])).err;
    assert!(told.contains("--> typo.toml:2:1") && told.contains("^^^^^^"), "{told}");
    let told = home.run_to(2, &["compare", "small.toml", "--org", "spikey"]).err;
    assert!(told.contains("did you mean spiky?"), "{told}");
    home.run_to(2, &["compare"]);
    home.run_to(1, &["compare", "nowhere.toml"]);
    // Without neighbours nothing can be said of them, which is known before the first run.
    home.write("alone.toml", SMALL.split("[[org]]\nname = \"spiky\"").next().unwrap());
    let alone = ["compare", "alone.toml", "--strategies", "none", "--until", "1pp"];
    let told = home.run_to(2, &[&alone[..], &["--metric", "neighbours_success_share_change"]].concat()).err;
    assert!(told.contains("cannot decide") && !home.path("output").exists(), "{told}");
    // An empty file is the client that does not retry.
    home.run_to(0, &compare(&["--strategy", "empty.toml", "-q"]));
}

#[test]
fn a_strategy_may_fall_back_and_its_requests_stay_its_own() {
    let home = Home::with_small();
    home.write(
        "patient.toml",
        "max_attempts = 2\n[retry.exponential]\nbase = \"1 s\"\n[[fallback]]\nlane = \"batch\"\n",
    );
    let told = json(
        &home,
        &["--strategy", "patient.toml", "--set", "run.drain=\"1 h\"", "--set", "run.interval=\"1 min\""],
    );
    let [written, patient] = [0, 1].map(|i| &told["strategies"][i]["outcomes"]);
    assert_eq!(written["requests"], patient["requests"]);
    assert_eq!(told["strategies"][1]["verdict"], "better", "{told}");
    assert!(patient["ok_200"].as_f64() > written["ok_200"].as_f64(), "{patient}");
    home.write("lost.toml", "[[fallback]]\nmodel = \"nowhere\"\n");
    let told = home.run_to(3, &compare(&["--strategy", "lost.toml"])).err;
    assert!(told.contains("--> lost.toml:2:9") && told.contains("there is no model `nowhere`"), "{told}");
}

#[test]
fn batch_jobs_have_no_client_to_exchange() {
    let home = Home::new();
    home.write(
        "small.toml",
        SMALL.replace(
            "model = \"m\"\narrivals.poisson = { rate = \"30/min\" }",
            "model = \"m\"\nlane.batch = {}\narrivals.poisson = { rate = \"30/min\" }",
        ),
    );
    let ended = home.run_to(2, &compare(&[]));
    assert!(ended.err.contains("no client strategy has a part"), "{}", ended.err);
    // The other org is the only one left.
    let ended = home.run_to(0, &["compare", "small.toml", "--no-charts", "--strategies", "none"]);
    assert!(ended.err.is_empty() && ended.out.contains("client of steady/chat exchanged"), "{ended:?}");
}

#[test]
fn directories_follow_the_rules_of_every_result() {
    let home = Home::with_small();
    std::fs::create_dir(home.path("mine")).unwrap();
    home.write("mine/thesis.tex", "x");
    let arguments = compare(&["--strategies", "none", "--replications", "2", "-q"]);
    let into = |dir: &'static str| [&arguments[..], &["-o", dir]].concat();
    let ended = home.run_to(2, &into("mine"));
    assert!(ended.err.contains("--force"), "{}", ended.err);
    home.run_to(0, &[&into("mine")[..], &["--force"]].concat());
    assert!(home.path("mine/compare.csv").exists() && home.path("mine/thesis.tex").exists());
    home.write("file", "x");
    home.run_to(2, &into("file"));
    // In the place of a run's result, only if that is wished; of a comparison's.
    home.run_to(0, &["run", "small.toml", "-q", "--no-charts", "-o", "both"]);
    home.run_to(2, &into("both"));
    home.run_to(0, &[&into("both")[..], &["--force"]].concat());
    home.run_to(0, &into("both"));
    assert!(home.path("both/compare.csv").exists() && !home.path("both/summary.csv").exists());
}

#[test]
fn a_closed_pipe_is_success_and_a_full_device_is_not() {
    let home = Home::with_small();
    let arguments = compare(&["--strategies", "none", "--replications", "2"]);
    assert_eq!(with_closed_pipe(&home, &arguments).code, Some(0));
    if let Some(ended) = on_full_device(&home, &arguments) {
        assert_eq!(ended.code, Some(1));
    }
}

#[test]
fn the_screen_is_never_wider_than_a_hundred_columns() {
    let home = Home::new();
    let quoted = |letter: &str| format!("{:?}", letter.repeat(64));
    let text = SMALL.replace("\"spiky\"", &quoted("n")).replace("\"batch\"", &quoted("b"));
    home.write("wide.toml", text.replace("Two orgs", &"word ".repeat(40)));
    let file = format!("{}.toml", "s".repeat(60));
    home.write(&file, POLITE);
    let ended =
        home.run_to(0, &["compare", "wide.toml", "--strategy", &file, "--all", "--replications", "3"]);
    assert_fits(&ended.out);
}

#[test]
#[cfg(unix)]
fn an_interrupt_before_the_first_replication_leaves_nothing() {
    use std::process::{Command, Stdio};
    let home = Home::new();
    home.write(
        "long.toml",
        SMALL.replace("duration = \"10 min\"", "duration = \"3000 d\"\ninterval = \"10 d\""),
    );
    let mut command = home.command(&["compare", "long.toml", "--org", "spiky"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = std::time::Instant::now();
    while !home.path("output/long-compare/.ratetide-incomplete").exists() {
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "it does not begin");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let ended = command::ended(child.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.out.as_str()), (Some(130), ""), "{ended:?}");
    assert!(!home.path("output").exists());
}
