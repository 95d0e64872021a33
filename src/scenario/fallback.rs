//! What a client falls back to instead of giving a request up: another model, another lane.
//!
//! Each becomes a workload of its own behind its home, with the home's client, the home's org and name, and no
//! requests of its own: what falls back has its attempts, tokens and costs in that row, its birth and its end in
//! its home's. The client's retries begin anew there; in the batch lane the window takes the deadline's place.

use super::Workload;
use crate::client::Client;
use crate::platform::config::ModelConfig;
use crate::platform::lane::{self, Lane, batch::Batch};
use crate::read::{Form, Key, Kind, Spec, Table};
use crate::units::Span;

const LANE: &[Kind] = &[
    Kind::OneOf(&lane::LANES),
    Kind::Choice(&[
        ("serverless", "the model's shared replicas"),
        ("batch", "the batch lane, as its defaults are"),
    ]),
];

/// The keys of a row of `client.fallback`.
pub static SPEC: Spec = Spec::new(
    "fallback",
    "where a request goes instead of being given up",
    &[
        Key::text("model", 64).optional().doc("another model; left out, the same"),
        Key::either("lane", LANE)
            .optional()
            .doc("another lane, a table as at a workload, or `batch`; left out, serverless"),
    ],
);

/// A fallback as written.
pub(super) struct Fallback {
    /// The model, by index.
    pub model: u32,
    /// The lane.
    pub lane: Lane,
}

/// Read the rows of a workload's client, whose round trip is `rtt`. `find` gives a model by name, or records that there is none; `own` is
/// the workload's model.
pub(super) fn read(
    rows: Vec<Table>,
    own: Option<u32>,
    lane: &Lane,
    rtt: Span,
    find: impl Fn(&Table, &str) -> Option<u32>,
) -> Vec<Fallback> {
    let mut seen: Vec<(u32, usize)> = own.into_iter().map(|model| (model, lane.index())).collect();
    let mut fallbacks = Vec::new();
    for mut row in rows {
        let name = row.opt_text("model");
        let model = match &name {
            Some(name) => find(&row, name),
            None => own,
        };
        let lane = match row.form("lane") {
            Form::Table(chosen) => Lane::read(chosen.tagged()),
            Form::Text(word) => match word.choice() {
                "batch" => Lane::Batch(Batch::DEFAULT),
                _ => Lane::Serverless,
            },
            _ => Lane::Serverless,
        };
        let Some(model) = model else { continue };
        if row.clean() && seen.contains(&(model, lane.index())) {
            let help = "each fallback is another model or another lane than the workload and the fallbacks before it";
            row.error_here("a fallback to where the request has been already", Some(help.into()));
        }
        if row.clean() && lane.batch().is_some_and(|batch| batch.window <= rtt) {
            row.error_at("lane", "the window must be longer than the workload's round trip `rtt`", None);
        }
        if row.clean() && fallbacks.last().is_some_and(|last: &Fallback| last.lane.batch().is_some()) {
            row.error_here("nothing follows the batch lane: what it does not finish has expired", None);
        }
        seen.push((model, lane.index()));
        fallbacks.push(Fallback { model, lane });
    }
    fallbacks
}

impl Fallback {
    /// The workload that carries what falls back from `home`.
    pub(super) fn workload(self, home: &Workload, models: &[ModelConfig]) -> Workload {
        let Fallback { model, lane } = self;
        let config = &models[model as usize];
        let client = match lane.batch() {
            Some(batch) => {
                Client { timeout: batch.window, ..crate::client::presets::PRESETS[0].client.clone() }
            }
            None => home.client.clone(),
        };
        let price = lane.batch().map_or(config.price, |batch| config.price.times(1.0 - batch.discount));
        Workload {
            model,
            pool: model,
            price,
            client,
            fallback_of: Some(format!("{} {}", config.name, lane.word())),
            // None: its requests come from its home.
            arrivals: home.arrivals.clone().through(home.profile.clone(), Span::ZERO),
            lane,
            ..home.clone()
        }
    }
}
