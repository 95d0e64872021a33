//! The command line: one file per command, and what a person sees.
//!
//! | file | holds |
//! |---|---|
//! | [`arguments`] | the whole command line |
//! | [`run`], [`compare`], [`sweep`], [`plot`], [`check`], [`list`], [`init`], [`schema`], [`completions`], [`man`] | a command each |
//! | [`scenarios`] | the scenarios of a command and their flags, loaded |
//! | [`simulation`] | a run under way: progress, interrupt, attempt log |
//! | [`store`] | a result into its directory; its charts |
//! | [`verdicts`] | the thresholds of a scenario, judged |
//! | [`screen`], [`finding`] | what is told after a run, and its first sentence |
//! | [`contenders`], [`contest`] | whose client, which strategies; the scenario in all its variants |
//! | [`comparison_screen`], [`comparison_words`] | what is told after a comparison, and its first sentence |
//! | [`spending`] | what was spent, by lane, org and API key |
//! | [`explain`], [`lane`], [`population`], [`phrase`] | what a scenario simulates, in words |
//! | [`topics`] | what `list` can list |
//! | [`figures`], [`grid`] | numbers in print, and tables of them |
//! | [`console`], [`progress`], [`stream`] | standard error and its flags, progress on it, standard output |
//! | [`interrupt`] | signals |

pub mod arguments;
pub mod check;
pub mod compare;
pub mod comparison_screen;
pub mod comparison_words;
pub mod completions;
pub mod console;
pub mod contenders;
pub mod contest;
pub mod explain;
pub mod figures;
pub mod finding;
pub mod grid;
pub mod init;
pub mod interrupt;
pub mod lane;
pub mod list;
pub mod man;
pub mod phrase;
pub mod plot;
pub mod population;
pub mod progress;
pub mod run;
pub mod scenarios;
pub mod schema;
pub mod screen;
pub mod simulation;
pub mod spending;
pub mod store;
pub mod stream;
pub mod sweep;
pub mod topics;
pub mod verdicts;

pub use arguments::Arguments;
