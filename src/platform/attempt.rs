//! An attempt as the platform holds it, and the table of all of them.

use super::serving::stay::Stay;
use crate::limit::pair::{Color, Cost};
use crate::units::{SimTime, Span};

/// Index of an attempt in [`Attempts`]; given by the caller, reused after the attempt has ended.
pub use crate::chain::Id;

/// What an attempt asks for: what stays of it for as long as it is at the platform.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Index of its (org, model).
    pub pair: u32,
    /// Index of its model.
    pub model: u32,
    /// Prompt tokens.
    pub prompt: u32,
    /// Output tokens it will make.
    pub output: u32,
    /// Service time on an unslowed replica, drawn at birth.
    pub service: Span,
    /// The part of it before the first token, where the engine has one.
    pub prefill: Option<Span>,
    /// Work for spare capacity: not metered, served after everybody else, and never refused or dropped.
    pub spare: bool,
}

impl Work {
    /// Prompt + output tokens.
    #[inline]
    pub fn tokens(&self) -> u64 {
        u64::from(self.prompt) + u64::from(self.output)
    }
}

/// What an arriving attempt brings.
#[derive(Clone, Copy, Debug)]
pub struct Arriving {
    /// What it asks for.
    pub work: Work,
    /// The most output it may make.
    pub max_tokens: u32,
    /// Mean output the workload is configured for: what to expect until the first success.
    pub expected_output: f64,
    /// A uniform draw of its own on [0, 1), which decides whether it fails at random; any number where nothing
    /// does.
    pub luck: f64,
}

/// Where an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not at the platform: the entry is free, or its answer is on the way.
    Away,
    /// In the smoothing buffer.
    Waiting,
    /// Work for spare capacity that no replica can hold: there until its client withdraws it.
    Stranded,
    /// On a replica.
    InService,
}

/// An attempt at the platform.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// What it asks for.
    pub work: Work,
    /// Its colour, kept while it waits.
    pub color: Color,
    /// What it was metered as.
    pub cost: Cost,
    /// Where it is.
    pub state: State,
    /// Its client is gone: served in vain.
    pub abandoned: bool,
    /// When it reached the platform.
    pub arrived: SimTime,
    /// How many reached it before: settles the order of those that came at one instant.
    pub ordinal: u64,
    /// When service began.
    pub started: SimTime,
    /// When service ends, unless the model's speed changes.
    pub completes: SimTime,
    /// The unslowed service still to come, while that is beyond all time; what is done meanwhile is nothing.
    pub frozen: Span,
    /// Counts how often that was said under this id, so that what was said before is known to be void.
    pub version: u16,
    /// The replica that serves it.
    pub replica: u32,
    /// While it waits and orgs take turns: the number of its org among those that wait.
    pub flow: u32,
}

impl Attempt {
    /// An attempt that arrives now, after so many others.
    #[inline]
    fn new(now: SimTime, work: Work, ordinal: u64) -> Attempt {
        Attempt {
            work,
            color: Color::Green,
            cost: Cost { tokens: 0.0 },
            state: State::Away,
            abandoned: false,
            arrived: now,
            ordinal,
            started: SimTime::NEVER,
            completes: SimTime::NEVER,
            frozen: Span::ZERO,
            version: 0,
            replica: 0,
            flow: 0,
        }
    }

    /// Arrival to first token, if the engine has one; at the speed of the whole service.
    pub fn first_token(&self) -> Option<Span> {
        let prefill = self.work.prefill?;
        let stretch = (self.completes - self.started).as_secs_f64() / self.work.service.as_secs_f64();
        Some((self.started - self.arrived) + prefill.scale(stretch))
    }

    /// Service ends at `completes`, whatever was said before.
    #[inline]
    pub fn schedule(&mut self, completes: SimTime) {
        self.completes = completes;
        self.version = self.version.wrapping_add(1);
    }
}

/// All attempts, by id.
#[derive(Clone, Debug, Default)]
pub struct Attempts {
    entries: Vec<Attempt>,
    entered: u64,
    /// Of those on a replica that batches.
    stays: Vec<Stay>,
}

impl Attempts {
    /// Enter an attempt that arrives now under `id`; ids grow one by one at first and are then reused.
    #[inline]
    pub fn enter(&mut self, now: SimTime, id: Id, work: Work) -> &mut Attempt {
        if self.entries.len() <= id as usize {
            self.lengthen(id, work);
        }
        let attempt = Attempt::new(now, work, self.entered);
        self.entered += 1;
        let entry = &mut self.entries[id as usize];
        assert!(entry.state == State::Away, "an id is reused only after its attempt has ended");
        *entry = Attempt { version: entry.version, ..attempt };
        entry
    }

    /// Entries up to this id; those between are of requests that have not reached the platform yet.
    #[cold]
    fn lengthen(&mut self, id: Id, work: Work) {
        self.entries.resize(id as usize + 1, Attempt::new(SimTime::ZERO, work, 0));
    }

    /// What the batch remembers of an attempt on it.
    #[inline]
    pub fn stay(&mut self, id: Id) -> &mut Stay {
        if self.stays.len() <= id as usize {
            self.stays.resize(id as usize + 1, Stay::ADMITTED);
        }
        &mut self.stays[id as usize]
    }

    /// The end of the prefill pass of an attempt that a batch has served.
    pub fn prefilled(&self, id: Id) -> SimTime {
        self.stays.get(id as usize).map_or(SimTime::NEVER, |stay| stay.prefilled)
    }

    /// The ids of the `count` attempts of a model in service, in the order they arrived. It looks through the
    /// table until it has them all, which is rare enough to keep no list.
    pub fn in_service(&self, model: u32, count: u32) -> Vec<Id> {
        let serving = |a: &Attempt| a.state == State::InService && a.work.model == model;
        let all = (0..self.entries.len() as Id).filter(|&id| serving(&self[id]));
        let mut ids: Vec<Id> = all.take(count as usize).collect();
        ids.sort_by_key(|&id| self[id].ordinal);
        ids
    }
}

impl std::ops::Index<Id> for Attempts {
    type Output = Attempt;
    #[inline]
    fn index(&self, id: Id) -> &Attempt {
        &self.entries[id as usize]
    }
}

impl std::ops::IndexMut<Id> for Attempts {
    #[inline]
    fn index_mut(&mut self, id: Id) -> &mut Attempt {
        &mut self.entries[id as usize]
    }
}
