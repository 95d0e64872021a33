//! `additive`: the rate grows at a constant pace while it is used, is cut at a 503, and fades when idle.
//!
//! D = max(base, min(X, cap)), X from 0. X grows by a fifth of the base per minute while the successes s of the
//! last minute (or since the first, if that is less) are at least 0.8·D and 200s are at least 95 % of 200s and
//! 503s; 429s do not count. A 503 sets X to min(X, max(base, 0.7·D)), at most once per 10 s. After 10 min below
//! 0.5·D, X halves every 30 min, not below s. Always at the limit, D is thus max(base, base/5 per minute): 60,
//! 120, 720, 1 440 a minute after 0, 10, 60, 120 min, the table that Fireworks published in 2025. Its pace is
//! theirs; the cut, the fading and the thresholds are assumptions.
//!
//! It moves on the whole seconds of the run's clock. A pair that has been silent for a minute is at rest: X then
//! follows in closed form, so that a quiet org costs nothing.

use crate::limit::band::{self, Band};
use crate::limit::rate_law::{Answer, Kept, RateLaw, Scene, Written};
use crate::limit::usage::{Rates, Usage};
use crate::read::{Member, Spec, Tagged};
use crate::units::{NS_PER_S, SimTime, Span};

/// Seconds in the window of s.
const WINDOW_S: u64 = 60;
/// X grows so much of the base per second.
const GROWTH: f64 = 1.0 / 5.0 / 60.0;
/// The share of D that must be used to grow.
const USED: f64 = 0.8;
/// The least share of 200s among 200s and 503s to grow.
const HEALTHY: f64 = 0.95;
/// What a 503 leaves of D, and how long it is before another cuts.
const CUT: f64 = 0.7;
const CUT_INTERVAL: Span = Span::from_s(10);
/// Below this share of D the rate counts as idle.
const IDLE: f64 = 0.5;
/// Idle so long, X fades; and the time in which it halves. In seconds.
const IDLE_S: u64 = 600;
const HALF_LIFE_S: f64 = 1800.0;

/// The law's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Additive {
    /// What it is held within.
    pub band: Band,
}

const SPEC: Spec = Spec::new(
    "additive",
    "grows by a fifth of the base per minute while used, is cut at a 503, fades when idle",
    &[band::BASE, band::CAP],
);

impl Written for Additive {
    const MEMBER: Member = Member::table("additive", &SPEC);
    const KEPT: Kept = Kept { rules: &["S3", "S4", "S5", "S6"], condition: "" };

    fn read(value: Tagged<'_>, (): ()) -> Option<Additive> {
        Some(Additive { band: Band::read(&mut value.table()) })
    }
}

/// What happened in a stretch of time: credited requests and tokens, 200s and 503s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    used: [u64; 2],
    ok: u64,
    unavailable: u64,
}

impl Counts {
    fn change(&mut self, other: &Counts, f: impl Fn(u64, u64) -> u64) {
        self.used = [f(self.used[0], other.used[0]), f(self.used[1], other.used[1])];
        self.ok = f(self.ok, other.ok);
        self.unavailable = f(self.unavailable, other.unavailable);
    }
}

/// X of one resource, per second, and for how many seconds it was idle.
#[derive(Clone, Copy, Debug, Default)]
struct Ramp {
    x: f64,
    idle_s: u64,
}

/// The law's memory of one (org, model).
#[derive(Clone, Debug)]
pub struct History {
    /// Whole seconds that have been worked through.
    second: u64,
    /// Each of the last 60, at its number modulo 60; their sum; and what the second under way holds.
    ring: [Counts; WINDOW_S as usize],
    window: Counts,
    current: Counts,
    /// The second of the first credited success.
    first: Option<u64>,
    last_cut: Option<SimTime>,
    ramps: [Ramp; 2],
}

fn second_of(now: SimTime) -> u64 {
    now.as_ns() / NS_PER_S
}

/// (base, cap) of requests and of tokens.
fn bounds(band: &Band) -> [(f64, f64); 2] {
    [(band.base.requests, band.cap.requests), (band.base.tokens, band.cap.tokens)]
}

fn held(x: f64, (base, cap): (f64, f64)) -> f64 {
    x.min(cap).max(base)
}

impl Ramp {
    /// A second ends with a use of `s` per second.
    fn step(&mut self, s: f64, is_healthy: bool, bounds: (f64, f64)) {
        let (base, cap) = bounds;
        let d = held(self.x, bounds);
        if s >= USED * d && is_healthy {
            self.x = (self.x + base * GROWTH).min(cap);
        }
        self.idle_s = if s < IDLE * d { self.idle_s + 1 } else { 0 };
        if self.idle_s > IDLE_S {
            self.x = (self.x * (-1.0 / HALF_LIFE_S).exp2()).max(self.x.min(s));
        }
    }

    /// So many seconds without any use.
    fn rested(&self, seconds: u64) -> Ramp {
        let idle_s = self.idle_s + seconds;
        let fading_s = idle_s - self.idle_s.max(IDLE_S).min(idle_s);
        Ramp { x: self.x * (-(fading_s as f64) / HALF_LIFE_S).exp2(), idle_s }
    }
}

impl History {
    fn new(now: SimTime) -> History {
        History {
            second: second_of(now),
            ring: [Counts::default(); WINDOW_S as usize],
            window: Counts::default(),
            current: Counts::default(),
            first: None,
            last_cut: None,
            ramps: [Ramp::default(); 2],
        }
    }

    /// Work through the seconds before that of `now`, up to where nothing is left in the window: from there the
    /// ramps follow in closed form.
    fn advance(&mut self, now: SimTime, band: &Band) {
        let target = second_of(now);
        let nothing = Counts::default();
        while self.second < target && (self.window != nothing || self.current != nothing) {
            let slot = &mut self.ring[(self.second % WINDOW_S) as usize];
            self.window.change(slot, |sum, leaving| sum - leaving);
            self.window.change(&self.current, |sum, entering| sum + entering);
            *slot = std::mem::take(&mut self.current);
            self.second += 1;
            let Counts { used, ok, unavailable } = self.window;
            let is_healthy = ok as f64 >= HEALTHY * (ok + unavailable) as f64;
            let seen_s = self.first.map_or(WINDOW_S, |first| (self.second - first).min(WINDOW_S)) as f64;
            for ((ramp, bounds), used) in self.ramps.iter_mut().zip(bounds(band)).zip(used) {
                ramp.step(used as f64 / seen_s, is_healthy, bounds);
            }
        }
    }

    /// Work through all of them: something happens now.
    fn wake(&mut self, now: SimTime, band: &Band) {
        self.advance(now, band);
        let rest = second_of(now) - self.second;
        if rest > 0 {
            self.ramps = self.ramps.map(|ramp| ramp.rested(rest));
            self.second += rest;
        }
    }

    fn cut(&mut self, now: SimTime, band: &Band) {
        if self.last_cut.is_some_and(|last| now - last < CUT_INTERVAL) {
            return;
        }
        self.last_cut = Some(now);
        for (ramp, bounds) in self.ramps.iter_mut().zip(bounds(band)) {
            ramp.x = ramp.x.min((CUT * held(ramp.x, bounds)).max(bounds.0));
        }
    }
}

impl RateLaw for Additive {
    /// None before anything happened.
    type Memory = Option<Box<History>>;
    type Shared = ();

    fn shared(&self) {}

    fn join(&self, _weight: f64, (): &mut ()) -> Self::Memory {
        None
    }

    #[inline]
    fn rates(&self, scene: &Scene, _usage: &mut Usage, memory: &mut Self::Memory, (): &mut ()) -> Rates {
        let Some(history) = memory else { return self.band.base };
        history.advance(scene.now, &self.band);
        let rest = second_of(scene.now) - history.second;
        let [requests, tokens] =
            history.ramps.map(|ramp| if rest > 0 { ramp.rested(rest).x } else { ramp.x });
        self.band.hold(Rates { requests, tokens }, &scene.live)
    }

    fn answered(&self, scene: &Scene, answer: Answer, memory: &mut Self::Memory, (): &mut ()) {
        let history = memory.get_or_insert_with(|| Box::new(History::new(scene.now)));
        history.wake(scene.now, &self.band);
        match answer {
            Answer::Ok(credited) => {
                history.current.ok += 1;
                if let Some(served) = credited {
                    let [requests, tokens] = &mut history.current.used;
                    *requests += served.requests;
                    *tokens += served.tokens;
                    history.first.get_or_insert(history.second);
                }
            }
            Answer::Unavailable => {
                history.current.unavailable += 1;
                history.cut(scene.now, &self.band);
            }
        }
    }

    fn memory_bytes(&self) -> usize {
        size_of::<Self::Memory>() + size_of::<History>()
    }

    fn describe(&self) -> String {
        "additive: +1/5 of the base per minute in use".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::rate_law::Live;
    use crate::limit::usage::Served;

    const MIN: u64 = 60;

    struct Org(Additive, Option<Box<History>>);

    impl Org {
        fn new() -> Org {
            let both = |requests: f64, tokens: f64| Rates { requests, tokens };
            let band = Band { base: both(1.0, 1000.0), cap: both(100.0, 1e6), share: None };
            Org(Additive { band }, None)
        }

        fn scene(s: u64) -> Scene {
            let live = Live { capacity: Rates { requests: 1.0, tokens: 1.0 }, utilization: 0.0 };
            Scene { now: SimTime::from_s(s), recent: SimTime::from_s(s), live }
        }

        fn rate(&mut self, s: u64) -> f64 {
            let Org(law, memory) = self;
            law.rates(&Org::scene(s), &mut Usage::new(law.window()), memory, &mut ()).requests
        }

        fn answer(&mut self, s: u64, answer: Answer) {
            let Org(law, memory) = self;
            law.answered(&Org::scene(s), answer, memory, &mut ());
        }

        /// Use the rate in full from `from` to `to`.
        fn saturate(&mut self, from: u64, to: u64) {
            for s in from..to {
                let requests = self.rate(s).ceil() as u64;
                self.answer(s, Answer::Ok(Some(Served { requests, tokens: 0 })));
            }
        }
    }

    #[test]
    fn in_full_use_it_grows_by_a_fifth_of_the_base_per_minute() {
        let mut org = Org::new();
        org.saturate(0, 60 * MIN);
        for (minute, rate) in [(10, 2.0), (60, 12.0)] {
            let mut org = Org::new();
            org.saturate(0, minute * MIN);
            assert!((org.rate(minute * MIN) - rate).abs() < 1e-9, "{minute} min: {}", org.rate(minute * MIN));
        }
        // Unused, it grows while the last minute's use is enough, and stays until ten minutes after that use has
        // fallen below half.
        let left = org.rate(61 * MIN);
        assert!(left < 12.05 && org.rate(70 * MIN) == left, "{left}");
        let faded = org.rate(70 * MIN + 31 + HALF_LIFE_S as u64);
        assert!((faded / left - 0.5).abs() < 0.01, "{left} → {faded}");
        assert_eq!(org.rate(3000 * MIN), 1.0);
    }

    #[test]
    fn a_503_cuts_once_in_ten_seconds_and_stops_the_growth() {
        let mut org = Org::new();
        org.saturate(0, 60 * MIN);
        let before = org.rate(60 * MIN);
        for s in 60 * MIN..60 * MIN + 10 {
            org.answer(s, Answer::Unavailable);
        }
        assert!((org.rate(60 * MIN + 9) / before - 0.7).abs() < 0.01);
        org.answer(60 * MIN + 10, Answer::Unavailable);
        assert!((org.rate(60 * MIN + 10) / before - 0.49).abs() < 0.01);
    }

    #[test]
    fn looking_while_it_rests_changes_nothing() {
        let [mut often, mut once] = [Org::new(), Org::new()];
        for org in [&mut often, &mut once] {
            org.saturate(0, 30 * MIN);
        }
        for s in (30 * MIN..90 * MIN).step_by(7) {
            often.rate(s);
        }
        for org in [&mut often, &mut once] {
            org.answer(90 * MIN, Answer::Ok(Some(Served { requests: 1, tokens: 0 })));
        }
        assert_eq!(often.rate(95 * MIN).to_bits(), once.rate(95 * MIN).to_bits());
    }
}
