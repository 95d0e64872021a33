//! What a pacing is asked and told.

use crate::client::part::Ended;
use crate::units::SimTime;

/// When the next attempt may go.
pub trait Pacer {
    /// The earliest instant, not before `now`, at which an attempt that asks for `tokens` (prompt and most
    /// output) may go; what is told meanwhile may move it.
    fn slot(&mut self, now: SimTime, tokens: u32) -> SimTime;
    /// It goes, at a slot that has come.
    fn sent(&mut self, now: SimTime, tokens: u32);
    /// Sends per second at most, of attempts that ask for so many tokens, and sends that may go at once; infinite where
    /// what is told sets the pace.
    fn most(&self, _tokens: f64) -> [f64; 2] {
        [f64::INFINITY; 2]
    }
    /// An attempt ended.
    fn ended(&mut self, now: SimTime, end: &Ended);
}
