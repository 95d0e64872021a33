#![allow(missing_docs)]

//! `ratetide check`: valid or not, and what would be simulated.

mod command;

use command::{Home, SMALL, assert_fits, assert_golden, with_closed_pipe};

#[test]
fn a_scenario_is_told_in_words() {
    let home = Home::new();
    home.write(
        "small.toml",
        format!(
            "{SMALL}[[incident]]\nat = \"2 min\"\nmodel = \"m\"\nlose_replicas = {{ count = 1, duration = \"1 min\" }}\n\
             [[checks]]\norg = \"steady\"\nmetric = \"time_to_success_p99_s\"\nmax = \"10 s\"\n"
        ),
    );
    let ended = home.run_to(0, &["check", "small.toml"]);
    assert_eq!(ended.err, "");
    assert_fits(&ended.out);
    assert_golden("check.txt", &ended.out);
    assert_eq!(home.entries(), ["small.toml"]);
    assert_eq!(home.run_to(0, &["check", "small.toml", "-q"]).out, "");
    assert_eq!(with_closed_pipe(&home, &["check", "small.toml"]).code, Some(0));
}

#[test]
fn programs_read_json() {
    let home = Home::with_small();
    let ended = home.run_to(0, &["check", "small.toml", "--replications", "3", "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&told[0]["scenario"], &told[0]["replications"]), (&"small".into(), &3.into()));
    assert!(told[0]["expected_requests_per_replication"].as_f64().unwrap() > 900.0);
}

#[test]
fn an_invalid_scenario_is_refused_as_by_run() {
    let home = Home::with_small();
    home.write("bad.toml", SMALL.replace("seed = 3", "seeed = 3"));
    let checked = home.run_to(3, &["check", "small.toml", "bad.toml"]);
    let ran = home.run_to(3, &["run", "small.toml", "bad.toml"]);
    assert_eq!((checked.out.as_str(), checked.err), ("", ran.err));
}

#[test]
fn the_resolved_scenario_reads_back() {
    let home = Home::with_small();
    let shown = home.run_to(0, &["check", "small.toml", "--show-config", "--seed", "5"]).out;
    home.write("again.toml", &shown);
    let again = home.run_to(0, &["check", "again.toml", "--show-config"]).out;
    let values = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split(" #").next().unwrap().trim_end().to_owned()).collect()
    };
    assert_eq!(values(&shown), values(&again));
    assert!(shown.contains("seed = 5"));
}

#[test]
fn a_check_that_no_value_can_pass_is_refused() {
    let home = Home::new();
    for (bound, wanted) in
        [("min = 2", "at most 1, not 2"), ("min = \"101 %\"", "at most 1"), ("max = -1", "below 0")]
    {
        home.write("bad.toml", format!("{SMALL}[[checks]]\nmetric = \"success_share\"\n{bound}\n"));
        let told = home.run_to(3, &["check", "bad.toml"]).err;
        assert!(told.contains(wanted) && told.contains("no value can pass"), "{told}");
    }
}

#[test]
fn a_huge_number_is_told_in_short() {
    let home = Home::new();
    home.write("bad.toml", SMALL.replace("prompt = 1.0", "prompt = 1e300"));
    assert!(home.run_to(3, &["check", "bad.toml"]).err.contains("must not be 1e300\n"));
    let formula = "[[model]]\nlimit.law.formula.requests = \"base^1e9 - base^1e9\"";
    home.write("bad.toml", SMALL.replace("[[model]]", formula));
    assert!(home.run_to(3, &["check", "bad.toml"]).err.contains("is not a number anywhere\n"));
}

#[test]
fn a_resolved_scenario_is_toml_alone() {
    let home = Home::with_small();
    let told = home.run_to(2, &["check", "small.toml", "--show-config", "--format", "json"]).err;
    assert!(told.contains("cannot be used with"), "{told}");
}

#[test]
fn a_name_that_is_not_there_is_told_with_what_may_have_been_meant() {
    let home = Home::new();
    let check = |keys: &str| format!("{SMALL}[[checks]]\nmin = 0.5\n{keys}\n");
    let metric = "metric = \"success_share\"\n";
    for (text, told) in [
        (check("metric = \"sucess_share\""), "did you mean `success_share`?"),
        (check("metric = \"time_to_succ\""), "did you mean `time_to_success_mean_s`"),
        (check(&format!("{metric}org = \"stedy\"")), "did you mean `steady`?"),
        (check(&format!("{metric}org = \"nobody\"")), "the orgs are: spiky, steady"),
        (check(&format!("{metric}model = \"x\"")), "did you mean `m`?"),
        (check(&format!("{metric}model = \"other\"")), "the models are: m"),
        (check(&format!("{metric}workload = \"chta\"")), "did you mean `chat`?"),
        (check(&format!("{metric}org = \"spiky\"\nworkload = \"chat\"")), "the workloads are: batch"),
        (SMALL.replace("openai-python", "opena"), "`client` must not be \"opena\" --> wrong.toml"),
        (SMALL.replace("openai-python", "opena"), "did you mean \"openai-python\" or \"openai-cookbook\"?"),
    ] {
        home.write("wrong.toml", text);
        let ended = home.run(&["check", "wrong.toml"]);
        assert_eq!(ended.code, Some(3), "{ended:?}");
        let shown = ended.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(shown.contains(told), "{told}: {shown}");
    }
}

#[test]
fn keys_of_a_client_without_effect_are_told() {
    let home = Home::new();
    home.write("idle.toml", SMALL.replace("\"openai-python\"", "{ honor = \"reset\" }"));
    let ended = home.run(&["check", "idle.toml"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let told = "note: idle.toml:19: `honor` has no effect: a request has one attempt (`max_attempts`)";
    assert!(ended.err.contains(told), "{ended:?}");
}
