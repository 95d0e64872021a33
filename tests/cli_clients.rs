#![allow(missing_docs)]

//! Clients on the command line: their parts, and what is wrong with them.

mod command;

use command::{Home, SMALL};

const CLIENT: &str = "client = \"openai-python\"";

fn with_client(client: &str) -> String {
    assert!(SMALL.contains(CLIENT));
    SMALL.replacen(CLIENT, &format!("client = {client}"), 1)
}

fn refused(client: &str) -> String {
    let home = Home::new();
    home.write("bad.toml", with_client(client));
    let ended = home.run_to(3, &["run", "bad.toml"]);
    assert_eq!(
        (home.entries(), ended.out.as_str()),
        (vec!["bad.toml".to_owned()], ""),
        "something was written"
    );
    ended.err
}

#[test]
fn what_a_client_cannot_be_is_shown_with_its_place_and_a_suggestion() {
    for (client, words) in [
        // Parts that cannot both be meant.
        ("{ timeout = \"2 min\", deadline = \"1 min\" }", "beyond its request's deadline"),
        ("{ timeout = \"1 ms\" }", "longer than the workload's round trip"),
        ("{ max_attempts = 2, hedge.max = 3 }", "give `max_attempts` at least 3"),
        ("{ budget.active = {}, pacing.paced.rate = \"1/s\", deadline = \"1 min\" }", "use a `timeout`"),
        ("{ max_attempts = \"unlimited\", retry.immediate = {}, throttle = {} }", "give the retry a delay"),
        // Delays.
        ("{ retry.exponential = { base = \"2 s\", cap = \"1 s\" } }", "the longest delay is below the first"),
        (
            "{ retry.exponential = { base_other = \"2 s\", cap = \"1 s\" } }",
            "the longest delay is below the first",
        ),
        (
            "{ retry.exponential = { floor = \"2 s\", max = \"1 s\" } }",
            "the shortest delay is above the longest",
        ),
        ("{ retry.exponential = { jitter = [0.5] } }", "two factors"),
        ("{ retry.exponential = { jitter = [0.5, -1.0] } }", "a number between 0"),
        ("{ retry.exponential = { jitter = \"ful\" } }", "did you mean \"full\"?"),
        ("{ retry.exponential = { jitter = \"decorrelated\", from = 1 } }", "leave out `from`"),
        ("{ retry.exponential = { from = -1 } }", "between 0 and 32"),
        ("{ retry_on = [\"492\"] }", "\"429\", \"503\" or \"timeout\""),
        ("{ retry_on = \"429\" }", "must be a list"),
        ("{ honor = { header = \"reset\", spread = -0.5 } }", "a number between 0"),
        ("{ honor = \"resett\" }", "did you mean \"reset\"?"),
        // Pacing.
        ("{ pacing.ramp = { growth = 0.9 } }", "between 1"),
        ("{ pacing.ramp = { window = \"0 s\" } }", "between 1 ms"),
        ("{ pacing.aimd = { rate = \"1/s\", max = \"0.5/s\" } }", "not between `min` and `max`"),
        ("{ pacing.aimd = { decrease = 1.5 } }", "between 0.01 and 1"),
        ("{ pacing.cubic = { beta = 0.0 } }", "between 0.01 and 1"),
        ("{ pacing.buckets = { requests = \"0/s\" } }", "allowed: a rate"),
        ("{ pacing.pacd = {} }", "did you mean"),
        // Concurrency.
        ("{ concurrency.fixed = { limit = 0 } }", "between 1"),
        ("{ concurrency.aimd = { initial = 5 } }", "not between `min` and `max`"),
        ("{ concurrency.gradient2 = { min = 300 } }", "not between `min` and `max`"),
        ("{ concurrency.gradient2 = { tolerance = 0.5 } }", "between 1"),
        ("{ concurrency.vegas = { initial = 9, max = 8 } }", "above `max`"),
        // Budgets.
        ("{ budget.ratio = { ratio = -0.2 } }", "between 0"),
        ("{ budget.grpc = { max = -1.0 } }", "between 0.001"),
        ("{ budget.quota = { cost = -14 } }", "between 0"),
        ("{ budget.active = { share = 1.5 } }", "between 0 and 1"),
        ("{ budget = \"ratio\" }", "write budget.ratio"),
        // Guards.
        ("{ breaker.count_window = { calls = 0 } }", "between 1 and 1024"),
        ("{ breaker.count_window = { probes = 2000 } }", "between 1 and 1024"),
        ("{ breaker.error_window = { share = 0.0 } }", "a number between"),
        ("{ throttle = { k = 0.5 } }", "between 1"),
        ("{ hedge = { max = 1 } }", "between 2 and 16"),
        ("{ hedges = {} }", "did you mean `hedge`?"),
        ("\"boto3\"", "boto3-standard"),
    ] {
        let told = refused(client);
        assert!(told.contains("--> bad.toml:") && told.contains('^'), "{client}: {told}");
        assert!(told.contains(words), "{client}: {told}");
    }
}

#[test]
fn every_part_can_be_given_beside_a_preset() {
    for client in [
        "{ preset = \"openai-python\", deadline = \"1 min\" }",
        "{ preset = \"grpc\", retry_on = [\"429\", \"503\"] }",
        "{ preset = \"exponential\", pacing.ramp = {}, concurrency.vegas = {}, budget.quota = {} }",
        "{ retry.exponential = { jitter = [0.9, 1.1], cap = \"unlimited\" }, breaker.count_window = {} }",
        "{ hedge = {} }",
        "{ preset = \"hedge\", max_attempts = 2 }",
        "{ preset = \"google-genai\", max_attempts = 5 }",
        "{ preset = \"envoy\", deadline = \"1 min\" }",
    ] {
        let home = Home::new();
        home.write("good.toml", with_client(client));
        home.run_to(0, &["run", "good.toml", "-q", "--no-charts"]);
    }
}
