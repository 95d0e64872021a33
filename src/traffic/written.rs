//! For tests: profiles and arrival processes as a scenario writes them.

use std::sync::Arc;

use super::arrivals::{ArrivalProcess, PROCESSES, Process, Recordings};
use super::profile::{self, Profile};
use super::trace::{self, Trace};
use super::windows::{self, Windows};
use crate::read::{Document, Key, Spec, faults};
use crate::units::{SimTime, Span};

static ROOT: Spec = Spec::new(
    "root",
    "for tests",
    &[
        Key::one_of("arrivals", &PROCESSES).optional().doc("when"),
        Key::either("profile", profile::WRITTEN).optional().doc("how the rate changes"),
    ],
);

struct Files;

impl Recordings for Files {
    fn trace(&mut self, file: &str) -> Result<Arc<Trace>, String> {
        let text = b"timestamp,input_length,output_length\n0,1,1\n1000,1,1\n2000,1,1\n";
        let there = file == "three.csv";
        there
            .then(|| Arc::new(trace::parse(text).expect("a trace")))
            .ok_or(format!("there is no file {file}"))
    }

    fn windows(&mut self, file: &str) -> Result<Arc<Windows>, String> {
        let rows = match file {
            "day.csv" => "7,0,2,1,Exponential\n7,600,0,0,\n8,0,1,1,Gamma",
            "holes.csv" => "7,0,2,1,Gamma\n7,1800,2,1,Gamma",
            _ => return Err(format!("there is no file {file}")),
        };
        let text = format!("client,t_s,rate_rps,iat_cv,pattern\n{rows}\n");
        Ok(Arc::new(windows::parse(text.as_bytes()).expect("windows")))
    }
}

/// The demand of a text, or what is wrong with it.
fn read(text: &str) -> Result<(Option<ArrivalProcess>, Profile), String> {
    let mut document = Document::parse("demand.toml", text, &[]);
    let mut root = document.root(&ROOT);
    let process = root.opt_tagged("arrivals").and_then(|chosen| ArrivalProcess::read(chosen, &mut Files));
    let profile = Profile::read(root.form("profile"), Span::from_s(86_400));
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
        ("windows = { file = \"day.csv\", client = 7, rate_scale = 2 }", 2.0, 1.0),
        ("users = { users = 50, think.constant = \"20 s\", session = { turns = 5 } }", 2.5, 1.0),
        ("backlog = { requests = 1000, concurrency = 64 }", 0.0, 0.0),
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
    let rhythm = read("profile.diurnal = { low = 0.0, peak = \"6 h\", period = \"12 h\" }").unwrap().1;
    assert_eq!(rhythm.factor(SimTime::from_s(6 * 3600)), 2.0);
    assert_eq!(rhythm.factor(SimTime::from_s(12 * 3600)), 0.0);
    let years = read("profile = [ { at = \"3659 d\", factor = 2 } ]").unwrap().1;
    assert_eq!(years.factor(SimTime::from_s(3660 * 86_400)), 2.0);
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
        ("arrivals.windows = { file = \"none.csv\" }", "there is no file none.csv"),
        ("arrivals.windows = { file = \"day.csv\" }", "chooses one of 7, 8"),
        ("arrivals.windows = { file = \"day.csv\", client = \"9\" }", "no client `9`"),
        ("arrivals.windows = { file = \"holes.csv\" }", "leaves a gap of 20 min"),
        ("arrivals.windows = { file = \"day.csv\", client = 7, rate_scale = 1e6 }", "above 10⁶/s"),
        ("arrivals.users = { users = 0, think.constant = \"1 s\" }", "between 1 and 10000000"),
        ("arrivals.users = { users = 5 }", "needs the key `think`"),
        ("arrivals.users = { users = 5, think.constant = \"1 s\", session = {} }", "needs the key `turns`"),
        ("arrivals.users = { users = 5, think.constant = \"1 s\", session.turns = 0 }", "between 1 and"),
        ("arrivals.backlog = { requests = 0 }", "between 1 and 100000000"),
        ("arrivals.backlog = { requests = 5, concurrency = 0 }", "between 1 and"),
        ("arrivals.backlog = { requests = 5, concurrency = 1, rate = \"1/s\" }", "either `concurrency` or"),
        ("arrivals.poison = { rate = \"1/s\" }", "did you mean `poisson`"),
        ("profile = [ { at = \"2 h\", factor = 2 }, { at = \"1 h\", factor = 1 } ]", "in order of time"),
        ("profile.diurnal = { low = 1.5 }", "between 0 and 1"),
        ("profile.diurnal = { period = \"20 s\" }", "the run has 4320 periods"),
        ("profile.weekly = {}", "no profile shape that `profile` knows"),
        ("profile = \"diurnal\"", "must not be"),
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
