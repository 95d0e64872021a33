//! `unlimited`: no limit at all; every attempt is green and every failure a 503.

use super::law::{Live, RateLaw};
use super::usage::{Rates, Usage};
use crate::read::{Spec, Table};
use crate::units::SimTime;

/// No limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Unlimited;

/// The law has no keys.
pub const SPEC: Spec = Spec::new("unlimited", "no limit; every failure is a 503", &[]);

impl Unlimited {
    /// Read the law's table.
    pub fn read(_: &mut Table) -> Unlimited {
        Unlimited
    }
}

impl RateLaw for Unlimited {
    fn describe(&self) -> String {
        "unlimited".into()
    }

    fn rates(&self, _now: SimTime, _usage: &mut Usage, _live: &Live) -> Rates {
        Rates { requests: f64::INFINITY, tokens: f64::INFINITY }
    }
}
