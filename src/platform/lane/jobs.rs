//! Batch jobs at run time: a state machine without a queue or I/O, like the platform's.
//!
//! A workload's requests gather in its open file. The file closes when it is full, when the next request would
//! take it above the tokens that may be enqueued, or when it has been open for its time; then it is a job, and
//! waits at its client until the org's enqueued tokens allow it, in order. Submitted jobs run until all their
//! requests have ended; then their tokens are free for the next. A job above the whole limit goes alone.

use super::batch::Batch;
use crate::chain::{Chain, Id, Links};
use crate::units::SimTime;
use std::collections::VecDeque;

/// The number of a job; reused after it is over.
pub type JobId = u32;

/// What became of a workload's jobs and of the requests in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// Files closed and not submitted yet.
    pub waiting: u64,
    /// Jobs submitted.
    pub submitted: u64,
    /// Jobs with all their requests done.
    pub done: u64,
    /// Jobs over, some of whose requests expired.
    pub partly_expired: u64,
    /// Requests of jobs and open files.
    pub requests: u64,
    /// Requests done.
    pub requests_done: u64,
    /// Requests expired.
    pub requests_expired: u64,
}

impl JobCounts {
    /// Jobs submitted and not over.
    pub fn open(&self) -> u64 {
        self.submitted - self.done - self.partly_expired
    }

    /// Add another workload's or replication's.
    pub fn add(&mut self, other: &JobCounts) {
        self.waiting += other.waiting;
        self.submitted += other.submitted;
        self.done += other.done;
        self.partly_expired += other.partly_expired;
        self.requests += other.requests;
        self.requests_done += other.requests_done;
        self.requests_expired += other.requests_expired;
    }
}

/// A file under way, or the job it became.
#[derive(Clone, Copy, Debug, Default)]
struct Job {
    workload: u32,
    members: Chain,
    tokens: u64,
    expired: u64,
}

/// A workload's open file.
#[derive(Clone, Debug, Default)]
struct Desk {
    /// Index of its queue.
    queue: usize,
    file: Option<(JobId, SimTime)>,
    /// Its timer is running.
    armed: bool,
}

/// What one org has enqueued on one model.
#[derive(Clone, Debug)]
struct Queue {
    limit: u64,
    enqueued: u64,
    waiting: VecDeque<JobId>,
    /// When a job was submitted last: they leave in order.
    last: SimTime,
}

/// All jobs of all workloads.
#[derive(Clone, Debug, Default)]
pub struct Jobs {
    rules: Vec<Option<Batch>>,
    desks: Vec<Desk>,
    queues: Vec<Queue>,
    jobs: Vec<Job>,
    free: Vec<JobId>,
    job_of: Vec<JobId>,
    links: Links,
    counts: Vec<JobCounts>,
    /// What was submitted and when: to be drained after every call.
    pub submitted: Vec<(JobId, SimTime)>,
}

impl Jobs {
    /// No jobs yet; of each workload its (org, model) pair, and its parameters if it is in the batch lane.
    pub fn new(workloads: impl Iterator<Item = (u32, Option<Batch>)>) -> Jobs {
        let mut jobs = Jobs::default();
        let mut pairs = Vec::new();
        for (pair, batch) in workloads {
            let mut desk = Desk::default();
            if let Some(batch) = &batch {
                let (limit, last) = (batch.enqueued_tokens, SimTime::ZERO);
                desk.queue = pairs.iter().position(|&known| known == pair).unwrap_or_else(|| {
                    pairs.push(pair);
                    jobs.queues.push(Queue { limit, enqueued: 0, waiting: VecDeque::new(), last });
                    pairs.len() - 1
                });
            }
            jobs.desks.push(desk);
            jobs.rules.push(batch);
            jobs.counts.push(JobCounts::default());
        }
        jobs
    }

    /// A request with so many prompt tokens is born. The instant to call [`Jobs::ring`], if a timer must be
    /// set.
    pub fn gather(&mut self, now: SimTime, workload: u32, id: Id, prompt: u32) -> Option<SimTime> {
        let (prompt, index) = (u64::from(prompt), workload as usize);
        let rules = self.rules[index].expect("only a workload in the batch lane gathers");
        if let Some((file, _)) = self.desks[index].file {
            let tokens = self.jobs[file as usize].tokens;
            if tokens + prompt > self.queues[self.desks[index].queue].limit {
                self.close(now, workload);
            }
        }
        let file = match self.desks[index].file {
            Some((file, _)) => file,
            None => {
                let file = self.open(workload);
                self.desks[index].file = Some((file, now.saturating_add(rules.gather)));
                file
            }
        };
        let job = &mut self.jobs[file as usize];
        job.members.push(id, &mut self.links);
        job.tokens += prompt;
        let full = job.members.len() >= rules.requests_per_file;
        self.note(id, file);
        self.counts[index].requests += 1;
        if full {
            self.close(now, workload);
        }
        let (_, due) = self.desks[index].file?;
        (!std::mem::replace(&mut self.desks[index].armed, true)).then_some(due)
    }

    /// A workload's timer rang: close the file that has been open for its time. The instant to ring again.
    pub fn ring(&mut self, now: SimTime, workload: u32) -> Option<SimTime> {
        let index = workload as usize;
        if self.desks[index].file.is_some_and(|(_, due)| due <= now) {
            self.close(now, workload);
        }
        let due = self.desks[index].file.map(|(_, due)| due);
        self.desks[index].armed = due.is_some();
        due
    }

    /// The first request of a job.
    pub fn first(&self, job: JobId) -> Option<Id> {
        self.jobs[job as usize].members.head()
    }

    /// The request after another of its job.
    pub fn after(&self, id: Id) -> Option<Id> {
        self.links.after(id)
    }

    /// A request goes on under another id.
    pub fn replace(&mut self, old: Id, new: Id) {
        let job = self.job_of[old as usize];
        self.jobs[job as usize].members.replace(old, new, &mut self.links);
        self.note(new, job);
    }

    /// A request has ended, done or not; its job may be over, and the next go out.
    pub fn end(&mut self, now: SimTime, id: Id, done: bool) {
        let number = self.job_of[id as usize];
        let job = &mut self.jobs[number as usize];
        let workload = job.workload as usize;
        job.members.remove(id, &mut self.links);
        job.expired += u64::from(!done);
        let counts = &mut self.counts[workload];
        *if done { &mut counts.requests_done } else { &mut counts.requests_expired } += 1;
        if !job.members.is_empty() {
            return;
        }
        *if job.expired == 0 { &mut counts.done } else { &mut counts.partly_expired } += 1;
        let (queue, tokens) = (self.desks[workload].queue, job.tokens);
        self.free.push(number);
        let left = self.queues[queue].enqueued.checked_sub(tokens);
        self.queues[queue].enqueued = left.expect("what is freed was enqueued");
        self.submit(now, queue);
    }

    /// What became of each workload's jobs.
    pub fn counts(&self) -> &[JobCounts] {
        &self.counts
    }

    /// Assert that nothing was lost: the requests of every workload in the batch lane are done, expired, or
    /// still in a file or a job.
    pub fn assert_balanced(&self) {
        let mut open = vec![0; self.counts.len()];
        let gone: std::collections::BTreeSet<JobId> = self.free.iter().copied().collect();
        let held = self.jobs.iter().zip(0..).filter(|(_, number)| !gone.contains(number));
        held.for_each(|(job, _)| open[job.workload as usize] += u64::from(job.members.len()));
        for (workload, (counts, open)) in self.counts.iter().zip(open).enumerate() {
            let ends = counts.requests_done + counts.requests_expired + open;
            assert!(counts.requests == ends, "workload {workload}: {counts:?}, {open} open");
        }
    }

    fn note(&mut self, id: Id, job: JobId) {
        let index = id as usize;
        if index >= self.job_of.len() {
            self.job_of.resize(index + 1, JobId::MAX);
        }
        self.job_of[index] = job;
    }

    fn open(&mut self, workload: u32) -> JobId {
        let job = Job { workload, ..Job::default() };
        match self.free.pop() {
            Some(number) => {
                self.jobs[number as usize] = job;
                number
            }
            None => {
                self.jobs.push(job);
                JobId::try_from(self.jobs.len() - 1).expect("jobs are fewer than requests")
            }
        }
    }

    fn close(&mut self, now: SimTime, workload: u32) {
        let desk = &mut self.desks[workload as usize];
        let Some((file, _)) = desk.file.take() else { return };
        let queue = desk.queue;
        self.queues[queue].waiting.push_back(file);
        self.counts[workload as usize].waiting += 1;
        self.submit(now, queue);
    }

    fn submit(&mut self, now: SimTime, queue: usize) {
        let queue = &mut self.queues[queue];
        while let Some(&number) = queue.waiting.front() {
            let job = &self.jobs[number as usize];
            // One that is larger than the whole limit goes when it is alone.
            if queue.enqueued > 0 && queue.enqueued.saturating_add(job.tokens) > queue.limit {
                break;
            }
            queue.waiting.pop_front();
            queue.enqueued += job.tokens;
            queue.last = queue.last.max(now);
            let counts = &mut self.counts[job.workload as usize];
            counts.waiting -= 1;
            counts.submitted += 1;
            self.submitted.push((number, queue.last));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    fn rules(requests_per_file: u32, enqueued_tokens: u64) -> Option<Batch> {
        let (window, gather) = (Span::from_s(3600), Span::from_s(60));
        Some(Batch { discount: 0.5, window, requests_per_file, enqueued_tokens, gather, reserve: 0.1 })
    }

    fn at(seconds: u64) -> SimTime {
        SimTime::from_s(seconds)
    }

    /// What was submitted: the first request of each job, and when.
    fn drained(jobs: &mut Jobs) -> Vec<(Option<Id>, SimTime)> {
        let submitted = std::mem::take(&mut jobs.submitted);
        submitted.into_iter().map(|(job, at)| (jobs.first(job), at)).collect()
    }

    #[test]
    fn a_file_closes_when_full_or_after_its_time() {
        let mut jobs = Jobs::new([(0, rules(2, 1000))].into_iter());
        assert_eq!(jobs.gather(at(0), 0, 0, 10), Some(at(60)));
        assert_eq!((jobs.gather(at(5), 0, 1, 10), jobs.submitted.drain(..).len()), (None, 1), "full");
        assert_eq!(jobs.gather(at(10), 0, 2, 10), None, "the timer of the first file still runs");
        assert_eq!(jobs.ring(at(60), 0), Some(at(70)));
        assert_eq!((jobs.ring(at(70), 0), jobs.submitted.as_slice()), (None, &[(1, at(70))][..]));
        assert_eq!(jobs.gather(at(80), 0, 3, 10), Some(at(140)));
        jobs.assert_balanced();
    }

    #[test]
    fn jobs_wait_in_order_for_the_tokens_enqueued() {
        // Two workloads share the limit of 100; the third is of another org.
        let mut jobs = Jobs::new([(0, rules(1, 100)), (0, rules(1, 100)), (1, rules(1, 100))].into_iter());
        for (id, (workload, prompt)) in (0..).zip([(0, 80), (1, 40), (0, 10), (2, 70)]) {
            jobs.gather(at(u64::from(id)), workload, id, prompt);
        }
        let sent = drained(&mut jobs);
        assert_eq!(sent, [(Some(0), at(0)), (Some(3), at(3))], "10 would fit, but 40 is before it");
        jobs.end(at(9), 0, true);
        let sent = drained(&mut jobs);
        assert_eq!(sent, [(Some(1), at(9)), (Some(2), at(9))]);
        jobs.end(at(10), 1, false);
        let [first, second, _] = jobs.counts() else { panic!("three workloads") };
        assert_eq!((first.submitted, first.done, first.open()), (2, 1, 1));
        assert_eq!((second.partly_expired, second.requests_expired), (1, 1));
        jobs.assert_balanced();
    }

    #[test]
    fn a_request_above_the_whole_limit_goes_alone() {
        let mut jobs = Jobs::new([(0, rules(10, 100))].into_iter());
        jobs.gather(at(0), 0, 0, 60);
        jobs.gather(at(1), 0, 1, 60);
        assert_eq!(jobs.submitted.drain(..).len(), 1, "no file is above the limit");
        jobs.gather(at(2), 0, 2, 500);
        jobs.gather(at(3), 0, 3, 1);
        assert!(jobs.submitted.is_empty());
        jobs.end(at(4), 0, true);
        jobs.end(at(5), 1, true);
        let sent: Vec<_> = jobs.submitted.drain(..).collect();
        assert_eq!(sent.iter().map(|&(_, at)| at).collect::<Vec<_>>(), [at(4), at(5)]);
        jobs.assert_balanced();
    }
}
