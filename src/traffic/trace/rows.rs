//! Collecting rows: what is kept, what is dropped and why.

use super::dialect::Dialect;
use super::{Dropped, NAMED_MAX, ROWS_MAX, Row, Trace, TraceError};
use crate::dist::TOKENS_MAX;

/// The rows read so far.
#[derive(Default)]
pub(super) struct Rows {
    /// Time in ns since the column's own start, and the tokens.
    good: Vec<(i64, u32, u32)>,
    dropped: u64,
    dropped_first: Vec<Dropped>,
    out_of_order: u64,
    raised: u64,
}

impl Rows {
    /// Keeps the row with these cells (time, prompt, output; `None` where there is none), or drops it.
    pub(super) fn take(&mut self, line: u64, dialect: &Dialect, cells: [Option<&str>; 3]) {
        let read = || {
            let cell = |i: usize, name: &str| {
                cells[i].map(str::trim).ok_or_else(|| format!("it has no readable {name}"))
            };
            let time_ns = dialect.clock.parse(cell(0, dialect.time)?)?;
            let prompt = count(cell(1, dialect.prompt)?, dialect.prompt)?;
            let output = count(cell(2, dialect.output)?, dialect.output)?;
            if prompt == 0 && output == 0 {
                Err("it has no tokens".into())
            } else {
                Ok((time_ns, prompt, output))
            }
        };
        match read() {
            Ok((time_ns, prompt, output)) => {
                self.out_of_order += u64::from(self.good.last().is_some_and(|last| time_ns < last.0));
                self.raised += u64::from(prompt == 0 || output == 0);
                self.good.push((time_ns, prompt.max(1), output.max(1)));
            }
            Err(reason) => self.drop(line, 1, reason),
        }
    }

    /// Counts `rows` rows from `line` on as dropped.
    pub(super) fn drop(&mut self, line: u64, rows: u64, reason: String) {
        self.dropped += rows;
        if self.dropped_first.len() < NAMED_MAX {
            self.dropped_first.push(Dropped { line, reason });
        }
    }

    /// An error once there are more rows than a trace may have.
    pub(super) fn check_size(&self) -> Result<(), TraceError> {
        if self.good.len() > ROWS_MAX {
            return Err(TraceError::new(format!("it has more than {ROWS_MAX} rows")));
        }
        Ok(())
    }

    /// The trace made of these rows.
    pub(super) fn finish(mut self, dialect: &'static Dialect) -> Result<Trace, TraceError> {
        let good = self.good.len() as u64;
        let fail = |message| Err(TraceError { message, dropped: self.dropped_first.clone() });
        if good == 0 {
            return fail(format!("it has no usable row ({} were dropped)", self.dropped));
        }
        if self.dropped * 100 > good + self.dropped {
            let total = good + self.dropped;
            return fail(format!("{} of {total} rows cannot be used, more than 1 %", self.dropped));
        }
        if self.out_of_order > 0 {
            self.good.sort_by_key(|row| row.0);
        }
        let start_ns = self.good[0].0;
        let mean = |sum: u64| sum as f64 / good as f64;
        Ok(Trace {
            mean_prompt: mean(self.good.iter().map(|row| u64::from(row.1)).sum()),
            mean_output: mean(self.good.iter().map(|row| u64::from(row.2)).sum()),
            rows: self
                .good
                .iter()
                .map(|&(time_ns, prompt, output)| Row {
                    offset_ns: time_ns.abs_diff(start_ns),
                    prompt,
                    output,
                })
                .collect(),
            dialect,
            dropped: self.dropped,
            dropped_first: self.dropped_first,
            out_of_order: self.out_of_order,
            raised: self.raised,
        })
    }
}

/// A token count: a whole number, also when written "374.0" as some tools do.
fn count(text: &str, name: &str) -> Result<u32, String> {
    let value: f64 = text.parse().map_err(|_| format!("{name} is not a number"))?;
    if !value.is_finite() || value.fract() != 0.0 {
        Err(format!("{name} is not a whole number"))
    } else if value < 0.0 {
        Err(format!("{name} is negative"))
    } else if value > f64::from(TOKENS_MAX) {
        Err(format!("{name} is above {TOKENS_MAX}"))
    } else {
        Ok(value as u32)
    }
}
