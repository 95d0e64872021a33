//! What becomes of attempts, and how many of what there were.

use crate::reply::{Outcome, Reply, Told};
use crate::scenario::Workload;

/// What becomes of the attempts of a step.
#[derive(Clone, Copy, Debug)]
pub struct Fate {
    /// The share that is served in time, and of it what is within the rate.
    pub served: f64,
    pub within: f64,
    /// The shares that fail with a 429, a 503 and their client's timeout.
    pub failed: [f64; 3],
    /// Seconds until each of these failures is known to the client.
    pub known_s: [f64; 3],
    /// Seconds until an answer.
    pub answered_s: f64,
    /// The answers of the first two failures.
    pub replies: [Reply; 2],
    /// The share that the platform serves, in time or not.
    pub worked: f64,
    /// The share that has waited its longest in vain.
    pub dropped: f64,
    /// Sends of an attempt, its hedges included.
    pub sends: f64,
}

impl Fate {
    /// On an idle platform.
    pub fn served(workload: &Workload) -> Fate {
        let rtt_s = workload.rtt.as_secs_f64();
        let reply = |outcome| Reply { outcome, reset: Some(Told::new(1)), retry_after: None };
        Fate {
            served: 1.0,
            within: 1.0,
            failed: [0.0; 3],
            known_s: [rtt_s; 3],
            answered_s: rtt_s,
            replies: [reply(Outcome::LimitedRequest), reply(Outcome::Unavailable)],
            worked: 1.0,
            dropped: 0.0,
            sends: 1.0,
        }
    }

    /// Seconds from an attempt to its end.
    pub fn attempt_s(&self) -> f64 {
        let failed = self
            .failed
            .iter()
            .zip(self.known_s)
            .map(|(share, known_s)| if *share > 0.0 { share * known_s } else { 0.0 });
        self.served * self.answered_s + failed.sum::<f64>()
    }

    /// The share that fails.
    pub fn failed(&self) -> f64 {
        self.failed.iter().sum()
    }
}

/// How many of what in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Requests that were born here, or fell back to here.
    pub requests: f64,
    /// Attempts sent.
    pub attempts: f64,
    /// Attempts that the platform served.
    pub worked: f64,
    /// Attempts answered in time.
    pub answered: f64,
    /// Attempts that their client abandoned.
    pub timed_out: f64,
    /// Attempts that were dropped from the buffer.
    pub dropped: f64,
}

/// What ended in a step.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// Attempts served in time, and those of them within the rate.
    pub served: f64,
    pub within: f64,
    /// Attempts that failed with a 429 and a 503.
    pub failed: [f64; 2],
}
