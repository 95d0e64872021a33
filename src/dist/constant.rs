//! The same value every time.

use super::law::{Law, VALUE_MAX, checked};
use super::written::{Unit, Written};
use crate::read::{Member, Tagged};
use crate::rng::Stream;

/// Always `value`.
///
/// # Parameter
/// `value` in [0, 10¹²].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Constant {
    value: f64,
}

impl Constant {
    /// The law that always draws `value`.
    ///
    /// # Errors
    /// `value` outside [0, 10¹²], or not a number.
    pub fn new(value: f64) -> Result<Constant, String> {
        Ok(Constant { value: checked("the constant", value, 0.0, VALUE_MAX)? })
    }
}

impl Law for Constant {
    #[inline]
    fn sample(&self, _: &mut Stream) -> f64 {
        self.value
    }

    fn mean(&self) -> f64 {
        self.value
    }

    fn median(&self) -> f64 {
        self.value
    }

    fn quantile(&self, _: f64) -> f64 {
        self.value
    }

    fn cv(&self) -> f64 {
        0.0
    }
}

impl<U: Unit> Written<U> for Constant {
    const MEMBER: Member = Member::new("constant", "the same value every time", U::CONSTANT);

    fn read(value: Tagged<'_>, (): ()) -> Option<Constant> {
        Some(Constant::new(U::constant(value)).expect("a unit's range is within the law's"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::ks;

    #[test]
    fn zero_is_a_value_and_nonsense_is_not() {
        assert_eq!(Constant::new(0.0).map(|c| c.mean()), Ok(0.0));
        for bad in [f64::NAN, -1.0, f64::INFINITY, 1e13] {
            assert!(Constant::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn draws_take_nothing_from_the_stream() {
        ks::pinned(&Constant::new(2.5).unwrap(), [2.5; 3]);
        assert_eq!(Constant::new(2.5).unwrap().cv(), 0.0);
    }
}
