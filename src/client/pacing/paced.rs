//! A token bucket that spreads sends out.

use super::Pacer;
use crate::bounds;
use crate::client::part::{Ended, Written};
use crate::read::{Key, Member, Spec, Tagged};
use crate::units::{NS_PER_S, Quantity, SimTime, Span};

/// So many sends per second, of which `burst` may go at once (virtual scheduling: the state is the next free
/// slot).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paced {
    /// Time between sends.
    pub interval: Span,
    /// Sends that may go back to back after a pause; at least 1.
    pub burst: u32,
    next: SimTime,
}

impl Paced {
    /// A bucket that is full.
    pub const fn new(interval: Span, burst: u32) -> Paced {
        assert!(burst > 0, "an empty bucket lets nothing through");
        Paced { interval, burst, next: SimTime::ZERO }
    }
}

impl Pacer for Paced {
    fn slot(&mut self, now: SimTime, _: u32) -> SimTime {
        let tolerance = Span::from_ns(self.interval.as_ns().saturating_mul(u64::from(self.burst - 1)));
        now + self.next.saturating_since(now).saturating_sub(tolerance)
    }

    fn sent(&mut self, now: SimTime, _: u32) {
        self.next = self.next.max(now).saturating_add(self.interval);
    }

    fn most(&self, _: f64) -> [f64; 2] {
        [1.0 / self.interval.as_secs_f64().max(1e-9), f64::from(self.burst)]
    }

    fn ended(&mut self, _: SimTime, _: &Ended) {}
}

impl Written for Paced {
    const MEMBER: Member = Member::table(
        "paced",
        &Spec::new(
            "paced",
            "sends are spread by a token bucket at a rate, retries included",
            &[
                Key::rate("rate", Quantity::Requests, bounds::PACE).doc("sends per time"),
                Key::integer("burst", bounds::PACE_BURST).or("1").doc("sends that may go back to back"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Paced> {
        let mut table = value.table();
        let interval = Span::from_ns((NS_PER_S as f64 / table.rate("rate").per_s()).round() as u64);
        Some(Paced::new(interval, table.integer("burst") as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_are_spread_at_the_pace_after_the_burst() {
        let mut paced = Paced::new(Span::from_s(1), 2);
        let mut take = |now: SimTime| {
            let slot = paced.slot(now, 0);
            paced.sent(slot, 0);
            slot.as_secs_f64()
        };
        let first: Vec<f64> = (0..2).map(|_| take(SimTime::ZERO)).collect();
        assert_eq!(first, [0., 0.]);
        assert_eq!(take(SimTime::ZERO), 1.0);
        assert_eq!(take(SimTime::from_s(1)), 2.0);
        assert_eq!([(); 3].map(|()| take(SimTime::from_s(100))), [100., 100., 101.]);
    }
}
