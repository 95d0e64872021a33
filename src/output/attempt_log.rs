//! `attempts.csv`: every attempt as it ends, streamed while the run goes on.

use super::columns::ATTEMPTS;
use super::rows::workload_names;
use super::table::{Cell, Table};
use crate::metrics::observer::{AttemptRecord, Ended};
use crate::reply::Told;
use crate::scenario::{Scenario, Workload};
use std::io::{self, Write};

/// The attempt log of one run, written to any sink.
pub struct AttemptLog<'a, W: Write> {
    names: Vec<[&'a str; 3]>,
    /// Of each workload of a group, the rank of the group's first member, from 1.
    firsts: Vec<Option<u32>>,
    table: Table<W>,
    failed: Option<io::Error>,
}

impl<'a, W: Write> AttemptLog<'a, W> {
    /// Begin a log.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn new(scenario: &'a Scenario, sink: W) -> io::Result<AttemptLog<'a, W>> {
        let table = Table::new(sink, ATTEMPTS.columns)?;
        let first = |w: &Workload| Some(scenario.orgs[w.org as usize].crowd.as_ref()?.group.first + 1);
        let firsts = scenario.workloads.iter().map(first).collect();
        Ok(AttemptLog { names: workload_names(scenario), firsts, table, failed: None })
    }

    /// Add an attempt. The first error of the sink is kept for [`AttemptLog::finish`]; nothing more is
    /// written after it.
    pub fn add(&mut self, record: &AttemptRecord) {
        if self.failed.is_none() {
            self.failed = self.write(record).err();
        }
    }

    /// True once the sink has failed: a run may stop.
    pub fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Flush, and give the sink back.
    ///
    /// # Errors
    /// The first error of the sink.
    pub fn finish(self) -> io::Result<W> {
        match self.failed {
            Some(error) => Err(error),
            None => self.table.finish(),
        }
    }

    fn write(&mut self, r: &AttemptRecord) -> io::Result<()> {
        let [org, workload, model] = self.names[r.workload as usize];
        let (status, error_type, reset) = match r.ended {
            Ended::Answered(reply) => {
                (Cell::Count(reply.outcome.status().into()), reply.outcome.error_type(), reply.reset)
            }
            Ended::TimedOut => (Cell::Text("timeout"), "", None),
            Ended::InFlight => (Cell::Text("in_flight"), "", None),
        };
        let color = match r.green {
            Some(true) => "green",
            Some(false) => "red",
            None => "",
        };
        let latency_s = (r.ended != Ended::InFlight).then(|| (r.at - r.sent).as_secs_f64());
        self.table.row(&[
            r.sent.as_secs_f64().into(),
            org.into(),
            workload.into(),
            model.into(),
            r.request.into(),
            r.attempt.into(),
            color.into(),
            status,
            error_type.into(),
            reset.map(Told::get).into(),
            r.prompt.into(),
            r.output.into(),
            r.wait.map(|wait| wait.as_secs_f64()).into(),
            latency_s.into(),
            self.firsts[r.workload as usize].map(|first| first + r.member).into(),
        ])
    }
}
