//! Pictures of sweeps: what is drawn of what, hard cases, damaged files.

use serde_json::{Value, json};

use super::super::tests::text_box;
use super::super::theme;
use super::*;

/// The files of a made-up sweep: axes with their levels, and the value of each number at a point.
fn made(
    axes: &[(&str, &[&str])],
    sampling: &str,
    value: impl Fn(usize, usize) -> Option<f64>,
) -> (String, String) {
    let metrics = ["success_share", "cost_usd", "a-team/time_to_success_p99_s"];
    let points: usize = axes.iter().map(|(_, levels)| levels.len()).product();
    let axis = |(name, levels): &(&str, &[&str])| json!({"name": name, "levels": levels});
    let head = json!({
        "scenario": "made", "title": "Made up", "seed": 1, "replications": 4, "duration_s": 600.0, "interval_s": 10.0,
        "points": points, "sampling": sampling, "axes": axes.iter().map(axis).collect::<Vec<Value>>(),
        "metrics": metrics.map(|name| json!({"name": name, "unit": ""})),
    });
    let mut table = csv::Writer::from_writer(Vec::new());
    let bands =
        metrics.iter().flat_map(|name| [(*name).to_owned(), format!("{name}_low"), format!("{name}_high")]);
    table.write_record(axes.iter().map(|(name, _)| (*name).to_owned()).chain(bands)).unwrap();
    for point in 0..points {
        let mut rest = point;
        let mut row: Vec<String> = Vec::new();
        for (_, levels) in axes.iter().rev() {
            row.insert(0, levels[rest % levels.len()].to_owned());
            rest /= levels.len();
        }
        for metric in 0..metrics.len() {
            let text = |v: Option<f64>| v.map_or(String::new(), |v| v.to_string());
            let v = value(point, metric);
            row.extend([text(v), text(v.map(|v| v * 0.9)), text(v.map(|v| v * 1.05))]);
        }
        table.write_record(row).unwrap();
    }
    (head.to_string(), String::from_utf8(table.into_inner().unwrap()).unwrap())
}

fn draw((head, table): &(String, String)) -> Result<Vec<Picture>, ChartError> {
    draw_sweep(&SweepFiles { head: head.as_bytes(), table: table.as_bytes() })
}

fn names(pictures: &[Picture]) -> Vec<&str> {
    pictures.iter().map(|picture| picture.name).collect()
}

const RATES: &[&str] = &["10/min", "30/min", "100/min", "300/min"];
const REPLICAS: &[&str] = &["1", "2", "4"];
const WHO: &[&str] =
    &["none", "exponential", "a-strategy-with-a-name-that-is-much-too-long-for-its-place-in-a-chart"];

fn falling(point: usize, metric: usize) -> Option<f64> {
    Some([1.0 - point as f64 / 50.0, 1.0 + point as f64, 2.0 * point as f64][metric])
}

#[test]
fn each_shape_of_a_sweep_has_its_pictures() {
    let one = draw(&made(&[("run.rate", RATES)], "grid", falling)).unwrap();
    assert_eq!(names(&one), ["sweep_response", "sweep_pareto"]);
    assert_eq!(one[0].finding, "Success share goes from 100 % at run.rate 10/min to 94.0 % at 300/min");
    let two =
        draw(&made(&[("run.rate", RATES), ("model.\"m.1\".replicas", REPLICAS)], "grid", falling)).unwrap();
    assert_eq!(names(&two), ["sweep_heat_map", "sweep_response", "sweep_pareto"]);
    assert_eq!(
        two[0].finding,
        "Success share is best at run.rate 10/min, m.1.replicas 1: 100 %, against 78.0 % at worst"
    );
    assert_eq!(two[2].finding, "One point beats all others in both: success share 100 % at cost $1.00");
    let three = [("strategy", WHO), ("run.rate", RATES), ("m.replicas", REPLICAS)];
    assert_eq!(names(&draw(&made(&three, "grid", falling)).unwrap()).len(), 3);
    assert_eq!(names(&draw(&made(&three, "sobol", falling)).unwrap()), ["sweep_pareto"]);
    assert_eq!(
        names(&draw(&made(&[("strategy", WHO)], "grid", falling)).unwrap()),
        ["sweep_pareto"],
        "no numbers"
    );
}

#[test]
fn text_keeps_to_the_page_and_undefined_points_are_blank() {
    let axes = [("strategy", WHO), ("run.rate", RATES), ("m.replicas", REPLICAS)];
    let hole = |point: usize, metric: usize| falling(point, metric).filter(|_| point % 5 != 1);
    let never = |_: usize, _: usize| None;
    let same = |_: usize, metric: usize| Some(metric as f64);
    let values: [&dyn Fn(usize, usize) -> Option<f64>; 4] = [&falling, &hole, &never, &same];
    for (case, value) in values.into_iter().enumerate() {
        for axes in [&axes[..], &axes[1..], &axes[..2]] {
            let pictures = draw(&made(axes, "grid", value)).unwrap();
            assert_eq!(pictures.is_empty(), case == 2);
            for picture in pictures {
                let tree = resvg::usvg::roxmltree::Document::parse(&picture.svg).unwrap();
                for node in tree.descendants().filter(|node| node.has_tag_name("text")) {
                    let (_, [left, right, ..]) = text_box(&node);
                    assert!(left >= 0.0 && right <= theme::WIDTH, "{}: {:?}", picture.name, node.text());
                }
            }
        }
    }
}

#[test]
fn a_damaged_file_is_named() {
    let whole = made(&[("run.rate", RATES), ("m.replicas", REPLICAS)], "grid", falling);
    let cases = [
        (whole.0.replace("\"axes\":[", "\"axes\":[],\"x\":["), whole.1.clone(), "sweep.json"),
        (whole.0.replace("\"points\":12", "\"points\":13"), whole.1.clone(), "axes make 12 points"),
        (whole.0.clone(), whole.1.lines().take(12).collect::<Vec<_>>().join("\n"), "11 rows"),
        (whole.0.clone(), whole.1.replacen("cost_usd", "cost", 1), "cost_usd"),
        (whole.0.clone(), whole.1.replacen("10/min,1,1,", "10/min,1,1e99,", 1), "not a number"),
        (whole.0.clone(), whole.1.replacen("10/min,1,1,", "10/min,1,nan,", 1), "not a number"),
        (String::new(), String::new(), "sweep.json"),
    ];
    for (head, table, wanted) in cases {
        let told = draw(&(head, table)).unwrap_err().to_string();
        assert!(told.contains(wanted), "{told}");
    }
}
