//! gRPC's retry throttling.

use super::{RetryBudget, Usual};
use crate::bounds;
use crate::client::part::{Ended, Written};
use crate::read::{Key, Member, Spec, Tagged};
use crate::units::SimTime;

/// Tokens are counted in thousandths, as the proposal's "up to three decimal places" has it.
const PARTS: f64 = 1000.0;

/// Full at the start; a failure that would be retried takes 1 token, a success gives `ratio`, and retries (and
/// hedges) are made only while more than half of `max` is there (gRPC proposal A6, "Throttling Retry Attempts and
/// Hedged RPCs"). Retries themselves take nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grpc {
    max: u64,
    ratio: u64,
    tokens: u64,
}

impl Grpc {
    /// A full budget.
    pub const fn new(max: f64, ratio: f64) -> Grpc {
        let max = (max * PARTS + 0.5) as u64;
        Grpc { max, ratio: (ratio * PARTS + 0.5) as u64, tokens: max }
    }
}

impl RetryBudget for Grpc {
    fn ended(&mut self, _: SimTime, end: &Ended, retried: bool) {
        if end.ok() {
            self.tokens = (self.tokens + self.ratio).min(self.max);
        } else if retried {
            self.tokens = self.tokens.saturating_sub(PARTS as u64);
        }
    }

    fn withdraw(&mut self, _: SimTime, _: &Ended) -> Option<u32> {
        (2 * self.tokens > self.max).then_some(0)
    }

    fn at_first(&self) -> f64 {
        self.max as f64 / (2.0 * PARTS)
    }

    /// As many as there are, while successes give at least what failures take.
    fn grants(&self, usual: &Usual) -> f64 {
        let [served, failed] = usual.ended;
        let gives = served * self.ratio as f64 / PARTS;
        if gives >= failed { failed } else { 0.0 }
    }
}

impl Written for Grpc {
    const MEMBER: Member = Member::table(
        "grpc",
        &Spec::new(
            "grpc_budget",
            "a failure takes 1 token, a success gives `ratio`; no retry unless more than half of `max` is there",
            &[
                Key::number("max", bounds::BUDGET_PARTS).or("10.0").doc("tokens at most, and at first"),
                Key::number("ratio", bounds::BUDGET_PARTS).or("0.1").doc("tokens per success"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Grpc> {
        let mut table = value.table();
        Some(Grpc::new(table.number("max"), table.number("ratio")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Outcome;

    /// How many of `ends` may be followed by a retry.
    fn retries(budget: &mut Grpc, ends: impl IntoIterator<Item = Outcome>) -> Vec<bool> {
        let mut told = |outcome| {
            let end = Ended::alone(Some(outcome));
            budget.ended(SimTime::ZERO, &end, outcome != Outcome::LimitedRequest);
            budget.withdraw(SimTime::ZERO, &end).is_some()
        };
        ends.into_iter().map(&mut told).collect()
    }

    /// VALIDATION V11: a total outage.
    #[test]
    fn v11_retries_stop_after_five_failures() {
        let mut budget = Grpc::new(10.0, 0.1);
        let allowed = retries(&mut budget, [Outcome::Unavailable; 40]);
        assert_eq!(allowed.iter().filter(|allowed| **allowed).count(), 4, "the fifth failure stops them");
        assert_eq!(allowed[..5], [true, true, true, true, false]);
        // Empty, it takes 51 successes to be above half again.
        let allowed = retries(&mut budget, [Outcome::Ok; 60]);
        assert_eq!(allowed.iter().position(|allowed| *allowed), Some(50));
    }

    /// VALIDATION V11: one failure in eleven is what ten successes make good, exactly.
    #[test]
    fn v11_one_failure_in_eleven_breaks_even() {
        let cycle = |successes: usize| {
            let mut budget = Grpc::new(10.0, 0.1);
            // From the middle, where neither end of the range is in the way.
            retries(&mut budget, [Outcome::Unavailable; 4]);
            let before = budget.tokens;
            for _ in 0..20 {
                retries(&mut budget, [Outcome::Unavailable]);
                retries(&mut budget, vec![Outcome::Ok; successes]);
            }
            budget.tokens.cmp(&before)
        };
        assert_eq!(
            [9, 10, 11].map(cycle),
            [std::cmp::Ordering::Less, std::cmp::Ordering::Equal, std::cmp::Ordering::Greater]
        );
    }

    #[test]
    fn what_is_not_retried_takes_nothing() {
        let mut budget = Grpc::new(10.0, 0.1);
        assert!(retries(&mut budget, [Outcome::LimitedRequest; 40]).iter().all(|allowed| *allowed));
    }
}
