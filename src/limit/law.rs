//! The rate laws, and the registry that names them.

use super::fixed::{self, Fixed};
use super::success_window::{self, SuccessWindow};
use super::unlimited::{self, Unlimited};
use super::usage::{Rates, Usage};
use crate::read::{Family, Member, Table};
use crate::units::{SimTime, Span};

/// What a law may know of the model at this instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Live {
    /// What the ready replicas complete when saturated, at the recent mix, per second.
    pub capacity: Rates,
    /// Work in service over ready capacity, exponentially averaged over 30 s; 1 with nothing ready.
    pub utilization: f64,
}

/// A law: (recent usage, live model) → dynamic rate. Evaluated when looked at, never on a timer.
pub trait RateLaw {
    /// The dynamic rates per second at `now`; an unlimited resource is infinite.
    fn rates(&self, now: SimTime, usage: &mut Usage, live: &Live) -> Rates;

    /// The window of recent usage; laws without one report the past hour.
    fn window(&self) -> Span {
        Span::from_s(3600)
    }

    /// The law and its main parameters in a few words, for charts and screens.
    fn describe(&self) -> String;

    /// Whether the law reads [`Live::utilization`] (averaging it costs an exponential per change).
    fn reads_utilization(&self) -> bool {
        false
    }
}

/// Any of the laws.
#[derive(Clone, Debug, PartialEq)]
pub enum Law {
    /// A multiple of the successes of the past window.
    SuccessWindow(SuccessWindow),
    /// Constant limits.
    Fixed(Fixed),
    /// No limits.
    Unlimited(Unlimited),
}

/// All laws, as a scenario names them.
pub const LAWS: Family = Family::new(
    "law",
    "how an org's dynamic rate follows live capacity and recent use",
    &[
        Member::table("success_window", &success_window::SPEC),
        Member::table("fixed", &fixed::SPEC),
        Member::table("unlimited", &unlimited::SPEC),
    ],
);

/// What a law keeps of the rules by which a dynamic limit is known, each numbered as `list laws` explains it.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// Its tag.
    pub law: &'static str,
    /// The rules it keeps, of S2 to S6.
    pub rules: &'static [&'static str],
    /// On what that depends; empty where it always holds.
    pub condition: &'static str,
}

/// The rules each law keeps.
pub const RULES: &[Kept] = &[
    Kept {
        law: "success_window",
        rules: &["S2", "S3", "S4", "S5", "S6"],
        condition: "S2 only load-scaled or with `share`",
    },
    Kept { law: "fixed", rules: &[], condition: "" },
    Kept { law: "unlimited", rules: &[], condition: "" },
];

impl Law {
    /// Read the key `law` of a table.
    pub fn read(table: &mut Table) -> Law {
        let Some(chosen) = table.tagged("law") else { return Law::Unlimited(Unlimited) };
        let tag = chosen.tag;
        let mut table = chosen.table();
        match tag {
            "success_window" => Law::SuccessWindow(SuccessWindow::read(&mut table)),
            "fixed" => Law::Fixed(Fixed::read(&mut table)),
            "unlimited" => Law::Unlimited(Unlimited::read(&mut table)),
            other => unreachable!("{other} is not in the family"),
        }
    }

    fn law(&self) -> &dyn RateLaw {
        match self {
            Law::SuccessWindow(law) => law,
            Law::Fixed(law) => law,
            Law::Unlimited(law) => law,
        }
    }

    /// See [`RateLaw::rates`]; dispatched statically, for this is in the hot path.
    #[inline]
    pub fn rates(&self, now: SimTime, usage: &mut Usage, live: &Live) -> Rates {
        match self {
            Law::SuccessWindow(law) => law.rates(now, usage, live),
            Law::Fixed(law) => law.rates(now, usage, live),
            Law::Unlimited(law) => law.rates(now, usage, live),
        }
    }

    /// See [`RateLaw::window`].
    pub fn window(&self) -> Span {
        self.law().window()
    }

    /// See [`RateLaw::describe`].
    pub fn describe(&self) -> String {
        self.law().describe()
    }

    /// See [`RateLaw::reads_utilization`].
    pub fn reads_utilization(&self) -> bool {
        self.law().reads_utilization()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_law_declares_the_rules_it_keeps() {
        let tags: Vec<&str> = LAWS.members.iter().map(|member| member.tag).collect();
        let declared: Vec<&str> = RULES.iter().map(|kept| kept.law).collect();
        assert_eq!(declared, tags);
        for kept in RULES {
            assert!(kept.rules.iter().all(|rule| ["S2", "S3", "S4", "S5", "S6"].contains(rule)), "{kept:?}");
        }
    }
}
