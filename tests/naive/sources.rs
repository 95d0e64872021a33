//! Who is born when: all births of a stream, drawn at once on the streams that the scenario's names give.

use super::closed::Demand;
use super::gate::Shared;
use super::{ARRIVALS, Event, Naive, Ns};
use ratetide::rng::{Key, Stream};
use ratetide::scenario::Scenario;
use ratetide::traffic::population::members::{Falls, Members};
use ratetide::traffic::tokens::TokenSource;
use std::collections::BTreeMap;

#[derive(Clone, Copy)]
pub struct Birth {
    pub at: Ns,
    pub workload: usize,
    pub number: u64,
    pub member: u32,
    pub prompt: u32,
    pub output: u32,
}

/// A stream of births: of a workload, or of all groups of a population's.
pub struct Births {
    births: std::vec::IntoIter<Birth>,
    next: Option<Birth>,
}

/// A workload at run time.
pub struct Source {
    pub key: Key,
    pub tokens: TokenSource,
    members: Members,
    drawn: u64,
    pub service: Stream,
    pub jitter: Key,
    pub luck: Key,
    pub guard: Key,
    /// Service times of further attempts of a hedged request, and of what falls back to here.
    pub further: Key,
    pub demand: Demand,
    /// What the requests of its client share, if anything.
    pub shared: Option<Shared>,
    /// Requests that stand at the client's gate, and when it is looked at next.
    pub held: Vec<usize>,
    pub gate_at: Option<Ns>,
}

/// The key of a workload's streams.
fn key(scenario: &Scenario, w: usize) -> Key {
    let workload = &scenario.workloads[w];
    let org = scenario.orgs[workload.org as usize].name.as_str();
    let own = Key::new(scenario.run.seed, 0).with("org").with(org).with(workload.name.as_str());
    workload.fallback_of.iter().fold(own, |key, part| key.with("fallback").with(part))
}

pub fn source(scenario: &Scenario, w: usize) -> Source {
    let workload = &scenario.workloads[w];
    let key = key(scenario, w);
    let (prompt, output) = (workload.prompt.clone(), workload.output.clone());
    let tokens = TokenSource::new(prompt, output, workload.max_tokens, workload.arrivals.trace(), key);
    let group = scenario.orgs[workload.org as usize].crowd.as_ref().map(|crowd| crowd.group.clone());
    let clients_own = |purpose: &str| match workload.client.jitter_stream {
        0 => key.with(purpose),
        n => key.with(purpose).number(n),
    };
    Source {
        key,
        tokens: tokens.expect("a valid workload has tokens").coupled(workload.coupling.clone()),
        members: Members::new(group, key),
        drawn: 0,
        service: key.with("service").stream(),
        jitter: clients_own("jitter"),
        luck: key.with("luck"),
        guard: clients_own("guard"),
        further: key.with("hedged"),
        demand: Demand::of(workload, key),
        shared: workload.client.is_shared().then(|| Shared::new(&workload.client)),
        held: Vec::new(),
        gate_at: None,
    }
}

/// All births of all streams. The groups of a population have one stream, and each birth falls to one of them.
pub fn streams(scenario: &Scenario, sources: &mut [Source]) -> Vec<Births> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut populations: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (w, workload) in scenario.workloads.iter().enumerate().filter(|(_, w)| w.fallback_of.is_none()) {
        let org = &scenario.orgs[workload.org as usize];
        let own = groups.len();
        let name = (org.written().as_str(), workload.name.as_str());
        let place = if org.crowd.is_some() { *populations.entry(name).or_insert(own) } else { own };
        if place == own {
            groups.push(Vec::new());
        }
        groups[place].push(w);
    }
    groups.into_iter().map(|workloads| births(scenario, &workloads, sources)).collect()
}

fn births(scenario: &Scenario, workloads: &[usize], sources: &mut [Source]) -> Births {
    let workload = &scenario.workloads[workloads[0]];
    let org = &scenario.orgs[workload.org as usize];
    let key = Key::new(scenario.run.seed, 0).with("org").with(org.written().as_str());
    let key = key.with(workload.name.as_str());
    let groups = workloads.iter().filter_map(|&w| {
        let org = scenario.workloads[w].org;
        scenario.orgs[org as usize].crowd.as_ref().map(|crowd| crowd.group.clone())
    });
    let mut falls = Falls::new(groups.collect(), key);
    let (mut arrivals, mut stream) = (workload.arrivals.clone(), key.with("arrivals").stream());
    let births: Vec<Birth> = std::iter::from_fn(|| arrivals.next(&mut stream))
        .map(|arrival| {
            let workload = workloads[falls.draw()];
            let source = &mut sources[workload];
            let (prompt, output) = source.tokens.draw(&arrival);
            let (number, member) = (source.drawn, source.members.draw());
            source.drawn += 1;
            Birth { at: Ns::from(arrival.at.as_ns()), workload, number, member, prompt, output }
        })
        .collect();
    Births { births: births.into_iter(), next: None }
}

impl Naive<'_> {
    pub fn await_birth(&mut self, s: usize) {
        let stream = &mut self.streams[s];
        stream.next = stream.births.next();
        if let Some(at) = stream.next.map(|birth| birth.at) {
            self.push(at, ARRIVALS, Event::Birth(s));
        }
    }

    pub fn birth(&mut self, now: Ns, s: usize) {
        let birth = self.streams[s].next.take().expect("a birth was awaited");
        self.bear(now, birth);
        self.await_birth(s);
    }
}
