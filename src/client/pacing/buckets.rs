//! Two token buckets: one for requests, one for tokens.

use super::Pacer;
use crate::bounds;
use crate::client::part::{Ended, Written};
use crate::read::{Key, Member, Spec, Tagged};
use crate::units::{Quantity, Rate, SimTime, Span};

/// An attempt goes when both buckets hold what it takes, 1 request and its prompt and most output; both are full
/// at the start and hold at most `full` of their rate (openai-cookbook `api_request_parallel_processor.py`). What
/// asks for more tokens than a full bucket holds goes when it is full (*ours*: the cookbook would wait for ever).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Buckets {
    rates: [f64; 2],
    full: [f64; 2],
    held: [f64; 2],
    at: SimTime,
}

impl Buckets {
    /// Full buckets.
    pub const fn new(requests: Rate, tokens: Rate, full: Span) -> Buckets {
        let full_s = full.as_ns() as f64 / 1e9;
        let rates = [requests.per_s(), tokens.per_s()];
        // Less than one request would never let anything through.
        let held = [(rates[0] * full_s).max(1.0), rates[1] * full_s];
        Buckets { rates, full: held, held, at: SimTime::ZERO }
    }

    fn fill(&mut self, now: SimTime) {
        let passed_s = now.saturating_since(self.at).as_secs_f64();
        self.at = now;
        self.held = [0, 1].map(|i| (self.held[i] + self.rates[i] * passed_s).min(self.full[i]));
    }

    fn taken(&self, tokens: u32) -> [f64; 2] {
        [1.0, f64::from(tokens).min(self.full[1])]
    }
}

impl Pacer for Buckets {
    fn slot(&mut self, now: SimTime, tokens: u32) -> SimTime {
        self.fill(now);
        let taken = self.taken(tokens);
        let missing_s = |i: usize| (taken[i] - self.held[i]) / self.rates[i];
        now.saturating_add(Span::from_secs_f64(missing_s(0).max(missing_s(1))))
    }

    fn sent(&mut self, now: SimTime, tokens: u32) {
        self.fill(now);
        let taken = self.taken(tokens);
        self.held = [0, 1].map(|i| self.held[i] - taken[i]);
    }

    fn most(&self, tokens: f64) -> [f64; 2] {
        let taken = [1.0, tokens.min(self.full[1]).max(f64::MIN_POSITIVE)];
        let least = |of: [f64; 2]| (of[0] / taken[0]).min(of[1] / taken[1]);
        [least(self.rates), least(self.full)]
    }

    fn ended(&mut self, _: SimTime, _: &Ended) {}
}

impl Written for Buckets {
    const MEMBER: Member = Member::table(
        "buckets",
        &Spec::new(
            "buckets_pacing",
            "a token bucket for requests and one for tokens, full at the start",
            &[
                Key::rate("requests", Quantity::Requests, bounds::PACE)
                    .or("\"1500/min\"")
                    .doc("requests per time"),
                Key::rate("tokens", Quantity::Tokens, bounds::TOKEN_PACE)
                    .or("\"125000/min\"")
                    .doc("tokens per time, prompt and most output"),
                Key::span("full", bounds::PACE_WINDOW)
                    .or("\"1 min\"")
                    .doc("what a full bucket holds of its rate"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Buckets> {
        let mut table = value.table();
        Some(Buckets::new(table.rate("requests"), table.rate("tokens"), table.span("full")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whichever_bucket_is_short_decides() {
        let rate = Rate::from_per_s;
        let mut buckets = Buckets::new(rate(2.0), rate(100.0), Span::from_s(10));
        let mut take = |s: u64, tokens| {
            let slot = buckets.slot(SimTime::from_s(s), tokens);
            buckets.sent(slot, tokens);
            slot.as_secs_f64()
        };
        assert_eq!([(); 4].map(|()| take(0, 250)), [0.; 4], "a thousand tokens are there at first");
        assert_eq!(take(0, 50), 0.5);
        assert_eq!(take(1, 50), 1.0);
        assert_eq!(take(100, 5000), 100.0, "more than fits goes when it is full");
        assert_eq!(take(100, 5000), 110.0);
        // Requests bind where they are small.
        let mut buckets = Buckets::new(rate(2.0), rate(100.0), Span::from_s(1));
        let mut take = || {
            let slot = buckets.slot(SimTime::ZERO, 1);
            buckets.sent(slot, 1);
            slot.as_secs_f64()
        };
        assert_eq!([(); 4].map(|()| take()), [0., 0., 0.5, 0.5]);
    }
}
