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
    /// Of a backlog, per replication: when the last of its requests succeeded, if all did, in s. Of several backlogs
    /// the last of all; empty of other demand.
    pub finishes_s: Vec<Option<f64>>,
    /// Replications merged into this.
    pub replications: u32,
}

impl Summary {
    /// Merge another workload of the same replications.
    pub fn add_workload(&mut self, other: &Summary) {
        self.add(other);
        self.dynamic = None;
        if self.finishes_s.is_empty() {
            self.finishes_s.clone_from(&other.finishes_s);
        } else {
            let both = self.finishes_s.iter_mut().zip(&other.finishes_s);
            both.for_each(|(mine, theirs)| *mine = mine.zip(*theirs).map(|(a, b)| a.max(b)));
        }
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
        self.finishes_s.extend(&other.finishes_s);
        self.replications += other.replications;
    }

    /// When a backlog was finished, a mean per run; `None` without one, or if some run left any of it undone.
    pub fn time_to_finish_s(&self) -> Option<f64> {
        let sum = self.finishes_s.iter().try_fold(0.0, |sum, finish| finish.map(|finish| sum + finish))?;
        (!self.finishes_s.is_empty()).then(|| sum / self.finishes_s.len() as f64)
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
