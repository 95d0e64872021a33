//! The batch lane's side of a run: files gather, jobs go out, their requests reach the platform together.
//!
//! A job's window is the timeout of its requests: all are sent at its submission, and none is tried again.

use super::Engine;
use super::event::Event;
use super::requests::Phase;
use crate::chain::Id;
use crate::metrics::observer::Observer;
use crate::platform::lane::jobs::JobId;
use crate::units::SimTime;

impl<O: Observer> Engine<'_, O> {
    /// A request is born into its workload's open file.
    pub(super) fn gather(&mut self, now: SimTime, id: Id) {
        let (workload, prompt) = (self.requests[id].workload, self.requests[id].prompt);
        if let Some(at) = self.jobs.gather(now, workload, id, prompt) {
            self.schedule(at, Event::FileCloses(workload));
        }
        self.send_jobs();
    }

    /// A workload's open file has been open for its time.
    pub(super) fn on_file_closes(&mut self, now: SimTime, workload: u32) {
        if let Some(at) = self.jobs.ring(now, workload) {
            self.schedule(at, Event::FileCloses(workload));
        }
        self.send_jobs();
    }

    /// A request of a job has ended; the next jobs may go out.
    pub(super) fn end_in_job(&mut self, now: SimTime, id: Id, done: bool) {
        self.jobs.end(now, id, done);
        self.send_jobs();
    }

    /// Send what was submitted.
    fn send_jobs(&mut self) {
        let mut submitted = std::mem::take(&mut self.jobs.submitted);
        for (job, at) in submitted.drain(..) {
            let first = self.jobs.first(job).expect("a job has requests");
            let mut next = Some(first);
            while let Some(id) = next {
                let request = &mut self.requests[id];
                request.phase = Phase::Sending;
                request.sent = at;
                next = self.jobs.after(id);
            }
            let one_way = self.sources[self.requests[first].workload as usize].one_way;
            self.schedule(at.saturating_add(one_way), Event::JobArrives(job));
        }
        self.jobs.submitted = submitted;
    }

    /// A job reaches the platform.
    pub(super) fn on_job_arrives(&mut self, now: SimTime, job: JobId) {
        let mut next = self.jobs.first(job);
        while let Some(id) = next {
            next = self.jobs.after(id);
            self.on_arrival(now, id);
        }
    }
}
