//! The batch lane: requests gather in files, files become jobs, jobs go out in order as the tokens enqueued allow.

use super::{ASKS, Event, Naive, Ns, RETRIES, ns};
use ratetide::platform::lane::batch::Batch;
use ratetide::scenario::Scenario;

struct Job {
    workload: usize,
    requests: Vec<usize>,
    tokens: u64,
    /// Those that have not ended.
    open: usize,
}

/// A workload's open file, and when it is to be closed.
type File = Option<(Vec<usize>, Ns)>;

pub struct Jobs {
    files: Vec<File>,
    jobs: Vec<Job>,
    /// Of each (org, model): the tokens enqueued, and jobs that wait.
    enqueued: Vec<u64>,
    waiting: Vec<Vec<usize>>,
    /// The attempts of a job that was sent.
    sent: Vec<(usize, Vec<usize>)>,
    of: std::collections::BTreeMap<usize, usize>,
}

impl Jobs {
    pub fn new(scenario: &Scenario) -> Jobs {
        let pairs = scenario.pairs.len();
        Jobs {
            files: scenario.workloads.iter().map(|_| None).collect(),
            jobs: Vec::new(),
            enqueued: vec![0; pairs],
            waiting: vec![Vec::new(); pairs],
            sent: Vec::new(),
            of: Default::default(),
        }
    }
}

impl Naive<'_> {
    fn rules(&self, w: usize) -> Batch {
        *self.workload(w).lane.batch().expect("only the batch lane gathers")
    }

    fn prompts(&self, requests: &[usize]) -> u64 {
        requests.iter().map(|&r| u64::from(self.requests[r].prompt)).sum()
    }

    /// A request goes into its workload's open file.
    pub fn gather(&mut self, now: Ns, r: usize) {
        let w = self.requests[r].route;
        let rules = self.rules(w);
        if let Some((requests, _)) = &self.jobs.files[w]
            && self.prompts(requests) + u64::from(self.requests[r].prompt) > rules.enqueued_tokens
        {
            self.close(now, w);
        }
        if self.jobs.files[w].is_none() {
            let due = now + ns(rules.gather);
            self.jobs.files[w] = Some((Vec::new(), due));
            self.push(due, ASKS, Event::FileCloses(w));
        }
        let (requests, _) = self.jobs.files[w].as_mut().expect("a file is open");
        requests.push(r);
        if requests.len() >= rules.requests_per_file as usize {
            self.close(now, w);
        }
    }

    /// A file may have been open for its time.
    pub fn file_closes(&mut self, now: Ns, w: usize) {
        if self.jobs.files[w].as_ref().is_some_and(|&(_, due)| due <= now) {
            self.close(now, w);
        }
    }

    fn close(&mut self, now: Ns, w: usize) {
        let (requests, _) = self.jobs.files[w].take().expect("a file is open");
        let (tokens, open, pair) = (self.prompts(&requests), requests.len(), self.workload(w).pair as usize);
        let job = self.jobs.jobs.len();
        requests.iter().for_each(|&r| {
            self.jobs.of.insert(r, job);
        });
        self.jobs.jobs.push(Job { workload: w, requests, tokens, open });
        self.jobs.waiting[pair].push(job);
        self.submit(now, pair);
    }

    /// Submit the jobs that may go, in order; one above the whole limit goes alone.
    fn submit(&mut self, now: Ns, pair: usize) {
        while let Some(&j) = self.jobs.waiting[pair].first() {
            let (w, tokens) = (self.jobs.jobs[j].workload, self.jobs.jobs[j].tokens);
            let enqueued = self.jobs.enqueued[pair];
            if enqueued > 0 && enqueued + tokens > self.rules(w).enqueued_tokens {
                return;
            }
            self.jobs.waiting[pair].remove(0);
            self.jobs.enqueued[pair] += tokens;
            let requests = self.jobs.jobs[j].requests.clone();
            let tries: Vec<usize> = requests.into_iter().map(|r| self.try_now(now, r)).collect();
            self.jobs.sent.push((j, tries));
            self.push(now, RETRIES, Event::JobLeaves(j));
        }
    }

    pub fn job_leaves(&mut self, now: Ns, j: usize) {
        let arrives = now + ns(self.workload(self.jobs.jobs[j].workload).rtt) / 2;
        self.push(arrives, RETRIES, Event::JobArrives(j));
    }

    pub fn job_arrives(&mut self, now: Ns, j: usize) {
        let place = self.jobs.sent.iter().position(|&(job, _)| job == j).expect("it was sent");
        let (_, tries) = self.jobs.sent.remove(place);
        tries.into_iter().for_each(|t| self.arrive(now, t));
    }

    /// A request of a job has ended; the next may go out.
    pub fn end_in_job(&mut self, now: Ns, r: usize) {
        let job = &mut self.jobs.jobs[self.jobs.of[&r]];
        job.open -= 1;
        if job.open == 0 {
            let (w, tokens) = (job.workload, job.tokens);
            let pair = self.workload(w).pair as usize;
            self.jobs.enqueued[pair] -= tokens;
            self.submit(now, pair);
        }
    }
}
