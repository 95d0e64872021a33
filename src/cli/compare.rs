//! `compare`: the same traffic under several client strategies, paired differences, charts.
//!
//! As with `run`, everything that can be wrong is found before anything is simulated.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::comparison_screen::{Format, Screen};
use super::console::Console;
use super::contenders;
use super::contest::{Base, Contest};
use super::interrupt::Interrupt;
use super::progress::Progress;
use super::scenarios::{Changes, show_config};
use super::simulation::{Watching, threads};
use super::store::store_comparison;
use super::stream::write_results;
use crate::bounds;
use crate::compare::comparison::Comparison;
use crate::compare::laws::{self, LimitChange};
use crate::compare::measure::{self, MEASURES};
use crate::compare::precision::{Ended, FIRST_LOOK, Rule, Width};
use crate::compare::strategy::Strategy;
use crate::compare::trial::{Observed, Trial};
use crate::error::{Error, one_line};
use crate::metrics::metric::Unit;
use crate::output::comparison::files;
use crate::output::directory::ResultDir;
use crate::read::{nearest, portable};
use crate::scenario::Scenario;
use crate::scenario::loading::{Loaded, Source};
use crate::units::{Span, parse_span};

/// Replications before the sequential rule gives up, unless told otherwise.
const REPLICATIONS_MAX: u32 = 200;

/// The arguments of `compare`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Scenario file; `-` is standard input
    #[arg(value_name = "SCENARIO")]
    path: PathBuf,
    /// Client strategies by name, or files of a client's keys, separated by commas [default: a few presets]
    #[arg(long, value_name = "A,B,…", value_delimiter = ',')]
    strategies: Vec<String>,
    /// One more strategy: the name of a client, or a TOML file of a client's keys; repeatable
    #[arg(long, value_name = "NAME|FILE")]
    strategy: Vec<String>,
    /// Every client there is
    #[arg(long)]
    all: bool,
    /// The org whose client is exchanged [default: the one that loses most requests as the scenario stands]
    #[arg(long, value_name = "ORG")]
    org: Option<String>,
    /// Only this workload's client [default: all of the org's]
    #[arg(long, value_name = "WORKLOAD")]
    workload: Option<String>,
    /// What the others are compared with [default: the scenario's own client]
    #[arg(long, value_name = "NAME")]
    baseline: Option<String>,
    /// The one measure that decides
    #[arg(long, value_name = "METRIC", value_parser = primary, default_value = MEASURES[0].name)]
    metric: usize,
    /// Go on until the 95 % interval of every difference is at most this far to either side: 0.5pp, "2 s", 0.01,
    /// or 5% of the baseline's value [default: 10 replications]
    #[arg(long, value_name = "WIDTH", conflicts_with = "replications")]
    until: Option<String>,
    /// With --until: but no more replications than this [default: 200]
    #[arg(long, value_name = "N", requires = "until",
          value_parser = clap::value_parser!(u32).range(2..=bounds::REPLICATIONS.max as i64))]
    max_replications: Option<u32>,
    /// Repeat it under other limit laws, since a provider's own is not published: `all`, or names separated by
    /// commas
    #[arg(long, value_name = "all|A,B,…", value_delimiter = ',', value_parser = law)]
    laws: Vec<Law>,
    #[command(flatten)]
    changes: Changes,
    /// Print the resolved scenario, each value with its origin, and stop
    #[arg(long)]
    show_config: bool,
    /// The result's directory [default: a folder in output, named after the file, with -compare]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Threads for runs and charts [default: one for each core]; changes no result
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Draw no charts
    #[arg(long)]
    no_charts: bool,
    /// Write into a directory that ratetide did not make, or through a link to one
    #[arg(long)]
    force: bool,
    /// What to print on standard output [default: text, or nothing with --quiet]
    #[arg(long, value_name = "FORMAT", value_enum)]
    format: Option<Format>,
}

/// A word of `--laws`.
#[derive(Clone, Debug)]
enum Law {
    All,
    One(LimitChange),
}

fn law(word: &str) -> Result<Law, String> {
    if word == "all" { Ok(Law::All) } else { laws::find(word).map(Law::One) }
}

fn primary(name: &str) -> Result<usize, String> {
    measure::find(name).ok_or_else(|| {
        let names = || MEASURES.iter().map(|measure| measure.name);
        match nearest(name, names()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("one of {}", names().collect::<Vec<_>>().join(", ")),
        }
    })
}

/// Compare strategies.
///
/// # Errors
/// Every operating error.
pub fn compare(arguments: &Arguments, console: &Console) -> Result<(), Error> {
    let measure = &MEASURES[arguments.metric];
    let until = arguments.until.as_deref().map(|text| width(text, measure.unit)).transpose()?;
    let source = Source::open(&arguments.path)?;
    let base = Base::load(source, &arguments.changes, arguments.jobs, console)?;
    base.written.notes.iter().for_each(|note| console.note(note));
    if arguments.show_config {
        return show_config(&[base.written]);
    }
    let interrupt = Interrupt::install()?;
    let contest = arguments.contest(base, &interrupt, console)?;
    let arms = contest.arms(None, console)?;
    let changes = contest.distinct(arguments.limit_changes(), console)?;
    let trial = contest.trial(&arms);
    if measure.is_of_neighbours() && !trial.has_others() {
        return Err(without_value(measure.name));
    }
    let path = arguments.destination(&contest.base.written)?;
    let dir = ResultDir::open_for("compare", &path, arguments.force)?;
    let pool = threads(arguments.jobs)?;
    let began = Instant::now();
    let rule = arguments.rule(until, &contest.base.written.scenario);
    let observe = |trial: &Trial, rule: Rule, label: &str| {
        pool.install(|| observe(trial, rule, label, &interrupt, console))
    };
    let Some(observed) = observe(&trial, rule, &contest.base.written.stem)? else {
        interrupt.check(false)?;
        return Err(Error::Failed("no replication was made".to_owned()));
    };
    let took = began.elapsed();
    let fixed = Rule::Fixed(observed.replications);
    let mut comparison =
        Comparison::conclude(&trial, contest.whose.clone(), contest.labels(), rule, observed);
    if !comparison.is_measured(arguments.metric) {
        return Err(without_value(measure.name));
    }
    for law in &changes {
        if comparison.observed.ended == Ended::Interrupted {
            break;
        }
        let arms = contest.arms(Some(law), console)?;
        let label = format!("{} under {}", contest.base.written.stem, law.name);
        let observed = observe(&contest.trial(&arms), fixed, &label)?;
        match observed.filter(|observed| observed.ended != Ended::Interrupted) {
            Some(observed) => comparison.add_law(law.name.to_owned(), &observed),
            None => comparison.observed.ended = Ended::Interrupted,
        }
    }
    let loaded = &contest.base.written;
    let tables = files(loaded, &comparison, &trial.arms);
    let words = arguments.words(loaded, &comparison);
    let store = || store_comparison(dir, loaded, &comparison, &tables, !arguments.no_charts, &words);
    let names = pool.install(store)?;
    let screen = Screen { loaded, comparison: &comparison, took, path, names, files: &tables };
    arguments.print(&screen, console)?;
    interrupt.check(true)
}

/// Run a trial with progress.
fn observe(
    trial: &Trial,
    rule: Rule,
    label: &str,
    interrupt: &Interrupt,
    console: &Console,
) -> Result<Option<Observed>, Error> {
    let runs = u64::from(rule.most()) * trial.runs() as u64;
    let run = &trial.arms[0].run;
    let simulated = Span::from_ns((run.duration + run.drain).as_ns().saturating_mul(runs));
    let progress = Progress::start(label, simulated, console.progress());
    let watch = Watching::new(runs, interrupt, progress.counter());
    trial.run(rule, &watch).map_err(|excess| Error::beyond(excess.told()))
}

impl Arguments {
    /// Who competes.
    fn contest(&self, base: Base, interrupt: &Interrupt, console: &Console) -> Result<Contest, Error> {
        let scenario = &base.written.scenario;
        let given = self.given(scenario, console)?;
        let (strategies, baseline) =
            contenders::strategies(given, self.baseline.as_deref(), scenario, console)?;
        let pilot = Watching::new(1, interrupt, Default::default());
        let names = (self.org.as_deref(), self.workload.as_deref());
        let whose = contenders::whose(scenario, names, &pilot, console)?;
        interrupt.check(false)?;
        Ok(Contest { base, strategies, baseline, whose, primary: self.metric })
    }

    /// The strategies named, or the usual ones.
    fn given(&self, scenario: &Scenario, console: &Console) -> Result<Vec<Strategy>, Error> {
        let words = || self.strategies.iter().chain(&self.strategy);
        if let Some(empty) = words().find(|word| word.trim().is_empty()) {
            return Err(Error::Usage(format!("a strategy has an empty name: {empty:?}")));
        }
        let mut given: Vec<Strategy> = words()
            .map(|word| contenders::named(word.trim(), scenario, console))
            .collect::<Result<_, Error>>()?;
        if self.all {
            let is_new = |one: &Strategy| given.iter().all(|other| other.label != one.label);
            let more: Vec<Strategy> = Strategy::all().into_iter().filter(is_new).collect();
            given.extend(more);
        } else if given.is_empty() {
            given = Strategy::usual();
        }
        Ok(given)
    }

    /// How many replications: as given, or as the scenario has them if it has several, or enough for a first look.
    fn rule(&self, until: Option<Width>, scenario: &Scenario) -> Rule {
        match (until, scenario.run.replications) {
            (Some(width), _) => Rule::Until(width, self.max_replications.unwrap_or(REPLICATIONS_MAX)),
            (None, 1) if self.changes.replications.is_none() => Rule::Fixed(FIRST_LOOK),
            (None, n) => Rule::Fixed(n),
        }
    }

    fn limit_changes(&self) -> Vec<LimitChange> {
        let mut changes: Vec<LimitChange> = Vec::new();
        for law in &self.laws {
            let more = match law {
                Law::All => laws::all(),
                Law::One(law) => vec![law.clone()],
            };
            changes.extend(more.into_iter().filter(|law| !changes.contains(law)).collect::<Vec<_>>());
        }
        changes
    }

    fn destination(&self, loaded: &Loaded) -> Result<PathBuf, Error> {
        match (&self.output, loaded.stem.as_str()) {
            (Some(output), _) => Ok(output.clone()),
            (None, "" | "." | "..") => {
                let name = &loaded.file_name;
                Err(Error::Usage(format!("the name of {name} makes no directory; pass --output")))
            }
            (None, stem) => Ok(Path::new("output").join(format!("{stem}-compare"))),
        }
    }

    /// The arguments that make the result again, the directory aside.
    fn words(&self, loaded: &Loaded, comparison: &Comparison) -> Vec<String> {
        let mut words = vec!["compare".to_owned(), loaded.file_name.clone()];
        let mut flag = |name: &str, value: String| words.extend([name.to_owned(), value]);
        if !self.strategies.is_empty() {
            flag(
                "--strategies",
                self.strategies.iter().map(|word| portable(word)).collect::<Vec<_>>().join(","),
            );
        }
        self.strategy.iter().for_each(|word| flag("--strategy", portable(word).to_owned()));
        flag("--org", comparison.whose.org.clone());
        let texts =
            [("--workload", &self.workload), ("--baseline", &self.baseline), ("--until", &self.until)];
        for (name, value) in texts {
            value.iter().for_each(|value| flag(name, value.clone()));
        }
        self.max_replications.iter().for_each(|n| flag("--max-replications", n.to_string()));
        if self.metric != 0 {
            flag("--metric", MEASURES[self.metric].name.to_owned());
        }
        if !self.laws.is_empty() {
            let names: Vec<&str> = self.laws.iter().map(Law::word).collect();
            flag("--laws", names.join(","));
        }
        words.extend(self.all.then(|| "--all".to_owned()));
        words.extend(self.changes.words());
        words.extend(self.no_charts.then(|| "--no-charts".to_owned()));
        words
    }

    fn print(&self, screen: &Screen, console: &Console) -> Result<(), Error> {
        let format = match self.format {
            None if console.is_quiet() => return Ok(()),
            format => format.unwrap_or(Format::Text),
        };
        let bytes = screen.render(format, console.paint_out());
        write_results(|out| out.write_all(&bytes))
    }
}

impl Law {
    fn word(&self) -> &str {
        match self {
            Law::All => "all",
            Law::One(law) => law.name,
        }
    }
}

/// A measure that cannot decide.
fn without_value(name: &str) -> Error {
    Error::Usage(format!("{name} has no value in this scenario: it cannot decide"))
}

/// The value of `--until` for a measure of this unit: relative with `%`, else in the unit.
fn width(text: &str, unit: Unit) -> Result<Width, Error> {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let width = match (text.trim().strip_suffix('%'), text.trim().strip_suffix("pp"), unit) {
        (Some(percent), _, _) => number(percent).map(|p| Width::Relative(p / 100.0)),
        (_, Some(points), Unit::Share) => number(points).map(|p| Width::Absolute(p / 100.0)),
        (_, _, Unit::Seconds) => parse_span(text).ok().map(|span| Width::Absolute(span.as_secs_f64())),
        _ => number(text).map(Width::Absolute),
    };
    let is_sound = |target: &f64| target.is_finite() && *target > 0.0;
    let sound = width.filter(|width| match width {
        Width::Absolute(target) | Width::Relative(target) => is_sound(target),
    });
    sound.ok_or_else(|| {
        let example = match unit {
            Unit::Share => "0.5pp, or 1% of the baseline's value",
            Unit::Seconds => "\"2 s\", or 5% of the baseline's value",
            _ => "0.01, or 5% of the baseline's value",
        };
        Error::Usage(format!("--until {}: it must be a width above 0, such as {example}", one_line(text)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_width_is_in_the_unit_or_relative() {
        let read = |text: &str, unit| width(text, unit).ok();
        assert_eq!(read("0.5pp", Unit::Share), Some(Width::Absolute(0.005)));
        assert_eq!(read("0.01", Unit::Share), Some(Width::Absolute(0.01)));
        assert_eq!(read("2 s", Unit::Seconds), Some(Width::Absolute(2.0)));
        assert_eq!(read(" 5 %", Unit::Seconds), Some(Width::Relative(0.05)));
        assert_eq!(read("3", Unit::Count), Some(Width::Absolute(3.0)));
        let bad = [("", Unit::Share), ("2", Unit::Seconds), ("0", Unit::Share), ("-1", Unit::Count)];
        for (text, unit) in
            bad.into_iter().chain([("nan", Unit::Usd), ("inf%", Unit::Usd), ("1pp", Unit::Usd)])
        {
            assert!(read(text, unit).is_none(), "{text}");
        }
    }
}
