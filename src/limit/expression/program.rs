//! Two expressions as one list of steps, run side by side: requests in the first lane, tokens in the second.
//!
//! Both resources know the same quantities, each its own values. So a step works on both lanes at once, and what
//! the two expressions share, all of it in the usual case that they are alike, is one step, not two.

use super::op::Op;
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

/// Places in the frame: three arguments and the result.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    op: Op,
    from: [u8; 3],
    to: u8,
}

/// Two expressions, ready to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    constants: Vec<(u8, f64)>,
    steps: Vec<Step>,
    results: [u8; 2],
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
        values.program(results, quantities, reads)
    }

    /// Whether one of the expressions names quantity `i`.
    #[inline]
    pub fn reads(&self, i: usize) -> bool {
        self.reads >> i & 1 == 1
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
        for &Step { op, from: [a, b, c], to } in &self.steps {
            let value = op.apply(frame.get(a), frame.get(b), || frame.get(c));
            frame.set(usize::from(to), value);
        }
        [0, 1].map(|lane| frame.0[lane][usize::from(self.results[lane])])
    }
}

/// A value by what it is, so that equal ones are one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Quantity(u8),
    Constant(u64),
    Apply(Op, [u16; 3]),
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
                Node::Apply(op, from) => Value::Apply(op, from.map(|node| numbers[usize::from(node)])),
            };
            numbers[i] = *self.found.entry(value).or_insert_with(|| {
                self.list.push(value);
                (self.list.len() - 1) as u16
            });
        }
        numbers[usize::from(expression.result)]
    }

    /// Give every value a place; that of a step's value is used again once nobody needs the value.
    fn program(&self, results: [Option<u16>; 2], quantities: usize, reads: u32) -> Option<Program> {
        let mut last_use = vec![0; self.list.len()];
        for (i, value) in self.list.iter().enumerate() {
            if let Value::Apply(_, from) = value {
                from.iter().for_each(|&value| last_use[usize::from(value)] = i);
            }
        }
        results.iter().flatten().for_each(|&value| last_use[usize::from(value)] = usize::MAX);

        let mut free: Vec<u8> = (quantities..PLACES).rev().map(|place| place as u8).collect();
        let mut places = vec![0u8; self.list.len()];
        let (mut constants, mut steps) = (Vec::new(), Vec::new());
        // Constants first: their places are never used again.
        for (i, value) in self.list.iter().enumerate() {
            if let Value::Constant(bits) = *value {
                places[i] = free.pop()?;
                constants.push((places[i], f64::from_bits(bits)));
            }
        }
        for (i, value) in self.list.iter().enumerate() {
            match *value {
                Value::Constant(_) => {}
                Value::Quantity(quantity) => places[i] = quantity,
                Value::Apply(op, from) => {
                    let mut done: Vec<u16> = from.to_vec();
                    done.sort_unstable();
                    done.dedup();
                    done.retain(|&value| {
                        let value = usize::from(value);
                        last_use[value] == i && matches!(self.list[value], Value::Apply(..))
                    });
                    let from = from.map(|value| places[usize::from(value)]);
                    free.extend(done.iter().map(|&value| places[usize::from(value)]));
                    places[i] = free.pop()?;
                    steps.push(Step { op, from, to: places[i] });
                }
            }
        }
        let results = results.map(|result| result.map_or(0, |value| places[usize::from(value)]));
        Some(Program { constants, steps, results, reads })
    }
}
