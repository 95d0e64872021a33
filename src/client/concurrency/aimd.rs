//! Additive increase, multiplicative decrease of a concurrency limit.

use super::Limiter;
use crate::bounds;
use crate::client::part::{Ended, Written};
use crate::read::{Key, Member, Spec, Tagged};
use crate::units::{SimTime, Span};

/// One more after each success while at least half the limit is in use, `decrease` of it after a failure or an
/// answer slower than `timeout` (Netflix/concurrency-limits `AIMDLimit`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aimd {
    min: u32,
    max: u32,
    decrease: f64,
    timeout: Span,
    limit: u32,
}

impl Aimd {
    /// The source's defaults.
    pub const DEFAULT: Aimd = Aimd { min: 20, max: 200, decrease: 0.9, timeout: Span::from_s(5), limit: 20 };
}

impl Limiter for Aimd {
    fn limit(&self) -> u32 {
        self.limit
    }

    fn ended(&mut self, _: SimTime, end: &Ended) {
        let limit = if !end.ok() || end.latency > self.timeout {
            (f64::from(self.limit) * self.decrease) as u32
        } else {
            self.limit + u32::from(2 * u64::from(end.in_flight) >= u64::from(self.limit))
        };
        self.limit = limit.clamp(self.min, self.max);
    }
}

impl Written for Aimd {
    const MEMBER: Member = Member::table(
        "aimd",
        &Spec::new(
            "aimd_concurrency",
            "one more after each success, a share after a failure",
            &[
                Key::integer("initial", bounds::CONCURRENCY).or("20").doc("the limit at the start"),
                Key::integer("min", bounds::CONCURRENCY).or("20").doc("the least it becomes"),
                Key::integer("max", bounds::CONCURRENCY).or("200").doc("the most"),
                Key::number("decrease", bounds::CUT).or("0.9").doc("what a failure leaves of it"),
                Key::span("timeout", bounds::PATIENCE)
                    .or("\"5 s\"")
                    .doc("a slower success counts as a failure"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Aimd> {
        let mut table = value.table();
        let [limit, min, max] = super::bounded(&mut table);
        Some(Aimd { min, max, decrease: table.number("decrease"), timeout: table.span("timeout"), limit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Outcome;

    /// VALIDATION V24.
    #[test]
    fn v24_aimd_is_netflixs() {
        let mut aimd = Aimd::DEFAULT;
        let mut told = |outcome| {
            aimd.ended(SimTime::ZERO, &Ended { in_flight: aimd.limit, ..Ended::alone(Some(outcome)) });
            aimd.limit
        };
        let limits: Vec<u32> = (0..20).map(|_| told(Outcome::Ok)).collect();
        assert_eq!(limits, (21..=40).collect::<Vec<_>>());
        assert_eq!(told(Outcome::Unavailable), 36);
        let limits: Vec<u32> = (0..9).map(|_| told(Outcome::Ok)).collect();
        assert_eq!(limits, (37..=45).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_hardly_used_does_not_grow_and_what_is_slow_shrinks() {
        let mut aimd = Aimd { min: 1, ..Aimd::DEFAULT };
        let ok = Ended::alone(Some(Outcome::Ok));
        aimd.ended(SimTime::ZERO, &Ended { in_flight: 9, ..ok });
        assert_eq!(aimd.limit, 20);
        aimd.ended(SimTime::ZERO, &Ended { in_flight: 10, ..ok });
        assert_eq!(aimd.limit, 21);
        aimd.ended(SimTime::ZERO, &Ended { latency: Span::from_s(6), ..ok });
        assert_eq!(aimd.limit, 18);
        (0..100).for_each(|_| aimd.ended(SimTime::ZERO, &Ended::alone(None)));
        assert_eq!(aimd.limit, 1);
    }
}
