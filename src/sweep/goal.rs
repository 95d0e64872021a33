//! Which point is best: `maximise goodput_tpm where time_to_success_p99_s < 30 s`.

use super::quantity::Quantity;
use crate::compare::measure::Better;
use crate::metrics::metric::Unit;
use crate::units::{Quantity as Measured, parse_rate, parse_span};

/// What is to be as large, or as small, as can be.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// Which way.
    pub better: Better,
    /// Of what.
    pub of: Quantity,
    /// What must hold.
    pub conditions: Vec<Condition>,
}

/// A bound on a quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Of what.
    pub of: Quantity,
    /// Above the bound, else below it.
    pub above: bool,
    /// Whether the bound itself will do.
    pub or_equal: bool,
    /// In the quantity's unit.
    pub bound: f64,
}

impl Goal {
    /// Read `maximise|minimise METRIC [where METRIC <|<=|>|>= VALUE [and …]]`.
    ///
    /// # Errors
    /// What is wrong, in one line.
    pub fn parse(text: &str) -> Result<Goal, String> {
        let (what, conditions) = text.split_once(" where ").map_or((text, None), |(w, c)| (w, Some(c)));
        let (verb, of) =
            what.trim().split_once(' ').ok_or("it must be: maximise METRIC where METRIC < VALUE")?;
        let better = match verb {
            "maximise" | "maximize" => Better::Higher,
            "minimise" | "minimize" => Better::Lower,
            other => return Err(format!("{other:?} is neither `maximise` nor `minimise`")),
        };
        let conditions =
            conditions.map_or(Ok(Vec::new()), |text| text.split(" and ").map(condition).collect())?;
        Ok(Goal { better, of: Quantity::parse(of)?, conditions })
    }

    /// Every quantity it looks at.
    pub fn quantities(&self) -> impl Iterator<Item = &Quantity> {
        std::iter::once(&self.of).chain(self.conditions.iter().map(|condition| &condition.of))
    }

    /// Whether a point is allowed; a quantity that is not defined meets no condition.
    pub fn allows(&self, value: impl Fn(&Quantity) -> Option<f64>) -> bool {
        self.conditions
            .iter()
            .all(|condition| value(&condition.of).is_some_and(|value| condition.holds(value)))
    }

    /// Whether `a` is better than `b`.
    pub fn prefers(&self, a: f64, b: f64) -> bool {
        match self.better {
            Better::Higher => a > b,
            Better::Lower => a < b,
        }
    }
}

impl Condition {
    fn holds(&self, value: f64) -> bool {
        (if self.above { value > self.bound } else { value < self.bound })
            || self.or_equal && value == self.bound
    }
}

fn condition(text: &str) -> Result<Condition, String> {
    let wanted = || format!("{:?} is not METRIC < VALUE", text.trim());
    let at = text.find(['<', '>']).ok_or_else(wanted)?;
    let (of, rest) = text.split_at(at);
    let above = rest.starts_with('>');
    let (or_equal, bound) = rest[1..].strip_prefix('=').map_or((false, &rest[1..]), |bound| (true, bound));
    let of = Quantity::parse(of.trim())?;
    let bound =
        number(bound.trim(), of.unit()).map_err(|what| format!("the bound of {}: {what}", of.name()))?;
    Ok(Condition { of, above, or_equal, bound })
}

/// A value in the unit: seconds as a span, rates with their unit, shares in percent too.
fn number(text: &str, unit: Unit) -> Result<f64, String> {
    let plain = |text: &str| {
        let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        number.ok_or_else(|| format!("{text:?} is not a number"))
    };
    match (unit, text.strip_suffix('%')) {
        (Unit::Seconds, _) => Ok(parse_span(text)?.as_secs_f64()),
        (Unit::RequestsPerMinute, _) => Ok(parse_rate(text, Measured::Requests)?.per_s() * 60.0),
        (Unit::TokensPerMinute, _) => Ok(parse_rate(text, Measured::Tokens)?.per_s() * 60.0),
        (Unit::Share, Some(percent)) => Ok(plain(percent)? / 100.0),
        _ => plain(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_a_direction_and_bounds_in_their_units() {
        let goal = Goal::parse(
            "maximise goodput_tpm where time_to_success_p99_s < 30 s and a/success_share >= 99 %",
        );
        let goal = goal.unwrap();
        assert_eq!((goal.better, goal.of.name()), (Better::Higher, "goodput_tpm".to_owned()));
        let told: Vec<_> =
            goal.conditions.iter().map(|c| (c.of.name(), c.above, c.or_equal, c.bound)).collect();
        let wanted = [("time_to_success_p99_s", false, false, 30.0), ("a/success_share", true, true, 0.99)];
        assert_eq!(told, wanted.map(|(name, above, equal, bound)| (name.to_owned(), above, equal, bound)));
        let with =
            |p99: Option<f64>| goal.allows(|q| if q.name() == "a/success_share" { Some(0.99) } else { p99 });
        assert!(with(Some(29.0)) && !with(Some(30.0)) && !with(None));
        assert!(goal.prefers(2.0, 1.0) && !goal.prefers(1.0, 1.0));
        assert!(Goal::parse("minimise cost_usd").unwrap().prefers(1.0, 2.0));
    }

    #[test]
    fn what_is_no_goal_is_refused() {
        for (text, wanted) in [
            ("goodput_tpm", "maximise METRIC"),
            ("raise cost_usd", "neither"),
            ("maximise gooodput_tpm", "did you mean goodput_tpm?"),
            ("maximise cost_usd where success_share", "METRIC < VALUE"),
            ("maximise cost_usd where time_to_success_p99_s < 30", "bound"),
            ("maximise cost_usd where success_share > x", "not a number"),
        ] {
            let told = Goal::parse(text).expect_err(text);
            assert!(told.contains(wanted), "{text}: {told}");
        }
    }
}
