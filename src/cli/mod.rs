//! The command line's own parts: what a person sees and how a run is stopped.

pub mod interrupt;
pub mod progress;
pub mod stream;
