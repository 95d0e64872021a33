//! A sum of equal exponential stages.

use super::gamma::Gamma;
use super::law::{Law, VALUE_MAX, positive};
use super::written::{Unit, Written, named};
use crate::read::{Key, Member, Range, Spec, Tagged};
use crate::registry::accept;
use crate::rng::Stream;

/// The sum of `shape` independent exponential stages of mean `mean`/`shape` each; cv = 1/√shape.
///
/// # Parameters
/// `mean` in (0, 10¹²]; `shape` a whole number in [1, 10 000] (1 is the exponential law).
///
/// # Source
/// A. K. Erlang (1917); it is the gamma law of whole shape, and is sampled as one, at a cost that does not
/// grow with the shape.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Erlang {
    gamma: Gamma,
}

/// The most stages: a cv of 0.01. What varies less is a constant.
pub(super) const SHAPE_MAX: u64 = 10_000;

impl Erlang {
    /// The Erlang law of this mean and number of stages.
    ///
    /// # Errors
    /// `mean` outside (0, 10¹²] or not a number, or `shape` outside [1, 10 000].
    pub fn new(mean: f64, shape: u64) -> Result<Erlang, String> {
        let mean = positive("mean", mean, VALUE_MAX)?;
        if !(1..=SHAPE_MAX).contains(&shape) {
            return Err(format!("shape must be between 1 and {SHAPE_MAX}, not {shape}"));
        }
        Ok(Erlang { gamma: Gamma::of_shape(mean, shape as f64)? })
    }
}

impl Law for Erlang {
    #[inline]
    fn sample(&self, stream: &mut Stream) -> f64 {
        self.gamma.sample(stream)
    }

    fn mean(&self) -> f64 {
        self.gamma.mean()
    }

    fn median(&self) -> f64 {
        self.gamma.median()
    }

    fn quantile(&self, level: f64) -> f64 {
        self.gamma.quantile(level)
    }

    fn cv(&self) -> f64 {
        self.gamma.cv()
    }
}

impl<U: Unit> Written<U> for Erlang {
    const MEMBER: Member = Member::table(
        "erlang",
        &Spec::new(
            named::<U>("erlang_time", "erlang_tokens"),
            "a sum of equal exponential stages; its cv is 1/√shape",
            &[
                Key::new("mean", U::MEAN).doc("mean of the sum"),
                Key::integer("shape", Range::new(1, SHAPE_MAX))
                    .alias(&["k", "stages"])
                    .doc("number of stages"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Erlang> {
        let mut table = value.table();
        let mean = U::mean(&mut table, "mean");
        let shape = table.integer("shape");
        accept(&table, Erlang::new(mean, shape))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::ks;

    #[test]
    fn refuses_nonsense() {
        for bad in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
            assert!(Erlang::new(bad, 4).is_err(), "{bad}");
        }
        assert!(Erlang::new(1.0, 0).is_err() && Erlang::new(1.0, SHAPE_MAX + 1).is_err());
        assert_eq!(Erlang::new(2.0, 4).map(|e| (e.mean(), e.cv())), Ok((2.0, 0.5)));
    }

    #[test]
    fn draws_follow_the_law() {
        let law = Erlang::new(2.0, 4).unwrap();
        // P(X > x) = e^(−y) Σ_{i<4} y^i/i!, y = 4x/mean.
        ks::check(&law, |x| {
            let y = 2.0 * x;
            1.0 - (-y).exp() * (1.0 + y + y * y / 2.0 + y * y * y / 6.0)
        });
        ks::moments(&law, 0.003);
        ks::pinned(&law, [2.42145271887419, 1.163253953907047, 2.5595749432333768]);
    }
}
