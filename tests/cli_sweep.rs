#![allow(missing_docs)]

//! `ratetide sweep`: the same bytes whoever computes the points, nothing lost, and what is refused.

mod command;

use command::{Ended, Home, assert_fits};
use serde_json::Value;
use std::io::Write as _;
use std::process::Stdio;

/// Six points of the small scenario.
const AXES: [&str; 4] = [
    "--vary",
    "org.spiky.workload.batch.arrivals.poisson.rate=10/min..40/min:3",
    "--vary",
    "model.m.replicas=1,2",
];

fn home() -> Home {
    let home = Home::with_small();
    home.write(
        "short.toml",
        command::SMALL.replace("10 min", "2 min").replace("5 min", "1 min").replace("6 min", "80 s"),
    );
    home
}

fn plan(home: &Home, store: &str, more: &[&str]) -> Ended {
    home.run_to(0, &[&["sweep", "plan", "short.toml", "-o", store], more, &AXES].concat())
}

fn result(home: &Home, store: &str) -> Vec<(String, Vec<u8>)> {
    home.run_to(0, &["sweep", "merge", store, "-q"]);
    home.files(&format!("{store}/result"))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn a_sweep_in_one_go_writes_its_result_and_tells_it() {
    let home = home();
    let asked = [
        &["sweep", "short.toml", "--replications", "2", "--goal"][..],
        &["maximise success_share where cost_usd < 2"],
        &AXES,
    ];
    let ended = home.run_to(0, &asked.concat());
    assert_fits(&ended.out);
    assert!(ended.out.starts_with("success_share is highest at "), "{}", ended.out);
    assert!(ended.err.contains("6 points computed in "), "{}", ended.err);
    let names: Vec<String> =
        home.files("output/short-sweep/result").into_iter().map(|(name, _)| name).collect();
    let tables: Vec<&String> = names.iter().filter(|name| !name.starts_with("charts/")).collect();
    assert_eq!(tables, ["manifest.json", "plan.json", "scenario.toml", "sweep.csv", "sweep.json"]);
    let table = home.read("output/short-sweep/result/sweep.csv");
    let head = "point,org.spiky.workload.batch.arrivals.poisson.rate,model.m.replicas,replications,requests,error,\
                success_share,success_share_low,success_share_high,";
    assert!(table.starts_with(head), "{table}");
    assert_eq!(table.lines().count(), 7);
    assert!(table.contains("\n1,10/min,2,2,") && table.contains("\n4,40/min,1,2,"), "{table}");
    assert_eq!(names.len() - tables.len(), 6, "three charts, each as SVG and PNG: {names:?}");
    // The same command again computes nothing, and writes the same.
    let before = home.files("output/short-sweep");
    let again = home.run_to(0, &asked.concat());
    assert!(again.err.contains("0 points computed, 6 finished before"), "{}", again.err);
    assert!(home.files("output/short-sweep") == before);
    home.run_to(0, &["plot", "output/short-sweep/result"]);
    assert!(home.files("output/short-sweep") == before, "redrawn");
}

#[test]
fn a_point_is_what_run_says_it_is() {
    let home = home();
    plan(&home, "s", &[]);
    home.run_to(0, &["sweep", "run", "s", "-q", "--points", "4"]);
    let (line, _) = home
        .read("s/points/000004.json")
        .split_once('\n')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let point = json(&line);
    assert_eq!(point["axes"]["model.m.replicas"], "1");
    let sets =
        ["--set", "org.spiky.workload.batch.arrivals.poisson.rate=40/min", "--set", "model.m.replicas=1"];
    let run =
        [&["run", "short.toml", "-o", "r", "--no-charts", "-q", "--format", "json"][..], &sets].concat();
    let totals = &json(&home.run_to(0, &run).out)["totals"];
    for metric in ["success_share", "time_to_success_p99_s", "cost_usd", "attempts_per_request"] {
        let kept = point["values"][metric]["value"].as_f64();
        let told = totals[metric].as_f64();
        assert!(
            kept.zip(told).is_none_or(|(a, b)| (a - b).abs() < 1e-6) && kept.is_some() == told.is_some(),
            "{metric}"
        );
    }
    // Prompt and output tokens of what succeeded, in two minutes.
    let goodput =
        (totals["prompt_tokens"].as_f64().unwrap() + totals["output_tokens"].as_f64().unwrap()) / 2.0;
    assert!((point["values"]["goodput_tpm"]["value"].as_f64().unwrap() - goodput).abs() < 1e-6);
}

#[test]
fn shards_points_jobs_and_lines_make_the_same_bytes_as_one_process() {
    let home = home();
    let more = ["--replications", "3"];
    for store in ["one", "shards", "jobs", "lines"] {
        plan(&home, store, &more);
    }
    home.run_to(0, &["sweep", "run", "one", "-q", "-j", "1"]);
    let one = result(&home, "one");
    home.run_to(0, &["sweep", "run", "shards", "-q", "--shard", "2/3"]);
    home.run_to(0, &["sweep", "run", "shards", "-q", "--shard", "1/3"]);
    let mut slurm = home.command(&["sweep", "run", "shards", "-q", "--shard", "auto"]);
    let third =
        [("SLURM_ARRAY_TASK_ID", "12"), ("SLURM_ARRAY_TASK_MIN", "10"), ("SLURM_ARRAY_TASK_COUNT", "3")];
    assert!(slurm.envs(third).status().unwrap().success());
    assert!(result(&home, "shards") == one);
    home.run_to(0, &["sweep", "run", "jobs", "-q", "-j", "7"]);
    assert!(result(&home, "jobs") == one);
    let mut lines = home.command(&["sweep", "run", "lines", "--points", "-"]);
    let mut child = lines.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"5\n{\"point\": 0}\n1\n\n2\n3\n4\n5\n").unwrap();
    let told = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let points: Vec<Value> = told.lines().map(|line| json(line)["point"].clone()).collect();
    assert_eq!(points, [5, 0, 1, 2, 3, 4, 5]);
    assert!(result(&home, "lines") == one);
}

#[test]
fn a_line_may_be_any_point_of_the_scenario_and_a_bad_one_is_answered() {
    let home = home();
    plan(&home, "s", &["--metrics", "success_share"]);
    let mut lines = home.command(&["sweep", "run", "s", "--points", "-"]);
    let mut child = lines.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let asked = b"{\"model.m.replicas\": 3, \"org.spiky.workload.batch.client\": \"none\"}\n{\"model.m.replcas\": 3}\n6\nx\n[1]\n{\"point\": -1}\n";
    child.stdin.take().unwrap().write_all(asked).unwrap();
    let told = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let told: Vec<Value> = told.lines().map(json).collect();
    assert_eq!(told.len(), 6);
    assert!(told[0]["values"]["success_share"]["value"].as_f64().unwrap() > 0.0, "{}", told[0]);
    assert!(told[1]["error"].as_str().unwrap().contains("did you mean `replicas`?"), "{}", told[1]);
    assert!(told[1]["command"].as_str().unwrap().contains("--set model.m.replcas=3"));
    assert!(told[2..].iter().all(|line| line["error"].is_string()), "{told:?}");
    assert_eq!(home.files("s/points").len(), 0, "a point in no plan is not stored");
}

#[test]
fn missing_points_are_named_so_that_they_can_be_pasted() {
    let home = home();
    plan(&home, "s", &[]);
    home.run_to(0, &["sweep", "run", "s", "-q", "--points", "0,3-4"]);
    let ended = home.run_to(75, &["sweep", "merge", "s"]);
    assert!(ended.err.contains("3 of 6 points are missing") && ended.out.is_empty(), "{}", ended.err);
    let words = ended.err.split("ratetide ").nth(1).unwrap().trim();
    assert_eq!(words, "sweep run s --points 1-2,5");
    let status = home.run_to(0, &["sweep", "status", "s"]).out;
    assert!(status.contains("3 of 6 points finished") && status.contains("missing: 3 (1-2,5)"), "{status}");
    home.run_to(0, &words.split(' ').collect::<Vec<_>>());
    let told = json(&home.run_to(0, &["sweep", "status", "s", "--format", "json"]).out);
    assert_eq!((&told["finished"], &told["missing"], &told["points"]), (&6.into(), &"".into(), &6.into()));
    home.run_to(0, &["sweep", "merge", "s"]);
}

#[test]
fn later_edits_of_the_scenario_change_no_point() {
    let home = home();
    plan(&home, "a", &[]);
    home.run_to(0, &["sweep", "run", "a", "-q"]);
    let before = result(&home, "a");
    plan(&home, "b", &[]);
    home.write("short.toml", command::SMALL.replace("60/min", "90/min"));
    home.run_to(0, &["sweep", "run", "b", "-q"]);
    assert!(result(&home, "b") == before);
    // And a plan of the edited one does not go into the same store.
    let asked = [&["sweep", "plan", "short.toml", "-o", "b"][..], &AXES].concat();
    let told = home.run_to(3, &asked).err;
    assert!(told.contains("b holds another plan") && told.contains("help:"), "{told}");
}

#[test]
fn a_point_that_fails_is_kept_with_its_error_and_the_others_go_on() {
    let home = home();
    let axes = ["--vary", "run.warmup=0 s,1 min,5 min", "--keep-invalid"];
    home.run_to(0, &[&["sweep", "plan", "short.toml", "-o", "s"][..], &axes].concat());
    let ended = home.run_to(0, &["sweep", "run", "s"]);
    assert!(ended.err.contains("3 points computed, 1 failed"), "{}", ended.err);
    let point = json(home.read("s/points/000002.json").lines().next().unwrap());
    assert!(point["error"].as_str().unwrap().contains("the warm-up must end before the duration"), "{point}");
    assert_eq!(
        (&point["seed"], &point["command"]),
        (&3.into(), &"ratetide run short.toml --set 'run.warmup=5 min'".into())
    );
    let status = home.run_to(0, &["sweep", "status", "s"]).out;
    assert!(
        status.contains("failed: 1") && status.contains("s/scenario: ratetide run short.toml"),
        "{status}"
    );
    home.run_to(0, &["sweep", "merge", "s"]);
    let table = home.read("s/result/sweep.csv");
    assert!(table.contains("\n2,5 min,1,0,error: the warm-up must end before the duration,,"), "{table}");
    // The command shows it again where it says.
    let mut again = home.command(&["run", "short.toml", "--set", "run.warmup=5 min"]);
    assert_eq!(again.current_dir(home.path("s/scenario")).output().unwrap().status.code(), Some(3));
    let retried = home.run_to(0, &["sweep", "run", "s", "--retry-failed"]).err;
    assert!(retried.contains("1 point computed, 2 finished before, 1 failed"), "{retried}");
}

#[test]
fn a_torn_point_is_computed_again_and_a_foreign_file_is_named() {
    let home = home();
    plan(&home, "s", &[]);
    home.run_to(0, &["sweep", "run", "s", "-q"]);
    let before = result(&home, "s");
    let whole = home.read("s/points/000002.json");
    // Whole by its own digest, and without an axis.
    let mut other: Value = json(whole.lines().next().unwrap());
    other["axes"].as_object_mut().unwrap().remove("model.m.replicas");
    let other = format!("{other}\n{}\n", ratetide::digest::sha256(other.to_string().as_bytes()));
    for torn in [
        "",
        &whole[..whole.len() / 2],
        &whole[..whole.len() - 1],
        &whole.replacen("\"seed\":3", "\"seed\":4", 1),
        &other,
    ] {
        home.write("s/points/000002.json", torn);
        let told = home.run_to(75, &["sweep", "merge", "s"]).err;
        assert!(told.contains("1 torn, points/000002.json") && told.contains("--points 2"), "{told}");
        home.run_to(0, &["sweep", "run", "s", "-q"]);
        assert!(result(&home, "s") == before);
    }
    // A point of another plan, a point under another's name, and what is no point at all.
    plan(&home, "other", &["--seed", "4"]);
    home.run_to(0, &["sweep", "run", "other", "-q", "--points", "2"]);
    for (name, text, wanted) in [
        ("000002.json", home.read("other/points/000002.json"), "000002.json is point 2 of plan"),
        ("000002.json", home.read("s/points/000001.json"), "000002.json is point 1 of plan"),
        ("thesis.tex", String::new(), "thesis.tex is no point of this plan"),
        ("000006.json", whole.clone(), "000006.json is no point of this plan"),
    ] {
        let mine = home.read("s/points/000002.json");
        home.write(&format!("s/points/{name}"), &text);
        for step in ["run", "merge", "status"] {
            let told = home.run_to(3, &["sweep", step, "s"]).err;
            assert!(told.contains(wanted) && told.contains("move it away"), "{told}");
        }
        std::fs::remove_file(home.path(&format!("s/points/{name}"))).unwrap();
        home.write("s/points/000002.json", mine);
    }
    assert!(result(&home, "s") == before);
}

#[test]
fn a_damaged_plan_or_scenario_is_named() {
    let home = home();
    plan(&home, "s", &[]);
    for (name, from, to) in [
        ("plan.json", "{", "["),
        ("plan.json", "\"ratetide_plan\":\"", "\"ratetide_plan\":\"9"),
        ("plan.json", "\"kilo_events\":[", "\"kilo_events\":[1,"),
        ("plan.json", "success_share", "sucess_share"),
        ("scenario/short.toml", "seed = 3", "seed = 4"),
    ] {
        let path = format!("s/{name}");
        let whole = home.read(&path);
        home.write(&path, whole.replacen(from, to, 1));
        let told = home.run_to(3, &["sweep", "run", "s"]).err;
        assert!(told.contains(name) && told.contains("help:"), "{name} {from}: {told}");
        home.write(&path, whole);
    }
    assert_eq!(
        home.run_to(2, &["sweep", "run", "nowhere"]).err,
        "error: nowhere is not the store of a sweep: it has no plan.json\n"
    );
}

#[test]
fn what_cannot_be_swept_is_refused_before_anything_is_written() {
    let home = home();
    let cases: [(&[&str], &str); 16] = [
        (&[], "names"),
        (&["--vary", "model.m.replcas=1,2"], "did you mean `replicas`?"),
        (&["--vary", "model.x.replicas=1,2"], "there is no item `x`"),
        (&["--vary", "model.m.replicas=4..1"], "reversed"),
        (&["--vary", "model.m.replicas=4..4"], "empty"),
        (&["--vary", "model.m.replicas="], "empty"),
        (&["--vary", "model.m.replicas"], "PATH=VALUES"),
        (&["--vary", "model.m.replicas=1,2", "--vary", "model.m.replicas=3"], "twice"),
        (&["--vary", "model.m.replicas=0.5..2.5:3"], "whole number"),
        (
            &["--vary", "run.seed=1..100000", "--vary", "model.m.replicas=1..10000"],
            "1000000000 points, about 8.5e11 events",
        ),
        (&["--vary", "run.seed=1..9", "--max-events", "5e3"], "events are expected"),
        (&["--vary", "run.seed=1..9", "--sample", "halton:3"], "lhs:N"),
        (&["--vary", "run.seed=1..9", "--metrics", "sucess_share"], "did you mean success_share?"),
        (&["--vary", "run.seed=1..9", "--metrics", "nobody/success_share"], "no workload"),
        (&["--vary", "run.seed=1..9", "--goal", "best"], "maximise METRIC"),
        (&["--vary", "run.warmup=1 s,5 min"], "1 of the first 2 points are no valid scenario"),
    ];
    for (asked, wanted) in cases {
        let ended = home.run(&[&["sweep", "plan", "short.toml", "-o", "s"], asked].concat());
        assert_eq!(ended.code, Some(3), "{asked:?}: {ended:?}");
        let told = ended.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(wanted) || wanted == "names" && told.contains("--vary"), "{asked:?}: {told}");
        assert!(!home.path("s").exists(), "{asked:?}");
    }
    plan(&home, "s", &[]);
    for (asked, wanted) in [
        (["--shard", "0/4"], "no shard 0 of 4"),
        (["--shard", "5/4"], "no shard 5 of 4"),
        (["--shard", "auto"], "SLURM_ARRAY_TASK_ID"),
        (["--points", "6"], "numbered from 0 to 5"),
        (["--points", "x"], "3,7-9"),
    ] {
        let told = home.run_to(3, &[&["sweep", "run", "s"][..], &asked].concat()).err;
        assert!(told.contains(wanted) && told.contains("help:"), "{told}");
    }
    std::fs::create_dir(home.path("mine")).unwrap();
    home.write("mine/thesis.tex", "");
    let told = home.run_to(2, &[&["sweep", "plan", "short.toml", "-o", "mine"][..], &AXES].concat()).err;
    assert!(told.contains("was not made by ratetide"), "{told}");
}

#[test]
fn a_time_limit_keeps_what_is_finished() {
    let home = home();
    plan(&home, "s", &[]);
    let told = home.run_to(75, &["sweep", "run", "s", "--time-limit", "0 s"]).err;
    assert!(told.contains("6 points left; to go on: ratetide sweep run s"), "{told}");
    home.run_to(0, &["sweep", "run", "s", "--time-limit", "10 min"]);
}

#[test]
fn client_strategies_are_an_axis() {
    let home = home();
    let axes = ["--strategies", "as-written,exponential", "--org", "spiky", "--vary", "model.m.replicas=1,2"];
    home.run_to(0, &[&["sweep", "short.toml", "-o", "s", "-q"][..], &axes].concat());
    let table = home.read("s/result/sweep.csv");
    assert!(table.starts_with("point,model.m.replicas,strategy,"), "{table}");
    assert!(table.contains("\n0,1,as written,1,") && table.contains("\n3,2,exponential,1,"), "{table}");
}

#[test]
fn samples_take_values_from_the_whole_range() {
    let home = home();
    let axes = [
        "--vary",
        "org.spiky.workload.batch.arrivals.poisson.rate=10.0/min..40.0/min",
        "--vary",
        "model.m.replicas=1..4",
    ];
    for (store, sampling) in [("l", "lhs:8"), ("s", "sobol:8")] {
        home.run_to(
            0,
            &[&["sweep", "short.toml", "-o", store, "-q", "--sample", sampling][..], &axes].concat(),
        );
        let table = home.read(&format!("{store}/result/sweep.csv"));
        let rates: std::collections::BTreeSet<&str> =
            table.lines().skip(1).filter_map(|row| row.split(',').nth(1)).collect();
        assert_eq!(rates.len(), 8, "{table}");
        let replicas = table.lines().skip(1).filter(|row| row.split(',').nth(2) == Some("1")).count();
        assert_eq!(replicas, 2, "each of four levels in two of eight points: {table}");
    }
}

#[test]
fn a_scenario_with_a_trace_is_frozen_with_it() {
    let home = home();
    std::fs::create_dir(home.path("traces")).unwrap();
    home.write("traces/t.csv", "timestamp,input_length,output_length\n1000,10,10\n2000,20,20\n30000,5,50\n");
    let text = command::SMALL.replacen("arrivals.poisson = { rate = \"60/min\" }\nprompt_tokens.constant = 100\noutput_tokens.constant = 100", "arrivals.trace = { file = \"traces/t.csv\" }", 1);
    home.write("traced.toml", text);
    let asked = ["sweep", "plan", "traced.toml", "-o", "s", "--vary", "model.m.replicas=1,2"];
    home.run_to(0, &asked);
    std::fs::remove_file(home.path("traces/t.csv")).unwrap();
    home.run_to(0, &["sweep", "run", "s", "-q"]);
    home.run_to(0, &["sweep", "merge", "s", "-q"]);
    home.write("s/scenario/traces/t.csv", "time_s\n1\n");
    let told = home.run_to(3, &["sweep", "run", "s"]).err;
    assert!(told.contains("traces/t.csv is not the file that was planned"), "{told}");
}

#[test]
fn a_result_is_told_in_every_format() {
    let home = home();
    plan(&home, "s", &["--goal", "minimise time_to_success_p50_s where success_share > 1.5"]);
    home.run_to(0, &["sweep", "run", "s", "-q"]);
    let told = |format: &str| home.run_to(0, &["sweep", "merge", "s", "-q", "--format", format]).out;
    assert_eq!(
        (told("json"), told("csv")),
        (home.read("s/result/sweep.json"), home.read("s/result/sweep.csv"))
    );
    let markdown = told("markdown");
    assert!(markdown.starts_with("## Two orgs\n\nNo point meets the goal.\n\n| point |"), "{markdown}");
    assert_eq!(markdown.lines().filter(|line| line.starts_with('|')).count(), 2 + 6, "{markdown}");
    // Without a goal the first number's ends are told, in its unit.
    for (metric, unit) in
        [("cost_usd", " USD at"), ("spiky/time_to_success_p50_s", " s at"), ("goodput_tpm", " tokens/min at")]
    {
        plan(&home, metric, &["--metrics", metric]);
        home.run_to(0, &["sweep", "run", metric, "-q"]);
        let told = home.run_to(0, &["sweep", "merge", metric, "--no-charts"]).out;
        assert!(told.starts_with(&format!("{metric} goes from ")) && told.contains(unit), "{told}");
    }
}

#[test]
fn a_recipe_is_printed_whole_and_an_unknown_engine_refused() {
    let home = Home::new();
    for recipe in ratetide::sweep::recipe::RECIPES {
        assert_eq!(home.run_to(0, &["sweep", "recipe", recipe.name]).out, recipe.text);
    }
    assert!(home.run_to(2, &["sweep", "recipe", "slrum"]).err.contains("did you mean slurm?"));
    assert!(
        home.run_to(2, &["sweep", "recipe", "xyzzy"]).err.contains("one of parallel, slurm, dask, ray, k8s")
    );
}
