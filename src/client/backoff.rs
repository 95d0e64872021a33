//! Retry delays: none, fixed, or exponential with jitter.

use crate::bounds;
use crate::read::{Family, Form, Key, Kind, Member, Spec, Table, Tagged};
use crate::units::Span;

/// How a delay e is randomised, U uniform on [0, 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Jitter {
    /// e times what lies so far between `at_0` and `at_1` as U between 0 and 1.
    Between {
        /// The factor at U = 0.
        at_0: f64,
        /// The factor at U = 1.
        at_1: f64,
    },
    /// min(cap, base + U·(3·previous − base)), the previous delay at first base.
    Decorrelated,
}

impl Jitter {
    /// e.
    pub const NONE: Jitter = Jitter::Between { at_0: 1.0, at_1: 1.0 };
    /// U·e.
    pub const FULL: Jitter = Jitter::Between { at_0: 0.0, at_1: 1.0 };
    /// e/2 + U·e/2.
    pub const EQUAL: Jitter = Jitter::Between { at_0: 0.5, at_1: 1.0 };
    /// e·(1 − U/4), as in the SDKs that OpenAI's generator makes.
    pub const QUARTER: Jitter = Jitter::Between { at_0: 1.0, at_1: 0.75 };
}

/// Doubling delays: e = max(floor, min(cap, base·2^(k+from))) before retry k = 0, 1, …, of which
/// min(max, floor + jittered(e − floor) + U·plus) is waited, with one U for both.
///
/// The jitters are those of the AWS Architecture Blog, "Exponential Backoff And Jitter" (Brooker 2015) and its
/// simulator; the other parameters are what real clients add to them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential {
    /// The first delay.
    pub base: Span,
    /// The first delay after any failure but a 429.
    pub base_other: Span,
    /// Doublings before the first retry: some sources count k from 1.
    pub from: u32,
    /// The part of a delay that jitter leaves alone.
    pub floor: Span,
    /// The longest delay before jitter.
    pub cap: Span,
    /// How it is randomised.
    pub jitter: Jitter,
    /// U times this is added.
    pub plus: Span,
    /// The longest delay, all included.
    pub max: Span,
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
    /// Doubling.
    Exponential(Exponential),
}

/// 2ⁿ for n below 1024, exactly: a float of that exponent.
#[inline]
fn power_of_two(n: u32) -> f64 {
    f64::from_bits(u64::from(1023 + n) << 52)
}

impl Exponential {
    /// From `base` up to `cap`, and nothing else.
    pub const fn new(base: Span, cap: Span, jitter: Jitter) -> Exponential {
        let (from, floor, plus, max) = (0, Span::ZERO, Span::ZERO, Span::MAX);
        Exponential { base, base_other: base, from, floor, cap, jitter, plus, max }
    }

    fn delay(&self, k: u32, limited: bool, uniform: f64, previous: Span) -> Span {
        let base = if limited { self.base } else { self.base_other };
        let delay = match self.jitter {
            Jitter::Between { at_0, at_1 } => {
                let doublings = k.min(63) + self.from;
                let e = base.scale(power_of_two(doublings)).min(self.cap);
                let factor = at_0 + (at_1 - at_0) * uniform;
                self.floor.saturating_add(e.saturating_sub(self.floor).scale(factor))
            }
            Jitter::Decorrelated => {
                let high = previous.max(base).scale(3.0);
                base.saturating_add(high.saturating_sub(base).scale(uniform)).min(self.cap)
            }
        };
        let delay = if self.plus.is_zero() { delay } else { delay.saturating_add(self.plus.scale(uniform)) };
        delay.min(self.max)
    }

    fn is_immediate(&self) -> bool {
        let factor = match self.jitter {
            Jitter::Between { at_0, at_1 } => at_0.max(at_1),
            Jitter::Decorrelated => 1.0,
        };
        let e = self.base.min(self.base_other).min(self.cap);
        let doubles_nothing = e.is_zero() || factor == 0.0;
        self.max.is_zero() || (self.floor.is_zero() && self.plus.is_zero() && doubles_nothing)
    }
}

impl Backoff {
    /// The delay before retry `k` (0 = the first) given a uniform draw; `limited` if it follows a 429; `previous`
    /// is this request's last delay, kept for decorrelated jitter.
    pub fn delay(&self, k: u32, limited: bool, uniform: f64, previous: &mut Span) -> Span {
        match self {
            Backoff::Immediate => Span::ZERO,
            Backoff::Fixed { delay } => *delay,
            Backoff::Exponential(exponential) => {
                *previous = exponential.delay(k, limited, uniform, *previous);
                *previous
            }
        }
    }

    /// True if the delay can be zero again and again.
    pub fn is_immediate(&self) -> bool {
        match self {
            Backoff::Immediate => true,
            Backoff::Fixed { delay } => delay.is_zero(),
            Backoff::Exponential(exponential) => exponential.is_immediate(),
        }
    }
}

const IMMEDIATE: Spec = Spec::new("immediate", "at once", &[]);
const FIXED: Spec = Spec::new(
    "fixed",
    "always the same delay",
    &[Key::span("delay", bounds::DELAY).or("\"1 s\"").doc("the delay")],
);

const JITTER: &[Kind] = &[
    Kind::Choice(&[
        ("none", "e"),
        ("equal", "e/2 + U·e/2"),
        ("full", "U·e"),
        ("decorrelated", "min(cap, U(base, 3·previous))"),
        ("quarter", "e·(1 − U/4)"),
    ]),
    Kind::List(&Kind::Number(bounds::JITTER)),
];

const EXPONENTIAL: Spec = Spec::new(
    "exponential",
    "e = min(cap, base·2^k) before retry k = 0, 1, …, with jitter",
    &[
        Key::span("base", bounds::DELAY).or("\"1 s\"").doc("the first delay"),
        Key::span_or_unlimited("cap", bounds::DELAY).or("\"60 s\"").doc("the longest delay"),
        Key::either("jitter", JITTER)
            .or("\"full\"")
            .doc("how it is randomised: a word, or the factors of e at U = 0 and U = 1"),
        Key::span("base_other", bounds::DELAY)
            .optional()
            .doc("the first delay after any failure but a 429; left out, `base`"),
        Key::integer("from", bounds::DOUBLINGS).or("0").doc("k of the first retry"),
        Key::span("floor", bounds::DELAY).or("\"0 s\"").doc("the part of e that jitter leaves alone"),
        Key::span("plus", bounds::DELAY).or("\"0 s\"").doc("U times this is added"),
        Key::span_or_unlimited("max", bounds::DELAY)
            .or("\"unlimited\"")
            .doc("the longest delay, jitter and `plus` included"),
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
            "exponential" => Backoff::Exponential(Exponential::read(&mut table)),
            _ => Backoff::Immediate,
        }
    }
}

impl Exponential {
    fn read(table: &mut Table) -> Exponential {
        let [base, cap] = ["base", "cap"].map(|key| table.span(key));
        let jitter = read_jitter(table);
        let base_other = table.opt_span("base_other").unwrap_or(base);
        let from = table.integer("from") as u32;
        let [floor, plus, max] = ["floor", "plus", "max"].map(|key| table.span(key));
        if table.clean() && cap < base.max(base_other) {
            table.error_at("cap", "the longest delay is below the first", None);
        }
        if table.clean() && cap.min(max) < floor {
            table.error_at("floor", "the shortest delay is above the longest", None);
        }
        for key in ["floor", "from"] {
            if table.clean() && jitter == Jitter::Decorrelated && table.has(key) {
                let message = format!("decorrelated jitter follows from the last delay: it has no `{key}`");
                table.error_at(key, message, Some(format!("leave out `{key}`, or choose another jitter")));
            }
        }
        Exponential { base, base_other, from, floor, cap, jitter, plus, max }
    }
}

fn read_jitter(table: &mut Table) -> Jitter {
    match table.form("jitter") {
        Form::Text(word) => match word.choice() {
            "none" => Jitter::NONE,
            "equal" => Jitter::EQUAL,
            "decorrelated" => Jitter::Decorrelated,
            "quarter" => Jitter::QUARTER,
            _ => Jitter::FULL,
        },
        Form::List(factors) => match factors.list().into_iter().map(Tagged::number).collect::<Vec<_>>()[..] {
            [at_0, at_1] => Jitter::Between { at_0, at_1 },
            _ => {
                if table.clean() {
                    let help = "`jitter = [0.9, 1.1]` draws between nine and eleven tenths of the delay";
                    table.error_at("jitter", "`jitter` needs a word or two factors", Some(help.into()));
                }
                Jitter::FULL
            }
        },
        _ => Jitter::FULL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Span = Span::from_s;

    fn delays(exponential: Exponential, uniform: f64) -> Vec<f64> {
        let backoff = Backoff::Exponential(exponential);
        let mut previous = Span::ZERO;
        (0..6).map(|k| backoff.delay(k, true, uniform, &mut previous).as_secs_f64()).collect()
    }

    #[test]
    fn each_jitter_has_its_range() {
        let delays = |jitter, uniform| delays(Exponential::new(S(1), S(10), jitter), uniform);
        assert_eq!(delays(Jitter::NONE, 0.3), [1., 2., 4., 8., 10., 10.]);
        assert_eq!(delays(Jitter::FULL, 0.5), [0.5, 1., 2., 4., 5., 5.]);
        assert_eq!(delays(Jitter::EQUAL, 0.0), [0.5, 1., 2., 4., 5., 5.]);
        assert_eq!(delays(Jitter::QUARTER, 1.0), [0.75, 1.5, 3., 6., 7.5, 7.5]);
        assert_eq!(delays(Jitter::Decorrelated, 0.0), [1.; 6]);
        assert_eq!(delays(Jitter::Decorrelated, 1.0), [3., 9., 10., 10., 10., 10.]);
        assert_eq!(delays(Jitter::Between { at_0: 0.5, at_1: 1.5 }, 1.0), [1.5, 3., 6., 12., 15., 15.]);
    }

    #[test]
    fn what_clients_add_to_it() {
        let plain = Exponential::new(S(1), S(10), Jitter::FULL);
        assert_eq!(delays(Exponential { from: 1, ..plain }, 0.5), [1., 2., 4., 5., 5., 5.]);
        assert_eq!(delays(Exponential { floor: S(2), ..plain }, 0.5), [2., 2., 3., 5., 6., 6.]);
        assert_eq!(delays(Exponential { plus: S(2), ..plain }, 0.5), [1.5, 2., 3., 5., 6., 6.]);
        assert_eq!(delays(Exponential { max: S(3), ..plain }, 0.5), [0.5, 1., 2., 3., 3., 3.]);
        let by_kind = Backoff::Exponential(Exponential { base_other: S(4), ..plain });
        let delay = |limited| by_kind.delay(1, limited, 0.5, &mut Span::default());
        assert_eq!((delay(true), delay(false)), (S(1), S(4)));
    }

    #[test]
    fn far_retries_do_not_overflow() {
        for cap in [S(60), Span::MAX] {
            let exponential =
                Exponential { from: 32, plus: Span::MAX, ..Exponential::new(S(3600), cap, Jitter::NONE) };
            let mut previous = Span::default();
            let delay = Backoff::Exponential(exponential).delay(u32::MAX, true, 0.0, &mut previous);
            assert_eq!(delay, cap);
        }
    }

    #[test]
    fn a_delay_that_is_always_zero_is_immediate() {
        let plain = Exponential::new(S(1), S(10), Jitter::FULL);
        for (exponential, immediate) in [
            (plain, false),
            (Exponential { base_other: S(0), ..plain }, true),
            (Exponential { base_other: S(0), plus: S(1), ..plain }, false),
            (Exponential { jitter: Jitter::Between { at_0: 0.0, at_1: 0.0 }, ..plain }, true),
            (Exponential { jitter: Jitter::Between { at_0: 0.0, at_1: 0.0 }, floor: S(1), ..plain }, false),
            (Exponential { max: S(0), ..plain }, true),
        ] {
            assert_eq!(Backoff::Exponential(exponential).is_immediate(), immediate, "{exponential:?}");
        }
    }
}
