//! The ledger: every attempt ends in one outcome, every request in one end, and the sums balance.

use crate::client::GaveUp;
use crate::reply::Outcome;

/// Prompt and output tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Prompt tokens.
    pub prompt: u64,
    /// Output tokens.
    pub output: u64,
}

impl Tokens {
    /// Tokens of one request.
    pub fn new(prompt: u32, output: u32) -> Tokens {
        Tokens { prompt: u64::from(prompt), output: u64::from(output) }
    }

    /// Both together.
    pub fn total(self) -> u64 {
        self.prompt + self.output
    }
}

impl std::ops::AddAssign for Tokens {
    fn add_assign(&mut self, other: Tokens) {
        self.prompt += other.prompt;
        self.output += other.output;
    }
}

/// The account of one workload. What falls back has its attempts and tokens in the fallback's account, its birth
/// and its end in its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Requests born.
    pub requests: u64,
    /// Requests that succeeded.
    pub succeeded: u64,
    /// Requests given up after the last allowed attempt.
    pub gave_up_attempts: u64,
    /// Requests given up at their deadline.
    pub gave_up_deadline: u64,
    /// Requests given up because the response said to wait too long.
    pub gave_up_not_retryable: u64,
    /// Requests of batch jobs whose window ended first.
    pub gave_up_expired: u64,
    /// Requests given up because the retry budget was spent.
    pub gave_up_budget: u64,
    /// Requests given up after a breaker or a throttle rejected their last attempt.
    pub gave_up_rejected: u64,
    /// Requests open at the end of the run.
    pub open: u64,
    /// Attempts sent.
    pub attempts: u64,
    /// Attempts that a breaker or a throttle rejected before they were sent: no attempts.
    pub rejected_locally: u64,
    /// Attempts answered 200 in time.
    pub ok_200: u64,
    /// Attempts answered 429, request-limited.
    pub limited_429_request: u64,
    /// Attempts answered 429, token-limited.
    pub limited_429_token: u64,
    /// Attempts answered 503.
    pub unavailable_503: u64,
    /// Attempts abandoned by their client.
    pub client_timeout: u64,
    /// Attempts without an answer at the end of the run.
    pub in_flight: u64,
    /// Tokens of all requests born.
    pub born: Tokens,
    /// Tokens of the requests that succeeded.
    pub useful: Tokens,
    /// Tokens of the requests given up.
    pub lost: Tokens,
    /// Tokens of the requests open at the end.
    pub pending: Tokens,
    /// Tokens served to clients that had gone.
    pub wasted: Tokens,
}

impl Account {
    /// Requests given up, whatever the reason.
    pub fn gave_up(&self) -> u64 {
        self.gave_up_attempts
            + self.gave_up_deadline
            + self.gave_up_not_retryable
            + self.gave_up_expired
            + self.gave_up_budget
            + self.gave_up_rejected
    }

    /// Count an answered attempt.
    #[inline]
    pub fn answer(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Ok => &mut self.ok_200,
            Outcome::LimitedRequest => &mut self.limited_429_request,
            Outcome::LimitedToken => &mut self.limited_429_token,
            Outcome::Unavailable => &mut self.unavailable_503,
        } += 1;
    }

    /// Count a request given up.
    pub fn give_up(&mut self, reason: GaveUp, tokens: Tokens) {
        *match reason {
            GaveUp::Attempts => &mut self.gave_up_attempts,
            GaveUp::Deadline => &mut self.gave_up_deadline,
            GaveUp::NotRetryable => &mut self.gave_up_not_retryable,
            GaveUp::Expired => &mut self.gave_up_expired,
            GaveUp::Budget => &mut self.gave_up_budget,
            GaveUp::Rejected => &mut self.gave_up_rejected,
        } += 1;
        self.lost += tokens;
    }

    /// Add another account.
    pub fn add(&mut self, other: &Account) {
        let Account { born, useful, lost, pending, wasted, .. } = other;
        self.requests += other.requests;
        self.succeeded += other.succeeded;
        self.gave_up_attempts += other.gave_up_attempts;
        self.gave_up_deadline += other.gave_up_deadline;
        self.gave_up_not_retryable += other.gave_up_not_retryable;
        self.gave_up_expired += other.gave_up_expired;
        self.gave_up_budget += other.gave_up_budget;
        self.gave_up_rejected += other.gave_up_rejected;
        self.rejected_locally += other.rejected_locally;
        self.open += other.open;
        self.attempts += other.attempts;
        self.ok_200 += other.ok_200;
        self.limited_429_request += other.limited_429_request;
        self.limited_429_token += other.limited_429_token;
        self.unavailable_503 += other.unavailable_503;
        self.client_timeout += other.client_timeout;
        self.in_flight += other.in_flight;
        self.born += *born;
        self.useful += *useful;
        self.lost += *lost;
        self.pending += *pending;
        self.wasted += *wasted;
    }

    /// Requests, attempts and tokens are conserved.
    pub fn is_balanced(&self) -> bool {
        let ends = self.succeeded + self.gave_up() + self.open;
        let outcomes = self.ok_200
            + self.limited_429_request
            + self.limited_429_token
            + self.unavailable_503
            + self.client_timeout
            + self.in_flight;
        let mut accounted = self.useful;
        accounted += self.lost;
        accounted += self.pending;
        self.requests == ends
            && self.attempts == outcomes
            && self.born == accounted
            && self.ok_200 == self.succeeded
    }
}

/// The accounts of all workloads: of the whole run, and of the requests born at or after the warm-up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Everything that happened, per workload.
    pub whole: Vec<Account>,
    /// The summary's part of it, per workload.
    pub summary: Vec<Account>,
}

/// The accounts while they are kept. What happens is entered once: for the warm-up's requests, or the summary's.
#[derive(Clone, Debug)]
pub struct Books {
    /// Per workload, the one that its requests were born to: a fallback's attempts end requests of that.
    homes: Vec<u32>,
    /// Per workload, those of the warm-up and those of the summary.
    accounts: Vec<[Account; 2]>,
}

impl Books {
    /// Empty accounts; `homes` names, per workload, the one that its requests were born to.
    pub fn new(homes: Vec<u32>) -> Books {
        Books { accounts: vec![Default::default(); homes.len()], homes }
    }

    /// The account of a workload's requests; `counted` of those that belong to the summary.
    #[inline]
    pub fn of(&mut self, workload: u32, counted: bool) -> &mut Account {
        &mut self.accounts[workload as usize][usize::from(counted)]
    }

    /// The run is over: the accounts, and nothing was lost.
    ///
    /// # Panics
    /// If they do not balance; in release too.
    pub fn close(&self) -> Ledger {
        let summary: Vec<Account> = self.accounts.iter().map(|[_, counted]| *counted).collect();
        let mut whole = summary.clone();
        whole.iter_mut().zip(&self.accounts).for_each(|(whole, [warmup, _])| whole.add(warmup));
        for accounts in [&whole, &summary] {
            let mut together = vec![Account::default(); accounts.len()];
            self.homes.iter().zip(accounts).for_each(|(&home, account)| together[home as usize].add(account));
            for (workload, account) in together.iter().enumerate() {
                assert!(account.is_balanced(), "conservation is broken for workload {workload}: {account:?}");
            }
        }
        Ledger { whole, summary }
    }
}
