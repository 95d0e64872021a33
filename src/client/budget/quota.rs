//! The AWS SDKs' retry quota.

use super::{RetryBudget, Usual};
use crate::bounds;
use crate::client::part::{Ended, Written};
use crate::read::{Key, Member, Spec, Tagged};
use crate::units::SimTime;

/// Full at the start; a retry takes `cost` (`cost_limited` after a 429); a success after a retry gives back what
/// that retry took, a success at once gives `refund` (botocore 1.44 `retries/quota.py` and `RetryQuotaChecker` in
/// `retries/standard.py`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    capacity: u32,
    cost: u32,
    cost_limited: u32,
    refund: u32,
    available: u32,
}

impl Quota {
    /// A full quota.
    pub const fn new(capacity: u32, cost: u32, cost_limited: u32, refund: u32) -> Quota {
        Quota { capacity, cost, cost_limited, refund, available: capacity }
    }
}

impl RetryBudget for Quota {
    fn ended(&mut self, _: SimTime, end: &Ended, _: bool) {
        if end.ok() {
            let released = if end.attempt > 1 { end.acquired } else { self.refund };
            self.available = (self.available + released).min(self.capacity);
        }
    }

    fn withdraw(&mut self, _: SimTime, end: &Ended) -> Option<u32> {
        let cost = if end.limited() { self.cost_limited } else { self.cost };
        self.available = self.available.checked_sub(cost)?;
        Some(cost)
    }

    fn at_first(&self) -> f64 {
        f64::from(self.capacity) / f64::from(self.cost.min(self.cost_limited).max(1))
    }

    /// What fails again is lost: the refunds of the others pay for it.
    fn grants(&self, usual: &Usual) -> f64 {
        let [served, failed] = usual.ended;
        let cost = f64::from(self.cost.min(self.cost_limited).max(1));
        let fails = (failed / (served + failed).max(f64::MIN_POSITIVE)).min(1.0);
        f64::from(self.refund) * usual.first * (1.0 - fails) / (cost * fails).max(f64::MIN_POSITIVE)
    }
}

impl Written for Quota {
    const MEMBER: Member = Member::table(
        "quota",
        &Spec::new(
            "quota_budget",
            "a retry takes its cost, the success that follows gives it back, as in the AWS SDKs",
            &[
                Key::integer("capacity", bounds::BUDGET_TOKENS)
                    .or("500")
                    .doc("what is there at most, and at first"),
                Key::integer("cost", bounds::BUDGET_TOKENS).or("14").doc("what a retry takes"),
                Key::integer("cost_limited", bounds::BUDGET_TOKENS).or("5").doc("what it takes after a 429"),
                Key::integer("refund", bounds::BUDGET_TOKENS)
                    .or("1")
                    .doc("what a success without a retry gives"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Quota> {
        let mut table = value.table();
        let [capacity, cost, cost_limited, refund] =
            ["capacity", "cost", "cost_limited", "refund"].map(|key| table.integer(key) as u32);
        Some(Quota::new(capacity, cost, cost_limited, refund))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Outcome;

    const NOW: SimTime = SimTime::ZERO;

    #[test]
    fn an_outage_drains_it_and_throttling_drains_it_slower() {
        let granted = |outcome| {
            let mut quota = Quota::new(500, 14, 5, 1);
            let end = Ended::alone(Some(outcome));
            (0..1000).filter(|_| quota.withdraw(NOW, &end).is_some()).count()
        };
        // 500 ÷ 14 and 500 ÷ 5.
        assert_eq!((granted(Outcome::Unavailable), granted(Outcome::LimitedToken)), (35, 100));
    }

    #[test]
    fn a_success_gives_back_what_its_retry_took() {
        let mut quota = Quota::new(500, 14, 5, 1);
        let failed = Ended::alone(None);
        let acquired = quota.withdraw(NOW, &failed).unwrap();
        quota.withdraw(NOW, &failed).unwrap();
        let ok = Ended::alone(Some(Outcome::Ok));
        quota.ended(NOW, &Ended { attempt: 2, acquired, ..ok }, false);
        assert_eq!(quota.available, 500 - 14);
        quota.ended(NOW, &ok, false);
        assert_eq!(quota.available, 500 - 13);
        (0..100).for_each(|_| quota.ended(NOW, &ok, false));
        assert_eq!(quota.available, 500);
    }
}
