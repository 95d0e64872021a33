//! What the summary says of one workload, or of several together.

use super::histogram::Histogram;
use super::ledger::Account;
use crate::limit::usage::Rates;
use crate::platform::lane::jobs::JobCounts;
use crate::units::Span;

/// A mean over spans.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mean {
    sum_ns: u128,
    count: u64,
}

impl Mean {
    /// Count a value.
    #[inline]
    pub fn record(&mut self, value: Span) {
        self.sum_ns += u128::from(value.as_ns());
        self.count += 1;
    }

    /// Add another mean's values.
    pub fn merge(&mut self, other: &Mean) {
        self.sum_ns += other.sum_ns;
        self.count += other.count;
    }

    /// The mean in seconds; `None` of nothing.
    pub fn seconds(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum_ns as f64 / self.count as f64 / 1e9)
    }
}

/// The requests born at or after the warm-up, and all that happened to them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Counts.
    pub account: Account,
    /// Birth to success, of the requests that succeeded.
    pub time_to_success: Histogram,
    /// Sent to answered, of all answered attempts.
    pub attempt_latency: Mean,
    /// Time in the buffer of the attempts served, those that waited zero included.
    pub buffer_wait: Histogram,
    /// Sent to first token, of the attempts served.
    pub first_token: Histogram,
    /// Dynamic rates per second at the end of the warm-up and at the end of traffic; `None` of several pairs.
    pub dynamic: Option<[Rates; 2]>,
    /// Cost of everything served.
    pub cost_usd: f64,
    /// The part of it served to clients that had gone.
    pub wasted_cost_usd: f64,
    /// Batch jobs, those of the warm-up included.
    pub jobs: JobCounts,
    /// Replications merged into this.
    pub replications: u32,
}

impl Summary {
    /// Merge another workload of the same replications.
    pub fn add_workload(&mut self, other: &Summary) {
        self.add(other);
        self.dynamic = None;
        self.replications = other.replications;
    }

    /// Merge another replication of the same workload; dynamic rates add up and are divided when shown.
    pub fn add_replication(&mut self, other: &Summary) {
        let sum = |a: Rates, b: Rates| a.zip(b, |x, y| x + y);
        self.dynamic = match (self.dynamic, other.dynamic) {
            (Some(a), Some(b)) => Some([sum(a[0], b[0]), sum(a[1], b[1])]),
            (None, b) if self.replications == 0 => b,
            _ => None,
        };
        self.add(other);
        self.replications += other.replications;
    }

    fn add(&mut self, other: &Summary) {
        self.account.add(&other.account);
        self.time_to_success.merge(&other.time_to_success);
        self.attempt_latency.merge(&other.attempt_latency);
        self.buffer_wait.merge(&other.buffer_wait);
        self.first_token.merge(&other.first_token);
        self.cost_usd += other.cost_usd;
        self.wasted_cost_usd += other.wasted_cost_usd;
        self.jobs.add(&other.jobs);
    }
}
