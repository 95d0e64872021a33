//! A file of a result while it is filled: a table and its bands.

use super::columns::{Column, TableSpec};
use super::table::{Cell, Table};
use crate::replications::Results;
use crate::statistics::interval::Interval;

/// A file of the result, in memory.
#[derive(Clone, Debug)]
pub struct ReportFile {
    /// Its final name.
    pub name: &'static str,
    /// Its columns, if it is a table.
    pub columns: Vec<Column>,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Writing to memory cannot fail.
const MEMORY: &str = "memory takes every row";

/// A table being filled; with several replications it has band columns at the right.
pub(super) struct Filling {
    spec: &'static TableSpec,
    pub(super) columns: Vec<Column>,
    table: Table<Vec<u8>>,
}

impl Filling {
    pub(super) fn new(spec: &'static TableSpec, bands: &[&str], results: &Results) -> Filling {
        let columns = if results.replications > 1 { spec.with_bands(bands) } else { spec.columns.to_vec() };
        let table = Table::new(Vec::new(), &columns).expect(MEMORY);
        Filling { spec, columns, table }
    }

    pub(super) fn row(&mut self, cells: &[Cell]) {
        self.table.row(cells).expect(MEMORY);
    }

    pub(super) fn finish(self) -> ReportFile {
        let bytes = self.table.finish().expect(MEMORY);
        ReportFile { name: self.spec.file, columns: self.columns, bytes }
    }
}

/// A sum over replications as a mean per run: whole for a single run.
pub(super) fn per_run(sum: u64, replications: u32) -> Cell<'static> {
    if replications == 1 { Cell::Count(sum) } else { Cell::Number(sum as f64 / f64::from(replications)) }
}

/// The two cells of a band from a sum and a sum of squares, scaled; nothing for a single run.
pub(super) fn band(sum: f64, squares: f64, scale: f64, replications: u32) -> Vec<Cell<'static>> {
    if replications == 1 {
        return Vec::new();
    }
    match Interval::of_sums(sum * scale, squares * scale * scale, replications) {
        Some(Interval { low, high, .. }) => vec![Cell::Number(low.max(0.0)), Cell::Number(high)],
        None => vec![Cell::Empty; 2],
    }
}
