//! Random scenarios, written as text. Times are small multiples of half a tick and rates small numbers per
//! tick, so that many things happen at one instant; the tick is a parameter, so that a whole scenario can be
//! written at another speed.

mod arms;
mod clients;

use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};
use ratetide::limit::law::LAWS;
use ratetide::read::{Fallback, Family, Kind};
use ratetide::rng::{Key, Stream};
use ratetide::units::Span;

/// What a family of random scenarios may contain.
#[derive(Clone, Copy)]
pub struct Shape {
    /// At most so many models.
    pub models: u64,
    /// At most so many orgs.
    pub orgs: u64,
    /// Only what a change of tick leaves exact: nothing random in continuous time, no constant of its own in
    /// seconds (the utilisation's 30 s, whole seconds in headers, presets).
    pub scalable: bool,
    /// Autoscalers, every law and every arrival process.
    pub all_options: bool,
    /// One model in so many batches; 0 for none.
    pub batching: u32,
    /// What is added, and left out, so that two arms can agree event by event.
    pub arms: Arms,
}

/// One round trip for all, and timers that ring with no other workload's: then the order of an instant is settled.
#[derive(Clone, Copy, PartialEq)]
pub enum Arms {
    /// Nothing.
    No,
    /// All of the platform, for clients that share nothing.
    Platform,
    /// All of the clients too.
    Clients,
}

/// One org on one model with a fixed fleet.
pub const SMALL: Shape =
    Shape { models: 1, orgs: 1, scalable: false, all_options: false, batching: 0, arms: Arms::No };
/// The same on a fleet that batches.
pub const BATCHING: Shape = Shape { batching: 1, ..SMALL };
/// The same at any speed.
pub const SCALABLE: Shape = Shape { scalable: true, ..SMALL };
/// Everything.
pub const ANY: Shape = Shape { models: 3, orgs: 4, all_options: true, batching: 3, ..SMALL };
/// Everything that a platform does, in an order that is settled.
pub const PLATFORM: Shape = Shape { models: 2, orgs: 3, arms: Arms::Platform, ..ANY };
/// Everything that clients do, likewise.
pub const CLIENTS: Shape = Shape { models: 2, orgs: 2, arms: Arms::Clients, ..ANY };

/// A scenario in parts that may stand in any order.
#[derive(Clone)]
pub struct Parts {
    /// `[run]`.
    pub run: String,
    /// `[[model]]` and `[[incident]]` blocks.
    pub blocks: Vec<String>,
    /// `[[org]]` heads with their `[[org.workload]]` blocks.
    pub orgs: Vec<(String, Vec<String>)>,
}

impl Parts {
    /// The parts of one random scenario.
    pub fn draw(seed: u64, shape: Shape, tick: Span) -> Parts {
        Draw { stream: Key::new(seed, 0).with("scenario").stream(), shape, tick, seed, rtt: None, odd: 0 }
            .parts(seed)
    }

    /// The scenario as text.
    pub fn text(&self) -> String {
        let orgs = self.orgs.iter().map(|(head, workloads)| format!("{head}{}", workloads.concat()));
        self.run.clone() + &self.blocks.concat() + &orgs.collect::<String>()
    }

    /// The same scenario, declared in another order.
    pub fn shuffled(&self, seed: u64) -> Parts {
        let mut stream = Key::new(seed, 0).with("order").stream();
        let mut parts = self.clone();
        parts.blocks.shuffle(&mut stream);
        parts.orgs.shuffle(&mut stream);
        parts.orgs.iter_mut().for_each(|(_, workloads)| workloads.shuffle(&mut stream));
        parts
    }
}

/// The text of one random scenario.
pub fn text(seed: u64, shape: Shape, tick: Span) -> String {
    Parts::draw(seed, shape, tick).text()
}

/// The members of a family that need nothing said about them: new ones join the tests by themselves.
pub fn bare(family: &'static Family) -> Vec<String> {
    let needs_nothing = |kind: &Kind| match kind {
        Kind::Table(spec) => spec.keys.iter().all(|key| !matches!(key.fallback, Fallback::Required)),
        _ => false,
    };
    let members = family.members.iter().filter(|member| needs_nothing(&member.value));
    members.map(|member| format!("{} = {{}}", member.tag)).collect()
}

/// What a workload's client may have.
#[derive(Clone, Copy, Default)]
struct Options {
    timeout: bool,
    deadline: bool,
    /// They ring at odd instants.
    odd: bool,
    /// Presets with timers of their own.
    timed_presets: bool,
    paced: bool,
    /// To other models than its own, of so many, and to the batch lane.
    fallbacks: Option<(u64, u64, bool)>,
}

struct Draw {
    stream: Stream,
    shape: Shape,
    tick: Span,
    seed: u64,
    /// The round trip of all, in half ticks.
    rtt: Option<u64>,
    /// Timers that ring at odd instants so far.
    odd: u64,
}

impl Draw {
    fn chance(&mut self, of: u32) -> bool {
        self.stream.random_range(0..of) == 0
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of.choose(&mut self.stream).expect("there is a choice")
    }

    fn number(&mut self, low: u64, high: u64) -> u64 {
        self.stream.random_range(low..=high)
    }

    /// So many half ticks.
    fn halves(&self, count: u64) -> String {
        format!("\"{}\"", Span::from_ns(self.tick.as_ns() * count / 2))
    }

    fn span(&mut self, low: u64, high: u64) -> String {
        let count = self.number(low, high);
        self.halves(count)
    }

    /// A timer's time, a little longer than a span where no two workloads' timers may ring at one instant.
    fn timer(&mut self, low: u64, high: u64, odd: bool) -> String {
        let ns = self.tick.as_ns() * self.number(low, high) / 2;
        self.odd += u64::from(odd);
        format!("\"{}\"", Span::from_ns(ns + if odd { 1009 * self.odd } else { 0 }))
    }

    /// One of these rates per tick.
    fn rate(&mut self, per_tick: &[f64]) -> String {
        let rate = per_tick.choose(&mut self.stream).expect("there is a choice");
        if rate.is_infinite() {
            "\"unlimited\"".into()
        } else {
            format!("\"{}/s\"", rate / self.tick.as_secs_f64())
        }
    }

    fn parts(mut self, seed: u64) -> Parts {
        let (duration, drain) = (self.span(8, 50), self.span(0, 40));
        let interval = self.span(1, 6);
        let warmup = if self.chance(4) { self.span(0, 7) } else { "\"0 s\"".into() };
        let run = format!(
            "[run]\nseed = {seed}\nduration = {duration}\ndrain = {drain}\nwarmup = {warmup}\ninterval = {interval}\n"
        );
        let models = self.number(1, self.shape.models);
        if self.shape.arms != Arms::No {
            self.rtt = Some(self.round_trip());
        }
        let mut blocks: Vec<String> = (0..models).map(|i| self.model(i)).collect();
        let at = self.number(0, 40);
        for _ in 0..self.number(0, 4).saturating_sub(1) {
            // Some begin at one instant.
            let at = if self.chance(3) { at } else { self.number(0, 40) };
            blocks.push(self.incident(at, models));
        }
        let orgs = (0..self.number(1, self.shape.orgs)).map(|i| self.org(i, models)).collect();
        Parts { run, blocks, orgs }
    }

    fn model(&mut self, index: u64) -> String {
        let replicas = if self.chance(30) { 0 } else { self.number(1, 3) };
        let mut text = format!("\n[[model]]\nname = \"m{index}\"\nreplicas = {replicas}\n");
        // With 20, one free slot is the edge of hot.
        let slots = if self.chance(12) { 20 } else { self.number(1, 3) };
        if self.shape.batching > 0 && self.chance(self.shape.batching) {
            text += &self.batching(slots);
        } else {
            let service = self.service();
            text += &format!("engine.slots = {{ per_replica = {slots}, service.{service} }}\n");
        }
        let max_wait = if self.chance(6) { "\"unlimited\"".into() } else { self.span(0, 10) };
        let early = self.one(&["true", "false"]);
        let fair = if self.shape.all_options && self.chance(3) { ", discipline = \"fair\"" } else { "" };
        text += &format!("buffer = {{ max_wait = {max_wait}, early_refusal = {early}{fair} }}\n");
        text += &format!("on_disconnect = \"{}\"\n", self.one(&["stop", "serve"]));
        if self.shape.all_options && self.chance(2) {
            text += &self.autoscaler(replicas);
        }
        text + &self.limit()
    }

    fn batching(&mut self, places: u64) -> String {
        let (prefill, token) = (self.span(0, 2), self.span(0, 1));
        let (step, each) = (self.span(0, 2), self.span(1, 2));
        let most = places + self.number(0, 3);
        let space = if self.chance(2) { self.number(4, 20).to_string() } else { "\"unlimited\"".into() };
        let choice = self.one(&["least_loaded", "power_of_two", "round_robin"]);
        format!(
            "engine.batching = {{ prefill = {prefill}, per_prompt_token = {token}, step = {step}, \
             step_per_sequence = {each}, max_batch = {most}, kv_tokens = {space}, choice = \"{choice}\" }}\n"
        )
    }

    fn service(&mut self) -> String {
        let kinds = if self.shape.scalable { 2 } else { 4 };
        match self.number(1, kinds) {
            1 => format!("constant = {}", self.span(1, 5)),
            2 => {
                let (prefill, prompt, output) = (self.span(0, 2), self.span(0, 1), self.span(1, 2));
                format!(
                    "tokens = {{ prefill = {prefill}, per_prompt_token = {prompt}, per_output_token = {output} }}"
                )
            }
            3 => format!("exponential = {{ mean = {} }}", self.span(1, 4)),
            _ => format!("lognormal = {{ mean = {}, cv = 1.0 }}", self.span(1, 4)),
        }
    }

    fn autoscaler(&mut self, replicas: u64) -> String {
        let (min, max) = (self.number(0, replicas), replicas + self.number(0, 3));
        let cold = match self.number(0, 2) {
            0 => format!("constant = {}", self.span(1, 10)),
            1 => format!("exponential = {{ mean = {} }}", self.span(1, 10)),
            _ => format!("lognormal = {{ median = {}, sigma = 0.25 }}", self.span(1, 20)),
        };
        let (interval, cooldown) = (self.span(1, 6), self.span(0, 8));
        if self.chance(2) {
            let (up, down) = (self.span(0, 8), self.span(0, 12));
            let (target, tolerance) = (self.one(&["0.5", "1.0", "3.0"]), self.one(&["0.0", "0.2"]));
            return format!(
                "autoscaler.reactive = {{ min = {min}, max = {max}, cold_start.{cold}, interval = {interval}, \
                 cooldown = {cooldown}, target = {target}, tolerance = {tolerance}, scale_up_window = {up}, \
                 scale_down_window = {down} }}\n"
            );
        }
        let target = self.one(&["0.3", "0.7", "1.0"]);
        format!(
            "autoscaler.predictive = {{ min = {min}, max = {max}, cold_start.{cold}, interval = {interval}, \
             cooldown = {cooldown}, target = {target} }}\n"
        )
    }

    fn limit(&mut self) -> String {
        let enforcement = self.one(&["soft", "attribution", "hard", "strict"]);
        let mut text =
            format!("[model.limit]\nenforcement = \"{enforcement}\"\nburst = {}\n", self.span(0, 10));
        let modes = ["gcra", "reserved", "model"];
        let (on_429, otherwise) = (self.one(&modes), self.one(&modes));
        text += &format!("reset = {{ on_429 = \"{on_429}\", otherwise = \"{otherwise}\" }}\n");
        text += &format!("headers = \"{}\"\n", self.one(&["all", "all", "errors", "only_429"]));
        text += &format!("credit = \"{}\"\n", self.one(&["green", "all"]));
        text += &format!("retry_after = {}\n", self.one(&["true", "false"]));
        if self.shape.all_options && self.chance(3) {
            text += "refund_unserved = true\n";
        }
        format!("{text}law.{}\n", self.law())
    }

    fn law(&mut self) -> String {
        const REQUESTS: [f64; 6] = [0.25, 0.5, 1.0, 2.0, 4.0, f64::INFINITY];
        const TOKENS: [f64; 6] = [1.0, 2.0, 4.0, 8.0, 16.0, f64::INFINITY];
        if self.shape.arms != Arms::No && self.chance(2) {
            return self.law_that_remembers();
        }
        if self.shape.all_options && self.shape.arms == Arms::No && self.chance(3) {
            let mut laws = bare(&LAWS);
            laws.extend(["true", "false"].map(|freeze| self.formula(freeze)));
            return laws.choose(&mut self.stream).expect("there is a law").clone();
        }
        let limits = |draw: &mut Draw, from: usize, to: usize| {
            let (requests, tokens) = (draw.rate(&REQUESTS[from..to]), draw.rate(&TOKENS[from..to]));
            format!("{{ requests = {requests}, tokens = {tokens} }}")
        };
        match self.number(0, 9) {
            0 => "unlimited = {}".into(),
            1..=3 => format!("fixed = {}", limits(self, 0, 6)),
            _ => {
                let window = self.one(&["6", "24", "60", "120"]).parse().expect("a number");
                let window = self.halves(window);
                let (base, cap) = (limits(self, 0, 3), limits(self, 3, 6));
                let mut text = format!("success_window = {{ window = {window}, base = {base}, cap = {cap}");
                if self.shape.scalable || self.chance(2) {
                    text += &format!(", multiplier = {}.0", self.one(&["1", "2", "8", "30"]));
                } else if self.chance(2) {
                    text += ", load_scaled = { min = 1.0, max = 16.0, low = 0.1, high = 0.9 }";
                }
                if self.chance(2) {
                    text += &format!(", share = {}", self.one(&["0.25", "0.5", "1.0"]));
                }
                text + " }"
            }
        }
    }

    fn formula(&mut self, freeze: &str) -> String {
        const FORMULAS: [&str; 7] = [
            "clamp(2 * success_rate * headroom, base, cap)",
            "max(base, min(demand, capacity / 2))",
            "if(utilization > 0.5, previous * 0.9, previous * 1.1)",
            "success_rate * (1 + share_of_traffic) + weight * minutes_since_start",
            "1 / success_rate",
            "ln(success_rate + 0.001) - 5",
            "cap * sqrt(share_of_traffic) - base",
        ];
        let (requests, tokens) = (self.one(&FORMULAS), self.one(&FORMULAS));
        let window = self.span(24, 120);
        format!(
            "formula = {{ requests = \"{requests}\", tokens = \"{tokens}\", window = {window}, \
             freeze_on_503 = {freeze} }}"
        )
    }

    fn incident(&mut self, at: u64, models: u64) -> String {
        let mut text = format!("\n[[incident]]\nat = {}\n", self.halves(at));
        if models == 1 || self.chance(2) {
            text += &format!("model = \"m{}\"\n", self.number(0, models - 1));
        }
        let duration =
            if self.chance(5) { String::new() } else { format!(", duration = {}", self.span(1, 20)) };
        // Not under a change of tick: nothing random is.
        let kind = if self.shape.scalable { self.number(3, 6) } else { self.number(0, 6) };
        if kind == 0 {
            let share = self.one(&["0.0", "0.3", "1.0"]);
            text + &format!("error_share = {{ share = {share}{duration} }}\n")
        } else if kind == 1 {
            let factor = self.one(&["0.0", "0.5", "2.0", "4.0"]);
            let whose = if self.chance(2) { "org = \"o0\", " } else { "" };
            text + &format!("traffic = {{ {whose}factor = {factor}{duration} }}\n")
        } else if kind == 2 {
            let factor = self.one(&["0.5", "3.0"]);
            text + &format!("slow_cold_start = {{ factor = {factor}{duration} }}\n")
        } else if kind < 5 {
            text + &format!("lose_replicas = {{ count = {}{duration} }}\n", self.number(1, 3))
        } else {
            let factor = self.one(&["0.25", "0.5", "2.0", "4.0"]);
            text + &format!("slowdown = {{ factor = {factor}{duration} }}\n")
        }
    }

    fn org(&mut self, index: u64, models: u64) -> (String, Vec<String>) {
        // One round trip for all, timers for one of them at most, a pacer only where there is one: then the
        // order of an instant is settled.
        let rtt = self.rtt.unwrap_or_else(|| self.round_trip());
        let count = self.number(1, 2);
        let (timeout, deadline) = (self.number(0, 2 * count), self.number(0, 2 * count));
        let population = self.shape.arms == Arms::Clients && self.chance(4);
        let (timed, paced) = (!population, count == 1 || self.shape.arms == Arms::Clients);
        let odd = self.rtt.is_some() && index > 0;
        let timed_presets = self.rtt.is_none() || (timed && index == 0 && count == 1);
        let crowd = if population { self.population() } else { String::new() };
        let workloads = (0..count)
            .map(|w| {
                let options = Options {
                    timeout: timed && timeout == w,
                    deadline: timed && deadline == w,
                    odd,
                    timed_presets,
                    paced,
                    fallbacks: None,
                };
                self.workload(w, models, rtt, options, population)
            })
            .collect();
        let weight = if self.shape.all_options { self.one(&["1.0", "1.0", "0.5", "3.0"]) } else { "1.0" };
        (format!("\n[[org]]\nname = \"o{index}\"\nweight = {weight}\n{crowd}"), workloads)
    }

    fn round_trip(&mut self) -> u64 {
        self.one(&["0", "0", "1", "2", "4"]).parse().expect("a number")
    }

    fn workload(&mut self, index: u64, models: u64, rtt: u64, options: Options, crowd: bool) -> String {
        let model = self.number(0, models - 1);
        let mut text = format!("\n[[org.workload]]\nname = \"w{index}\"\nmodel = \"m{model}\"\n");
        if self.shape.arms == Arms::Clients && !crowd && self.chance(4) {
            text += &format!("rtt = {}\n{}", self.halves(rtt), self.closed_loop());
        } else {
            text += &format!("rtt = {}\narrivals.{}\n", self.halves(rtt), self.arrivals());
            text += &self.profile();
        }
        let [prompt, output] = [self.tokens(), self.tokens()];
        text += &format!("prompt_tokens.{prompt}\noutput_tokens.{output}\n");
        if self.chance(3) {
            text += &format!("max_tokens = {}\n", self.number(1, 5));
        }
        if !self.shape.all_options {
            return text + &self.client(rtt, options);
        }
        let options = Options {
            fallbacks: (self.shape.arms != Arms::No).then_some((model, models, !crowd)),
            ..options
        };
        if self.chance(3) {
            text += &format!("key = \"{}\"\n", self.one(&["prod", "dev"]));
        }
        match self.number(0, 7) {
            0 | 1 if self.shares() && !crowd => text + &self.batch_lane(rtt),
            2 if !crowd => text + &self.dedicated_lane() + &self.client(rtt, options),
            _ => text + &self.client(rtt, options),
        }
    }

    fn batch_lane(&mut self, rtt: u64) -> String {
        let (window, gather) = (self.timer(rtt + 1, rtt + 40, self.rtt.is_some()), self.span(0, 6));
        let enqueued = self.enqueued_tokens();
        format!(
            "lane.batch = {{ window = {window}, gather = {gather}, requests_per_file = {}, enqueued_tokens = \
             {enqueued}, reserve = {}, discount = {} }}\n",
            self.number(1, 6),
            self.one(&["0.0", "0.1", "0.5"]),
            self.one(&["0.0", "0.5", "1.0"])
        )
    }

    /// The limit is that of the org on the model: one for all.
    fn enqueued_tokens(&self) -> &'static str {
        ["5", "9", "40", "30000000000"][self.seed as usize % 4]
    }

    fn dedicated_lane(&mut self) -> String {
        if self.chance(2) {
            return "lane.dedicated = { replicas = 1, price_per_replica_hour = 3.0, name = \"shared\" }\n"
                .into();
        }
        let replicas = self.number(0, 2);
        let mut text =
            format!("lane.dedicated.replicas = {replicas}\nlane.dedicated.price_per_replica_hour = 7.5\n");
        if self.chance(2) {
            text += &format!("lane.dedicated.cold_start.constant = {}\n", self.span(1, 10));
        }
        if self.chance(2) {
            text += &format!("lane.dedicated.{}", self.autoscaler(replicas));
        }
        text
    }

    fn arrivals(&mut self) -> String {
        let kinds = if self.shape.scalable { 2 } else { 5 };
        match self.number(1, kinds) {
            1 => format!("constant = {{ rate = {} }}", self.rate(&[0.5, 1.0, 2.0])),
            2 => {
                let size = if self.chance(6) { self.number(18, 22) } else { self.number(1, 5) };
                format!("batch = {{ size = {size}, every = {} }}", self.span(1, 8))
            }
            3 => format!("poisson = {{ rate = {} }}", self.rate(&[0.5, 1.0, 3.0])),
            4 => format!("gamma = {{ rate = {}, cv = 2.0 }}", self.rate(&[0.5, 1.0, 3.0])),
            _ => {
                let (rate, on, off) = (self.rate(&[2.0, 5.0]), self.span(1, 6), self.span(1, 6));
                format!("on_off = {{ rate = {rate}, on = {on}, off = {off} }}")
            }
        }
    }

    fn profile(&mut self) -> String {
        if !self.chance(3) {
            return String::new();
        }
        let (first, second) = (self.number(0, 10), self.number(11, 30));
        let step = |draw: &mut Draw, at| {
            let factor = draw.one(&["0.0", "0.5", "1.0", "2.0", "4.0"]);
            let ramp = !draw.shape.scalable && draw.chance(3);
            let over = if ramp { format!(", over = {}", draw.halves(1)) } else { String::new() };
            format!("{{ at = {}, factor = {factor}{over} }}", draw.halves(at))
        };
        format!("profile = [ {}, {} ]\n", step(self, first), step(self, second))
    }

    fn tokens(&mut self) -> String {
        if self.shape.scalable || self.chance(2) {
            return format!("constant = {}", self.number(1, 4));
        }
        format!("lognormal = {{ mean = {}, cv = 0.8 }}", self.number(2, 6))
    }
}
