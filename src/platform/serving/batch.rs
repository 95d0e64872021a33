//! One replica's batch, in virtual time: generalised processor sharing (Parekh and Gallager 1993), exact, with
//! O(log n) work for each change.
//!
//! V(t) is the number of steps that a sequence which never left would have had. A sequence that starts to decode
//! at V is done at V + output, whatever joins or leaves meanwhile, so a heap of those levels knows who is next,
//! and only the next has an event. V is a fixed-point number, counted down to 2⁻⁴⁸ of a step, and moves only when
//! something happens on the replica: looking at it changes nothing, and it does not drift.

use super::batching::Batching;
use super::stay::Stay;
use crate::platform::attempt::{Attempts, Id, State};
use crate::units::{SimTime, Span};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Binary places of virtual time below a step.
const PLACES: u32 = 48;

/// An attempt by its ordinal, which is never used again; who has left is passed over.
type Member = (u64, Id);

/// A prefill pass under way.
#[derive(Clone, Copy, Debug)]
struct Pass {
    began: SimTime,
    /// Work left at `since`, in nanoseconds of an unslowed replica.
    left_ns: f64,
    since: SimTime,
    ends: SimTime,
}

/// The sequences of one replica.
#[derive(Clone, Debug)]
pub struct Batch {
    slowdown: f64,
    /// Prompt + output tokens of all that are here.
    tokens: u64,
    /// V at `since`.
    virtual_time: u128,
    since: SimTime,
    /// A step's length with those who decode now.
    step_ns: u64,
    decoding: u32,
    levels: BinaryHeap<Reverse<(u128, u64, Id)>>,
    pass: Option<Pass>,
    in_pass: Vec<Member>,
    queued: Vec<Member>,
    /// When something happens next, as was said last, and how often it was said.
    due: SimTime,
    version: u8,
}

fn is_here(attempts: &Attempts, (ordinal, id): Member) -> bool {
    attempts[id].ordinal == ordinal && attempts[id].state == State::InService
}

impl Batch {
    /// An idle replica.
    pub fn new(slowdown: f64) -> Batch {
        Batch {
            slowdown,
            tokens: 0,
            virtual_time: 0,
            since: SimTime::ZERO,
            step_ns: 1,
            decoding: 0,
            levels: BinaryHeap::new(),
            pass: None,
            in_pass: Vec::new(),
            queued: Vec::new(),
            due: SimTime::NEVER,
            version: 0,
        }
    }

    /// Prompt + output tokens of all that are here.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// What was said last of the instant something happens.
    pub fn is_due(&self, now: SimTime, version: u8) -> bool {
        self.due == now && self.version == version
    }

    /// An attempt is admitted. A pass that began at this very instant takes it in.
    pub fn admit(&mut self, now: SimTime, id: Id, engine: &Batching, attempts: &mut Attempts) {
        self.tokens += attempts[id].work.tokens();
        let member = (attempts[id].ordinal, id);
        match &mut self.pass {
            Some(pass) if pass.began < now => {
                *attempts.stay(id) = Stay::ADMITTED;
                self.queued.push(member);
            }
            Some(pass) => {
                *attempts.stay(id) = Stay { computing: true, ..Stay::ADMITTED };
                pass.left_ns += engine.per_prompt_token_ns as f64 * f64::from(attempts[id].work.prompt);
                pass.ends = end_of(pass, self.slowdown);
                self.in_pass.push(member);
            }
            None => {
                *attempts.stay(id) = Stay::ADMITTED;
                self.queued.push(member);
                self.begin_pass(now, engine, attempts);
            }
        }
    }

    /// An attempt leaves, done or withdrawn. A pass it is part of goes on as it was planned.
    pub fn leave(&mut self, now: SimTime, id: Id, engine: &Batching, attempts: &mut Attempts) {
        self.tokens -= attempts[id].work.tokens();
        if attempts.stay(id).prefilled == SimTime::NEVER {
            return;
        }
        self.advance(now);
        self.set_decoding(self.decoding - 1, engine);
        // Those who left before they were done: take them out before they are the majority.
        if self.levels.len() > 2 * self.decoding as usize + 16 {
            self.levels
                .retain(|&Reverse((_, ordinal, other))| other != id && is_here(attempts, (ordinal, other)));
        }
    }

    /// Tokens made of an attempt that decodes.
    pub fn output_made(&self, now: SimTime, stay: &Stay, output: u32) -> u32 {
        let left = stay.finish.saturating_sub(self.virtual_time_at(now)).div_ceil(1 << PLACES);
        output.saturating_sub(u32::try_from(left).unwrap_or(u32::MAX))
    }

    /// Something is due: the end of a pass, or somebody is done, who is returned and must now leave.
    pub fn turn(&mut self, now: SimTime, engine: &Batching, attempts: &mut Attempts) -> Option<Id> {
        self.advance(now);
        // Whoever was done when a pass began at this instant is.
        if let Some((level, id)) = self.next(attempts).filter(|&(level, _)| level <= self.virtual_time) {
            debug_assert_eq!(level, attempts.stay(id).finish);
            self.levels.pop();
            return Some(id);
        }
        if self.pass.is_some_and(|pass| pass.ends <= now) {
            self.end_pass(now, engine, attempts);
        }
        None
    }

    /// Steps and passes take `slowdown` times as long from now on.
    pub fn set_slowdown(&mut self, now: SimTime, slowdown: f64, engine: &Batching) {
        self.advance(now);
        if let Some(pass) = &mut self.pass {
            let done_ns = (now - pass.since).as_ns() as f64 / self.slowdown;
            pass.left_ns = (pass.left_ns - done_ns).max(0.0);
            pass.since = now;
            pass.ends = end_of(pass, slowdown);
        }
        self.slowdown = slowdown;
        self.set_decoding(self.decoding, engine);
    }

    /// Everything here is lost.
    pub fn lose(&mut self) {
        let (slowdown, version) = (self.slowdown, self.version);
        *self = Batch { version, ..Batch::new(slowdown) };
    }

    /// The instant something happens next, if that is another than was said, and the version of saying so.
    pub fn reschedule(&mut self, now: SimTime, attempts: &mut Attempts) -> Option<(SimTime, u8)> {
        let due = self.next_due(now, attempts);
        // What was due now has been worked on: what is due now again must be said again.
        if due == self.due && due != now {
            return None;
        }
        self.due = due;
        self.version = self.version.wrapping_add(1);
        (due != SimTime::NEVER).then_some((due, self.version))
    }

    fn next_due(&mut self, now: SimTime, attempts: &Attempts) -> SimTime {
        let next = self.next(attempts);
        let reached = self.virtual_time_at(now);
        match (next, &self.pass) {
            (Some((level, _)), _) if level <= reached => now,
            (_, Some(pass)) => pass.ends,
            (Some((level, _)), None) => {
                let steps = (level - self.virtual_time).checked_mul(u128::from(self.step_ns));
                let ns = steps.map(|steps| steps.div_ceil(1 << PLACES)).and_then(|ns| u64::try_from(ns).ok());
                ns.map_or(SimTime::NEVER, |ns| self.since.saturating_add(Span::from_ns(ns)))
            }
            (None, None) => SimTime::NEVER,
        }
    }

    /// The level of the next to be done, and who that is.
    fn next(&mut self, attempts: &Attempts) -> Option<(u128, Id)> {
        while let Some(&Reverse((level, ordinal, id))) = self.levels.peek() {
            if is_here(attempts, (ordinal, id)) {
                return Some((level, id));
            }
            self.levels.pop();
        }
        None
    }

    fn virtual_time_at(&self, now: SimTime) -> u128 {
        if self.pass.is_some() || self.decoding == 0 {
            return self.virtual_time;
        }
        let elapsed = u128::from((now - self.since).as_ns());
        self.virtual_time + (elapsed << PLACES) / u128::from(self.step_ns)
    }

    fn advance(&mut self, now: SimTime) {
        self.virtual_time = self.virtual_time_at(now);
        self.since = now;
    }

    fn set_decoding(&mut self, decoding: u32, engine: &Batching) {
        self.decoding = decoding;
        let step_ns = engine.unslowed_step_ns(f64::from(decoding)) * self.slowdown;
        // A cast saturates: a step may take longer than all time, but never no time.
        self.step_ns = ((step_ns + 0.5) as u64).max(1);
    }

    /// Those who are queued are prefilled together.
    fn begin_pass(&mut self, now: SimTime, engine: &Batching, attempts: &mut Attempts) {
        self.advance(now);
        std::mem::swap(&mut self.in_pass, &mut self.queued);
        self.in_pass.retain(|&member| is_here(attempts, member));
        let mut prompts = 0.0;
        for &(_, id) in &self.in_pass {
            attempts.stay(id).computing = true;
            prompts += f64::from(attempts[id].work.prompt);
        }
        if self.in_pass.is_empty() {
            return;
        }
        let left_ns = engine.unslowed_pass_ns(prompts);
        let mut pass = Pass { began: now, left_ns, since: now, ends: now };
        pass.ends = end_of(&pass, self.slowdown);
        self.pass = Some(pass);
    }

    /// A pass is over: its members decode, and who came meanwhile is prefilled next.
    fn end_pass(&mut self, now: SimTime, engine: &Batching, attempts: &mut Attempts) {
        self.pass = None;
        self.since = now;
        if self.decoding == 0 {
            self.virtual_time = 0;
            self.levels.clear();
        }
        let mut decoding = self.decoding;
        for i in 0..self.in_pass.len() {
            let member @ (ordinal, id) = self.in_pass[i];
            if !is_here(attempts, member) {
                continue;
            }
            let finish = self.virtual_time + (u128::from(attempts[id].work.output) << PLACES);
            let stay = attempts.stay(id);
            (stay.prefilled, stay.finish) = (now, finish);
            self.levels.push(Reverse((finish, ordinal, id)));
            decoding += 1;
        }
        self.in_pass.clear();
        self.set_decoding(decoding, engine);
        if !self.queued.is_empty() {
            self.begin_pass(now, engine, attempts);
        }
    }
}

/// When a pass ends at a speed; beyond all time is never.
fn end_of(pass: &Pass, slowdown: f64) -> SimTime {
    pass.since.saturating_add(Span::from_ns((pass.left_ns * slowdown).ceil() as u64))
}
