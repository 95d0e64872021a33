//! Many at once, at even distances.

use super::process::{Birth, LoadTrace, Process, RATE_MAX_PER_S, Written};
use crate::read::{Key, Member, Range, Spec, Tagged};
use crate::registry::accept;
use crate::rng::Stream;
use crate::units::Span;

/// `size` arrivals at once at 0, `every`, 2·`every`, …; of the gaps all but one in `size` are zero, so
/// cv = √(size − 1); dispersion 0 over long windows.
///
/// # Parameters
/// `size` in [1, 10⁶] and `every` above zero, together at most 10⁶ arrivals per second.
#[derive(Clone, Debug)]
pub struct Batch {
    size: u32,
    every_ns: u64,
    /// The batch that comes next, and how many of it have come.
    k: u64,
    come: u32,
}

/// The time between batches: from a microsecond to a year.
const EVERY: Range<Span> = Range::new(Span::from_ns(1_000), Span::from_s(365 * 86_400));
/// The largest batch.
pub const SIZE_MAX: u32 = 1_000_000;

impl Batch {
    /// `size` arrivals at once, each `every`.
    ///
    /// # Errors
    /// A size outside [1, 10⁶], an empty `every`, more than 10⁶ arrivals per second.
    pub fn new(size: u32, every: Span) -> Result<Batch, String> {
        if !(1..=SIZE_MAX).contains(&size) {
            return Err(format!("size must be between 1 and {SIZE_MAX}, not {size}"));
        }
        if f64::from(size) > RATE_MAX_PER_S * every.as_secs_f64() {
            return Err(format!("every is too short: at most {RATE_MAX_PER_S} arrivals per second"));
        }
        Ok(Batch { size, every_ns: every.as_ns(), k: 0, come: 0 })
    }
}

impl Process for Batch {
    #[inline]
    fn next(&mut self, _: &mut Stream) -> Option<Birth> {
        if self.come == self.size {
            (self.k, self.come) = (self.k + 1, 0);
        }
        self.come += 1;
        Some(Birth { operational_ns: self.k as f64 * self.every_ns as f64, tokens: None })
    }

    fn mean_rate(&self) -> f64 {
        f64::from(self.size) / self.every_ns as f64 * 1e9
    }

    fn cv(&self) -> f64 {
        f64::from(self.size - 1).sqrt()
    }

    fn dispersion(&self) -> Option<f64> {
        Some(0.0)
    }

    fn expected(&self, operational_s: f64) -> f64 {
        f64::from(self.size) * (operational_s * 1e9 / self.every_ns as f64).ceil()
    }
}

impl Written for Batch {
    const MEMBER: Member = Member::table(
        "batch",
        &Spec::new(
            "batch_arrivals",
            "many at once, at even distances, beginning at once",
            &[
                Key::integer("size", Range::new(1, SIZE_MAX as u64)).doc("arrivals at once"),
                Key::span("every", EVERY).doc("time from one batch to the next"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, _: LoadTrace<'_>) -> Option<Batch> {
        let mut table = value.table();
        let size = table.integer("size").try_into().expect("the key's range fits");
        let every = table.span("every");
        accept(&table, Batch::new(size, every))
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::rng::Key;

    #[test]
    fn batches_come_whole_and_on_time() {
        let mut process = Batch::new(3, Span::from_s(60)).unwrap();
        let mut stream = Key::new(0, 0).stream();
        let times: Vec<f64> = (0..7).map(|_| process.next(&mut stream).unwrap().operational_ns).collect();
        assert_eq!(times, [0.0, 0.0, 0.0, 60e9, 60e9, 60e9, 120e9]);
        assert_eq!(process.expected(60.0), 3.0);
        assert_eq!(process.expected(60.1), 6.0);
    }

    #[test]
    fn sampled_is_declared() {
        check::sampled_is_declared(Batch::new(4, Span::from_s(1)).unwrap());
    }

    #[test]
    fn bad_parameters_are_refused() {
        assert!(Batch::new(0, Span::from_s(1)).is_err());
        assert!(Batch::new(SIZE_MAX + 1, Span::from_s(100)).is_err());
        assert!(Batch::new(1, Span::ZERO).is_err());
        assert!(Batch::new(1000, Span::from_ns(1)).is_err());
    }
}
