//! A sweep: a scenario at many points of its parameters, frozen in a plan, computed by whoever has a core to spare.
//!
//! | file | holds |
//! |---|---|
//! | [`range`] | numbers from low to high, evenly or by ratio, with their unit |
//! | [`axis`] | what is varied, and its levels |
//! | [`sampling`] | which combinations: a grid, a Latin hypercube, Sobol's sequence |
//! | [`quantity`] | the numbers that are kept of a point |
//! | [`goal`] | which point is best |
//! | [`plan`] | all of it frozen, and its fingerprint |
//! | [`freeze`] | a plan made from a scenario, every point checked and its cost estimated |
//! | [`store`] | the folder of a plan and its finished points: one atomic file each |
//! | [`point`] | one point computed |
//! | [`shard`] | which points are whose |
//! | [`work`] | points computed side by side, the longest first |
//! | [`merge`] | finished points as one table, in the order of the plan |
//! | [`recipe`] | how the engines that people already run start the shards |
//!
//! Whoever computes a point needs the store alone and makes the same bytes: its seed is the scenario's, its streams
//! are keyed by replication, and nothing depends on the points before it. So every point meets the same traffic, and
//! a difference between two is the parameters' (common random numbers, Law 2015, §11.2).

pub mod axis;
pub mod freeze;
pub mod goal;
pub mod merge;
pub mod plan;
pub mod point;
pub mod quantity;
pub mod range;
pub mod recipe;
pub mod sampling;
pub mod shard;
pub mod store;
pub mod work;
