//! Retry delays: none, fixed, or exponential with jitter.

use crate::bounds;
use crate::read::{Family, Key, Member, Spec, Tagged};
use crate::units::Span;

/// How a computed delay is randomised. e = min(cap, base·2^k), U uniform on [0, 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// e.
    None,
    /// U·e.
    Full,
    /// e/2 + U·e/2.
    Equal,
    /// min(cap, base + U·(3·previous − base)), the previous delay at first base.
    Decorrelated,
    /// e·(1 − U/4), as in the SDKs that OpenAI's generator makes.
    Quarter,
}

/// The delay before a retry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Backoff {
    /// At once.
    Immediate,
    /// Always the same.
    Fixed {
        /// The delay.
        delay: Span,
    },
    /// Doubling from `base` up to `cap`. The jitters are those of the AWS Architecture Blog, "Exponential
    /// Backoff And Jitter" (Brooker 2015) and its simulator.
    Exponential {
        /// The first delay.
        base: Span,
        /// The longest.
        cap: Span,
        /// How it is randomised.
        jitter: Jitter,
    },
}

impl Backoff {
    /// The delay before retry `k` (0 = the first) given a uniform draw; `previous` is this request's last
    /// delay, kept for decorrelated jitter.
    pub fn delay(&self, k: u32, uniform: f64, previous: &mut Span) -> Span {
        let Backoff::Exponential { base, cap, jitter } = *self else {
            return if let Backoff::Fixed { delay } = *self { delay } else { Span::ZERO };
        };
        let doubled = base.scale(f64::from(k.min(63)).exp2()).min(cap);
        let delay = match jitter {
            Jitter::None => doubled,
            Jitter::Full => doubled.scale(uniform),
            Jitter::Equal => doubled.scale(0.5 + 0.5 * uniform),
            Jitter::Quarter => doubled.scale(1.0 - 0.25 * uniform),
            Jitter::Decorrelated => {
                let high = (*previous).max(base).scale(3.0);
                base.saturating_add(high.saturating_sub(base).scale(uniform)).min(cap)
            }
        };
        *previous = delay;
        delay
    }

    /// True if the delay can be zero again and again.
    pub fn is_immediate(&self) -> bool {
        match self {
            Backoff::Immediate => true,
            Backoff::Fixed { delay } => delay.is_zero(),
            Backoff::Exponential { base, cap, .. } => base.is_zero() || cap.is_zero(),
        }
    }
}

const IMMEDIATE: Spec = Spec::new("immediate", "at once", &[]);
const FIXED: Spec = Spec::new(
    "fixed",
    "always the same delay",
    &[Key::span("delay", bounds::DELAY).or("\"1 s\"").doc("the delay")],
);
const EXPONENTIAL: Spec = Spec::new(
    "exponential",
    "e = min(cap, base·2^k) before retry k = 0, 1, …, with jitter",
    &[
        Key::span("base", bounds::DELAY).or("\"1 s\"").doc("the first delay"),
        Key::span("cap", bounds::DELAY).or("\"60 s\"").doc("the longest delay"),
        Key::choice(
            "jitter",
            &[
                ("none", "e"),
                ("equal", "e/2 + U·e/2"),
                ("full", "U·e"),
                ("decorrelated", "min(cap, U(base, 3·previous))"),
                ("quarter", "e·(1 − U/4)"),
            ],
        )
        .or("\"full\"")
        .doc("how it is randomised"),
    ],
);

/// Retry delays, as a scenario names them.
pub const RETRIES: Family = Family::new(
    "retry",
    "the delay before a retry",
    &[
        Member::table("immediate", &IMMEDIATE),
        Member::table("fixed", &FIXED),
        Member::table("exponential", &EXPONENTIAL),
    ],
);

impl Backoff {
    /// Read a chosen retry delay.
    pub fn read(chosen: Tagged) -> Backoff {
        let tag = chosen.tag;
        let mut table = chosen.table();
        match tag {
            "fixed" => Backoff::Fixed { delay: table.span("delay") },
            "exponential" => {
                let [base, cap] = ["base", "cap"].map(|key| table.span(key));
                let jitter = match table.choice("jitter") {
                    "none" => Jitter::None,
                    "equal" => Jitter::Equal,
                    "decorrelated" => Jitter::Decorrelated,
                    "quarter" => Jitter::Quarter,
                    _ => Jitter::Full,
                };
                if table.clean() && cap < base {
                    table.error_at("cap", "the longest delay is below the first", None);
                }
                Backoff::Exponential { base, cap, jitter }
            }
            _ => Backoff::Immediate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(jitter: Jitter, uniform: f64) -> Vec<f64> {
        let backoff = Backoff::Exponential { base: Span::from_s(1), cap: Span::from_s(10), jitter };
        let mut previous = Span::ZERO;
        (0..6).map(|k| backoff.delay(k, uniform, &mut previous).as_secs_f64()).collect()
    }

    #[test]
    fn each_jitter_has_its_range() {
        assert_eq!(delays(Jitter::None, 0.3), [1., 2., 4., 8., 10., 10.]);
        assert_eq!(delays(Jitter::Full, 0.5), [0.5, 1., 2., 4., 5., 5.]);
        assert_eq!(delays(Jitter::Equal, 0.0), [0.5, 1., 2., 4., 5., 5.]);
        assert_eq!(delays(Jitter::Quarter, 1.0), [0.75, 1.5, 3., 6., 7.5, 7.5]);
        assert_eq!(delays(Jitter::Decorrelated, 0.0), [1.; 6]);
        assert_eq!(delays(Jitter::Decorrelated, 1.0), [3., 9., 10., 10., 10., 10.]);
    }

    #[test]
    fn far_retries_do_not_overflow() {
        let backoff =
            Backoff::Exponential { base: Span::from_s(3600), cap: Span::from_s(60), jitter: Jitter::None };
        let mut previous = Span::default();
        assert_eq!(backoff.delay(u32::MAX, 0.0, &mut previous), Span::from_s(60));
    }
}
