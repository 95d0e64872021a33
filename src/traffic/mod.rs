//! The demand.
