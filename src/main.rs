//! The `ratetide` command: parse, run, exit code.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser;
use ratetide::cli::Arguments;
use ratetide::cli::interrupt::outlive_size_limit;
use ratetide::error::{Error, one_line};

/// The command line. What is wrong with it is told of its words as they can be shown on a terminal.
fn parsed() -> Arguments {
    Arguments::try_parse().unwrap_or_else(|error| {
        let shown = std::env::args_os().map(|word| one_line(&word.to_string_lossy()));
        Arguments::try_parse_from(shown).err().unwrap_or(error).exit()
    })
}

fn main() -> ExitCode {
    let arguments = parsed();
    let console = arguments.console();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        outlive_size_limit().and_then(|()| arguments.command.run(&console))
    }))
    // The panic's own message is on standard error already.
    .unwrap_or_else(|_| Err(Error::Failed("internal error: this is a defect of ratetide".to_owned())));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}
