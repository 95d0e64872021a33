#![allow(missing_docs)]

//! Laws and limit blocks on the command line: formulas, presets, and what is wrong with them.

mod command;

use command::{Home, SMALL};

/// The small scenario with these keys in its model.
fn with_limit(limit: &str) -> String {
    SMALL.replacen("replicas = 1\n", &format!("replicas = 1\n{limit}\n"), 1)
}

fn refused(limit: &str) -> String {
    let home = Home::new();
    home.write("bad.toml", with_limit(limit));
    home.run_to(3, &["check", "bad.toml"]).err
}

#[test]
fn a_mistake_in_a_formula_is_shown_inside_it() {
    let told = refused(r#"limit.law.formula = { requests = "clamp(2 * sucess_rate, base, cap)" }"#);
    assert!(told.contains("--> bad.toml:9:45"), "{told}");
    assert!(told.contains("`requests`: unknown quantity `sucess_rate`"), "{told}");
    assert!(told.contains("did you mean `success_rate`?"), "{told}");
    let marks = told.lines().find(|line| line.contains('^')).unwrap();
    assert_eq!(marks.matches('^').count(), "sucess_rate".len(), "{told}");

    // In literal and in long strings the place is as exact.
    let told = refused("limit.law.formula.requests = '''\nmax(1,\n  2 / 0)'''");
    assert!(told.contains("--> bad.toml:11:7") && told.contains("division by zero"), "{told}");
    // Where it is written with escapes, the whole is marked.
    let told = refused(r#"limit.law.formula.requests = "max(1,\u0032 / 0)""#);
    assert!(told.contains("--> bad.toml:9:30") && told.contains("division by zero"), "{told}");
    // So is a divisor that is nothing but for its names.
    let told = refused(r#"limit.law.formula.requests = "base / (capacity - capacity)""#);
    assert!(told.contains("--> bad.toml:9:30") && told.contains("divides by zero"), "{told}");
    // Both are told at once, and one from the command line there.
    let told = refused(r#"limit.law.formula = { requests = "1 +", tokens = "2 2" }"#);
    assert!(told.contains("2 errors"), "{told}");
    let home = Home::new();
    home.write("good.toml", with_limit(r#"limit.law.formula = { requests = "1" }"#));
    let set = "model.m.limit.law.formula.requests=2 * clmap(1, 2, 3)";
    let told = home.run_to(3, &["check", "good.toml", "--set", set]).err;
    assert!(told.contains("command line") && told.contains("did you mean `clamp`?"), "{told}");
    let marks = told.lines().find(|line| line.contains('^')).unwrap();
    assert_eq!(marks.matches('^').count(), "clmap".len(), "{told}");
}

#[test]
fn a_formula_that_is_no_number_somewhere_is_refused_with_an_example() {
    let told = refused(r#"limit.law.formula = { requests = "60 * success_rate / demand" }"#);
    assert!(told.contains("is not a number where success_rate = 0, demand = 0"), "{told}");
    assert!(told.contains("max(demand, 1)"), "{told}");
    let home = Home::new();
    home.write(
        "good.toml",
        with_limit(r#"limit.law.formula = { requests = "60 * success_rate / max(demand, 1)" }"#),
    );
    home.run_to(0, &["check", "good.toml"]);
}

#[test]
fn hostile_formulas_are_refused_at_once() {
    let law = |text: &str| format!("limit.law.formula = {{ requests = \"{text}\" }}");
    for text in [
        "(".repeat(10_000),
        format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000)),
        format!("{}1{}", "(".repeat(60), ")".repeat(60)),
        "-".repeat(1_000_000),
        format!("1{}", "+1".repeat(500_000)),
        "min(".repeat(400),
        "1e999".into(),
        "\\u0000".into(),
        "2^99999".into(),
    ] {
        let told = refused(&law(&text));
        assert!(told.lines().count() < 20 && told.lines().all(|line| line.chars().count() < 700), "{told}");
    }
}

#[test]
fn what_a_formula_may_name_is_listed() {
    let home = Home::new();
    let listed = home.run_to(0, &["list", "formula"]).out;
    for name in ["success_rate", "share_of_traffic", "clamp(x, low, high)"] {
        assert!(listed.contains(&format!("\n{name} ")), "{name}: {listed}");
    }
    // And each is one that a formula takes.
    for (name, _) in ratetide::limit::law::formula::QUANTITIES {
        home.write("good.toml", with_limit(&format!("limit.law.formula.requests = \"1 + {name}\"")));
        home.run_to(0, &["check", "-q", "good.toml"]);
    }
}

#[test]
fn a_limit_block_can_be_taken_by_name_and_overridden() {
    let home = Home::new();
    let resolved = |limit: &str| {
        home.write("it.toml", with_limit(limit));
        let shown = home.run_to(0, &["run", "it.toml", "--show-config"]).out;
        let words = shown.lines().map(|line| line.split('#').next().unwrap().split_whitespace());
        let words: Vec<String> = words.map(|line| line.collect::<Vec<_>>().join(" ")).collect();
        words.into_iter().filter(|line| line.starts_with("limit.")).collect::<Vec<String>>()
    };
    let plain = resolved("");
    let mut named = resolved("limit = \"load-scaled\"");
    named.retain(|line| line != "limit.preset = \"load-scaled\"");
    assert_eq!(named, plain, "what holds without a preset");
    for preset in ratetide::limit::presets::PRESETS {
        let lines = resolved(&format!("limit = {:?}", preset.name));
        assert!(lines.contains(&format!("limit.preset = {:?}", preset.name)), "{lines:?}");
        assert_ne!(lines, plain, "{}", preset.name);
    }
    let strict =
        resolved("limit = { preset = \"fixed-tier\", retry_after = false, reset.otherwise = \"model\" }");
    for line in [
        "limit.enforcement = \"strict\"",
        "limit.retry_after = false",
        "limit.law.fixed.requests = \"600/min\"",
    ] {
        assert!(strict.contains(&line.to_owned()), "{line}: {strict:?}");
    }
    let other = resolved("limit = { preset = \"fixed-tier\", law.ewma = {} }");
    assert!(other.iter().any(|line| line.starts_with("limit.law.ewma.")), "{other:?}");
    assert!(!other.iter().any(|line| line.contains("fixed.")), "{other:?}");

    assert!(refused("limit = \"firewrks-2025\"").contains("did you mean \"fireworks-2025\"?"));
    let listed = home.run_to(0, &["list", "limits"]).out;
    for preset in ratetide::limit::presets::PRESETS {
        assert!(listed.contains(preset.name), "{listed}");
    }
}

#[test]
fn what_a_law_does_not_allow_is_told() {
    for (limit, words) in [
        ("limit.law.tiered = { tiers = [] }", "there must be a tier"),
        ("limit.law.tiered = { tiers = [ { from_tokens = 5 } ] }", "must begin with"),
        ("limit.law.tiered = { tiers = [ { from_tokens = 0 }, { from_tokens = 0 } ] }", "must rise"),
        ("limit.law.tiered = { base = { requests = \"1000/min\" } }", "above the limit of a tier"),
        ("limit.law.ewma = { base = { requests = \"7000/min\" } }", "above the cap"),
        ("limit.law.additve = {}", "did you mean `additive`?"),
        ("limit.law.additive = { freeze_on_503 = true }", "unknown key"),
        ("limit.law.formula = {}", "needs the key `requests`"),
        ("limit.law.recent_peak = { window = \"10 s\" }", "must not be"),
    ] {
        let told = refused(limit);
        assert!(told.contains(words), "{limit}: {told}");
    }
}
