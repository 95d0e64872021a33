//! Demand: when requests are born and how many tokens they have.
//!
//! * [`profile`]: how a workload's rate changes over the run;
//! * [`arrivals`]: the processes that say when, in operational time;
//! * [`population`]: many orgs written as one, and whose request is the next;
//! * [`trace`]: recorded traffic, parsed from bytes;
//! * [`windows`]: recorded traffic as statistics per window of time, likewise;
//! * [`coupling`]: prompt and output that go together;
//! * [`tokens`]: how many tokens each request has, by the laws of [`token_laws`] and the presets of
//!   [`token_presets`].
//!
//! Nothing here knows the platform: the demand of a seed is the same whatever serves it.

pub mod arrivals;
pub mod coupling;
pub mod population;
pub mod profile;
pub mod token_laws;
pub mod token_presets;
pub mod tokens;
pub mod trace;
pub mod windows;
#[cfg(test)]
mod written;
