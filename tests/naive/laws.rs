//! The dynamic rate under each law, from all that ever happened.

use super::growth::Growth;
use super::limiter::{Both, Scene};
use super::{Ns, ns, seconds};
use ratetide::limit::band::Band;
use ratetide::limit::law::Law;
use ratetide::limit::law::formula::{Formula, QUANTITIES};
use ratetide::limit::law::success_window::Multiplier;
use ratetide::limit::usage::Rates;
use std::collections::BTreeMap;

const MINUTE: Ns = 60_000_000_000;

/// What a law remembers of one (org, model).
pub struct Memory {
    pair: usize,
    weight: f64,
    /// Every credited success: when, on the clock of recent use, and its tokens.
    credited: Vec<(Ns, u32)>,
    /// Where that clock stands still since, and how much it has lost.
    stands: Option<Ns>,
    lost: Ns,
    average: Average,
    demand: Average,
    previous: Both<f64>,
    growth: Growth,
}

/// What it remembers of a model.
#[derive(Default)]
pub struct Common {
    asked: Vec<Asked>,
    demand: Average,
}

struct Asked {
    at: Ns,
    pair: usize,
    weight: f64,
    tokens: f64,
}

/// An exponential average of events: dS/dt = (s − S)/τ.
#[derive(Clone, Copy, Default)]
struct Average {
    value: Both<f64>,
    since: Ns,
}

impl Average {
    fn at(&self, now: Ns, tau_s: f64) -> Both<f64> {
        self.value.map(|value| value * (-seconds(now - self.since) / tau_s).exp())
    }

    fn add(&mut self, now: Ns, tau_s: f64, amount: Both<f64>) {
        let value = self.at(now, tau_s);
        *self = Average { value: [0, 1].map(|r| value[r] + amount[r] / tau_s), since: now };
    }
}

pub fn both(rates: Rates) -> Both<f64> {
    [rates.requests, rates.tokens]
}

/// Held between base and cap, and below a share of capacity; the base wins.
pub fn held(wanted: Both<f64>, band: &Band, capacity: Both<f64>) -> Both<f64> {
    let (base, cap) = (both(band.base), both(band.cap));
    [0, 1].map(|r| {
        let share = band.share.map_or(f64::INFINITY, |share| share * capacity[r]);
        wanted[r].min(cap[r]).min(share).max(base[r])
    })
}

/// The dynamic rates per second.
pub fn rates(law: &Law, memory: &mut Memory, scene: &mut Scene) -> Both<f64> {
    let (now, live) = (scene.now, scene.live);
    let recent = memory.recent(now);
    match law {
        Law::Unlimited(_) => [f64::INFINITY; 2],
        Law::Fixed(fixed) => both(fixed.limits),
        Law::SuccessWindow(law) => {
            let h = match law.multiplier {
                Multiplier::Fixed(h) => h,
                Multiplier::LoadScaled { min, max, low, high } => {
                    min + (max - min) * ((high - live.utilization) / (high - low)).clamp(0.0, 1.0)
                }
            };
            held(memory.success(recent, ns(law.window)).map(|s| h * s), &law.band, live.capacity)
        }
        Law::Ewma(law) => {
            let average = memory.average.at(recent, law.tau.as_secs_f64());
            held(average.map(|s| law.multiplier * s), &law.band, live.capacity)
        }
        Law::RecentPeak(law) => {
            let best = memory.best_minute(recent, law.memory.minutes, law.memory.half_life_s);
            held(best.map(|p| law.multiplier * p), &law.band, live.capacity)
        }
        Law::Tiered(law) => {
            let used: u64 = memory.credited.iter().map(|&(_, tokens)| u64::from(tokens)).sum();
            let tier = law.tiers.iter().rfind(|tier| tier.from_tokens <= used).expect("the first is from 0");
            let best = memory.best_minute(recent, law.memory.minutes, law.memory.half_life_s);
            let band = Band { base: law.base, cap: tier.limit, share: None };
            held(best.map(|p| law.growth * p), &band, live.capacity)
        }
        Law::FairShare(law) => {
            let interval = ns(law.interval);
            let wanted = scene.common.wanted(now, interval, memory.pair, both(law.band.base), live.capacity);
            held(wanted, &law.band, live.capacity)
        }
        Law::Additive(law) => {
            memory.growth.advance(now, &law.band);
            held(memory.growth.x, &law.band, live.capacity)
        }
        Law::Formula(law) => formula(law, memory, scene, recent),
        #[allow(unreachable_patterns)]
        other => panic!("the naive arm does not know {other:?}"),
    }
}

fn formula(law: &Formula, memory: &Memory, scene: &Scene, recent: Ns) -> Both<f64> {
    let (now, live) = (scene.now, scene.live);
    let (base, cap) = (both(law.band.base), both(law.band.cap));
    let success = memory.success(recent, ns(law.window));
    let (own, all) = (memory.demand.at(now, 60.0), scene.common.demand.at(now, 60.0));
    let previous = if memory.previous[0].is_nan() { base } else { memory.previous };
    let value = |r: usize| {
        let Some(expression) = &law.expressions[r] else { return f64::INFINITY };
        let quantity = |name: &str| match name {
            "success_rate" => 60.0 * success[r],
            "demand" => 60.0 * own[r],
            "capacity" => 60.0 * live.capacity[r],
            "base" => 60.0 * base[r],
            "cap" => 60.0 * cap[r],
            "previous" => 60.0 * previous[r],
            "utilization" => live.utilization,
            "headroom" => ((0.95 - live.utilization) / (0.95 - 0.70)).clamp(0.0, 1.0),
            "minutes_since_start" => seconds(now) / 60.0,
            "weight" => memory.weight,
            "share_of_traffic" if all[r] > 0.0 => (own[r] / all[r]).min(1.0),
            "share_of_traffic" => 0.0,
            other => panic!("the naive arm does not know {other}"),
        };
        let quantities: Vec<f64> = QUANTITIES.iter().map(|(name, _)| quantity(name)).collect();
        let value = expression.value(&quantities) / 60.0;
        if value.is_finite() && value >= 0.0 { value } else { base[r] }
    };
    held([value(0), value(1)], &law.band, live.capacity)
}

impl Memory {
    pub fn new(_law: &Law, pair: usize, weight: f64) -> Memory {
        Memory {
            pair,
            weight,
            credited: Vec::new(),
            stands: None,
            lost: 0,
            average: Average::default(),
            demand: Average::default(),
            previous: [f64::NAN; 2],
            growth: Growth::default(),
        }
    }

    /// The clock of recent use, which stands still from a 503 to the next 200 where the law says so.
    fn recent(&self, now: Ns) -> Ns {
        self.stands.unwrap_or(now) - self.lost
    }

    /// An attempt was labelled at these rates.
    pub fn asked(&mut self, scene: &mut Scene, tokens: f64, met: Both<f64>) {
        self.previous = met;
        self.demand.add(scene.now, 60.0, [1.0, tokens]);
        scene.common.demand.add(scene.now, 60.0, [1.0, tokens]);
        let (at, pair, weight) = (scene.now, self.pair, self.weight);
        scene.common.asked.push(Asked { at, pair, weight, tokens });
    }

    pub fn resume(&mut self, now: Ns) {
        self.lost += self.stands.take().map_or(0, |since| now - since);
    }

    /// A 200, with its tokens if they are credited.
    pub fn served(&mut self, law: &Law, now: Ns, credited: Option<u32>) {
        if let Law::Additive(law) = law {
            self.growth.advance(now, &law.band);
            self.growth.served.push((now, credited));
        }
        if let Some(tokens) = credited {
            let recent = self.recent(now);
            if let Law::Ewma(law) = law {
                self.average.add(recent, law.tau.as_secs_f64(), [1.0, f64::from(tokens)]);
            }
            self.credited.push((recent, tokens));
        }
    }

    /// A 503.
    pub fn unavailable(&mut self, law: &Law, now: Ns) {
        let freezes = match law {
            Law::SuccessWindow(law) => law.freeze_on_503,
            Law::Ewma(law) => law.freeze_on_503,
            Law::RecentPeak(law) => law.freeze_on_503,
            Law::Tiered(law) => law.freeze_on_503,
            Law::Formula(law) => law.freeze_on_503,
            _ => false,
        };
        if freezes {
            self.stands = Some(self.stands.unwrap_or(now));
        }
        if let Law::Additive(law) = law {
            self.growth.cut_at(now, &law.band);
        }
    }

    /// Successes per second over the window: 60 whole buckets on the absolute clock and, by linear
    /// interpolation, what is left of the one before them.
    fn success(&self, now: Ns, window: Ns) -> Both<f64> {
        let width = (window / 60).max(1);
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

    /// The best whole minute, per second: those that ended at most so many minutes ago, each fading since its end.
    fn best_minute(&self, now: Ns, minutes: u64, half_life_s: f64) -> Both<f64> {
        let mut counts: BTreeMap<Ns, Both<u64>> = BTreeMap::new();
        for &(at, tokens) in &self.credited {
            let count = counts.entry(at / MINUTE).or_default();
            *count = [count[0] + 1, count[1] + u64::from(tokens)];
        }
        let present = now / MINUTE;
        let mut best: Both<f64> = [0.0; 2];
        for (minute, count) in counts {
            if minute < present && present < minute + 1 + Ns::from(minutes) {
                let fading = (-seconds(now - (minute + 1) * MINUTE) / half_life_s).exp2();
                best = [0, 1].map(|r| best[r].max(count[r] as f64 / 60.0 * fading));
            }
        }
        best
    }
}

impl Common {
    /// Base + the weighted max–min share of what is left of the capacity, over who asked in the last whole interval; each
    /// wants its rate then.
    fn wanted(&self, now: Ns, interval: Ns, pair: usize, base: Both<f64>, capacity: Both<f64>) -> Both<f64> {
        let last = now / interval - 1;
        let mut askers: BTreeMap<usize, (f64, Both<f64>)> = BTreeMap::new();
        for asked in self.asked.iter().filter(|asked| asked.at / interval == last) {
            let (weight, sum) = askers.entry(asked.pair).or_default();
            (*weight, *sum) = (asked.weight, [sum[0] + 1.0, sum[1] + asked.tokens]);
        }
        let Some(&(own_weight, own)) = askers.get(&pair) else { return base };
        let interval_s = seconds(interval);
        [0, 1].map(|r| {
            let wants: Vec<(f64, f64)> = askers.values().map(|(w, sum)| (sum[r] / interval_s, *w)).collect();
            let left = (capacity[r] - base[r] * askers.len() as f64).max(0.0);
            base[r] + (own[r] / interval_s).min(filled(wants, left) * own_weight)
        })
    }
}

/// The level at which what everybody gets, want or level × weight, adds up to so much: those who want less than an equal
/// share are given it, one round after another.
fn filled(mut wants: Vec<(f64, f64)>, mut left: f64) -> f64 {
    loop {
        let weights: f64 = wants.iter().map(|(_, weight)| weight).sum();
        if wants.is_empty() {
            return f64::INFINITY;
        }
        let level = left / weights;
        let (met, unmet): (Vec<_>, Vec<_>) =
            wants.into_iter().partition(|(want, weight)| *want < level * weight);
        if met.is_empty() {
            return level.max(0.0);
        }
        left -= met.iter().map(|(want, _)| want).sum::<f64>();
        wants = unmet;
    }
}
