//! `init`: a commented scenario to start from. A new kind is a file and a line of [`KINDS`].

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser};

use super::console::Console;
use super::stream::write_results;
use crate::error::{Error, one_line};

/// A scenario to start from.
#[derive(Debug)]
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// The question it answers.
    pub doc: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// Every scenario to start from; the first is the default.
pub const KINDS: &[Kind] = &[Kind {
    name: "basic",
    doc: "a steady team and a spiky neighbour share a model: whom does the limit hit?",
    text: include_str!("templates/basic.toml"),
}];

/// The arguments of `init`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Which scenario
    #[arg(value_name = "KIND", default_value = KINDS[0].name, value_parser = kinds())]
    kind: String,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Overwrite the file
    #[arg(long)]
    force: bool,
}

fn kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(KINDS.iter().map(|kind| PossibleValue::new(kind.name).help(kind.doc)))
}

/// Write a scenario.
///
/// # Errors
/// [`Error::Usage`] if the file exists, those of writing.
pub fn init(arguments: &Arguments, console: &Console) -> Result<(), Error> {
    let kind = KINDS.iter().find(|kind| kind.name == arguments.kind).expect("one of the possible values");
    match arguments.output.as_deref() {
        None => write_results(|out| out.write_all(kind.text.as_bytes())),
        Some(path) if path == Path::new("-") => write_results(|out| out.write_all(kind.text.as_bytes())),
        Some(path) => {
            write_file(path, kind.text, arguments.force)?;
            let shown = one_line(&path.display().to_string());
            console.note(&format!("{shown} is written; try `ratetide run {shown}`"));
            Ok(())
        }
    }
}

fn write_file(path: &Path, text: &str, force: bool) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).create_new(!force);
    let mut file = options.open(path).map_err(|cause| match cause.kind() {
        io::ErrorKind::AlreadyExists => {
            Error::Usage(format!("{} exists; pass --force to overwrite it", path.display()))
        }
        _ => Error::io("create", path)(cause),
    })?;
    file.write_all(text.as_bytes()).map_err(Error::io("write", path))
}
