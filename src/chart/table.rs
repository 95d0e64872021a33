//! A result table in columns: names interned, every number checked once, here.

use std::collections::BTreeMap;

use super::error::{ChartError, brief};

/// The largest number a result file may hold; sums over any table stay finite with it.
pub const NUMBER_MAX: f64 = 1e15;

/// Names seen in any table, each held once; an id is its place in order of first appearance.
#[derive(Debug, Default)]
pub struct Names {
    texts: Vec<String>,
    ids: BTreeMap<String, u32>,
}

impl Names {
    /// The id of `text`, new if it was never seen.
    pub fn id(&mut self, text: &str) -> u32 {
        if let Some(&id) = self.ids.get(text) {
            return id;
        }
        let id = u32::try_from(self.texts.len()).expect("fewer names than table cells");
        self.texts.push(text.to_owned());
        self.ids.insert(text.to_owned(), id);
        id
    }

    /// The text of an id.
    pub fn text(&self, id: u32) -> &str {
        &self.texts[id as usize]
    }
}

/// What a table must have.
#[derive(Debug)]
pub struct Layout {
    /// File name, for errors.
    pub file: &'static str,
    /// Columns that hold names.
    pub keys: &'static [&'static str],
    /// Columns that hold a number in every row.
    pub numbers: &'static [&'static str],
    /// Columns that hold a number or nothing ("not defined").
    pub optional: &'static [&'static str],
    /// Columns that came later: as if empty in every row where the file does not have them.
    pub newer: &'static [&'static str],
}

/// A parsed table: numbers are finite and in `0 ..= NUMBER_MAX`.
#[derive(Debug)]
pub struct Table {
    /// File name, for errors.
    pub file: &'static str,
    /// Number of rows.
    pub rows: usize,
    keys: Vec<Vec<u32>>,
    columns: BTreeMap<String, Vec<f64>>,
}

impl Table {
    /// Parses CSV `bytes` by column name; columns the layout does not name are passed over, except
    /// `<column>_low` and `<column>_high`, the band of a column over replications.
    ///
    /// # Errors
    /// Not CSV or not UTF-8, a column missing or twice, a number that is not one.
    pub fn read(layout: &Layout, bytes: &[u8], names: &mut Names) -> Result<Table, ChartError> {
        let file = layout.file;
        let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
        let header = reader.headers().map_err(|error| csv_error(file, &error))?.clone();
        let place = |name: &str| {
            let mut places = header.iter().enumerate().filter(|(_, text)| *text == name).map(|(i, _)| i);
            match (places.next(), places.next()) {
                (_, Some(_)) => Err(ChartError::column(file, name, "stands twice in the header")),
                (place, None) => Ok(place),
            }
        };
        let must = |name: &str| place(name)?.ok_or_else(|| ChartError::column(file, name, "missing"));
        let key_places = layout.keys.iter().map(|name| must(name)).collect::<Result<Vec<_>, _>>()?;
        let mut wanted = Vec::new();
        for (list, blank) in [(layout.numbers, false), (layout.optional, true)] {
            for name in list {
                wanted.push((must(name)?, blank, name.to_string()));
                for band in [format!("{name}_low"), format!("{name}_high")] {
                    wanted.extend(place(&band)?.map(|place| (place, true, band)));
                }
            }
        }
        for name in layout.newer {
            wanted.extend(place(name)?.map(|place| (place, true, name.to_string())));
        }
        let mut keys = vec![Vec::new(); key_places.len()];
        let mut values: Vec<Vec<f64>> = vec![Vec::new(); wanted.len()];
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| csv_error(file, &error))? {
            let line = record.position().map_or(0, csv::Position::line);
            for (ids, &place) in keys.iter_mut().zip(&key_places) {
                ids.push(names.id(&record[place]));
            }
            for (column, (place, blank, name)) in values.iter_mut().zip(&wanted) {
                column.push(
                    number(&record[*place], *blank)
                        .map_err(|what| ChartError::cell(file, line, name, what))?,
                );
            }
        }
        let rows = keys.first().map_or(0, Vec::len);
        let mut columns: BTreeMap<String, Vec<f64>> =
            wanted.into_iter().map(|(_, _, name)| name).zip(values).collect();
        for name in layout.newer {
            columns.entry(name.to_string()).or_insert_with(|| vec![f64::NAN; rows]);
        }
        Ok(Table { file, rows, keys, columns })
    }

    /// A table without rows.
    pub fn empty(layout: &Layout) -> Table {
        let columns = [layout.numbers, layout.optional, layout.newer].concat();
        let columns = columns.iter().map(|name| (name.to_string(), Vec::new())).collect();
        Table { file: layout.file, rows: 0, keys: vec![Vec::new(); layout.keys.len()], columns }
    }

    /// The names of key column `index` (its place in [`Layout::keys`]), one id per row.
    pub fn key(&self, index: usize) -> &[u32] {
        &self.keys[index]
    }

    /// A column of the layout, one number per row; NaN where the file has nothing ("not defined").
    pub fn number(&self, name: &str) -> &[f64] {
        self.columns.get(name).unwrap_or_else(|| panic!("{name} is not in the layout of {}", self.file))
    }

    /// The low and high ends of a column's band over replications, if the file has both.
    pub fn band(&self, name: &str) -> Option<(&[f64], &[f64])> {
        let low = self.columns.get(&format!("{name}_low"))?;
        Some((low, self.columns.get(&format!("{name}_high"))?))
    }
}

fn number(text: &str, blank: bool) -> Result<f64, String> {
    if text.is_empty() && blank {
        return Ok(f64::NAN);
    }
    match text.parse::<f64>() {
        // Adding zero turns −0 into 0.
        Ok(value) if (0.0..=NUMBER_MAX).contains(&value) => Ok(value + 0.0),
        _ => Err(format!("`{}` is not a number from 0 to 1e15", brief(text))),
    }
}

fn csv_error(file: &'static str, error: &csv::Error) -> ChartError {
    let line = error.position().map(csv::Position::line);
    let what = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "not UTF-8 text".to_owned(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} cells where the header has {expected_len}")
        }
        _ => "not readable as CSV".to_owned(),
    };
    ChartError { file, line, column: None, what }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout =
        Layout { file: "t.csv", keys: &["org"], numbers: &["n"], optional: &["wait_s"], newer: &["k"] };

    fn read(text: &str) -> Result<Table, String> {
        Table::read(&LAYOUT, text.as_bytes(), &mut Names::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_are_found_by_name_in_any_order_with_their_bands() {
        let table = read("wait_s,extra,n_high,n,n_low,org\n,x,3,2,1,a\n0.5,y,6,5,4,b\n").unwrap();
        assert_eq!(table.rows, 2);
        assert_eq!(table.number("n"), [2.0, 5.0]);
        assert!(table.number("wait_s")[0].is_nan());
        assert_eq!(table.band("n").unwrap(), (&[1.0, 4.0][..], &[3.0, 6.0][..]));
        assert!(table.band("wait_s").is_none());
        assert!(table.number("k").len() == 2 && table.number("k").iter().all(|k| k.is_nan()));
        assert_eq!(read("org,n,wait_s,k\na,1,,7\n").unwrap().number("k"), [7.0]);
    }

    #[test]
    fn every_bad_cell_is_named_by_file_line_and_column() {
        for bad in ["NaN", "inf", "-1", "1e308", "1e999", "", "1,000", "0x1"] {
            let text = format!("org,n,wait_s\na,1,\na,\"{bad}\",\n");
            let message = read(&text).unwrap_err();
            assert!(message.starts_with("t.csv, line 3, column `n`: "), "{bad}: {message}");
        }
        assert_eq!(read("org,n\n").unwrap_err(), "t.csv, column `wait_s`: missing");
        assert_eq!(read("org,n,n,wait_s\n").unwrap_err(), "t.csv, column `n`: stands twice in the header");
        assert_eq!(read("org,n,wait_s\na,1\n").unwrap_err(), "t.csv, line 2: 2 cells where the header has 3");
        assert!(read("").unwrap_err().contains("missing"));
        let latin1 = Table::read(&LAYOUT, b"org,n,wait_s\n\xff,1,\n", &mut Names::default()).unwrap_err();
        assert_eq!(latin1.to_string(), "t.csv, line 2: not UTF-8 text");
    }
}
