//! What holds for every law of the registry, under random histories.

use rand::RngExt;

use super::law::{LAWS, Law, Live, Shared};
use super::pair::{Color, Completion, Cost, Limits, Pair};
use super::policy::{Policy, SPEC};
use super::usage::{Rates, Served};
use crate::read::{Document, Fallback, Key as SpecKey, Kind, Spec};
use crate::rng::{Key, Stream};
use crate::units::{SimTime, Span};

const ROOT: Spec = Spec::new("root", "A limit.", &[SpecKey::table("limit", &SPEC).doc("limit")]);

fn policy(law: &str) -> Policy {
    let text = format!("limit.refund_unserved = true\nlimit.law.{law}");
    let mut document = Document::parse("law.toml", &text, &[]);
    let policy = Policy::read(&mut document.root(&ROOT).table("limit"));
    document.finish().unwrap_or_else(|problems| panic!("{problems}"));
    policy
}

/// Every law with its defaults, and with what it has of options.
fn policies() -> Vec<(String, Policy)> {
    let mut texts = Vec::new();
    for member in LAWS.members {
        let Kind::Table(spec) = member.value else { continue };
        let needed = |key: &&SpecKey| matches!(key.fallback, Fallback::Required);
        let formula = r#""if(demand > 3, previous + share_of_traffic, 2 * success_rate * headroom)""#;
        let mut keys: Vec<String> =
            spec.keys.iter().filter(needed).map(|key| format!("{} = {formula}", key.name)).collect();
        // So low that little use is above it.
        let base = r#"base = { requests = "0.01/min", tokens = "1/min" }"#;
        keys.extend(spec.position("base").map(|_| base.to_owned()));
        let with = |more: &str| {
            let keys = keys.iter().map(String::as_str).chain([more]).filter(|key| !key.is_empty());
            format!("{} = {{ {} }}", member.tag, keys.collect::<Vec<_>>().join(", "))
        };
        texts.push(with(""));
        for (key, value) in [("share", "0.3"), ("freeze_on_503", "true"), ("multiplier", "3.0")] {
            texts.extend(spec.position(key).map(|_| with(&format!("{key} = {value}"))));
        }
    }
    assert!(texts.len() >= 2 * LAWS.members.len(), "{texts:?}");
    texts.into_iter().map(|text| (text.clone(), policy(&text))).collect()
}

/// Two orgs at a model.
struct World<'p> {
    policy: &'p Policy,
    shared: Shared,
    pairs: [Pair; 2],
}

impl World<'_> {
    fn new(policy: &Policy) -> World<'_> {
        let mut shared = policy.law.shared();
        let pairs = [1.0, 2.5].map(|weight| Pair::new(policy, weight, &mut shared));
        World { policy, shared, pairs }
    }

    fn rates(&mut self, org: usize, now: SimTime, live: Live) -> Rates {
        let World { policy, shared, pairs } = self;
        pairs[org].rates(&mut Limits { now, policy, live, shared })
    }

    /// One event; a green label's cost is kept in `charged`.
    fn happen(&mut self, event: &Event) -> Option<Color> {
        let World { policy, shared, pairs } = self;
        let limits = &mut Limits { now: event.now, policy, live: event.live, shared };
        let (pair, cost) = (&mut pairs[event.org], event.cost);
        match event.what {
            0..=3 => return Some(pair.label(limits, cost)),
            4..=6 => {
                let tokens = cost.tokens as u64 + event.what;
                let done = Completion {
                    color: event.color,
                    cost,
                    served: Served { requests: 1, tokens },
                    output: 9,
                };
                pair.complete(limits, &done);
            }
            7 => pair.unavailable(limits),
            _ => pair.unserved(limits, event.color, cost),
        }
        None
    }
}

struct Event {
    now: SimTime,
    org: usize,
    what: u64,
    color: Color,
    cost: Cost,
    live: Live,
}

/// A random history: bursts, pauses, a day without anything, capacity that comes and goes; failures if wished.
fn history(stream: &mut Stream, fails: bool) -> Vec<Event> {
    let mut now = SimTime::ZERO;
    let event = |_| {
        let gap_ms = match stream.random_range(0..100u32) {
            0 => stream.random_range(0..90_000_000),
            1..=4 => stream.random_range(0..1_500_000),
            5..=60 => stream.random_range(0..2_000),
            _ => 0,
        };
        now += Span::from_ms(gap_ms);
        let capacity = if stream.random_range(0..10) == 0 { 0.0 } else { stream.random_range(0.0..50.0) };
        Event {
            now,
            org: stream.random_range(0..2),
            what: if fails { stream.random_range(0..9) } else { stream.random_range(0..7) },
            color: if stream.random_range(0..4) > 0 {
                Color::Green
            } else {
                Color::Red(super::pair::Resource::Requests)
            },
            cost: Cost { tokens: stream.random_range(1.0f64..5000.0).round() },
            live: Live {
                capacity: Rates { requests: capacity, tokens: 700.0 * capacity },
                utilization: stream.random_range(0.0..1.3),
            },
        }
    };
    (0..1500).map(event).collect()
}

/// What a law says it holds its rates within.
fn band(law: &Law) -> (Rates, Rates) {
    let within = |band: &super::band::Band| (band.base, band.cap);
    match law {
        Law::SuccessWindow(law) => within(&law.band),
        Law::Ewma(law) => within(&law.band),
        Law::Additive(law) => within(&law.band),
        Law::FairShare(law) => within(&law.band),
        Law::RecentPeak(law) => within(&law.band),
        Law::Formula(law) => {
            let tokens = if law.expressions[1].is_some() { law.band.cap.tokens } else { f64::INFINITY };
            (law.band.base, Rates { tokens, ..law.band.cap })
        }
        Law::Tiered(law) => (law.base, law.tiers.last().expect("a tier").limit),
        Law::Fixed(law) => (law.limits, law.limits),
        // A law that is not named here promises a number that is not negative.
        _ => {
            let all = |rate| Rates { requests: rate, tokens: rate };
            (all(0.0), all(f64::INFINITY))
        }
    }
}

#[test]
fn looking_more_often_changes_nothing_under_any_law() {
    for (text, policy) in policies() {
        for seed in 0..8 {
            let mut stream = Key::new(seed, 0).with("history").stream();
            let events = history(&mut stream, true);
            let [mut seen, mut unseen] = [World::new(&policy), World::new(&policy)];
            let mut previous = SimTime::ZERO;
            for (number, event) in events.iter().enumerate() {
                let between_ns = event.now.as_ns() - previous.as_ns();
                let mut looks: Vec<u64> = (0..3).map(|_| stream.random_range(0..=between_ns)).collect();
                looks.sort_unstable();
                for look in looks {
                    let at = previous + Span::from_ns(look);
                    seen.rates(stream.random_range(0..2), at, event.live);
                    seen.pairs[0].success_rates(at);
                }
                previous = event.now;
                assert_eq!(seen.happen(event), unseen.happen(event), "{text}, seed {seed}, event {number}");
                if number % 97 == 96 {
                    for org in 0..2 {
                        let of = |world: &mut World| world.rates(org, event.now, event.live);
                        assert_eq!(of(&mut seen), of(&mut unseen), "{text}, seed {seed}, event {number}");
                    }
                }
            }
        }
    }
}

#[test]
fn rates_stay_between_base_and_cap_under_any_law() {
    for (text, policy) in policies() {
        let (base, cap) = band(&policy.law);
        let mut seen = Vec::new();
        for seed in 0..8 {
            let events = history(&mut Key::new(seed, 1).with("history").stream(), seed % 2 == 0);
            let mut world = World::new(&policy);
            for event in &events {
                world.happen(event);
                let rates = world.rates(event.org, event.now, event.live);
                let is_within = |rate: f64, low: f64, high: f64| low <= rate && rate <= high;
                assert!(is_within(rates.requests, base.requests, cap.requests), "{text}: {rates:?}");
                assert!(is_within(rates.tokens, base.tokens, cap.tokens), "{text}: {rates:?}");
                seen.push(rates.requests);
            }
        }
        let moves = seen.iter().any(|rate| *rate != seen[0]);
        let is_constant = ["fixed", "unlimited"].iter().any(|law| text.starts_with(law));
        assert_eq!(moves, !is_constant, "{text}");
    }
}
