//! `completions`: a script that teaches a shell the commands and flags.

use clap_complete::Shell;

use super::stream::write_results;
use crate::error::Error;

/// The arguments of `completions`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Print the script for the command line `root`.
///
/// # Errors
/// Those of standard output.
pub fn print(arguments: &Arguments, mut root: clap::Command) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut root, "ratetide", &mut script);
    write_results(|out| out.write_all(&script))
}
