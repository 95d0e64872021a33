//! The limiter: how an org's dynamic rate on a model is computed, metered and told.
//!
//! | file | concept |
//! |---|---|
//! | [`policy`] | the limit block of a model |
//! | [`presets`] | whole limit blocks by name |
//! | [`law`] | the rate laws' registry; one file each in `src/limit/law` |
//! | [`rate_law`] | what every law is told, and what it answers |
//! | [`band`] | base, cap and share: what a law is held within |
//! | [`usage`], [`decaying`], [`peak`] | recent successes: over a window, averaged, in the best minute |
//! | [`clock`] | the clock of recent use, which may stand still |
//! | [`filling`] | max–min shares |
//! | [`expression`] | a formula of the scenario, compiled |
//! | [`meter`] | GCRA with a changing rate |
//! | [`pair`] | all of it for one (org, model): label, complete, reset |

pub mod band;
pub mod clock;
pub mod decaying;
pub mod expression;
pub mod filling;
pub mod law;
pub mod meter;
pub mod pair;
pub mod peak;
pub mod policy;
pub mod presets;
pub mod rate_law;
pub mod usage;

#[cfg(test)]
mod properties;
