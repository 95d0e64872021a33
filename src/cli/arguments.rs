//! The command line's arguments: the commands, and the flags that several of them share.
//!
//! A new command is one file with its arguments and its function, one variant here and one arm in
//! [`Command::run`].

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};

use super::console::Console;
use super::stream::Color;
use super::{check, completions, init, list, man, plot, run, schema};
use crate::bounds;
use crate::error::Error;

/// Printed below the help; the codes are those of [`crate::error`].
const EXIT_CODES: &str = "Exit codes:
  0    done; a reader that closes the pipe early is no error
  1    input or output failed (a scenario file that cannot be read too), or an internal error
  2    usage: a wrong command line, or something in the way of the output
  3    a scenario is invalid (a trace it names that cannot be read too); nothing was written
  99   a [[checks]] threshold of a scenario failed; the results are written
  130, 143  interrupted (SIGINT, SIGTERM); finished results are kept";

/// The whole command line.
#[derive(Parser, Debug)]
#[command(
    name = "ratetide",
    version,
    about = "Simulates a dynamically rate-limited inference platform and the clients that call it.",
    after_long_help = EXIT_CODES,
    max_term_width = 100
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    talk: Talk,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Simulate scenarios: tables and charts into a directory, the findings on the screen
    Run(run::Arguments),
    /// Redraw the charts of a result directory
    Plot(plot::Arguments),
    /// Validate scenarios and say in plain words what they simulate
    Check(check::Arguments),
    /// List every option there is, with its defaults
    List(list::Arguments),
    /// Write a commented scenario to start from
    Init(init::Arguments),
    /// Print the JSON Schema of a scenario, for editors
    Schema,
    /// Print a completion script for a shell
    Completions(completions::Arguments),
    /// Print the manual page
    Man(man::Arguments),
}

impl Command {
    /// Do it.
    ///
    /// # Errors
    /// Any operating error; its exit code is the command's.
    pub fn run(self, console: &Console) -> Result<(), Error> {
        match self {
            Command::Run(arguments) => run::run(&arguments, console),
            Command::Plot(arguments) => plot::plot(&arguments, console),
            Command::Check(arguments) => check::check(&arguments, console),
            Command::List(arguments) => list::list(&arguments),
            Command::Init(arguments) => init::init(&arguments, console),
            Command::Schema => schema::print(),
            Command::Completions(arguments) => completions::print(&arguments),
            Command::Man(arguments) => man::print(&arguments),
        }
    }
}

impl Arguments {
    /// The console these arguments ask for.
    pub fn console(&self) -> Console {
        Console::new(self.talk.quiet, self.talk.verbose, self.talk.color)
    }
}

/// How much is said, and how.
#[derive(Args, Debug)]
struct Talk {
    /// Say nothing but errors, and what --format asks for
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more on standard error
    #[arg(short, long, global = true)]
    verbose: bool,
    /// When to colour
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    color: Color,
}

/// The scenarios of a command, and what to change in them.
#[derive(Args, Debug)]
pub struct Scenarios {
    /// Scenario files; `-` is standard input
    #[arg(required = true, value_name = "SCENARIO")]
    pub paths: Vec<PathBuf>,
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
    /// Print the resolved scenario, each value with its origin, and stop
    #[arg(long)]
    pub show_config: bool,
}

/// The form of what is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    /// For reading
    Text,
    /// One JSON document
    Json,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (path, value) = text.split_once('=').ok_or("it must be PATH=VALUE, such as run.seed=7")?;
    Ok((path.trim().to_owned(), value.trim().to_owned()))
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
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_sound_and_every_one_has_its_line_of_help() {
        let mut command = Arguments::command();
        command.build();
        command.clone().debug_assert();
        for command in command.get_subcommands().chain([&command]) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
        }
    }

    #[test]
    fn a_set_splits_at_its_first_equals_sign() {
        let split = |path: &str, value: &str| Ok((path.to_owned(), value.to_owned()));
        assert_eq!(assignment("run.seed = 7"), split("run.seed", "7"));
        assert_eq!(assignment("model.m.limit={a=1}"), split("model.m.limit", "{a=1}"));
        assert!(assignment("run.seed").is_err());
    }

    #[test]
    fn the_limit_of_events_is_a_finite_number() {
        assert_eq!((events("1e13"), events("5")), (Ok(1e13), Ok(5.0)));
        for bad in ["", "x", "nan", "inf", "0", "-1", "1e999"] {
            assert!(events(bad).is_err(), "{bad}");
        }
    }
}
