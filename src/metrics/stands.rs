//! How the models stand, spread over the bins: levels hold from one change to the next.

use super::series::{Bins, CapacityBin};
use crate::platform::model::Levels;
use crate::units::SimTime;

/// All models.
#[derive(Clone, Debug)]
pub struct Stands {
    stands: Vec<Stand>,
    /// Per model, replicas × ns: of the whole run, and of it the warm-up.
    replica_ns: Vec<[f64; 2]>,
}

/// How a model stands.
#[derive(Clone, Copy, Debug, Default)]
struct Stand {
    levels: Option<Levels>,
    /// Up to when its levels are spread over the bins.
    spread_to: SimTime,
    /// The same of its replicas, which seldom change.
    replicas_spread_to: SimTime,
}

/// Replicas that stand, whatever they do.
fn replicas(levels: &Levels) -> f64 {
    f64::from(levels.ready) + f64::from(levels.starting) + f64::from(levels.draining)
}

impl Stands {
    /// So many models that nobody has looked at.
    pub fn new(models: usize) -> Stands {
        Stands { stands: vec![Stand::default(); models], replica_ns: vec![[0.0; 2]; models] }
    }

    /// Of a model, replicas × ns: of the whole run, and of it the warm-up.
    pub fn replica_ns(&self, model: u32) -> [f64; 2] {
        self.replica_ns[model as usize]
    }

    /// A model's levels are others from `at` on.
    #[inline]
    pub fn change(&mut self, at: SimTime, model: u32, levels: &Levels, bins: &mut Bins<CapacityBin>) {
        self.spread(at, model, bins);
        let before = self.stands[model as usize].levels;
        let standing = |levels: Levels| (levels.ready, levels.starting, levels.draining);
        if before.map(standing) != Some(standing(*levels)) {
            self.spread_replicas(at, model, bins);
        }
        self.stands[model as usize].levels = Some(*levels);
    }

    /// A model is looked at, which changes nothing but for one that nobody has looked at.
    pub fn see(&mut self, model: u32, levels: &Levels) {
        self.stands[model as usize].levels.get_or_insert(*levels);
    }

    /// What a model's replicas came to so far was the warm-up.
    pub fn end_warmup(&mut self, at: SimTime, model: u32, bins: &mut Bins<CapacityBin>) {
        self.spread_replicas(at, model, bins);
        let [whole, warmup] = &mut self.replica_ns[model as usize];
        *warmup = *whole;
    }

    /// The run is over at `end`.
    pub fn close(&mut self, end: SimTime, bins: &mut Bins<CapacityBin>) {
        for model in 0..self.stands.len() as u32 {
            self.spread(end, model, bins);
            self.spread_replicas(end, model, bins);
        }
    }

    /// Take over these models from another part of the run, which is over.
    pub fn adopt(&mut self, other: &Stands, models: &[bool]) {
        for model in (0..models.len()).filter(|&model| models[model]) {
            self.replica_ns[model] = other.replica_ns[model];
        }
    }

    /// Spread a model's present levels over the bins since they last changed.
    #[inline]
    fn spread(&mut self, at: SimTime, model: u32, bins: &mut Bins<CapacityBin>) {
        let stand = &mut self.stands[model as usize];
        if at <= stand.spread_to {
            return;
        }
        if let Some(levels) = &stand.levels {
            let values = [f64::from(levels.in_service), levels.utilization, f64::from(levels.waiting)];
            bins.spread(stand.spread_to, at, model, |bin, ns| {
                bin.integrals.iter_mut().zip(values).for_each(|(sum, value)| *sum += value * ns);
            });
        }
        stand.spread_to = at;
    }

    /// The same of its replicas.
    fn spread_replicas(&mut self, at: SimTime, model: u32, bins: &mut Bins<CapacityBin>) {
        let stand = &mut self.stands[model as usize];
        if at <= stand.replicas_spread_to {
            return;
        }
        if let Some(levels) = &stand.levels {
            let (since, count) = (stand.replicas_spread_to, replicas(levels));
            bins.spread(since, at, model, |bin, ns| bin.replica_ns += count * ns);
            self.replica_ns[model as usize][0] += count * (at - since).as_ns() as f64;
        }
        stand.replicas_spread_to = at;
    }
}
