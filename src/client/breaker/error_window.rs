//! A breaker on the share of errors in a window of time.

use crate::bounds;
use crate::client::guard::Guard;
use crate::client::part::{Ended, Written};
use crate::client::window::Window;
use crate::read::{Key, Member, Spec, Tagged};
use crate::units::{SimTime, Span};

/// Buckets of the window, as in Hystrix.
const BUCKETS: usize = 10;

/// Opens when at least `requests` attempts ended in the last `window` and at least `share` of them failed; after
/// `open` one probe goes, and the first end after that closes it, if good, or opens it anew (Netflix/Hystrix 1.5
/// `HystrixCommandProperties`, `HystrixCircuitBreaker`, which looks every 500 ms; this one at every end).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErrorWindow {
    requests: u32,
    share: f64,
    open: Span,
    /// Ended, failed.
    past: Window<[u32; 2], BUCKETS>,
    /// Since when it is open.
    opened: Option<SimTime>,
    probing: bool,
}

impl ErrorWindow {
    /// A closed breaker.
    pub const fn new(window: Span, requests: u32, share: f64, open: Span) -> ErrorWindow {
        ErrorWindow { requests, share, open, past: Window::new(window, [0; 2]), opened: None, probing: false }
    }
}

impl Guard for ErrorWindow {
    fn admits(&mut self, now: SimTime, _: f64) -> bool {
        match self.opened {
            None => true,
            Some(since) if !self.probing && now.saturating_since(since) >= self.open => {
                self.probing = true;
                true
            }
            Some(_) => false,
        }
    }

    fn ended(&mut self, now: SimTime, end: &Ended) {
        if std::mem::take(&mut self.probing) {
            if end.ok() {
                self.opened = None;
                self.past.clear();
            } else {
                self.opened = Some(now);
            }
            return;
        }
        let bucket = self.past.now(now);
        bucket[0] += 1;
        bucket[1] += u32::from(!end.ok());
        let past = self.past.past(now);
        let sum = |i: usize| past.iter().map(|bucket| bucket[i]).sum::<u32>();
        let (ended, failed) = (sum(0), sum(1));
        if self.opened.is_none()
            && ended >= self.requests
            && f64::from(failed) >= self.share * f64::from(ended)
        {
            self.opened = Some(now);
        }
    }

    fn released(&mut self) {
        self.probing = false;
    }
}

impl Written for ErrorWindow {
    const MEMBER: Member = Member::table(
        "error_window",
        &Spec::new(
            "error_window_breaker",
            "opens on the share of errors in a window of time; one probe after `open`",
            &[
                Key::span("window", bounds::BREAKER_SPAN).or("\"10 s\"").doc("how far back it looks"),
                Key::integer("requests", bounds::BREAKER_COUNT).or("20").doc("attempts it needs to judge"),
                Key::number("share", bounds::BREAKER_SHARE).or("0.5").doc("share of failures that opens it"),
                Key::span("open", bounds::BREAKER_SPAN).or("\"5 s\"").doc("how long it stays open"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<ErrorWindow> {
        let mut table = value.table();
        let [window, open] = ["window", "open"].map(|key| table.span(key));
        Some(ErrorWindow::new(window, table.integer("requests") as u32, table.number("share"), open))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Outcome;

    fn end(outcome: Outcome) -> Ended {
        Ended::alone(Some(outcome))
    }

    #[test]
    fn it_opens_on_half_of_twenty_and_closes_on_a_good_probe() {
        let s = SimTime::from_s;
        let mut breaker = ErrorWindow::new(Span::from_s(10), 20, 0.5, Span::from_s(5));
        for i in 0..19 {
            breaker.ended(s(1), &end(if i % 2 == 0 { Outcome::Ok } else { Outcome::Unavailable }));
        }
        assert!(breaker.admits(s(2), 0.0));
        breaker.ended(s(2), &end(Outcome::LimitedRequest));
        assert!(!breaker.admits(s(6), 0.0));
        assert!(breaker.admits(s(7), 0.0), "the probe");
        assert!(!breaker.admits(s(7), 0.0), "only one");
        breaker.ended(s(8), &end(Outcome::Unavailable));
        assert!(!breaker.admits(s(12), 0.0));
        assert!(breaker.admits(s(13), 0.0));
        breaker.ended(s(14), &end(Outcome::Ok));
        assert!(breaker.admits(s(14), 0.0) && breaker.admits(s(14), 0.0));
    }

    #[test]
    fn what_failed_long_ago_is_forgotten() {
        let mut breaker = ErrorWindow::new(Span::from_s(10), 20, 0.5, Span::from_s(5));
        (0..19).for_each(|_| breaker.ended(SimTime::from_s(1), &end(Outcome::Unavailable)));
        breaker.ended(SimTime::from_s(12), &end(Outcome::Unavailable));
        assert!(breaker.admits(SimTime::from_s(12), 0.0));
    }
}
