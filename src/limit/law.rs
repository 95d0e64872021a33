//! The rate laws' registry. A new law is a file in `src/limit/law` that implements `RateLaw` and `Written`, and
//! one line below: the line declares the module too.

use super::rate_law::{Kept, RateLaw, Written};
use super::usage::{Rates, Usage};
use crate::read::{Family, Tagged};
use crate::registry::registry;
use crate::units::Span;

pub use super::rate_law::{Answer, Asked, Live, Scene};

/// The modules, the enum of all laws, and the enums of what they remember.
macro_rules! laws {
    ($($(#[$doc:meta])* $module:ident: $Kind:ident,)+) => {
        $(pub mod $module; use $module::$Kind;)+

        registry!(@enum {
            /// Any of the laws.
            #[derive(PartialEq)]
        } Law { $($(#[$doc])* $Kind,)+ });
        registry!(@written Law { $($(#[$doc])* $Kind,)+ } [] [Written] [()]);

        /// What the law remembers of one (org, model): boxed, so that an org is no larger than its law needs.
        #[derive(Clone, Debug)]
        pub enum Memory {
            $($(#[$doc])* $Kind(Box<<$Kind as RateLaw>::Memory>),)+
        }

        /// What the law remembers of a model, over all orgs.
        #[derive(Clone, Debug)]
        pub enum Shared {
            $($(#[$doc])* $Kind(<$Kind as RateLaw>::Shared),)+
        }

        /// What each kind does, by its own `RateLaw`.
        ///
        /// # Panics
        /// If the memory is of another kind than the law.
        impl Law {
            /// A model before anything has happened.
            pub fn shared(&self) -> Shared {
                match self {
                    $(Law::$Kind(law) => Shared::$Kind(law.shared()),)+
                }
            }

            /// An org of this weight, new to the model.
            pub fn join(&self, weight: f64, shared: &mut Shared) -> Memory {
                match (self, shared) {
                    $((Law::$Kind(law), Shared::$Kind(shared)) => {
                        Memory::$Kind(Box::new(law.join(weight, shared)))
                    })+
                    _ => other_kind(),
                }
            }

            /// The dynamic rates per second; an unlimited resource is infinite.
            #[inline]
            pub fn rates(
                &self, scene: &Scene, usage: &mut Usage, memory: &mut Memory, shared: &mut Shared,
            ) -> Rates {
                match (self, memory, shared) {
                    $((Law::$Kind(law), Memory::$Kind(memory), Shared::$Kind(shared)) => {
                        law.rates(scene, usage, memory, shared)
                    })+
                    _ => other_kind(),
                }
            }

            /// An attempt of so many tokens asks: the rates that it meets, of which the law then hears.
            #[inline]
            pub fn asked(
                &self, scene: &Scene, tokens: f64, usage: &mut Usage, memory: &mut Memory, shared: &mut Shared,
            ) -> Rates {
                match (self, memory, shared) {
                    $((Law::$Kind(law), Memory::$Kind(memory), Shared::$Kind(shared)) => {
                        let met = law.rates(scene, usage, memory, shared);
                        law.asked(scene, &Asked { tokens, met }, memory, shared);
                        met
                    })+
                    _ => other_kind(),
                }
            }

            /// An attempt ended.
            #[inline]
            pub fn answered(&self, scene: &Scene, answer: Answer, memory: &mut Memory, shared: &mut Shared) {
                match (self, memory, shared) {
                    $((Law::$Kind(law), Memory::$Kind(memory), Shared::$Kind(shared)) => {
                        law.answered(scene, answer, memory, shared)
                    })+
                    _ => other_kind(),
                }
            }

            /// The window of recent use.
            pub fn window(&self) -> Span {
                match self { $(Law::$Kind(law) => law.window(),)+ }
            }

            /// The law and its main parameters in a few words.
            pub fn describe(&self) -> String {
                match self { $(Law::$Kind(law) => law.describe(),)+ }
            }

            /// Bytes of what the law remembers of one org that asks.
            pub fn memory_bytes(&self) -> usize {
                match self { $(Law::$Kind(law) => law.memory_bytes(),)+ }
            }

            /// Whether the law reads [`Live::utilization`].
            pub fn reads_utilization(&self) -> bool {
                match self { $(Law::$Kind(law) => law.reads_utilization(),)+ }
            }

            /// Whether the clock of recent use stands still from a 503 to the next 200.
            pub fn freezes_on_503(&self) -> bool {
                match self { $(Law::$Kind(law) => law.freezes_on_503(),)+ }
            }
        }

        /// The rules each law keeps, by its tag, in the order of the registry.
        pub const RULES: &[(&str, Kept)] = &[$((<$Kind as Written>::MEMBER.tag, <$Kind as Written>::KEPT)),+];
    };
}

laws! {
    /// A multiple of the successes of the past window.
    success_window: SuccessWindow,
    /// A multiple of exponentially averaged successes.
    ewma: Ewma,
    /// Additive increase while the rate is used, a cut at each 503.
    additive: Additive,
    /// Live capacity, shared by max–min among the orgs that ask.
    fair_share: FairShare,
    /// A multiple of the best recent minute, fading.
    recent_peak: RecentPeak,
    /// A tier's limit, approached from the best recent minute.
    tiered: Tiered,
    /// An expression of the scenario.
    formula: Formula,
    /// Constant limits.
    fixed: Fixed,
    /// No limits.
    unlimited: Unlimited,
}

fn other_kind() -> ! {
    unreachable!("a law meets memory of its own kind alone")
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
