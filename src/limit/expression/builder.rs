//! What a text says, node by node: names are looked up, and what is known already is worked out.

use super::op::{FUNCTIONS, Function, Op};
use super::{Expression, Fault, Node};
use crate::read::nearest;
use std::ops::Range;

/// Nodes of an expression: far more than 2 000 characters can ask for.
const NODES_MAX: usize = 10_000;

/// A value, and the text it comes from.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    node: u16,
    at: Range<usize>,
    /// Whether it is a comparison without parentheses around it.
    is_comparison: bool,
}

impl Operand {
    /// The same in parentheses.
    pub(super) fn within(self, at: Range<usize>) -> Operand {
        Operand { at, is_comparison: false, ..self }
    }
}

/// An expression in the making.
#[derive(Debug)]
pub(super) struct Builder<'t> {
    pub(super) text: &'t str,
    names: &'t [&'t str],
    nodes: Vec<Node>,
}

impl<'t> Builder<'t> {
    /// Over these quantities, at most 32.
    pub(super) fn new(text: &'t str, names: &'t [&'t str]) -> Builder<'t> {
        assert!(names.len() <= 32, "quantities are told apart by the bits of a word");
        Builder { text, names, nodes: Vec::new() }
    }

    /// The expression with this value.
    pub(super) fn finish(&mut self, result: &Operand) -> Expression {
        Expression::new(self.text, std::mem::take(&mut self.nodes), result.node)
    }

    fn push(&mut self, node: Node, at: Range<usize>) -> Result<Operand, Fault> {
        if self.nodes.len() >= NODES_MAX {
            return Err(Fault::new(at, "the formula has too many parts"));
        }
        self.nodes.push(node);
        Ok(Operand { node: (self.nodes.len() - 1) as u16, at, is_comparison: false })
    }

    fn known(&self, operand: &Operand) -> Option<f64> {
        match self.nodes[operand.node as usize] {
            Node::Constant(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn number(&mut self, digits: &str, at: Range<usize>) -> Result<Operand, Fault> {
        match digits.parse::<f64>() {
            Ok(value) if value.is_finite() => self.push(Node::Constant(value), at),
            Ok(_) => Err(Fault::new(at, "the number is too large")),
            Err(_) => Err(Fault::new(at, "not a number")),
        }
    }

    pub(super) fn quantity(&mut self, name: &str, at: Range<usize>) -> Result<Operand, Fault> {
        if let Some(i) = self.names.iter().position(|known| *known == name) {
            return self.push(Node::Quantity(i as u8), at);
        }
        if let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) {
            return Err(Fault::new(at, format!("`{name}` is a function: {}", function.call)));
        }
        Err(unknown("quantity", name, at, self.names.iter().copied()))
    }

    pub(super) fn function(&self, name: &str, at: Range<usize>) -> Result<&'static Function, Fault> {
        if let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) {
            return Ok(function);
        }
        if self.names.contains(&name) {
            return Err(Fault::new(at, format!("`{name}` is a quantity, not a function")));
        }
        let names = FUNCTIONS.iter().map(|function| function.name);
        Err(unknown("function", name, at, names))
    }

    pub(super) fn infix(&mut self, op: Op, left: Operand, right: Operand) -> Result<Operand, Fault> {
        let compares = matches!(
            op,
            Op::Less | Op::LessOrEqual | Op::Greater | Op::GreaterOrEqual | Op::Equal | Op::NotEqual
        );
        if compares && left.is_comparison {
            // Between the two stand blanks and the operator.
            let between = &self.text[left.at.end..right.at.start];
            let start = left.at.end + between.len() - between.trim_start().len();
            let at = start..start + between.trim().len();
            return Err(Fault::new(at, "comparisons do not chain: join them by `&&`"));
        }
        let at = left.at.start..right.at.end;
        Ok(Operand { is_comparison: compares, ..self.apply(op, &[left, right], at)? })
    }

    /// The signs before a value, each with its place.
    pub(super) fn signs(&mut self, signs: Vec<(Op, usize)>, mut value: Operand) -> Result<Operand, Fault> {
        for (op, start) in signs.into_iter().rev() {
            let at = start..value.at.end;
            value = self.apply(op, &[value], at)?;
        }
        Ok(value)
    }

    pub(super) fn call(
        &mut self,
        function: &Function,
        arguments: Vec<Operand>,
        name: Range<usize>,
        end: usize,
    ) -> Result<Operand, Fault> {
        let (least, most) = function.arguments;
        if arguments.len() < least || arguments.len() > most {
            let wanted = match (least, most) {
                (1, 1) => "1 argument".to_owned(),
                (n, m) if n == m => format!("{n} arguments"),
                (n, m) => format!("{n} to {m} arguments"),
            };
            let message = format!("`{}` takes {wanted}, not {}", function.name, arguments.len());
            return Err(Fault::new(name, message).help(format!("write {}", function.call)));
        }
        let at = name.start..end;
        if most <= 3 {
            return self.apply(function.op, &arguments, at);
        }
        // Of any number: two at a time.
        let mut arguments = arguments.into_iter();
        let mut so_far = arguments.next().expect("there are two at least");
        for next in arguments {
            so_far = self.apply(function.op, &[so_far, next], at.clone())?;
        }
        Ok(so_far)
    }

    /// An operation, or its value where all is known.
    fn apply(&mut self, op: Op, arguments: &[Operand], at: Range<usize>) -> Result<Operand, Fault> {
        if op == Op::Divide && self.known(&arguments[1]) == Some(0.0) {
            return Err(Fault::new(arguments[1].at.clone(), "division by zero"));
        }
        let of = [0, 1, 2].map(|i| arguments.get(i).unwrap_or(&arguments[0]));
        let [Some(a), Some(b), Some(c)] = of.map(|operand| self.known(operand)) else {
            return self.push(Node::Apply(op, of.map(|operand| operand.node)), at);
        };
        let value = op.apply(a, b, c);
        if !value.is_finite() {
            return Err(Fault::new(at, "not a number, or too large"));
        }
        self.push(Node::Constant(value), at)
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
    Fault::new(at, format!("unknown {what} `{name}`")).help(help)
}
