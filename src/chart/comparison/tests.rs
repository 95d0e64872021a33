//! Pictures of comparisons: hard cases, damaged files, text that keeps to itself.

use serde_json::{Value, json};

use super::super::{Picture, samples::Dice, tests::assert_texts_apart};
use super::*;

/// The files of a made-up comparison.
#[derive(Clone)]
struct Made {
    conclusion: String,
    curves: String,
    rates: String,
}

/// What is made up.
struct Shape {
    names: Vec<String>,
    metric: &'static str,
    /// Value, difference and half-width of a strategy by its number.
    measured: fn(usize) -> [Option<f64>; 3],
    verdict: fn(usize) -> &'static str,
    bins: usize,
    replications: u32,
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|i| if i == 0 { "as written".to_owned() } else { format!("strategy-{i}") }).collect()
}

fn shares(i: usize) -> [Option<f64>; 3] {
    let diff = 0.03 * i as f64 - 0.05;
    [Some(0.5 + diff), Some(diff), Some(0.01)]
}

impl Shape {
    fn of(count: usize) -> Shape {
        Shape {
            names: names(count),
            metric: "success_share",
            measured: shares,
            verdict: |i| ["baseline", "worse", "not distinguishable", "better"][i.min(3)],
            bins: 60,
            replications: 10,
        }
    }

    fn make(&self) -> Made {
        let told = |(i, name): (usize, &String)| {
            let [value, diff, half] = (self.measured)(i);
            let mut cells = serde_json::Map::new();
            let ends = diff.zip(half).map(|(diff, half)| (diff - half, diff + half));
            let numbers =
                [("value", value), ("diff", diff), ("low", ends.map(|e| e.0)), ("high", ends.map(|e| e.1))];
            cells.extend(numbers.into_iter().filter_map(|(key, v)| Some((key.to_owned(), json!(v?)))));
            let requests = 1000.0;
            json!({
                "strategy": name, "verdict": (self.verdict)(i), "metrics": { self.metric: cells },
                "outcomes": {
                    "requests": requests, "succeeded": 500 + 10 * i, "ok_200": 500 + 10 * i,
                    "limited_429_request": 300 * i, "limited_429_token": 7, "unavailable_503": i % 2,
                    "client_timeout": 40 * (i % 3),
                },
            })
        };
        let ranking: Vec<&String> = self.names.iter().rev().collect();
        let conclusion = json!({
            "scenario": "spike", "title": "A spike", "seed": 7, "replications": self.replications,
            "duration_s": 10 * self.bins.max(1), "drain_s": 100, "interval_s": 10,
            "models": [{ "model": "m", "law": "success_window", "enforcement": "soft" }],
            "causes": [{ "start_s": 100, "end_s": 200, "label": "us ×60", "model": "m", "org": "us" }],
            "org": "us", "workloads": ["w"], "metric": self.metric, "baseline": self.names[0],
            "ranking": ranking,
            "strategies": self.names.iter().enumerate().map(told).collect::<Vec<Value>>(),
        });
        let mut curves = "strategy,time_s,succeeded_share\n".to_owned();
        let mut rates = "time_s,strategy,org,model,dynamic_rate_rpm,attempts,ok_200,dynamic_rate_rpm_low,\
                         dynamic_rate_rpm_high\n"
            .to_owned();
        for (i, name) in self.names.iter().enumerate() {
            let name = format!("\"{}\"", name.replace('"', "\"\""));
            for step in 1..=20 {
                let share = (0.5 + 0.02 * i as f64).min(1.0) * f64::from(step) / 20.0;
                curves += &format!("{name},{},{share}\n", f64::from(step) * (1.0 + i as f64));
            }
            for bin in 0..self.bins {
                let burst = if (10..20).contains(&bin) { 40 * (i + 1) } else { 3 };
                rates +=
                    &format!("{},{name},us,m,{},{burst},2,{},{}\n", 10 * bin, 60 + bin, 55 + bin, 70 + bin);
            }
        }
        Made { conclusion: conclusion.to_string(), curves, rates }
    }
}

impl Made {
    fn files(&self) -> ComparisonFiles<'_> {
        ComparisonFiles {
            conclusion: self.conclusion.as_bytes(),
            curves: self.curves.as_bytes(),
            rates: self.rates.as_bytes(),
        }
    }

    fn head(text: &mut String) {
        text.truncate(text.find('\n').unwrap() + 1);
    }
}

fn gallery() -> Vec<(&'static str, Made)> {
    let long =
        |count: usize| (0..count).map(|i| format!("{i}{}", "-a-long-strategy-name".repeat(3))).collect();
    let mut hostile = names(4);
    hostile[2] = "</text><script>alert(\"1\")</script>&漢".to_owned();
    let mut nothing = Shape::of(4).make();
    Made::head(&mut nothing.curves);
    Made::head(&mut nothing.rates);
    let undefined: fn(usize) -> [Option<f64>; 3] = |i| match i {
        0 => [None; 3],
        1 => [Some(30.0), None, None],
        _ => [Some(20.0), Some(-4.0), Some(1.5)],
    };
    vec![
        ("two", Shape::of(2).make()),
        ("three", Shape::of(3).make()),
        ("thirteen", Shape::of(13).make()),
        ("forty", Shape::of(40).make()),
        ("long-names", Shape { names: long(13), ..Shape::of(13) }.make()),
        ("hostile", Shape { names: hostile, ..Shape::of(4) }.make()),
        ("undefined", Shape { metric: "time_to_success_p99_s", measured: undefined, ..Shape::of(5) }.make()),
        ("alike", Shape { measured: |_| [Some(0.5), Some(0.0), Some(0.0)], ..Shape::of(5) }.make()),
        (
            "huge",
            Shape {
                metric: "goodput_tpm",
                measured: |i| [Some(1e14), Some(1e14 * i as f64), Some(1e13)],
                ..Shape::of(5)
            }
            .make(),
        ),
        (
            "tiny",
            Shape { measured: |i| [Some(0.5), Some(1e-12 * i as f64), Some(1e-13)], ..Shape::of(5) }.make(),
        ),
        (
            "one-replication",
            Shape {
                measured: |i| [shares(i)[0], shares(i)[1], None],
                verdict: |i| if i == 0 { "baseline" } else { "" },
                replications: 1,
                ..Shape::of(5)
            }
            .make(),
        ),
        ("one-bin", Shape { bins: 1, ..Shape::of(3) }.make()),
        ("nothing", nothing),
    ]
}

fn draw(made: &Made) -> Vec<Picture> {
    draw_comparison(&made.files()).unwrap()
}

#[test]
fn every_case_draws_sound_pictures() {
    let look = std::env::var_os("RATETIDE_LOOK").map(std::path::PathBuf::from);
    for (case, made) in gallery() {
        for picture in draw(&made) {
            let tree = resvg::usvg::roxmltree::Document::parse(&picture.svg).unwrap();
            assert_eq!(tree.root_element().attribute("width"), Some("1200"), "{case}");
            assert!(
                !picture.svg.contains("NaN") && !picture.svg.contains("<script"),
                "{case} {}",
                picture.name
            );
            assert!(picture.png.starts_with(b"\x89PNG") && !picture.finding.is_empty());
            if let Some(look) = &look {
                std::fs::create_dir_all(look).unwrap();
                std::fs::write(look.join(format!("{case}-{}.png", picture.name)), &picture.png).unwrap();
            }
        }
    }
}

#[test]
fn no_text_leaves_the_page_or_covers_another() {
    for (case, made) in gallery() {
        let data = ComparisonData::read(&made.files()).unwrap();
        for chart in COMPARISON_CHARTS {
            let Some((svg, _)) = chart.draw(&data).unwrap() else { continue };
            assert_texts_apart(&format!("{case} {}", chart.name()), &svg);
        }
    }
}

#[test]
fn every_strategy_is_named_in_every_picture_while_there_is_room() {
    for count in [3, 13] {
        for picture in draw(&Shape::of(count).make()) {
            for name in names(count) {
                assert!(picture.svg.contains(&name), "{} of {count}: {name}", picture.name);
            }
        }
    }
    let many = draw(&Shape::of(40).make());
    assert!(many.iter().any(|picture| picture.svg.contains("16 of 40 strategies shown, the best")));
    assert!(many.iter().any(|picture| picture.svg.contains("20 of 40 strategies shown, the best")));
}

#[test]
fn findings_follow_from_the_data() {
    let finding = |shape: Shape, chart: &str| {
        let pictures = draw(&shape.make());
        pictures.into_iter().find(|picture| picture.name == chart).unwrap().finding
    };
    assert_eq!(
        finding(Shape::of(4), "compare_ranking"),
        "strategy-3 is best: 54.0 % of us’s requests succeed, +4.00 percentage points against as written"
    );
    let nobody =
        Shape { verdict: |i| if i == 0 { "baseline" } else { "not distinguishable" }, ..Shape::of(3) };
    assert!(finding(nobody, "compare_ranking").contains("cannot be told from as written"));
    assert!(finding(Shape::of(4), "compare_time_to_success").starts_with("strategy-3 gets 56.0 %"));
    assert!(finding(Shape::of(4), "compare_outcomes").starts_with("strategy-3 makes 1."));
}

#[test]
fn any_byte_may_be_wrong_and_there_is_still_an_answer() {
    let whole = Shape { bins: 8, ..Shape::of(3) }.make();
    let mut dice = Dice(5);
    let mut drawn = 0;
    for round in 0..400 {
        let mut made = whole.clone();
        let text = match round % 3 {
            0 => &mut made.conclusion,
            1 => &mut made.curves,
            _ => &mut made.rates,
        };
        let at = (dice.roll() * text.len() as f64) as usize;
        let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        let bytes = ["0", "9", "1e15", "1e-300", ",", "\"", "\n", "e9", ".", "-", "nan", "1e999"];
        text.insert_str(at, bytes[(dice.roll() * 12.0) as usize]);
        let Ok(data) = ComparisonData::read(&made.files()) else { continue };
        drawn += COMPARISON_CHARTS.iter().filter(|chart| chart.draw(&data).is_ok()).count();
    }
    assert!(drawn > 200, "{drawn}: the damage should often leave something to draw");
}

#[test]
fn a_damaged_conclusion_is_named() {
    let whole = Shape::of(3).make();
    for (from, to, wanted) in [
        ("\"requests\":1000.0", "\"requests\":5e-324", "column `outcomes`: no mean of counts"),
        ("\"requests\":1000.0", "\"requests\":-1", "column `outcomes`: no mean of counts"),
        ("\"requests\":1000.0", "\"requests\":1e300", "column `metrics`: a number beyond 1e15"),
        (
            "\"strategy\":\"strategy-1\"",
            "\"strategy\":\"x\"",
            "column `ranking`: does not name every strategy",
        ),
        ("\"metrics\"", "\"m\"", "missing field `metrics`"),
    ] {
        assert!(whole.conclusion.contains(from), "{}", whole.conclusion);
        let files = ComparisonFiles {
            conclusion: &whole.conclusion.replacen(from, to, 1).into_bytes(),
            ..whole.files()
        };
        let told = draw_comparison(&files).unwrap_err().to_string();
        assert!(told.starts_with("compare.json") && told.contains(wanted), "{told}");
    }
}
