//! The limiter of one org on one model: the law, two meters, the reset value.

use super::{Ns, ns, seconds};
use ratetide::limit::law::Law;
use ratetide::limit::law::success_window::Multiplier;
use ratetide::limit::policy::{Credit, Policy, ResetMode};

/// Requests and tokens.
pub type Both<T> = [T; 2];

/// What the law may know of the model: its saturated rates per second, and smoothed utilisation.
#[derive(Clone, Copy)]
pub struct Live {
    pub capacity: Both<f64>,
    pub utilization: f64,
}

pub struct Limiter<'a> {
    policy: &'a Policy,
    /// Theoretical arrival times.
    due: Both<Ns>,
    /// The last slots told.
    slots: Both<Ns>,
    /// Every credited success: when, and its tokens.
    credited: Vec<(Ns, u32)>,
    /// The output of every success.
    outputs: Vec<u32>,
}

/// How long a cost takes at a rate, rounded down, so that who sends exactly at the rate conforms.
fn lasts(cost: f64, rate_per_s: f64) -> Ns {
    (cost / rate_per_s * 1e9 + 1e-4).floor() as Ns
}

impl<'a> Limiter<'a> {
    pub fn new(policy: &'a Policy) -> Limiter<'a> {
        Limiter { policy, due: [0; 2], slots: [0; 2], credited: Vec::new(), outputs: Vec::new() }
    }

    /// Mean output of the successes so far, the configured mean before the first.
    pub fn expected_output(&self, configured: f64) -> f64 {
        let total: u64 = self.outputs.iter().map(|&n| u64::from(n)).sum();
        if self.outputs.is_empty() { configured } else { total as f64 / self.outputs.len() as f64 }
    }

    /// Successes per second over the window: 60 whole buckets on the absolute clock and, by linear
    /// interpolation, what is left of the one before them.
    fn success(&self, now: Ns, window: Ns) -> Both<f64> {
        let width = window / 60;
        let left = 1.0 - (now % width) as f64 / width as f64;
        let over = |weight: &dyn Fn(u32) -> u64| {
            let of_age = |from: Ns, to: Ns| {
                let aged =
                    self.credited.iter().filter(|(at, _)| (from..=to).contains(&(now / width - at / width)));
                aged.map(|&(_, tokens)| weight(tokens)).sum::<u64>() as f64
            };
            (of_age(0, 59) + left * of_age(60, 60)) / (seconds(width) * 60.0)
        };
        [over(&|_| 1), over(&|tokens| u64::from(tokens))]
    }

    /// The dynamic rates per second.
    fn rates(&self, now: Ns, live: Live) -> Both<f64> {
        match &self.policy.law {
            Law::Fixed(fixed) => [fixed.limits.requests, fixed.limits.tokens],
            Law::SuccessWindow(law) => {
                let h = match law.multiplier {
                    Multiplier::Fixed(h) => h,
                    Multiplier::LoadScaled { min, max, low, high } => {
                        min + (max - min) * ((high - live.utilization) / (high - low)).clamp(0.0, 1.0)
                    }
                };
                let success = self.success(now, ns(law.window));
                let (base, cap) = (
                    [law.band.base.requests, law.band.base.tokens],
                    [law.band.cap.requests, law.band.cap.tokens],
                );
                [0, 1].map(|r| {
                    let share = law.band.share.map_or(f64::INFINITY, |share| share * live.capacity[r]);
                    (h * success[r]).min(cap[r]).min(share).max(base[r])
                })
            }
            _ => [f64::INFINITY; 2],
        }
    }

    /// What a request of so many tokens adds to each meter, and how long until it conforms.
    fn read(&self, now: Ns, tokens: f64, live: Live) -> (Both<Ns>, Both<Ns>) {
        let rates = self.rates(now, live);
        let adds = [lasts(1.0, rates[0]), lasts(tokens, rates[1])];
        let tolerance = ns(self.policy.burst);
        // Once charged it may be a burst ahead of the clock, or its own length if it is larger than that.
        let wait = |r: usize| (self.due[r].max(now) + adds[r] - now - tolerance.max(adds[r])).max(0);
        (adds, [wait(0), wait(1)])
    }

    /// Green, or the index of the binding resource.
    pub fn label(&mut self, now: Ns, tokens: f64, live: Live) -> Result<(), usize> {
        let (adds, waits) = self.read(now, tokens, live);
        if waits != [0; 2] {
            return Err(usize::from(waits[1] > waits[0]));
        }
        (0..2).for_each(|r| self.due[r] = self.due[r].max(now) + adds[r]);
        Ok(())
    }

    /// A success: settled at the rate before it is credited.
    pub fn success_of(&mut self, now: Ns, green: bool, charged: f64, prompt: u32, output: u32, live: Live) {
        let tokens = prompt + output;
        if green {
            let rate = self.rates(now, live)[1];
            let [more, less] = [f64::from(tokens) - charged, charged - f64::from(tokens)];
            let correction = lasts(more.max(0.0), rate) - lasts(less.max(0.0), rate);
            self.due[1] = (self.due[1].max(now) + correction).max(now);
        }
        if green || self.policy.credit == Credit::All {
            self.credited.push((now, tokens));
        }
        self.outputs.push(output);
    }

    /// The wait told: `limited` is the binding resource of a 429; `failed` is a 429 or a 503.
    pub fn reset(
        &mut self,
        now: Ns,
        tokens: f64,
        limited: Option<usize>,
        failed: bool,
        backlog: Ns,
        live: Live,
    ) -> Ns {
        let (adds, waits) = self.read(now, tokens, live);
        let conforms_in = waits[0].max(waits[1]);
        let mode = if limited.is_some() { self.policy.reset_on_429 } else { self.policy.reset_otherwise };
        match mode {
            ResetMode::Model if limited.is_some() => backlog,
            ResetMode::Model => backlog.max(conforms_in),
            ResetMode::Reserved if failed => {
                let r = limited.unwrap_or(usize::from(waits[1] > waits[0]));
                self.slots[r] = (self.slots[r] + adds[r]).max(now + waits[r]).min(now + 60_000_000_000);
                (self.slots[r] - now).max(0)
            }
            ResetMode::Gcra | ResetMode::Reserved => conforms_in,
        }
    }
}
