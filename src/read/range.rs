//! Ranges of values, and how a message tells them.

use std::fmt;

use crate::units::{Rate, Span};

/// The values from `min` to `max`, both allowed. A number's `min` of [`f64::MIN_POSITIVE`] means "above 0".
#[derive(Clone, Copy, Debug)]
pub struct Range<T> {
    /// The least value allowed.
    pub min: T,
    /// The greatest value allowed.
    pub max: T,
}

impl<T> Range<T> {
    /// The range from `min` to `max`.
    pub const fn new(min: T, max: T) -> Range<T> {
        Range { min, max }
    }
}

impl<T: PartialOrd> Range<T> {
    /// True where `value` lies in the range; never for NaN.
    pub fn contains(&self, value: &T) -> bool {
        self.min <= *value && *value <= self.max
    }
}

impl<T: Bound> fmt::Display for Range<T> {
    /// "between 1 ms and 30 d", "at least 1", "above 0".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_open = self.max.text() == T::OPEN;
        match (self.min.text(), self.max.text()) {
            (min, _) if min == ABOVE_ZERO && is_open => f.write_str("above 0"),
            (min, max) if min == ABOVE_ZERO => write!(f, "above 0 and at most {max}"),
            (min, _) if is_open => write!(f, "at least {min}"),
            (min, max) => write!(f, "between {min} and {max}"),
        }
    }
}

/// The text of the least positive number.
const ABOVE_ZERO: &str = "2.2250738585072014e-308";

/// A value that can end a range.
pub trait Bound {
    /// The text of the value that stands for "no upper end".
    const OPEN: &'static str;
    /// The value as a scenario writes it.
    fn text(&self) -> String;
}

impl Bound for u64 {
    const OPEN: &'static str = "18446744073709551615";
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Bound for f64 {
    const OPEN: &'static str = "1.7976931348623157e308";
    fn text(&self) -> String {
        match self.abs() {
            0.0 | 1e-4..1e7 => self.to_string(),
            _ => format!("{self:e}"),
        }
    }
}

impl Bound for Span {
    const OPEN: &'static str = "unlimited";
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Bound for Rate {
    const OPEN: &'static str = "unlimited";
    fn text(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_in_their_own_words() {
        let ms = Span::from_ms;
        assert_eq!(Range::new(ms(1), Span::from_s(86_400 * 30)).to_string(), "between 1 ms and 30 d");
        assert_eq!(Range::new(ms(1), Span::MAX).to_string(), "at least 1 ms");
        assert_eq!(Range::new(0, u64::MAX).to_string(), "at least 0");
        assert_eq!(Range::new(0.0, 1.0).to_string(), "between 0 and 1");
        assert_eq!(Range::new(f64::MIN_POSITIVE, 1e9).to_string(), "above 0 and at most 1e9");
        assert_eq!(Range::new(f64::MIN_POSITIVE, f64::MAX).to_string(), "above 0");
        assert_eq!(Range::new(Rate::ZERO, Rate::from_per_min(2e6)).to_string(), "between 0/min and 2M/min");
        assert!(!Range::new(0.0, 1.0).contains(&f64::NAN));
    }
}
