#![allow(missing_docs)]
#![cfg(unix)]

//! The engines that people already run, started for real: each computes the shards of a plan with its recipe, and the
//! merged bytes are the single process's.
//!
//! They need what `tests/engines/setup.sh` installs: `cargo test --test sweep_engines -- --ignored`. The gate runs
//! GNU parallel alone.

mod command;

use command::Home;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Two plans of 24 points, the first computed and merged by one process.
fn home(recipe: &str, file: &str) -> Home {
    let home = Home::with_small();
    for store in ["one", "store"] {
        let axes = [
            "--vary",
            "org.spiky.workload.batch.arrivals.poisson.rate=10/min..80/min:8:log",
            "--vary",
            "model.m.replicas=1..3",
        ];
        home.run_to(0, &[&["sweep", "plan", "small.toml", "-o", store, "-q"][..], &axes].concat());
    }
    home.run_to(0, &["sweep", "run", "one", "-q"]);
    home.run_to(0, &["sweep", "merge", "one", "-q"]);
    home.write(file, home.run_to(0, &["sweep", "recipe", recipe]).out);
    home
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs a command there, with `RATETIDE` set to the built one.
fn start(home: &Home, program: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(home.path("")).env("RATETIDE", env!("CARGO_BIN_EXE_ratetide"));
    let output = command
        .output()
        .unwrap_or_else(|e| panic!("{}: {e}; tests/engines/setup.sh installs it", program.display()));
    let told =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{program:?} {arguments:?}: {told}");
    told
}

fn assert_same(home: &Home) {
    assert!(home.files("store/result").len() > 5);
    assert!(home.files("store/result") == home.files("one/result"));
}

#[test]
#[ignore = "needs GNU parallel"]
fn gnu_parallel() {
    let home = home("parallel", "parallel.sh");
    start(&home, Path::new("sh"), &["parallel.sh", "store", "4"]);
    assert_same(&home);
}

#[test]
#[ignore = "needs Slurm"]
fn slurm_array() {
    let home = home("slurm", "slurm.sh");
    std::fs::create_dir(home.path("one-node")).unwrap();
    let (script, export) = (root("tests/engines/slurm.sh"), "--export=ALL,STORE=store");
    let script = script.to_str().unwrap();
    let told = start(
        &home,
        Path::new("sh"),
        &[script, "one-node", "sbatch", "--wait", "--array=5-8", export, "slurm.sh"],
    );
    assert!(told.contains("Submitted batch job"), "{told}");
    let logs = (5..=8).map(|task| home.read(&format!("ratetide-{task}.log")));
    assert!(logs.clone().all(|log| log.contains("6 points computed")), "{:?}", logs.collect::<Vec<_>>());
    home.run_to(0, &["sweep", "merge", "store", "-q"]);
    assert_same(&home);
}

#[test]
#[ignore = "needs Dask"]
fn dask() {
    let home = home("dask", "dask.py");
    start(&home, &root("target/engines/bin/python"), &["dask.py", "store", "4"]);
    assert_same(&home);
}

#[test]
#[ignore = "needs Ray"]
fn ray() {
    let home = home("ray", "ray.py");
    start(&home, &root("target/engines/bin/python"), &["ray.py", "store", "4"]);
    assert_same(&home);
}

#[test]
#[ignore = "needs the schemas of Kubernetes"]
fn kubernetes_indexed_job() {
    let home = home("k8s", "k8s.yaml");
    let told = start(&home, &root("target/engines/bin/kubernetes-validate"), &["--strict", "k8s.yaml"]);
    assert!(told.contains("k8s.yaml passed for resource job/ratetide-sweep"), "{told}");
    // What a pod of it is given is what `--shard auto` reads, and its arguments are a command's.
    let text = home.read("k8s.yaml");
    let arguments = text.lines().find_map(|line| line.trim().strip_prefix("args: ")).unwrap();
    let arguments: Vec<String> = serde_json::from_str(arguments).unwrap();
    let arguments: Vec<&str> =
        arguments.iter().map(|word| if word == "/store" { "store" } else { word }).collect();
    assert!(text.contains("completions: 8\n") && text.contains("value: \"8\"\n"));
    for pod in 0..8 {
        let mut command = home.command(&arguments);
        command.env("JOB_COMPLETIONS", "8").env("JOB_COMPLETION_INDEX", pod.to_string());
        assert!(command.output().unwrap().status.success());
    }
    home.run_to(0, &["sweep", "merge", "store", "-q"]);
    assert_same(&home);
}
