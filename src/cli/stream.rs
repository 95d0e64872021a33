//! Standard output for results: a closed pipe is success, anything else that fails is an error; and colour.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::error::Error;

/// Writes results to standard output. A reader that has seen enough (`| head`) is no error: the rest is
/// dropped silently.
///
/// # Errors
/// [`Error::Io`] for anything but a closed pipe, such as a full disk behind a redirection.
pub fn write_results(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    write_to(io::stdout().lock(), write)
}

fn write_to(sink: impl Write, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    let mut sink = BufWriter::new(sink);
    match write(&mut sink).and_then(|()| sink.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::io("write", Path::new("standard output"))(e))
        }
        _ => Ok(()),
    }
}

/// The value of `--format`, of the commands that know two.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Format {
    /// For reading
    Text,
    /// One JSON document
    Json,
}

/// The value of `--color`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set (to anything but nothing; see no-color.org) or `TERM` is `dumb`.
    #[default]
    Auto,
    /// Always, `NO_COLOR` or not: the flag was given by hand.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether to colour a stream that is, or is not, a terminal.
    pub fn paint(self, terminal: bool) -> Paint {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let refused = set("NO_COLOR").is_some() || set("TERM").is_some_and(|term| term == "dumb");
        self.decide(terminal, refused)
    }

    fn decide(self, terminal: bool, refused: bool) -> Paint {
        Paint(match self {
            Color::Auto => terminal && !refused,
            Color::Always => true,
            Color::Never => false,
        })
    }
}

/// Colours text, or leaves it as it is. Colour never carries meaning alone: the text says it too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Paint(bool);

impl Paint {
    /// Whether this colours at all.
    pub fn is_on(self) -> bool {
        self.0
    }

    /// For headings and errors' first words.
    pub fn bold(self, text: &str) -> String {
        self.sgr("1", text)
    }

    /// For what failed.
    pub fn red(self, text: &str) -> String {
        self.sgr("1;31", text)
    }

    /// For what passed.
    pub fn green(self, text: &str) -> String {
        self.sgr("32", text)
    }

    /// For warnings.
    pub fn yellow(self, text: &str) -> String {
        self.sgr("33", text)
    }

    /// For what matters less.
    pub fn dim(self, text: &str) -> String {
        self.sgr("2", text)
    }

    /// Select Graphic Rendition, ECMA-48 section 8.3.117.
    fn sgr(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails each write with this kind, or takes it.
    struct Sink(Option<io::ErrorKind>, Vec<u8>);

    impl Write for &mut Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.0 {
                Some(kind) => Err(kind.into()),
                None => self.1.write(bytes),
            }
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn print(out: &mut dyn Write) -> io::Result<()> {
        (0..10_000).try_for_each(|i| writeln!(out, "row {i}"))
    }

    #[test]
    fn everything_is_flushed() {
        let mut sink = Sink(None, Vec::new());
        write_to(&mut sink, print).unwrap();
        assert!(sink.1.ends_with(b"row 9999\n"));
    }

    #[test]
    fn a_closed_pipe_is_success_and_a_full_disk_is_not() {
        write_to(&mut Sink(Some(io::ErrorKind::BrokenPipe), Vec::new()), print).unwrap();
        // Little output: the failure only shows when flushing.
        for amount in [1, 10_000] {
            let mut sink = Sink(Some(io::ErrorKind::StorageFull), Vec::new());
            let error = write_to(&mut sink, |out| out.write_all(&vec![b'x'; amount])).unwrap_err();
            assert_eq!(error.exit_code(), 1);
            assert!(error.to_string().starts_with("cannot write standard output: "), "{error}");
        }
    }

    #[test]
    fn colour_follows_the_flag_then_the_environment_then_the_terminal() {
        let on = |color: Color, terminal, refused| color.decide(terminal, refused).is_on();
        assert!(on(Color::Auto, true, false));
        assert!(!on(Color::Auto, true, true) && !on(Color::Auto, false, false));
        assert!(on(Color::Always, false, true) && !on(Color::Never, true, false));
        assert_eq!(Paint(true).red("x"), "\x1b[1;31mx\x1b[0m");
        assert_eq!(Paint(false).red("x"), "x");
    }
}
