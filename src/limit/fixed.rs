//! `fixed`: the constant limits everybody knows.

use super::law::{Live, RateLaw};
use super::usage::{Rates, Usage};
use crate::units::SimTime;

/// Constant limits; a resource left out is unlimited.
#[derive(Clone, Debug, PartialEq)]
pub struct Fixed {
    /// Requests and tokens per second.
    pub limits: Rates,
}

impl RateLaw for Fixed {
    fn rates(&self, _now: SimTime, _usage: &mut Usage, _live: &Live) -> Rates {
        self.limits
    }
}
