//! `unlimited`: no limit at all; every attempt is green and every failure a 503.

use super::law::{Live, RateLaw};
use super::usage::{Rates, Usage};
use crate::units::SimTime;

/// No limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Unlimited;

impl RateLaw for Unlimited {
    fn rates(&self, _now: SimTime, _usage: &mut Usage, _live: &Live) -> Rates {
        Rates { requests: f64::INFINITY, tokens: f64::INFINITY }
    }
}
