//! The batch lane: requests are gathered into files, submitted as jobs, and run on spare capacity within a
//! window, at a discount.
//!
//! Published by Together AI ("Batch inference", docs.together.ai, read in 2026): up to 50 000 requests and
//! 100 MB per file, up to 30 billion tokens enqueued per model, a completion window of 24 h which is a
//! best-effort target, a rate limit pool of its own, and half the serverless price at its introduction
//! ("Introducing the Together AI Batch API", June 2025). OpenAI publishes the same file size, window and
//! discount, and that what counts as enqueued are prompt tokens, until the job is over ("Batch API",
//! "Rate limits", platform.openai.com, 2024).

use crate::bounds;
use crate::read::{Key, Spec, Table};
use crate::units::Span;

/// The parameters of a workload in the batch lane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Batch {
    /// The share of the serverless price that is not paid.
    pub discount: f64,
    /// From a job's submission to its end; what is not done by then expires.
    pub window: Span,
    /// Most requests of a file.
    pub requests_per_file: u32,
    /// Most prompt tokens in the jobs of one org on one model that are submitted and not over.
    pub enqueued_tokens: u64,
    /// How long a file stays open after its first request.
    pub gather: Span,
    /// The share of ready capacity that batch work leaves free.
    pub reserve: f64,
}

/// The keys of `lane.batch`.
pub static SPEC: Spec = Spec::new(
    "batch_lane",
    "jobs on spare capacity: discounted, with limits of their own and no promise of latency",
    &[
        Key::number("discount", bounds::DISCOUNT).or("0.5").doc("share of the serverless price not paid"),
        Key::span("window", bounds::WINDOW_OF_JOB)
            .or("\"24 h\"")
            .doc("after a job's submission; what is not done by then expires"),
        Key::integer("requests_per_file", bounds::REQUESTS_PER_FILE)
            .or("50000")
            .doc("most requests of a file"),
        Key::tokens("enqueued_tokens", bounds::ENQUEUED_TOKENS)
            .or("30000000000")
            .doc("most prompt tokens in the unfinished jobs of the org on the model"),
        Key::span("gather", bounds::GATHER).or("\"1 min\"").doc("how long a file is open for more requests"),
        Key::number("reserve", bounds::RESERVE)
            .or("0.1")
            .doc("share of ready capacity left free; the largest asked for on a model holds"),
    ],
);

impl Batch {
    /// As its defaults are.
    pub const DEFAULT: Batch = Batch {
        discount: 0.5,
        window: Span::from_s(24 * 3600),
        requests_per_file: 50_000,
        enqueued_tokens: 30_000_000_000,
        gather: Span::from_s(60),
        reserve: 0.1,
    };

    /// Read the table of `lane.batch`.
    pub fn read(table: &mut Table) -> Batch {
        Batch {
            discount: table.number("discount"),
            window: table.span("window"),
            requests_per_file: table.integer("requests_per_file") as u32,
            enqueued_tokens: table.integer("enqueued_tokens"),
            gather: table.span("gather"),
            reserve: table.number("reserve"),
        }
    }
}
