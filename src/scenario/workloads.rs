//! A workload from its table: its traffic, its tokens, its client.

use super::fallback::{self, Fallback};
use super::rows::find_model;
use super::{Scenario, Workload, closed_loop};
use crate::client::Client;
use crate::client::honor::Header;
use crate::dist::{Dist, Law as _};
use crate::limit::policy::Headers;
use crate::name::Name;
use crate::platform::config::ModelConfig;
use crate::platform::lane::Lane;
use crate::platform::serving::ReplicaEngine as _;
use crate::read::Table;
use crate::rng::Key;
use crate::traffic::arrivals::{ArrivalProcess, Arrivals, LoadTrace, Users};
use crate::traffic::coupling::Coupling;
use crate::traffic::profile::Profile;
use crate::traffic::token_laws;
use crate::traffic::token_presets::Side;
use crate::traffic::tokens::TokenSource;
use crate::traffic::trace::Trace;
use crate::units::Span;

/// A workload of an org, and what its client falls back to.
pub(super) fn read(
    t: &mut Table,
    models: &[ModelConfig],
    duration: Span,
    load: LoadTrace<'_>,
) -> Option<(Workload, Vec<Fallback>)> {
    let name = t.name("name");
    let model_name = t.text("model");
    let model = find_model(t, "model", &model_name, models);
    let process = t.tagged("arrivals").and_then(|chosen| ArrivalProcess::read(chosen, load));
    let profile = Profile::read(t.form("profile"), duration);
    let [prompt, output] = [("prompt_tokens", Side::Prompt), ("output_tokens", Side::Output)]
        .map(|(key, side)| t.opt_tagged(key).map(|chosen| token_laws::read(chosen, side)));
    let coupling = read_coupling(t, prompt.as_ref(), output.as_ref());
    let max_tokens = t.opt_integer("max_tokens").map(|n| n as u32);
    let rtt = t.span("rtt");
    let lane = Lane::read(t.opt_tagged("lane"));
    let (client, fallbacks) = read_client(t, model, models, &lane, rtt);
    let key = t.opt_name("key");
    let process = process?;
    closed_loop::check(t, &process, &client, rtt);
    let trace = process.trace();
    for (key, law) in [("prompt_tokens", &prompt), ("output_tokens", &output)] {
        if t.clean() && law.is_none() && trace.is_none() {
            let help = format!("for example `{key}.constant = 500`; only a trace brings its own");
            t.error_here(format!("`{key}` is missing"), Some(help));
        }
    }
    refuse_never_submitted(t, &lane, &prompt, trace);
    let (prompt_law, output_law) = (prompt.clone(), output.clone());
    // Opened on a key of no run, for its means alone.
    let tokens = TokenSource::new(prompt_law, output_law, max_tokens, trace, Key::new(0, 0)).ok()?;
    let (mut mean_prompt, mean_output) = (tokens.mean_prompt(), tokens.mean_output());
    if let ArrivalProcess::Users(Users { session: Some(session), .. }) = &process {
        mean_prompt = session.mean_prompt(mean_prompt, mean_output);
    }
    let model = model?;
    let price = models[model as usize].price;
    let served_s = models[model as usize].engine.alone_s(mean_prompt, mean_output);
    let process = process.answered_in(rtt.as_secs_f64() + served_s);
    let workload = Workload {
        org: 0,
        name,
        model,
        pool: model,
        pair: 0,
        key: key.unwrap_or_else(|| Name::new("default").expect("a name")),
        price: lane.batch().map_or(price, |batch| price.times(1.0 - batch.discount)),
        rent: None,
        lane,
        arrivals: Arrivals::new(process, profile.clone(), duration),
        share: 1.0,
        profile,
        prompt,
        output,
        coupling,
        mean_prompt,
        mean_output,
        max_tokens,
        client,
        home: 0,
        fallback: None,
        fallback_of: None,
        rtt,
    };
    Some((workload, fallbacks))
}

/// How prompt and output go together: each needs a law, and one that varies.
fn read_coupling(t: &mut Table, prompt: Option<&Dist>, output: Option<&Dist>) -> Option<Coupling> {
    let correlation = t.opt_number("correlation")?;
    let (Some(prompt), Some(output)) = (prompt, output) else {
        if t.clean() {
            let help = "a trace brings pairs as they were recorded";
            t.error_at("correlation", "only laws of both counts can be correlated", Some(help.into()));
        }
        return None;
    };
    if t.clean() && [prompt, output].iter().any(|law| law.cv() == 0.0) {
        t.error_at("correlation", "a count that is always the same goes with nothing", None);
    }
    if !t.clean() {
        return None;
    }
    Some(Coupling::new(prompt, output, correlation).expect("the key's range is a correlation's"))
}

/// The client of a workload and what it falls back to: in the batch lane, one attempt that has the window's time.
fn read_client(
    t: &mut Table,
    model: Option<u32>,
    models: &[ModelConfig],
    lane: &Lane,
    rtt: Span,
) -> (Client, Vec<Fallback>) {
    let given = t.has("client");
    let mut table = t.table("client");
    let client = Client::read(&mut table, rtt);
    note_unheard(&table, &client, model.map(|model| &models[model as usize]));
    let find = |row: &Table, name: &str| find_model(row, "model", name, models);
    let fallbacks = fallback::read(table.rows("fallback"), model, lane, rtt, find);
    let Some(batch) = lane.batch() else { return (client, fallbacks) };
    if given && t.clean() {
        let help = "leave `client` out: a job's requests run within its window, and are not tried again";
        t.error_at("client", "a client strategy has no part in the batch lane", Some(help.into()));
    }
    if t.clean() && batch.window <= rtt {
        t.error_at("lane", "the window must be longer than the workload's round trip `rtt`", None);
    }
    (Client { timeout: batch.window, ..client }, fallbacks)
}

/// Tell if its client obeys a header that the model's answers do not carry.
fn note_unheard(table: &Table, client: &Client, model: Option<&ModelConfig>) {
    let Some(policy) = model.map(|model| &model.policy).filter(|_| table.clean() && table.has("honor"))
    else {
        return;
    };
    let unheard = match client.honor.header {
        Some(Header::RetryAfter) if !policy.retry_after => {
            "`Retry-After`, since `limit.retry_after` is false"
        }
        Some(Header::Reset) if policy.headers == Headers::Only429 && !client.retry_on.limited => {
            "`x-ratelimit-reset` but on a 429, which is not tried again"
        }
        _ => return,
    };
    if client.max_attempts > 1 {
        table.note_at("honor", &format!("`honor` has no effect: the model's answers carry no {unheard}"));
    }
}

/// Read a client that stands in a file of its own, for what is wrong with it whichever workload of the scenario it
/// is given to; the rest is found when it is.
pub fn check_client(table: &mut Table, scenario: &Scenario) {
    let rtt = scenario.workloads.iter().map(|workload| workload.rtt).min().unwrap_or(Span::ZERO);
    Client::read(table, rtt.max(Span::from_ns(2)));
    let find = |row: &Table, name: &str| find_model(row, "model", name, scenario.declared_models());
    fallback::read(table.rows("fallback"), None, &Lane::Serverless, Span::ZERO, find);
}

/// A request whose prompt is known to be larger than all that may be enqueued could never be submitted.
fn refuse_never_submitted(t: &Table, lane: &Lane, prompt: &Option<Dist>, trace: Option<&Trace>) {
    let Some(batch) = lane.batch() else { return };
    let largest = match (prompt, trace) {
        (Some(Dist::Constant(law)), _) => u64::from(crate::dist::tokens(law.mean())),
        (Some(_), _) | (None, None) => 0,
        (None, Some(trace)) => trace.rows.iter().map(|row| u64::from(row.prompt)).max().unwrap_or(0),
    };
    if t.clean() && largest > batch.enqueued_tokens {
        let message = format!(
            "a request of {largest} prompt tokens is above `enqueued_tokens`, {}: it could never be submitted",
            batch.enqueued_tokens
        );
        t.error_at("lane", message, None);
    }
}
