//! `fixed`: the constant limits everybody knows.

use super::rate_law::{Live, RateLaw, Written};
use super::usage::{Rates, Usage};
use crate::bounds;
use crate::read::{Key, Member, Spec, Table, Tagged};
use crate::units::{Quantity, Rate, SimTime};

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

/// Requests and tokens per second of a table with these two keys.
pub(super) fn read_rates(table: &mut Table) -> Rates {
    let [requests, tokens] = ["requests", "tokens"].map(|key| table.rate(key));
    Rates { requests: requests.per_s(), tokens: tokens.per_s() }
}

impl Written for Fixed {
    const MEMBER: Member = Member::table("fixed", &SPEC);

    fn read(value: Tagged<'_>, (): ()) -> Option<Fixed> {
        Some(Fixed { limits: read_rates(&mut value.table()) })
    }
}

impl RateLaw for Fixed {
    fn describe(&self) -> String {
        let [requests, tokens] = [self.limits.requests, self.limits.tokens].map(Rate::from_per_s);
        match [requests, tokens].map(Rate::is_unlimited) {
            [true, true] => "fixed, unlimited".into(),
            [false, true] => format!("fixed {requests} requests"),
            [true, false] => format!("fixed {tokens} tokens"),
            [false, false] => format!("fixed {requests} requests, {tokens} tokens"),
        }
    }

    fn rates(&self, _now: SimTime, _usage: &mut Usage, _live: &Live) -> Rates {
        self.limits
    }
}
