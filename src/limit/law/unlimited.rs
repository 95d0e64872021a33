//! `unlimited`: no limit at all; every attempt is green and every failure a 503.

use crate::limit::rate_law::{RateLaw, Scene, Written};
use crate::limit::usage::{Rates, Usage};
use crate::read::{Member, Spec, Tagged};

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
    type Memory = ();
    type Shared = ();

    fn shared(&self) {}

    fn join(&self, _weight: f64, (): &mut ()) {}

    fn describe(&self) -> String {
        "unlimited".into()
    }

    #[inline]
    fn rates(&self, _scene: &Scene, _usage: &mut Usage, (): &mut (), (): &mut ()) -> Rates {
        Rates { requests: f64::INFINITY, tokens: f64::INFINITY }
    }
}
