//! Spans as text: "30 min", "1 h 5 min", "0.09 ms".

use std::fmt;

use super::{Span, decimal};

/// The units, longest first, each with its nanoseconds. The first spelling is the one written.
const UNITS: [(&[&str], u64); 7] = [
    (&["d"], 86_400_000_000_000),
    (&["h"], 3_600_000_000_000),
    (&["min"], 60_000_000_000),
    (&["s"], 1_000_000_000),
    (&["ms"], 1_000_000),
    (&["us", "µs", "μs"], 1_000),
    (&["ns"], 1),
];

/// Decimal places beyond which a fraction of the longest unit is far below a nanosecond.
const FRACTION_DIGITS_MAX: usize = 20;

/// Reads a span: one or more numbers with their units (ns, us, ms, s, min, h, d), longest unit first.
///
/// Exact: decimals never pass through a float, and what is below a nanosecond is rounded half up.
///
/// # Errors
/// Says what is wrong with the text: no unit, an unknown unit, units out of order, a negative number, an
/// exponent, or more than the 584 years that fit.
///
/// ```
/// use ratetide::units::{Span, parse_span};
/// assert_eq!(parse_span("1 h 5 min"), Ok(Span::from_s(3900)));
/// assert_eq!(parse_span("0.09 ms"), Ok(Span::from_ns(90_000)));
/// assert!(parse_span("30").is_err());
/// ```
pub fn parse_span(text: &str) -> Result<Span, String> {
    let mut rest = text.trim();
    let mut total = 0u128;
    let mut longest = 0; // index of the longest unit that may still follow
    loop {
        let (whole, fraction, after) = decimal::split(rest)?;
        let after = after.trim_start();
        let word_len = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (word, tail) = after.split_at(word_len);
        let index = unit(word)?;
        if index < longest {
            return Err("must give each unit once, the longest first, e.g. \"1 h 5 min\"".to_owned());
        }
        longest = index + 1;
        total += nanoseconds(whole, fraction, UNITS[index].1).ok_or_else(too_long)?;
        rest = tail.trim_start();
        if rest.is_empty() {
            break;
        }
    }
    match u64::try_from(total) {
        Ok(ns) if ns < u64::MAX => Ok(Span::from_ns(ns)),
        _ => Err(too_long()),
    }
}

fn too_long() -> String {
    "is longer than the 584 years that fit".to_owned()
}

/// The place in [`UNITS`] of a unit's spelling.
fn unit(word: &str) -> Result<usize, String> {
    if let Some(index) = UNITS.iter().position(|(spellings, _)| spellings.contains(&word)) {
        return Ok(index);
    }
    let meant = match word {
        "" => return Err("needs a unit, e.g. \"30 s\"".to_owned()),
        "m" | "M" | "mins" | "minute" | "minutes" => "; minutes are \"min\"",
        "sec" | "secs" | "second" | "seconds" => "; seconds are \"s\"",
        "hr" | "hrs" | "hour" | "hours" => "; hours are \"h\"",
        "day" | "days" => "; days are \"d\"",
        _ => "",
    };
    Err(format!("has an unknown unit: use ns, us, ms, s, min, h or d{meant}"))
}

/// `whole.fraction` units of `unit_ns` nanoseconds, rounded half up; `None` where it cannot fit.
fn nanoseconds(whole: &str, fraction: &str, unit_ns: u64) -> Option<u128> {
    let whole_ns = whole.parse::<u128>().ok()?.checked_mul(u128::from(unit_ns))?;
    let fraction = &fraction[..fraction.len().min(FRACTION_DIGITS_MAX)];
    let scale = 10u128.pow(fraction.len() as u32);
    let part = if fraction.is_empty() { 0 } else { fraction.parse::<u128>().ok()? };
    let fraction_ns = (part * u128::from(unit_ns) * 2 + scale) / (2 * scale);
    whole_ns.checked_add(fraction_ns).filter(|ns| *ns <= u128::from(u64::MAX))
}

impl fmt::Display for Span {
    /// Whole units from days to seconds ("1 h 5 min"), the remainder as a decimal ("2.5 s", "90 us").
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Span::MAX {
            return f.write_str("unlimited");
        }
        if self.is_zero() {
            return f.write_str("0 s");
        }
        let mut left = self.as_ns();
        let mut gap = "";
        for (spellings, unit_ns) in UNITS {
            let (count, rest) = (left / unit_ns, left % unit_ns);
            if count == 0 {
                continue;
            }
            write!(f, "{gap}{count}")?;
            gap = " ";
            left = rest;
            if unit_ns <= super::NS_PER_S && rest > 0 {
                let width = unit_ns.ilog10() as usize;
                let decimals = format!("{rest:0width$}");
                write!(f, ".{}", decimals.trim_end_matches('0'))?;
                left = 0;
            }
            write!(f, " {}", spellings[0])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn units_are_read_exactly() {
        for (text, ns) in [
            ("0 s", 0),
            ("7 ns", 7),
            ("500 us", 500_000),
            ("500 µs", 500_000),
            ("500μs", 500_000),
            ("0.09 ms", 90_000),
            ("10 ms", 10_000_000),
            ("30 min", 1_800_000_000_000),
            ("1 h 5 min", 3_900_000_000_000),
            ("  2 d  ", 172_800_000_000_000),
            ("1h5min", 3_900_000_000_000),
            ("0.4999 ns", 0),
            ("0.5 ns", 1),
            ("1.0000000005 s", 1_000_000_001),
            ("0.1 s", 100_000_000),
        ] {
            assert_eq!(parse_span(text), Ok(Span::from_ns(ns)), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        for (text, reason) in [
            ("30", "needs a unit"),
            ("", "must begin with a number"),
            ("s", "must begin with a number"),
            ("-1 s", "negative"),
            ("nan s", "begin with a number"),
            ("inf", "begin with a number"),
            ("1e30 s", "exponent"),
            ("1,000 s", "thousands"),
            ("5 m", "minutes are \"min\""),
            ("5 parsecs", "unknown unit"),
            ("5 min 1 h", "longest first"),
            ("1 h 1 h", "longest first"),
            ("1 h and", "begin with a number"),
            ("1. s", "after the decimal point"),
            (".5 s", "before the decimal point"),
            ("999999999 d", "584 years"),
            ("18446744073709551615 ns", "584 years"),
            ("99999999999999999999999999999999999999999999 s", "584 years"),
        ] {
            let error = parse_span(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn canonical_text() {
        for (ns, text) in [
            (90_000, "90 us"),
            (2_500_000_000, "2.5 s"),
            (1_800_000_000_000, "30 min"),
            (3_900_000_000_000, "1 h 5 min"),
            (62_500_000_000, "1 min 2.5 s"),
            (86_400_000_000_001, "1 d 1 ns"),
            (1_500_000, "1.5 ms"),
        ] {
            assert_eq!(Span::from_ns(ns).to_string(), text);
        }
        assert_eq!(Span::MAX.to_string(), "unlimited");
    }

    proptest! {
        #[test]
        fn text_reads_back(ns in 0..u64::MAX, shift in 0u32..64) {
            let span = Span::from_ns(ns >> shift);
            prop_assert_eq!(parse_span(&span.to_string()), Ok(span));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,20}", units in "[0-9. a-zµ]{0,20}") {
            let _ = parse_span(&text);
            let _ = parse_span(&units);
        }
    }
}
