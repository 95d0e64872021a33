//! Whole pictures: hard cases, damaged files, the same bytes every time, and a way to look at them.

use std::fmt::Write as _;

use super::samples::{Org, Sample, Shape};
use super::*;

fn draw(sample: &Sample) -> Vec<Picture> {
    draw_all(&sample.files()).unwrap()
}

/// Headers and no row.
fn empty() -> Sample {
    let mut empty = Sample::spike();
    for text in [
        &mut empty.outcomes,
        &mut empty.rates,
        &mut empty.capacity,
        &mut empty.time_to_success,
        &mut empty.cost,
    ] {
        text.truncate(text.find('\n').unwrap() + 1);
    }
    empty
}

/// Every case someone should look at.
fn gallery() -> Vec<(&'static str, Sample)> {
    let spike = Shape::spike;
    let quiet = |name: &str, rpm| Org { name: name.to_owned(), rpm, burst: (0.0, 0.0, 1.0) };
    let mut failing = spike();
    failing.noise_503 = 1.0;
    let long_names = Shape {
        orgs: (0..3)
            .map(|i| quiet(&format!("{i}{}", "an-organisation-with-a-long-name.".repeat(2)), 50.0))
            .collect(),
        models: (0..3).map(|i| format!("{i}{}", "a-model-with-a-very-long-name.".repeat(2))).collect(),
        ..spike()
    };
    let mut hostile = Sample::spike();
    hostile.summary = hostile.summary.replace(
        "spiky ×60",
        "<b>漢字</b> & \\\"quotes\\\" \\u0000 burst of the century, label far too long",
    );
    hostile.summary = hostile.summary.replace("A steady team", &"word ".repeat(3000));
    let nine_laws = Shape { models: (0..9).map(|i| format!("law-{i}")).collect(), laws: true, ..spike() };
    let lanes = Shape { lanes: &["serverless", "batch", "dedicated"], ..Shape::many(5) };
    let costs = |rows: &str| {
        let mut sample = Sample::spike();
        sample.cost.truncate(sample.cost.find('\n').unwrap() + 1);
        sample.cost += rows;
        sample
    };
    let huge = costs(
        "0,a,k,w,m,serverless,1,1,100,100,0.1,0,0,0\n10,b,k,w,m,batch,1,1,1,1,1e15,0,0,0\n\
         20,c,k,w,m,dedicated,,,,,0.5,,,\n",
    );
    let long_costs = costs(&(0..9).fold(String::new(), |rows, i| {
        let name = format!("{i}{}", "an-organisation-with-a-long-name.".repeat(2));
        rows + &format!("{},{name},k,{name},m,serverless,1,0,0,0,0.{i}1,9,0.01,0\n", 10 * i)
    }));
    let mut dead_fleet = Sample::spike();
    dead_fleet.capacity.truncate(dead_fleet.capacity.find('\n').unwrap() + 1);
    for i in 0..1140 {
        writeln!(dead_fleet.capacity, "{},llama-3.3-70b,0,0,0,0,1,0,,0,{},0", 10 * i, i % 7).unwrap();
    }
    let mut no_rates = Sample::spike();
    no_rates.rates.truncate(no_rates.rates.find('\n').unwrap() + 1);
    vec![
        ("spike", Sample::spike()),
        ("twelve-orgs", Shape::many(12).make()),
        (
            "one-org",
            Shape { orgs: vec![Org { burst: (1800.0, 2700.0, 8.0), ..quiet("solo", 200.0) }], ..spike() }
                .make(),
        ),
        ("calm", Sample::calm(0.0)),
        ("rare-errors", Sample::calm(0.004)),
        ("all-errors", failing.make()),
        (
            "wide-rates",
            Shape { orgs: vec![quiet("tiny", 12.0), quiet("huge", 1e6)], rate_rpm: (60.0, 1e7), ..spike() }
                .make(),
        ),
        ("long-names", long_names.make()),
        ("two-models", Shape { models: vec!["small".into(), "large".into()], ..spike() }.make()),
        ("many-bins", Shape { interval_s: 0.108, ..Shape::many(2) }.make()),
        ("one-bin", Shape { duration_s: 10.0, drain_s: 0.0, ..spike() }.make()),
        ("bands", Shape { replications: 8, ..spike() }.make()),
        (
            "ten-days",
            Shape { interval_s: 600.0, duration_s: 864_000.0, drain_s: 0.0, ..Shape::many(3) }.make(),
        ),
        ("hostile-text", hostile),
        ("no-rates", no_rates),
        ("nine-laws", nine_laws.make()),
        (
            "twelve-laws-long",
            Shape {
                models: (0..12).map(|i| format!("{i}{}", "a-long-name.".repeat(5))).collect(),
                ..nine_laws
            }
            .make(),
        ),
        ("lanes", lanes.make()),
        ("huge-cost", huge),
        ("long-costs", long_costs),
        ("dead-fleet", dead_fleet),
        ("empty", empty()),
    ]
}

#[test]
fn every_case_draws_sound_pictures() {
    let look = std::env::var_os("RATETIDE_LOOK").map(std::path::PathBuf::from);
    for (case, sample) in gallery() {
        for picture in draw(&sample) {
            let tree = resvg::usvg::roxmltree::Document::parse(&picture.svg).unwrap();
            assert_eq!(tree.root_element().attribute("width"), Some("1200"), "{case}");
            assert!(
                !picture.svg.contains("NaN") && !picture.svg.contains("inf\""),
                "{case} {}",
                picture.name
            );
            assert!(picture.png.starts_with(b"\x89PNG") && !picture.finding.is_empty());
            assert!(picture.svg.len() < 1_500_000, "{case} {}: {} bytes", picture.name, picture.svg.len());
            if let Some(look) = &look {
                std::fs::create_dir_all(look).unwrap();
                std::fs::write(look.join(format!("{case}-{}.svg", picture.name)), &picture.svg).unwrap();
                std::fs::write(look.join(format!("{case}-{}.png", picture.name)), &picture.png).unwrap();
            }
        }
    }
}

/// The words of a `<text>` and its box, px: left, right, top, bottom.
pub(super) fn text_box(node: &resvg::usvg::roxmltree::Node<'_, '_>) -> (String, [f64; 4]) {
    let number = |name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap() / 10.0;
    let bold = node.attribute("font-weight").is_some();
    let style = theme::Type { size: number("font-size"), bold, colour: theme::INK };
    let words = node.text().unwrap_or("").trim().to_owned();
    let width = text::width(&words, style);
    let left = match node.attribute("text-anchor") {
        Some("end") => number("x") - width,
        Some("middle") => number("x") - width / 2.0,
        _ => number("x"),
    };
    let baseline = number("y") + 0.76 * style.size;
    (words, [left, left + width, baseline - 0.73 * style.size, baseline + 0.1 * style.size])
}

/// No text of a picture leaves the page or covers another.
pub(super) fn assert_texts_apart(what: &str, svg: &str) {
    let tree = resvg::usvg::roxmltree::Document::parse(svg).unwrap();
    let height: f64 = tree.root_element().attribute("height").unwrap().parse().unwrap();
    let texts: Vec<_> =
        tree.descendants().filter(|node| node.has_tag_name("text")).map(|node| text_box(&node)).collect();
    for (i, (words, [left, right, top, bottom])) in texts.iter().enumerate() {
        let inside = *left >= 0.0 && *right <= theme::WIDTH && *top >= 0.0 && *bottom <= height;
        assert!(inside, "{what}: {words:?} leaves the page");
        for (other, [l, r, t, b]) in &texts[i + 1..] {
            let apart = right <= l || r <= left || bottom <= t || b <= top;
            assert!(apart, "{what}: {words:?} and {other:?} overlap");
        }
    }
}

#[test]
fn no_text_leaves_the_page_or_covers_another() {
    for (case, sample) in gallery() {
        let data = ResultData::read(&sample.files()).unwrap();
        for chart in CHARTS {
            let Some((svg, _)) = chart.draw(&data).unwrap() else { continue };
            assert_texts_apart(&format!("{case} {}", chart.name()), &svg);
        }
    }
}

#[test]
fn the_same_files_give_the_same_bytes() {
    let sample = Shape::many(5).make();
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(one.install(|| draw(&sample)), draw(&sample));
}

#[test]
fn an_empty_result_draws_nothing_and_a_whole_one_all() {
    assert!(draw(&empty()).is_empty());
    let names: Vec<_> = draw(&Sample::spike()).iter().map(|picture| picture.name).collect();
    assert_eq!(names, ["rates", "outcomes", "capacity", "forecast", "time_to_success", "cost"]);
    let with_laws = Shape { models: vec!["a".into(), "b".into()], laws: true, ..Shape::spike() }.make();
    let names: Vec<_> = draw(&with_laws).iter().map(|picture| picture.name).collect();
    assert_eq!(names, CHARTS.iter().map(|chart| chart.name()).collect::<Vec<_>>());
}

#[test]
fn damaged_files_are_errors_not_panics() {
    let whole = Sample::spike();
    type Pick = fn(&mut Sample) -> &mut String;
    let files: [Pick; 6] = [
        |s| &mut s.outcomes,
        |s| &mut s.rates,
        |s| &mut s.capacity,
        |s| &mut s.time_to_success,
        |s| &mut s.cost,
        |s| &mut s.summary,
    ];
    for pick in files {
        let len = pick(&mut whole.clone()).len();
        for cut in [0, 1, 10, len / 3, len / 2, len - 2] {
            let mut sample = whole.clone();
            let text = pick(&mut sample);
            let cut = (0..=cut).rev().find(|cut| text.is_char_boundary(*cut)).unwrap();
            text.truncate(cut);
            // Cut at a line's end a table is whole; whatever comes out, it must be an answer.
            let _ = draw_all(&sample.files()).map_err(|error| assert!(!error.file.is_empty()));
        }
        for bad in ["NaN", "inf", "-1", "1e308", "1e-308", "0", "1e15", "\"", "-0"] {
            let mut sample = whole.clone();
            let text = pick(&mut sample);
            *text = text.replacen("10", bad, 3).replacen("3600", bad, 2);
            let _ = draw_all(&sample.files()).map_err(|error| assert!(!error.file.is_empty()));
        }
    }
}

#[test]
fn any_byte_or_number_may_be_wrong_and_there_is_still_an_answer() {
    let whole = Shape { duration_s: 100.0, drain_s: 20.0, replications: 2, ..Shape::spike() }.make();
    let mut dice = super::samples::Dice(11);
    let mut drawn = 0;
    for round in 0..600 {
        let mut sample = whole.clone();
        let texts = [
            &mut sample.outcomes,
            &mut sample.rates,
            &mut sample.capacity,
            &mut sample.time_to_success,
            &mut sample.cost,
            &mut sample.summary,
        ];
        for text in texts {
            let at = (dice.roll() * text.len() as f64) as usize;
            let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            let bytes = ["0", "9", "1e15", "1e-300", ",", "\"", "\n", "e9", ".", "-", "nan", "\u{7f}"];
            let rest = text.split_off(at);
            let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(0);
            // Half of the rounds keep the tables' shape: a number goes, another comes.
            let (gone, come) = if round % 2 == 0 && number > 0 { (number, 4) } else { (0, 12) };
            *text += bytes[(dice.roll() * f64::from(come)) as usize];
            *text += &rest[gone..];
        }
        // One file at a time, and all at once.
        for only in 0..7 {
            let files = [&whole.files(), &sample.files()];
            let file = |i: usize| files[usize::from(only == i || only == 6)];
            let files = Files {
                outcomes: file(0).outcomes,
                rates: file(1).rates,
                capacity: file(2).capacity,
                time_to_success: file(3).time_to_success,
                cost: file(4).cost,
                summary: file(5).summary,
            };
            let Ok(data) = ResultData::read(&files) else { continue };
            drawn += CHARTS.iter().filter(|chart| chart.draw(&data).is_ok()).count();
        }
    }
    assert!(drawn > 500, "{drawn}: the damage should often leave something to draw");
}

#[test]
fn a_bin_after_the_end_or_too_many_bins_are_refused() {
    let mut sample = Sample::spike();
    sample.outcomes = sample.outcomes.replacen("\n10,", "\n1e9,", 1);
    let message = draw_all(&sample.files()).unwrap_err().to_string();
    assert!(message.starts_with("outcomes.csv, line 4, column `time_s`: a bin after the end"), "{message}");
    let mut sample = Sample::spike();
    sample.summary = sample.summary.replace("\"interval_s\":10.0", "\"interval_s\":0.000001");
    assert!(draw_all(&sample.files()).unwrap_err().to_string().contains("more than a million bins"));
}

#[test]
fn thousands_of_names_are_no_trouble() {
    let mut sample = Sample::spike();
    for i in 0..20_000 {
        writeln!(sample.outcomes, "0,o{i},w,m{i},1,1,0,1,0,0,0,0,0,0,0").unwrap();
        writeln!(sample.time_to_success, "o{i},w,m{i},1,0.5").unwrap();
        writeln!(sample.cost, "0,o{i},k,w,m{i},serverless,1,1,1,1,1,0,0,1").unwrap();
        writeln!(sample.capacity, "0,m{i},1,1,1,1,0.5,1,1,1,1,1").unwrap();
    }
    let pictures = draw(&sample);
    assert!(pictures[0].svg.contains("4 of 20002 pairs of org and model shown"));
    assert!(pictures.iter().all(|picture| picture.svg.len() < 1_500_000));
}
