//! The limit block of a model: law, burst, enforcement, attribution's details and headers.

use super::law::Law;
use crate::units::Span;

/// What happens to an attempt above its dynamic rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforcement {
    /// Served where there is capacity, after everything green; the default.
    Soft,
    /// One queue; the colour only labels failures.
    Attribution,
    /// Refused at once while the model is hot.
    Hard,
    /// Always refused: a plain rate limiter.
    Strict,
}

/// Which successes count as recent usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credit {
    /// Those of green attempts; a burst far above recent use earns nothing.
    Green,
    /// All.
    All,
}

/// Which responses carry `x-ratelimit-reset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headers {
    /// Every response.
    All,
    /// 429 and 503.
    Errors,
    /// 429 only.
    Only429,
}

/// How the reset value is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetMode {
    /// When this very request would conform; everybody refused together is told the same second.
    Gcra,
    /// The k-th refused request is told the k-th slot at the dynamic rate.
    Reserved,
    /// The model's backlog over its service rate.
    Model,
}

/// The limit block of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// How the dynamic rate follows live capacity and recent use.
    pub law: Law,
    /// The meters' tolerance, in seconds of rate.
    pub burst: Span,
    /// What a red attempt meets.
    pub enforcement: Enforcement,
    /// Which successes raise the rate.
    pub credit: Credit,
    /// The reset value told on a 429.
    pub reset_on_429: ResetMode,
    /// The reset value told on a 200 or a 503.
    pub reset_otherwise: ResetMode,
    /// Which responses carry the reset value.
    pub headers: Headers,
    /// Whether errors also carry `Retry-After`, with the same seconds.
    pub retry_after: bool,
}
