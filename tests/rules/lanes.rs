//! S15, S16: the batch lane, dedicated endpoints, and what everything costs.

use super::common::run::{run, scenario};
use super::{model, org, scenario_text, workload};
use ratetide::metrics::summary::Summary;
use ratetide::output::report::{ReportFile, tables};
use ratetide::output::spend;
use ratetide::replications::{Results, run_all};
use ratetide::scenario::Scenario;
use ratetide::scenario::loading::Loaded;

const PRICE: &str = "price = { prompt = 1.0, output = 2.0 }";

/// An hour, no drain but this one.
fn hour(drain: &str, parts: &[String]) -> String {
    scenario_text(&format!("duration = \"1 h\"\ndrain = \"{drain}\""), parts)
}

/// Users at a rate, on ten slots that complete 300 a minute.
fn users(rate: &str) -> [String; 3] {
    [
        model("m", 1, 10, "2 s", PRICE),
        org("users"),
        workload("m", &format!("arrivals.poisson = {{ rate = \"{rate}\" }}")),
    ]
}

/// A backlog in the batch lane.
fn backlog(requests: u32, lane: &str) -> [String; 2] {
    let arrivals = format!("arrivals.batch = {{ size = {requests}, every = \"2 h\" }}\nlane.batch = {lane}");
    [org("backlog"), workload("m", &arrivals)]
}

/// Backlog and users; orgs are in order of their names.
fn both(results: &Results) -> [&Summary; 2] {
    let [backlog, users] = &results.summaries[..] else { panic!("two workloads") };
    [backlog, users]
}

#[test]
fn s15_batch_work_waits_for_spare_capacity_and_hurts_nobody() {
    let alone = run(&hour("10 min", &users("200/min")));
    let text = hour("10 min", &[&users("200/min")[..], &backlog(3_000, "{}")].concat());
    let results = run(&text);
    let [batch, users_beside] = both(&results);
    let (before, after) = (&alone.summaries[0].account, &users_beside.account);
    assert_eq!(before.requests, after.requests);
    // Beside 200 a minute 270 less 200 are left over: 43 min.
    assert_eq!((batch.account.succeeded, batch.jobs.done, batch.jobs.open()), (3_000, 1, 0));
    // Nobody fails that would not have failed, and nobody's limit is another.
    assert_eq!((before.unavailable_503, after.unavailable_503), (0, 0));
    let limited = |a: &ratetide::metrics::ledger::Account| a.limited_429_request + a.limited_429_token;
    assert_eq!((limited(before), limited(after)), (0, 0));
    let rates = |results: &Results, pair: usize| -> Vec<f64> {
        (0..60).map(|minute| super::rate_rpm(results, pair, minute)).collect()
    };
    let (without, with) = (rates(&alone, 0), rates(&results, 1));
    assert!(without.iter().zip(&with).all(|(a, b)| (a - b).abs() <= 0.02 * a), "{without:?} {with:?}");
}

#[test]
fn s15_batch_work_gets_nothing_where_nothing_is_spare() {
    let text = hour("0 s", &[&users("600/min")[..], &backlog(100, "{ window = \"50 min\" }")].concat());
    let results = run(&text);
    let [batch, users] = both(&results);
    assert!(users.account.succeeded > 17_000, "{:?}", users.account);
    assert_eq!((batch.account.succeeded, batch.account.gave_up_expired), (0, 100));
    assert_eq!((batch.jobs.submitted, batch.jobs.partly_expired), (1, 1));
    assert_eq!(batch.cost_usd, 0.0);
}

#[test]
fn s15_batch_has_a_discount_and_limits_of_its_own() {
    // The model's limit lets one request a minute through, and everybody else none: batch work does not meet it.
    let strict =
        format!("{PRICE}\nlimit = {{ enforcement = \"strict\", law.fixed = {{ requests = \"1/min\" }} }}");
    let lane = "{ requests_per_file = 10, enqueued_tokens = 1000, gather = \"0 s\" }";
    let text = hour("0 s", &[&[model("m", 10, 10, "60 s", &strict)][..], &backlog(60, lane)].concat());
    let results = run(&text);
    let batch = &results.summaries[0];
    assert_eq!((batch.account.succeeded, batch.jobs.done), (60, 6));
    // Ten prompts of 100 tokens at a time: a job a minute, though all would fit on the model at once.
    let finished: Vec<u64> = (0..8).map(|minute| results.outcomes.get(minute, 0).succeeded).collect();
    assert_eq!(finished, [0, 10, 10, 10, 10, 10, 10, 0]);
    // 60 × (100 × 1 + 100 × 2) millionths, half of it.
    assert!((batch.cost_usd - 0.009).abs() < 1e-12, "{}", batch.cost_usd);
}

#[test]
fn s15_a_job_expires_in_part_when_its_window_ends() {
    // Nine slots, 2 s each: 270 a minute. After ten minutes the rest is given up.
    let lane = "{ window = \"10 min\", requests_per_file = 5000 }";
    let parts = [&[model("m", 1, 10, "2 s", PRICE)][..], &backlog(5_000, lane)].concat();
    let batch = run(&hour("0 s", &parts)).total;
    let account = &batch.account;
    assert_eq!(account.requests, account.succeeded + account.gave_up_expired);
    assert!((2_680..=2_700).contains(&account.succeeded), "{account:?}");
    assert_eq!((batch.jobs.partly_expired, batch.jobs.done, batch.jobs.open()), (1, 0, 0));
    assert_eq!(batch.jobs.requests_expired, account.gave_up_expired);
}

/// The lines of every table that name the org or its pool.
fn lines_about(text: &str, names: [&str; 2]) -> Vec<String> {
    let loaded = loaded(text);
    let results = run_all(&loaded.scenario, &(), None);
    let csv = |file: ReportFile| String::from_utf8(file.bytes).expect("tables are text");
    let all: Vec<String> =
        tables(&loaded, &results).into_iter().filter(|f| f.name.ends_with(".csv")).map(csv).collect();
    let about = |line: &&str| line.split(',').any(|cell| names.contains(&cell));
    all.iter().flat_map(|table| table.lines()).filter(about).map(str::to_owned).collect()
}

fn loaded(text: &str) -> Loaded {
    let mut no_trace = |name: &str| Err(name.to_owned());
    let read = ratetide::scenario::reading::read("t.toml", text.as_bytes(), &[], &mut no_trace, 1e12);
    let (scenario, resolved) = read.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let (stem, file_name) = ("t".to_owned(), "t.toml".to_owned());
    Loaded { scenario, resolved, stem, file_name, inputs: Vec::new(), notes: Vec::new() }
}

#[test]
fn s15_a_dedicated_endpoint_has_no_shared_limit_and_no_neighbours() {
    let strict =
        format!("{PRICE}\nlimit = {{ enforcement = \"strict\", law.fixed = {{ requests = \"1/min\" }} }}");
    let own = "arrivals.poisson = { rate = \"240/min\" }\nlane.dedicated = { replicas = 1, price_per_replica_hour = 6.0 }";
    let alone = [model("m", 1, 10, "2 s", &strict), org("steady"), workload("m", own)];
    let spike = "arrivals.poisson = { rate = \"20/min\" }\nprofile = [ { at = \"20 min\", factor = 200.0 } ]";
    let crash = "\n[[incident]]\nat = \"30 min\"\nlose_replicas = { count = 1 }\n".to_owned();
    let beside = [&alone[..], &[org("spiky"), workload("m", spike), crash]].concat();
    let names = ["steady", "m@steady@to-m"];
    let [without, with] = [hour("0 s", &alone), hour("0 s", &beside)].map(|text| lines_about(&text, names));
    assert!(without.len() > 1 + 4 * 60, "a line of each table for each bin: {}", without.len());
    assert_eq!(without, with, "a neighbour, and the model's own crash, change no byte");
    let results = run(&hour("0 s", &beside));
    let [spiky, steady] = &results.summaries[..] else { panic!("two workloads") };
    assert_eq!(steady.account.limited_429_request + steady.account.limited_429_token, 0);
    assert!(steady.account.succeeded > 13_000 && steady.account.unavailable_503 == 0, "{:?}", steady.account);
    assert!(spiky.account.limited_429_request > 10_000);
    // One replica for one hour, whatever it serves.
    assert!((steady.cost_usd - 6.0).abs() < 1e-9, "{}", steady.cost_usd);
}

#[test]
fn s15_a_dedicated_endpoint_is_struck_by_its_own_incidents_alone() {
    let own = "arrivals.constant = { rate = \"60/min\" }\nlane.dedicated = { replicas = 1, price_per_replica_hour = 6.0 }";
    let crash = "\n[[incident]]\nat = \"30 min\"\nmodel = \"m@o@to-m\"\nlose_replicas = { count = 1, duration = \"15 min\" }\n";
    let text =
        hour("0 s", &[model("m", 1, 10, "2 s", PRICE), org("o"), workload("m", own), crash.to_owned()]);
    let results = run(&text);
    assert!((890..=910).contains(&results.total.account.unavailable_503), "{:?}", results.total.account);
    // What is lost is not paid for.
    assert!((results.total.cost_usd - 4.5).abs() < 1e-9, "{}", results.total.cost_usd);
}

#[test]
fn s15_a_dedicated_endpoint_may_start_cold_and_scale_to_zero() {
    let lane =
        "lane.dedicated = { replicas = 2, price_per_replica_hour = 6.0, cold_start.constant = \"5 min\" }";
    let own = format!("arrivals.constant = {{ rate = \"60/min\" }}\n{lane}");
    let results = run(&hour("0 s", &[model("m", 1, 10, "2 s", PRICE), org("o"), workload("m", &own)]));
    let lost: Vec<u64> = (0..8).map(|minute| results.outcomes.get(minute, 0).unavailable_503).collect();
    // What has waited 10 s before the replicas are ready: born in the first 290 s.
    assert_eq!(lost, [50, 60, 60, 60, 60, 0, 0, 0]);
    assert!((results.total.cost_usd - 12.0).abs() < 1e-9, "replicas are paid for while they start");
    let lane = "lane.dedicated = { replicas = 1, price_per_replica_hour = 6.0, autoscaler.reactive = { min = 0, max = 1 } }";
    let own = format!(
        "arrivals.constant = {{ rate = \"60/min\" }}\n{lane}\nprofile = [ {{ at = \"10 min\", factor = 0.0 }} ]"
    );
    let idle = run(&hour("0 s", &[model("m", 1, 10, "2 s", PRICE), org("o"), workload("m", &own)]));
    assert!((1.0..2.0).contains(&idle.total.cost_usd), "idle, it costs nothing: {}", idle.total.cost_usd);
}

/// Every lane, two keys, an endpoint shared by two workloads, clients that go.
const MIXED: &str = r#"
    run = { seed = 5, duration = "1 h", drain = "10 min", interval = "1 min", replications = 2 }
    [[model]]
    name = "m"
    replicas = 1
    engine.slots = { per_replica = 20, service.lognormal = { mean = "4 s", cv = 1.0 } }
    price = { prompt = 0.9, output = 1.7 }
    on_disconnect = "serve"
    [[org]]
    name = "a"
    workload = [
        { name = "one", model = "m", key = "prod", arrivals.poisson = { rate = "100/min" }, prompt_tokens.constant = 500, output_tokens.lognormal = { mean = 200, cv = 1.0 }, client = { preset = "exponential", timeout = "6 s" } },
        { name = "two", model = "m", key = "dev", arrivals.poisson = { rate = "30/min" }, prompt_tokens.constant = 50, output_tokens.constant = 20 },
        { name = "three", model = "m", key = "dev", arrivals.batch = { size = 800, every = "20 min" }, prompt_tokens.constant = 300, output_tokens.constant = 100, lane.batch = { window = "15 min", requests_per_file = 300 } },
    ]
    [[org]]
    name = "b"
    workload = [
        { name = "four", model = "m", arrivals.poisson = { rate = "60/min" }, prompt_tokens.constant = 70, output_tokens.constant = 20, lane.dedicated = { name = "own", replicas = 1, price_per_replica_hour = 4.5 } },
        { name = "five", model = "m", key = "dev", arrivals.poisson = { rate = "60/min" }, prompt_tokens.constant = 70, output_tokens.constant = 20, lane.dedicated = { name = "own", replicas = 1, price_per_replica_hour = 4.5 }, client = { preset = "exponential", timeout = "5 s" } },
    ]
"#;

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

fn sum(parties: &[spend::Party], of: impl Fn(&spend::Party) -> bool) -> f64 {
    parties.iter().filter(|party| of(party)).map(|party| party.summary.cost_usd).sum()
}

#[test]
fn s16_spend_per_org_key_workload_and_lane_adds_up_in_every_bin() {
    let scenario: Scenario = scenario(MIXED);
    let results = run_all(&scenario, &(), None);
    assert_eq!((scenario.models.len(), scenario.declared), (2, 1), "one endpoint for two workloads");
    let mut wasted = 0.0;
    for (workload, summary) in results.summaries.iter().enumerate() {
        let bins = (0..results.outcomes.len()).map(|bin| spend::spent(&scenario, &results, bin, workload));
        let [cost, vain] = bins.fold([0.0; 2], |sum, bin| [sum[0] + bin[0], sum[1] + bin[1]]);
        let name = &scenario.workloads[workload].name;
        assert!(close(cost, summary.cost_usd), "{name}: {cost} in the bins, {}", summary.cost_usd);
        assert!(close(vain, summary.wasted_cost_usd), "{name}: {vain}, {}", summary.wasted_cost_usd);
        wasted += vain;
    }
    assert!(wasted > 0.0, "something is served in vain");
    let (orgs, keys, lanes) = (
        spend::orgs(&scenario, &results),
        spend::keys(&scenario, &results),
        spend::lanes(&scenario, &results),
    );
    for org in &orgs {
        assert!(close(sum(&keys, |key| key.org == Some(org.name)), org.summary.cost_usd), "{}", org.name);
    }
    let names: Vec<_> = keys.iter().map(|key| (key.org.expect("of an org"), key.name)).collect();
    assert_eq!(names, [("a", "dev"), ("a", "prod"), ("b", "default"), ("b", "dev")]);
    assert_eq!(lanes.iter().map(|lane| lane.name).collect::<Vec<_>>(), ["serverless", "batch", "dedicated"]);
    for parties in [&orgs, &keys, &lanes] {
        assert!(close(sum(parties, |_| true), results.total.cost_usd));
    }
    // 1 h 10 min of one replica in each of two runs, whoever uses it: half of it each.
    let dedicated = &lanes[2].summary;
    assert!(close(dedicated.cost_usd, 2.0 * 4.5 * 70.0 / 60.0), "{}", dedicated.cost_usd);
    let [five, four] = [3, 4].map(|index| results.summaries[index].cost_usd);
    assert!(close(five, four));
}

#[test]
fn s16_the_table_of_spend_has_a_row_for_each_bin_and_workload() {
    let loaded = loaded(MIXED);
    let results = run_all(&loaded.scenario, &(), None);
    let file = tables(&loaded, &results).into_iter().find(|file| file.name == "cost.csv").expect("cost.csv");
    let text = String::from_utf8(file.bytes).expect("text");
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 70 * 5);
    let number = |row: &[&str], column: usize| -> f64 { row[column].parse().expect("a number") };
    for (first, summary) in results.summaries.iter().enumerate() {
        let mine: Vec<_> = rows.iter().skip(first).step_by(5).collect();
        let spent: f64 = mine.iter().map(|row| number(row, 10)).sum();
        let told = number(mine[69], 13);
        // Each cell is rounded to a millionth.
        assert!(
            (spent - told).abs() < 70e-6 && (told - summary.cost_usd / 2.0).abs() < 1e-6,
            "{spent} {told}"
        );
        assert!(mine.windows(2).all(|two| number(two[0], 13) <= number(two[1], 13)));
        assert!(mine.iter().all(|row| number(row, 12) <= number(row, 10)));
    }
    let lanes: std::collections::BTreeSet<&str> = rows.iter().map(|row| row[5]).collect();
    assert_eq!(lanes.into_iter().collect::<Vec<_>>(), ["batch", "dedicated", "serverless"]);
}
