//! Rows of a CSV file with a header.

use csv::{ByteRecord, ReaderBuilder};

use super::dialect::{self, folded};
use super::rows::Rows;
use super::{Trace, TraceError};

/// Reads a CSV file whose first line names its columns.
pub(super) fn read(bytes: &[u8]) -> Result<Trace, TraceError> {
    // Flexible: a row with too few cells is dropped and named, not the end of the file.
    let mut reader = ReaderBuilder::new().flexible(true).has_headers(false).from_reader(bytes);
    let unreadable = |e: csv::Error| TraceError::new(e.to_string());
    let mut record = ByteRecord::new();
    reader.read_byte_record(&mut record).map_err(unreadable)?;
    let names: Vec<String> = record.iter().map(|name| folded(&String::from_utf8_lossy(name))).collect();
    let dialect = dialect::of_columns(&names)?;
    let columns = [dialect.time, dialect.prompt, dialect.output]
        .map(|wanted| names.iter().position(|name| name == wanted).expect("the dialect fits the names"));
    let mut rows = Rows::default();
    while reader.read_byte_record(&mut record).map_err(unreadable)? {
        let line = record.position().map_or(0, csv::Position::line);
        let lines = reader.position().line() - line;
        if lines > 1 {
            // An unpaired quote swallows the lines after it: count them all.
            rows.drop(line, lines, format!("a quote is not closed in its line ({lines} lines lost)"));
        } else {
            rows.take(
                line,
                dialect,
                columns.map(|i| record.get(i).and_then(|c| std::str::from_utf8(c).ok())),
            );
        }
        rows.check_size()?;
    }
    rows.finish(dialect)
}
