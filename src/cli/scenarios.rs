//! Loading the scenarios of a command: all of them first, and every error of every file at once.

use super::arguments::Scenarios;
use super::console::Console;
use super::stream::write_results;
use crate::error::{Error, one_line};
use crate::scenario::loading::{LoadError, Loaded, load};

impl Scenarios {
    /// Load every scenario, with its notes told.
    ///
    /// # Errors
    /// [`Error::Invalid`] with all frames if any is invalid, else [`Error::Io`] if one cannot be read.
    pub fn load(&self, console: &Console) -> Result<Vec<Loaded>, Error> {
        let (mut loaded, mut report, mut unreadable) = (Vec::new(), String::new(), Vec::new());
        let sets = self.assignments();
        for path in &self.paths {
            match load(path, &sets, self.max_events) {
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

    /// `--set`, then the flags that stand for one, so that these win.
    fn assignments(&self) -> Vec<(String, String)> {
        let seed = self.seed.map(|n| ("run.seed".to_owned(), n.to_string()));
        let replications = self.replications.map(|n| ("run.replications".to_owned(), n.to_string()));
        self.sets.iter().cloned().chain(seed).chain(replications).collect()
    }

    /// The flags that change what is simulated, as words of a command line.
    pub fn words(&self) -> Vec<String> {
        let sets = self.sets.iter().flat_map(|(path, value)| ["--set".to_owned(), format!("{path}={value}")]);
        let mut words: Vec<String> = sets.collect();
        for (flag, value) in [("--seed", self.seed), ("--replications", self.replications)] {
            words.extend(value.into_iter().flat_map(|n| [flag.to_owned(), n.to_string()]));
        }
        if self.max_events != crate::bounds::EVENTS_MAX {
            words.extend(["--max-events".to_owned(), self.max_events.to_string()]);
        }
        words
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
