//! The time series: one row per bin and workload, (org, model) pair or model, held whole.
//!
//! Bins are reached by instant, so that what is said about the client's clock and about the platform's may
//! come interleaved. The number of bins is bounded when the scenario is read.

use super::ledger::Tokens;
use crate::limit::usage::Rates;
use crate::units::{SimTime, Span};

/// A table of bins: `width` entries each.
#[derive(Clone, Debug)]
pub struct Bins<T> {
    interval: Span,
    width: usize,
    count: usize,
    entries: Vec<T>,
    last: Last,
}

/// The bin looked at last: most looks go there again, which saves a division.
#[derive(Clone, Copy, Debug)]
struct Last {
    bin: usize,
    /// Where its entries are.
    first: usize,
    start_ns: u64,
    end_ns: u64,
}

impl<T: Clone + Default> Bins<T> {
    /// Bins of `interval` over [0, `end`]; what happens at the very end belongs to the last.
    pub fn new(interval: Span, end: SimTime, width: usize) -> Bins<T> {
        let count = (end.as_ns().div_ceil(interval.as_ns()) as usize).max(1);
        let last = Last { bin: 0, first: 0, start_ns: 0, end_ns: 0 };
        Bins { interval, width, count, entries: vec![T::default(); count * width], last }
    }

    /// How many bins.
    pub fn len(&self) -> usize {
        self.count
    }

    /// True without bins.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The bin of an instant.
    #[inline]
    pub fn index(&mut self, at: SimTime) -> usize {
        self.seek(at);
        self.last.bin
    }

    /// Look at the bin of an instant.
    #[inline]
    fn seek(&mut self, at: SimTime) {
        if !(self.last.start_ns..self.last.end_ns).contains(&at.as_ns()) {
            self.move_to(at);
        }
    }

    #[cold]
    fn move_to(&mut self, at: SimTime) {
        let bin = ((at.as_ns() / self.interval.as_ns()) as usize).min(self.count - 1);
        let start_ns = self.start(bin).as_ns();
        let end_ns = start_ns.saturating_add(self.interval.as_ns());
        self.last = Last { bin, first: bin * self.width, start_ns, end_ns };
    }

    /// Where a bin starts.
    pub fn start(&self, bin: usize) -> SimTime {
        SimTime::from_ns(self.interval.as_ns() * bin as u64)
    }

    /// An entry, by instant.
    #[inline]
    pub fn at(&mut self, at: SimTime, column: u32) -> &mut T {
        self.seek(at);
        &mut self.entries[self.last.first + column as usize]
    }

    /// An entry, by bin.
    pub fn get(&self, bin: usize, column: usize) -> &T {
        &self.entries[bin * self.width + column]
    }

    /// An entry to change, by bin.
    pub fn get_mut(&mut self, bin: usize, column: usize) -> &mut T {
        &mut self.entries[bin * self.width + column]
    }

    /// Combine with the same table of another replication, entry by entry.
    pub fn merge(&mut self, other: &Bins<T>, add: impl Fn(&mut T, &T)) {
        assert_eq!((self.count, self.width), (other.count, other.width), "replications share their bins");
        self.entries.iter_mut().zip(&other.entries).for_each(|(mine, theirs)| add(mine, theirs));
    }

    /// Take over some columns of the same table of another part of the run.
    pub fn adopt(&mut self, other: &mut Bins<T>, columns: &[bool]) {
        assert_eq!((self.count, self.width), (other.count, columns.len()), "parts share their bins");
        let whose = columns.iter().cycle();
        let both = self.entries.iter_mut().zip(&mut other.entries).zip(whose);
        both.filter(|(_, theirs)| **theirs).for_each(|((mine, theirs), _)| std::mem::swap(mine, theirs));
    }

    /// Spread `level` over the bins from one instant to another: each gets level × its share in nanoseconds.
    #[inline]
    pub fn spread(&mut self, from: SimTime, to: SimTime, column: u32, mut add: impl FnMut(&mut T, f64)) {
        // Most stretches lie within the bin looked at last.
        let Last { first, start_ns, end_ns, .. } = self.last;
        if start_ns <= from.as_ns() && to.as_ns() <= end_ns {
            return add(&mut self.entries[first + column as usize], (to - from).as_ns() as f64);
        }
        let mut from = from;
        while from < to {
            let bin = self.index(from);
            let last = bin + 1 == self.count;
            let until = if last { to } else { to.min(self.start(bin + 1)) };
            add(self.get_mut(bin, column as usize), (until - from).as_ns() as f64);
            from = until;
        }
    }
}

/// A workload in a bin; counts of several replications add up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutcomeBin {
    /// Requests born.
    pub requests: u64,
    /// Attempts sent.
    pub attempts: u64,
    /// 200s.
    pub ok_200: u64,
    /// 429s, request-limited.
    pub limited_429_request: u64,
    /// 429s, token-limited.
    pub limited_429_token: u64,
    /// 503s.
    pub unavailable_503: u64,
    /// Attempts abandoned by their client.
    pub client_timeout: u64,
    /// Requests given up.
    pub gave_up: u64,
    /// Prompt tokens of the 200s.
    pub prompt_tokens: u64,
    /// Output tokens of the 200s.
    pub output_tokens: u64,
    /// Requests that succeeded.
    pub succeeded: u64,
    /// Tokens served in vain.
    pub wasted: Tokens,
    /// Sum over replications of the median and the 99th percentile of time to success in the bin.
    pub time_to_success_ns: [u128; 2],
    /// Replications in which the bin has a success.
    pub quantiled: u32,
    /// Squares over replications of attempts and 200s, for bands.
    pub squares: [f64; 2],
}

/// A pair in a bin.
#[derive(Clone, Debug, PartialEq)]
pub struct RateBin {
    /// Dynamic rates per second at the start of the bin.
    pub dynamic: Rates,
    /// Credited successes per second at the start of the bin, over the law's window.
    pub success: Rates,
    /// Attempts that arrived green.
    pub green: u64,
    /// Attempts that arrived red.
    pub red: u64,
    /// Squares over replications of the dynamic request rate, for bands.
    pub squares: f64,
}

impl Default for RateBin {
    fn default() -> RateBin {
        let zero = Rates { requests: 0.0, tokens: 0.0 };
        RateBin { dynamic: zero, success: zero, green: 0, red: 0, squares: 0.0 }
    }
}

/// A model in a bin.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CapacityBin {
    /// Ready, starting and draining replicas at the start of the bin.
    pub replicas: [u64; 3],
    /// Replications that came to the bin.
    pub sampled: u32,
    /// Time integrals over the bin, in unit × ns: in service, utilisation, buffer depth.
    pub integrals: [f64; 3],
    /// Time integral of replicas, starting, ready and draining, in replicas × ns.
    pub replica_ns: f64,
    /// Buffer waits of the attempts that started in the bin, in ns, and their number.
    pub wait_ns: u128,
    /// Attempts that started in the bin.
    pub started: u64,
    /// The forecast at the start of the bin, attempts per second.
    pub forecast: Option<f64>,
    /// Live capacity at the start of the bin, attempts per second.
    pub capacity: f64,
    /// Attempts that arrived in the bin.
    pub offered: u64,
    /// Squares over replications of ready replicas and utilisation integral, for bands.
    pub squares: [f64; 2],
}

impl OutcomeBin {
    /// Add another replication's bin.
    pub fn add(&mut self, other: &OutcomeBin) {
        self.requests += other.requests;
        self.attempts += other.attempts;
        self.ok_200 += other.ok_200;
        self.limited_429_request += other.limited_429_request;
        self.limited_429_token += other.limited_429_token;
        self.unavailable_503 += other.unavailable_503;
        self.client_timeout += other.client_timeout;
        self.gave_up += other.gave_up;
        self.prompt_tokens += other.prompt_tokens;
        self.output_tokens += other.output_tokens;
        self.succeeded += other.succeeded;
        self.wasted += other.wasted;
        self.quantiled += other.quantiled;
        for i in 0..2 {
            self.time_to_success_ns[i] += other.time_to_success_ns[i];
            self.squares[i] += other.squares[i];
        }
    }

    /// Attempts answered or abandoned in the bin.
    pub fn ended(&self) -> u64 {
        self.ok_200
            + self.limited_429_request
            + self.limited_429_token
            + self.unavailable_503
            + self.client_timeout
    }
}

impl RateBin {
    /// Add another replication's bin.
    pub fn add(&mut self, other: &RateBin) {
        self.dynamic = self.dynamic.zip(other.dynamic, |a, b| a + b);
        self.success = self.success.zip(other.success, |a, b| a + b);
        self.green += other.green;
        self.red += other.red;
        self.squares += other.squares;
    }
}

impl CapacityBin {
    /// Add another replication's bin.
    pub fn add(&mut self, other: &CapacityBin) {
        for i in 0..3 {
            self.replicas[i] += other.replicas[i];
            self.integrals[i] += other.integrals[i];
        }
        self.replica_ns += other.replica_ns;
        self.sampled += other.sampled;
        self.wait_ns += other.wait_ns;
        self.started += other.started;
        self.forecast = self.forecast.zip(other.forecast).map(|(a, b)| a + b);
        self.capacity += other.capacity;
        self.offered += other.offered;
        for i in 0..2 {
            self.squares[i] += other.squares[i];
        }
    }
}
