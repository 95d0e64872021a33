//! A recorded trace as an arrival process.

use std::sync::Arc;

use super::process::{Birth, LoadTrace, Process, Written};
use crate::read::{Key, Member, Range, Spec, Tagged};
use crate::registry::accept;
use crate::rng::Stream;
use crate::traffic::trace::Trace;

/// The rows of a trace, once, each with its own token counts.
///
/// # Parameters
/// `time_scale` stretches the gaps (2 = half as fast), `rate_scale` divides them (2 = twice as fast); both in
/// [10⁻⁶, 10⁶].
#[derive(Clone, Debug)]
pub struct Replay {
    trace: Arc<Trace>,
    stretch: f64,
    next: usize,
}

/// The scales accepted.
pub(super) const SCALE: Range<f64> = Range::new(1e-6, 1e6);

impl Replay {
    /// The arrivals of `trace`, its gaps multiplied by `time_scale` ÷ `rate_scale`.
    ///
    /// # Errors
    /// A scale outside [10⁻⁶, 10⁶], or not a number.
    pub fn new(trace: Arc<Trace>, time_scale: f64, rate_scale: f64) -> Result<Replay, String> {
        for (name, scale) in [("time_scale", time_scale), ("rate_scale", rate_scale)] {
            if !SCALE.contains(&scale) {
                return Err(format!("{name} must be {SCALE}, not {scale}"));
            }
        }
        Ok(Replay { trace, stretch: time_scale / rate_scale, next: 0 })
    }

    /// The trace behind it.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    fn operational_ns(&self, offset_ns: u64) -> f64 {
        (offset_ns as f64 * self.stretch).round()
    }
}

impl Process for Replay {
    #[inline]
    fn next(&mut self, _: &mut Stream) -> Option<Birth> {
        let row = self.trace.rows.get(self.next)?;
        self.next += 1;
        let tokens = Some((row.prompt, row.output));
        Some(Birth { operational_ns: self.operational_ns(row.offset_ns), tokens })
    }

    fn mean_rate(&self) -> f64 {
        self.trace.mean_rate() / self.stretch
    }

    fn cv(&self) -> f64 {
        self.trace.gap_cv()
    }

    fn dispersion(&self) -> Option<f64> {
        None
    }

    fn expected(&self, operational_s: f64) -> f64 {
        let end_ns = operational_s * 1e9;
        self.trace.rows.partition_point(|row| self.operational_ns(row.offset_ns) < end_ns) as f64
    }
}

impl Written for Replay {
    const MEMBER: Member = Member::table(
        "trace",
        &Spec::new(
            "trace_arrivals",
            "a recorded trace, replayed once, with its token counts",
            &[
                Key::path("file").doc("CSV or JSON lines; the column names tell the format"),
                Key::number("time_scale", SCALE).or("1.0").doc("stretches the gaps: 2 is half as fast"),
                Key::number("rate_scale", SCALE).or("1.0").doc("divides the gaps: 2 is twice as fast"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, load: LoadTrace<'_>) -> Option<Replay> {
        let mut table = value.table();
        let file = table.path("file");
        let (time_scale, rate_scale) = (table.number("time_scale"), table.number("rate_scale"));
        if !table.clean() {
            return None;
        }
        match load.trace(&file) {
            Ok(trace) => accept(&table, Replay::new(trace, time_scale, rate_scale)),
            Err(message) => {
                table.error_at("file", message, None);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;
    use crate::traffic::trace;

    fn replay(time_scale: f64, rate_scale: f64) -> Replay {
        let text = b"timestamp,input_length,output_length\n5000,10,1\n6000,20,2\n9000,30,3\n";
        Replay::new(Arc::new(trace::parse(text).unwrap()), time_scale, rate_scale).unwrap()
    }

    #[test]
    fn scales_stretch_and_divide_the_gaps() {
        let mut stream = Key::new(0, 0).stream();
        for (time_scale, rate_scale, last_ns) in [(1.0, 1.0, 4e9), (2.0, 1.0, 8e9), (1.0, 4.0, 1e9)] {
            let mut process = replay(time_scale, rate_scale);
            assert_eq!(process.mean_rate(), 2.0 / (last_ns / 1e9));
            assert_eq!(process.expected(last_ns / 1e9), 2.0);
            assert_eq!(process.expected(last_ns / 1e9 + 0.1), 3.0);
            let births: Vec<Birth> = std::iter::from_fn(|| process.next(&mut stream)).collect();
            assert_eq!(births.len(), 3);
            assert_eq!(births[0], Birth { operational_ns: 0.0, tokens: Some((10, 1)) });
            assert_eq!(births[2], Birth { operational_ns: last_ns, tokens: Some((30, 3)) });
        }
    }

    #[test]
    fn bad_scales_are_refused() {
        let trace = replay(1.0, 1.0).trace;
        for bad in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
            assert!(Replay::new(trace.clone(), bad, 1.0).is_err(), "{bad}");
            assert!(Replay::new(trace.clone(), 1.0, bad).is_err(), "{bad}");
        }
    }
}
