//! Evenly spaced arrivals.

use super::process::{Birth, LoadTrace, NS, Process, RATE, Written, checked_rate};
use crate::read::{Member, Spec, Tagged};
use crate::registry::accept;
use crate::rng::Stream;

/// The k-th arrival, k = 0, 1, …, at k/rate operational seconds: cv 0, dispersion 0.
///
/// Each time is computed from k, so no error adds up: it is k/rate rounded to the nanosecond.
#[derive(Clone, Debug)]
pub struct Constant {
    rate_per_s: f64,
    k: u64,
}

impl Constant {
    /// Evenly spaced arrivals at this rate.
    ///
    /// # Errors
    /// A rate outside [0.01/day, 10⁶/s], or not a number.
    pub fn new(rate_per_s: f64) -> Result<Constant, String> {
        Ok(Constant { rate_per_s: checked_rate("rate", rate_per_s)?, k: 0 })
    }
}

impl Process for Constant {
    #[inline]
    fn next(&mut self, _: &mut Stream) -> Option<Birth> {
        let operational_ns = (self.k as f64 / self.rate_per_s * NS).round();
        self.k += 1;
        Some(Birth { operational_ns, tokens: None })
    }

    fn mean_rate(&self) -> f64 {
        self.rate_per_s
    }

    fn cv(&self) -> f64 {
        0.0
    }

    fn dispersion(&self) -> Option<f64> {
        Some(0.0)
    }

    fn expected(&self, operational_s: f64) -> f64 {
        // A hair below, so that 100/min for an hour is 6 000 and not one more by rounding.
        (self.rate_per_s * operational_s * (1.0 - 4.0 * f64::EPSILON)).ceil()
    }
}

impl Written for Constant {
    const MEMBER: Member = Member::table(
        "constant",
        &Spec::new("constant_arrivals", "evenly spaced, beginning at once", &[RATE]),
    );

    fn read(value: Tagged<'_>, _: LoadTrace<'_>) -> Option<Constant> {
        let mut table = value.table();
        let rate = table.rate("rate");
        accept(&table, Constant::new(rate.per_s()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::rng::Key;

    #[test]
    fn the_kth_arrival_is_at_k_over_rate() {
        let mut process = Constant::new(100.0 / 60.0).unwrap();
        let mut stream = Key::new(0, 0).stream();
        let times: Vec<f64> = (0..6001).map(|_| process.next(&mut stream).unwrap().operational_ns).collect();
        assert_eq!(times[..4], [0.0, 600_000_000.0, 1_200_000_000.0, 1_800_000_000.0]);
        assert_eq!(times[6000], 3600e9);
        assert_eq!(process.expected(3600.0), 6000.0);
    }

    #[test]
    fn sampled_is_declared() {
        check::sampled_is_declared(Constant::new(7.0).unwrap());
    }
}
