//! The limiter's state for one (org, model): usage, two meters, reserved slots.

use super::clock::Clock;
use super::law::{Answer, Live, Memory, Scene, Shared};
use super::meter::{Meter, increment};
use super::policy::{Credit, Policy, ResetMode};
use super::usage::{Rates, Served, Usage};
use crate::units::{SimTime, Span};

/// The longest wait a reset value tells, and the furthest a slot is reserved.
pub const RESET_MAX: Span = Span::from_s(60);

/// A limited resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Requests per second.
    Requests,
    /// Prompt + output tokens per second.
    Tokens,
}

/// How an attempt stands to its org's dynamic rate on arrival. Kept while it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Within the rate: charged, and a failure is a 503.
    Green,
    /// Above it: not charged, and a failure is a 429 of the binding resource.
    Red(Resource),
}

/// What an attempt weighs on the meters: one request, and its prompt + expected output tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Prompt + expected output tokens.
    pub tokens: f64,
}

/// A model's limits at an instant.
#[derive(Debug)]
pub struct Limits<'a> {
    /// The instant.
    pub now: SimTime,
    /// The limit block.
    pub policy: &'a Policy,
    /// What its law may know.
    pub live: Live,
    /// What its law remembers over all orgs.
    pub shared: &'a mut Shared,
}

/// Limiter state of one (org, model).
#[derive(Clone, Debug)]
pub struct Pair {
    usage: Usage,
    memory: Memory,
    clock: Clock,
    requests: Meter,
    tokens: Meter,
    slots: [SimTime; 2],
    /// What one request weighs at the request rate looked at last: most looks find the same rate.
    request_rate: f64,
    request_increment: Span,
    /// Output tokens of all successes, their number and the mean, which each arrival asks for.
    output_sum: u64,
    successes: u64,
    output_mean: f64,
}

/// Both meters' increments and waits for one cost, at the rates of one instant.
struct Reading {
    increments: [Span; 2],
    waits: [Span; 2],
}

impl Reading {
    /// The resource with the longer wait; requests on a tie.
    fn binding(&self) -> Resource {
        if self.waits[1] > self.waits[0] { Resource::Tokens } else { Resource::Requests }
    }
}

impl Pair {
    /// An org of this weight, new to the model; `shared` is what the law remembers of that.
    pub fn new(policy: &Policy, weight: f64, shared: &mut Shared) -> Pair {
        Pair {
            usage: Usage::new(policy.law.window()),
            memory: policy.law.join(weight, shared),
            clock: Clock::RUNNING,
            requests: Meter::default(),
            tokens: Meter::default(),
            slots: [SimTime::ZERO; 2],
            request_rate: f64::NAN,
            request_increment: Span::ZERO,
            output_sum: 0,
            successes: 0,
            output_mean: f64::NAN,
        }
    }

    #[inline]
    fn scene(&self, limits: &Limits) -> Scene {
        Scene { now: limits.now, recent: self.clock.at(limits.now), live: limits.live }
    }

    /// The dynamic rates per second.
    #[inline]
    pub fn rates(&mut self, limits: &mut Limits) -> Rates {
        let scene = self.scene(limits);
        limits.policy.law.rates(&scene, &mut self.usage, &mut self.memory, limits.shared)
    }

    /// Credited successes per second over the law's window.
    pub fn success_rates(&mut self, now: SimTime) -> Rates {
        self.usage.rates(self.clock.at(now))
    }

    /// The output tokens to expect of a request: the mean over this pair's successes, until the first the
    /// `configured` mean.
    #[inline]
    pub fn expected_output(&self, configured: f64) -> f64 {
        if self.successes == 0 { configured } else { self.output_mean }
    }

    #[inline]
    fn read(&mut self, policy: &Policy, now: SimTime, cost: Cost, rates: Rates) -> Reading {
        if self.request_rate != rates.requests {
            self.request_rate = rates.requests;
            self.request_increment = increment(1.0, rates.requests);
        }
        let increments = [self.request_increment, increment(cost.tokens, rates.tokens)];
        let waits = [
            self.requests.wait(now, increments[0], policy.burst),
            self.tokens.wait(now, increments[1], policy.burst),
        ];
        Reading { increments, waits }
    }

    /// Label an arriving attempt. A green one is charged on both meters, whatever becomes of it.
    #[inline]
    pub fn label(&mut self, limits: &mut Limits, cost: Cost) -> Color {
        let (scene, law) = (self.scene(limits), &limits.policy.law);
        let met = law.asked(&scene, cost.tokens, &mut self.usage, &mut self.memory, limits.shared);
        let (policy, now) = (limits.policy, limits.now);
        let reading = self.read(policy, now, cost, met);
        if reading.waits != [Span::ZERO; 2] {
            return Color::Red(reading.binding());
        }
        self.requests.charge(now, reading.increments[0]);
        self.tokens.charge(now, reading.increments[1]);
        for (meter, step) in [self.requests, self.tokens].iter().zip(reading.increments) {
            assert!(meter.ahead(now) <= policy.burst.max(step), "a meter ran ahead of its burst");
        }
        Color::Green
    }

    /// A served attempt: credit it, and settle the token meter to the true count if it was charged.
    pub fn complete(&mut self, limits: &mut Limits, done: &Completion) {
        let (policy, now) = (limits.policy, limits.now);
        self.clock.resume(now);
        let green = done.color == Color::Green;
        if green {
            let rate = self.rates(limits).tokens;
            let true_tokens = done.served.tokens as f64;
            let more = increment((true_tokens - done.cost.tokens).max(0.0), rate);
            let less = increment((done.cost.tokens - true_tokens).max(0.0), rate);
            self.tokens.settle(now, more, less);
        }
        let credited = (green || policy.credit == Credit::All).then_some(done.served);
        if let Some(served) = credited {
            self.usage.credit(self.clock.at(now), served);
        }
        let scene = self.scene(limits);
        policy.law.answered(&scene, Answer::Ok(credited), &mut self.memory, limits.shared);
        self.output_sum += u64::from(done.output);
        self.successes += 1;
        self.output_mean = self.output_sum as f64 / self.successes as f64;
    }

    /// An attempt ended without service: with `refund_unserved` what a green one was charged comes back, at the
    /// rates of the present; its meters never fall behind the clock.
    pub fn unserved(&mut self, limits: &mut Limits, color: Color, cost: Cost) {
        if !limits.policy.refund_unserved || color != Color::Green {
            return;
        }
        let rates = self.rates(limits);
        self.requests.settle(limits.now, Span::ZERO, increment(1.0, rates.requests));
        self.tokens.settle(limits.now, Span::ZERO, increment(cost.tokens, rates.tokens));
    }

    /// An attempt was answered with a 503.
    pub fn unavailable(&mut self, limits: &mut Limits) {
        if limits.policy.law.freezes_on_503() {
            self.clock.pause(limits.now);
        }
        let scene = self.scene(limits);
        limits.policy.law.answered(&scene, Answer::Unavailable, &mut self.memory, limits.shared);
    }

    /// The wait that `x-ratelimit-reset` tells on a failure, before rounding. `limited` is the binding
    /// resource of a red attempt, `None` for a 503; `backlog` the model's waiting work over its service rate.
    pub fn reset(&mut self, limits: &mut Limits, ask: &Ask) -> Span {
        if ask.mode == ResetMode::Model && ask.limited.is_some() {
            return ask.backlog;
        }
        let (policy, now, rates) = (limits.policy, limits.now, self.rates(limits));
        let reading = self.read(policy, now, ask.cost, rates);
        let conforms_in = reading.waits[0].max(reading.waits[1]);
        match ask.mode {
            ResetMode::Model => ask.backlog.max(conforms_in),
            ResetMode::Gcra => conforms_in,
            ResetMode::Reserved if !ask.failed => conforms_in,
            ResetMode::Reserved => {
                let resource = ask.limited.unwrap_or_else(|| reading.binding());
                let i = usize::from(resource == Resource::Tokens);
                let next = self.slots[i].saturating_add(reading.increments[i]);
                self.slots[i] =
                    next.max(now.saturating_add(reading.waits[i])).min(now.saturating_add(RESET_MAX));
                self.slots[i].saturating_since(now)
            }
        }
    }
}

/// A served attempt, as the limiter sees it.
#[derive(Clone, Copy, Debug)]
pub struct Completion {
    /// Its colour on arrival.
    pub color: Color,
    /// What it was charged as.
    pub cost: Cost,
    /// What it truly was.
    pub served: Served,
    /// Its output tokens.
    pub output: u32,
}

/// A question for the reset value.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// What the same request would cost.
    pub cost: Cost,
    /// The binding resource of a 429.
    pub limited: Option<Resource>,
    /// Whether the response is an error.
    pub failed: bool,
    /// How the value is computed for this response.
    pub mode: ResetMode,
    /// The model's waiting work over its service rate; read in mode `model` only.
    pub backlog: Span,
}
