//! The band of a law: what it wants is held between a base and a cap, and below a share of live capacity.

use super::rate_law::Live;
use super::usage::Rates;
use crate::bounds;
use crate::read::{Key, Spec, Table};
use crate::units::Quantity;

/// Bounds of the dynamic rates, per second.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// The rate of an org without history; wins over every bound.
    pub base: Rates,
    /// The highest rate.
    pub cap: Rates,
    /// The largest share of live capacity one org may be granted; `None` = not bounded by capacity.
    pub share: Option<f64>,
}

const BASE_SPEC: Spec = Spec::new(
    "base",
    "the rate of an org without history; wins over every bound",
    &[
        Key::rate_or_unlimited("requests", Quantity::Requests, bounds::LIMIT)
            .or("\"60/min\"")
            .doc("requests"),
        Key::rate_or_unlimited("tokens", Quantity::Tokens, bounds::LIMIT).or("\"60k/min\"").doc("tokens"),
    ],
);

const CAP_SPEC: Spec = Spec::new(
    "cap",
    "the highest rate; of a resource whose base is unlimited, unlimited",
    &[
        Key::rate_or_unlimited("requests", Quantity::Requests, bounds::LIMIT)
            .or("\"6000/min\"")
            .doc("requests"),
        Key::rate_or_unlimited("tokens", Quantity::Tokens, bounds::LIMIT).or("\"2M/min\"").doc("tokens"),
    ],
);

/// The key of [`Band::base`].
pub const BASE: Key = Key::table("base", &BASE_SPEC).or_table().doc("the least");
/// The key of [`Band::cap`].
pub const CAP: Key = Key::table("cap", &CAP_SPEC).or_table().doc("the most");
/// The key of [`Band::share`].
pub const SHARE: Key = Key::number("share", bounds::SHARE)
    .optional()
    .doc("largest share of live capacity an org is granted; left out, capacity is no bound");

/// Requests and tokens per second of a table with these two keys.
pub fn read_rates(table: &mut Table) -> Rates {
    let [requests, tokens] = ["requests", "tokens"].map(|key| table.rate(key));
    Rates { requests: requests.per_s(), tokens: tokens.per_s() }
}

impl Band {
    /// Reads [`BASE`] and [`CAP`] of a law's table.
    pub fn read(table: &mut Table) -> Band {
        let mut base_table = table.table("base");
        let base = read_rates(&mut base_table);
        let mut cap_table = table.table("cap");
        let given = ["requests", "tokens"].map(|key| cap_table.has(key));
        let mut cap = read_rates(&mut cap_table);
        if base.requests.is_infinite() && !given[0] {
            cap.requests = f64::INFINITY;
        }
        if base.tokens.is_infinite() && !given[1] {
            cap.tokens = f64::INFINITY;
        }
        for (key, least, most) in
            [("requests", base.requests, cap.requests), ("tokens", base.tokens, cap.tokens)]
        {
            if least > most && table.clean() {
                base_table.error_at(
                    key,
                    "the base is above the cap",
                    Some("the cap is the highest rate".into()),
                );
            }
        }
        Band { base, cap, share: None }
    }

    /// Reads [`BASE`], [`CAP`] and [`SHARE`] of a law's table.
    pub fn read_shared(table: &mut Table) -> Band {
        let share = table.opt_number("share");
        Band { share, ..Band::read(table) }
    }

    /// `wanted`, held within: max(base, min(wanted, cap, share·K)).
    #[inline]
    pub fn hold(&self, wanted: Rates, live: &Live) -> Rates {
        let wanted = wanted.zip(self.cap, f64::min);
        let bounded = match self.share {
            Some(share) => wanted.zip(live.capacity, |d, k| d.min(share * k)),
            None => wanted,
        };
        bounded.zip(self.base, f64::max)
    }

    /// The share in words, for a law's description.
    pub fn share_words(&self) -> String {
        self.share.map_or(String::new(), |share| format!(", ≤ {share} of capacity"))
    }
}
