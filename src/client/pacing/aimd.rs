//! Additive increase, multiplicative decrease of a pace.

use super::Pacer;
use crate::bounds;
use crate::client::part::{Ended, Written};
use crate::read::{Key, Member, Spec, Tagged};
use crate::reply::Outcome;
use crate::units::{Quantity, Rate, SimTime, Span};

/// So long the rate grows after a success or a cut: a client that is idle learns nothing.
const CLEAN: Span = Span::from_s(1);

/// The rate grows by `increase` per second while there are successes; a 429 leaves `decrease` of it, a 503
/// `unavailable`, at most once per `hold` (Chiu and Jain 1989, with rates for windows). A send goes when the time
/// since the last is 1 ÷ the rate of that moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aimd {
    parameters: Parameters,
    /// The rate at `since`, the last success or cut.
    rate: f64,
    since: SimTime,
    cut: Option<SimTime>,
    last: Option<SimTime>,
}

/// The constants of [`Aimd`], as its spec explains them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Parameters {
    rate: Rate,
    min: Rate,
    max: Rate,
    increase: Rate,
    decrease: f64,
    unavailable: f64,
    hold: Span,
}

impl Parameters {
    const DEFAULT: Parameters = Parameters {
        rate: Rate::from_per_s(1.0),
        min: Rate::from_per_s(0.1),
        max: Rate::from_per_s(1000.0),
        increase: Rate::from_per_s(0.1),
        decrease: 0.5,
        unavailable: 1.0,
        hold: Span::from_s(1),
    };
}

impl Aimd {
    /// A pace with the defaults.
    pub const DEFAULT: Aimd = Aimd::new(Parameters::DEFAULT);

    const fn new(parameters: Parameters) -> Aimd {
        let rate = parameters.rate.per_s();
        Aimd { parameters, rate, since: SimTime::ZERO, cut: None, last: None }
    }

    /// The rate at an instant, per second.
    pub fn rate(&self, now: SimTime) -> f64 {
        let grown_s = now.saturating_since(self.since).min(CLEAN).as_secs_f64();
        (self.rate + self.parameters.increase.per_s() * grown_s).min(self.parameters.max.per_s())
    }

    fn cut(&mut self, now: SimTime, factor: f64) {
        if factor < 1.0 && self.cut.is_none_or(|cut| now.saturating_since(cut) >= self.parameters.hold) {
            self.rate = (self.rate(now) * factor).max(self.parameters.min.per_s());
            (self.cut, self.since) = (Some(now), now);
        }
    }
}

impl Pacer for Aimd {
    fn slot(&mut self, now: SimTime, _: u32) -> SimTime {
        let rate = self.rate(now);
        let Some(last) = self.last else { return now };
        let past_s = now.saturating_since(last).as_secs_f64();
        let missing = 1.0 - past_s * rate;
        if missing <= 0.0 {
            return now;
        }
        // (past + y)·(rate + a·y) = 1, while it grows; then at the rate where growth stops.
        let a = self.parameters.increase.per_s();
        let b = rate + a * past_s;
        let y_s = 2.0 * missing / (b + (b * b + 4.0 * a * missing).sqrt());
        let most = self.rate(self.since.saturating_add(CLEAN));
        now.saturating_add(Span::from_secs_f64(y_s.max(1.0 / most - past_s)))
    }

    fn sent(&mut self, now: SimTime, _: u32) {
        self.last = Some(now);
    }

    fn ended(&mut self, now: SimTime, end: &Ended) {
        match end.outcome {
            Some(Outcome::Ok) => {
                (self.rate, self.since) = (self.rate(now), now);
            }
            Some(Outcome::LimitedRequest | Outcome::LimitedToken) => self.cut(now, self.parameters.decrease),
            Some(Outcome::Unavailable) => self.cut(now, self.parameters.unavailable),
            None => {}
        }
    }
}

impl Written for Aimd {
    const MEMBER: Member = Member::table(
        "aimd",
        &Spec::new(
            "aimd_pacing",
            "the rate grows by addition while all is well and is cut by a factor on a 429",
            &[
                Key::rate("rate", Quantity::Requests, bounds::PACE)
                    .or("\"1/s\"")
                    .doc("sends per time at the start"),
                Key::rate("increase", Quantity::Requests, bounds::PACE)
                    .or("\"0.1/s\"")
                    .doc("added to the rate per second with successes"),
                Key::number("decrease", bounds::CUT).or("0.5").doc("what a 429 leaves of the rate"),
                Key::number("unavailable", bounds::CUT)
                    .or("1.0")
                    .doc("what a 503 leaves of it; 1 ignores it, 0.9 heeds it"),
                Key::span("hold", bounds::PACE_HOLD).or("\"1 s\"").doc("no second cut for so long after one"),
                Key::rate("min", Quantity::Requests, bounds::PACE)
                    .or("\"0.1/s\"")
                    .doc("the least it becomes"),
                Key::rate("max", Quantity::Requests, bounds::PACE).or("\"1000/s\"").doc("the most"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Aimd> {
        let mut table = value.table();
        let [rate, increase, min, max] = ["rate", "increase", "min", "max"].map(|key| table.rate(key));
        let [decrease, unavailable] = ["decrease", "unavailable"].map(|key| table.number(key));
        let hold = table.span("hold");
        if table.clean() && !(min <= rate && rate <= max) {
            table.error_at("rate", "the rate at the start is not between `min` and `max`", None);
        }
        Some(Aimd::new(Parameters { rate, min, max, increase, decrease, unavailable, hold }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_by_addition_and_is_cut_by_a_factor() {
        let [min, max] = [0.3, 1.25].map(Rate::from_per_s);
        let mut aimd = Aimd::new(Parameters { unavailable: 0.9, min, max, ..Parameters::DEFAULT });
        let mut told = |s: u64, outcome| {
            aimd.ended(SimTime::from_s(s), &Ended::alone(outcome));
            (aimd.rate(SimTime::from_s(s)) * 1e6).round() / 1e6
        };
        use Outcome::{LimitedToken, Ok, Unavailable};
        assert_eq!(told(1, Some(Ok)), 1.1);
        assert_eq!(told(1, Some(Ok)), 1.1, "a second is credited once");
        assert_eq!(told(9, Some(Ok)), 1.2, "and what was idle is not");
        assert_eq!(told(10, Some(Ok)), 1.25, "up to the most");
        assert_eq!(told(10, Some(LimitedToken)), 0.625);
        assert_eq!(told(10, Some(LimitedToken)), 0.625, "once per hold");
        assert_eq!(told(11, Some(Unavailable)), 0.6525, "0.9 of what it has grown to");
        assert_eq!(told(12, None), 0.7525, "a timeout says nothing");
        (20..40).for_each(|s| _ = told(s, Some(LimitedToken)));
        assert_eq!(told(40, Some(LimitedToken)), 0.3, "down to the least");
    }

    /// At the slot the time since the last send is 1 ÷ the rate of that moment.
    #[test]
    fn the_slot_is_where_the_growing_rate_meets_the_gap() {
        let mut aimd = Aimd::DEFAULT;
        let start = SimTime::from_s(10);
        aimd.ended(start, &Ended::alone(Some(Outcome::Ok)));
        aimd.sent(start, 0);
        for asked_ms in [0, 300, 600] {
            let slot = aimd.slot(start + Span::from_ms(asked_ms), 0);
            let gap_s = (slot - start).as_secs_f64();
            assert!((gap_s * aimd.rate(slot) - 1.0).abs() < 1e-8, "asked at {asked_ms}: {gap_s}");
        }
        assert_eq!(aimd.slot(SimTime::from_s(20), 0), SimTime::from_s(20));
        // Growth stops a second after the last success.
        let mut slow = Aimd::new(Parameters { rate: Rate::from_per_s(0.1), ..Parameters::DEFAULT });
        slow.sent(SimTime::ZERO, 0);
        assert_eq!(slow.slot(SimTime::ZERO, 0), SimTime::from_s(5));
    }
}
