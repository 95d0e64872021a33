//! What a person is told on standard error, beside the results on standard output.

use std::io::{self, IsTerminal, Write};

use super::progress::Show;
use super::stream::{Color, Paint};
use crate::error::{Error, one_line};

/// How much is said, and how.
#[derive(clap::Args, Debug)]
pub struct Talk {
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

/// Standard error, at the loudness and in the colours that were asked for. Nobody may be reading: a failure to
/// write is no error.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    quiet: bool,
    verbose: bool,
    color: Color,
}

impl Console {
    /// A console.
    pub fn new(talk: &Talk) -> Console {
        Console { quiet: talk.quiet, verbose: talk.verbose, color: talk.color }
    }

    /// Whether only errors, and what was asked for by name, may be said.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// How progress is shown.
    pub fn progress(&self) -> Show {
        Show::choose(self.quiet)
    }

    /// Colours for standard output.
    pub fn paint_out(&self) -> Paint {
        self.color.paint(io::stdout().is_terminal())
    }

    /// Colours for standard error.
    pub fn paint_err(&self) -> Paint {
        self.color.paint(io::stderr().is_terminal())
    }

    /// Something worth knowing.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.line(&self.paint_err().bold("note"), text);
        }
    }

    /// Something that may be wrong.
    pub fn warn(&self, text: &str) {
        if !self.quiet {
            self.line(&self.paint_err().yellow("warning"), text);
        }
    }

    /// Something for those who want to know more (`-v`).
    pub fn detail(&self, text: impl FnOnce() -> String) {
        if self.verbose {
            self.line(&self.paint_err().dim("detail"), &text());
        }
    }

    /// What failed. A report of an invalid scenario is printed as it is, in its frames.
    pub fn error(&self, error: &Error) {
        match error {
            Error::Invalid(report) => self.raw(report),
            other => self.line(&self.paint_err().red("error"), &other.to_string()),
        }
    }

    /// Text as it is.
    pub fn raw(&self, text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    fn line(&self, head: &str, text: &str) {
        self.raw(&format!("{head}: {}\n", one_line(text)));
    }
}
