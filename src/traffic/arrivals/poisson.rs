//! Memoryless arrivals.

use rand_distr::{Distribution, Exp1};

use super::process::{Birth, LoadTrace, NS, Process, RATE, Written, checked_rate};
use crate::read::{Member, Spec, Tagged};
use crate::registry::accept;
use crate::rng::Stream;

/// Independent exponential gaps of mean 1/rate: cv 1, dispersion 1 over every window.
///
/// # Source
/// Kingman, *Poisson Processes* (1993).
#[derive(Clone, Debug)]
pub struct Poisson {
    rate_per_s: f64,
    gap_mean_ns: f64,
    now_ns: f64,
}

impl Poisson {
    /// The Poisson process of this rate.
    ///
    /// # Errors
    /// A rate outside [0.01/day, 10⁶/s], or not a number.
    pub fn new(rate_per_s: f64) -> Result<Poisson, String> {
        let rate_per_s = checked_rate("rate", rate_per_s)?;
        Ok(Poisson { rate_per_s, gap_mean_ns: NS / rate_per_s, now_ns: 0.0 })
    }
}

impl Process for Poisson {
    #[inline]
    fn next(&mut self, stream: &mut Stream) -> Option<Birth> {
        let unit: f64 = Exp1.sample(stream);
        self.now_ns += unit * self.gap_mean_ns;
        Some(Birth { operational_ns: self.now_ns, tokens: None })
    }

    fn mean_rate(&self) -> f64 {
        self.rate_per_s
    }

    fn cv(&self) -> f64 {
        1.0
    }

    fn dispersion(&self) -> Option<f64> {
        Some(1.0)
    }
}

impl Written for Poisson {
    const MEMBER: Member = Member::table(
        "poisson",
        &Spec::new("poisson_arrivals", "memoryless: independent exponential gaps", &[RATE]),
    );

    fn read(value: Tagged<'_>, _: LoadTrace<'_>) -> Option<Poisson> {
        let mut table = value.table();
        let rate = table.rate("rate");
        accept(&table, Poisson::new(rate.per_s()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn sampled_is_declared() {
        check::sampled_is_declared(Poisson::new(5.0).unwrap());
    }

    #[test]
    fn counts_are_poisson_at_every_window() {
        for mean in [0.3, 3.0, 30.0] {
            let dispersion = check::dispersion(Poisson::new(5.0).unwrap(), mean, 400_000);
            assert!((dispersion - 1.0).abs() < 0.01, "{dispersion} at windows of {mean}");
        }
    }

    #[test]
    fn the_first_arrivals_are_pinned() {
        check::pinned(Poisson::new(5.0).unwrap(), [334_226_283, 827_089_083, 941_474_497]);
    }
}
