//! What all requests of a client share: the gate at which its attempts wait, and its budget of retries.

use super::Step;
use super::fate::Fate;
use super::sender::Sender;
use crate::client::budget::{RetryBudget as _, Usual};
use crate::client::concurrency::{Concurrency, Limiter as _};
use crate::client::pacing::Pacer as _;
use crate::units::Span;

impl Sender<'_> {
    /// The share of what wants to be sent that its client's pacing and its concurrency let go.
    pub(super) fn gate(&self, step: &Step, fate: &Fate) -> f64 {
        let client = &self.workload.client;
        let mut most = f64::INFINITY;
        if let Some(pacing) = &client.pacing {
            let [per_s, _] = pacing.most(self.asks_for());
            most = self.paced + per_s * step.length_s;
        }
        if let Some(Concurrency::Fixed(fixed)) = &client.concurrency {
            most = most.min(f64::from(fixed.limit()) * (step.length_s / fate.attempt_s().max(1e-9)).max(1.0));
        }
        let wants = self.requests + self.due.iter().chain(&self.held).sum::<f64>();
        if wants > most { most / wants } else { 1.0 }
    }

    /// Tokens that its client takes an attempt to ask for.
    pub(super) fn asks_for(&self) -> f64 {
        self.workload.mean_prompt + self.workload.max_tokens.map_or(self.workload.mean_output, f64::from)
    }

    /// The share of the retries that are wanted which its client's budget grants.
    pub(super) fn grant(&self, step: &Step, fate: &Fate, sent: f64, wants: f64) -> f64 {
        let Some(budget) = &self.workload.client.budget else { return 1.0 };
        let attempt_s = fate.attempt_s();
        let retry_s = self.moves[0].map_or(attempt_s, |next| next.pause_s + attempt_s);
        let usual = Usual {
            seconds: step.length_s,
            first: self.requests,
            ended: [sent * fate.served, sent * fate.failed()],
            in_flight: sent * attempt_s / step.length_s,
            retry_s,
        };
        let granted = (self.left + budget.grants(&usual)).max(0.0);
        if wants > granted { granted / wants } else { 1.0 }
    }

    /// Who was not let go waits at the gate, unless its deadline comes before its turn.
    pub(super) fn close_gate(&mut self, step: &Step) {
        let client = &self.workload.client;
        let mut went = self.through * self.requests;
        let mut stays = 0.0;
        for ordinal in 0..self.held.len() {
            let wants =
                self.due[ordinal] + self.held[ordinal] + if ordinal == 0 { self.requests } else { 0.0 };
            went += self.through * (self.due[ordinal] + self.held[ordinal]);
            self.held[ordinal] = (1.0 - self.through) * wants;
            stays += self.held[ordinal];
        }
        if client.deadline != Span::MAX {
            let most = went * (client.deadline.as_secs_f64() / step.length_s);
            let share = if stays > most { most / stays } else { 1.0 };
            self.held.iter_mut().for_each(|held| *held *= share);
        }
        if let Some(pacing) = &client.pacing {
            let [per_s, at_once] = pacing.most(self.asks_for());
            self.paced = (self.paced + per_s * step.length_s - went).clamp(0.0, at_once);
        }
    }
}
