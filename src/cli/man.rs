//! `man`: the manual page of ratetide, or of one of its commands, in roff.

use clap_mangen::Man;

use super::stream::write_results;
use crate::error::{Error, one_line};

/// The arguments of `man`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// The command to describe; left out, ratetide itself
    command: Option<String>,
}

/// Print the page from the command line `root`.
///
/// # Errors
/// [`Error::Usage`] if there is no such command; those of standard output.
pub fn print(arguments: &Arguments, mut root: clap::Command) -> Result<(), Error> {
    root.build();
    let page = match &arguments.command {
        None => root,
        Some(name) => match root.find_subcommand(name) {
            Some(command) => command.clone(),
            None => return Err(Error::Usage(format!("there is no command `{}`", one_line(name)))),
        },
    };
    write_results(|out| {
        let mut text = Vec::new();
        Man::new(page).render(&mut text)?;
        out.write_all(&text)
    })
}
