//! Numbers in print: thousands separators, three digits where more say nothing, a dash for what is not defined.

use crate::metrics::metric::Unit;

/// What is printed where a number is not defined.
pub const UNDEFINED: &str = "–";

/// A unit as it stands above a column; nothing where a number speaks for itself.
pub fn unit_word(unit: Unit) -> &'static str {
    match unit {
        Unit::Share => "%",
        Unit::Seconds => "s",
        Unit::Usd => "USD",
        Unit::TokensPerMinute => "tokens/min",
        Unit::RequestsPerMinute => "requests/min",
        Unit::Count | Unit::Ratio => "",
    }
}

/// A number in print with its unit behind it.
pub fn with_unit(number: String, unit: Unit) -> String {
    match unit_word(unit) {
        "" => number,
        word => format!("{number} {word}"),
    }
}

/// A number with so many decimals and thousands separators.
///
/// ```
/// use ratetide::cli::figures::grouped;
/// assert_eq!((grouped(1234567.0, 0), grouped(-1234.5, 1)), ("1,234,567".into(), "-1,234.5".into()));
/// ```
pub fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) = text.split_once('.').map_or((text, String::new()), |(w, f)| (w, format!(".{f}")));
    let mut out = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{sign}{out}{fraction}")
}

/// A count: whole, one decimal for a small mean, and from ten million up with a unit.
pub fn count(value: f64) -> String {
    match value {
        v if v >= 9_999_999.5 => {
            let units = [(1e12, "T"), (1e9, "G"), (1e6, "M")];
            let (unit, letter) = units.into_iter().find(|(unit, _)| v >= *unit).unwrap_or((1e6, "M"));
            format!("{}{letter}", significant(v / unit))
        }
        v if v < 99.95 && v.fract() != 0.0 => grouped(v, 1),
        v => grouped(v, 0),
    }
}

/// Three significant digits, no exponent.
fn significant(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        v if v >= 0.9995 || v == 0.0 => 2,
        _ => 3,
    };
    grouped(value, decimals)
}

/// A share in percent with two decimals, without the sign. What is not all is never printed as 100, nor what
/// is not nothing as 0.
pub fn percent(share: Option<f64>) -> String {
    match share {
        None => UNDEFINED.to_owned(),
        Some(s) if s > 0.0 && s < 0.000_05 => "<0.01".to_owned(),
        Some(s) if s < 1.0 && s > 0.999_95 => ">99.99".to_owned(),
        Some(s) if s == 0.0 || s == 1.0 => grouped(s * 100.0, 0),
        Some(s) => grouped(s * 100.0, 2),
    }
}

/// Seconds.
pub fn seconds(value: Option<f64>) -> String {
    value.map_or(UNDEFINED.to_owned(), significant)
}

/// A ratio.
pub fn ratio(value: Option<f64>) -> String {
    value.map_or(UNDEFINED.to_owned(), significant)
}

/// A rate per minute: whole from ten up.
pub fn rate(per_min: f64) -> String {
    if per_min < 9.95 && per_min.fract() != 0.0 { grouped(per_min, 1) } else { count(per_min.round()) }
}

/// Money: cents below a thousand.
pub fn money(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        v if v < 0.005 => "<0.01".to_owned(),
        v if v < 999.995 => grouped(v, 2),
        v => count(v.round()),
    }
}

/// `1 request`, `2 requests`.
pub fn plural(number: f64, thing: &str) -> String {
    format!("{} {thing}{}", count(number), if number == 1.0 { "" } else { "s" })
}

/// Bytes, in powers of ten.
pub fn bytes(value: f64) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    match units.into_iter().find(|(unit, _)| value >= *unit) {
        Some((unit, name)) => format!("{} {name}", significant(value / unit)),
        None => format!("{} bytes", grouped(value, 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_and_never_wide() {
        let cases = [
            (0.0, "0"),
            (12.5, "12.5"),
            (999.0, "999"),
            (1234.5, "1,234"),
            (9_999_999.0, "9,999,999"),
            (12_345_678.0, "12.3M"),
            (1e12, "1.00T"),
        ];
        for (value, text) in cases {
            assert_eq!(count(value), text, "{value}");
        }
        assert_eq!(
            (plural(1.0, "request"), plural(2000.0, "request")),
            ("1 request".into(), "2,000 requests".into())
        );
    }

    #[test]
    fn a_share_is_all_or_nothing_only_when_it_is() {
        let cases = [
            (None, "–"),
            (Some(0.0), "0"),
            (Some(1e-9), "<0.01"),
            (Some(0.1234), "12.34"),
            (Some(0.99999), ">99.99"),
            (Some(1.0), "100"),
        ];
        for (share, text) in cases {
            assert_eq!(percent(share), text, "{share:?}");
        }
    }

    #[test]
    fn seconds_rates_and_money_have_the_digits_that_say_something() {
        let all = [0.0004, 0.0123, 0.5, 6.5, 59.96, 3600.0].map(|s| seconds(Some(s)));
        assert_eq!(all, ["0.000", "0.012", "0.500", "6.50", "60.0", "3,600"]);
        assert_eq!([0.5, 60.0, 1234.4, 2e7].map(rate), ["0.5", "60", "1,234", "20.0M"]);
        assert_eq!([0.0, 0.001, 12.345, 98765.4].map(money), ["0", "<0.01", "12.35", "98,765"]);
        assert_eq!([12.0, 4.2e6, 1.5e9].map(bytes), ["12 bytes", "4.20 MB", "1.50 GB"]);
    }
}
