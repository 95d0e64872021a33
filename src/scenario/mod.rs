//! A scenario: what to simulate, validated once.
//!
//! | file | concept |
//! |---|---|
//! | this file | the validated types |
//! | [`spec`] | the keys of a scenario file |
//! | [`reading`] | from text to the validated type |
//! | [`workloads`] | of that, a workload from its table |
//! | `rows` | rows with names |
//! | [`loading`] | from disk, traces included |
//! | `closed_loop` | what a closed loop excludes |
//! | `fallback` | what clients fall back to, as workloads of their own |
//! | `pools` | dedicated endpoints as models of their own |
//! | `populations` | populations as orgs, one for each group |
//! | `incidents` | whom incidents strike |
//! | `pairs` | (org, model) pairs, numbered |
//! | [`part`] | what meets in nothing, and can run apart |
//! | [`check`] | thresholds on the summary |
//! | [`estimate`] | events and memory, before anything is run |
//! | [`fluid`] | the flow of attempts without its chance, on which the estimate rests |
//! | [`limits`] | how much of both a run may take |

pub mod check;
mod closed_loop;
pub mod estimate;
mod fallback;
pub mod fluid;
mod incidents;
pub mod limits;
pub mod loading;
mod pairs;
pub mod part;
mod pools;
mod populations;
pub mod reading;
mod rows;
pub mod spec;
pub mod workloads;

use crate::client::Client;
use crate::dist::Dist;
use crate::name::Name;
use crate::platform::config::{ModelConfig, Price};
use crate::platform::incident::Incident;
use crate::platform::lane::Lane;
use crate::platform::lane::dedicated::Rent;
use crate::platform::mix::Mix;
use crate::platform::serving::ReplicaEngine as _;
use crate::traffic::arrivals::Arrivals;
use crate::traffic::coupling::Coupling;
use crate::traffic::population::Group;
use crate::traffic::profile::Profile;
use crate::units::Span;
use std::sync::Arc;

/// How long, with which seed, how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunConfig {
    /// Seed of every random stream.
    pub seed: u64,
    /// Requests are born in [0, duration).
    pub duration: Span,
    /// Requests born before are left out of the summary, not of the series.
    pub warmup: Span,
    /// After `duration`: no new requests, but retries and work in flight go on.
    pub drain: Span,
    /// Width of the series' bins.
    pub interval: Span,
    /// Independent repetitions.
    pub replications: u32,
}

/// An organization.
#[derive(Clone, Debug)]
pub struct Org {
    /// Its name.
    pub name: Name,
    /// Its weight where capacity is shared by weight; of a group, that of each member.
    pub weight: f64,
    /// Whose group of members it is; `None` of an org on its own.
    pub crowd: Option<Crowd>,
}

/// An org that is a group of a population's members.
#[derive(Clone, Debug)]
pub struct Crowd {
    /// The name of the population.
    pub population: Name,
    /// The group.
    pub group: Arc<Group>,
}

impl Org {
    /// How many members it has; one on its own.
    pub fn members(&self) -> u32 {
        self.crowd.as_ref().map_or(1, |crowd| crowd.group.members)
    }

    /// The name that the scenario writes: its own, or that of its population.
    pub fn written(&self) -> &Name {
        self.crowd.as_ref().map_or(&self.name, |crowd| &crowd.population)
    }
}

/// An (org, model or pool) that traffic uses: a row of tables, and as many pairs at the platform as the org has
/// members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairId {
    /// Index of the org.
    pub org: u32,
    /// Index of the model, or of the pool of a dedicated endpoint.
    pub model: u32,
    /// The number of the first member's pair.
    pub first: u32,
    /// How many members, each with a pair of its own.
    pub members: u32,
}

/// A stream of requests of one org to one model.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Index of its org.
    pub org: u32,
    /// Its name, unique within the org.
    pub name: Name,
    /// Index of its model.
    pub model: u32,
    /// Index of what serves it: its model, or the pool of its dedicated endpoint.
    pub pool: u32,
    /// Index of its org's pair with that.
    pub pair: u32,
    /// The API key its requests are made with.
    pub key: Name,
    /// How it is served and paid.
    pub lane: Lane,
    /// What its tokens cost, in its lane.
    pub price: Price,
    /// Its share of an endpoint's cost.
    pub rent: Option<Rent>,
    /// When its requests are born; of a group, those of its whole population.
    pub arrivals: Arrivals,
    /// The share of them that is its own: 1 but of a group.
    pub share: f64,
    /// How their rate changes as written; part of `arrivals`, with the incidents of traffic.
    pub profile: Profile,
    /// Their prompt tokens, unless a trace brings them.
    pub prompt: Option<Dist>,
    /// Their output tokens, unless a trace brings them.
    pub output: Option<Dist>,
    /// How the two go together, unless each is drawn on its own.
    pub coupling: Option<Coupling>,
    /// The mean of the prompt tokens.
    pub mean_prompt: f64,
    /// The mean of the output tokens, at most `max_tokens`.
    pub mean_output: f64,
    /// The most output a request may make.
    pub max_tokens: Option<u32>,
    /// Its client.
    pub client: Client,
    /// Index of the workload whose requests it carries: its own, unless it is a fallback of that one.
    pub home: u32,
    /// Index of what the client falls back to instead of giving up.
    pub fallback: Option<u32>,
    /// What tells a fallback from its home: the model and lane it goes to.
    pub fallback_of: Option<String>,
    /// Network round trip.
    pub rtt: Span,
}

impl Workload {
    /// Whether its requests go out as batch jobs.
    #[inline]
    pub fn is_batch(&self) -> bool {
        matches!(self.lane, Lane::Batch(_))
    }

    /// The expected number of its requests.
    pub fn expected(&self) -> f64 {
        self.share * self.arrivals.expected()
    }

    /// The cost in USD of so many tokens and of so many replica-nanoseconds of what serves it.
    pub fn cost_usd(&self, prompt: u64, output: u64, replica_ns: f64) -> f64 {
        self.price.cost_usd(prompt, output) + self.rent.map_or(0.0, |rent| rent.cost_usd(replica_ns))
    }
}

/// A validated scenario. Models, orgs and workloads are in order of their names, the groups of a population in order
/// of rank, whatever the order of the file, so that the order of declaration changes nothing.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its title.
    pub title: String,
    /// The run.
    pub run: RunConfig,
    /// The models; behind those of the file stand the pools of dedicated endpoints.
    pub models: Vec<ModelConfig>,
    /// How many models are those of the file.
    pub declared: usize,
    /// The orgs.
    pub orgs: Vec<Org>,
    /// The workloads of all orgs.
    pub workloads: Vec<Workload>,
    /// The (org, model or pool) pairs in use.
    pub pairs: Vec<PairId>,
    /// The incidents.
    pub incidents: Vec<Incident>,
    /// What must hold.
    pub checks: Vec<check::Check>,
    /// How much its runs may take.
    pub limits: limits::Limits,
    /// How much they are expected to take, estimated when the scenario was read: of a copy that is changed it is not known.
    pub expected: estimate::Estimate,
}

impl Scenario {
    /// The models of the file, in order of their names.
    pub fn declared_models(&self) -> &[ModelConfig] {
        &self.models[..self.declared]
    }

    /// The same without some workloads, by index, their fallbacks among them: all else as it is, down to the rows
    /// of the pairs they had.
    ///
    /// # Panics
    /// If a workload that stays is the home of one that goes, or its fallback.
    pub fn without(&self, workloads: &[usize]) -> Scenario {
        let stays = |index: &usize| !workloads.contains(index);
        let kept: Vec<usize> = (0..self.workloads.len()).filter(stays).collect();
        let now = |before: u32| kept.binary_search(&(before as usize)).expect("it stays") as u32;
        let workload = |&index: &usize| {
            let workload = self.workloads[index].clone();
            Workload { home: now(workload.home), fallback: workload.fallback.map(now), ..workload }
        };
        Scenario { workloads: kept.iter().map(workload).collect(), ..self.clone() }
    }

    /// Whether the answers of a workload's requests, wherever they fall back to, have to arrive at their own instant:
    /// because something else depends on them then. `home` is where they were born.
    pub fn answers_travel(&self, home: u32) -> bool {
        // Fallbacks stand behind their home.
        let mut routes = self.workloads[home as usize..].iter().take_while(|workload| workload.home == home);
        routes.any(|w| w.client.is_shared() || w.is_batch() || w.arrivals.hands_on_places())
    }

    /// Whether some client of a model obeys what the headers of a failure say.
    pub fn obeys_headers(&self, model: u32) -> bool {
        self.workloads.iter().any(|w| w.pool == model && w.client.honor.header.is_some())
    }

    /// A model's mix before the first service start: the workloads' configured means, weighted by the number
    /// of requests each is expected to make. Where all traffic comes by falling back, by that of its homes.
    pub fn configured_mix(&self, model: u32) -> Mix {
        let engine = &self.models[model as usize].engine;
        let mut mix = Mix { service_s: 0.0, prompt: 0.0, output: 0.0 };
        let mut total = 0.0;
        let here = || self.workloads.iter().filter(|w| w.pool == model);
        let only_fallbacks = here().all(|w| w.fallback_of.is_some());
        for workload in here() {
            let home = &self.workloads[workload.home as usize];
            let weight = if only_fallbacks { home.expected() } else { workload.expected() };
            mix.service_s += weight * engine.alone_s(workload.mean_prompt, workload.mean_output);
            mix.prompt += weight * workload.mean_prompt;
            mix.output += weight * workload.mean_output;
            total += weight;
        }
        if total == 0.0 {
            return Mix { service_s: engine.alone_s(1.0, 1.0), prompt: 1.0, output: 1.0 };
        }
        Mix { service_s: mix.service_s / total, prompt: mix.prompt / total, output: mix.output / total }
    }
}
