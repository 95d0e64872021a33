//! The room as a whole: scenarios in, values, resolved text or frames out.

use proptest::prelude::*;

use super::demo::{DEMO, ROOT, read, read_all};
use super::*;

/// The demo with one stretch of text replaced; the problems that follow, as (line, text).
fn problems(from: &str, to: &str) -> Vec<(Option<usize>, String)> {
    assert_eq!(DEMO.matches(from).count(), 1, "{from:?} must be there once");
    let problems = read(&DEMO.replace(from, to)).expect_err("an invalid scenario");
    problems.iter().collect()
}

/// The line of the demo that holds `text`.
fn line_of(text: &str) -> Option<usize> {
    Some(DEMO.lines().position(|line| line.contains(text)).expect("in the demo") + 1)
}

#[test]
fn a_whole_scenario_is_read_and_its_resolution_reads_back() {
    let resolved = read(DEMO).unwrap_or_else(|problems| panic!("{problems}"));
    let text = resolved.to_toml();
    assert!(text.contains("engine.slots.service.tokens.per_prompt_token = \"90 us\"\n"), "{text}");
    assert!(text.contains("retry.exponential.jitter = \"full\"\n"), "{text}");
    assert!(text.contains("early_refusal = true\n"), "{text}");
    let again = read(&text).unwrap_or_else(|problems| panic!("{text}\n{problems}"));
    assert_eq!(again.to_toml(), text);
}

#[test]
fn the_commented_alternatives_are_read_too() {
    let whole = "engine.slots = { per_replica = 32, service.tokens = { prefill = \"10 ms\", per_prompt_token = \"0.09 ms\", per_output_token = \"30 ms\" } }";
    let law = DEMO.lines().find(|line| line.starts_with("law.success_window")).unwrap();
    for (from, to) in [
        (whole, "engine.slots = { per_replica = 32, service.constant = \"2 s\" }"),
        (whole, "engine.slots = { per_replica = 32, service.exponential = { mean = \"2 s\" } }"),
        (whole, "engine.slots = { per_replica = 32, service.lognormal = { mean = \"2 s\", cv = 1.0 } }"),
        (whole, "engine.slots = { per_replica = 32, service.empirical = [[0.0, \"1 s\"], [1.0, \"2 s\"]] }"),
        (whole, "engine.batching = { preset = \"llama-2-70b-h100-tp8\" }"),
        (
            law,
            "law.success_window = { window = \"1 h\", load_scaled = { min = 1.0, max = 2.0, low = 0.70, high = 0.95 }, share = 0.5 }",
        ),
        (law, "law.fixed = { requests = \"600/min\", tokens = \"1M/min\" }"),
        (law, "law.fixed = { requests = \"unlimited\" }"),
        (law, "law.unlimited = {}"),
        (
            law,
            "law.formula = { requests = \"clamp(2 * success_rate, base, cap)\", tokens = \"\"\"a\n\\\"b\\\"\\\\\"\"\" }",
        ),
        (law, ""),
        ("reset = { on_429 = \"reserved\", otherwise = \"model\" }", "reset = \"gcra\""),
        ("\"20/min\" }", "\"20/min\" }\nmax_tokens = 7"),
        ("honor = \"reset\"", "honor = { header = \"reset\", combine = \"floor\", jitter = 0.5 }"),
        ("[[checks]]", "[[checks]]\nmetric = \"time_to_success_p99_s\"\nmax = \"10 s\"\n[[check]]"),
        (
            "arrivals.poisson = { rate = \"100/min\" }",
            "arrivals.trace = { file = \"azure-2023-conv.csv\", rate_scale = 1.0 }",
        ),
        (
            "arrivals.poisson = { rate = \"100/min\" }",
            "arrivals.backlog = { requests = 100000, concurrency = 64 }",
        ),
        ("prompt_tokens.constant = 800", "prompt_tokens.empirical = [[0, 1], [0.5, 1020], [1.0, 9000]]"),
    ] {
        assert!(DEMO.contains(from), "{from}");
        let resolved = read(&DEMO.replace(from, to)).unwrap_or_else(|problems| panic!("{to}\n{problems}"));
        let text = resolved.to_toml();
        let again = read(&text).unwrap_or_else(|problems| panic!("{text}\n{problems}"));
        assert_eq!(again.to_toml(), text, "{to}");
    }
}

#[test]
fn every_mistake_is_told_with_its_line_and_what_is_allowed() {
    for (from, to, wanted) in [
        ("seed = 7", "sede = 7", "unknown key `sede`"),
        ("max_tokens = 1024", "max_attempts = 3", "unknown key `max_attempts` in `org.steady.workload.chat`"),
        ("seed = 7", "seed = -7", "`seed` must not be -7: allowed: a whole number between 0 and"),
        ("seed = 7", "seed = 7.5", "`seed` must be a whole number, not 7.5"),
        ("seed = 7", "seed = 99999999999999999999", "does not fit"),
        ("seed = 7", "seed = 2026-01-01", "a date"),
        ("duration = \"3 h\" ", "duration = 3 ", "`duration` needs a unit"),
        ("duration = \"3 h\" ", "duration = \"3\" ", "`duration` needs a unit"),
        ("duration = \"3 h\" ", "duration = \"0 s\" ", "between 1 ms and 1 d"),
        ("duration = \"3 h\" ", "duration = [1, \"a\"] ", "a list"),
        ("discipline = \"fifo\"", "discipline = \"fiof\"", "\"fifo\" or \"fair\""),
        ("early_refusal = true", "early_refusal = \"yes\"", "true or false"),
        ("weight = 1.0", "weight = nan", "must be finite"),
        ("weight = 1.0", "weight = inf", "must be finite"),
        ("weight = 1.0", "weight = -0.0", "negative zero"),
        ("weight = 1.0", "weight = 0", "above 0 and at most"),
        ("weight = 1.0", "weight = 1e999", "must be finite"),
        ("name = \"steady\"", "name = \"\"", "must not be empty"),
        ("name = \"steady\"", "name = \"total\"", "row of sums"),
        (
            "arrivals.poisson = { rate = \"100/min\" }",
            "arrivals.poison = { rate = \"100/min\" }",
            "`poison` is no arrival process",
        ),
        (
            "arrivals.poisson = { rate = \"100/min\" }",
            "arrivals.poisson = { rate = \"100 tok/min\" }",
            "must count requests",
        ),
        ("arrivals.poisson = { rate = \"100/min\" }", "arrivals = \"poisson\"", "a table with one tag"),
        ("arrivals.poisson = { rate = \"100/min\" }", "arrivals = {}", "needs a tag"),
        ("client = \"openai-python\"", "client = \"openai\"", "`client` must not be \"openai\""),
        ("client = \"openai-python\"", "client = 5", "text or a table"),
        ("honor = \"reset\"", "honor = { jitter = 0.5 }", "needs the key `header`"),
        ("count = 1,", "count = 1, count = 2,", "duplicate key"),
        ("[[incident]]", "[incident]", "must be a list of tables"),
        ("title = \"A steady team and a spiky neighbour\"", "title = ", "not valid TOML"),
    ] {
        let found = problems(from, to);
        assert_eq!(found.len(), 1, "{to}: {found:?}");
        assert_eq!(found[0].0, line_of(from), "{to}: {found:?}");
        assert!(found[0].1.contains(wanted), "{to}: {found:?}");
    }
    let two = problems("\nlaw.success_window =", "\nlaw.fixed = {}\nlaw.success_window =");
    assert!(two[0].1.contains("not both `fixed` and `success_window`"), "{two:?}");
    let absent = problems("[[org.workload]]\nname = \"chat\"", "[[org.workload]]");
    assert!(absent[0].1.contains("`org.steady.workload.0` needs the key `name`"), "{absent:?}");
}

#[test]
fn all_mistakes_of_a_file_come_at_once_in_its_order() {
    let text = DEMO.replace("seed = 7", "seed = -7").replace("weight = 1.0", "wieght = 1.0");
    let text = text.replace("drain = \"10 min\"", "drain = 10 min").replace("min = 0.99", "min = true");
    let problems = read(&text).unwrap_err();
    let lines: Vec<_> = problems.iter().map(|(line, _)| line).collect();
    assert_eq!(
        lines,
        [line_of("seed"), line_of("drain ="), line_of("weight"), line_of("min = 0.99")],
        "{problems}"
    );
}

#[test]
fn bytes_that_are_not_utf8_and_files_too_large_are_told() {
    let finish = |bytes: &[u8]| {
        let mut document = Document::parse_bytes("a.toml", bytes, &[]);
        read_all(&mut document.root(&ROOT), &ROOT);
        let problems = document.finish().unwrap_err();
        assert_eq!(problems.count(), 1, "{problems}");
        problems.to_string()
    };
    let shown = finish(b"title = \"x\"\nrun = \"\xff\"\n");
    assert!(shown.contains("a.toml:2:8") && shown.contains("byte 19 is 0xff"), "{shown}");
    let shown = finish(&vec![b'#'; FILE_BYTES_MAX + 1]);
    assert!(shown.contains("10000001 bytes"), "{shown}");
    assert!(finish(&vec![0xff; FILE_BYTES_MAX + 1]).contains("10000001 bytes"));
}

#[test]
fn deep_nesting_is_an_error_not_an_overflow() {
    let deep = 100_000;
    for text in [
        format!("title = {}{}", "[".repeat(deep), "]".repeat(deep)),
        format!("title = {}1{}", "{ a = ".repeat(deep), " }".repeat(deep)),
        format!("a{} = 1", ".a".repeat(deep)),
        format!("[a{}]", ".a".repeat(deep)),
        "[".repeat(deep),
        "{".repeat(deep),
    ] {
        assert!(read(&text).is_err());
    }
}

#[test]
fn a_key_of_an_inner_table_is_sent_there() {
    for (from, to, help) in [
        ("max_tokens = 1024", "max_attempts = 3", "did you mean `client.max_attempts`?"),
        ("max_tokens = 1024", "gamma = {}", "did you mean `arrivals.gamma`?"),
        ("max_tokens = 1024", "max_token = 1024", "did you mean `max_tokens`?"),
        ("max_tokens = 1024", "colour = 3", "its keys: name, model, arrivals,"),
    ] {
        let shown = read(&DEMO.replace(from, to)).unwrap_err().to_string();
        assert!(shown.contains(help), "{shown}");
    }
}

#[test]
fn a_bracket_left_open_is_one_error() {
    let found = problems("factor = 1.0 } ]", "factor = 1.0 }");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, line_of("prompt_tokens.constant = 800"));
    let shown = read(&DEMO.replace("factor = 1.0 } ]", "factor = 1.0 }")).unwrap_err().to_string();
    assert!(shown.contains("a bracket above may not be closed"), "{shown}");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_leave_every_place_right() {
    let text = format!("\u{feff}{}", DEMO.replace('\n', "\r\n").replace("seed = 7", "seed = -7"));
    let shown = read(&text).unwrap_err().to_string();
    assert!(shown.contains("folder/demo.toml:8:8\n") && shown.contains("| seed = -7\n"), "{shown}");
}

#[test]
fn a_key_nobody_reads_is_told() {
    let mut document = Document::parse("a.toml", "[run]\nduration = \"1 h\"\nseed = 1", &[]);
    document.root(&ROOT).table("run").span("duration");
    let problems = document.finish().unwrap_err();
    assert_eq!(problems.iter().next().unwrap().0, Some(3));
    assert!(problems.to_string().contains("`seed` has no effect here"), "{problems}");
}

#[test]
fn cross_checks_see_the_errors_below_and_keep_their_place() {
    let mut document = Document::parse("a.toml", "[run]\nduration = 1\n[[model]]\nname = \"m\"", &[]);
    let mut root = document.root(&ROOT);
    let mut run = root.table("run");
    assert!(run.clean() && root.clean());
    run.span("duration");
    let model = root.rows("model").remove(0);
    assert!(!run.clean() && !root.clean() && model.clean());
    model.error_at("name", "no such model", None);
    let lines: Vec<_> = document.finish().unwrap_err().iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [Some(2), Some(4)]);
}

#[test]
#[should_panic(expected = "has no key `sede`")]
fn a_getter_for_an_unknown_key_is_a_programmer_error() {
    Document::parse("a.toml", "", &[]).root(&ROOT).integer("sede");
}

#[test]
#[should_panic(expected = "cannot be read by integer()")]
fn a_getter_of_another_kind_is_a_programmer_error() {
    Document::parse("a.toml", "", &[]).root(&ROOT).integer("title");
}

#[test]
fn lists_pairs_and_values_of_any_type() {
    const SPEC: Spec = Spec::new(
        "lists",
        "Lists.",
        &[
            Key::list("sizes", &Kind::Number(Range::new(0.0, 9.0))).doc("numbers"),
            Key::pairs("points", &Kind::Number(Range::new(0.0, 1.0)), &Kind::Bool).doc("pairs"),
            Key::list("values", &Kind::Toml).optional().doc("anything"),
        ],
    );
    assert_eq!(faults(&SPEC), Vec::<String>::new());
    let parse = |text: &str| Document::parse("a.toml", text, &[]);
    let mut document = parse("sizes = [1, 2.5]\npoints = [[0.5, true]]\nvalues = [1, 'a', [{ x.y = 2.0 }]]");
    let mut root = document.root(&SPEC);
    assert_eq!(root.numbers("sizes"), [1.0, 2.5]);
    let points: Vec<_> = root.pairs("points").into_iter().map(|(x, y)| (x.number(), y.bool())).collect();
    assert_eq!(points, [(0.5, true)]);
    let values: Vec<_> = root.list("values").into_iter().map(Tagged::toml).collect();
    assert_eq!(values, ["1", "\"a\"", "[{x = {y = 2.0}}]"]);
    let resolved = "sizes = [1.0, 2.5]\npoints = [[0.5, true]]\nvalues = [1, \"a\", [{x = {y = 2.0}}]]\n";
    assert_eq!(document.finish().unwrap().to_toml(), resolved);

    let mut document =
        parse("sizes = [1, 'a', 10]\npoints = [[0.5], [0.5, 1], true]\nvalues = [nan, 1979-01-01]");
    let mut root = document.root(&SPEC);
    assert_eq!(root.numbers("sizes"), [1.0, 0.0, 0.0]);
    root.pairs("points").into_iter().for_each(|(_, y)| assert!(!y.bool()));
    root.list("values").into_iter().for_each(|value| assert_eq!(value.toml(), ""));
    assert_eq!(document.finish().unwrap_err().count(), 7);
}

#[test]
fn the_demo_is_sound_but_for_its_missing_sentences() {
    let faults = faults(&ROOT);
    assert!(faults.iter().all(|fault| fault.ends_with("no doc")), "{faults:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_mutation_of_a_scenario_panics(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..6, "[\\PC\n\\[\\]{}=\"'.#0-9-]{0,6}"), 1..12),
    ) {
        let mut text: Vec<char> = DEMO.chars().collect();
        for (at, cut, put) in edits {
            let at = at.index(text.len());
            let end = (at + cut).min(text.len());
            text.splice(at..end, put.chars());
        }
        let text: String = text.into_iter().collect();
        match read(&text) {
            Ok(resolved) => {
                let text = resolved.to_toml();
                let again = read(&text);
                prop_assert!(again.is_ok(), "{}\n{}", text, again.unwrap_err());
                prop_assert_eq!(again.unwrap().to_toml(), text);
            }
            Err(problems) => prop_assert!(problems.render(true).lines().count() <= 200),
        }
    }
}
