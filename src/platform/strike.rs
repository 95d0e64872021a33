//! Incidents strike a model: replicas lost and restored, factors that begin and end.

use super::attempt::{Attempt, State};
use super::incident::{Factors, Harm, Incident};
use super::{Effect, Platform};
use crate::units::SimTime;

impl Platform {
    /// An incident begins; how many replicas it took, to be given to [`Platform::end_incident`].
    pub fn begin_incident(&mut self, now: SimTime, incident: &Incident) -> u32 {
        match incident.harm {
            Harm::LoseReplicas { count } => self.lose_replicas(now, incident.model, count),
            _ => {
                self.change_factors(now, incident, Factors::begin);
                0
            }
        }
    }

    /// An incident is over: what it took comes back.
    pub fn end_incident(&mut self, now: SimTime, incident: &Incident, lost: u32) {
        match incident.harm {
            Harm::LoseReplicas { .. } => {
                let model = &mut self.models[incident.model as usize];
                model.fleet.restore(lost);
                model.note_fleet(now);
                self.serve_waiting(now, incident.model);
            }
            _ => self.change_factors(now, incident, Factors::end),
        }
    }

    /// An incident of a factor begins or ends.
    fn change_factors(&mut self, now: SimTime, incident: &Incident, change: fn(&mut Factors, f64)) {
        let model = &mut self.models[incident.model as usize];
        match incident.harm {
            Harm::Slowdown { factor } => {
                change(&mut model.slowdowns, factor);
                self.change_speed(now, incident.model);
            }
            Harm::SlowColdStart { factor } => change(&mut model.cold_start_factors, factor),
            // What is left of all is kept as a factor.
            Harm::ErrorShare { share } => {
                change(&mut model.spared, 1.0 - share);
                model.spared_share = model.spared.plain_product();
            }
            // It is in the traffic.
            Harm::Traffic { .. } | Harm::LoseReplicas { .. } => {}
        }
    }

    /// Ready replicas are lost, and what they served fails; how many they are.
    fn lose_replicas(&mut self, now: SimTime, index: u32, count: u32) -> u32 {
        let model = &mut self.models[index as usize];
        let busy = model.fleet.busy();
        let lost = model.fleet.lose(count);
        if let Some(batches) = &mut model.batches {
            lost.iter().for_each(|&replica| batches.lose(replica));
        }
        model.note_fleet(now);
        let mut taken_back = Vec::new();
        for id in self.attempts.in_service(index, busy) {
            let Attempt { replica, work, .. } = self.attempts[id];
            // They come newest first.
            if lost.binary_search_by(|lost| replica.cmp(lost)).is_err() {
                continue;
            }
            if work.spare {
                taken_back.push(id);
            } else {
                self.attempts[id].state = State::Away;
                self.fail(now, id);
            }
        }
        // The oldest comes first again.
        for id in taken_back.into_iter().rev() {
            self.models[index as usize].take_back(now, id, &mut self.attempts);
        }
        self.serve_waiting(now, index);
        lost.len() as u32
    }

    /// The factors of a model's slowdown have changed: service takes their product as long from now on, what is
    /// running included.
    fn change_speed(&mut self, now: SimTime, index: u32) {
        let model = &mut self.models[index as usize];
        let (before, slowdown) = (model.slowdown, model.slowdowns.product());
        let factor = slowdown / before;
        model.slowdown = slowdown;
        model.note_capacity();
        if let Some(batches) = &mut model.batches {
            batches.set_slowdown(now, slowdown);
            let replicas = batches.len();
            return (0..replicas).for_each(|replica| self.await_turn(now, index, replica));
        }
        let busy = model.fleet.busy();
        for id in self.attempts.in_service(index, busy) {
            let attempt = &mut self.attempts[id];
            let left = attempt.completes - now;
            let at = if attempt.completes == SimTime::NEVER {
                now.saturating_add(attempt.frozen.scale(slowdown))
            } else {
                now.saturating_add(left.scale(factor))
            };
            if at == SimTime::NEVER && attempt.completes != SimTime::NEVER {
                attempt.frozen = left.scale(1.0 / before);
            }
            if at != attempt.completes {
                attempt.schedule(at);
                self.effects.push(Effect::Moved { id, at, version: attempt.version });
            }
        }
    }
}
