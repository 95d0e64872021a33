//! The smoothing buffer of a model: green before red, inside a colour by its discipline, bounded by how long an attempt waits, not by how many do. Work for spare capacity waits behind both, without bound.

use super::attempt::{Attempt, Attempts, Id, State};
use super::config::{BufferConfig, Discipline};
use super::fair::Turns;
use crate::chain::{Chain, Links};
use crate::limit::pair::Color;
use crate::units::{SimTime, Span};

/// A class of waiting attempts; lower is served first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Within the rate, or everybody where the colour only labels.
    First,
    /// Above the rate.
    Second,
    /// Work for spare capacity: behind everybody, for as long as it takes.
    Third,
}

/// The buffer.
#[derive(Clone, Debug)]
pub struct Buffer {
    /// In order of arrival.
    queues: [Chain; 3],
    /// Where orgs take turns: those of the first two classes.
    turns: Option<Box<[Turns; 2]>>,
    links: Links,
    /// The drop timer is running.
    armed: bool,
    max_wait: Span,
    one_queue: bool,
}

impl Buffer {
    /// An empty buffer; with `one_queue` colours wait together.
    pub fn new(config: &BufferConfig, one_queue: bool) -> Buffer {
        Buffer {
            queues: [Chain::default(); 3],
            turns: (config.discipline == Discipline::Fair).then(Default::default),
            links: Links::default(),
            armed: false,
            max_wait: config.max_wait,
            one_queue,
        }
    }

    /// The pairs from `first` on, up to the first of the next call, have this weight.
    pub fn join(&mut self, first: u32, weight: f64) {
        self.turns.iter_mut().flat_map(|turns| turns.iter_mut()).for_each(|turns| turns.join(first, weight));
    }

    /// The class of a colour.
    pub fn class(&self, color: Color) -> Class {
        if self.one_queue || color == Color::Green { Class::First } else { Class::Second }
    }

    /// The class of an attempt.
    fn class_of(&self, attempt: &Attempt) -> Class {
        if attempt.work.spare { Class::Third } else { self.class(attempt.color) }
    }

    /// How many wait, work for spare capacity left out.
    pub fn len(&self) -> u32 {
        self.queues[0].len() + self.queues[1].len()
    }

    /// True if nobody waits, work for spare capacity left out.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much work for spare capacity waits.
    pub fn len_spare(&self) -> u32 {
        self.queues[2].len()
    }

    /// How many would be served before a newcomer of this class; where orgs take turns nobody knows, and all of
    /// its class count.
    pub fn ahead_of(&self, class: Class) -> u32 {
        match class {
            Class::First => self.queues[0].len(),
            Class::Second => self.len(),
            Class::Third => self.len() + self.len_spare(),
        }
    }

    /// Take in an attempt; the instant the drop timer must be set for, if it is not running.
    pub fn push(&mut self, now: SimTime, id: Id, attempts: &mut Attempts) -> Option<SimTime> {
        let class = self.class_of(&attempts[id]);
        attempts[id].state = State::Waiting;
        self.queues[class as usize].push(id, &mut self.links);
        if let Some(turns) = self.turns_of(class) {
            let (pair, cost) = (attempts[id].work.pair, attempts[id].cost.tokens);
            attempts[id].flow = turns.push(id, pair, cost);
        }
        if class == Class::Third || self.max_wait == Span::MAX || std::mem::replace(&mut self.armed, true) {
            return None;
        }
        Some(now + self.max_wait)
    }

    /// Who would be served next, without being taken out, work for spare capacity left out.
    #[inline]
    pub fn next(&mut self, attempts: &Attempts) -> Option<Id> {
        if self.is_empty() {
            return None;
        }
        let queue = usize::from(self.queues[0].is_empty());
        match &mut self.turns {
            Some(turns) => turns[queue].turn(|id| attempts[id].cost.tokens),
            None => self.queues[queue].head(),
        }
    }

    /// The work for spare capacity that would be served next.
    pub fn next_spare(&self) -> Option<Id> {
        self.queues[Class::Third as usize].head()
    }

    /// Work for spare capacity has lost its slot and waits again, before all others of its class.
    pub fn take_back(&mut self, id: Id, attempts: &mut Attempts) {
        assert!(attempts[id].work.spare, "only work for spare capacity is taken back");
        attempts[id].state = State::Waiting;
        self.queues[Class::Third as usize].push_front(id, &mut self.links);
    }

    /// Take out the next, which is served.
    #[inline]
    pub fn serve(&mut self, id: Id, attempts: &mut Attempts) {
        let class = self.class_of(&attempts[id]);
        if let Some(turns) = self.turns_of(class) {
            turns.pay(attempts[id].cost.tokens);
        }
        self.remove(id, attempts);
    }

    /// Who takes turns in a class.
    fn turns_of(&mut self, class: Class) -> Option<&mut Turns> {
        self.turns.as_mut()?.get_mut(class as usize)
    }

    /// Take out one that waits.
    #[inline]
    pub fn remove(&mut self, id: Id, attempts: &mut Attempts) {
        let attempt = &mut attempts[id];
        assert!(attempt.state == State::Waiting, "only a waiting attempt leaves the buffer");
        attempt.state = State::Away;
        let class = self.class_of(attempt);
        self.queues[class as usize].remove(id, &mut self.links);
        if let Some(turns) = self.turns_of(class) {
            turns.remove(id, attempts[id].flow);
        }
    }

    /// The drop timer rang: the attempt that has waited `max_wait`, if there is one, and the instant to ring
    /// again. One at a time, so that what its client does at once comes before the next drop of the instant.
    pub fn expired(&mut self, now: SimTime, attempts: &mut Attempts) -> (Option<Id>, Option<SimTime>) {
        let head = self.oldest(attempts).filter(|&id| attempts[id].arrived + self.max_wait <= now);
        if let Some(id) = head {
            self.remove(id, attempts);
        }
        let next = self.oldest(attempts).map(|id| attempts[id].arrived + self.max_wait);
        self.armed = next.is_some();
        (head, next)
    }

    /// Who has waited longest of those that are dropped, whatever the colour.
    fn oldest(&self, attempts: &Attempts) -> Option<Id> {
        self.queues[..2].iter().filter_map(Chain::head).min_by_key(|&id| attempts[id].ordinal)
    }
}
