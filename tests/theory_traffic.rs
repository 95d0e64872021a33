//! Traffic end to end: what the results count is what the scenario declares, and what a trace holds.

mod common;

use common::estimate::{Estimate, assert_near};
use common::run::{replicate, run, run_logged, scenario, trace_file};
use ratetide::metrics::observer::AttemptRecord;
use ratetide::replications::Results;

/// Arrivals for `duration_s`, counted in windows, at a model that refuses everything at once.
fn counted(arrivals: &str, tokens: &str, window_s: f64, duration_s: f64) -> String {
    format!(
        r#"
        [run]
        duration = "{duration_s} s"
        drain = "0 s"
        interval = "{} ms"
        [[model]]
        name = "m"
        replicas = 0
        engine.slots = {{ per_replica = 1, service.constant = "1 s" }}
        limit.law.unlimited = {{}}
        [[org]]
        name = "o"
        [[org.workload]]
        name = "w"
        model = "m"
        arrivals.{arrivals}
        {tokens}
        rtt = "0 s"
        "#,
        1e3 * window_s
    )
}

const SMALL: &str = "prompt_tokens.constant = 1\noutput_tokens.constant = 1";

/// Mean and variance of the number born in `merged` neighbouring windows.
fn count_moments(results: &Results, merged: usize) -> (f64, f64) {
    let windows = results.outcomes.len() / merged;
    let born = |w: usize| (0..merged).map(|i| results.outcomes.get(w * merged + i, 0).requests).sum::<u64>();
    let counts: Vec<f64> = (0..windows).map(|w| born(w) as f64).collect();
    let mean = counts.iter().sum::<f64>() / windows as f64;
    (mean, counts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / (windows as f64 - 1.0))
}

/// Mean and coefficient of variation of the gaps between births.
fn gap_moments(log: &[AttemptRecord]) -> (f64, f64) {
    let mut births_s: Vec<f64> = log.iter().map(|a| a.sent.as_secs_f64()).collect();
    births_s.sort_by(f64::total_cmp);
    let gaps: Vec<f64> = births_s.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let n = gaps.len() as f64;
    let mean = gaps.iter().sum::<f64>() / n;
    (mean, (gaps.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / n).sqrt() / mean)
}

// ---- V32 ----

/// A process of ten arrivals a second: its gaps' cv, and its dispersion over windows of t s.
struct Declared {
    arrivals: &'static str,
    cv: f64,
    /// The shorter window of counting, in seconds: where the formula of the dispersion holds.
    window_s: f64,
    dispersion: fn(f64) -> f64,
}

/// The mean rate of all processes here, per second.
const PER_S: f64 = 10.0;

/// Var N(t)/E N(t) of a renewal process with gamma gaps, stationary, for t of many gaps:
/// cv² + (1 − cv⁴)/6 per expected arrival (Cox 1962, §4.5, with the gamma law's moments).
fn gamma_dispersion(cv: f64, t_s: f64) -> f64 {
    cv.powi(2) + (1.0 - cv.powi(4)) / 6.0 / (PER_S * t_s)
}

/// The same for any renewal process, cv² + (1/6 + cv⁴/2 − κ₃/3) per expected arrival, with Weibull gaps: κ₃, the third
/// central moment ÷ mean³, from Γ(1 + i/shape).
fn weibull_dispersion(cv: f64, shape: f64, t_s: f64) -> f64 {
    let [g1, g2, g3] = [1.0, 2.0, 3.0].map(|i| statrs::function::gamma::gamma(1.0 + i / shape));
    let third = (g3 - 3.0 * g1 * g2 + 2.0 * g1.powi(3)) / g1.powi(3);
    cv.powi(2) + (1.0 / 6.0 + cv.powi(4) / 2.0 - third / 3.0) / (PER_S * t_s)
}

/// 30/s for 1 s on average, 5/s for 4 s.
const ON_OFF: &str = r#"on_off = { rate = "30/s", off_rate = "5/s", on = "1 s", off = "4 s" }"#;

/// Var N(t)/E N(t) of a two-state Markov-modulated Poisson process (Fischer and Meier-Hellstern 1993, §2.3),
/// with the parameters of [`ON_OFF`]: the switching rates sum to 1.25/s.
fn on_off_dispersion(t_s: f64) -> f64 {
    let relaxed = 1.25 * t_s;
    1.0 + 2.0 * on_off_excess() / (1.25 * PER_S) * (1.0 - (1.0 - (-relaxed).exp()) / relaxed)
}

/// s₁s₂(a − b)²/(s₁ + s₂)², in 1/s².
fn on_off_excess() -> f64 {
    0.25 * (25.0f64 / 1.25).powi(2)
}

fn declared() -> Vec<Declared> {
    let renewal = |arrivals, cv, dispersion| Declared { arrivals, cv, window_s: 2.0, dispersion };
    vec![
        Declared {
            arrivals: r#"poisson = { rate = "600/min" }"#,
            cv: 1.0,
            window_s: 0.5,
            dispersion: |_| 1.0,
        },
        renewal(r#"gamma = { rate = "10/s", cv = 0.5 }"#, 0.5, |t| gamma_dispersion(0.5, t)),
        renewal(r#"gamma = { rate = "10/s", cv = 2.0 }"#, 2.0, |t| gamma_dispersion(2.0, t)),
        renewal(r#"weibull = { rate = "10/s", cv = 0.5 }"#, 0.5, |t| weibull_dispersion(0.5, 2.101_349, t)),
        renewal(r#"weibull = { rate = "10/s", cv = 1.5 }"#, 1.5, |t| weibull_dispersion(1.5, 0.684_773, t)),
        Declared {
            arrivals: ON_OFF,
            // cv² = 1 + 2v/(ab + a·s₂ + b·s₁).
            cv: (1.0 + 2.0 * on_off_excess() / (30.0 * 5.0 + 1.25 * PER_S)).sqrt(),
            window_s: 0.5,
            dispersion: on_off_dispersion,
        },
    ]
}

#[test]
fn v32_rate_and_dispersion_are_as_declared() {
    for Declared { arrivals, window_s, dispersion, .. } in declared() {
        let results = replicate(&counted(arrivals, SMALL, window_s, 40_000.0 * window_s), 40);
        let per_s = |r: &Results| count_moments(r, 1).0 / window_s;
        Estimate::over(&results, per_s).assert_within(&format!("rate of {arrivals}"), PER_S, 0.01);
        for merged in [1, 2] {
            let truth = dispersion(merged as f64 * window_s);
            let ratio = |r: &Results| {
                let (mean, variance) = count_moments(r, merged);
                variance / mean
            };
            let what = format!("dispersion over {} s of {arrivals}", merged as f64 * window_s);
            Estimate::over(&results, ratio).assert_within(&what, truth, 0.01);
        }
    }
}

#[test]
fn v32_gaps_are_as_declared() {
    for Declared { arrivals, cv, .. } in declared() {
        let one = |seed: u64| {
            let mut scenario = scenario(&counted(arrivals, SMALL, 1000.0, 6000.0));
            scenario.run.seed = seed;
            gap_moments(&run_logged(&scenario).1)
        };
        let (gaps, cvs): (Vec<f64>, Vec<f64>) = (1..=40).map(one).unzip();
        Estimate::of(&gaps).assert_within(&format!("gap of {arrivals}"), 1.0 / PER_S, 0.01);
        Estimate::of(&cvs).assert_within(&format!("cv of {arrivals}"), cv, 0.01);
    }
}

#[test]
fn v32_even_arrivals_and_batches_are_counted_exactly() {
    let even = run(&counted(r#"constant = { rate = "600/min" }"#, SMALL, 10.0, 1000.0));
    assert_eq!(count_moments(&even, 1), (100.0, 0.0));
    // Batches at 0, 25, 50, … s.
    let batches = run(&counted(r#"batch = { size = 250, every = "25 s" }"#, SMALL, 10.0, 1000.0));
    let counts: Vec<u64> = (0..10).map(|bin| batches.outcomes.get(bin, 0).requests).collect();
    assert_eq!(counts, [250, 0, 250, 0, 0, 250, 0, 250, 0, 0]);
    assert_eq!(batches.total.account.requests, 10_000);
}

#[test]
fn v32_profiles_shape_the_counts() {
    let profile = r#"profile = [
        { at = "100 s", factor = 3.0 },
        { at = "200 s", factor = 0.0 },
        { at = "300 s", factor = 2.0, over = "100 s" },
    ]"#;
    let expected = [1000.0, 3000.0, 0.0, 1000.0, 2000.0];
    let text = |arrivals| counted(arrivals, &format!("{SMALL}\n{profile}"), 100.0, 500.0);
    let even = run(&text(r#"constant = { rate = "10/s" }"#));
    let results = replicate(&text(r#"poisson = { rate = "10/s" }"#), 400);
    for (bin, &truth) in expected.iter().enumerate() {
        let born = |r: &Results| r.outcomes.get(bin, 0).requests as f64;
        assert!((born(&even) - truth).abs() <= 1.0, "{} in bin {bin}, not {truth}", born(&even));
        if truth == 0.0 {
            assert!(results.iter().all(|r| born(r) == 0.0), "a pause is a pause");
        } else {
            Estimate::over(&results, born).assert_within(&format!("born in bin {bin}"), truth, 0.01);
        }
    }
}

// ---- V31 ----

/// A trace as it came out of a run: rows, rate, cv of the gaps, p50 and p99 of prompt and output tokens.
struct Replayed {
    rows: u64,
    per_s: f64,
    cv: f64,
    prompt: [f64; 2],
    output: [f64; 2],
    tokens: u64,
}

/// The value below which a share of the values lies, by linear interpolation.
fn quantile(mut values: Vec<u32>, share: f64) -> f64 {
    values.sort_unstable();
    let at = share * (values.len() - 1) as f64;
    let (low, high) =
        (f64::from(values[at as usize]), f64::from(values[(at as usize + 1).min(values.len() - 1)]));
    low + (high - low) * at.fract()
}

fn replayed(file: &str, more: &str) -> Replayed {
    let text = counted(&format!("trace = {{ file = \"{file}\" {more} }}"), "", 60.0, 1_000_000.0);
    let (results, log) = run_logged(&scenario(&text));
    let born: u64 = (0..results.outcomes.len()).map(|bin| results.outcomes.get(bin, 0).requests).sum();
    let account = results.total.account;
    assert_eq!((born, account.unavailable_503), (account.requests, account.requests));
    let (gap_s, cv) = gap_moments(&log);
    let of = |column: fn(&AttemptRecord) -> u32| {
        let values: Vec<u32> = log.iter().map(column).collect();
        [0.5, 0.99].map(|share| quantile(values.clone(), share))
    };
    let (prompt, output) = (of(|a| a.prompt), of(|a| a.output));
    Replayed { rows: born, per_s: 1.0 / gap_s, cv, prompt, output, tokens: account.born.total() }
}

#[test]
fn v31_the_shipped_trace_is_replayed_whole() {
    let found = replayed("conversations.csv", "");
    assert_eq!((found.rows, found.tokens), (3184, 2_805_064 + 765_406));
    assert_near("rate", found.per_s, 3183.0 / 3596.576002, 1e-6);
    // Twice the rate halves every gap: same cv, same tokens.
    let fast = replayed("conversations.csv", ", rate_scale = 2.0");
    assert_eq!((fast.rows, fast.tokens), (found.rows, found.tokens));
    assert_near("rate, scaled", fast.per_s, 2.0 * found.per_s, 1e-6);
    assert_near("cv, scaled", fast.cv, found.cv, 1e-6);
    let slow = replayed("conversations.csv", ", time_scale = 3.0");
    assert_near("rate, stretched", slow.per_s, found.per_s / 3.0, 1e-6);
}

#[test]
fn v31_recorded_traces_are_replayed_whole() {
    if trace_file("azure-2023-conv.csv").is_none() || trace_file("mooncake-synthetic.jsonl").is_none() {
        return println!("skipped: the recorded traces are not here");
    }
    let azure = replayed("azure-2023-conv.csv", "");
    assert_eq!(azure.rows, 19_366);
    assert_near("Azure rate", azure.per_s, 5.53, 0.01);
    assert_near("Azure cv", azure.cv, 1.09, 0.01);
    for (found, listed) in [(azure.prompt, [1020.0, 4142.0]), (azure.output, [129.0, 601.0])] {
        assert_near("Azure p50", found[0], listed[0], 0.01);
        assert_near("Azure p99", found[1], listed[1], 0.01);
    }
    assert_near("Mooncake cv", replayed("mooncake-synthetic.jsonl", "").cv, 1.01, 0.01);
}

/// Requests per second in each quarter of a day of a client, from the rows of the file.
fn quarters(file: &str, client: &str) -> [f64; 4] {
    let text = std::fs::read_to_string(trace_file(file).unwrap()).unwrap();
    let mut sums = [0.0; 4];
    for row in text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()) {
        if row[0] == client {
            let at_s: f64 = row[1].parse().unwrap();
            sums[(at_s / 21_600.0) as usize] += row[2].parse::<f64>().unwrap() / 36.0;
        }
    }
    sums
}

#[test]
fn v31_recorded_windows_keep_their_rates() {
    let file = "servegen-m-large-top12-day1.csv";
    if trace_file(file).is_none() {
        return println!("skipped: the recorded windows are not here");
    }
    // Gaps of cv 1.1; and a client that is silent for half the day, with cv up to 1.7 in the other half.
    for (client, scale) in [("142", 0.05), ("7", 1.0)] {
        let arrivals =
            format!(r#"windows = {{ file = "{file}", client = "{client}", rate_scale = {scale} }}"#);
        let results = replicate(&counted(&arrivals, SMALL, 21_600.0, 86_400.0), 40);
        for (bin, truth) in quarters(file, client).into_iter().enumerate() {
            let per_s = |r: &Results| r.outcomes.get(bin, 0).requests as f64 / 21_600.0;
            if truth == 0.0 {
                assert!(results.iter().all(|r| per_s(r) == 0.0), "silence is silence");
            } else {
                let what = format!("rate of client {client} in quarter {bin}");
                Estimate::over(&results, per_s).assert_within(&what, truth * scale, 0.02);
            }
        }
        let expected =
            scenario(&counted(&arrivals, SMALL, 21_600.0, 86_400.0)).workloads[0].arrivals.expected();
        let truth = quarters(file, client).iter().sum::<f64>() * scale * 21_600.0;
        assert_near("expected count", expected, truth, 1e-9);
    }
}

#[test]
fn v31_presets_are_the_quantiles_of_their_traces() {
    use ratetide::dist::Law;
    use ratetide::traffic::token_presets::{PRESETS, Side};
    let files = ["azure-2023-conv.csv", "mooncake-synthetic.jsonl"];
    if files.iter().any(|file| trace_file(file).is_none()) {
        return println!("skipped: the recorded traces are not here");
    }
    for (preset, file) in PRESETS.iter().zip(files) {
        let rows =
            ratetide::traffic::trace::parse(&std::fs::read(trace_file(file).unwrap()).unwrap()).unwrap().rows;
        let columns = [
            (Side::Prompt, rows.iter().map(|row| row.prompt).collect::<Vec<u32>>()),
            (Side::Output, rows.iter().map(|row| row.output).collect()),
        ];
        for (side, values) in columns {
            let law = preset.law(side);
            let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
            assert_near(&format!("{} {side:?} mean", preset.name), law.mean(), mean, 0.005);
            for level in [0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999] {
                let (found, truth) = (law.quantile(level), quantile(values.clone(), level));
                assert!(
                    (found - truth).abs() <= 0.5,
                    "{} {side:?} {level}: {found}, not {truth}",
                    preset.name
                );
            }
        }
    }
}
