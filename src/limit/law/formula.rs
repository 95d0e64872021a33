//! `formula`: the dynamic rate is an expression of the scenario, so that a law can be tried without a compiler.
//!
//! D of each resource is the value of its expression, in requests or tokens per minute, held between base and
//! cap; a value that is not finite or is negative counts as the base. The expression is compiled when the
//! scenario is read, and tried at typical and extreme values there.

use crate::bounds;
use crate::limit::band::{self, Band};
use crate::limit::decaying::Decaying;
use crate::limit::expression::{Expression, Frame, Lanes, Program, compile};
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

/// Written apart: one question spares most laws five.
const READ_LESS_OFTEN: u32 =
    1 << DEMAND | 1 << PREVIOUS | 1 << UTILIZATION | 1 << MINUTES | 1 << WEIGHT | 1 << SHARE_OF_TRAFFIC;

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
    /// Both, as they run.
    pub program: Program,
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
        let mut band = Band::read(table);
        let freeze_on_503 = table.bool("freeze_on_503");
        if !table.clean() {
            return None;
        }
        let [requests, tokens] = texts;
        let (base, cap) = (per_minute(band.base), per_minute(band.cap));
        let expressions = [
            requests.and_then(|text| read_expression(table, "requests", &text, (base[0], cap[0]))),
            tokens.and_then(|text| read_expression(table, "tokens", &text, (base[1], cap[1]))),
        ];
        let Some(program) = Program::of(expressions.each_ref().map(Option::as_ref), NAMES.len()) else {
            table.error_at("requests", "the formula has too many parts", None);
            return None;
        };
        if expressions[1].is_none() {
            // Without an expression there is no limit, whatever the cap.
            (band.base.tokens, band.cap.tokens) = (f64::INFINITY, f64::INFINITY);
        }
        Some(Formula { expressions, program, window, band, freeze_on_503 })
    }
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
        table.error_at(key, format!("`{key}` is not a number {example}"), Some(help));
        return None;
    }
    Some(expression)
}

/// A number that is read at a glance.
fn short(value: f64) -> String {
    if value.abs() < 1e16 { value.to_string() } else { format!("{value:e}") }
}

/// Typical and extreme values at which an expression is not a number, in words; where it is infinite at some it is held
/// at the cap, at all it divides by zero.
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
    let mut quantities = [0.0; NAMES.len()];
    let mut infinite = 0;
    for probe in probes {
        places.iter().zip(probe).for_each(|(&place, value)| quantities[place] = value);
        (quantities[BASE], quantities[CAP], quantities[WEIGHT]) = (base, cap, 1.0);
        let value = expression.value(&quantities);
        infinite += usize::from(value.is_infinite());
        if value.is_nan() {
            let read = places.iter().zip(probe).filter(|(place, _)| expression.reads(**place));
            let words: Vec<String> =
                read.map(|(&place, value)| format!("{} = {}", NAMES[place], short(value))).collect();
            let anywhere = words.is_empty();
            return Some(if anywhere {
                "anywhere".to_owned()
            } else {
                format!("where {}", words.join(", "))
            });
        }
    }
    (infinite == probes.len()).then(|| "anywhere: it divides by zero".to_owned())
}

/// What is remembered of one (org, model).
#[derive(Clone, Debug)]
pub struct Asker {
    weight: f64,
    demand: Decaying,
    previous: Rates,
}

/// What is remembered of a model: its demand, and the frame in which the program runs.
#[derive(Clone, Debug)]
pub struct Desk {
    demand: Decaying,
    frame: Frame,
}

impl Formula {
    fn reads_demand(&self) -> bool {
        self.program.reads_any(1 << DEMAND | 1 << SHARE_OF_TRAFFIC)
    }

    /// Write the quantities of [`READ_LESS_OFTEN`] that are read.
    fn write_others(&self, scene: &Scene, asker: &Asker, desk: &mut Desk) {
        let reads = |quantity| self.program.reads(quantity);
        let frame = &mut desk.frame;
        if self.reads_demand() {
            let own = asker.demand.at(scene.now, DEMAND_TAU_S);
            let all = desk.demand.at(scene.now, DEMAND_TAU_S);
            let share = |own: f64, all: f64| if all > 0.0 { (own / all).min(1.0) } else { 0.0 };
            frame.set(DEMAND, per_minute(own));
            frame.set(SHARE_OF_TRAFFIC, both(own.zip(all, share)));
        }
        if reads(PREVIOUS) {
            frame.set(PREVIOUS, per_minute(asker.previous));
        }
        if reads(UTILIZATION) {
            frame.set(UTILIZATION, [scene.live.utilization; 2]);
        }
        if reads(MINUTES) {
            frame.set(MINUTES, [scene.now.as_secs_f64() / 60.0; 2]);
        }
        if reads(WEIGHT) {
            frame.set(WEIGHT, [asker.weight; 2]);
        }
    }
}

/// The two numbers of a rate.
#[inline]
fn both(rates: Rates) -> Lanes {
    [rates.requests, rates.tokens]
}

/// The same per minute.
#[inline]
fn per_minute(rates: Rates) -> Lanes {
    both(rates).map(|per_second| 60.0 * per_second)
}

impl RateLaw for Formula {
    type Memory = Asker;
    type Shared = Desk;

    fn shared(&self) -> Desk {
        let mut frame = self.program.frame();
        frame.set(BASE, per_minute(self.band.base));
        frame.set(CAP, per_minute(self.band.cap));
        Desk { demand: Decaying::NOTHING, frame }
    }

    fn join(&self, weight: f64, _desk: &mut Desk) -> Asker {
        Asker { weight, demand: Decaying::NOTHING, previous: self.band.base }
    }

    #[inline]
    fn rates(&self, scene: &Scene, usage: &mut Usage, asker: &mut Asker, desk: &mut Desk) -> Rates {
        let live = scene.live;
        let reads = |quantity| self.program.reads(quantity);
        if reads(SUCCESS_RATE) {
            desk.frame.set(SUCCESS_RATE, per_minute(usage.rates(scene.recent)));
        }
        if reads(CAPACITY) {
            desk.frame.set(CAPACITY, per_minute(live.capacity));
        }
        if reads(HEADROOM) {
            let headroom = ((HIGH - live.utilization) / (HIGH - LOW)).clamp(0.0, 1.0);
            desk.frame.set(HEADROOM, [headroom; 2]);
        }
        if self.program.reads_any(READ_LESS_OFTEN) {
            self.write_others(scene, asker, desk);
        }

        let base = both(self.band.base);
        let [requests, tokens] = self.program.run(&mut desk.frame).map(|per_minute| per_minute / 60.0);
        // What is negative ends at the base anyway.
        let or_base = |value: f64, base| if value <= f64::MAX { value } else { base };
        let wanted = Rates { requests: or_base(requests, base[0]), tokens: or_base(tokens, base[1]) };
        self.band.hold(wanted, &live)
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
        self.program.reads_any(1 << UTILIZATION | 1 << HEADROOM)
    }

    fn freezes_on_503(&self) -> bool {
        self.freeze_on_503
    }
}
