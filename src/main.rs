//! The `ratetide` command: parse, run, exit code.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser;
use ratetide::cli::Arguments;
use ratetide::error::Error;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let console = arguments.console();
    let outcome = catch_unwind(AssertUnwindSafe(|| arguments.command.run(&console)))
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
