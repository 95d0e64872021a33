//! The work that all do, and what desque and nexosim share of it: the platform, the clients' draws, the counts.
//!
//! Poisson arrivals of 8.8/s at 8 servers of exponential service with mean 1 s; a token bucket of 7.2/s that holds
//! 36; a queue of 64. An attempt that finds the bucket empty or the queue full fails, and is made again after
//! uniform(0, min(60, 2^k)) s, k = 0, 1, 2; the fourth failure gives the request up. What is open at the end of
//! the run stays open.

#![forbid(unsafe_code)]

use rand::{RngExt, SeedableRng};
use rand_distr::Exp1;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use std::fmt::{Display, Formatter};

/// Requests per second.
pub const ARRIVALS_PER_S: f64 = 8.8;
/// Servers, each with a mean service of 1 s.
pub const SERVERS: u32 = 8;
/// Places in the queue.
pub const QUEUE: u32 = 64;
/// Attempts of a request.
pub const ATTEMPTS: u32 = 4;
/// What the bucket gains per second: .9 of what the servers can do.
pub const BUCKET_PER_S: f64 = 7.2;
/// What it holds, in seconds of that.
pub const BURST_S: f64 = 5.0;

/// What every way counts and prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Requests born.
    pub requests: u64,
    /// Attempts made.
    pub attempts: u64,
    /// Attempts refused for an empty bucket.
    pub refused_429: u64,
    /// Attempts refused for a full queue.
    pub refused_503: u64,
    /// Requests served.
    pub served: u64,
    /// Requests given up.
    pub gave_up: u64,
}

impl Display for Counts {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Counts { requests, attempts, refused_429, refused_503, served, gave_up } = self;
        write!(f, "requests {requests} attempts {attempts} refused_429 {refused_429} ")?;
        write!(f, "refused_503 {refused_503} served {served} gave_up {gave_up}")
    }
}

/// The simulated seconds, and the words after them, of the command line.
pub fn arguments() -> (u64, Vec<String>) {
    let mut words = std::env::args().skip(1);
    let duration_s =
        words.next().and_then(|word| word.parse().ok()).expect("the simulated seconds, a whole number");
    (duration_s, words.collect())
}

/// Everything that is drawn, in whole nanoseconds.
#[derive(Debug, Serialize, Deserialize)]
pub struct Draws(Xoshiro256PlusPlus);

/// Whole nanoseconds.
pub fn ns(s: f64) -> u64 {
    (s * 1e9) as u64
}

impl Draws {
    /// From a fixed seed.
    pub fn new() -> Draws {
        Draws(Xoshiro256PlusPlus::seed_from_u64(1))
    }

    /// From one arrival to the next.
    pub fn gap_ns(&mut self) -> u64 {
        ns(self.0.sample::<f64, _>(Exp1) / ARRIVALS_PER_S)
    }

    /// A service.
    pub fn service_ns(&mut self) -> u64 {
        ns(self.0.sample::<f64, _>(Exp1))
    }

    /// The wait before an attempt that has `failed` before it.
    pub fn backoff_ns(&mut self, failed: u32) -> u64 {
        ns(self.0.random::<f64>() * f64::min(60.0, f64::from(1 << (failed - 1))))
    }
}

impl Default for Draws {
    fn default() -> Draws {
        Draws::new()
    }
}

/// What becomes of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is served at once.
    Served,
    /// It waits in the queue.
    Waits,
    /// It fails, and is tried again.
    TriedAgain,
    /// It fails, and is not.
    GivenUp,
}

/// Bucket, queue and servers.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Platform {
    busy: u32,
    waiting: u32,
    /// When the bucket will be full again: the virtual-scheduling form of the leaky bucket (ITU-T I.371).
    full_at_ns: u64,
    /// What happened.
    pub counts: Counts,
}

impl Platform {
    /// An attempt arrives that is the request's n-th, from 1 on.
    pub fn attempt(&mut self, now_ns: u64, nth: u32) -> Answer {
        self.counts.attempts += 1;
        let full_at_ns = self.full_at_ns.max(now_ns) + ns(1.0 / BUCKET_PER_S);
        if full_at_ns - now_ns > ns(BURST_S) {
            self.counts.refused_429 += 1;
        } else {
            self.full_at_ns = full_at_ns;
            if self.busy < SERVERS {
                self.busy += 1;
                return Answer::Served;
            }
            if self.waiting < QUEUE {
                self.waiting += 1;
                return Answer::Waits;
            }
            self.counts.refused_503 += 1;
        }
        if nth < ATTEMPTS {
            return Answer::TriedAgain;
        }
        self.counts.gave_up += 1;
        Answer::GivenUp
    }

    /// A service ends; true if the next begins.
    pub fn complete(&mut self) -> bool {
        self.counts.served += 1;
        let next = self.waiting > 0;
        if next {
            self.waiting -= 1;
        } else {
            self.busy -= 1;
        }
        next
    }
}
