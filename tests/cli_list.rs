#![allow(missing_docs)]

//! `ratetide list`: every option, from the registries.

mod command;

use command::{Home, assert_fits, assert_golden, on_full_device, with_closed_pipe};

#[test]
fn everything_is_listed() {
    let home = Home::new();
    let ended = home.run_to(0, &["list"]);
    assert_fits(&ended.out);
    for name in [
        "success_window",
        "openai-python",
        "poisson",
        "slots",
        "batching",
        "llama-2-70b-h100-tp8",
        "predictive",
        "lognormal",
        "cost_usd",
    ] {
        assert!(ended.out.contains(&format!("\n  {name} ")), "{name}");
    }
    assert_golden("list_incidents.txt", &home.run_to(0, &["list", "incidents"]).out);
}

#[test]
fn laws_say_which_rules_they_keep() {
    let home = Home::new();
    let ended = home.run_to(0, &["list", "laws"]);
    assert!(
        ended.out.contains("  keeps S2, S3, S4, S5, S6 (S2 only load-scaled or with `share`)\n"),
        "{}",
        ended.out
    );
    assert_eq!(home.run_to(0, &["list", "law"]).out, ended.out);
    let json: serde_json::Value =
        serde_json::from_str(&home.run_to(0, &["list", "laws", "--format", "json"]).out).unwrap();
    let window = &json[0]["options"][0];
    assert_eq!((&window["name"], &window["rules"][0]), (&"success_window".into(), &"S2".into()));
    assert_eq!(window["parameters"][0]["default"], "\"1 h\"");
}

#[test]
fn every_listed_client_is_one_a_scenario_takes() {
    let home = Home::with_small();
    let json: serde_json::Value =
        serde_json::from_str(&home.run_to(0, &["list", "clients", "--format", "json"]).out).unwrap();
    for client in json[0]["options"].as_array().unwrap() {
        let set = format!("org.spiky.workload.batch.client={}", client["name"]);
        home.run_to(0, &["check", "small.toml", "-q", "--set", &set]);
    }
}

#[test]
fn an_unknown_topic_is_a_usage_error_and_a_closed_pipe_none() {
    let home = Home::new();
    assert!(home.run_to(2, &["list", "lews"]).err.contains("laws"));
    assert_eq!(with_closed_pipe(&home, &["list"]).code, Some(0));
    if let Some(ended) = on_full_device(&home, &["list"]) {
        assert_eq!(ended.code, Some(1), "{ended:?}");
    }
}
