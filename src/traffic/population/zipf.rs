//! Demand by a power of the rank.

use super::demand::{Ranked, Written};
use crate::read::{Key, Member, Range, Spec, Tagged};

/// The member of rank k, from 1, asks for k⁻ˢ as much as the first.
///
/// # Parameters
/// `s` in [0, 10]; with 0 all are alike.
///
/// # Source
/// Zipf, *Human Behavior and the Principle of Least Effort* (1949); that tenants of a service are spread so is an
/// assumption.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zipf {
    s: f64,
}

/// The exponents accepted.
const S: Range<f64> = Range::new(0.0, 10.0);

static ZIPF: Spec = Spec::new(
    "zipf_demand",
    "the member of rank k asks for 1/k^s as much as the first",
    &[Key::number("s", S).or("1.0").doc("the exponent: 0 makes all alike")],
);

impl Zipf {
    /// The spread of this exponent.
    ///
    /// # Panics
    /// If `s` is outside [0, 10], or not a number.
    pub fn new(s: f64) -> Zipf {
        assert!(S.contains(&s), "s must be {S}, not {s}");
        Zipf { s }
    }
}

impl Ranked for Zipf {
    fn weight(&self, rank: u32, _count: u32) -> f64 {
        (f64::from(rank) + 1.0).powf(-self.s)
    }
}

impl Written for Zipf {
    const MEMBER: Member = Member::table("zipf", &ZIPF);

    fn read(value: Tagged<'_>, (): ()) -> Option<Zipf> {
        let mut table = value.table();
        let s = table.number("s");
        Some(Zipf::new(s))
    }
}
