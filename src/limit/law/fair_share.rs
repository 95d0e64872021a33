//! `fair_share`: live capacity is shared by max–min among the orgs that ask.
//!
//! D = base + the org's weighted max–min share of K − Σ base, over the orgs with attempts in the last whole
//! interval (10 s); what each wants is the rate of its attempts then. Intervals are those of the run's clock, so
//! that looking changes nothing; K is that of the present. Weights are the orgs' `weight`. After the description
//! of dynamic shared quota by other providers; its interval and its base are assumptions.

use crate::limit::band::{self, Band};
use crate::limit::filling::Filling;
use crate::limit::rate_law::{Asked, Kept, RateLaw, Scene, Written};
use crate::limit::usage::{Rates, Usage};
use crate::read::{Key, Member, Range, Spec, Tagged};
use crate::units::{SimTime, Span};

/// The law's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct FairShare {
    /// How long wants are counted before they hold.
    pub interval: Span,
    /// What it is held within.
    pub band: Band,
}

const INTERVAL: Range<Span> = Range::new(Span::from_ms(100), Span::from_s(86_400));

const SPEC: Spec = Spec::new(
    "fair_share",
    "live capacity, shared by weighted max–min among the orgs that ask",
    &[
        Key::span("interval", INTERVAL).or("\"10 s\"").doc("how often, and over how long, wants are counted"),
        band::BASE,
        band::CAP,
    ],
);

impl Written for FairShare {
    const MEMBER: Member = Member::table("fair_share", &SPEC);
    const KEPT: Kept = Kept { rules: &["S2"], condition: "S2 where more is wanted than there is" };

    fn read(value: Tagged<'_>, (): ()) -> Option<FairShare> {
        let table = &mut value.table();
        Some(FairShare { interval: table.span("interval"), band: Band::read(table) })
    }
}

/// What one org asked for.
#[derive(Clone, Copy, Debug)]
struct Want {
    weight: f64,
    /// Requests and tokens.
    asked: [f64; 2],
}

/// Who asks a model, and for how much.
#[derive(Clone, Debug)]
pub struct Pool {
    epoch: u64,
    /// Those who asked in this interval.
    asking: Vec<Want>,
    /// What was wanted in the last, of requests and of tokens, per second.
    wanted: [Filling; 2],
}

/// One org in the pool.
#[derive(Clone, Copy, Debug)]
pub struct Asker {
    weight: f64,
    /// The interval it asked in last, its number among those who did, and for how much.
    epoch: Option<u64>,
    number: usize,
    asked: [f64; 2],
    /// What it had asked for in the interval before that.
    before: [f64; 2],
}

impl Pool {
    fn roll(&mut self, epoch: u64, interval_s: f64) {
        if epoch == self.epoch {
            return;
        }
        if epoch > self.epoch + 1 {
            self.asking.clear();
        }
        let wants = |i: usize| self.asking.iter().map(move |want| (want.asked[i] / interval_s, want.weight));
        self.wanted = [Filling::new(wants(0)), Filling::new(wants(1))];
        self.asking.clear();
        self.epoch = epoch;
    }
}

impl Asker {
    /// What it asked for in the interval before `epoch`.
    fn last(&self, epoch: u64) -> [f64; 2] {
        match self.epoch {
            Some(own) if own == epoch => self.before,
            Some(own) if own + 1 == epoch => self.asked,
            _ => [0.0; 2],
        }
    }
}

impl FairShare {
    fn epoch(&self, now: SimTime) -> u64 {
        now.as_ns() / self.interval.as_ns()
    }
}

impl RateLaw for FairShare {
    type Memory = Asker;
    type Shared = Pool;

    fn shared(&self) -> Pool {
        Pool { epoch: 0, asking: Vec::new(), wanted: [Filling::default(), Filling::default()] }
    }

    fn join(&self, weight: f64, _pool: &mut Pool) -> Asker {
        Asker { weight, epoch: None, number: 0, asked: [0.0; 2], before: [0.0; 2] }
    }

    fn rates(&self, scene: &Scene, _usage: &mut Usage, member: &mut Asker, pool: &mut Pool) -> Rates {
        let (epoch, interval_s) = (self.epoch(scene.now), self.interval.as_secs_f64());
        pool.roll(epoch, interval_s);
        let last = member.last(epoch);
        let Band { base, .. } = self.band;
        if last[0] == 0.0 {
            return self.band.hold(base, &scene.live);
        }
        let share = |i: usize, base: f64, capacity: f64| {
            let spare = capacity - base * pool.wanted[i].len() as f64;
            base + (last[i] / interval_s).min(pool.wanted[i].level(spare.max(0.0)) * member.weight)
        };
        let Rates { requests, tokens } = scene.live.capacity;
        let wanted =
            Rates { requests: share(0, base.requests, requests), tokens: share(1, base.tokens, tokens) };
        self.band.hold(wanted, &scene.live)
    }

    fn asked(&self, scene: &Scene, asked: &Asked, member: &mut Asker, pool: &mut Pool) {
        let epoch = self.epoch(scene.now);
        pool.roll(epoch, self.interval.as_secs_f64());
        if member.epoch != Some(epoch) {
            member.before = member.last(epoch);
            member.asked = [0.0; 2];
            member.epoch = Some(epoch);
            member.number = pool.asking.len();
            pool.asking.push(Want { weight: member.weight, asked: [0.0; 2] });
        }
        member.asked = [member.asked[0] + 1.0, member.asked[1] + asked.tokens];
        pool.asking[member.number].asked = member.asked;
    }

    fn describe(&self) -> String {
        format!("fair_share of capacity every {}", self.interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::rate_law::Live;

    #[test]
    fn wants_hold_for_one_interval_after_they_were_counted() {
        let both = |r: f64| Rates { requests: r, tokens: 1000.0 * r };
        let law = FairShare {
            interval: Span::from_s(10),
            band: Band { base: both(1e-3), cap: both(1e9), share: None },
        };
        let live = Live { capacity: both(12.0), utilization: 0.0 };
        let scene = |s| Scene { now: SimTime::from_s(s), recent: SimTime::from_s(s), live };
        let mut pool = law.shared();
        let mut members = [1.0, 1.0, 1.0].map(|weight| law.join(weight, &mut pool));
        for (member, count) in members.iter_mut().zip([1000, 50, 10]) {
            let asked = Asked { tokens: 1000.0, met: both(1.0) };
            (0..count).for_each(|_| law.asked(&scene(3), &asked, member, &mut pool));
        }
        let mut usage = Usage::new(law.window());
        let mut at = |s, i: usize| law.rates(&scene(s), &mut usage, &mut members[i], &mut pool).requests;
        assert_eq!(at(9, 0), 1e-3, "not before the interval is over");
        // 1 a second of 5 and of 1 are met, the rest goes to the first: 12 − 3 bases − 5 − 1.
        let expected = [6.0 - 2e-3, 5.0 + 1e-3, 1.0 + 1e-3];
        for (i, expected) in expected.into_iter().enumerate() {
            assert!((at(10, i) - expected).abs() < 1e-9, "{i}: {}", at(10, i));
        }
        assert_eq!(at(20, 0), 1e-3, "nobody asked since");
    }
}
