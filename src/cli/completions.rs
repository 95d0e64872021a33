//! `completions`: a script that teaches a shell the commands and flags.

use clap::CommandFactory;
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

/// Print the script.
///
/// # Errors
/// Those of standard output.
pub fn print(arguments: &Arguments) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::Arguments::command(), "ratetide", &mut script);
    write_results(|out| out.write_all(&script))
}
