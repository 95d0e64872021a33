//! What a run measures.

pub mod histogram;
