#![allow(missing_docs)]

//! `ratetide plot`: the charts again, from the files of a result.

mod command;

use command::Home;

#[test]
fn a_redrawn_result_is_the_same_result() {
    let home = Home::with_small();
    home.run_to(0, &["run", "small.toml", "-q"]);
    let before = home.files("output/small");
    let ended = home.run_to(0, &["plot", "output/small"]);
    assert!(ended.out.contains("output/small/charts/rates.svg\n"), "{}", ended.out);
    assert!(home.files("output/small") == before);
    assert_eq!(home.run_to(0, &["plot", "output/small", "-q", "--jobs", "1"]).out, "");
    assert!(home.files("output/small") == before);
}

#[test]
fn charts_come_later_where_none_were_drawn() {
    let home = Home::with_small();
    home.run_to(0, &["run", "small.toml", "-q", "-o", "with"]);
    home.run_to(0, &["run", "small.toml", "-q", "-o", "without", "--no-charts"]);
    assert!(!home.path("without/charts").exists());
    home.run_to(0, &["plot", "without", "-q"]);
    assert!(home.files("with/charts") == home.files("without/charts"));
}

#[test]
fn what_is_no_result_is_refused() {
    let home = Home::with_small();
    home.run_to(2, &["plot", "nowhere"]);
    home.run_to(2, &["plot", "."]);
    home.run_to(2, &["plot", "small.toml"]);
    home.run_to(0, &["run", "small.toml", "-q", "--no-charts"]);
    home.write("output/small/rates.csv", "org,model\n");
    let ended = home.run_to(1, &["plot", "output/small"]);
    assert!(ended.err.contains("rates.csv is not the file"), "{}", ended.err);
}
