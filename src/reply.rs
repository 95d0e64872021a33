//! What a client gets back for an attempt: the only thing platform and client share.

use std::num::NonZeroU16;

/// How the platform answered an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// `200`: served.
    Ok,
    /// `429` with `dynamic_request_limited`: failed while above the dynamic request rate.
    LimitedRequest,
    /// `429` with `dynamic_token_limited`: failed while above the dynamic token rate.
    LimitedToken,
    /// `503`: failed while at or below the dynamic rate.
    Unavailable,
}

impl Outcome {
    /// The HTTP status code.
    pub fn status(self) -> u16 {
        match self {
            Outcome::Ok => 200,
            Outcome::LimitedRequest | Outcome::LimitedToken => 429,
            Outcome::Unavailable => 503,
        }
    }

    /// The `error_type` of the response's body; empty for a success and for a 503.
    pub fn error_type(self) -> &'static str {
        match self {
            Outcome::LimitedRequest => "dynamic_request_limited",
            Outcome::LimitedToken => "dynamic_token_limited",
            Outcome::Ok | Outcome::Unavailable => "",
        }
    }
}

/// A response as the client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status and error type.
    pub outcome: Outcome,
    /// `x-ratelimit-reset`, where the response carries it.
    pub reset: Option<Told>,
    /// `Retry-After`, where the response carries it.
    pub retry_after: Option<Told>,
}

/// What a header tells: whole seconds, up to 18 hours. Kept one higher than they are, so that a reply fits a
/// register: through memory it takes a thirtieth longer per request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told(NonZeroU16);

impl Told {
    /// So many; more than fit are as many as fit.
    pub const fn new(seconds: u32) -> Told {
        let kept = if seconds < u16::MAX as u32 { seconds as u16 + 1 } else { u16::MAX };
        Told(NonZeroU16::new(kept).expect("one higher than zero"))
    }

    /// How many.
    pub const fn get(self) -> u32 {
        self.0.get() as u32 - 1
    }
}

const _: () = assert!(size_of::<Option<Reply>>() <= 8, "a reply fits a register");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_to_blame_is_told_by_status_and_error_type() {
        for (outcome, status, error_type) in [
            (Outcome::Ok, 200, ""),
            (Outcome::LimitedRequest, 429, "dynamic_request_limited"),
            (Outcome::LimitedToken, 429, "dynamic_token_limited"),
            (Outcome::Unavailable, 503, ""),
        ] {
            assert_eq!((outcome.status(), outcome.error_type()), (status, error_type));
        }
    }
}
