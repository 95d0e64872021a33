//! What can go wrong between a result file and a picture.

use std::fmt;

/// Why no chart could be drawn: where in which file, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartError {
    /// The result file, or the stage ("drawing") when no file is to blame.
    pub file: &'static str,
    /// Line in that file, counted from 1.
    pub line: Option<u64>,
    /// Name of the column or key.
    pub column: Option<String>,
    /// What is wrong and what was expected.
    pub what: String,
}

impl ChartError {
    /// An error about a whole file.
    pub fn file(file: &'static str, what: impl Into<String>) -> ChartError {
        ChartError { file, line: None, column: None, what: what.into() }
    }

    /// An error about one cell of a table.
    pub fn cell(file: &'static str, line: u64, column: &str, what: impl Into<String>) -> ChartError {
        ChartError { file, line: Some(line), column: Some(brief(column)), what: what.into() }
    }

    /// An error about a column or key as a whole.
    pub fn column(file: &'static str, column: &str, what: impl Into<String>) -> ChartError {
        ChartError { file, line: None, column: Some(brief(column)), what: what.into() }
    }
}

/// The first 60 characters of text that came from a file, control characters made visible.
pub(super) fn brief(text: &str) -> String {
    let mut short: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}

impl fmt::Display for ChartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column `{column}`")?;
        }
        write!(f, ": {}", self.what)
    }
}

impl std::error::Error for ChartError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_file_line_and_column_and_stays_short() {
        let error = ChartError::cell("rates.csv", 17, "dynamic_rate_rpm", "NaN is not a number");
        assert_eq!(error.to_string(), "rates.csv, line 17, column `dynamic_rate_rpm`: NaN is not a number");
        assert!(ChartError::column("rates.csv", &"x".repeat(10_000), "missing").to_string().len() < 100);
    }
}
