//! For tests: profiles and arrival processes as a scenario writes them.

use std::sync::Arc;

use super::arrivals::{ArrivalProcess, PROCESSES, Process};
use super::profile::{self, Profile};
use super::trace;
use crate::read::{Document, Key, Spec, faults};
use crate::units::{SimTime, Span};

static ROOT: Spec = Spec::new(
    "root",
    "for tests",
    &[
        Key::one_of("arrivals", &PROCESSES).optional().doc("when"),
        Key::rows("profile", &profile::STEP).optional().doc("how the rate changes"),
    ],
);

/// The demand of a text, or what is wrong with it.
fn read(text: &str) -> Result<(Option<ArrivalProcess>, Profile), String> {
    let mut load = |file: &str| match file {
        "three.csv" => {
            let text = b"timestamp,input_length,output_length\n0,1,1\n1000,1,1\n2000,1,1\n";
            Ok(Arc::new(trace::parse(text).expect("a trace")))
        }
        _ => Err(format!("there is no file {file}")),
    };
    let mut document = Document::parse("demand.toml", text, &[]);
    let mut root = document.root(&ROOT);
    let process = root.opt_tagged("arrivals").and_then(|chosen| ArrivalProcess::read(chosen, &mut load));
    let profile = Profile::read(root.rows("profile"));
    drop(root);
    document.finish().map(|_| (process, profile)).map_err(|problems| problems.render(false))
}

#[test]
fn the_specs_are_sound() {
    assert_eq!(faults(&ROOT), Vec::<String>::new());
}

#[test]
fn every_process_is_read() {
    let written = [
        ("constant = { rate = \"100/min\" }", 100.0 / 60.0, 0.0),
        ("poisson = { rate = \"2/s\" }", 2.0, 1.0),
        ("gamma = { rate = \"100/min\", cv = 2.0 }", 100.0 / 60.0, 2.0),
        ("weibull = { rate = \"100/min\", cv = 2.0 }", 100.0 / 60.0, 2.0),
        ("on_off = { rate = \"2/s\", off_rate = \"2/s\", on = \"1 s\", off = \"9 s\" }", 2.0, 1.0),
        ("batch = { size = 60, every = \"1 min\" }", 1.0, 59f64.sqrt()),
        ("trace = { file = \"three.csv\", rate_scale = 2 }", 2.0, 0.0),
    ];
    assert_eq!(written.len(), PROCESSES.members.len(), "a process is missing here");
    for (text, rate, cv) in written {
        let process = read(&format!("arrivals.{text}")).unwrap().0.unwrap();
        assert!((process.mean_rate() - rate).abs() < 1e-12, "{text}: {}", process.mean_rate());
        assert!((process.cv() - cv).abs() < 1e-12, "{text}: {}", process.cv());
        assert_eq!(process.trace().is_some(), text.starts_with("trace"));
    }
    let off = read("arrivals.on_off = { rate = \"2/s\", on = \"1 s\", off = \"3 s\" }").unwrap().0.unwrap();
    assert_eq!(off.mean_rate(), 0.5);
}

#[test]
fn a_profile_is_read() {
    let spike = "profile = [ { at = \"1 h\", factor = 60.0 }, { at = \"1 h 5 min\", factor = 1, over = \"10 min\" } ]";
    let profile = read(spike).unwrap().1;
    assert_eq!(profile.factor(SimTime::from_s(3600)), 60.0);
    assert_eq!(profile.factor(SimTime::from_s(3600 + 600)), 30.5);
    assert_eq!(profile.max_factor(Span::from_s(7200)), 60.0);
    assert!(read("").unwrap().1.is_identity());
}

#[test]
fn errors_say_what_is_wrong_where() {
    for (text, part) in [
        ("arrivals.poisson = { rate = \"0/min\" }", "rate"),
        ("arrivals.poisson = { rate = 5 }", "needs a unit"),
        ("arrivals.poisson = {}", "needs the key `rate`"),
        ("arrivals.gamma = { rate = \"1/s\", cv = 0 }", "between 0.01 and 100"),
        ("arrivals.weibull = { rate = \"1/s\", cv = 200 }", "between 0.01 and 100"),
        ("arrivals.on_off = { rate = \"1/s\", on = \"1 s\" }", "needs the key `off`"),
        ("arrivals.batch = { size = 1000000, every = \"1 us\" }", "every is too short"),
        ("arrivals.batch = { size = 0, every = \"1 s\" }", "between 1 and 1000000"),
        ("arrivals.trace = { file = \"none.csv\" }", "there is no file none.csv"),
        ("arrivals.trace = { file = \"three.csv\", rate_scale = 0 }", "between"),
        ("arrivals.poison = { rate = \"1/s\" }", "did you mean `poisson`"),
        ("profile = [ { at = \"2 h\", factor = 2 }, { at = \"1 h\", factor = 1 } ]", "in order of time"),
        ("profile = [ { at = \"2 h\", factor = -1 } ]", "factor"),
        (
            "profile = [ { at = \"0 s\", factor = 2, over = \"2 h\" }, { at = \"1 h\", factor = 1 } ]",
            "inside the ramp",
        ),
    ] {
        let message = read(text).map(|_| text).unwrap_err();
        assert!(message.contains("\n1 error in demand.toml"), "{message}");
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}
