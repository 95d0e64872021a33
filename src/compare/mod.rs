//! An experiment: the same traffic under several client strategies, and what may be concluded from it.
//!
//! | file | holds |
//! |---|---|
//! | [`strategy`] | what is exchanged: a client by name, or spelled out |
//! | [`measure`] | what is compared, and which way is better |
//! | [`trial`] | every strategy over the same replications, on every core |
//! | [`precision`] | when there are enough replications |
//! | [`verdict`] | paired differences, and who is better |
//! | [`rank`] | who is best, and whether that holds elsewhere |
//! | [`comparison`] | all of it together |
//! | [`laws`] | the limit laws to repeat it under |
//!
//! Requests, their sizes and what strikes the platform come from streams that no client touches, so that a
//! replication gives every strategy the same ones, and differences are taken within it: common random numbers
//! (Law, Simulation Modeling and Analysis, 5th ed. 2015, §11.2).

pub mod comparison;
pub mod laws;
pub mod measure;
pub mod precision;
pub mod rank;
pub mod strategy;
pub mod trial;
pub mod verdict;
