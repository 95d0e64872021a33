//! How a model's fleet grows: what its autoscaler sees, and cold starts.

use super::autoscaler::{Decision, Scaler as _, Seen};
use super::fleet::{Fleet, Phase};
use super::model::Model;
use crate::dist::Law as _;
use crate::units::{SimTime, Span};

impl Model {
    /// The autoscaler's forecast in attempts per second, where it makes one.
    pub fn forecast(&self) -> Option<f64> {
        self.config.autoscaler.forecast()
    }

    /// The autoscaler looks.
    pub fn look(&mut self, now: SimTime) -> Decision {
        let seen = Seen {
            arrived: std::mem::take(&mut self.arrived),
            in_flight: self.fleet.busy() - self.spare_in_service + self.buffer.len(),
            current: self.fleet.count(Phase::Ready) + self.fleet.count(Phase::Starting),
            per_replica_rps: self.replica_capacity(),
        };
        self.config.autoscaler.look(now, &seen)
    }

    /// Start a replica: its index, and the instant it becomes ready.
    pub fn start_replica(&mut self, now: SimTime) -> (u32, SimTime) {
        let cold_start =
            self.config.autoscaler.cold_start().expect("who starts replicas knows how long it takes");
        let replica = self.fleet.start();
        let takes_s = cold_start.sample(&mut self.cold_starts.number(u64::from(replica)).stream());
        (replica, now.saturating_add(Span::from_secs_f64(takes_s * self.cold_start_factors.product())))
    }

    /// Start the replicas of a fleet that begins cold; (index, instant it becomes ready) of each.
    pub fn open(&mut self, now: SimTime) -> Vec<(u32, SimTime)> {
        let Some(cold_start) = &self.config.cold_start else { return Vec::new() };
        let begin = |fleet: &mut Fleet| {
            let replica = fleet.start();
            let mut stream = self.cold_starts.number(u64::from(replica)).stream();
            (replica, now.saturating_add(Span::from_secs_f64(cold_start.sample(&mut stream))))
        };
        (0..self.config.replicas).map(|_| begin(&mut self.fleet)).collect()
    }
}
