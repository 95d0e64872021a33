//! Results on disk: CSV tables, the manifest, and the one atomic writer of a result directory.
//!
//! | file | holds |
//! |---|---|
//! | [`columns`] | every column of every table: name, unit, meaning |
//! | [`table`] | rows to CSV text, one rule for numbers |
//! | `filling` | a file while it is filled |
//! | [`report`], [`summary_json`] | the tables and the summary of a result |
//! | [`comparison`] | the files of a comparison |
//! | [`spend`] | what was spent, by bin, org, key and lane |
//! | `rows` | whose the rows of the summary are, and their intervals |
//! | [`attempt_log`] | every attempt, streamed |
//! | [`manifest`] | `manifest.json`, the record that a result is whole |
//! | [`directory`] | a result directory being written: the protocol, staging |
//! | `opening` | what may stand there, whose it is, what a killed run left |
//! | `commit` | making the staged files the result, all or none |
//! | [`writer`] | one staged file |
//! | [`existing`] | reading a result back |
//! | [`disk`] | the file operations, few enough to fail one by one in a test |
//! | [`layout`] | the names in a result directory: final, temporary, marker |

pub mod attempt_log;
pub mod columns;
mod commit;
pub mod comparison;
pub mod directory;
pub mod disk;
pub mod existing;
mod filling;
pub mod layout;
pub mod manifest;
mod opening;
pub mod report;
mod rows;
pub mod spend;
pub mod summary_json;
pub mod table;
pub mod writer;

#[cfg(test)]
mod faults;
