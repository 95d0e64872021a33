//! Points being computed: how far they are, and when to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::super::figures::rate;
use super::super::interrupt::Interrupt;
use super::super::progress::{Meter, clock};
use crate::replications::Watch;
use crate::sweep::point::Record;
use crate::sweep::work::Foreman;
use crate::units::{SimTime, Span};

/// How far a sweep is.
#[derive(Default)]
pub struct Counts {
    points: usize,
    finished: AtomicUsize,
    failed: AtomicUsize,
    requests: AtomicU64,
    /// Expected thousands of events: all that are to be worked on, and those that have been.
    to_do: AtomicU64,
    done: AtomicU64,
}

impl Counts {
    /// Of so many points, of so many thousands of events.
    pub fn of(points: usize, kilo_events: u64) -> Counts {
        Counts { points, to_do: AtomicU64::new(kilo_events.max(1)), ..Counts::default() }
    }

    /// Simulated requests.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

impl Meter for Counts {
    fn done(&self) -> f64 {
        self.done.load(Ordering::Relaxed) as f64 / self.to_do.load(Ordering::Relaxed).max(1) as f64
    }

    fn text(&self, elapsed: Duration) -> String {
        let (finished, failed) = (self.finished.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed));
        let failed = if failed > 0 { format!(" ({failed} failed)") } else { String::new() };
        let text = format!("{finished} of {} points{failed}", self.points);
        let (share, elapsed_s) = (self.done(), elapsed.as_secs_f64());
        if share <= 0.0 || elapsed_s <= 0.0 {
            return text;
        }
        let speed = rate(self.requests() as f64 / elapsed_s);
        let left = clock(Span::from_secs_f64(elapsed_s * (1.0 / share - 1.0).max(0.0)));
        format!("{text}, {speed} requests/s, {left} left")
    }
}

/// Whoever computes points: counts what is finished, and stops at a signal or at the time limit.
pub struct Gang<'a> {
    interrupt: &'a Interrupt,
    counts: Arc<Counts>,
    until: Option<Instant>,
}

impl<'a> Gang<'a> {
    /// Watches until `limit` has passed, if there is one.
    pub fn new(interrupt: &'a Interrupt, counts: Arc<Counts>, limit: Option<Duration>) -> Gang<'a> {
        Gang { interrupt, counts, until: limit.and_then(|limit| Instant::now().checked_add(limit)) }
    }

    /// Whether the time is over.
    pub fn is_over(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }
}

impl Watch for Gang<'_> {
    fn beat(&self, _: u64, _: SimTime) -> bool {
        self.goes_on()
    }
}

impl Foreman for Gang<'_> {
    fn goes_on(&self) -> bool {
        !self.interrupt.flag().load(Ordering::Relaxed) && !self.is_over()
    }

    fn finished(&self, record: &Record, kilo_events: u64, found: bool) {
        let counts = &self.counts;
        counts.finished.fetch_add(1, Ordering::Relaxed);
        counts.failed.fetch_add(usize::from(record.error.is_some()), Ordering::Relaxed);
        if found {
            // What was there before says nothing about the time that is left.
            counts.to_do.fetch_sub(kilo_events, Ordering::Relaxed);
        } else {
            counts.done.fetch_add(kilo_events, Ordering::Relaxed);
            counts.requests.fetch_add(record.requests, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_points_speed_and_time_left() {
        let counts = Counts::of(8, 100);
        assert_eq!(counts.text(Duration::from_secs(1)), "0 of 8 points");
        counts.finished.store(3, Ordering::Relaxed);
        counts.failed.store(1, Ordering::Relaxed);
        counts.done.store(25, Ordering::Relaxed);
        counts.requests.store(5000, Ordering::Relaxed);
        assert_eq!(
            counts.text(Duration::from_secs(10)),
            "3 of 8 points (1 failed), 500 requests/s, 0:00:30 left"
        );
    }
}
