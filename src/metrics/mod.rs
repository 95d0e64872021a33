//! What a run measures.
//!
//! | file | concept |
//! |---|---|
//! | [`histogram`] | spans by size, mergeable exactly |
//! | [`ledger`] | every attempt and request accounted for |
//! | [`observer`] | the only window out of the loop |
//! | [`recorder`] | the observer that fills series and distributions |
//! | [`series`] | per-interval tables of bounded size |
//! | `stands` | how the models stand, spread over the bins |
//! | [`summary`] | what the summary says |
//! | `times` | the times of one bin, for its quantiles |
//! | [`metric`] | measures by name |

pub mod histogram;
pub mod ledger;
pub mod metric;
pub mod observer;
pub mod recorder;
pub mod series;
mod stands;
pub mod summary;
mod times;
