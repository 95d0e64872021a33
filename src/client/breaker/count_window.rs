//! A breaker on the share of errors among the last attempts.

use crate::bounds;
use crate::client::guard::Guard;
use crate::client::part::{Ended, Written};
use crate::read::{Key, Member, Spec, Tagged};
use crate::units::{SimTime, Span};

/// Attempts that fit.
const MEMORY: usize = bounds::BREAKER_MEMORY.max as usize;

/// Opens when `calls` attempts have ended and at least `share` of the last `calls` failed; after `open` it lets
/// `probes` attempts go, and closes if less than `share` of the next `probes` ends are failures, else opens anew
/// (resilience4j `CircuitBreakerConfig`, its count-based window; a slow answer is no failure, its default).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CountWindow {
    calls: u32,
    share: f64,
    open: Span,
    probes: u32,
    state: State,
    ends: Ring,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Closed,
    Open { since: SimTime },
    HalfOpen { permits: u32 },
}

/// The last ends: a bit each, set where it failed.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ring {
    bits: [u64; MEMORY / 64],
    size: u32,
    next: u32,
    count: u32,
    failed: u32,
}

impl Ring {
    const fn new(size: u32) -> Ring {
        assert!(size > 0 && size as usize <= MEMORY, "so many ends are remembered");
        Ring { bits: [0; MEMORY / 64], size, next: 0, count: 0, failed: 0 }
    }

    fn push(&mut self, failed: bool) {
        let (word, mask) = (&mut self.bits[(self.next / 64) as usize], 1 << (self.next % 64));
        let forgotten = *word & mask != 0;
        *word = if failed { *word | mask } else { *word & !mask };
        self.failed = self.failed + u32::from(failed) - u32::from(forgotten);
        self.count = (self.count + 1).min(self.size);
        self.next = (self.next + 1) % self.size;
    }

    /// The share of failures, once it is full.
    fn share(&self) -> Option<f64> {
        (self.count == self.size).then(|| f64::from(self.failed) / f64::from(self.count))
    }
}

impl CountWindow {
    /// A closed breaker.
    pub const fn new(calls: u32, share: f64, open: Span, probes: u32) -> CountWindow {
        CountWindow { calls, share, open, probes, state: State::Closed, ends: Ring::new(calls) }
    }
}

impl Guard for CountWindow {
    fn admits(&mut self, now: SimTime, _: f64) -> bool {
        if let State::Open { since } = self.state {
            if now.saturating_since(since) < self.open {
                return false;
            }
            self.state = State::HalfOpen { permits: self.probes };
            self.ends = Ring::new(self.probes);
        }
        match &mut self.state {
            State::HalfOpen { permits: 0 } => false,
            State::HalfOpen { permits } => {
                *permits -= 1;
                true
            }
            _ => true,
        }
    }

    fn ended(&mut self, now: SimTime, end: &Ended) {
        if matches!(self.state, State::Open { .. }) {
            return;
        }
        self.ends.push(!end.ok());
        match (self.ends.share(), self.state) {
            (Some(share), _) if share >= self.share => self.state = State::Open { since: now },
            (Some(_), State::HalfOpen { .. }) => {
                self.state = State::Closed;
                self.ends = Ring::new(self.calls);
            }
            _ => {}
        }
    }

    fn released(&mut self) {
        if let State::HalfOpen { permits } = &mut self.state {
            *permits += 1;
        }
    }
}

impl Written for CountWindow {
    const MEMBER: Member = Member::table(
        "count_window",
        &Spec::new(
            "count_window_breaker",
            "opens on the share of errors among the last attempts; several probes after `open`",
            &[
                Key::integer("calls", bounds::BREAKER_MEMORY)
                    .or("100")
                    .doc("attempts it needs to judge, and judges"),
                Key::number("share", bounds::BREAKER_SHARE).or("0.5").doc("share of failures that opens it"),
                Key::span("open", bounds::BREAKER_SPAN).or("\"60 s\"").doc("how long it stays open"),
                Key::integer("probes", bounds::BREAKER_MEMORY).or("10").doc("attempts that then decide"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<CountWindow> {
        let mut table = value.table();
        let [calls, probes] = ["calls", "probes"].map(|key| table.integer(key) as u32);
        Some(CountWindow::new(calls, table.number("share"), table.span("open"), probes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Outcome;

    const FAILED: Option<Outcome> = Some(Outcome::Unavailable);
    const OK: Option<Outcome> = Some(Outcome::Ok);

    fn told(breaker: &mut CountWindow, s: u64, outcome: Option<Outcome>) {
        breaker.ended(SimTime::from_s(s), &Ended::alone(outcome));
    }

    #[test]
    fn it_opens_on_half_of_a_hundred_and_ten_probes_decide() {
        let mut breaker = CountWindow::new(100, 0.5, Span::from_s(60), 10);
        (0..50).for_each(|_| told(&mut breaker, 1, OK));
        (0..49).for_each(|_| told(&mut breaker, 1, FAILED));
        assert!(breaker.admits(SimTime::from_s(1), 0.0), "99 are not enough");
        told(&mut breaker, 1, FAILED);
        assert!(!breaker.admits(SimTime::from_s(60), 0.0));
        // What was still on its way when it opened says nothing.
        told(&mut breaker, 2, FAILED);
        let probes = |breaker: &mut CountWindow, s| {
            (0..20).filter(|_| breaker.admits(SimTime::from_s(s), 0.0)).count()
        };
        assert_eq!(probes(&mut breaker, 61), 10);
        (0..5).for_each(|_| told(&mut breaker, 62, OK));
        (0..5).for_each(|_| told(&mut breaker, 62, FAILED));
        assert_eq!(probes(&mut breaker, 63), 0, "half of the probes failed");
        assert_eq!(probes(&mut breaker, 122), 10);
        (0..6).for_each(|_| told(&mut breaker, 123, OK));
        (0..4).for_each(|_| told(&mut breaker, 123, FAILED));
        assert_eq!(probes(&mut breaker, 123), 20, "closed");
        (0..99).for_each(|_| told(&mut breaker, 124, FAILED));
        assert_eq!(probes(&mut breaker, 124), 20, "with an empty memory");
    }

    #[test]
    fn only_the_last_attempts_count() {
        let mut breaker = CountWindow::new(100, 0.5, Span::from_s(60), 10);
        // 49 of any hundred, for ever.
        for _ in 0..20 {
            (0..51).for_each(|_| told(&mut breaker, 1, OK));
            (0..49).for_each(|_| told(&mut breaker, 1, FAILED));
        }
        assert!(breaker.admits(SimTime::from_s(1), 0.0));
        // The oldest to go is a success.
        told(&mut breaker, 1, FAILED);
        assert!(!breaker.admits(SimTime::from_s(1), 0.0));
    }
}
