//! Loading the scenarios of a command: all of them first, and every error of every file at once.

use std::path::PathBuf;
use std::thread::available_parallelism;

use bytesize::ByteSize;
use clap::{Args, value_parser};

use super::console::Console;
use super::stream::write_results;
use crate::bounds;
use crate::error::{Error, one_line};
use crate::read::portable;
use crate::scenario::limits::Limits;
use crate::scenario::loading::{LoadError, Loaded, load};

/// The scenarios of a command, and what to change in them.
#[derive(Args, Debug)]
pub struct Scenarios {
    /// Scenario files; `-` is standard input
    #[arg(required = true, value_name = "SCENARIO")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    /// Print the resolved scenario, each value with its origin, and stop
    #[arg(long)]
    pub show_config: bool,
}

/// What to change in a scenario.
#[derive(Args, Debug)]
pub struct Changes {
    /// Set any key of the scenario, such as run.duration="2 h" or model.NAME.replicas=4; repeatable
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = assignment)]
    pub sets: Vec<(String, String)>,
    /// Set run.seed
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(..=bounds::SEED.max))]
    pub seed: Option<u64>,
    /// Set run.replications
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=bounds::REPLICATIONS.max))]
    pub replications: Option<u64>,
    /// Refuse a run of more expected events
    #[arg(long, value_name = "N", value_parser = events, default_value_t = bounds::EVENTS_MAX)]
    pub max_events: f64,
    /// Refuse what takes more memory, all that is held at once together; such as "16 GiB"
    #[arg(long, value_name = "SIZE", value_parser = memory, default_value_t = ByteSize(bounds::MEMORY_MAX_BYTES))]
    pub max_memory: ByteSize,
}

impl Scenarios {
    /// Load every scenario for so many threads, or one for each core, with its notes told.
    ///
    /// # Errors
    /// [`Error::Invalid`] with all frames if any is invalid, else [`Error::Io`] if one cannot be read.
    pub fn load(&self, jobs: Option<u16>, console: &Console) -> Result<Vec<Loaded>, Error> {
        let (mut loaded, mut report, mut unreadable) = (Vec::new(), String::new(), Vec::new());
        let (sets, limits) = (self.changes.assignments(), self.changes.limits(jobs));
        for path in &self.paths {
            match load(path, &sets, limits) {
                Ok(scenario) => loaded.push(scenario),
                Err(LoadError::Problems(problems)) => {
                    report.push_str(&problems.render(console.paint_err().is_on()));
                }
                Err(LoadError::File(error)) => unreadable.push(error),
            }
        }
        let last = if report.is_empty() { unreadable.pop() } else { None };
        unreadable.iter().for_each(|error| console.error(error));
        if let Some(error) = last {
            return Err(error);
        }
        if !report.is_empty() {
            return Err(Error::Invalid(report));
        }
        loaded.iter().flat_map(|scenario| &scenario.notes).for_each(|note| console.note(note));
        Ok(loaded)
    }

    /// The flags that change what is simulated, as words of a command line.
    pub fn words(&self) -> Vec<String> {
        self.changes.words()
    }
}

impl Changes {
    /// `--set`, then the flags that stand for one, so that these win.
    pub fn assignments(&self) -> Vec<(String, String)> {
        let seed = self.seed.map(|n| ("run.seed".to_owned(), n.to_string()));
        let replications = self.replications.map(|n| ("run.replications".to_owned(), n.to_string()));
        self.sets.iter().cloned().chain(seed).chain(replications).collect()
    }

    /// The flags as words of a command line.
    pub fn words(&self) -> Vec<String> {
        let sets = self
            .sets
            .iter()
            .flat_map(|(path, value)| ["--set".to_owned(), format!("{path}={}", portable_text(value))]);
        let mut words: Vec<String> = sets.collect();
        for (flag, value) in [("--seed", self.seed), ("--replications", self.replications)] {
            words.extend(value.into_iter().flat_map(|n| [flag.to_owned(), n.to_string()]));
        }
        if self.max_events != bounds::EVENTS_MAX {
            words.extend(["--max-events".to_owned(), self.max_events.to_string()]);
        }
        if self.max_memory.as_u64() != bounds::MEMORY_MAX_BYTES {
            words.extend(["--max-memory".to_owned(), self.max_memory.as_u64().to_string()]);
        }
        words
    }

    /// What a run may take on so many threads, or on one for each core.
    pub fn limits(&self, jobs: Option<u16>) -> Limits {
        let cores = || available_parallelism().map_or(1, |n| u16::try_from(n.get()).unwrap_or(u16::MAX));
        Limits {
            memory_max_bytes: self.max_memory.as_u64(),
            threads: jobs.unwrap_or_else(cores),
            ..Limits::of_events(self.max_events)
        }
    }
}

/// A value as a result shows it: of an absolute path the last part, as in the resolved scenario.
fn portable_text(value: &str) -> String {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let inner = quote.and_then(|q| value.strip_prefix(q)?.strip_suffix(q));
    match (quote, inner) {
        (Some(q), Some(path)) => format!("{q}{}{q}", portable(path)),
        _ => portable(value).to_owned(),
    }
}

/// Print every value of the scenarios with its origin (`--show-config`).
///
/// # Errors
/// Those of standard output.
pub fn show_config(loaded: &[Loaded]) -> Result<(), Error> {
    write_results(|out| {
        for (index, scenario) in loaded.iter().enumerate() {
            if loaded.len() > 1 {
                let gap = if index > 0 { "\n" } else { "" };
                writeln!(out, "{gap}# {}", one_line(&scenario.file_name))?;
            }
            out.write_all(scenario.resolved.show().as_bytes())?;
        }
        Ok(())
    })
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (path, value) = text.split_once('=').ok_or("it must be PATH=VALUE, such as run.seed=7")?;
    Ok((path.trim().to_owned(), value.trim().to_owned()))
}

fn memory(text: &str) -> Result<ByteSize, String> {
    match text.parse::<ByteSize>() {
        Ok(size) if size.as_u64() > 0 => Ok(size),
        _ => Err("it must be a size above 0, such as \"8 GiB\" or 500MB".to_owned()),
    }
}

fn events(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(count) if count >= 1.0 && count.is_finite() => Ok(count),
        _ => Err("it must be a number from 1 up, such as 1e13".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_splits_at_its_first_equals_sign() {
        let split = |path: &str, value: &str| Ok((path.to_owned(), value.to_owned()));
        assert_eq!(assignment("run.seed = 7"), split("run.seed", "7"));
        assert_eq!(assignment("model.m.limit={a=1}"), split("model.m.limit", "{a=1}"));
        assert!(assignment("run.seed").is_err());
    }

    #[test]
    fn no_absolute_path_is_kept() {
        let shown =
            ["\"/home/me/a.csv\"", "'/a b/c.csv'", "/x/y", "\"a/b.csv\"", "7", "\""].map(portable_text);
        assert_eq!(shown, ["\"a.csv\"", "'c.csv'", "y", "\"a/b.csv\"", "7", "\""]);
    }

    #[test]
    fn the_limit_of_events_is_a_finite_number() {
        assert_eq!((events("1e13"), events("5")), (Ok(1e13), Ok(5.0)));
        for bad in ["", "x", "nan", "inf", "0", "-1", "1e999"] {
            assert!(events(bad).is_err(), "{bad}");
        }
    }
}
