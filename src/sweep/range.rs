//! Numbers from low to high, evenly spaced or by equal ratios, with their unit: `1..8`, `10/min..1000/min:7:log`.

use serde::{Deserialize, Serialize};

/// Levels of one range at most.
pub const LEVELS_MAX: usize = 100_000;
/// Bytes of a unit: each level repeats it, and no unit is near as long.
const UNIT_BYTES_MAX: usize = 40;

/// A range of numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Its low end.
    pub low: f64,
    /// Its high end, above the low one.
    pub high: f64,
    /// What follows the number: "/min", " s"; empty for a bare number.
    pub unit: String,
    /// Whole numbers only: both ends were written without a decimal point.
    pub whole: bool,
    /// Equal ratios instead of equal steps.
    pub log: bool,
    /// Levels of a grid; `None` if there is no count and the numbers are not whole.
    pub count: Option<usize>,
}

impl Range {
    /// Read `LOW..HIGH`, `LOW..HIGH:COUNT`, `LOW..HIGH:log` or `LOW..HIGH:COUNT:log`; `None` if the text is no range.
    ///
    /// # Errors
    /// It is one, and reversed, empty, or of too many numbers.
    pub fn parse(text: &str) -> Result<Option<Range>, String> {
        let Some((low_text, rest)) = text.split_once("..").filter(|(low, _)| starts_with_digit(low)) else {
            return Ok(None);
        };
        let mut parts = rest.split(':');
        let (low, low_unit, low_whole) = number(low_text)?;
        let (high, unit, high_whole) = number(parts.next().unwrap_or_default())?;
        let (mut count, mut log) = (None, false);
        for part in parts {
            match (part.trim(), part.trim().parse::<usize>()) {
                ("log", _) if !log => log = true,
                (_, Ok(n)) if count.is_none() && !log => count = Some(n),
                (other, _) => return Err(format!("{other:?} is neither a number of levels nor `log`")),
            }
        }
        if !low_unit.is_empty() && low_unit != unit {
            return Err(format!("the ends of {text} differ in their unit: {low_unit:?} and {unit:?}"));
        }
        if unit.len() > UNIT_BYTES_MAX {
            return Err(format!("the unit of the range {low}..{high} has {} bytes", unit.len()));
        }
        if high < low {
            return Err(format!("the range {text} is reversed: its low end comes first"));
        }
        if high == low {
            return Err(format!("the range {text} is empty: its ends are the same"));
        }
        if log && low <= 0.0 {
            return Err(format!("the range {text} cannot be logarithmic: it begins at 0"));
        }
        let whole = low_whole && high_whole;
        if count.is_some_and(|n| n < 2) {
            return Err(format!("the range {text} needs at least 2 levels"));
        }
        let count = count.or(if whole && !log { Some((high - low) as usize + 1) } else { None });
        if let Some(n) = count.filter(|n| *n > LEVELS_MAX) {
            return Err(format!("the range {text} has {n} levels: at most {LEVELS_MAX} are allowed"));
        }
        let range = Range { low, high, unit: unit.to_owned(), whole, log, count };
        if count.is_some_and(|n| whole && range.levels().len() < n) {
            let help = format!("write {low:.1}..{high:.1} for fractions");
            return Err(format!("the range {text} has fewer whole numbers than levels: {help}"));
        }
        Ok(Some(range))
    }

    /// The levels of a grid, rising, each once; none without a count.
    pub fn levels(&self) -> Vec<String> {
        let n = self.count.unwrap_or(0);
        let last = n.saturating_sub(1).max(1) as f64;
        let mut levels: Vec<String> = (0..n).map(|i| self.text(self.between(i as f64 / last))).collect();
        levels.dedup();
        levels
    }

    /// The value at a share `u` of the way, 0 ≤ u < 1, every whole number as often as any other.
    pub fn at(&self, u: f64) -> String {
        match self.whole {
            false => self.text(self.between(u)),
            true if self.log => {
                // Each whole number has the interval from it to the next.
                let (low, high) = (self.low.ln(), (self.high + 1.0).ln());
                self.text((low + u * (high - low)).exp().floor().clamp(self.low, self.high))
            }
            true => self.text((self.low + (u * (self.high - self.low + 1.0)).floor()).min(self.high)),
        }
    }

    fn between(&self, u: f64) -> f64 {
        match self.log {
            _ if u <= 0.0 => self.low,
            _ if u >= 1.0 => self.high,
            true => self.low * (self.high / self.low).powf(u),
            false => self.low + u * (self.high - self.low),
        }
    }

    fn text(&self, value: f64) -> String {
        let value = if self.whole { value.round() } else { value };
        format!("{}{}", significant(value), self.unit)
    }
}

fn starts_with_digit(text: &str) -> bool {
    text.trim_start().starts_with(|c: char| c.is_ascii_digit())
}

/// (value, unit, whether it is written without a decimal point).
fn number(text: &str) -> Result<(f64, &str, bool), String> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    if unit.starts_with(['e', 'E']) {
        return Err(format!("{text:?} must be written without an exponent"));
    }
    let value: Result<f64, _> = digits.parse();
    match value {
        Ok(value) if value <= 1e15 && starts_with_digit(text) => Ok((value, unit, !digits.contains('.'))),
        _ => Err(format!("{text:?} is not a number up to 1e15, with or without a unit")),
    }
}

/// Six significant digits, without an exponent or trailing zeros: as many as tell any two levels apart that matter.
fn significant(value: f64) -> String {
    if value == 0.0 || value.fract() == 0.0 {
        return format!("{value:.0}");
    }
    let decimals = (5 - value.abs().log10().floor() as i32).clamp(0, 15) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(text: &str) -> Vec<String> {
        Range::parse(text).unwrap().unwrap().levels()
    }

    #[test]
    fn ranges_are_even_or_by_ratio_and_keep_their_unit() {
        assert_eq!(levels("1..4"), ["1", "2", "3", "4"]);
        assert_eq!(levels("0.0..1.0:5"), ["0", "0.25", "0.5", "0.75", "1"]);
        assert_eq!(levels("10/min..1000/min:5:log"), ["10/min", "32/min", "100/min", "316/min", "1000/min"]);
        assert_eq!(levels("0.5..2.0 s:3:log"), ["0.5 s", "1 s", "2 s"]);
        assert_eq!(levels("1..1000:2"), ["1", "1000"]);
    }

    #[test]
    fn what_is_no_range_is_left_alone_and_what_is_a_bad_one_refused() {
        for text in ["7", "../traces/a.csv", "none", "\"1..2\"", "{ a = 1 }"] {
            assert_eq!(Range::parse(text), Ok(None), "{text}");
        }
        for (text, wanted) in [
            ("5..1", "reversed"),
            ("2..2", "empty"),
            ("0..9:4:log", "begins at 0"),
            ("1..3:1", "at least 2"),
            ("1..3:7", "write 1.0..3.0"),
            ("1..9:x", "neither"),
            ("1..9:3:log:4", "neither"),
            ("1 s..9 min:3", "unit"),
            ("1..", "not a number"),
            ("1..2000000", "at most"),
            ("1..9e9:4", "exponent"),
            ("1.2.3..4:4", "not a number"),
        ] {
            let told = Range::parse(text).expect_err(text);
            assert!(told.contains(wanted), "{text}: {told}");
        }
    }

    #[test]
    fn a_share_of_the_way_meets_every_whole_number_alike() {
        let range = Range::parse("1..4").unwrap().unwrap();
        let met: Vec<String> = (0..8).map(|i| range.at(f64::from(i) / 8.0)).collect();
        assert_eq!(met, ["1", "1", "2", "2", "3", "3", "4", "4"]);
        assert_eq!(range.at(0.999_999), "4");
        let log = Range::parse("1..100:log").unwrap().unwrap();
        assert_eq!((log.at(0.0), log.at(0.5), log.at(0.9999)), ("1".into(), "10".into(), "100".into()));
        let open = Range::parse("0.0..1.0").unwrap().unwrap();
        assert_eq!((open.count, open.levels().len()), (None, 0));
        assert_eq!(open.at(1.0 / 3.0), "0.333333");
    }
}
