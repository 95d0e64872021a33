//! What `list` can list: each topic with its options, taken from the registries that read a scenario.

use crate::chart::CHARTS;
use crate::chart::comparison::COMPARISON_CHARTS;
use crate::chart::sweep::SWEEP_CHARTS;
use crate::client::backoff::RETRIES;
use crate::client::breaker::BREAKERS;
use crate::client::budget::BUDGETS;
use crate::client::concurrency::CONCURRENCIES;
use crate::client::pacing::PACINGS;
use crate::client::presets;
use crate::compare::measure::{Better, MEASURES, Measure};
use crate::dist::TIMES;
use crate::limit::expression::FUNCTIONS;
use crate::limit::law::formula::QUANTITIES;
use crate::limit::law::{LAWS, RULES};
use crate::limit::presets as limit_presets;
use crate::metrics::metric::{METRICS, Metric, Unit};
use crate::output::columns::SUMMARY;
use crate::platform::autoscaler::AUTOSCALERS;
use crate::platform::config::{ENGINES, SERVICES};
use crate::platform::incident;
use crate::platform::lane::LANES;
use crate::platform::serving;
use crate::read::{Family, Key, Kind, Member, Spec};
use crate::scenario::spec::SCENARIO;
use crate::traffic::arrivals::PROCESSES;
use crate::traffic::population::DEMANDS;
use crate::traffic::profile::SHAPES;
use crate::traffic::token_laws::TOKENS;
use crate::traffic::token_presets;

/// Something `list` can list.
pub struct Topic {
    /// Its name.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// One line.
    pub doc: &'static str,
    /// Its options.
    pub choices: fn() -> Vec<Choice>,
    /// Said below them.
    pub footnotes: &'static [&'static str],
}

/// An option of a topic.
#[derive(Debug)]
pub struct Choice {
    /// As a scenario writes it.
    pub name: String,
    /// One line.
    pub doc: String,
    /// The rules it keeps, of a law.
    pub rules: Option<&'static [&'static str]>,
    /// What more there is to say.
    pub notes: Vec<String>,
    /// Its keys.
    pub parameters: Vec<Parameter>,
}

/// A key of an option.
#[derive(Debug)]
pub struct Parameter {
    /// The key, dotted from the option down.
    pub key: String,
    /// Its default, "required" or "optional".
    pub default: String,
    /// What it may be, in words.
    pub allowed: String,
    /// One line.
    pub doc: &'static str,
}

impl Parameter {
    /// What it means, and what it may be.
    pub fn meaning(&self) -> String {
        format!("{} ({})", self.doc, self.allowed)
    }
}

/// Everything there is to list.
pub const TOPICS: &[Topic] = &[
    Topic {
        name: "laws",
        aliases: &["law"],
        doc: "how an org's dynamic rate follows live capacity and recent use (model.limit.law)",
        choices: laws,
        footnotes: &[
            "S2: the rate follows the model's live capacity. S3: it follows recent successful use; failures earn \
             nothing. S4: sustained success raises it. S5: a spike far above recent use may be throttled. S6: a burst \
             does not raise it as steady traffic of the same volume would.",
        ],
    },
    topic("formula", &["formulas"], "what a formula may name and call (model.limit.law.formula)", formula),
    topic("limits", &["limit"], "whole limit blocks by name (model.limit)", limits),
    Topic {
        name: "clients",
        aliases: &["client"],
        doc: "clients with the constants of real ones (workload.client)",
        choices: clients,
        footnotes: &["Every constant can be overridden beside `preset`: `ratetide list keys` names them."],
    },
    topic("arrivals", &["arrival"], "when requests are born (workload.arrivals)", || of_family(&PROCESSES)),
    topic("demands", &["demand"], "how demand is spread over a population (org.population.demand)", || {
        of_family(&DEMANDS)
    }),
    topic(
        "profiles",
        &["profile"],
        "how the arrival rate changes, beside a list of steps (workload.profile)",
        || of_family(&SHAPES),
    ),
    topic("engines", &["engine"], "what a replica is (model.engine)", engines),
    topic(
        "engine-presets",
        &["engine-preset"],
        "engines with measured constants (engine.batching.preset)",
        || serving::presets::PRESETS.iter().map(|preset| plain(preset.name, preset.doc)).collect(),
    ),
    topic("services", &["service"], "how long a request occupies a slot (engine.slots.service)", || {
        of_family(&SERVICES)
    }),
    topic("autoscalers", &["autoscaler"], "how many replicas a model has (model.autoscaler)", || {
        of_family(&AUTOSCALERS)
    }),
    topic("lanes", &["lane"], "how a workload's requests are served and paid (workload.lane)", || {
        of_family(&LANES)
    }),
    topic("retries", &["retry"], "the delay before a retry (client.retry)", || of_family(&RETRIES)),
    topic("pacings", &["pacing"], "how a client spreads its sends (client.pacing)", || of_family(&PACINGS)),
    topic("concurrency", &[], "how many attempts a client has in flight (client.concurrency)", || {
        of_family(&CONCURRENCIES)
    }),
    topic("budgets", &["budget"], "how many retries a client makes in all (client.budget)", || {
        of_family(&BUDGETS)
    }),
    topic("breakers", &["breaker"], "when a client stops sending (client.breaker)", || of_family(&BREAKERS)),
    topic("distributions", &["times"], "how a time varies (service, cold start)", || of_family(&TIMES)),
    topic("tokens", &[], "how a token count varies (workload.prompt_tokens, output_tokens)", || {
        of_family(&TOKENS)
    }),
    topic(
        "token-presets",
        &["token-preset"],
        "token counts of recorded traffic (prompt_tokens.preset, output_tokens.preset)",
        || token_presets::PRESETS.iter().map(|preset| plain(preset.name, preset.doc)).collect(),
    ),
    topic("incidents", &["incident"], "what can go wrong at a known time (incident)", incidents),
    topic("metrics", &["metric"], "what a check can look at (checks.metric)", metrics),
    topic("measures", &["measure"], "what `compare` can decide by (--metric)", measures),
    topic("charts", &["chart"], "the pictures of a result", charts),
    topic("keys", &["key"], "every key of a scenario, as --set takes it", keys),
];

const fn topic(
    name: &'static str,
    aliases: &'static [&'static str],
    doc: &'static str,
    choices: fn() -> Vec<Choice>,
) -> Topic {
    Topic { name, aliases, doc, choices, footnotes: &[] }
}

fn plain(name: &str, doc: &str) -> Choice {
    Choice {
        name: name.to_owned(),
        doc: doc.to_owned(),
        rules: None,
        notes: Vec::new(),
        parameters: Vec::new(),
    }
}

fn of_family(family: &Family) -> Vec<Choice> {
    let of = |member: &Member| {
        let parameters = match member.value {
            Kind::Table(spec) => parameters(spec, ""),
            kind => vec![Parameter {
                key: "(its value)".to_owned(),
                default: "required".to_owned(),
                allowed: kind.describe(),
                doc: member.doc,
            }],
        };
        Choice { parameters, ..plain(member.tag, member.doc) }
    };
    family.members.iter().map(of).collect()
}

/// The keys of a table, those of the tables in it included; `before` is the path to it.
fn parameters(spec: &Spec, before: &str) -> Vec<Parameter> {
    let of = |key: &Key| {
        let path = format!("{before}{}", key.name);
        let below = below(&key.kind, &path);
        let own = Parameter {
            key: path,
            default: key.fallback.text().to_owned(),
            allowed: key.kind.describe(),
            doc: key.doc,
        };
        // A table that is always there is no choice of its own: its keys say it all.
        let is_plain = matches!(key.kind, Kind::Table(spec) if spec.shorthand.is_empty());
        let own = (!(is_plain && own.default != "optional")).then_some(own);
        own.into_iter().chain(below)
    };
    spec.keys.iter().flat_map(of).collect()
}

/// The keys below a value, of whichever kind it is.
fn below(kind: &Kind, path: &str) -> Vec<Parameter> {
    match kind {
        Kind::Table(spec) => parameters(spec, &format!("{path}.")),
        Kind::Rows(spec) => parameters(spec, &format!("{path}.{}.", item(spec))),
        Kind::Either(kinds) => kinds.iter().flat_map(|kind| below(kind, path)).collect(),
        _ => Vec::new(),
    }
}

fn laws() -> Vec<Choice> {
    let mut laws = of_family(&LAWS);
    for law in &mut laws {
        let kept = RULES.iter().find(|(tag, _)| *tag == law.name);
        let (_, kept) = kept.unwrap_or_else(|| panic!("{} declares its rules", law.name));
        law.rules = Some(kept.rules);
        law.notes.push(match (kept.rules, kept.condition) {
            ([], _) => "keeps none of S2–S6".to_owned(),
            (rules, "") => format!("keeps {}", rules.join(", ")),
            (rules, condition) => format!("keeps {} ({condition})", rules.join(", ")),
        });
    }
    laws
}

fn formula() -> Vec<Choice> {
    let quantities = QUANTITIES.iter().map(|(name, doc)| plain(name, doc));
    quantities.chain(FUNCTIONS.iter().map(|function| plain(function.call, function.doc))).collect()
}

fn limits() -> Vec<Choice> {
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let preset = |preset: &limit_presets::Preset| Choice {
        notes: vec![squeezed(preset.toml)],
        ..plain(preset.name, preset.doc)
    };
    limit_presets::PRESETS.iter().map(preset).collect()
}

fn clients() -> Vec<Choice> {
    presets::PRESETS.iter().map(|preset| plain(preset.name, preset.doc)).collect()
}

fn engines() -> Vec<Choice> {
    let mut engines = of_family(&ENGINES);
    let presets =
        serving::presets::PRESETS.iter().map(|preset| format!("preset {}: {}", preset.name, preset.doc));
    engines
        .iter_mut()
        .filter(|engine| engine.name == "batching")
        .for_each(|e| e.notes.extend(presets.clone()));
    engines
}

fn incidents() -> Vec<Choice> {
    let kind = |key: &Key| match key.kind {
        Kind::Table(spec) => Some(Choice { parameters: parameters(spec, ""), ..plain(key.name, spec.doc) }),
        _ => None,
    };
    incident::SPEC.keys.iter().filter_map(kind).collect()
}

fn metrics() -> Vec<Choice> {
    METRICS.iter().map(|metric| plain(metric.name, &metric_line(metric))).collect()
}

fn measures() -> Vec<Choice> {
    let line = |measure: &Measure| {
        let way = if measure.better == Better::Higher { "higher" } else { "lower" };
        format!("[{}, {way} is better] {}", unit_word(measure.unit), measure.doc)
    };
    MEASURES.iter().map(|measure| plain(measure.name, &line(measure))).collect()
}

/// The unit of a metric, and what it is: the words of its column, or the ratio it derives from.
fn metric_line(metric: &Metric) -> String {
    let unit = unit_word(metric.unit);
    let column = SUMMARY.columns.iter().find(|column| column.name == metric.name);
    let doc = match (column, metric.name) {
        (Some(column), _) => column.doc.clone().into_owned(),
        (None, "gave_up_share") => "gave_up ÷ requests".to_owned(),
        (None, "limited_429_share") => "both kinds of 429 ÷ attempts".to_owned(),
        (None, "cost_per_million_tokens_usd") => {
            "cost_usd ÷ million prompt and output tokens of the requests that succeeded".to_owned()
        }
        (None, "cost_per_success_usd") => "cost_usd ÷ succeeded".to_owned(),
        (None, name) => format!("{} ÷ attempts", name.trim_end_matches("_share")),
    };
    format!("[{unit}] {doc}")
}

fn unit_word(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "count",
        Unit::Share => "share 0–1",
        Unit::Ratio => "ratio",
        Unit::Seconds => "s",
        Unit::RequestsPerMinute => "requests/min",
        Unit::TokensPerMinute => "tokens/min",
        Unit::Usd => "USD",
    }
}

fn charts() -> Vec<Choice> {
    let runs = CHARTS.iter().map(|chart| plain(chart.name(), chart.doc()));
    let comparisons = COMPARISON_CHARTS.iter().map(|chart| plain(chart.name(), chart.doc()));
    let sweeps = SWEEP_CHARTS.iter().map(|chart| plain(chart.name(), chart.doc()));
    runs.chain(comparisons).chain(sweeps).collect()
}

/// How `--set` names an item of a list of such tables.
fn item(spec: &Spec) -> &'static str {
    if spec.position("name").is_some() { "NAME" } else { "INDEX" }
}

/// The tables of a scenario, each with the keys below it.
fn keys() -> Vec<Choice> {
    let of = |key: &'static Key| {
        let only = Spec { keys: std::slice::from_ref(key), ..SCENARIO };
        Choice { parameters: parameters(&only, ""), ..plain(key.name, key.doc) }
    };
    SCENARIO.keys.iter().map(of).collect()
}
