//! The smoothing buffer of a model: green before red, first come first served inside a colour, bounded by
//! how long an attempt waits, not by how many do.

use super::attempt::{Attempts, Id, NONE, State};
use crate::limit::pair::Color;
use crate::units::{SimTime, Span};

/// A class of waiting attempts; lower is served first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Within the rate, or everybody where the colour only labels.
    First,
    /// Above the rate.
    Second,
}

/// Both classes, in serving order.
pub const CLASSES: [Class; 2] = [Class::First, Class::Second];

/// A first-in-first-out list through the attempts themselves: any member leaves in O(1).
#[derive(Clone, Copy, Debug)]
struct Fifo {
    head: Id,
    tail: Id,
    len: u32,
}

impl Fifo {
    const EMPTY: Fifo = Fifo { head: NONE, tail: NONE, len: 0 };

    fn push(&mut self, id: Id, attempts: &mut Attempts) {
        attempts[id].previous = self.tail;
        attempts[id].next = NONE;
        match self.tail {
            NONE => self.head = id,
            tail => attempts[tail].next = id,
        }
        self.tail = id;
        self.len += 1;
    }

    fn unlink(&mut self, id: Id, attempts: &mut Attempts) {
        let (previous, next) = (attempts[id].previous, attempts[id].next);
        match previous {
            NONE => self.head = next,
            p => attempts[p].next = next,
        }
        match next {
            NONE => self.tail = previous,
            n => attempts[n].previous = previous,
        }
        self.len -= 1;
    }
}

/// The buffer.
#[derive(Clone, Debug)]
pub struct Buffer {
    queues: [Fifo; 2],
    /// The drop timer of a class is running.
    armed: [bool; 2],
    max_wait: Span,
    one_queue: bool,
}

impl Buffer {
    /// An empty buffer that drops what has waited `max_wait`; with `one_queue` colours wait together.
    pub fn new(max_wait: Span, one_queue: bool) -> Buffer {
        Buffer { queues: [Fifo::EMPTY; 2], armed: [false; 2], max_wait, one_queue }
    }

    /// The class of a colour.
    pub fn class(&self, color: Color) -> Class {
        if self.one_queue || color == Color::Green { Class::First } else { Class::Second }
    }

    /// How many wait.
    pub fn len(&self) -> u32 {
        self.queues[0].len + self.queues[1].len
    }

    /// True if nobody waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many would be served before a newcomer of this class.
    pub fn ahead_of(&self, class: Class) -> u32 {
        match class {
            Class::First => self.queues[0].len,
            Class::Second => self.len(),
        }
    }

    /// Take in an attempt; the instant its class's drop timer must be set for, if it is not running.
    pub fn push(&mut self, now: SimTime, id: Id, attempts: &mut Attempts) -> Option<(Class, SimTime)> {
        let class = self.class(attempts[id].color);
        attempts[id].state = State::Waiting;
        self.queues[class as usize].push(id, attempts);
        if self.max_wait == Span::MAX || std::mem::replace(&mut self.armed[class as usize], true) {
            return None;
        }
        Some((class, now + self.max_wait))
    }

    /// The next to serve.
    pub fn pop(&mut self, attempts: &mut Attempts) -> Option<Id> {
        let class = CLASSES.into_iter().find(|&c| self.queues[c as usize].len > 0)?;
        let id = self.queues[class as usize].head;
        self.queues[class as usize].unlink(id, attempts);
        attempts[id].state = State::Away;
        Some(id)
    }

    /// Take out one that waits.
    pub fn remove(&mut self, id: Id, attempts: &mut Attempts) {
        assert!(attempts[id].state == State::Waiting, "only a waiting attempt leaves the buffer");
        let class = self.class(attempts[id].color);
        self.queues[class as usize].unlink(id, attempts);
        attempts[id].state = State::Away;
    }

    /// The drop timer of a class rang: the next attempt that has waited `max_wait`, or `None` and the
    /// instant to ring again. Call until `None`.
    pub fn expired(&mut self, now: SimTime, class: Class, attempts: &mut Attempts) -> Result<Id, Option<SimTime>> {
        let head = self.queues[class as usize].head;
        if head == NONE {
            self.armed[class as usize] = false;
            return Err(None);
        }
        let due = attempts[head].arrived + self.max_wait;
        if due > now {
            return Err(Some(due));
        }
        self.queues[class as usize].unlink(head, attempts);
        attempts[head].state = State::Away;
        Ok(head)
    }
}
