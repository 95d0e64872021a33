//! `formula`: the dynamic rate is an expression of the scenario, so that a law can be tried without a compiler.
//!
//! D of each resource is the value of its expression, in requests or tokens per minute, held between base and
//! cap; a value that is not finite or is negative counts as the base. The expression is compiled when the
//! scenario is read, and tried at typical and extreme values there.

use crate::bounds;
use crate::limit::band::{self, Band};
use crate::limit::decaying::Decaying;
use crate::limit::expression::{Expression, compile};
use crate::limit::rate_law::{Asked, FREEZE, Kept, RateLaw, Scene, Written};
use crate::limit::usage::{Rates, Usage};
use crate::read::{Key, Member, Spec, Table, Tagged};
use crate::units::Span;

/// What an expression may name, each with its line; rates are per minute, of the expression's own resource.
pub const QUANTITIES: &[(&str, &str)] = &[
    ("success_rate", "credited successes per minute over the window"),
    ("demand", "attempts per minute, averaged exponentially over 1 min"),
    ("capacity", "live capacity per minute: what ready replicas complete when saturated"),
    ("base", "the base per minute"),
    ("cap", "the cap per minute"),
    ("previous", "the rate that the org's previous attempt met; the base before the first"),
    ("utilization", "work in service over ready capacity, averaged over 30 s; 1 with nothing ready"),
    ("headroom", "1 up to a utilization of .70, falling to 0 at .95"),
    ("minutes_since_start", "minutes since the start of the run"),
    ("weight", "the org's weight"),
    ("share_of_traffic", "the org's part of the model's demand, 0 to 1"),
];

const SUCCESS_RATE: usize = 0;
const DEMAND: usize = 1;
const CAPACITY: usize = 2;
const BASE: usize = 3;
const CAP: usize = 4;
const PREVIOUS: usize = 5;
const UTILIZATION: usize = 6;
const HEADROOM: usize = 7;
const MINUTES: usize = 8;
const WEIGHT: usize = 9;
const SHARE_OF_TRAFFIC: usize = 10;

const NAMES: [&str; QUANTITIES.len()] = {
    let mut names = [""; QUANTITIES.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = QUANTITIES[i].0;
        i += 1;
    }
    names
};

/// Time constant of `demand`, in seconds: an assumption.
const DEMAND_TAU_S: f64 = 60.0;
/// Where `headroom` begins to fall and ends: the defaults of the load-scaled `success_window`.
const LOW: f64 = 0.70;
const HIGH: f64 = 0.95;
/// The longest expression, in characters.
const CHARS_MAX: usize = 2000;

/// The law's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// The expressions of requests and of tokens; `None` = unlimited.
    pub expressions: [Option<Expression>; 2],
    /// How far back successes count.
    pub window: Span,
    /// What it is held within.
    pub band: Band,
    /// Whether the window stands still from a 503 to the next 200.
    pub freeze_on_503: bool,
}

const SPEC: Spec = Spec::new(
    "formula",
    "an expression over named quantities (`ratetide list formula`), per minute",
    &[
        Key::text("requests", CHARS_MAX).doc("the rate of requests, per minute"),
        Key::text("tokens", CHARS_MAX).optional().doc("the rate of tokens, per minute; left out, unlimited"),
        Key::span("window", bounds::WINDOW).or("\"1 h\"").doc("how far back successes count"),
        band::BASE,
        band::CAP,
        FREEZE,
    ],
);

impl Written for Formula {
    const MEMBER: Member = Member::table("formula", &SPEC);
    const KEPT: Kept =
        Kept { rules: &["S2", "S3", "S4", "S5", "S6"], condition: "all as the formula has them" };

    fn read(value: Tagged<'_>, (): ()) -> Option<Formula> {
        let table = &mut value.table();
        let texts = [Some(table.text("requests")), table.opt_text("tokens")];
        let window = table.span("window");
        let band = Band::read(table);
        let freeze_on_503 = table.bool("freeze_on_503");
        if !table.clean() {
            return None;
        }
        let [requests, tokens] = texts;
        let expressions = [
            requests.and_then(|text| read_expression(table, "requests", &text, per_minute(&band)[0])),
            tokens.and_then(|text| read_expression(table, "tokens", &text, per_minute(&band)[1])),
        ];
        Some(Formula { expressions, window, band, freeze_on_503 })
    }
}

/// (base, cap) of requests and of tokens, per minute.
fn per_minute(band: &Band) -> [(f64, f64); 2] {
    let Band { base, cap, .. } = band;
    [(60.0 * base.requests, 60.0 * cap.requests), (60.0 * base.tokens, 60.0 * cap.tokens)]
}

/// Compiles the expression under `key`; `None` after an error was recorded.
fn read_expression(table: &Table, key: &str, text: &str, bounds: (f64, f64)) -> Option<Expression> {
    let expression = match compile(text, &NAMES) {
        Ok(expression) => expression,
        Err(fault) => {
            table.error_within(key, fault.at, format!("`{key}`: {}", fault.message), fault.help);
            return None;
        }
    };
    if let Some(example) = undefined_at(&expression, bounds) {
        let help = "guard it, for example max(demand, 1) as a divisor".to_owned();
        table.error_at(key, format!("`{key}` is not a number where {example}"), Some(help));
        return None;
    }
    Some(expression)
}

/// Typical and extreme values at which an expression is not a number, in words.
fn undefined_at(expression: &Expression, (base, cap): (f64, f64)) -> Option<String> {
    if base.is_infinite() {
        return None;
    }
    let most = if cap.is_finite() { cap } else { 1e9 * base };
    // success_rate, demand, capacity, previous, utilization, headroom, minutes, share of traffic.
    let probes = [
        [0.0, 0.0, 10.0 * base, base, 0.0, 1.0, 0.0, 0.0],
        [0.0, base, 0.0, base, 1.0, 0.0, 1.0, 1.0],
        [base, 2.0 * base, 100.0 * base, base, 0.8, 0.6, 90.0, 0.25],
        [most, most, most, most, 1.0, 0.0, 5e6, 1.0],
        [0.0, most, 1.0, most, 0.95, 0.0, 5e6, 1e-9],
        [most, 0.0, 1e12, base, 0.0, 1.0, 60.0, 0.0],
    ];
    let places = [SUCCESS_RATE, DEMAND, CAPACITY, PREVIOUS, UTILIZATION, HEADROOM, MINUTES, SHARE_OF_TRAFFIC];
    let mut frame = expression.frame();
    for probe in probes {
        places.iter().zip(probe).for_each(|(&place, value)| frame[place] = value);
        (frame[BASE], frame[CAP], frame[WEIGHT]) = (base, cap, 1.0);
        if expression.run(&mut frame).is_nan() {
            let read = places.iter().zip(probe).filter(|(place, _)| expression.reads(**place));
            let words: Vec<String> =
                read.map(|(&place, value)| format!("{} = {value}", NAMES[place])).collect();
            return Some(words.join(", "));
        }
    }
    None
}

/// What is remembered of one (org, model).
#[derive(Clone, Debug)]
pub struct Asker {
    weight: f64,
    demand: Decaying,
    previous: Rates,
}

/// What is remembered of a model: its demand, and the frames in which the expressions run.
#[derive(Clone, Debug)]
pub struct Desk {
    demand: Decaying,
    frames: [Vec<f64>; 2],
}

impl Formula {
    fn reads(&self, quantity: usize) -> bool {
        self.expressions.iter().flatten().any(|expression| expression.reads(quantity))
    }

    fn reads_demand(&self) -> bool {
        self.reads(DEMAND) || self.reads(SHARE_OF_TRAFFIC)
    }
}

/// The two numbers of a rate.
#[inline]
fn both(rates: Rates) -> [f64; 2] {
    [rates.requests, rates.tokens]
}

impl RateLaw for Formula {
    type Memory = Asker;
    type Shared = Desk;

    fn shared(&self) -> Desk {
        let mut bounds = per_minute(&self.band).into_iter();
        let frames = [0, 1].map(|i| {
            let (base, cap) = bounds.next().expect("two resources");
            let mut frame = self.expressions[i].as_ref().map_or(vec![0.0; NAMES.len()], Expression::frame);
            (frame[BASE], frame[CAP]) = (base, cap);
            frame
        });
        Desk { demand: Decaying::NOTHING, frames }
    }

    fn join(&self, weight: f64, _desk: &mut Desk) -> Asker {
        Asker { weight, demand: Decaying::NOTHING, previous: self.band.base }
    }

    #[inline]
    fn rates(&self, scene: &Scene, usage: &mut Usage, asker: &mut Asker, desk: &mut Desk) -> Rates {
        let Scene { now, recent, live } = *scene;
        let success = if self.reads(SUCCESS_RATE) { both(usage.rates(recent)) } else { [0.0; 2] };
        let (demand, share) = if self.reads_demand() {
            let own = asker.demand.at(now, DEMAND_TAU_S);
            let all = desk.demand.at(now, DEMAND_TAU_S);
            let share = |own: f64, all: f64| if all > 0.0 { (own / all).min(1.0) } else { 0.0 };
            (both(own), both(own.zip(all, share)))
        } else {
            ([0.0; 2], [0.0; 2])
        };
        let (capacity, previous) = (both(live.capacity), both(asker.previous));
        let headroom = ((HIGH - live.utilization) / (HIGH - LOW)).clamp(0.0, 1.0);
        let minutes = now.as_secs_f64() / 60.0;
        let base = both(self.band.base);
        let mut wanted = [f64::INFINITY; 2];
        for i in 0..2 {
            let Some(expression) = &self.expressions[i] else { continue };
            let frame = &mut desk.frames[i][..];
            frame[SUCCESS_RATE] = 60.0 * success[i];
            frame[DEMAND] = 60.0 * demand[i];
            frame[CAPACITY] = 60.0 * capacity[i];
            frame[PREVIOUS] = 60.0 * previous[i];
            frame[UTILIZATION] = live.utilization;
            frame[HEADROOM] = headroom;
            frame[MINUTES] = minutes;
            frame[WEIGHT] = asker.weight;
            frame[SHARE_OF_TRAFFIC] = share[i];
            let value = expression.run(frame) / 60.0;
            wanted[i] = if value.is_finite() && value >= 0.0 { value } else { base[i] };
        }
        let held = self.band.hold(Rates { requests: wanted[0], tokens: wanted[1] }, &live);
        // Without an expression there is no limit, whatever the cap.
        let or_none = |i: usize, held| if self.expressions[i].is_some() { held } else { f64::INFINITY };
        Rates { requests: or_none(0, held.requests), tokens: or_none(1, held.tokens) }
    }

    #[inline]
    fn asked(&self, scene: &Scene, asked: &Asked, asker: &mut Asker, desk: &mut Desk) {
        asker.previous = asked.met;
        if self.reads_demand() {
            let amount = Rates { requests: 1.0, tokens: asked.tokens };
            asker.demand.add(scene.now, DEMAND_TAU_S, amount);
            desk.demand.add(scene.now, DEMAND_TAU_S, amount);
        }
    }

    fn window(&self) -> Span {
        self.window
    }

    fn describe(&self) -> String {
        let text = self.expressions[0].as_ref().map_or("", Expression::text);
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        let cut: String = text.chars().take(50).collect();
        format!("formula {cut}{}", if cut.len() < text.len() { "…" } else { "" })
    }

    fn reads_utilization(&self) -> bool {
        self.reads(UTILIZATION) || self.reads(HEADROOM)
    }

    fn freezes_on_503(&self) -> bool {
        self.freeze_on_503
    }
}
