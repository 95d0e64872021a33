//! What an autoscaler sees and says.

/// What an autoscaler sees when it looks. Work for spare capacity is left out of all of it.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Attempts that have arrived since the last look.
    pub arrived: u64,
    /// Attempts in service and waiting.
    pub in_flight: u32,
    /// Replicas ready or starting.
    pub current: u32,
    /// What one replica completes per second when saturated.
    pub per_replica_rps: f64,
}

/// What to do with the fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Leave it.
    Keep,
    /// Start so many.
    Grow(u32),
    /// Give up so many.
    Shrink(u32),
}
