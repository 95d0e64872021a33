//! Operating errors: what can go wrong although the program is right, each with its exit code.
//!
//! The codes are part of the command's interface:
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | input/output failed, or an internal error |
//! | 2 | usage: a wrong command line, or something in the way that only the user can judge |
//! | 3 | the scenario or plan is invalid, or went beyond a limit while it ran; the same call never succeeds |
//! | 75 | `sweep merge`: points are missing; the same call may succeed later (`EX_TEMPFAIL` of `sysexits.h`) |
//! | 99 | a `[[checks]]` threshold failed |
//! | 129, 130, 143 | interrupted (128 + SIGHUP, SIGINT, SIGTERM); finished results are kept |
//!
//! Programmer errors are not here: they are assertions.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// An operating error. `Display` is the message without any prefix; one line, save for
/// [`Error::Invalid`], which holds a rendered report.
#[derive(Debug)]
pub enum Error {
    /// The system refused an operation. Exit 1.
    Io {
        /// What was being done, a verb: "write", "create".
        doing: &'static str,
        /// The path, as the user gave it.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Anything else that failed while running: a chart, a damaged result. Exit 1.
    Failed(String),
    /// The command line, or something in the way. Exit 2.
    Usage(String),
    /// An invalid scenario or plan, or one that went beyond a limit: the rendered report of all its errors. Exit 3.
    Invalid(String),
    /// Points of a sweep are missing. Exit 75.
    Missing(String),
    /// A threshold of the scenario failed. Exit 99.
    CheckFailed(String),
    /// Interrupted. Exit 128 + the signal's number.
    Interrupted {
        /// The signal.
        signal: u8,
        /// Whether there was anything finished to keep.
        kept: bool,
    },
}

impl Error {
    /// An [`Error::Invalid`] of one sentence and what to do about it, in the form of a report.
    pub fn invalid(message: &str, help: &str) -> Error {
        Error::Invalid(format!("error: {}\n  = help: {}\n", one_line(message), one_line(help)))
    }

    /// An [`Error::Invalid`] of what went beyond a limit while it ran: the same call never succeeds.
    pub fn beyond((message, help): (String, String)) -> Error {
        Error::invalid(&message, &help)
    }

    /// An I/O error with its context; ready for `map_err(Error::io("write", &path))`.
    pub fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_path_buf();
        move |cause| match cause.downcast::<Error>() {
            Ok(told) => told,
            Err(cause) => Error::Io { doing, path, cause },
        }
    }

    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Io { .. } | Error::Failed(_) => 1,
            Error::Usage(_) => 2,
            Error::Invalid(_) => 3,
            Error::Missing(_) => 75,
            Error::CheckFailed(_) => 99,
            Error::Interrupted { signal, .. } => 128_u8.saturating_add(*signal),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io { doing, path, cause } => {
                write!(
                    f,
                    "cannot {doing} {}: {}",
                    one_line(&path.to_string_lossy()),
                    one_line(&cause.to_string())
                )
            }
            Error::Invalid(report) => f.write_str(report),
            Error::Failed(text) | Error::Usage(text) | Error::Missing(text) | Error::CheckFailed(text) => {
                f.write_str(&one_line(text))
            }
            Error::Interrupted { kept: true, .. } => f.write_str("interrupted; finished results are kept"),
            Error::Interrupted { kept: false, .. } => f.write_str("interrupted before anything was finished"),
        }
    }
}

impl std::error::Error for Error {}

/// Carries the message through interfaces that speak `io::Error` (`Write`, the `csv` crate).
impl From<Error> for io::Error {
    fn from(error: Error) -> io::Error {
        let kind = match &error {
            Error::Io { cause, .. } => cause.kind(),
            _ => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}

/// Takes an [`Error`] out again; a bare `io::Error` becomes [`Error::Failed`].
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        error.downcast::<Error>().unwrap_or_else(|bare| Error::Failed(bare.to_string()))
    }
}

/// The text with control characters escaped: one line, and inert on a terminal. So are those that end a line or
/// turn its direction without being seen (Boucher and Anderson 2021, "Trojan Source", §3).
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unprintable(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether a character does something to a terminal but stand there: a control character, one of Unicode's separators
/// of lines, a mark or override of direction, one that is not seen.
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_as_documented() {
        let full = Error::io("write", Path::new("out/a.csv"))(io::Error::from(io::ErrorKind::StorageFull));
        let cases = [
            (full, 1),
            (Error::Failed(String::new()), 1),
            (Error::Usage(String::new()), 2),
            (Error::Invalid(String::new()), 3),
            (Error::Missing(String::new()), 75),
            (Error::CheckFailed(String::new()), 99),
            (Error::Interrupted { signal: 1, kept: false }, 129),
            (Error::Interrupted { signal: 2, kept: true }, 130),
            (Error::Interrupted { signal: 15, kept: true }, 143),
        ];
        for (error, code) in cases {
            assert_eq!(error.exit_code(), code, "{error:?}");
        }
    }

    #[test]
    fn a_path_cannot_break_the_line_or_colour_the_terminal() {
        let error = Error::io("open", Path::new("a\nb\u{1b}[31m"))(io::Error::from(io::ErrorKind::NotFound));
        assert_eq!(error.to_string(), "cannot open a\\nb\\u{1b}[31m: entity not found");
    }

    #[test]
    fn what_turns_or_breaks_a_line_unseen_is_shown() {
        let told = one_line("a\u{202e}b\u{2028}c\u{feff}d\u{2066}e\u{200b}f");
        assert_eq!(told, "a\\u{202e}b\\u{2028}c\\u{feff}d\\u{2066}e\\u{200b}f");
    }

    #[test]
    fn the_context_survives_an_io_error() {
        let told = Error::io("write", Path::new("x.csv"))(io::Error::from(io::ErrorKind::StorageFull));
        let text = told.to_string();
        let carried = io::Error::from(told);
        assert_eq!(carried.kind(), io::ErrorKind::StorageFull);
        let again = Error::io("flush", Path::new("elsewhere"))(carried);
        assert_eq!(again.to_string(), text);
        assert_eq!(Error::from(io::Error::from(again)).to_string(), text);
        let failed = io::Error::from(Error::Failed("a chart".to_owned()));
        assert_eq!(
            (failed.kind(), Error::from(failed).to_string()),
            (io::ErrorKind::Other, "a chart".to_owned())
        );
    }
}
