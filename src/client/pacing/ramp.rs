//! A pace that follows the client's own recent success.

use super::Pacer;
use crate::bounds;
use crate::client::part::{Ended, Written};
use crate::client::window::Window;
use crate::read::{Key, Member, Spec, Tagged};
use crate::units::{Quantity, Rate, SimTime, Span};

/// Buckets of the window.
const BUCKETS: usize = 12;

/// At most `growth` times as many sends per second as succeeded per second over the last `window`, and always
/// `floor`: under a law that grants a multiple of recent successes, a client with a smaller one never outruns its
/// limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ramp {
    growth: f64,
    floor: f64,
    window: Span,
    successes: Window<u32, BUCKETS>,
    last: Option<SimTime>,
}

impl Ramp {
    /// A pace that starts at `floor`.
    pub const fn new(growth: f64, floor: Rate, window: Span) -> Ramp {
        Ramp { growth, floor: floor.per_s(), window, successes: Window::new(window, 0), last: None }
    }

    fn rate(&mut self, now: SimTime) -> f64 {
        let successes: u32 = self.successes.past(now).iter().sum();
        self.floor.max(self.growth * f64::from(successes) / self.window.as_secs_f64())
    }
}

impl Pacer for Ramp {
    fn slot(&mut self, now: SimTime, _: u32) -> SimTime {
        let interval = Span::from_secs_f64(1.0 / self.rate(now));
        self.last.map_or(now, |last| last.saturating_add(interval).max(now))
    }

    fn sent(&mut self, now: SimTime, _: u32) {
        self.last = Some(now);
    }

    fn ended(&mut self, now: SimTime, end: &Ended) {
        *self.successes.now(now) += u32::from(end.ok());
    }
}

impl Written for Ramp {
    const MEMBER: Member = Member::table(
        "ramp",
        &Spec::new(
            "ramp_pacing",
            "at most `growth` times its own recent rate of success",
            &[
                Key::number("growth", bounds::PACE_GROWTH).or("1.5").doc("sends per recent success"),
                Key::rate("floor", Quantity::Requests, bounds::PACE)
                    .or("\"60/min\"")
                    .doc("the least it sends at"),
                Key::span("window", bounds::PACE_WINDOW).or("\"1 min\"").doc("how far back it looks"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Ramp> {
        let mut table = value.table();
        Some(Ramp::new(table.number("growth"), table.rate("floor"), table.span("window")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Outcome;

    #[test]
    fn the_pace_is_a_multiple_of_the_successes() {
        let mut ramp = Ramp::new(2.0, Rate::from_per_s(0.5), Span::from_s(60));
        let s = SimTime::from_s;
        assert_eq!(ramp.slot(s(1), 0), s(1));
        ramp.sent(s(1), 0);
        assert_eq!(ramp.slot(s(1), 0), s(3), "the floor");
        // A second's worth of one success per second makes two sends per second.
        (0..60).for_each(|_| ramp.ended(s(1), &Ended::alone(Some(Outcome::Ok))));
        assert_eq!(ramp.slot(s(1), 0), SimTime::from_ns(1_500_000_000));
        (0..60).for_each(|_| ramp.ended(s(1), &Ended::alone(Some(Outcome::LimitedRequest))));
        assert_eq!(ramp.slot(s(1), 0), SimTime::from_ns(1_500_000_000), "failures earn nothing");
        ramp.sent(s(59), 0);
        assert_eq!(ramp.slot(s(59), 0), SimTime::from_ns(59_500_000_000));
        assert_eq!(ramp.slot(s(60), 0), s(61), "they are forgotten after the window");
    }
}
