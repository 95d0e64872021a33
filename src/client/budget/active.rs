//! A share of what is in flight.

use super::{RetryBudget, Usual};
use crate::bounds;
use crate::client::part::{Ended, Written};
use crate::read::{Key, Member, Spec, Tagged};
use crate::units::SimTime;

/// Retries that are on or wait for their delay may be at most `share` of the attempts in flight, and always `min`
/// (envoyproxy/envoy `RetryBudget` of a cluster's circuit breakers).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Active {
    share: f64,
    min: u32,
    retries: u32,
}

impl Active {
    /// A budget of which nothing is in use.
    pub const fn new(share: f64, min: u32) -> Active {
        Active { share, min, retries: 0 }
    }
}

impl RetryBudget for Active {
    fn ended(&mut self, _: SimTime, end: &Ended, _: bool) {
        if end.attempt > 1 {
            self.unsent();
        }
    }

    fn withdraw(&mut self, _: SimTime, end: &Ended) -> Option<u32> {
        let most = (self.share * f64::from(end.in_flight)) as u32;
        let granted = self.retries < most.max(self.min);
        self.retries += u32::from(granted);
        granted.then_some(0)
    }

    fn unsent(&mut self) {
        self.retries = self.retries.checked_sub(1).expect("only a retry that was granted ends");
    }

    fn at_first(&self) -> f64 {
        f64::from(self.min)
    }

    /// Each is on for its time.
    fn grants(&self, usual: &Usual) -> f64 {
        let at_a_time = (self.share * usual.in_flight).max(f64::from(self.min));
        at_a_time * usual.seconds / usual.retry_s.max(1e-9)
    }
}

impl Written for Active {
    const MEMBER: Member = Member::table(
        "active",
        &Spec::new(
            "active_budget",
            "at most a share of what is in flight are retries, as in Envoy",
            &[
                Key::number("share", bounds::BUDGET_SHARE).or("0.2").doc("share of attempts in flight"),
                Key::integer("min", bounds::BUDGET_TOKENS).or("3").doc("retries that are always allowed"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Active> {
        let mut table = value.table();
        Some(Active::new(table.number("share"), table.integer("min") as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_of_what_is_in_flight_and_never_less_than_three() {
        let granted = |in_flight| {
            let mut budget = Active::new(0.2, 3);
            let end = Ended { in_flight, ..Ended::alone(None) };
            (0..1000).filter(|_| budget.withdraw(SimTime::ZERO, &end).is_some()).count()
        };
        assert_eq!([1, 19, 20, 100].map(granted), [3, 3, 4, 20]);
    }

    #[test]
    fn a_retry_that_has_ended_makes_room_for_another() {
        let mut budget = Active::new(0.0, 1);
        let now = SimTime::ZERO;
        let end = Ended::alone(None);
        assert!(budget.withdraw(now, &end).is_some() && budget.withdraw(now, &end).is_none());
        budget.ended(now, &end, true);
        assert!(budget.withdraw(now, &end).is_none(), "that was a first attempt");
        budget.ended(now, &Ended { attempt: 2, ..end }, true);
        assert!(budget.withdraw(now, &end).is_some());
    }
}
