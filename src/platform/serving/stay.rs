//! What a batch remembers of an attempt on it.

use crate::units::SimTime;

/// The stay of an attempt on a batch.
#[derive(Clone, Copy, Debug)]
pub struct Stay {
    /// The end of its prefill pass; [`SimTime::NEVER`] until then.
    pub prefilled: SimTime,
    /// Its prefill pass has begun.
    pub computing: bool,
    /// The virtual time at which it is done, once it decodes.
    pub(super) finish: u128,
}

impl Stay {
    /// Admitted, and not yet prefilled.
    pub const ADMITTED: Stay = Stay { prefilled: SimTime::NEVER, computing: false, finish: 0 };
}
