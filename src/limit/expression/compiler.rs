//! Tokens to steps: Dijkstra's shunting yard (1961), two stacks and no recursion.

use super::token::{Token, next};
use super::{Expression, FUNCTIONS, Fault, Function, Op, Step};
use crate::read::nearest;
use std::ops::Range;

/// How deep parentheses may nest.
pub const DEPTH_MAX: usize = 50;
/// Places of a frame: far more than 2 000 characters can ask for.
const PLACES_MAX: usize = 10_000;

/// A value on the stack: its place in the frame, and the text it comes from.
#[derive(Clone, Debug)]
struct Operand {
    place: u16,
    at: Range<usize>,
}

/// What waits for its last argument.
enum Pending {
    Prefix(Op, usize),
    Binary(Op),
    Open(usize),
    Call { function: &'static Function, at: Range<usize>, first: usize },
}

struct Compiler<'t> {
    names: &'t [&'t str],
    frame: Vec<f64>,
    /// For each place, whether what stands there is known already.
    is_constant: Vec<bool>,
    steps: Vec<Step>,
    reads: u32,
    operands: Vec<Operand>,
    pending: Vec<Pending>,
    depth: usize,
    /// After the name of a function: where its parenthesis has been read to.
    resume: Option<usize>,
    /// The value that is a comparison without parentheses around it.
    comparison: Option<u16>,
}

/// How tightly an operator binds.
fn strength(op: Op) -> u8 {
    match op {
        Op::Or => 1,
        Op::And => 2,
        Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual | Op::Equal | Op::NotEqual => {
            COMPARISON
        }
        Op::Add | Op::Subtract => 4,
        Op::Multiply | Op::Divide => 5,
        Op::Negate | Op::Not => 6,
        _ => 7,
    }
}

const COMPARISON: u8 = 3;

fn fault(at: Range<usize>, message: impl Into<String>) -> Fault {
    Fault { at, message: message.into(), help: None }
}

/// Compile a text over these quantities, at most 32 of them.
///
/// # Errors
/// What is wrong first, with its place.
pub fn compile(text: &str, names: &[&str]) -> Result<Expression, Fault> {
    assert!(names.len() <= 32, "quantities are told apart by the bits of a word");
    let mut compiler = Compiler {
        names,
        frame: vec![0.0; names.len()],
        is_constant: vec![false; names.len()],
        steps: Vec::new(),
        reads: 0,
        operands: Vec::new(),
        pending: Vec::new(),
        depth: 0,
        resume: None,
        comparison: None,
    };
    let (mut from, mut wants_value) = (0, true);
    while let Some((token, at)) = next(text, from)? {
        let end = at.end;
        wants_value =
            if wants_value { compiler.value(text, token, at)? } else { compiler.operator(token, at)? };
        from = compiler.resume.take().unwrap_or(end);
    }
    if wants_value {
        let end = text.len()..text.len();
        let is_empty = compiler.operands.is_empty() && compiler.pending.is_empty();
        return Err(fault(
            end,
            if is_empty { "the formula is empty" } else { "it ends where a value should be" },
        ));
    }
    compiler.reduce(0)?;
    match compiler.pending.pop() {
        Some(Pending::Open(at)) => return Err(fault(at..at + 1, "the parenthesis is not closed")),
        Some(Pending::Call { at, .. }) => return Err(fault(at, "its parenthesis is not closed")),
        _ => {}
    }
    let result = compiler.operands.pop().expect("a value was read");
    Ok(Expression {
        text: text.to_owned(),
        frame: compiler.frame,
        steps: compiler.steps,
        result: result.place,
        reads: compiler.reads,
    })
}

impl Compiler<'_> {
    /// A token where a value should begin; whether one still should after it.
    fn value(&mut self, text: &str, token: Token, at: Range<usize>) -> Result<bool, Fault> {
        match token {
            Token::Number(number) => self.constant(number, at)?,
            Token::Name(name) => {
                let rest = text[at.end..].trim_start();
                if rest.starts_with('(') {
                    self.resume = Some(text.len() - rest.len() + 1);
                    let function = self.function(name, at.clone())?;
                    self.enter(at.clone())?;
                    self.pending.push(Pending::Call { function, at, first: self.operands.len() });
                    return Ok(true);
                }
                self.quantity(name, at)?;
            }
            Token::Open => {
                self.enter(at.clone())?;
                self.pending.push(Pending::Open(at.start));
                return Ok(true);
            }
            Token::Binary(Op::Subtract) => {
                self.pending.push(Pending::Prefix(Op::Negate, at.start));
                return Ok(true);
            }
            Token::Not => {
                self.pending.push(Pending::Prefix(Op::Not, at.start));
                return Ok(true);
            }
            Token::Binary(_) | Token::Close | Token::Comma => {
                return Err(fault(at, "a value should stand before this"));
            }
        }
        Ok(false)
    }

    /// A token after a value; whether a value should follow.
    fn operator(&mut self, token: Token, at: Range<usize>) -> Result<bool, Fault> {
        match token {
            Token::Binary(op) => {
                let strength_of_op = strength(op);
                // Powers alone group from the right.
                self.reduce(if op == Op::Power { strength_of_op + 1 } else { strength_of_op })?;
                if strength_of_op == COMPARISON
                    && self.operands.last().is_some_and(|value| Some(value.place) == self.comparison)
                {
                    return Err(fault(at, "comparisons do not chain: join them by `&&`"));
                }
                self.pending.push(Pending::Binary(op));
                Ok(true)
            }
            Token::Comma => {
                self.reduce(0)?;
                match self.pending.last() {
                    Some(Pending::Call { .. }) => Ok(true),
                    _ => Err(fault(at, "a comma stands between the arguments of a function alone")),
                }
            }
            Token::Close => {
                self.reduce(0)?;
                match self.pending.pop() {
                    Some(Pending::Open(open)) => {
                        let operand = self.operands.last_mut().expect("a value was read");
                        operand.at = open..at.end;
                    }
                    Some(Pending::Call { function, at: name, first }) => {
                        self.call(function, name, first, at.end)?;
                    }
                    _ => return Err(fault(at, "a parenthesis without its beginning")),
                }
                self.depth -= 1;
                self.comparison = None;
                Ok(false)
            }
            Token::Number(_) | Token::Name(_) | Token::Open | Token::Not => {
                Err(fault(at, "an operator should stand before this"))
            }
        }
    }

    fn enter(&mut self, at: Range<usize>) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(fault(at, format!("nested more than {DEPTH_MAX} deep")));
        }
        Ok(())
    }

    fn function(&self, name: &str, at: Range<usize>) -> Result<&'static Function, Fault> {
        if let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) {
            return Ok(function);
        }
        if self.names.contains(&name) {
            return Err(fault(at, format!("`{name}` is a quantity, not a function")));
        }
        let names = FUNCTIONS.iter().map(|function| function.name);
        Err(unknown("function", name, at, names))
    }

    fn quantity(&mut self, name: &str, at: Range<usize>) -> Result<(), Fault> {
        if let Some(place) = self.names.iter().position(|known| *known == name) {
            self.reads |= 1 << place;
            self.operands.push(Operand { place: place as u16, at });
            return Ok(());
        }
        if let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) {
            return Err(fault(at, format!("`{name}` is a function: {}", function.call)));
        }
        Err(unknown("quantity", name, at, self.names.iter().copied()))
    }

    fn place(&mut self, value: f64, is_constant: bool, at: &Range<usize>) -> Result<u16, Fault> {
        if self.frame.len() >= PLACES_MAX {
            return Err(fault(at.clone(), "the formula has too many parts"));
        }
        self.frame.push(value);
        self.is_constant.push(is_constant);
        Ok((self.frame.len() - 1) as u16)
    }

    fn constant(&mut self, value: f64, at: Range<usize>) -> Result<(), Fault> {
        let place = self.place(value, true, &at)?;
        self.operands.push(Operand { place, at });
        Ok(())
    }

    /// Carry out what binds at least so tightly, back to the last parenthesis.
    fn reduce(&mut self, least: u8) -> Result<(), Fault> {
        loop {
            match self.pending.last() {
                Some(&Pending::Binary(op)) if strength(op) >= least => {
                    self.pending.pop();
                    let right = self.operands.pop().expect("an operator has two values");
                    let left = self.operands.pop().expect("an operator has two values");
                    let at = left.at.start..right.at.end;
                    self.apply(op, &[left, right], at)?;
                }
                Some(&Pending::Prefix(op, start)) if strength(op) >= least => {
                    self.pending.pop();
                    let value = self.operands.pop().expect("a prefix has a value");
                    let at = start..value.at.end;
                    self.apply(op, &[value], at)?;
                }
                _ => return Ok(()),
            }
        }
    }

    fn call(
        &mut self,
        function: &Function,
        name: Range<usize>,
        first: usize,
        end: usize,
    ) -> Result<(), Fault> {
        let arguments = self.operands.split_off(first);
        let (least, most) = function.arguments;
        if arguments.len() < least || arguments.len() > most {
            let wanted = match (least, most) {
                (1, 1) => "1 argument".to_owned(),
                (n, m) if n == m => format!("{n} arguments"),
                (n, m) => format!("{n} to {m} arguments"),
            };
            let message = format!("`{}` takes {wanted}, not {}", function.name, arguments.len());
            return Err(Fault { at: name, message, help: Some(format!("write {}", function.call)) });
        }
        let at = name.start..end;
        if most <= 3 {
            return self.apply(function.op, &arguments, at);
        }
        // Of any number: two at a time.
        let mut arguments = arguments.into_iter();
        self.operands.push(arguments.next().expect("there are two at least"));
        for next in arguments {
            let so_far = self.operands.pop().expect("just pushed");
            self.apply(function.op, &[so_far, next], at.clone())?;
        }
        Ok(())
    }

    /// A step, or its value where all is known.
    fn apply(&mut self, op: Op, arguments: &[Operand], at: Range<usize>) -> Result<(), Fault> {
        let is_known = |operand: &Operand| self.is_constant[operand.place as usize];
        if op == Op::Divide && is_known(&arguments[1]) && self.frame[arguments[1].place as usize] == 0.0 {
            return Err(fault(arguments[1].at.clone(), "division by zero"));
        }
        let from = [0, 1, 2].map(|i| arguments.get(i).unwrap_or(&arguments[0]).place);
        if arguments.iter().all(is_known) {
            let [a, b, c] = from.map(|place| self.frame[place as usize]);
            let value = op.apply(a, b, c);
            if !value.is_finite() {
                return Err(fault(at, "not a number, or too large"));
            }
            self.constant(value, at)?;
        } else {
            let to = self.place(0.0, false, &at)?;
            self.steps.push(Step { op, from, to });
            self.operands.push(Operand { place: to, at });
        }
        let value = self.operands.last().expect("just pushed").place;
        self.comparison = (strength(op) == COMPARISON).then_some(value);
        Ok(())
    }
}

fn unknown<'n>(
    what: &str,
    name: &str,
    at: Range<usize>,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Fault {
    let help = match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", known.collect::<Vec<_>>().join(", ")),
    };
    Fault { at, message: format!("unknown {what} `{name}`"), help: Some(help) }
}
