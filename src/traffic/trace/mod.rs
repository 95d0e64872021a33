//! Recorded traffic: when requests came, and how many tokens they had.
//!
//! [`parse`] reads the bytes of a CSV file or of JSON lines; the dialect follows from the column names
//! ([`DIALECTS`]), compared without regard to case and surrounding spaces, and other columns are ignored.
//! A row that cannot be used is dropped, counted and named: an unreadable or negative time or count, one
//! above the limits, or no tokens at all. More than 1 % of such rows, or no good one, makes the trace
//! invalid. A row with prompt but no output tokens, or the reverse, is kept with 1 for the missing count,
//! as every request here has at least one of each. Rows are sorted by time, and times count from the first.

mod csv_rows;
mod dialect;
mod json_rows;
mod rows;
#[cfg(test)]
mod sample;

use std::fmt;

pub use dialect::{DIALECTS, Dialect};

/// One request of a trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// Nanoseconds since the first request of the trace.
    pub offset_ns: u64,
    /// Prompt tokens, at least 1.
    pub prompt: u32,
    /// Output tokens, at least 1.
    pub output: u32,
}

/// A trace that was read whole.
#[derive(Clone, PartialEq, Debug)]
pub struct Trace {
    /// The requests in order of time; never empty.
    pub rows: Vec<Row>,
    /// What the column names said it is.
    pub dialect: &'static Dialect,
    /// How many rows were dropped.
    pub dropped: u64,
    /// The first of them, at most [`NAMED_MAX`].
    pub dropped_first: Vec<Dropped>,
    /// How many rows came earlier than the row before them (they were sorted in).
    pub out_of_order: u64,
    /// How many rows had no prompt or no output tokens and were given one.
    pub raised: u64,
    /// Mean prompt tokens of a row.
    pub mean_prompt: f64,
    /// Mean output tokens of a row.
    pub mean_output: f64,
}

/// A row that could not be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dropped {
    /// Its line in the file, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// Why a file is no trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceError {
    /// What is wrong with it.
    pub message: String,
    /// The first rows that were dropped, if that is the reason.
    pub dropped: Vec<Dropped>,
}

/// How many dropped rows are named.
pub const NAMED_MAX: usize = 10;
/// The most rows of a trace (16 bytes each are kept).
pub const ROWS_MAX: usize = 50_000_000;

/// Reads a trace.
///
/// # Errors
/// Unknown column names, compressed or binary bytes, more than 1 % unusable rows, no good row, or more than
/// 50 million rows.
pub fn parse(bytes: &[u8]) -> Result<Trace, TraceError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.starts_with(b"\x1f\x8b") || bytes.starts_with(b"\x28\xb5\x2f\xfd") || bytes.starts_with(b"PAR1")
    {
        return Err(TraceError::new(
            "the file is compressed or in a binary format; CSV or JSON lines are read",
        ));
    }
    match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
        None => Err(TraceError::new("the file is empty")),
        Some(b'{') => json_rows::read(bytes),
        Some(b'[') => Err(TraceError::new("the file is a JSON array; write one object per line")),
        Some(_) => csv_rows::read(bytes),
    }
}

impl Trace {
    /// Time from the first request to the last, in ns.
    pub fn length_ns(&self) -> u64 {
        self.rows.last().map_or(0, |row| row.offset_ns)
    }

    /// Requests per second: 1 ÷ the mean gap; 0 where there is no gap or all are zero.
    pub fn mean_rate(&self) -> f64 {
        match self.length_ns() {
            0 => 0.0,
            length_ns => (self.rows.len() - 1) as f64 / (length_ns as f64 / 1e9),
        }
    }

    /// The coefficient of variation of the gaps; 0 where there is none.
    pub fn gap_cv(&self) -> f64 {
        let rate_per_ns = self.mean_rate() / 1e9;
        let gaps = self.rows.windows(2).map(|pair| (pair[1].offset_ns - pair[0].offset_ns) as f64);
        // Gaps in units of their mean: their variance is cv².
        let square: f64 = gaps.map(|gap| (gap * rate_per_ns - 1.0).powi(2)).sum();
        if rate_per_ns > 0.0 { (square / (self.rows.len() - 1) as f64).sqrt() } else { 0.0 }
    }
}

impl TraceError {
    fn new(message: impl Into<String>) -> TraceError {
        TraceError { message: message.into(), dropped: Vec::new() }
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.dropped.iter().try_for_each(|dropped| write!(f, "; {dropped}"))
    }
}

impl std::error::Error for TraceError {}

#[cfg(test)]
mod tests;
