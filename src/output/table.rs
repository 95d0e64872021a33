//! Rows to CSV text, with one rule for every number.
//!
//! - The first line holds the column names; fields are separated by commas and quoted only where needed;
//!   lines end in LF.
//! - A float is the shortest decimal text that reads back as the same double, if that has at most six
//!   decimals; else it is rounded to six decimals (half to even on the exact binary value) and trailing
//!   zeros are dropped. Never an exponent, never `-0`.
//! - Text that a spreadsheet would take for a formula has `'` before it (OWASP, "CSV Injection"); a number is none.
//! - What is not defined is an empty field. NaN and infinities are programmer errors.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::columns::Column;

/// One field of a row; made with `into()` from `&str`, unsigned integers, `f64` and `Option`s of these.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Cell<'a> {
    /// Text.
    Text(&'a str),
    /// An integer.
    Count(u64),
    /// A finite number.
    Number(f64),
    /// Not defined.
    Empty,
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Cell<'a> {
        Cell::Text(text)
    }
}

impl From<u64> for Cell<'_> {
    fn from(count: u64) -> Self {
        Cell::Count(count)
    }
}

impl From<u32> for Cell<'_> {
    fn from(count: u32) -> Self {
        Cell::Count(count.into())
    }
}

impl From<f64> for Cell<'_> {
    fn from(number: f64) -> Self {
        Cell::Number(number)
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Cell<'a> {
        value.map_or(Cell::Empty, Into::into)
    }
}

/// The text of a number in a table.
///
/// # Panics
/// If it is not finite.
///
/// ```
/// use ratetide::output::table::number;
/// assert_eq!((number(0.1), number(1.0 / 3.0), number(-1e-9)), ("0.1".into(), "0.333333".into(), "0".into()));
/// ```
pub fn number(value: f64) -> String {
    let mut text = String::new();
    write_number(&mut text, value);
    text
}

/// Up to here doubles are closer together than a millionth: the shortest text, if it has at most six decimals, is
/// the value rounded to six.
const FINE_MAX: f64 = 1e9;

/// The text of a number, in the place of what `text` held.
fn write_number(text: &mut String, value: f64) {
    assert!(value.is_finite(), "a table holds finite numbers only, not {value}");
    text.clear();
    let written = if value.abs() < FINE_MAX { write!(text, "{value:.6}") } else { write_far(text, value) };
    written.expect("memory takes text");
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    if text == "-0" {
        text.remove(0);
    }
}

fn write_far(text: &mut String, value: f64) -> std::fmt::Result {
    write!(text, "{value}")?;
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    if decimals <= 6 {
        return Ok(());
    }
    text.clear();
    write!(text, "{value:.6}")
}

/// The text as a cell holds it: no formula.
///
/// ```
/// use ratetide::output::table::inert;
/// assert_eq!((&*inert("=1+1"), &*inert("-1.5"), &*inert("steady")), ("'=1+1", "-1.5", "steady"));
/// ```
pub fn inert(text: &str) -> Cow<'_, str> {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && text.parse::<f64>().is_err() {
        true => format!("'{text}").into(),
        false => text.into(),
    }
}

/// A table written row by row, to memory or straight into a [`StagedFile`](super::writer::StagedFile).
///
/// ```
/// use ratetide::output::{columns::Column, table::Table};
/// let columns = [Column::new("org", "", "the organization"), Column::new("wait_s", "s", "how long it waited")];
/// let mut table = Table::new(Vec::new(), &columns)?;
/// table.row(&["steady".into(), 0.25.into()])?;
/// table.row(&["spiky".into(), None::<f64>.into()])?;
/// assert_eq!(table.finish()?, b"org,wait_s\nsteady,0.25\nspiky,\n");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Table<W: Write> {
    writer: csv::Writer<W>,
    columns: usize,
    /// Takes the text of a field, one after the other.
    field: String,
}

impl<W: Write> Table<W> {
    /// Starts a table with the names of its columns.
    ///
    /// # Errors
    /// Those of the sink; writing to memory never fails.
    pub fn new(sink: W, columns: &[Column]) -> io::Result<Table<W>> {
        let mut writer = csv::Writer::from_writer(sink);
        writer.write_record(columns.iter().map(|column| column.name.as_bytes()))?;
        Ok(Table { writer, columns: columns.len(), field: String::new() })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// Those of the sink.
    ///
    /// # Panics
    /// If the row is not as long as the header, or a number is not finite.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        assert_eq!(cells.len(), self.columns, "a row as long as the header: {cells:?}");
        for cell in cells {
            match *cell {
                Cell::Text(text) => self.writer.write_field(inert(text).as_bytes())?,
                Cell::Count(count) => {
                    self.field.clear();
                    write!(self.field, "{count}").expect("memory takes text");
                    self.writer.write_field(&self.field)?;
                }
                Cell::Number(value) => {
                    write_number(&mut self.field, value);
                    self.writer.write_field(&self.field)?;
                }
                Cell::Empty => self.writer.write_field("")?,
            }
        }
        self.writer.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Flushes the rows and gives the sink back; a table dropped instead may lose its last rows.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn finish(mut self) -> io::Result<W> {
        self.writer.flush()?;
        self.writer.into_inner().map_err(|e| e.into_error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_have_at_most_six_decimals_and_no_noise() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (100.0, "100"),
            (-2.5, "-2.5"),
            (0.1 + 0.2, "0.3"),
            (0.000_000_5, "0"),
            (0.000_000_51, "0.000001"),
            (-0.000_000_1, "0"),
            (1e15 + 0.3, "1000000000000000.3"),
            (1e21, "1000000000000000000000"),
            (123_456.123_456_7, "123456.123457"),
            (0.999_999_9, "1"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn every_odd_number_is_refused() {
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(std::panic::catch_unwind(|| number(odd)).is_err(), "{odd}");
        }
    }

    #[test]
    #[should_panic(expected = "as long as the header")]
    fn a_short_row_is_a_programmer_error() {
        let columns = [Column::new("a", "", ""), Column::new("b", "", "")];
        let _ = Table::new(Vec::new(), &columns).unwrap().row(&[1u64.into()]);
    }

    #[test]
    fn a_table_of_one_empty_column_keeps_its_rows() {
        let mut table = Table::new(Vec::new(), &[Column::new("a", "", "")]).unwrap();
        table.row(&[Cell::Empty]).unwrap();
        assert_eq!(table.finish().unwrap(), b"a\n\"\"\n");
    }

    #[test]
    fn a_sink_that_fails_is_reported_by_finish() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let table = Table::new(Full, &[Column::new("a", "", "")]).unwrap();
        assert_eq!(table.finish().err().map(|e| e.kind()), Some(io::ErrorKind::StorageFull));
    }

    proptest! {
        #[test]
        fn a_number_reads_back_within_half_a_millionth(value in -1e12..1e12f64) {
            let text = number(value);
            let back: f64 = text.parse().unwrap();
            prop_assert!((back - value).abs() <= 0.5e-6 + value.abs() * 1e-15, "{value} {text}");
            prop_assert!(!text.contains('e') && text.split('.').nth(1).is_none_or(|d| d.len() <= 6 && !d.ends_with('0')));
            prop_assert_eq!(number(back), text);
        }

        /// Near the bound, far from it, and of few decimals: what the longer way says.
        #[test]
        fn a_fine_number_is_written_as_any_other(value in -2e9..2e9f64, decimals in 0i32..9, small in any::<bool>()) {
            let scale = 10f64.powi(decimals);
            let value = if small { value / 1e8 } else { value };
            for value in [value, (value * scale).round() / scale] {
                let mut far = String::new();
                write_far(&mut far, value).unwrap();
                let trimmed = if far.contains('.') { far.trim_end_matches('0').trim_end_matches('.') } else { &far };
                prop_assert_eq!(number(value), if trimmed == "-0" { "0" } else { trimmed });
            }
        }
    }
}
