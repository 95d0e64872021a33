//! `unlimited`: no limit at all; every attempt is green and every failure a 503.

use super::rate_law::{Live, RateLaw, Written};
use super::usage::{Rates, Usage};
use crate::read::{Member, Spec, Tagged};
use crate::units::SimTime;

/// No limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Unlimited;

/// The law has no keys.
const SPEC: Spec = Spec::new("unlimited", "no limit; every failure is a 503", &[]);

impl Written for Unlimited {
    const MEMBER: Member = Member::table("unlimited", &SPEC);

    fn read(value: Tagged<'_>, (): ()) -> Option<Unlimited> {
        value.table();
        Some(Unlimited)
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
