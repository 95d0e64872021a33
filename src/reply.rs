//! What a client gets back for an attempt: the only thing platform and client share.

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
    /// `x-ratelimit-reset` in seconds, where the response carries it.
    pub reset_s: Option<u32>,
    /// `Retry-After` in seconds, where the response carries it.
    pub retry_after_s: Option<u32>,
}

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
