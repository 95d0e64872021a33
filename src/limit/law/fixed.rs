//! `fixed`: the constant limits everybody knows.

use crate::bounds;
use crate::limit::band::read_rates;
use crate::limit::rate_law::{RateLaw, Scene, Written};
use crate::limit::usage::{Rates, Usage};
use crate::read::{Key, Member, Spec, Tagged};
use crate::units::{Quantity, Rate};

/// Constant limits; a resource left out is unlimited.
#[derive(Clone, Debug, PartialEq)]
pub struct Fixed {
    /// Requests and tokens per second.
    pub limits: Rates,
}

/// The law's keys.
const SPEC: Spec = Spec::new(
    "fixed",
    "constant limits",
    &[
        Key::rate_or_unlimited("requests", Quantity::Requests, bounds::LIMIT)
            .or("\"unlimited\"")
            .doc("requests per time, whatever happens"),
        Key::rate_or_unlimited("tokens", Quantity::Tokens, bounds::LIMIT)
            .or("\"unlimited\"")
            .doc("prompt + output tokens per time"),
    ],
);

impl Written for Fixed {
    const MEMBER: Member = Member::table("fixed", &SPEC);

    fn read(value: Tagged<'_>, (): ()) -> Option<Fixed> {
        Some(Fixed { limits: read_rates(&mut value.table()) })
    }
}

impl RateLaw for Fixed {
    type Memory = ();
    type Shared = ();

    fn shared(&self) {}

    fn join(&self, _weight: f64, (): &mut ()) {}

    fn describe(&self) -> String {
        let [requests, tokens] = [self.limits.requests, self.limits.tokens].map(Rate::from_per_s);
        match [requests, tokens].map(Rate::is_unlimited) {
            [true, true] => "fixed, unlimited".into(),
            [false, true] => format!("fixed {requests} requests"),
            [true, false] => format!("fixed {tokens} tokens"),
            [false, false] => format!("fixed {requests} requests, {tokens} tokens"),
        }
    }

    #[inline]
    fn rates(&self, _scene: &Scene, _usage: &mut Usage, (): &mut (), (): &mut ()) -> Rates {
        self.limits
    }
}
