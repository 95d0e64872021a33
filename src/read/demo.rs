//! Specs in the shape of a whole scenario, for the tests of this room.

use super::range::Range;
use super::spec::{Family, Key, Kind, Member, Spec};
use super::table::Table;
use super::tagged::Form;
use super::{Document, Problems, Resolved};
use crate::units::{Quantity, Rate, Span};

const DAY: u64 = 86_400;
const TIME: Range<Span> = Range::new(Span::ZERO, Span::from_s(30 * DAY));
const GAP: Range<Span> = Range::new(Span::from_ms(1), Span::from_s(DAY));
const RATE: Range<Rate> = Range::new(Rate::ZERO, Rate::from_per_s(1e9));
const COUNT: Range<u64> = Range::new(1, 1_000_000);
const SHARE: Range<f64> = Range::new(0.0, 1.0);
const POSITIVE: Range<f64> = Range::new(f64::MIN_POSITIVE, 1e9);
const REQUESTS: Quantity = Quantity::Requests;
const TOKENS: Quantity = Quantity::Tokens;

const EMPTY: Spec = Spec::new("empty", "Takes no parameters.", &[]);

pub const RUN: Spec = Spec::new(
    "run",
    "How long, and how exact.",
    &[
        Key::integer("seed", Range::new(0, 1 << 53)).or("0").doc("start of all random streams"),
        Key::span("duration", GAP).doc("traffic stops here"),
        Key::span("warmup", TIME).or("\"0 s\"").doc("left out of the summary"),
        Key::span("drain", TIME).or("\"10 min\"").doc("no new requests"),
        Key::span("interval", GAP).or("\"10 s\"").doc("width of a bin"),
        Key::integer("replications", COUNT).or("1").doc("how often"),
    ],
);

// Distributions of times and of tokens.
const TIME_MEAN: Spec = Spec::new("exponential", "By its mean.", &[Key::span("mean", TIME).doc("mean time")]);
const TIME_LOGNORMAL: Spec = Spec::new(
    "lognormal_time",
    "Log-normal.",
    &[
        Key::span("mean", TIME).optional().doc("mean, with cv"),
        Key::number("cv", POSITIVE).optional().doc("coefficient of variation"),
        Key::span("median", TIME).optional().doc("median, with sigma"),
        Key::number("sigma", POSITIVE).optional().doc("of the logarithm"),
    ],
);
const TIME_QUANTILES: Kind = Kind::Pairs(&Kind::Number(SHARE), &Kind::Span(TIME));
const PER_TOKEN: Spec = Spec::new(
    "tokens",
    "Linear in the tokens.",
    &[Key::span("prefill", TIME), Key::span("per_prompt_token", TIME), Key::span("per_output_token", TIME)],
);
const TIMES: Family = Family::new(
    "distribution of times",
    "How long something takes.",
    &[
        Member::new("constant", "Always the same.", Kind::Span(TIME)),
        Member::table("exponential", &TIME_MEAN),
        Member::table("lognormal", &TIME_LOGNORMAL),
        Member::new("empirical", "Quantiles.", TIME_QUANTILES),
        Member::table("tokens", &PER_TOKEN),
    ],
);
const TOKEN_LOGNORMAL: Spec = Spec::new(
    "lognormal",
    "Log-normal.",
    &[Key::number("mean", POSITIVE).doc("mean"), Key::number("cv", POSITIVE).doc("coefficient of variation")],
);
const LENGTHS: Family = Family::new(
    "distribution of tokens",
    "How many tokens.",
    &[
        Member::new("constant", "Always the same.", Kind::Tokens(COUNT)),
        Member::table("lognormal", &TOKEN_LOGNORMAL),
        Member::new("empirical", "Quantiles.", Kind::Pairs(&Kind::Number(SHARE), &Kind::Number(POSITIVE))),
    ],
);

// A model.
const SLOTS: Spec = Spec::new(
    "slots",
    "So many requests at a time.",
    &[Key::integer("per_replica", COUNT), Key::one_of("service", &TIMES)],
);
const BATCHING: Spec = Spec::new(
    "batching",
    "Continuous batching.",
    &[Key::choice("preset", &[("llama-2-70b-h100-tp8", "measured")])],
);
const ENGINES: Family = Family::new(
    "engine",
    "How a replica serves.",
    &[Member::table("slots", &SLOTS), Member::table("batching", &BATCHING)],
);
const BUFFER: Spec = Spec::new(
    "buffer",
    "Where attempts wait.",
    &[
        Key::span("max_wait", TIME).or("\"10 s\""),
        Key::choice("discipline", &[("fifo", "by arrival"), ("fair", "by org")]).or("\"fifo\""),
        Key::bool("early_refusal").or("true"),
    ],
);
const PREDICTIVE: Spec = Spec::new(
    "predictive",
    "Forecasts demand.",
    &[
        Key::integer("min", COUNT).or("1"),
        Key::integer("max", COUNT).or("8"),
        Key::one_of("cold_start", &TIMES).or("{ lognormal = { median = \"115 s\", sigma = 0.25 } }"),
    ],
);
const AUTOSCALERS: Family = Family::new(
    "autoscaler",
    "How many replicas.",
    &[Member::table("fixed", &EMPTY), Member::table("predictive", &PREDICTIVE)],
);
const PRICE: Spec = Spec::new(
    "price",
    "Per million tokens.",
    &[
        Key::number("prompt", Range::new(0.0, 1e6)),
        Key::number("output", Range::new(0.0, 1e6)),
        Key::text("currency", 3).or("\"USD\""),
    ],
);
const RESETS: &[(&str, &str)] =
    &[("gcra", "its own time"), ("reserved", "its slot"), ("model", "the backlog")];
const RESET: Spec = Spec::new(
    "reset",
    "What the header tells.",
    &[Key::choice("on_429", RESETS).or("\"reserved\""), Key::choice("otherwise", RESETS).or("\"model\"")],
)
.shorthand(&["on_429", "otherwise"]);
const RATES: Spec = Spec::new(
    "rates",
    "One rate for each resource.",
    &[
        Key::rate_or_unlimited("requests", REQUESTS, RATE).or("\"unlimited\""),
        Key::rate_or_unlimited("tokens", TOKENS, RATE).or("\"unlimited\""),
    ],
);
const LOAD_SCALED: Spec = Spec::new(
    "load_scaled",
    "The multiplier follows the load.",
    &[
        Key::number("min", POSITIVE).or("1.0"),
        Key::number("max", POSITIVE).or("2.0"),
        Key::number("low", SHARE).or("0.7"),
        Key::number("high", SHARE).or("0.95"),
    ],
);
const SUCCESS_WINDOW: Spec = Spec::new(
    "success_window",
    "Follows the successes of a window.",
    &[
        Key::span("window", GAP).or("\"1 h\""),
        Key::number("multiplier", POSITIVE).optional(),
        Key::table("load_scaled", &LOAD_SCALED).optional(),
        Key::number("share", SHARE).optional(),
        Key::table("base", &RATES).or("{ requests = \"60/min\", tokens = \"60k/min\" }"),
        Key::table("cap", &RATES).or("{ requests = \"6000/min\", tokens = \"2M/min\" }"),
    ],
);
const FORMULA: Spec =
    Spec::new("formula", "Yours.", &[Key::text("requests", 1000), Key::text("tokens", 1000)]);
const LAWS: Family = Family::new(
    "law",
    "How the dynamic rate moves.",
    &[
        Member::table("success_window", &SUCCESS_WINDOW),
        Member::table("fixed", &RATES),
        Member::table("unlimited", &EMPTY),
        Member::table("formula", &FORMULA),
    ],
);
const LIMIT: Spec = Spec::new(
    "limit",
    "The dynamic limit.",
    &[
        Key::choice("enforcement", &[("soft", ""), ("attribution", ""), ("hard", ""), ("strict", "")])
            .or("\"soft\""),
        Key::span("burst", TIME).or("\"5 s\""),
        Key::table("reset", &RESET).or_table(),
        Key::choice("headers", &[("all", ""), ("errors", ""), ("only_429", "")]).or("\"all\""),
        Key::choice("credit", &[("green", ""), ("all", "")]).or("\"green\""),
        Key::one_of("law", &LAWS).or("{ success_window = { share = 0.5 } }"),
    ],
);
pub const MODEL: Spec = Spec::new(
    "model",
    "A served model.",
    &[
        Key::name("name"),
        Key::integer("replicas", COUNT).or("1").doc("replicas at the start"),
        Key::one_of("engine", &ENGINES),
        Key::table("buffer", &BUFFER).or_table(),
        Key::choice("on_disconnect", &[("stop", ""), ("serve", "")]).or("\"stop\""),
        Key::one_of("autoscaler", &AUTOSCALERS).or("{ fixed = {} }"),
        Key::table("price", &PRICE).optional(),
        Key::table("limit", &LIMIT).or_table(),
    ],
);

// An org.
const ARRIVAL_RATE: Spec = Spec::new("poisson", "Memoryless.", &[Key::rate("rate", REQUESTS, RATE)]);
const GAMMA: Spec =
    Spec::new("gamma", "Burstier.", &[Key::rate("rate", REQUESTS, RATE), Key::number("cv", POSITIVE)]);
const BATCH: Spec = Spec::new("batch", "At once.", &[Key::integer("size", COUNT), Key::span("every", GAP)]);
const TRACE: Spec =
    Spec::new("trace", "Replayed.", &[Key::path("file"), Key::number("rate_scale", POSITIVE).or("1.0")]);
const BACKLOG: Spec =
    Spec::new("backlog", "A pile.", &[Key::integer("requests", COUNT), Key::integer("concurrency", COUNT)]);
const ARRIVALS: Family = Family::new(
    "arrival process",
    "When requests come.",
    &[
        Member::table("poisson", &ARRIVAL_RATE),
        Member::table("constant", &ARRIVAL_RATE),
        Member::table("gamma", &GAMMA),
        Member::table("batch", &BATCH),
        Member::table("trace", &TRACE),
        Member::table("backlog", &BACKLOG),
    ],
);
const STEP: Spec = Spec::new(
    "step",
    "A change of the rate.",
    &[Key::span("at", TIME), Key::number("factor", Range::new(0.0, 1e6)), Key::span("over", TIME).optional()],
);
const EXPONENTIAL: Spec = Spec::new(
    "exponential",
    "Backoff.",
    &[
        Key::span("base", GAP).or("\"1 s\""),
        Key::span_or_unlimited("cap", GAP).or("\"60 s\""),
        Key::choice("jitter", &[("full", ""), ("equal", ""), ("none", "")]).or("\"full\""),
    ],
);
const RETRIES: Family =
    Family::new("retry", "When to try again.", &[Member::table("exponential", &EXPONENTIAL)]);
const HONOR: Spec = Spec::new(
    "honor",
    "Which header to obey.",
    &[
        Key::choice("header", &[("none", ""), ("reset", ""), ("retry_after", "")]),
        Key::choice("combine", &[("replace", ""), ("floor", "")]).or("\"replace\""),
        Key::number("jitter", SHARE).or("0.0"),
    ],
)
.shorthand(&["header"]);
const CLIENT: Spec = Spec::new(
    "client",
    "What the sender does.",
    &[
        Key::choice("preset", &[("none", "no retry"), ("openai-python", "the SDK")]).or("\"none\""),
        Key::integer("max_attempts", COUNT).optional(),
        Key::one_of("retry", &RETRIES).optional(),
        Key::table("honor", &HONOR).optional(),
        Key::span("timeout", GAP).optional(),
        Key::span("deadline", GAP).optional(),
    ],
)
.shorthand(&["preset"]);
const WORKLOAD: Spec = Spec::new(
    "workload",
    "Requests of one kind.",
    &[
        Key::name("name"),
        Key::name("model"),
        Key::one_of("arrivals", &ARRIVALS),
        Key::rows("profile", &STEP).optional(),
        Key::one_of("prompt_tokens", &LENGTHS),
        Key::one_of("output_tokens", &LENGTHS),
        Key::tokens("max_tokens", COUNT).optional(),
        Key::table("client", &CLIENT).or_table(),
    ],
);
const ORG: Spec = Spec::new(
    "org",
    "A customer.",
    &[Key::name("name"), Key::number("weight", POSITIVE).or("1.0"), Key::rows("workload", &WORKLOAD)],
);

// The rest.
const LOSE: Spec =
    Spec::new("lose_replicas", "Replicas go.", &[Key::integer("count", COUNT), Key::span("duration", GAP)]);
const INCIDENT: Spec = Spec::new(
    "incident",
    "Something goes wrong.",
    &[Key::span("at", TIME), Key::name("model"), Key::table("lose_replicas", &LOSE)],
);
const CHECK: Spec = Spec::new(
    "check",
    "A threshold.",
    &[
        Key::name("org").optional(),
        Key::text("metric", 100),
        Key::either("min", &[Kind::Number(Range::new(-1e18, 1e18)), Kind::Span(TIME)]).optional(),
        Key::either("max", &[Kind::Number(Range::new(-1e18, 1e18)), Kind::Span(TIME)]).optional(),
    ],
);
pub const ROOT: Spec = Spec::new(
    "scenario",
    "A scenario.",
    &[
        Key::text("title", 200).or("\"\""),
        Key::table("run", &RUN),
        Key::rows("model", &MODEL),
        Key::rows("org", &ORG),
        Key::rows("incident", &INCIDENT).optional(),
        Key::rows("checks", &CHECK).alias(&["check"]).optional(),
    ],
);

/// A scenario under [`ROOT`].
pub const DEMO: &str = include_str!("demo.toml");

/// Reads all of `text` under [`ROOT`].
pub fn read(text: &str) -> Result<Resolved, Problems> {
    read_with(text, &[])
}

/// Reads all of `text` with (path, value) pairs set.
pub fn read_with(text: &str, sets: &[(&str, &str)]) -> Result<Resolved, Problems> {
    let sets: Vec<_> = sets.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
    let mut document = Document::parse("folder/demo.toml", text, &sets);
    read_all(&mut document.root(&ROOT), &ROOT);
    document.finish()
}

/// Reads everything a table's spec allows, by the getter of each key's kind.
pub fn read_all(table: &mut Table<'_>, spec: &'static Spec) {
    for key in spec.keys {
        let (name, is_optional) = (key.name, matches!(key.fallback, super::Fallback::Absent));
        if is_optional && !table.has(name) {
            continue;
        }
        match key.kind {
            Kind::Rows(spec) => table.rows(name).iter_mut().for_each(|row| read_all(row, spec)),
            Kind::List(_) | Kind::Pairs(..) => unreachable!("the demo has none as a key"),
            Kind::Either(_) => match table.form(name) {
                Form::Number(value) => drop(value.number()),
                Form::Text(value) => drop(value.span()),
                _ => {}
            },
            Kind::OneOf(_) => drop(table.opt_tagged(name).map(|value| read_value(value, key.kind))),
            kind => read_plain(table, name, kind),
        }
    }
}

fn read_plain(table: &mut Table<'_>, name: &str, kind: Kind) {
    match kind {
        Kind::Bool => drop(table.opt_bool(name)),
        Kind::Integer(_) | Kind::Tokens(_) => drop(table.opt_integer(name)),
        Kind::Number(_) => drop(table.opt_number(name)),
        Kind::Span(_) | Kind::SpanOrUnlimited(_) => drop(table.opt_span(name)),
        Kind::Rate(..) | Kind::RateOrUnlimited(..) => drop(table.opt_rate(name)),
        Kind::Name => drop(table.opt_name(name)),
        Kind::Text(_) => drop(table.opt_text(name)),
        Kind::Path => drop(table.opt_path(name)),
        Kind::Choice(_) => drop(table.opt_choice(name)),
        Kind::Table(spec) => drop(table.opt_table(name).map(|mut table| read_all(&mut table, spec))),
        Kind::Toml => drop(table.opt_toml(name)),
        other => unreachable!("{other:?} is read elsewhere"),
    }
}

/// Reads the value of a family's tag.
fn read_value(value: super::Tagged<'_>, kind: Kind) {
    let Kind::OneOf(family) = kind else { unreachable!("a family") };
    let member = &family.members[family.position(value.tag).expect("a known tag")];
    match member.value {
        Kind::Table(spec) => read_all(&mut value.table(), spec),
        Kind::Span(_) => drop(value.span()),
        Kind::Tokens(_) => drop(value.integer()),
        Kind::Pairs(_, Kind::Span(_)) => value.pairs().into_iter().for_each(|(q, span)| {
            let _ = (q.number(), span.span());
        }),
        Kind::Pairs(..) => value.pairs().into_iter().for_each(|(q, x)| {
            let _ = (q.number(), x.number());
        }),
        other => unreachable!("the demo has no {other:?} in a family"),
    }
}
