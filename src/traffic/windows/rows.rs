//! Rows of a file of windows.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord};

use super::{GapLaw, Window, Windows, WindowsError};
use crate::traffic::arrivals::{RATE_MAX_PER_S, RATE_MIN_PER_S};
use crate::traffic::trace::{Dropped, NAMED_MAX};

/// The columns that must be there.
const COLUMNS: [&str; 4] = ["t_s", "rate_rps", "iat_cv", "pattern"];
/// The latest second a window may begin at: ten years.
const SECONDS_MAX: f64 = 3660.0 * 86_400.0;
/// The least cv of gaps that a row may name; the greatest follows from the law.
const CV_MIN: f64 = 0.01;
/// The most rows of a file.
const ROWS_MAX: usize = 10_000_000;
/// The most characters of a client's name.
const CLIENT_CHARS_MAX: usize = 64;

/// Reads a file of windows.
///
/// A row whose client and time can be read but not the rest counts as dropped, and its window is silent.
///
/// # Errors
/// A column is missing, the text is no CSV, more than 1 % of the rows cannot be used, there is no good row or there
/// are more than 10 million.
pub fn parse(bytes: &[u8]) -> Result<Windows, WindowsError> {
    let plain = |message: String| WindowsError { message, dropped: Vec::new() };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().flexible(true).has_headers(false).from_reader(bytes);
    let mut records = reader.byte_records();
    let Some(header) = records.next() else { return Err(plain("the file is empty".into())) };
    let names: Vec<String> = match header {
        Ok(header) => header.iter().map(|name| String::from_utf8_lossy(name).trim().to_lowercase()).collect(),
        Err(error) => return Err(plain(error.to_string())),
    };
    let find = |wanted: &str| names.iter().position(|name| name == wanted);
    let columns = COLUMNS.map(find);
    let missing: Vec<&str> =
        COLUMNS.iter().zip(columns).filter(|(_, at)| at.is_none()).map(|(name, _)| *name).collect();
    if !missing.is_empty() {
        let message = format!("it has no column {}; needed are {}", missing.join(", "), COLUMNS.join(", "));
        return Err(plain(message));
    }
    let columns = columns.map(|at| at.expect("none is missing"));
    let client = find("client");
    let mut found = Windows { clients: Vec::new(), dropped: 0, dropped_first: Vec::new() };
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut good = 0u64;
    for record in records {
        let record = record.map_err(|error| plain(error.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let record = StringRecord::from_byte_record(record);
        let head = record.as_ref().map_err(|_| "it is not UTF-8".to_owned());
        let head = head.and_then(|record| Ok((record, begin(record, client, columns[0])?)));
        let mut fail = |reason: String| {
            found.dropped += 1;
            if found.dropped_first.len() < NAMED_MAX {
                found.dropped_first.push(Dropped { line, reason });
            }
        };
        let (client, start_ns, law) = match head {
            Ok((record, (client, start_ns))) => match gaps(record, columns) {
                Ok(law) => {
                    good += 1;
                    (client, start_ns, law)
                }
                Err(reason) => {
                    fail(format!("{reason}: its window is silent"));
                    (client, start_ns, SILENCE)
                }
            },
            Err(reason) => {
                fail(reason);
                continue;
            }
        };
        let at = *places.entry(client).or_insert_with_key(|client| {
            found.clients.push((client.clone(), Vec::new()));
            found.clients.len() - 1
        });
        let (rate_per_s, cv, law) = law;
        found.clients[at].1.push(Window { start_ns, rate_per_s, cv, law, line });
        if good as usize > ROWS_MAX {
            return Err(plain(format!("it has more than {ROWS_MAX} rows")));
        }
    }
    let dropped = found.dropped;
    let fail = |message: String| Err(WindowsError { message, dropped: found.dropped_first.clone() });
    if good == 0 {
        return fail(format!("it has no usable row ({dropped} were dropped)"));
    }
    if dropped * 100 > good + dropped {
        return fail(format!("{dropped} of {} rows cannot be used, more than 1 %", good + dropped));
    }
    // The clients share a clock, which begins with the earliest window of all.
    let all = || found.clients.iter().flat_map(|(_, windows)| windows);
    let first_ns = all().map(|window| window.start_ns).min().expect("there is a good row");
    found.clients.iter_mut().flat_map(|(_, windows)| windows).for_each(|window| window.start_ns -= first_ns);
    Ok(found)
}

/// A window's rate, cv and law.
type Gaps = (f64, f64, GapLaw);

const SILENCE: Gaps = (0.0, 1.0, GapLaw::Exponential);

/// The text of a cell.
fn cell<'r>(record: &'r StringRecord, at: usize, name: &str) -> Result<&'r str, String> {
    record.get(at).map(str::trim).ok_or_else(|| format!("it has no {name}"))
}

/// The number in a cell, at least 0.
fn number(record: &StringRecord, at: usize, name: &str) -> Result<f64, String> {
    let value: f64 = cell(record, at, name)?.parse().map_err(|_| format!("{name} is not a number"))?;
    if value.is_finite() && value >= 0.0 { Ok(value) } else { Err(format!("{name} is out of range")) }
}

/// The client of a row, and when its window begins in ns of the file's clock.
fn begin(record: &StringRecord, client: Option<usize>, start: usize) -> Result<(String, u64), String> {
    let client = client.map_or(Ok(""), |at| cell(record, at, "client"))?;
    if client.chars().count() > CLIENT_CHARS_MAX || client.chars().any(char::is_control) {
        return Err("client is no name".into());
    }
    let start_s = number(record, start, "t_s")?;
    if start_s > SECONDS_MAX {
        return Err("t_s is out of range".into());
    }
    Ok((client.to_owned(), (start_s * 1e9).round() as u64))
}

/// The gaps in the window of a row.
fn gaps(record: &StringRecord, columns: [usize; 4]) -> Result<Gaps, String> {
    let rate_per_s = number(record, columns[1], COLUMNS[1])?;
    if rate_per_s == 0.0 {
        return Ok(SILENCE);
    }
    if !(RATE_MIN_PER_S..=RATE_MAX_PER_S).contains(&rate_per_s) {
        return Err("rate_rps is out of range".into());
    }
    let law = match cell(record, columns[3], COLUMNS[3])?.to_lowercase().as_str() {
        "exponential" | "poisson" => return Ok((rate_per_s, 1.0, GapLaw::Exponential)),
        "gamma" => GapLaw::Gamma,
        "weibull" => GapLaw::Weibull,
        "" => return Err("it has a rate but no pattern".into()),
        _ => return Err("pattern is none of gamma, weibull, exponential".into()),
    };
    let cv = number(record, columns[2], COLUMNS[2])?;
    if cv < CV_MIN || cv > law.cv_max() {
        return Err("iat_cv is out of range".into());
    }
    Ok((rate_per_s, cv, law))
}
