#![allow(missing_docs)]

//! Demand through the binary: what is refused with its place, what is noted, what `list` knows.

mod command;

use command::{Home, SMALL};

/// The small scenario with other arrivals, and more keys, for its first workload.
fn with(arrivals: &str, more: &str) -> String {
    let text = SMALL.replacen("poisson = { rate = \"60/min\" }", arrivals, 1);
    text.replacen("client = \"openai-python\"", more, 1)
}

/// What is said of a scenario that is invalid.
fn refused(home: &Home, text: &str) -> String {
    home.write("bad.toml", text);
    let ended = home.run_to(3, &["check", "bad.toml"]);
    assert!(ended.err.contains("--> bad.toml:"), "{}", ended.err);
    ended.err
}

#[test]
fn demand_that_cannot_be_is_shown_with_its_place() {
    let home = Home::new();
    let users = "users = { users = 5, think.constant = \"0 s\" }";
    let session =
        "users = { users = 5, think.constant = \"1 s\", session = { turns = 3, contxt_tokens = 9 } }";
    let profile = "profile = [{ at = \"1 min\", factor = 2.0 }]";
    for (arrivals, more, words) in [
        ("weibull = { rate = \"1/s\", cv = -1 }", "", "between 0.01 and 100"),
        (users, "rtt = \"0 s\"", "would send for ever"),
        (session, "", "did you mean `context_tokens`?"),
        ("backlog = { requests = 10 }", profile, "a closed loop sets its own pace"),
        ("users = { users = 5, think.constant = \"1 s\" }", "profile.diurnal = {}", "it has no profile"),
        (
            "backlog = { requests = 10, concurrency = 2, rate = \"1/s\" }",
            "",
            "either `concurrency` or `rate`",
        ),
        ("backlog = { requests = 1e9 }", "", "whole number"),
        ("constant = { rate = \"1/s\" }", "profile.diurnl = {}", "did you mean `diurnal`?"),
        ("constant = { rate = \"1/s\" }", "profile.diurnal = { low = -0.1 }", "between 0.0 and 1"),
        ("constant = { rate = \"1/s\" }", "correlation = 0.5", "always the same"),
        ("constant = { rate = \"1/s\" }", "correlation = 1.5", "between -1"),
        ("windows = { file = \"none.csv\" }", "", "cannot be read"),
    ] {
        let told = refused(&home, &with(arrivals, more));
        let words = words.replace("0.0 and", "0 and");
        assert!(told.contains(&words), "{arrivals} {more}: {told}");
    }
    let preset = SMALL.replacen("prompt_tokens.constant = 100", "prompt_tokens.preset = \"azure-conv\"", 1);
    assert!(refused(&home, &preset).contains("azure-conv-2023"));
    let population = with("users = { users = 5, think.constant = \"1 s\" }", "").replacen(
        "name = \"steady\"",
        "name = \"steady\"\npopulation = { count = 9, demand.equal = {} }",
        1,
    );
    assert!(refused(&home, &population).contains("a population has no closed loops"));
}

#[test]
fn a_closed_loop_is_estimated_by_the_most_it_can_send() {
    let home = Home::new();
    let million = "users = { users = 10000000, think.constant = \"1 ms\" }";
    let told = refused(&home, &with(million, "").replace("10 min", "30 h").replace("interval", "# interval"));
    assert!(told.contains("events are expected, above the limit"), "{told}");
    let told = refused(
        &home,
        &with("backlog = { requests = 100000000 }", "").replace("[run]", "[run]\nreplications = 5000"),
    );
    assert!(told.contains("events are expected"), "{told}");
}

/// A day of windows of two clients, changed by `change`.
fn day(change: impl Fn(usize, String) -> String) -> String {
    let row = |i: usize| change(i, format!("7,{},{},1.2,Gamma", 600 * i, i % 3));
    let rows: Vec<String> = (0..144).map(row).collect();
    format!("client,t_s,rate_rps,iat_cv,pattern\n{}\n8,0,1,1,Exponential\n", rows.join("\n"))
}

#[test]
fn windows_are_checked_and_what_was_dropped_is_named() {
    let home = Home::new();
    let text = with("windows = { file = \"day.csv\", client = 7 }", "");
    for (change, words) in [
        // A row is missing, doubled, or out of order.
        (|i: usize, row: String| if i == 5 { String::new() } else { row }, "leaves a gap of 10 min"),
        (|i: usize, row: String| if i == 5 { format!("{row}\n{row}") } else { row }, "line 8: the window at"),
        (
            |i: usize, row: String| if i == 5 { row.replace(",3000,", ",1,") } else { row },
            "comes after the one",
        ),
        (
            |i: usize, row: String| if i == 5 { row.replace(",3000,", ",2700,") } else { row },
            "overlaps the one",
        ),
        (
            |i: usize, row: String| if (1..3).contains(&i) { row.replace("Gamma", "Cauchy") } else { row },
            "more than 1 %",
        ),
    ] as [(fn(usize, String) -> String, &str); 5]
    {
        home.write("day.csv", day(change));
        let told = refused(&home, &text);
        assert!(told.contains(words), "{words}: {told}");
        assert!(told.contains("bad.toml:16") && told.contains("day.csv"), "{told}");
    }
    home.write("day.csv", day(|i, row| if i == 5 { row.replace(",1.2,", ",wild,") } else { row }));
    home.write("good.toml", text);
    let ended = home.run_to(0, &["check", "good.toml"]);
    let told = format!("{}{}", ended.out, ended.err);
    assert!(told.contains("1 rows dropped (line 7: iat_cv is not a number: its window is silent)"), "{told}");
    let unknown = refused(&home, &with("windows = { file = \"day.csv\", client = 77 }", ""));
    assert!(unknown.contains("no client `77`") && unknown.contains("did you mean `7`?"), "{unknown}");
    let which = refused(&home, &with("windows = { file = \"day.csv\" }", ""));
    assert!(which.contains("`client` chooses one of 7, 8"), "{which}");
}

#[test]
fn a_backlog_tells_when_it_was_finished() {
    let home = Home::new();
    let text = with("backlog = { requests = 50, concurrency = 1 }", "rtt = \"0 s\"");
    let check = "[[checks]]\norg = \"steady\"\nmetric = \"time_to_finish_s\"\nmax = \"101 s\"\n";
    home.write("done.toml", text.clone() + check);
    // Two seconds each: 10 ms and 100 tokens of 20 ms.
    let quick = text + &check.replace("101 s", "100 s");
    home.run_to(0, &["run", "done.toml", "-o", "out", "--no-charts"]);
    let summary = home.read("out/summary.csv");
    let mut rows = summary.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let at = rows.next().unwrap().iter().position(|name| *name == "time_to_finish_s").unwrap();
    let steady = rows.find(|row| row[0] == "steady").unwrap();
    assert_eq!((steady[3], steady[4], steady[at]), ("50", "50", "100.5"));
    home.write("quick.toml", quick);
    home.run_to(99, &["run", "quick.toml", "-o", "out2", "--no-charts"]);
}

#[test]
fn a_rhythm_is_set_from_the_command_line_and_told() {
    let home = Home::new();
    home.write(
        "day.toml",
        SMALL
            .replace("profile = [{ at = \"5 min\", factor = 40.0 }, { at = \"6 min\", factor = 1.0 }]\n", ""),
    );
    let path = "org.spiky.workload.batch.profile.diurnal.period=5 min";
    let told = home.run_to(0, &["check", "day.toml", "--set", path]).out;
    assert!(told.contains("diurnal") && told.contains("period 5 min"), "{told}");
    for (topic, words) in [
        ("profiles", "diurnal"),
        ("token-presets", "azure-conv-2023"),
        ("arrivals", "backlog"),
        ("tokens", "preset"),
    ] {
        let listed = home.run_to(0, &["list", topic]).out;
        assert!(listed.contains(words), "{topic}: {listed}");
    }
}
