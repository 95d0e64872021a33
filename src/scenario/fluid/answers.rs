//! What the attempts of a workload meet at a model: served, refused, dropped, or too late.

use super::allowance::Allowance;
use super::fate::Fate;
use super::pool::{Pool, longest_s, patience_s};
use crate::limit::policy::Headers;
use crate::platform::config::{ModelConfig, OnDisconnect};
use crate::platform::serving::ReplicaEngine as _;
use crate::reply::{Outcome, Reply, Told};
use crate::scenario::Workload;

/// What a dead model tells, in seconds.
const DEAD_S: f64 = 60.0;

impl Pool {
    /// What the attempts of a workload meet there.
    pub fn fate(&self, workload: &Workload, allowance: &Allowance, model: &ModelConfig) -> Fate {
        let rtt_s = workload.rtt.as_secs_f64();
        let idle = Fate::served(workload);
        let alone_s = self.engine.alone_s(workload.mean_prompt, workload.mean_output) * self.slowdown;
        if workload.is_batch() {
            return Fate { answered_s: rtt_s + alone_s, ..idle };
        }
        let [from_s, to_s] = self.waits_s(model);
        let wait_s = 0.5 * (from_s + to_s);
        let service_s = if self.engine.batching().is_some() {
            alone_s.max(self.service_s().min(2.0 * alone_s))
        } else {
            alone_s
        };
        let answered_s = rtt_s + wait_s + service_s;

        let green = allowance.share();
        // Shares are shares, whatever was rounded: what is a little less than nothing would be divided by.
        let spared = (1.0 - self.errors).clamp(0.0, 1.0);
        let colors = [spared * green, spared * (1.0 - green)];
        let of = |color: usize| {
            let let_in = colors[color] * self.accepted[color].clamp(0.0, 1.0);
            let dropped = let_in * self.dropped[color].clamp(0.0, 1.0);
            (let_in - dropped, dropped)
        };
        let ((kept, dropped), (kept_red, dropped_red)) = (of(0), of(1));
        let (let_in, dropped) = (kept + kept_red, dropped + dropped_red);
        let limited = (colors[1] - kept_red).max(0.0);
        let unavailable = (1.0 - spared + colors[0] - kept).max(0.0);
        let patience_s = patience_s(workload, service_s);
        let in_time: f64 = match model.on_disconnect {
            _ if patience_s < 0.0 => 0.0,
            OnDisconnect::Stop => self.awaited,
            OnDisconnect::Serve if to_s.max(from_s) <= patience_s => 1.0,
            OnDisconnect::Serve if to_s.min(from_s) >= patience_s => 0.0,
            OnDisconnect::Serve => ((patience_s - from_s) / (to_s - from_s)).abs().min(1.0),
        };
        let in_time = in_time.clamp(0.0, 1.0);
        let worked = match model.on_disconnect {
            OnDisconnect::Stop => let_in * in_time,
            OnDisconnect::Serve => let_in,
        };
        // A dropped one fails after its longest wait.
        let failing = (limited + unavailable).max(1e-12);
        let had_s =
            longest_s(model.buffer.max_wait).min(patience_s.max(0.0)).min(1e9) * (dropped / failing).min(1.0);
        let timeout_s = workload.client.timeout.min(workload.client.deadline).as_secs_f64();
        let policy = &model.policy;
        let reply = |outcome, mode, is_limited| {
            let backlog_s = if self.is_dead() { DEAD_S } else { wait_s.max(from_s).max(to_s) };
            let told = Told::new(allowance.told_s(mode, is_limited, backlog_s).ceil().max(1.0) as u32);
            let has_reset = match policy.headers {
                Headers::All | Headers::Errors => true,
                Headers::Only429 => is_limited,
            };
            Reply {
                outcome,
                reset: has_reset.then_some(told),
                retry_after: policy.retry_after.then_some(told),
            }
        };
        let hedges = workload.client.hedge.map_or(1.0, |hedge| {
            let more = (answered_s / hedge.delay.as_secs_f64().max(1e-9)).floor();
            (1.0 + more).min(f64::from(hedge.max.min(workload.client.max_attempts)))
        });
        Fate {
            served: let_in * in_time,
            within: kept * in_time,
            failed: [limited, unavailable, let_in * (1.0 - in_time)],
            known_s: [rtt_s + had_s, rtt_s + had_s, timeout_s],
            answered_s,
            replies: [
                reply(Outcome::LimitedRequest, policy.reset_on_429, true),
                reply(Outcome::Unavailable, policy.reset_otherwise, false),
            ],
            worked,
            dropped,
            sends: hedges,
        }
    }
}
