//! Real clients' constants, as their sources have them, and strategies of the literature and of our own.
//!
//! k counts retries from 0; U is uniform on [0, 1). What no preset can mean here, since the platform never answers
//! so: 408, 409 and other 5xx than 503, connection errors, a server's "do not retry", and headers of other
//! platforms (`x-amz-retry-after`, gRPC's pushback, a reset told as Unix time).

use super::Client;
use super::backoff::{Backoff, Exponential, Jitter};
use super::breaker::{Breaker, CountWindow, ErrorWindow};
use super::budget::{Active, Budget, Grpc, Quota, Ratio};
use super::concurrency::{self, Concurrency, Gradient2, Vegas};
use super::hedge::Hedge;
use super::honor::{Beyond, Combine, Header, Honor};
use super::pacing::{self, Buckets, Cubic, Paced, Pacing, Ramp};
use super::retry_on::RetryOn;
use super::throttle::Throttle;
use crate::units::{Rate, Span};

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
    retry_on: RetryOn::ALL,
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

const fn s(s: u64) -> Span {
    Span::from_s(s)
}

const fn ms(ms: u64) -> Span {
    Span::from_ms(ms)
}

/// The retries of `exponential`, under which the parts that are not about retries are shown.
const EXPONENTIAL: Client =
    Client { retry: Backoff::Exponential(Exponential::new(s(1), s(60), Jitter::FULL)), ..retrying(ATTEMPTS) };

const fn retrying(max_attempts: u32) -> Client {
    Client { max_attempts, ..PLAIN }
}

const fn exponential(base: Span, cap: Span, jitter: Jitter) -> Backoff {
    Backoff::Exponential(Exponential::new(base, cap, jitter))
}

/// k counted from 1.
const fn from_1(base: Span, cap: Span, jitter: Jitter) -> Backoff {
    Backoff::Exponential(Exponential { from: 1, ..Exponential::new(base, cap, jitter) })
}

const fn retry_after(max: Span, beyond: Beyond) -> Honor {
    Honor { max, beyond, ..Honor::simple(Some(Header::RetryAfter)) }
}

/// 429 and 503, but no timeout of its own.
const ANSWERS: RetryOn = RetryOn { limited: true, unavailable: true, silence: false };

/// botocore 1.44, `retries/standard.py` and `quota.py`.
const BOTO3_STANDARD: Client = Client {
    retry: Backoff::Exponential(Exponential {
        base_other: ms(50),
        ..Exponential::new(s(1), s(20), Jitter::FULL)
    }),
    budget: Some(Budget::Quota(Quota::new(500, 14, 5, 1))),
    ..retrying(3)
};

const fn ratio() -> Option<Budget> {
    Some(Budget::Ratio(Ratio::new(0.2, 10.0, s(10))))
}

/// All presets, in the order `list clients` prints them.
pub const PRESETS: &[Preset] = &[
    Preset { name: "none", doc: "one attempt, no retry", client: PLAIN },
    Preset { name: "immediate", doc: "retries at once, 6 attempts", client: retrying(ATTEMPTS) },
    Preset {
        name: "fixed-delay",
        doc: "retries after 1 s, 6 attempts",
        client: Client { retry: Backoff::Fixed { delay: s(1) }, ..retrying(ATTEMPTS) },
    },
    Preset {
        name: "exponential",
        doc: "retries after U·min(1 s·2^k, 60 s), 6 attempts: exponential backoff with full jitter",
        client: EXPONENTIAL,
    },
    Preset {
        name: "openai-python",
        // openai 2.54, openai/_base_client.py and _constants.py.
        doc: "1+2 attempts, min(0.5 s·2^k, 8 s)·(1 − U/4); Retry-After up to 120 s obeyed, longer not retried; timeout 600 s",
        client: Client {
            retry: exponential(ms(500), s(8), Jitter::QUARTER),
            honor: retry_after(s(120), Beyond::GiveUp),
            timeout: s(600),
            ..retrying(3)
        },
    },
    Preset {
        name: "together-python",
        // together 3.1, together/_base_client.py.
        doc: "1+2 attempts, min(1 s·2^k, 10 s)·(1 − U/4); Retry-After up to 60 s obeyed; timeout 60 s",
        client: Client {
            retry: exponential(s(1), s(10), Jitter::QUARTER),
            honor: retry_after(s(60), Beyond::Backoff),
            timeout: s(60),
            ..retrying(3)
        },
    },
    Preset {
        name: "together-python-v1",
        // together 1.5, together/abstract/api_requestor.py.
        doc: "1+5 attempts, min(0.5 s·2^k, 8 s)·(1 − U/4) with k from 1; Retry-After up to 60 s obeyed; 429 and 503 only",
        client: Client {
            retry: from_1(ms(500), s(8), Jitter::QUARTER),
            retry_on: ANSWERS,
            honor: retry_after(s(60), Beyond::Backoff),
            ..retrying(6)
        },
    },
    Preset {
        name: "anthropic",
        // anthropic 2.12, anthropic/_base_client.py.
        doc: "1+2 attempts, min(0.5 s·2^k, 8 s)·(1 − U/4); any Retry-After obeyed; timeout 600 s",
        client: Client {
            retry: exponential(ms(500), s(8), Jitter::QUARTER),
            honor: retry_after(Span::MAX, Beyond::Backoff),
            timeout: s(600),
            ..retrying(3)
        },
    },
    Preset {
        name: "groq",
        // groq 1.7, groq/_base_client.py.
        doc: "1+2 attempts, min(0.5 s·2^k, 8 s)·(1 − U/4); Retry-After up to 60 s obeyed; timeout 60 s",
        client: Client {
            retry: exponential(ms(500), s(8), Jitter::QUARTER),
            honor: retry_after(s(60), Beyond::Backoff),
            timeout: s(60),
            ..retrying(3)
        },
    },
    Preset {
        name: "cohere",
        // cohere 7.3, cohere/core/http_client.py. Its reset is Unix time: ours lies in its past, and is ignored.
        doc: "1+2 attempts, min(1 s·2^k, 60 s)·(0.9 + U/5); Retry-After obeyed, 60 s at most; 429 and 503 only",
        client: Client {
            retry: exponential(s(1), s(60), Jitter::Between { at_0: 0.9, at_1: 1.1 }),
            retry_on: ANSWERS,
            honor: retry_after(s(60), Beyond::Clip),
            ..retrying(3)
        },
    },
    Preset {
        name: "google-genai",
        // google-genai 3.4, google/genai/_api_client.py.
        doc: "1 attempt, or with `max_attempts` (5 is usual) retries after min(2^k s + U s, 60 s); 429 and 503 only",
        client: Client {
            retry: Backoff::Exponential(Exponential {
                plus: s(1),
                max: s(60),
                ..Exponential::new(s(1), Span::MAX, Jitter::NONE)
            }),
            retry_on: ANSWERS,
            ..PLAIN
        },
    },
    Preset {
        name: "litellm",
        // litellm 1.106, litellm/utils.py and router.py; its other deployments are a `fallback`.
        doc: "1+2 attempts, min(0.5 s·2^k, 8 s) + 0.75 s·U; Retry-After up to 60 s obeyed, + 0.75 s·U",
        client: Client {
            retry: Backoff::Exponential(Exponential {
                plus: ms(750),
                ..Exponential::new(ms(500), s(8), Jitter::NONE)
            }),
            honor: Honor { plus: ms(750), ..retry_after(s(60), Beyond::Backoff) },
            ..retrying(3)
        },
    },
    Preset {
        name: "boto3-legacy",
        // botocore 1.44, retryhandler.py and data/_retry.json.
        doc: "5 attempts, U·2^k s without a cap",
        client: Client { retry: exponential(s(1), Span::MAX, Jitter::FULL), ..retrying(5) },
    },
    Preset {
        name: "boto3-standard",
        doc: "3 attempts, U·min(b·2^k, 20 s), b = 1 s after a 429, else 50 ms; a retry quota of 500",
        client: BOTO3_STANDARD,
    },
    Preset {
        name: "boto3-adaptive",
        // botocore 1.44, retries/adaptive.py, throttling.py and bucket.py.
        doc: "as boto3-standard, and after the first 429 a token bucket whose rate is on a cubic curve",
        client: Client {
            pacing: Some(Pacing::Cubic(Cubic::new(0.7, 0.4, Rate::from_per_s(0.5)))),
            ..BOTO3_STANDARD
        },
    },
    Preset {
        name: "tenacity",
        // tenacity 9.1, tenacity/wait.py, with the arguments that OpenAI's guide to rate limits gives.
        doc: "6 attempts, U(1 s, min(1 s·2^k, 60 s)): wait_random_exponential(min=1, max=60)",
        client: Client {
            retry: Backoff::Exponential(Exponential {
                floor: s(1),
                ..Exponential::new(s(1), s(60), Jitter::FULL)
            }),
            ..retrying(6)
        },
    },
    Preset {
        name: "openai-cookbook",
        // openai-cookbook, examples/api_request_parallel_processor.py; its pause of 15 s keys on a code never sent.
        doc: "1+5 attempts at once, paced by full token buckets of 1,500 requests and 125,000 tokens per minute",
        client: Client {
            pacing: Some(Pacing::Buckets(Buckets::new(
                Rate::from_per_min(1500.0),
                Rate::from_per_min(125_000.0),
                s(60),
            ))),
            ..retrying(6)
        },
    },
    // aws-samples/aws-arch-backoff-simulator, src/backoff_simulator.py; base, cap and attempts are the user's.
    Preset {
        name: "aws-expo",
        doc: "6 attempts, min(60 s, 1 s·2^k) with k from 1",
        client: Client { retry: from_1(s(1), s(60), Jitter::NONE), ..retrying(ATTEMPTS) },
    },
    Preset {
        name: "aws-equal",
        doc: "6 attempts, e/2 + U·e/2 with e as in aws-expo",
        client: Client { retry: from_1(s(1), s(60), Jitter::EQUAL), ..retrying(ATTEMPTS) },
    },
    Preset {
        name: "aws-full",
        doc: "6 attempts, U·e with e as in aws-expo",
        client: Client { retry: from_1(s(1), s(60), Jitter::FULL), ..retrying(ATTEMPTS) },
    },
    Preset {
        name: "aws-decorrelated",
        doc: "6 attempts, min(60 s, U(1 s, 3·previous))",
        client: Client { retry: exponential(s(1), s(60), Jitter::Decorrelated), ..retrying(ATTEMPTS) },
    },
    Preset {
        name: "grpc",
        // gRPC proposal A6, its examples.
        doc: "4 attempts, U·min(0.1 s·2^k, 1 s), 503 only; no retry unless more than half of 10 tokens is there",
        client: Client {
            retry: exponential(ms(100), s(1), Jitter::FULL),
            retry_on: RetryOn::UNAVAILABLE,
            budget: Some(Budget::Grpc(Grpc::new(10.0, 0.1))),
            ..retrying(4)
        },
    },
    Preset {
        name: "hedge",
        // gRPC proposal A6, "Hedging Policy", its example.
        doc: "up to 4 attempts, 0.5 s apart or at once after a failure; the first success cancels the others",
        client: Client { hedge: Some(Hedge { delay: ms(500), max: 4 }), ..retrying(4) },
    },
    Preset {
        name: "envoy",
        // envoyproxy/envoy, route RetryPolicy and cluster RetryBudget.
        doc: "1+1 attempts, U·min(25 ms·2^k, 250 ms); retries at most 20 % of what is in flight, or 3",
        client: Client {
            retry: exponential(ms(25), ms(250), Jitter::FULL),
            budget: Some(Budget::Active(Active::new(0.2, 3))),
            ..retrying(2)
        },
    },
    Preset {
        name: "finagle-budget",
        // twitter/finagle, RetryBudget.scala.
        doc: "as exponential, and retries at most 20 % of requests + 10/s, over 10 s",
        client: Client { budget: ratio(), ..EXPONENTIAL },
    },
    Preset {
        name: "tower-budget",
        // tower-rs/tower, retry/budget/tps_budget.rs: Finagle's constants.
        doc: "as finagle-budget, whose constants it has",
        client: Client { budget: ratio(), ..EXPONENTIAL },
    },
    Preset {
        name: "sre-adaptive",
        // Beyer et al. 2016, Site Reliability Engineering, ch. 21.
        doc: "as exponential, and rejects its own attempts with p = max(0, (requests − 2·accepts)/(requests + 1)) of 2 min",
        client: Client { throttle: Some(Throttle::new(2.0, s(120))), ..EXPONENTIAL },
    },
    Preset {
        name: "breaker-hystrix",
        // Netflix/Hystrix 1.5, HystrixCommandProperties.
        doc: "as exponential, and a breaker: 20 attempts of 10 s, half of them failed; 5 s open, one probe",
        client: Client {
            breaker: Some(Breaker::ErrorWindow(ErrorWindow::new(s(10), 20, 0.5, s(5)))),
            ..EXPONENTIAL
        },
    },
    Preset {
        name: "breaker-resilience4j",
        // resilience4j, CircuitBreakerConfig.
        doc: "as exponential, and a breaker: half of the last 100 attempts failed; 60 s open, 10 probes",
        client: Client {
            breaker: Some(Breaker::CountWindow(CountWindow::new(100, 0.5, s(60), 10))),
            ..EXPONENTIAL
        },
    },
    Preset {
        name: "paced",
        doc: "as exponential, and at most one send per second",
        client: Client { pacing: Some(Pacing::Paced(Paced::new(s(1), 1))), ..EXPONENTIAL },
    },
    Preset {
        name: "ramp",
        doc: "as exponential, and at most 1.5 times its own successes of the last minute, or one per second",
        client: Client {
            pacing: Some(Pacing::Ramp(Ramp::new(1.5, Rate::from_per_min(60.0), s(60)))),
            ..EXPONENTIAL
        },
    },
    Preset {
        name: "aimd",
        doc: "as exponential, and a rate from 1/s: + 0.1/s per second with successes, halved by a 429, blind to 503",
        client: Client { pacing: Some(Pacing::Aimd(pacing::Aimd::DEFAULT)), ..EXPONENTIAL },
    },
    // Netflix/concurrency-limits, the defaults of AIMDLimit, VegasLimit and Gradient2Limit.
    Preset {
        name: "aimd-concurrency",
        doc: "as exponential, and 20 to 200 in flight: one more per success, a tenth less per failure",
        client: Client { concurrency: Some(Concurrency::Aimd(concurrency::Aimd::DEFAULT)), ..EXPONENTIAL },
    },
    Preset {
        name: "vegas",
        doc: "as exponential, and 1 to 1,000 in flight, by latency against the shortest seen",
        client: Client { concurrency: Some(Concurrency::Vegas(Vegas::DEFAULT)), ..EXPONENTIAL },
    },
    Preset {
        name: "gradient2",
        doc: "as exponential, and 20 to 200 in flight, by latency against its long average",
        client: Client { concurrency: Some(Concurrency::Gradient2(Gradient2::DEFAULT)), ..EXPONENTIAL },
    },
    Preset {
        name: "reset-aware",
        doc: "as exponential, but max(x-ratelimit-reset, that) + U·0.5·x-ratelimit-reset",
        client: Client {
            honor: Honor { combine: Combine::Floor, spread: 0.5, ..Honor::simple(Some(Header::Reset)) },
            ..EXPONENTIAL
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
