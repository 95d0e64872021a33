//! The observer that fills the summary and the series of one replication.

use super::ledger::Tokens;
use super::observer::{AttemptRecord, Ended, Observer};
use super::series::{Bins, CapacityBin, OutcomeBin, RateBin};
use super::stands::Stands;
use super::summary::Summary;
use super::times::Times;
use crate::client::GaveUp;
use crate::limit::usage::Rates;
use crate::platform::model::Levels;
use crate::reply::Outcome;
use crate::units::{SimTime, Span};

/// Takes each attempt as it ends: the attempt log.
pub type Log<'a> = &'a mut (dyn FnMut(&AttemptRecord) + Send);

/// The shape of what is recorded.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The pair of each workload.
    pub workload_pairs: Vec<u32>,
    /// How many (org, model) pairs.
    pub pairs: usize,
    /// How many models.
    pub models: usize,
    /// Bin width.
    pub interval: Span,
    /// End of the warm-up.
    pub warmup: SimTime,
    /// End of traffic.
    pub traffic_end: SimTime,
    /// End of the run.
    pub end: SimTime,
}

/// The successes of the bin a workload is in, until it moves on.
#[derive(Clone, Debug, Default)]
struct OpenBin {
    bin: usize,
    times: Times,
}

/// Records one replication.
pub struct Recorder<'a> {
    layout: Layout,
    log: Option<Log<'a>>,
    /// Per workload, without accounts and costs, which the ledger brings.
    pub summaries: Vec<Summary>,
    /// Per bin and workload.
    pub outcomes: Bins<OutcomeBin>,
    /// Per bin and pair.
    pub rates: Bins<RateBin>,
    /// Per bin and model.
    pub capacity: Bins<CapacityBin>,
    /// Per workload, the instant of the last success.
    pub last_success: Vec<SimTime>,
    open_bins: Vec<OpenBin>,
    /// How the models stand, and what their replicas come to.
    stands: Stands,
    pair_marks: Vec<[Rates; 2]>,
    next_bin: usize,
    marked: [bool; 2],
}

/// A rate not looked at yet: not defined, as an unlimited one is not.
const UNSEEN: Rates = Rates { requests: f64::INFINITY, tokens: f64::INFINITY };

impl<'a> Recorder<'a> {
    /// An empty record; `log` is told of every attempt.
    pub fn new(layout: Layout, log: Option<Log<'a>>) -> Recorder<'a> {
        let workloads = layout.workload_pairs.len();
        Recorder {
            log,
            summaries: vec![Summary { replications: 1, ..Summary::default() }; workloads],
            outcomes: Bins::new(layout.interval, layout.end, workloads),
            rates: Bins::new(layout.interval, layout.end, layout.pairs),
            capacity: Bins::new(layout.interval, layout.end, layout.models),
            last_success: vec![SimTime::ZERO; workloads],
            open_bins: vec![OpenBin::default(); workloads],
            stands: Stands::new(layout.models),
            pair_marks: vec![[UNSEEN; 2]; layout.pairs],
            next_bin: 0,
            marked: [false; 2],
            layout,
        }
    }

    /// Of a model, replicas × ns: of the whole run, and of it the warm-up.
    pub fn replica_ns(&self, model: u32) -> [f64; 2] {
        self.stands.replica_ns(model)
    }

    /// The run is over at `end`: close what is open.
    pub fn finish(&mut self, end: SimTime) {
        for workload in 0..self.open_bins.len() {
            self.close_bin(workload);
        }
        self.stands.close(end, &mut self.capacity);
        for (summary, &pair) in self.summaries.iter_mut().zip(&self.layout.workload_pairs) {
            summary.dynamic = Some(self.pair_marks[pair as usize]);
        }
        let bins = self.outcomes.len();
        for bin in 0..bins {
            for workload in 0..self.summaries.len() {
                let entry = self.outcomes.get_mut(bin, workload);
                entry.squares = [entry.attempts, entry.ok_200].map(|n| (n as f64).powi(2));
            }
            for pair in 0..self.layout.pairs {
                let entry = self.rates.get_mut(bin, pair);
                entry.squares = entry.dynamic.requests.powi(2);
            }
            for model in 0..self.layout.models {
                let entry = self.capacity.get_mut(bin, model);
                entry.squares = [(entry.replicas[0] as f64).powi(2), entry.integrals[1].powi(2)];
            }
        }
    }

    /// Take over what another part of the run recorded: of these workloads, pairs and models.
    pub fn adopt(&mut self, mut other: Recorder<'a>, workloads: &[bool], pairs: &[bool], models: &[bool]) {
        self.outcomes.adopt(&mut other.outcomes, workloads);
        self.rates.adopt(&mut other.rates, pairs);
        self.capacity.adopt(&mut other.capacity, models);
        for workload in (0..workloads.len()).filter(|&workload| workloads[workload]) {
            self.summaries[workload] = std::mem::take(&mut other.summaries[workload]);
            self.last_success[workload] = other.last_success[workload];
        }
        self.stands.adopt(&other.stands, models);
    }

    /// Write the quantiles of the bin that a workload leaves.
    fn close_bin(&mut self, workload: usize) {
        let OpenBin { bin, times } = &mut self.open_bins[workload];
        if let Some(both) = times.take() {
            let entry = self.outcomes.get_mut(*bin, workload);
            entry.time_to_success_ns = both.map(|time| u128::from(time.as_ns()));
            entry.quantiled = 1;
        }
    }

    #[cold]
    fn write(&mut self, record: AttemptRecord) {
        self.log.iter_mut().for_each(|log| log(&record));
    }
}

impl Observer for Recorder<'_> {
    fn reads_headers(&self) -> bool {
        self.log.is_some()
    }

    #[inline]
    fn born(&mut self, at: SimTime, workload: u32) {
        self.outcomes.at(at, workload).requests += 1;
    }

    #[inline]
    fn sent(&mut self, at: SimTime, workload: u32) {
        self.outcomes.at(at, workload).attempts += 1;
    }

    #[inline]
    fn labelled(&mut self, at: SimTime, pair: u32, model: u32, green: bool) {
        let bin = self.rates.at(at, pair);
        *if green { &mut bin.green } else { &mut bin.red } += 1;
        self.capacity.at(at, model).offered += 1;
    }

    #[inline]
    fn started(&mut self, at: SimTime, model: u32, wait: Span) {
        let bin = self.capacity.at(at, model);
        bin.started += 1;
        bin.wait_ns += u128::from(wait.as_ns());
    }

    #[inline(always)]
    fn ended(&mut self, record: &AttemptRecord) {
        if self.log.is_some() {
            // A copy, so that there need be no record where there is no log.
            self.write(*record);
        }
        let bin = self.outcomes.at(record.at, record.workload);
        let summary = &mut self.summaries[record.workload as usize];
        let reply = match record.ended {
            Ended::Answered(reply) => reply,
            Ended::TimedOut => return bin.client_timeout += 1,
            Ended::InFlight => return,
        };
        if record.counted {
            summary.attempt_latency.record(record.at - record.sent);
        }
        match reply.outcome {
            Outcome::LimitedRequest => bin.limited_429_request += 1,
            Outcome::LimitedToken => bin.limited_429_token += 1,
            Outcome::Unavailable => bin.unavailable_503 += 1,
            Outcome::Ok => {
                bin.ok_200 += 1;
                bin.prompt_tokens += u64::from(record.prompt);
                bin.output_tokens += u64::from(record.output);
                if record.counted {
                    record.wait.into_iter().for_each(|wait| summary.buffer_wait.record(wait));
                    record.first_token.into_iter().for_each(|first| summary.first_token.record(first));
                }
            }
        }
    }

    #[inline]
    fn succeeded(&mut self, at: SimTime, workload: u32, counted: bool, took: Span) {
        let bin = self.outcomes.index(at);
        self.outcomes.get_mut(bin, workload as usize).succeeded += 1;
        let last = &mut self.last_success[workload as usize];
        *last = at.max(*last);
        if self.open_bins[workload as usize].bin != bin {
            self.close_bin(workload as usize);
            self.open_bins[workload as usize].bin = bin;
        }
        self.open_bins[workload as usize].times.record(took);
        if counted {
            self.summaries[workload as usize].time_to_success.record(took);
        }
    }

    fn gave_up(&mut self, at: SimTime, workload: u32, _reason: GaveUp) {
        self.outcomes.at(at, workload).gave_up += 1;
    }

    fn wasted(&mut self, at: SimTime, workload: u32, tokens: Tokens) {
        self.outcomes.at(at, workload).wasted += tokens;
    }

    #[inline]
    fn levels(&mut self, at: SimTime, model: u32, levels: &Levels) {
        self.stands.change(at, model, levels, &mut self.capacity);
    }

    #[inline]
    fn next_sample(&self) -> SimTime {
        let bin =
            if self.next_bin < self.rates.len() { self.rates.start(self.next_bin) } else { SimTime::NEVER };
        let mark = |i: usize, at: SimTime| if self.marked[i] { SimTime::NEVER } else { at };
        bin.min(mark(0, self.layout.warmup)).min(mark(1, self.layout.traffic_end))
    }

    fn sample_pair(&mut self, at: SimTime, pair: u32, dynamic: Rates, success: Rates) {
        if at == self.layout.warmup {
            self.pair_marks[pair as usize][0] = dynamic;
        }
        if at == self.layout.traffic_end {
            self.pair_marks[pair as usize][1] = dynamic;
        }
        if self.at_bin(at) {
            let bin = self.rates.get_mut(self.next_bin, pair as usize);
            (bin.dynamic, bin.success) = (dynamic, success);
        }
    }

    fn sample_model(
        &mut self,
        at: SimTime,
        model: u32,
        levels: &Levels,
        forecast: Option<f64>,
        capacity: f64,
    ) {
        self.stands.see(model, levels);
        if at == self.layout.warmup {
            self.stands.end_warmup(at, model, &mut self.capacity);
        }
        if self.at_bin(at) {
            let bin = self.capacity.get_mut(self.next_bin, model as usize);
            bin.replicas = [levels.ready, levels.starting, levels.draining].map(u64::from);
            bin.forecast = forecast;
            bin.capacity = capacity;
            bin.sampled = 1;
        }
    }

    fn sampled(&mut self) {
        let at = self.next_sample();
        if self.at_bin(at) {
            self.next_bin += 1;
        }
        self.marked[0] |= at >= self.layout.warmup;
        self.marked[1] |= at >= self.layout.traffic_end;
    }
}

impl Recorder<'_> {
    /// Whether a sample at this instant is the start of the next bin.
    fn at_bin(&self, at: SimTime) -> bool {
        self.next_bin < self.rates.len() && self.rates.start(self.next_bin) == at
    }
}
