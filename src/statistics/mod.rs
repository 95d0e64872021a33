//! Statistics over independent replications: what an experiment may conclude.
//!
//! | file | holds |
//! |---|---|
//! | [`interval`] | Student's confidence interval of a mean, and its probability |
//! | [`sign`] | the sign test, where a mean is not defined |
//! | [`holm`] | several hypotheses at once |
//! | [`fairness`] | Jain's index |

pub mod fairness;
pub mod holm;
pub mod interval;
pub mod sign;
