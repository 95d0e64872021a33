//! The limiter: how an org's dynamic rate on a model is computed, metered and told.
//!
//! | file | concept |
//! |---|---|
//! | [`policy`] | the limit block of a model |
//! | [`law`] | the rate laws' registry; one file each: [`success_window`], [`fixed`], [`unlimited`] |
//! | [`rate_law`] | what every law answers |
//! | [`usage`] | recent successes over a sliding window |
//! | [`meter`] | GCRA with a changing rate |
//! | [`pair`] | all of it for one (org, model): label, complete, reset |

pub mod fixed;
pub mod law;
pub mod meter;
pub mod pair;
pub mod policy;
pub mod rate_law;
pub mod success_window;
pub mod unlimited;
pub mod usage;
