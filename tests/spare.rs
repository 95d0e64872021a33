//! Work for spare capacity: the third class of the buffer, on literal instants.

use ratetide::platform::attempt::{Arriving, Work};
use ratetide::platform::model::Model;
use ratetide::platform::pairs::Row;
use ratetide::platform::{Effect, Platform};
use ratetide::reply::Outcome;
use ratetide::rng::Key;
use ratetide::scenario::reading;
use ratetide::units::{SimTime, Span};

/// A platform of one model with so many replicas of so many slots, and one org at 60 requests a minute.
fn platform(replicas: u32, slots: u32, more: &str) -> Platform {
    let text = format!(
        "run.duration = \"1 s\"\n[[model]]\nname = \"m\"\nreplicas = {replicas}\n{more}\n\
         engine.slots = {{ per_replica = {slots}, service.constant = \"1 s\" }}\n[[org]]\nname = \"o\"\n\
         [[org.workload]]\nname = \"w\"\nmodel = \"m\"\narrivals.constant = {{ rate = \"1/s\" }}\n\
         prompt_tokens.constant = 1\noutput_tokens.constant = 1\n"
    );
    let mut load = |name: &str| Err(name.to_owned());
    let (mut scenario, _) = reading::read("t.toml", text.as_bytes(), &[], &mut load, 1e12).unwrap();
    let mix = scenario.configured_mix(0);
    Platform::new(
        vec![Model::new(scenario.models.remove(0), mix, Key::new(1, 0))],
        &[Row { model: 0, weight: 1.0, members: 1 }],
    )
}

fn arriving(spare: bool) -> Arriving {
    let service = Span::from_s(1);
    let work = Work { pair: 0, model: 0, prompt: 1, output: 1, service, prefill: None, spare };
    Arriving { work, max_tokens: 1, expected_output: 1.0, luck: 0.0 }
}

/// Whose service began in the last call.
fn started(platform: &mut Platform) -> Vec<u32> {
    let ids = platform.effects.drain(..).filter_map(|effect| match effect {
        Effect::Started { id, .. } => Some(id),
        Effect::Failed { .. } => panic!("nobody fails here"),
        _ => None,
    });
    ids.collect()
}

#[test]
fn it_leaves_its_reserve_free_and_nobody_waits_for_it() {
    let mut platform = platform(1, 10, "");
    let now = SimTime::from_s(1);
    (0..12).for_each(|id| {
        platform.arrive(now, id, &arriving(true));
    });
    assert_eq!(started(&mut platform), (0..9).collect::<Vec<_>>(), "a tenth of ten slots stays free");
    let levels = platform.model(0).levels();
    assert_eq!((levels.in_service, levels.waiting, levels.waiting_spare), (9, 0, 3));
    assert_eq!(platform.model(0).backlog(), Span::ZERO);
    assert!(!platform.model(0).is_hot(), "limits do not see it");
    platform.arrive(now, 12, &arriving(false));
    assert_eq!(started(&mut platform), [12], "the reserve is for others");
    platform.arrive(now, 13, &arriving(false));
    assert_eq!(started(&mut platform), [0; 0]);
    let done = |p: &mut Platform, id| {
        let version = p.attempt(id).version;
        p.complete(SimTime::from_s(2), id, version).expect("its service ends").outcome
    };
    assert_eq!(done(&mut platform, 0), Outcome::Ok);
    assert_eq!(started(&mut platform), [13], "who waits comes first");
    done(&mut platform, 1);
    assert_eq!(started(&mut platform), [0; 0], "nine of ten are busy");
    done(&mut platform, 12);
    assert_eq!(started(&mut platform), [9]);
}

#[test]
fn it_is_not_metered_and_earns_nothing() {
    let mut platform = platform(1, 100, "");
    let now = SimTime::from_s(1);
    (0..50).for_each(|id| {
        platform.arrive(now, id, &arriving(true));
    });
    started(&mut platform);
    let version = platform.attempt(0).version;
    platform.complete(SimTime::from_s(2), 0, version).expect("its service ends");
    assert_eq!(platform.row_rates(SimTime::from_s(100), 0).1.requests, 0.0);
    // Five conform at once, at 60 a minute with five seconds of burst.
    (50..56).for_each(|id| {
        platform.arrive(SimTime::from_s(2), id, &arriving(false));
    });
    let green = |id| platform.attempt(id).color == ratetide::limit::pair::Color::Green;
    assert_eq!((50..56).map(green).collect::<Vec<_>>(), [true, true, true, true, true, false]);
}

#[test]
fn it_outlives_its_replica_and_a_dead_model() {
    let mut platform = platform(1, 4, "");
    let loss = ratetide::platform::incident::Incident {
        at: SimTime::from_s(1),
        duration: Span::from_s(100),
        model: 0,
        harm: ratetide::platform::incident::Harm::LoseReplicas { count: 1 },
    };
    (0..5).for_each(|id| {
        platform.arrive(SimTime::ZERO, id, &arriving(true));
    });
    assert_eq!(started(&mut platform), [0, 1, 2]);
    let before = platform.attempt(0).version;
    let lost = platform.begin_incident(SimTime::from_s(1), &loss);
    platform.arrive(SimTime::from_s(2), 5, &arriving(true));
    assert_eq!(started(&mut platform), [0; 0]);
    assert_eq!(platform.model(0).levels().waiting_spare, 6);
    assert_eq!(platform.complete(SimTime::from_s(1), 0, before), None, "what was said is void");
    assert_eq!(platform.disconnect(SimTime::from_s(3), 1), Some(Default::default()), "it may be withdrawn");
    platform.end_incident(SimTime::from_s(101), &loss, lost);
    assert_eq!(started(&mut platform), [0, 2, 3], "the order is kept");
}
