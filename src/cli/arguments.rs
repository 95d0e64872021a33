//! The whole command line: its commands, each with what it does.
//!
//! A new command is one file with its arguments and its function, one variant here and one arm in
//! [`Command::run`].

use clap::{CommandFactory, Parser, Subcommand};

use super::console::{Console, Talk};
use super::{check, compare, completions, init, list, man, plot, run, schema, sweep};
use crate::error::Error;

/// Printed below the help; the codes are those of [`crate::error`].
const EXIT_CODES: &str = "Exit codes:
  0    done; a reader that closes the pipe early is no error
  1    input or output failed (a scenario file that cannot be read too), or an internal error
  2    usage: a wrong command line, or something in the way of the output
  3    a scenario or a sweep's plan is invalid (a trace it names that cannot be read too), or a run went beyond
       --max-events or --max-memory; nothing was written
  75   points of a sweep are missing; the same command may succeed later
  99   a [[checks]] threshold of a scenario failed; the results are written
  129, 130, 143  interrupted (SIGHUP, SIGINT, SIGTERM); finished results are kept";

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
    /// Compare client strategies on the same traffic: differences with intervals, who is better
    Compare(Box<compare::Arguments>),
    /// Compute a scenario at many points of its parameters, in one go or in steps on many machines
    Sweep(Box<sweep::Arguments>),
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
            Command::Compare(arguments) => compare::compare(&arguments, console),
            Command::Sweep(arguments) => sweep::sweep(&arguments, console),
            Command::Plot(arguments) => plot::plot(&arguments, console),
            Command::Check(arguments) => check::check(&arguments, console),
            Command::List(arguments) => list::list(&arguments),
            Command::Init(arguments) => init::init(&arguments, console),
            Command::Schema => schema::print(),
            Command::Completions(arguments) => completions::print(&arguments, Arguments::command()),
            Command::Man(arguments) => man::print(&arguments, Arguments::command()),
        }
    }
}

impl Arguments {
    /// The console these arguments ask for.
    pub fn console(&self) -> Console {
        Console::new(&self.talk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
