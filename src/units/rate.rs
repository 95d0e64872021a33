//! Rates of requests or tokens: "100/min", "0.8/s", "1.2M tok/min", "600 rpm".

use std::fmt;

use super::decimal;

/// A rate per second, never negative and never NaN; infinite where a scenario says "unlimited".
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug, Default)]
pub struct Rate(f64);

/// What a rate counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quantity {
    /// Requests, or anything else counted one by one (arrivals, attempts).
    Requests,
    /// Tokens of prompt and output.
    Tokens,
}

impl Rate {
    /// Nothing at all.
    pub const ZERO: Rate = Rate(0.0);
    /// No limit.
    pub const UNLIMITED: Rate = Rate(f64::INFINITY);

    /// `per_s` a second.
    ///
    /// # Panics
    /// If `per_s` is negative or not a number.
    pub const fn from_per_s(per_s: f64) -> Rate {
        assert!(per_s >= 0.0, "a rate is a number from zero up");
        Rate(per_s)
    }

    /// `per_min` a minute; 60 a minute is exactly 1 a second.
    ///
    /// # Panics
    /// If `per_min` is negative or not a number.
    pub const fn from_per_min(per_min: f64) -> Rate {
        Rate::from_per_s(per_min / 60.0)
    }

    /// Events per second.
    pub const fn per_s(self) -> f64 {
        self.0
    }

    /// Events per minute.
    pub const fn per_min(self) -> f64 {
        self.0 * 60.0
    }

    /// True where there is no limit.
    pub const fn is_unlimited(self) -> bool {
        self.0 == f64::INFINITY
    }
}

impl Quantity {
    /// The words that may stand between the number and the slash.
    const fn words(self) -> &'static [&'static str] {
        match self {
            Quantity::Requests => &["req", "reqs", "request", "requests"],
            Quantity::Tokens => &["tok", "toks", "token", "tokens"],
        }
    }

    /// The abbreviations of a rate, each with the seconds of its denominator.
    const fn abbreviations(self) -> [(&'static str, f64); 2] {
        match self {
            Quantity::Requests => [("rpm", 60.0), ("rps", 1.0)],
            Quantity::Tokens => [("tpm", 60.0), ("tps", 1.0)],
        }
    }

    /// An example of a rate of this quantity.
    pub const fn example(self) -> &'static str {
        match self {
            Quantity::Requests => "\"600/min\"",
            Quantity::Tokens => "\"400k tok/min\"",
        }
    }
}

/// Reads a rate of `quantity`: a decimal number, `k` or `M`, a unit word if wished, `/s`, `/min`, `/h` or
/// `/d`; or one of the abbreviations rpm, rps (requests), tpm, tps (tokens).
///
/// # Errors
/// Says what is wrong with the text: no "per what", a word of the other quantity, a negative number.
///
/// ```
/// use ratetide::units::{Quantity, parse_rate};
/// assert_eq!(parse_rate("60/min", Quantity::Requests).unwrap().per_s(), 1.0);
/// assert_eq!(parse_rate("1.2M tok/min", Quantity::Tokens).unwrap().per_min(), 1_200_000.0);
/// assert!(parse_rate("60", Quantity::Requests).is_err());
/// ```
pub fn parse_rate(text: &str, quantity: Quantity) -> Result<Rate, String> {
    let (whole, fraction, rest) = decimal::split(text.trim())?;
    let (exponent, rest) = match rest.trim_start() {
        r if r.starts_with('k') => (3, &r[1..]),
        r if r.starts_with('M') => (6, &r[1..]),
        r => (0, r),
    };
    let seconds = denominator(rest.trim(), quantity)?;
    // One correctly rounded conversion, then one division: 60/min is exactly 1/s.
    let count: f64 = format!("{whole}.{fraction}0e{exponent}").parse().expect("digits are a number");
    if !count.is_finite() {
        return Err("is too large".to_owned());
    }
    Ok(Rate(count / seconds))
}

/// The seconds of "per what" in the text after the number.
fn denominator(text: &str, quantity: Quantity) -> Result<f64, String> {
    let bare = || format!("needs a unit, e.g. {}", quantity.example());
    if let Some((_, seconds)) = quantity.abbreviations().iter().find(|(word, _)| *word == text) {
        return Ok(*seconds);
    }
    let other = match quantity {
        Quantity::Requests => Quantity::Tokens,
        Quantity::Tokens => Quantity::Requests,
    };
    let is_other = |word: &str| {
        other.words().contains(&word) || other.abbreviations().iter().any(|(short, _)| *short == word)
    };
    let (word, per) = match text.split_once('/') {
        Some((word, per)) => (word.trim(), per.trim()),
        None if is_other(text) => (text, ""),
        None => return Err(bare()),
    };
    if is_other(word) {
        return Err(match quantity {
            Quantity::Requests => format!("must count requests, not tokens, e.g. {}", quantity.example()),
            Quantity::Tokens => format!("must count tokens, not requests, e.g. {}", quantity.example()),
        });
    }
    if !word.is_empty() && !quantity.words().contains(&word) {
        return Err(format!("has an unknown unit before the slash, e.g. {}", quantity.example()));
    }
    match per {
        "s" => Ok(1.0),
        "min" => Ok(60.0),
        "h" => Ok(3600.0),
        "d" => Ok(86_400.0),
        "m" => Err("has an unknown unit after the slash: a minute is \"min\"".to_owned()),
        _ => Err("has an unknown unit after the slash: use /s, /min, /h or /d".to_owned()),
    }
}

impl fmt::Display for Rate {
    /// Per minute where that is short, else per second, hour or day; always text that reads back to the
    /// same rate.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_unlimited() {
            return f.write_str("unlimited");
        }
        let exact = [(60.0, "min"), (1.0, "s"), (3600.0, "h"), (86_400.0, "d")]
            .into_iter()
            .filter_map(|(seconds, per)| Some(format!("{}/{per}", count_text(self.0, seconds)?)));
        let shortest = exact.enumerate().min_by_key(|(order, text)| match text.len() {
            len if len <= 10 => (0, *order),
            len => (len, *order),
        });
        f.write_str(&shortest.expect("per second is always exact").1)
    }
}

/// `per_s · seconds` as the shortest decimal that divided by `seconds` gives `per_s` again, if there is one.
fn count_text(per_s: f64, seconds: f64) -> Option<String> {
    let raw = per_s * seconds;
    let tidy: f64 = format!("{raw:.11e}").parse().expect("a float's own text");
    let count = [tidy, raw].into_iter().find(|count| count.is_finite() && count / seconds == per_s)?;
    Some(match count {
        c if c >= 1e6 && c % 1e4 == 0.0 && c < 1e12 => format!("{}M", c / 1e6),
        c if c >= 1e4 && c % 1e3 == 0.0 && c < 1e12 => format!("{}k", c / 1e3),
        c => c.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rates_are_read_exactly() {
        let requests = Quantity::Requests;
        assert_eq!(parse_rate("60/min", requests).unwrap().per_s(), 1.0);
        for (text, per_min) in [
            ("100/min", 100.0),
            ("6000/min", 6000.0),
            ("0.8/s", 48.0),
            ("10/h", 1.0 / 6.0),
            ("600 req/min", 600.0),
            ("1 request / min", 1.0),
            ("600 rpm", 600.0),
            ("5 rps", 300.0),
            ("5rps", 300.0),
            ("0/min", 0.0),
        ] {
            let rate = parse_rate(text, requests).unwrap();
            assert!((rate.per_min() - per_min).abs() < 1e-12, "{text}: {rate:?}");
        }
        for (text, per_min) in [
            ("1.2M tok/min", 1.2e6),
            ("400k tok/min", 400e3),
            ("60k/min", 60e3),
            ("2M/min", 2e6),
            ("1M tpm", 1e6),
            ("1 M tokens/min", 1e6),
        ] {
            let rate = parse_rate(text, Quantity::Tokens).unwrap();
            assert_eq!(rate, Rate::from_per_min(per_min), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        for (text, reason) in [
            ("60", "needs a unit"),
            ("600 per minute", "needs a unit"),
            ("-1/min", "negative"),
            ("nan/min", "begin with a number"),
            ("1e30/min", "exponent"),
            ("1M tok/min", "not tokens"),
            ("1M tpm", "not tokens"),
            ("5 apples/min", "before the slash"),
            ("5/m", "\"min\""),
            ("5/fortnight", "after the slash"),
            ("5/", "after the slash"),
            ("", "begin with a number"),
        ] {
            let error = parse_rate(text, Quantity::Requests).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
        assert!(parse_rate("5 rpm", Quantity::Tokens).unwrap_err().contains("not requests"));
        assert!(parse_rate(&format!("{}/s", "9".repeat(390)), Quantity::Tokens).is_err());
    }

    #[test]
    fn canonical_text() {
        for (text, canonical) in [
            ("100/min", "100/min"),
            ("1/s", "60/min"),
            ("0.8/s", "48/min"),
            ("10/h", "10/h"),
            ("60k/min", "60k/min"),
            ("2M/min", "2M/min"),
            ("1200 k/min", "1.2M/min"),
            ("6000/min", "6000/min"),
            ("0/h", "0/min"),
            ("33.3/min", "33.3/min"),
        ] {
            assert_eq!(parse_rate(text, Quantity::Tokens).unwrap().to_string(), canonical);
        }
        assert_eq!(Rate::UNLIMITED.to_string(), "unlimited");
    }

    proptest! {
        #[test]
        fn text_reads_back(per_s in 0.0..1e15f64, small in 0.0..1e-30f64, count in 0u32..10_000_000, per in 0usize..4) {
            let whole = f64::from(count) / [1.0, 60.0, 3600.0, 86_400.0][per];
            for rate in [Rate(per_s), Rate(small), Rate(whole)] {
                let text = rate.to_string();
                prop_assert_eq!(parse_rate(&text, Quantity::Tokens), Ok(rate), "{}", text);
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,20}", near in "[0-9.kM /a-z]{0,20}") {
            for quantity in [Quantity::Requests, Quantity::Tokens] {
                let _ = parse_rate(&text, quantity);
                let _ = parse_rate(&near, quantity);
            }
        }
    }
}
