//! The keys of a scenario file: its table of contents.

use super::fallback;
use crate::bounds;
use crate::client;
use crate::platform::{config, incident, lane};
use crate::read::{Key, Kind, Spec};
use crate::traffic::{arrivals, population, profile, token_laws};

static RUN: Spec = Spec::new(
    "run",
    "how long, with which seed, how often",
    &[
        Key::integer("seed", bounds::SEED).or("1").doc("seed of every random stream"),
        Key::span("duration", bounds::DURATION).doc("traffic stops here"),
        Key::span("warmup", bounds::MARGIN)
            .or("\"0 s\"")
            .doc("requests born before are left out of the summary, not of the series"),
        Key::span("drain", bounds::MARGIN)
            .or("\"10 min\"")
            .doc("after the duration: no new requests; retries and work in flight go on"),
        Key::span("interval", bounds::INTERVAL).or("\"10 s\"").doc("width of the time series' bins"),
        Key::integer("replications", bounds::REPLICATIONS).or("1").doc("independent repetitions"),
    ],
);

/// The keys of a client.
pub static CLIENT: Spec =
    Spec::new("client", "a client strategy; a bare string names a preset", &CLIENT_KEYS)
        .shorthand(&["preset"]);

/// Those of the client room, and what needs models and lanes.
const CLIENT_KEYS: [Key; client::KEYS.len() + 1] = {
    let mut keys = [FALLBACK; client::KEYS.len() + 1];
    let mut i = 0;
    while i < client::KEYS.len() {
        keys[i] = client::KEYS[i];
        i += 1;
    }
    keys
};

const FALLBACK: Key = Key::rows("fallback", &fallback::SPEC)
    .optional()
    .doc("where a request goes instead of being given up, one after the other; not after its deadline");

static WORKLOAD: Spec = Spec::new(
    "workload",
    "a stream of requests of an org to a model",
    &[
        Key::name("name").doc("its name, unique within the org"),
        Key::text("model", 64).doc("the model it asks for"),
        Key::one_of("arrivals", &arrivals::PROCESSES)
            .doc("when its requests are born; of a population, those of all members together"),
        Key::either("profile", profile::WRITTEN)
            .optional()
            .doc("how the arrival rate changes: a list of steps and ramps, or a shape (`list profiles`)"),
        Key::one_of("prompt_tokens", &token_laws::TOKENS)
            .optional()
            .doc("prompt tokens; may be left out with a trace, which brings its own"),
        Key::one_of("output_tokens", &token_laws::TOKENS).optional().doc("output tokens; likewise"),
        Key::number("correlation", token_laws::CORRELATION).optional().doc(
            "rank correlation of prompt and output tokens (Spearman); left out, each is drawn on its own",
        ),
        Key::tokens("max_tokens", bounds::TOKENS).optional().doc("most output tokens of a request"),
        Key::table("client", &CLIENT).or_table().doc("its client; left out, one attempt and no retry"),
        Key::one_of("lane", &lane::LANES).optional().doc("how it is served and paid; left out, serverless"),
        Key::name("key").optional().doc("the API key its requests are made with; left out, `default`"),
        Key::span("rtt", bounds::RTT).or("\"50 ms\"").doc("network round trip"),
    ],
);

static ORG: Spec = Spec::new(
    "org",
    "an organization: limits are per org and model",
    &[
        Key::name("name").doc("its name"),
        Key::number("weight", bounds::ORG_WEIGHT)
            .or("1.0")
            .doc("its weight where capacity is shared by weight"),
        Key::table("population", &population::SPEC)
            .optional()
            .doc("it stands for so many orgs; left out, it is one"),
        Key::rows("workload", &WORKLOAD).doc("its traffic"),
    ],
);

/// A bound of a check: a bare number in the metric's unit, or text with a unit.
const BOUND: &[Kind] = &[Kind::Number(crate::read::Range::new(-1e300, 1e300)), Kind::Text(40)];

static CHECK: Spec = Spec::new(
    "check",
    "a threshold; the command exits with 99 if it is not met",
    &[
        Key::text("org", 64).optional().doc("the org it looks at; left out, all together"),
        Key::text("workload", 64).optional().doc("the workload it looks at"),
        Key::text("model", 64).optional().doc("the model it looks at"),
        Key::text("metric", 64).doc("a column of `summary.csv` or a derived share (`list metrics`)"),
        Key::either("min", BOUND).optional().doc("the least allowed"),
        Key::either("max", BOUND).optional().doc("the most allowed"),
    ],
);

/// A scenario.
pub static SCENARIO: Spec = Spec::new(
    "scenario",
    "a scenario of ratetide: models, orgs with their traffic, what goes wrong, what must hold",
    &[
        Key::text("title", bounds::TITLE_CHARS).or("\"\"").doc("one line; shown in charts"),
        Key::table("run", &RUN).doc("the run"),
        Key::rows("model", &config::SPEC).doc("the models"),
        Key::rows("org", &ORG).doc("the organizations"),
        Key::rows("incident", &incident::SPEC).optional().doc("what goes wrong, on a schedule"),
        Key::rows("checks", &CHECK).alias(&["check"]).optional().doc("thresholds on the summary"),
    ],
);
