//! A share of the requests, and a reserve per second.

use super::{RetryBudget, Usual};
use crate::bounds;
use crate::client::part::{Ended, Written};
use crate::client::window::Window;
use crate::read::{Key, Member, Spec, Tagged};
use crate::units::{NS_PER_S, Quantity, SimTime, Span};

/// Buckets of the ttl, as in Finagle's windowed adder.
const BUCKETS: usize = 10;

/// Each request deposits 1, each retry withdraws 1/ratio; deposits expire after `ttl`, and a reserve of
/// `min_per_s · ttl` retries is there from the start (twitter/finagle `RetryBudget`, tower `TpsBudget`).
///
/// Counted in 1/1000 of a deposit. Deposits and withdrawals share the buckets of the ttl, so that a withdrawal
/// is forgotten together with the deposits of its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    deposit: i64,
    withdrawal: i64,
    reserve: i64,
    ttl: Span,
    balance: Window<i64, BUCKETS>,
}

impl Ratio {
    /// A budget of `ratio` retries per request and `min_per_s` retries per second.
    pub const fn new(ratio: f64, min_per_s: f64, ttl: Span) -> Ratio {
        // Without a ratio requests deposit nothing, and all there is is the reserve.
        let (deposit, withdrawal) = if ratio == 0.0 { (0, 1) } else { (1000, (1000.0 / ratio) as i64) };
        let ttl_s = ttl.as_ns() as f64 / NS_PER_S as f64;
        let reserve = (min_per_s * ttl_s * withdrawal as f64) as i64;
        Ratio { deposit, withdrawal, reserve, ttl, balance: Window::new(ttl, 0) }
    }
}

impl RetryBudget for Ratio {
    fn first(&mut self, now: SimTime) {
        *self.balance.now(now) += self.deposit;
    }

    fn withdraw(&mut self, now: SimTime, _: &Ended) -> Option<u32> {
        let balance = self.reserve + self.balance.past(now).iter().sum::<i64>();
        if balance < self.withdrawal {
            return None;
        }
        *self.balance.now(now) -= self.withdrawal;
        Some(1)
    }

    fn at_first(&self) -> f64 {
        self.reserve as f64 / self.withdrawal as f64
    }

    fn grants(&self, usual: &Usual) -> f64 {
        let ttl_s = self.ttl.as_secs_f64();
        (self.deposit as f64 * usual.first + self.reserve as f64 * usual.seconds / ttl_s)
            / self.withdrawal as f64
    }
}

impl Written for Ratio {
    const MEMBER: Member = Member::table(
        "ratio",
        &Spec::new(
            "ratio_budget",
            "each request allows `ratio` retries, for `ttl`; beside it `min` retries per time",
            &[
                Key::number("ratio", bounds::BUDGET_RATIO).or("0.2").doc("retries per request"),
                Key::rate("min", Quantity::Requests, bounds::BUDGET_MIN)
                    .or("\"10/s\"")
                    .doc("retries per time that are always allowed"),
                Key::span("ttl", bounds::BUDGET_TTL).or("\"10 s\"").doc("how long a deposit lasts"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Ratio> {
        let mut table = value.table();
        Some(Ratio::new(table.number("ratio"), table.rate("min").per_s(), table.span("ttl")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// VALIDATION V12: 1 000 requests per second that all fail.
    #[test]
    fn v12_the_steady_state_is_the_ratio_and_the_minimum() {
        let mut budget = Ratio::new(0.2, 10.0, Span::from_s(10));
        let failed = Ended::alone(None);
        let mut retries = [0u32; 60];
        for request in 0..60_000u64 {
            let now = SimTime::from_ns(request * 1_000_000);
            budget.first(now);
            // As many retries as it allows.
            while budget.withdraw(now, &failed).is_some() {
                retries[(request / 1000) as usize] += 1;
            }
        }
        let per_s = f64::from(retries[30..].iter().sum::<u32>()) / 30.0;
        assert!((per_s - 210.0).abs() < 0.03 * 210.0, "{per_s}");
    }

    #[test]
    fn without_a_ratio_the_reserve_is_all_there_is() {
        let mut budget = Ratio::new(0.0, 2.0, Span::from_s(10));
        let failed = Ended::alone(None);
        let now = SimTime::from_s(1);
        (0..1000).for_each(|_| budget.first(now));
        assert_eq!((0..1000).filter(|_| budget.withdraw(now, &failed).is_some()).count(), 20);
    }
}
