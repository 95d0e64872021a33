//! Real clients' constants, as their sources have them.

use super::Client;
use super::backoff::{Backoff, Jitter};
use super::honor::{Beyond, Combine, Header, Honor};
use crate::units::Span;

/// A named client.
pub struct Preset {
    /// Its name in a scenario.
    pub name: &'static str,
    /// One line.
    pub doc: &'static str,
    /// Its constants.
    pub client: Client,
}

/// One attempt and no more: every other preset differs from this in the parts it names.
const PLAIN: Client = Client {
    max_attempts: 1,
    retry: Backoff::Immediate,
    honor: Honor::NONE,
    timeout: Span::MAX,
    deadline: Span::MAX,
    pacing: None,
    concurrency: None,
    budget: None,
    throttle: None,
    breaker: None,
    hedge: None,
    jitter_stream: 0,
};

/// Attempts of the clients that retry, unless said otherwise.
pub const ATTEMPTS: u32 = 6;

const fn exponential(base_ms: u64, cap_s: u64, jitter: Jitter) -> Backoff {
    Backoff::Exponential { base: Span::from_ms(base_ms), cap: Span::from_s(cap_s), jitter }
}

const fn retry_after(max_s: u64, beyond: Beyond) -> Honor {
    Honor {
        header: Some(Header::RetryAfter),
        combine: Combine::Replace,
        jitter: 0.0,
        max: Span::from_s(max_s),
        beyond,
    }
}

/// All presets, in the order `list clients` prints them.
pub const PRESETS: &[Preset] = &[
    Preset { name: "none", doc: "one attempt, no retry", client: PLAIN },
    Preset {
        name: "immediate",
        doc: "retries at once, 6 attempts",
        client: Client { max_attempts: ATTEMPTS, ..PLAIN },
    },
    Preset {
        name: "fixed-delay",
        doc: "retries after 1 s, 6 attempts",
        client: Client { max_attempts: ATTEMPTS, retry: Backoff::Fixed { delay: Span::from_s(1) }, ..PLAIN },
    },
    Preset {
        name: "exponential",
        doc: "retries after U·min(1 s·2^k, 60 s), 6 attempts: exponential backoff with full jitter",
        client: Client { max_attempts: ATTEMPTS, retry: exponential(1000, 60, Jitter::Full), ..PLAIN },
    },
    Preset {
        name: "openai-python",
        // openai 2.54, openai/_base_client.py and _constants.py.
        doc: "1+2 attempts, min(0.5 s·2^k, 8 s)·(1 − U/4); Retry-After up to 120 s obeyed, longer not retried; timeout 600 s",
        client: Client {
            max_attempts: 3,
            retry: exponential(500, 8, Jitter::Quarter),
            honor: retry_after(120, Beyond::GiveUp),
            timeout: Span::from_s(600),
            ..PLAIN
        },
    },
    Preset {
        name: "together-python",
        // together 3.1, together/_base_client.py.
        doc: "1+2 attempts, min(1 s·2^k, 10 s)·(1 − U/4); Retry-After up to 60 s obeyed; timeout 60 s",
        client: Client {
            max_attempts: 3,
            retry: exponential(1000, 10, Jitter::Quarter),
            honor: retry_after(60, Beyond::Backoff),
            timeout: Span::from_s(60),
            ..PLAIN
        },
    },
];

/// The names of all presets with their one line, as a scenario chooses among them.
pub const WORDS: &[(&str, &str)] = &{
    let mut words = [("", ""); PRESETS.len()];
    let mut i = 0;
    while i < words.len() {
        words[i] = (PRESETS[i].name, PRESETS[i].doc);
        i += 1;
    }
    words
};

/// A preset by name.
pub fn find(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}
