//! The rate laws' registry. A new law is a file here that implements `RateLaw` and `Written`, its `mod` and
//! `use` lines, and one line of the registry.

use super::fixed::Fixed;
use super::rate_law::Written;
use super::success_window::SuccessWindow;
use super::unlimited::Unlimited;
use super::usage::{Rates, Usage};
use crate::read::{Family, Tagged};
use crate::registry::registry;
use crate::units::{SimTime, Span};

pub use super::rate_law::{Kept, Live, RateLaw};

/// The registry, and beside it what each law keeps of the rules.
macro_rules! laws {
    ($($(#[$doc:meta])* $Kind:ident,)+) => {
        registry! {
            /// Any of the laws.
            #[derive(PartialEq)]
            pub enum Law: RateLaw { $($(#[$doc])* $Kind,)+ }
            reads {
                rates(now: SimTime, usage: &mut Usage, live: &Live) -> Rates;
                window() -> Span;
                describe() -> String;
                reads_utilization() -> bool;
            }
            advances {}
            written[] as Written, given ();
        }

        /// The rules each law keeps, by its tag, in the order of the registry.
        pub const RULES: &[(&str, Kept)] = &[$((<$Kind as Written>::MEMBER.tag, <$Kind as Written>::KEPT)),+];
    };
}

laws! {
    /// A multiple of the successes of the past window.
    SuccessWindow,
    /// Constant limits.
    Fixed,
    /// No limits.
    Unlimited,
}

/// All laws, as a scenario names them.
pub const LAWS: Family =
    Family::new("law", "how an org's dynamic rate follows live capacity and recent use", &Law::members());

impl Law {
    /// Reads a law of [`LAWS`]; no limit after an error, which is recorded.
    pub fn of(chosen: Option<Tagged<'_>>) -> Law {
        chosen.and_then(|chosen| Law::read(chosen, ())).unwrap_or(Law::Unlimited(Unlimited))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_law_keeps_rules_that_there_are() {
        for (law, kept) in RULES {
            assert!(kept.rules.iter().all(|rule| ["S2", "S3", "S4", "S5", "S6"].contains(rule)), "{law}");
            assert!(!kept.rules.is_empty() || kept.condition.is_empty(), "{law}: a condition of nothing");
        }
    }
}
