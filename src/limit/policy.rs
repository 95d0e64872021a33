//! The limit block of a model: law, burst, enforcement, attribution's details and headers.

use super::law::{LAWS, Law};
use super::presets;
use crate::bounds;
use crate::read::{Key, Spec, Table};
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

impl Enforcement {
    /// Its word in a scenario.
    pub fn word(self) -> &'static str {
        match self {
            Enforcement::Soft => "soft",
            Enforcement::Attribution => "attribution",
            Enforcement::Hard => "hard",
            Enforcement::Strict => "strict",
        }
    }
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
    /// Whether a green attempt that ends unserved gets its charges back.
    pub refund_unserved: bool,
}

const RESET_MODES: &[(&str, &str)] = &[
    ("gcra", "when this very request would conform: all refused together are told the same second"),
    ("reserved", "the k-th refused request is told the k-th slot"),
    ("model", "the model's backlog over its service rate"),
];

const RESET: Spec = Spec::new(
    "reset",
    "how `x-ratelimit-reset` is computed; a bare string sets both",
    &[
        Key::choice("on_429", RESET_MODES).or("\"reserved\"").doc("on a 429"),
        Key::choice("otherwise", RESET_MODES).or("\"model\"").doc("on a 200 or a 503"),
    ],
)
.shorthand(&["on_429", "otherwise"]);

/// The keys of `[model.limit]`.
pub const SPEC: Spec = Spec::new(
    "limit",
    "how orgs are limited on the model; a bare string names a preset",
    &[
        Key::choice("preset", presets::WORDS)
            .optional()
            .doc("a limit block to start from; the keys beside it override its own"),
        Key::choice(
            "enforcement",
            &[
                ("soft", "an attempt above the rate is served after all others, where there is capacity"),
                ("attribution", "one queue; the colour only labels failures"),
                ("hard", "an attempt above the rate is refused while the model is hot"),
                ("strict", "an attempt above the rate is always refused"),
            ],
        )
        .or("\"soft\"")
        .doc("what an attempt above its dynamic rate meets"),
        Key::span("burst", bounds::BURST).or("\"5 s\"").doc("tolerance of the meters, in seconds of rate"),
        Key::table("reset", &RESET).or_table().doc("how `x-ratelimit-reset` is computed"),
        Key::choice(
            "headers",
            &[("all", "every response"), ("errors", "429 and 503"), ("only_429", "429 only")],
        )
        .or("\"all\"")
        .doc("which responses carry `x-ratelimit-reset`"),
        Key::choice("credit", &[("green", "successes within the rate"), ("all", "every success")])
            .or("\"green\"")
            .doc("which successes count as recent usage"),
        Key::bool("retry_after").or("false").doc("errors also carry `Retry-After`"),
        Key::bool("refund_unserved")
            .or("false")
            .doc("a charged attempt that ends unserved gets its charges back"),
        Key::one_of("law", &LAWS).or("{ success_window = { share = 0.5 } }").doc("the rate law"),
    ],
)
.shorthand(&["preset"]);

impl Policy {
    /// Read a limit block.
    pub fn read(table: &mut Table) -> Policy {
        if let Some(toml) = table.opt_choice("preset").and_then(presets::toml) {
            table.underlay(toml);
        }
        let enforcement = match table.choice("enforcement") {
            "attribution" => Enforcement::Attribution,
            "hard" => Enforcement::Hard,
            "strict" => Enforcement::Strict,
            _ => Enforcement::Soft,
        };
        let burst = table.span("burst");
        let mut reset = table.table("reset");
        let [reset_on_429, reset_otherwise] = ["on_429", "otherwise"].map(|key| match reset.choice(key) {
            "gcra" => ResetMode::Gcra,
            "model" => ResetMode::Model,
            _ => ResetMode::Reserved,
        });
        let headers = match table.choice("headers") {
            "errors" => Headers::Errors,
            "only_429" => Headers::Only429,
            _ => Headers::All,
        };
        let credit = if table.choice("credit") == "all" { Credit::All } else { Credit::Green };
        let retry_after = table.bool("retry_after");
        let refund_unserved = table.bool("refund_unserved");
        let law = Law::of(table.tagged("law"));
        Policy {
            law,
            burst,
            enforcement,
            credit,
            reset_on_429,
            reset_otherwise,
            headers,
            retry_after,
            refund_unserved,
        }
    }
}
