//! Two expressions as one list of steps, run side by side: requests in the first lane, tokens in the second.
//!
//! Both resources know the same quantities, each its own values. So a step works on both lanes at once, and what
//! the two expressions share, all of it in the usual case that they are alike, is one step, not two.
//!
//! What made it fast, in ns of a run of the shipped formula for both resources, its quantities written and its
//! result divided (an AMD EPYC; `benches/laws.rs` has the whole look, which was 44 ns with a program for each
//! expression and 30 with one for both):
//!
//! | | from | to |
//! |---|---|---|
//! | numbers stand lane by lane ([`Frame`]), read as wide as written | 31 | 16 |
//! | a step takes the value of the step before from a register | 16 | 14 |
//! | two operations in one step, and only those quantities written that are read | 14 | 12 |
//! | the last step's value is the result without a way through the frame | 12 | 11 |
//!
//! A byte names a place, so that no access needs a check; what calls the mathematical library stands apart, so that
//! the rest stays in vector registers.

use super::op::{Fast, Op};
use super::{Expression, Node};
use std::collections::BTreeMap;

/// A number for each of the two expressions.
pub type Lanes = [f64; 2];

/// Places in a frame. All that a byte can name, so that none needs to be checked as a step runs.
const PLACES: usize = 256;

/// Where a program runs: quantity i stands at place i, then the constants, then what the steps have found.
///
/// Lane by lane, not place by place: a number is then read as wide as it was written. A pair read at once that was
/// written one by one waits until both writes have left the processor's store buffer.
#[derive(Clone, Debug)]
pub struct Frame(Box<[[f64; PLACES]; 2]>);

impl Frame {
    /// Write quantity `i`.
    #[inline]
    pub fn set(&mut self, i: usize, value: Lanes) {
        (self.0[0][i], self.0[1][i]) = (value[0], value[1]);
    }

    #[inline(always)]
    fn get(&self, place: u8) -> Lanes {
        [0, 1].map(|lane| self.0[lane][usize::from(place)])
    }
}

/// What a step does. Of the fast ones some find an argument in a register still: the value of the step before.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Any(Op),
    Fast(Fast),
    FirstCarried(Fast),
    SecondCarried(Fast),
}

/// An act, and places in the frame: three arguments and the result.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    act: Act,
    from: [u8; 3],
    to: u8,
}

/// Two expressions, ready to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    constants: Vec<(u8, f64)>,
    steps: Vec<Step>,
    results: [u8; 2],
    /// Whether the last step's value is the result in both lanes.
    ends_in_both: bool,
    /// Bit i: it reads quantity i.
    reads: u32,
}

impl Program {
    /// The program of two expressions over `quantities` names; one that is not there has no value of its own.
    /// `None` if both together have more constants and values at a time than a frame has places.
    pub fn of(expressions: [Option<&Expression>; 2], quantities: usize) -> Option<Program> {
        let mut values = Values::default();
        let results = expressions.map(|expression| expression.map(|expression| values.take_in(expression)));
        let reads = expressions.iter().flatten().fold(0, |reads, expression| reads | expression.reads);
        values.join(&results);
        values.program(results, quantities, reads)
    }

    /// How many steps it takes.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether one of the expressions names quantity `i`.
    #[inline]
    pub fn reads(&self, i: usize) -> bool {
        self.reads >> i & 1 == 1
    }

    /// Whether one of the expressions names one of these quantities, a bit each.
    #[inline]
    pub fn reads_any(&self, quantities: u32) -> bool {
        self.reads & quantities != 0
    }

    /// A frame to run in, whose quantities are to be written before a run.
    pub fn frame(&self) -> Frame {
        let mut frame = Frame(Box::new([[0.0; PLACES]; 2]));
        self.constants.iter().for_each(|&(place, value)| frame.set(usize::from(place), [value; 2]));
        frame
    }

    /// The value of each expression at the quantities of its lane.
    #[inline]
    pub fn run(&self, frame: &mut Frame) -> Lanes {
        let mut value = [0.0; 2];
        for &Step { act, from: [a, b, c], to } in &self.steps {
            value = match act {
                Act::Fast(fast) => fast.apply(frame.get(a), frame.get(b), || frame.get(c)),
                Act::FirstCarried(fast) => fast.apply(value, frame.get(b), || frame.get(c)),
                Act::SecondCarried(fast) => fast.apply(frame.get(a), value, || frame.get(c)),
                // Not apart as a whole: a pair of numbers is returned through memory, and would stay there.
                Act::Any(op) => {
                    let [a, b, c] = [a, b, c].map(|place| frame.get(place));
                    [0, 1].map(|lane| op.apply(a[lane], b[lane], c[lane]))
                }
            };
            frame.set(usize::from(to), value);
        }
        if self.ends_in_both {
            return value;
        }
        [0, 1].map(|lane| frame.0[lane][usize::from(self.results[lane])])
    }
}

/// A value by what it is, so that equal ones are one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Quantity(u8),
    Constant(u64),
    Any(Op, [u16; 3]),
    Fast(Fast, [u16; 3]),
    /// Made within another.
    Joined,
}

impl Value {
    /// The values that it is made of, each once.
    fn parts(&self) -> impl Iterator<Item = usize> {
        let mut parts = match *self {
            Value::Any(_, from) | Value::Fast(_, from) => from.to_vec(),
            _ => Vec::new(),
        };
        parts.sort_unstable();
        parts.dedup();
        parts.into_iter().map(usize::from)
    }
}

/// All values that a program needs, in an order in which each comes after those that it is made of.
#[derive(Default)]
struct Values {
    list: Vec<Value>,
    found: BTreeMap<Value, u16>,
}

impl Values {
    /// Number the values that an expression needs; the number of its result.
    fn take_in(&mut self, expression: &Expression) -> u16 {
        let nodes = &expression.nodes;
        let mut is_needed = vec![false; nodes.len()];
        is_needed[usize::from(expression.result)] = true;
        for (i, node) in nodes.iter().enumerate().rev() {
            if let (true, Node::Apply(_, from)) = (is_needed[i], node) {
                from.iter().for_each(|&node| is_needed[usize::from(node)] = true);
            }
        }
        let mut numbers = vec![0; nodes.len()];
        for (i, node) in nodes.iter().enumerate().filter(|(i, _)| is_needed[*i]) {
            let value = match *node {
                Node::Quantity(i) => Value::Quantity(i),
                Node::Constant(value) => Value::Constant(value.to_bits()),
                Node::Apply(op, from) => {
                    let from = from.map(|node| numbers[usize::from(node)]);
                    op.fast().map_or(Value::Any(op, from), |fast| Value::Fast(fast, from))
                }
            };
            numbers[i] = *self.found.entry(value).or_insert_with(|| {
                self.list.push(value);
                (self.list.len() - 1) as u16
            });
        }
        numbers[usize::from(expression.result)]
    }

    /// Make one operation of two, where the first is for the second alone.
    fn join(&mut self, results: &[Option<u16>; 2]) {
        let mut users = vec![0; self.list.len()];
        for value in &self.list {
            value.parts().for_each(|part| users[part] += 1);
        }
        results.iter().flatten().for_each(|&value| users[usize::from(value)] += 1);
        for i in 0..self.list.len() {
            let Value::Fast(next, [x, y, _]) = self.list[i] else { continue };
            if x == y {
                continue;
            }
            for (inner, other, is_left) in [(x, y, true), (y, x, false)] {
                let Value::Fast(fast, [a, b, _]) = self.list[usize::from(inner)] else { continue };
                if let (1, Some(both)) = (users[usize::from(inner)], fast.then(next, is_left)) {
                    self.list[i] = Value::Fast(both, [a, b, other]);
                    self.list[usize::from(inner)] = Value::Joined;
                    break;
                }
            }
        }
    }

    /// Give every value a place; that of a step's value is used again once nobody needs the value.
    fn program(&self, results: [Option<u16>; 2], quantities: usize, reads: u32) -> Option<Program> {
        let mut last_use = vec![0; self.list.len()];
        for (i, value) in self.list.iter().enumerate() {
            value.parts().for_each(|part| last_use[part] = i);
        }
        results.iter().flatten().for_each(|&value| last_use[usize::from(value)] = usize::MAX);

        let mut free: Vec<u8> = (quantities..PLACES).rev().map(|place| place as u8).collect();
        let mut places = vec![0u8; self.list.len()];
        let (mut constants, mut steps): (_, Vec<Step>) = (Vec::new(), Vec::new());
        // Constants first: their places are never used again.
        for (i, value) in self.list.iter().enumerate() {
            if let Value::Constant(bits) = *value {
                places[i] = free.pop()?;
                constants.push((places[i], f64::from_bits(bits)));
            }
        }
        for (i, value) in self.list.iter().enumerate() {
            let (mut act, from) = match *value {
                Value::Constant(_) | Value::Joined => continue,
                Value::Quantity(quantity) => {
                    places[i] = quantity;
                    continue;
                }
                Value::Any(op, from) => (Act::Any(op), from),
                Value::Fast(fast, from) => (Act::Fast(fast), from),
            };
            let from = from.map(|part| places[usize::from(part)]);
            if let (Act::Fast(fast), Some(before)) = (act, steps.last()) {
                if before.to == from[0] {
                    act = Act::FirstCarried(fast);
                } else if before.to == from[1] {
                    act = Act::SecondCarried(fast);
                }
            }
            let is_done = |&part: &usize| {
                last_use[part] == i && matches!(self.list[part], Value::Any(..) | Value::Fast(..))
            };
            free.extend(value.parts().filter(is_done).map(|part| places[part]));
            places[i] = free.pop()?;
            steps.push(Step { act, from, to: places[i] });
        }
        let place = |result: Option<u16>| result.map(|value| places[usize::from(value)]);
        let last = steps.last().map(|step| step.to);
        let ends_in_both =
            last.is_some() && results.iter().all(|&result| result.is_none() || place(result) == last);
        let results = results.map(|result| place(result).unwrap_or(0));
        Some(Program { constants, steps, results, ends_in_both, reads })
    }
}
