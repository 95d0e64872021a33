//! Honouring what the platform tells: which header a client obeys, and how.

use crate::bounds;
use crate::read::{Key, Spec, Table};
use crate::reply::Reply;
use crate::units::Span;

/// A header with seconds to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// `Retry-After`.
    RetryAfter,
    /// `x-ratelimit-reset`.
    Reset,
}

/// How told seconds and the computed delay combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    /// The told seconds replace the computed delay.
    Replace,
    /// The larger of both.
    Floor,
}

/// What a client does with told seconds beyond the longest it honours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// Falls back to its computed delay.
    Backoff,
    /// Waits the longest it honours.
    Clip,
    /// Does not retry.
    GiveUp,
}

/// A client's obedience to one header.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Honor {
    /// Which header; `None` = it reads none.
    pub header: Option<Header>,
    /// How it combines.
    pub combine: Combine,
    /// The delay is multiplied by 1 + jitter·U.
    pub jitter: f64,
    /// U·spread times the told wait is added.
    pub spread: f64,
    /// U·plus is added.
    pub plus: Span,
    /// The longest told wait that is honoured.
    pub max: Span,
    /// What a longer one does.
    pub beyond: Beyond,
}

/// What the header says about a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Nothing; use the computed delay.
    Silent,
    /// Wait so long.
    Wait(Span),
    /// Do not retry.
    Stop,
}

impl Honor {
    /// A client that reads no header.
    pub const NONE: Honor = Honor::simple(None);

    /// Obey a header to the second.
    pub const fn simple(header: Option<Header>) -> Honor {
        let (jitter, spread, plus) = (0.0, 0.0, Span::ZERO);
        Honor {
            header,
            combine: Combine::Replace,
            jitter,
            spread,
            plus,
            max: Span::MAX,
            beyond: Beyond::Backoff,
        }
    }

    /// What a reply advises.
    pub fn advice(&self, reply: &Reply) -> Advice {
        let told = match self.header {
            None => None,
            Some(Header::RetryAfter) => reply.retry_after,
            Some(Header::Reset) => reply.reset,
        };
        match told.map(|seconds| Span::from_s(seconds.get().into())) {
            None => Advice::Silent,
            Some(wait) if wait.is_zero() => Advice::Silent,
            Some(wait) if wait <= self.max => Advice::Wait(wait),
            Some(_) => match self.beyond {
                Beyond::Backoff => Advice::Silent,
                Beyond::Clip => Advice::Wait(self.max),
                Beyond::GiveUp => Advice::Stop,
            },
        }
    }

    /// The delay that follows from an advised wait and the computed delay; one draw for all jitter.
    pub fn combine(&self, advised: Span, computed: Span, uniform: f64) -> Span {
        let wait = match self.combine {
            Combine::Replace => advised,
            Combine::Floor => advised.max(computed),
        };
        let wait = if self.jitter == 0.0 { wait } else { wait.scale(1.0 + self.jitter * uniform) };
        wait.saturating_add(advised.scale(self.spread * uniform)).saturating_add(self.plus.scale(uniform))
    }
}

/// The keys of `honor`; a bare string names the header.
pub const SPEC: Spec = Spec::new(
    "honor",
    "which header a client obeys, and how; a bare string names the header",
    &[
        Key::choice(
            "header",
            &[("none", "none"), ("retry_after", "`Retry-After`"), ("reset", "`x-ratelimit-reset`")],
        )
        .or("\"none\"")
        .doc("the header"),
        Key::choice(
            "combine",
            &[("replace", "the told wait replaces the computed delay"), ("floor", "the larger of both")],
        )
        .or("\"replace\"")
        .doc("how it combines with the computed delay"),
        Key::number("jitter", bounds::HONOR_JITTER).or("0.0").doc("the delay is multiplied by 1 + jitter·U"),
        Key::number("spread", bounds::HONOR_JITTER).or("0.0").doc("U·spread times the told wait is added"),
        Key::span("plus", bounds::DELAY).or("\"0 s\"").doc("U times this is added"),
        Key::span_or_unlimited("max", bounds::DELAY).or("\"unlimited\"").doc("the longest told wait obeyed"),
        Key::choice(
            "beyond",
            &[("backoff", "the computed delay"), ("clip", "the longest obeyed"), ("give_up", "no retry")],
        )
        .or("\"backoff\"")
        .doc("what a longer one means"),
    ],
)
.shorthand(&["header"]);

impl Honor {
    /// Read the table.
    pub fn read(table: &mut Table) -> Honor {
        let header = match table.choice("header") {
            "retry_after" => Some(Header::RetryAfter),
            "reset" => Some(Header::Reset),
            _ => None,
        };
        let combine = if table.choice("combine") == "floor" { Combine::Floor } else { Combine::Replace };
        let [jitter, spread] = ["jitter", "spread"].map(|key| table.number(key));
        let [plus, max] = ["plus", "max"].map(|key| table.span(key));
        let beyond = match table.choice("beyond") {
            "give_up" => Beyond::GiveUp,
            "clip" => Beyond::Clip,
            _ => Beyond::Backoff,
        };
        Honor { header, combine, jitter, spread, plus, max, beyond }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::{Outcome, Told};

    const fn told(seconds: u32) -> Reply {
        Reply { outcome: Outcome::LimitedRequest, reset: Some(Told::new(seconds)), retry_after: None }
    }

    #[test]
    fn only_the_honoured_header_counts() {
        assert_eq!(Honor::NONE.advice(&told(7)), Advice::Silent);
        assert_eq!(Honor::simple(Some(Header::RetryAfter)).advice(&told(7)), Advice::Silent);
        assert_eq!(Honor::simple(Some(Header::Reset)).advice(&told(7)), Advice::Wait(Span::from_s(7)));
    }

    #[test]
    fn a_longer_wait_than_honoured_falls_back_or_stops() {
        let mut honor = Honor { max: Span::from_s(30), ..Honor::simple(Some(Header::Reset)) };
        assert_eq!(honor.advice(&told(31)), Advice::Silent);
        honor.beyond = Beyond::GiveUp;
        assert_eq!(honor.advice(&told(31)), Advice::Stop);
        honor.beyond = Beyond::Clip;
        assert_eq!(honor.advice(&told(31)), Advice::Wait(Span::from_s(30)));
    }

    #[test]
    fn floor_takes_the_larger_and_jitter_only_adds() {
        let honor = Honor { combine: Combine::Floor, jitter: 0.5, ..Honor::simple(Some(Header::Reset)) };
        let s = Span::from_s;
        assert_eq!(honor.combine(s(4), s(10), 0.0), s(10));
        assert_eq!(honor.combine(s(20), s(10), 0.5), s(25));
        assert_eq!(Honor::simple(Some(Header::Reset)).combine(s(4), s(10), 0.9), s(4));
        // Of the told wait alone, and of nothing.
        let honor = Honor { jitter: 0.0, spread: 0.5, ..honor };
        assert_eq!([honor.combine(s(4), s(10), 0.5), honor.combine(s(20), s(10), 0.5)], [s(11), s(25)]);
        let honor = Honor { plus: s(2), ..Honor::simple(Some(Header::Reset)) };
        assert_eq!(honor.combine(s(4), s(10), 0.5), s(5));
    }
}
