//! Autoscalers: how many replicas a model should have, from all that was ever seen.

use super::{Event, LOOKS, Naive, Ns, ns, seconds};
use ratetide::dist::Dist;
use ratetide::platform::autoscaler::{Autoscaler, Predictive, Scaler as _};

pub struct Scaler<'a> {
    config: &'a Autoscaler,
    /// Every N* of a reactive one, with its instant; at first that with which the model starts.
    wanted: Vec<(Ns, usize)>,
    holt: Option<Holt>,
    changed: Option<Ns>,
}

/// Level, trend and mean absolute error of demand (Holt 1957).
#[derive(Clone, Copy)]
struct Holt {
    level: f64,
    trend: f64,
    error: f64,
}

impl Holt {
    fn begun(x: f64) -> Holt {
        Holt { level: x, trend: 0.0, error: 0.0 }
    }

    fn seen(self, x: f64, law: &Predictive) -> Holt {
        let expected = self.level + self.trend;
        let level = law.alpha * x + (1.0 - law.alpha) * expected;
        Holt {
            level,
            trend: law.beta * (level - self.level) + (1.0 - law.beta) * self.trend,
            error: self.error + 0.1 * ((x - expected).abs() - self.error),
        }
    }
}

impl<'a> Scaler<'a> {
    pub fn new(config: &'a Autoscaler, replicas: u32) -> Scaler<'a> {
        Scaler { config, wanted: vec![(0, replicas as usize)], holt: None, changed: None }
    }

    pub fn interval(&self) -> Option<Ns> {
        self.config.sizing().map(|sizing| ns(sizing.interval))
    }

    pub fn scales_from_zero(&self) -> bool {
        self.config.sizing().is_some_and(|sizing| sizing.min == 0)
    }

    fn cold_start(&self) -> Option<&'a Dist> {
        self.config.sizing().map(|sizing| &sizing.cold_start)
    }
}

impl Naive<'_> {
    /// The autoscaler of a model looks.
    pub fn look(&mut self, now: Ns, m: usize) {
        let arrived = std::mem::take(&mut self.models[m].arrived);
        let current = self.current(m);
        let in_service = self.serving(m).iter().filter(|&&t| !self.is_spare(t)).count();
        let in_flight = in_service + self.models[m].waiting.len();
        let one_replica = self.capacity(m, 1)[0];
        let scaler = &mut self.models[m].scaler;
        let sizing = scaler.config.sizing().expect("only who sizes looks");
        let within = |n: usize| n.clamp(sizing.min as usize, sizing.max as usize);
        let size = match scaler.config {
            Autoscaler::Fixed(_) => panic!("a fixed fleet is not looked at"),
            Autoscaler::Reactive(law) => {
                let ratio = in_flight as f64 / law.target;
                let near = (ratio - current as f64).abs() <= law.tolerance * current as f64;
                let wanted = if current > 0 && near { current } else { ratio.ceil() as usize };
                let wanted = within(wanted.max(usize::from(arrived > 0)));
                scaler.wanted.push((now, wanted));
                // Those of the window's very beginning count for keeping, not for growing.
                let up = ns(law.scale_up_window());
                let down = ns(law.scale_down_window());
                let newest = scaler.wanted.len() - 1;
                let all = || scaler.wanted.iter().enumerate();
                let least =
                    all().filter(|&(i, &(at, _))| i == newest || now - at < up).map(|(_, w)| w.1).min();
                let most = all().filter(|&(_, &(at, _))| now - at <= down).map(|(_, w)| w.1).max();
                let (least, most) = (least.expect("the newest"), most.expect("the newest"));
                // The first replica waits for no window.
                let least = if current == 0 && wanted > 0 { least.max(1) } else { least };
                current.max(least.min(most)).min(most)
            }
            Autoscaler::Predictive(law) => {
                let x = arrived as f64 / seconds(ns(sizing.interval));
                let holt = scaler.holt.map_or(Holt::begun(x), |holt| holt.seen(x, law));
                scaler.holt = Some(holt);
                let steps = seconds(ns(law.horizon)) / seconds(ns(sizing.interval));
                let ahead = (holt.level + steps * holt.trend).max(0.0);
                let load = (ahead + law.z * holt.error) * (1.0 + law.headroom);
                let replicas = load / (one_replica * law.target);
                let wanted = if replicas < 1e-3 { 0 } else { replicas.ceil() as usize };
                within(wanted.max(usize::from(arrived > 0)))
            }
            #[allow(unreachable_patterns)]
            other => panic!("the naive arm does not know {other:?}"),
        };
        let held = scaler.changed.is_some_and(|at| now - at < ns(sizing.cooldown));
        if size > current || (size < current && !held) {
            scaler.changed = Some(now);
            let cold_start = scaler.cold_start().expect("who sizes starts");
            if size > current {
                (current..size).for_each(|_| self.start_replica(now, m, cold_start));
            } else {
                self.shed(now, m, current - size);
            }
        }
        let interval = self.models[m].scaler.interval().expect("only who sizes looks");
        self.push(now + interval, LOOKS, Event::Look(m));
    }
}
