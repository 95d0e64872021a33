//! The trace formats in public use, told apart by their column names.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::TraceError;

/// A trace format.
#[derive(PartialEq, Eq, Debug)]
pub struct Dialect {
    /// What it is called.
    pub name: &'static str,
    /// Where it comes from and what its time column holds.
    pub doc: &'static str,
    /// Column of the time, in lower case.
    pub time: &'static str,
    /// Column of the prompt tokens, in lower case.
    pub prompt: &'static str,
    /// Column of the output tokens, in lower case.
    pub output: &'static str,
    pub(super) clock: Clock,
}

/// What the time column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Clock {
    /// Date and time of day, with or without an offset from UTC.
    DateTime,
    /// Milliseconds since some start.
    Milliseconds,
    /// Seconds since some start.
    Seconds,
}

/// The known formats. Their time columns share a name; the token columns tell them apart.
pub static DIALECTS: [Dialect; 3] = [
    Dialect {
        name: "azure",
        doc: "Azure LLM inference traces 2023/2024: date and time, UTC unless an offset is given",
        time: "timestamp",
        prompt: "contexttokens",
        output: "generatedtokens",
        clock: Clock::DateTime,
    },
    Dialect {
        name: "mooncake",
        doc: "Mooncake (FAST 2025), JSON lines or CSV: milliseconds",
        time: "timestamp",
        prompt: "input_length",
        output: "output_length",
        clock: Clock::Milliseconds,
    },
    Dialect {
        name: "burstgpt",
        doc: "BurstGPT (Wang et al., 2024): seconds",
        time: "timestamp",
        prompt: "request tokens",
        output: "response tokens",
        clock: Clock::Seconds,
    },
];

/// A column name as it is compared: trimmed, in lower case.
pub(super) fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

/// The first dialect all of whose names are among `names` (folded).
pub(super) fn of_columns(names: &[String]) -> Result<&'static Dialect, TraceError> {
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    DIALECTS.iter().find(|d| has(d.time) && has(d.prompt) && has(d.output)).ok_or_else(|| {
        let known = DIALECTS.iter().map(|d| format!("{}, {}, {} ({})", d.time, d.prompt, d.output, d.name));
        let known = known.collect::<Vec<_>>().join("; ");
        TraceError::new(format!(
            "its columns ({}) are those of no known trace; known are {known}",
            shown(names)
        ))
    })
}

/// The first column names, cut and made inert for a message.
fn shown(names: &[String]) -> String {
    let cut = |name: &String| name.chars().take(30).flat_map(char::escape_debug).collect::<String>();
    let mut list: Vec<String> = names.iter().take(8).map(cut).collect();
    if names.len() > list.len() {
        list.push("…".into());
    }
    list.join(", ")
}

/// The latest number of seconds a time column may hold: it still fits when counted in ns.
const SECONDS_MAX: f64 = 9e9;

impl Clock {
    /// The time in `text` as ns since the column's own start.
    pub(super) fn parse(self, text: &str) -> Result<i64, String> {
        match self {
            Clock::DateTime => date_time(text),
            Clock::Milliseconds => number(text, 1e3),
            Clock::Seconds => number(text, 1.0),
        }
    }
}

fn number(text: &str, per_second: f64) -> Result<i64, String> {
    let value: f64 = text.parse().map_err(|_| "the time is not a number".to_string())?;
    let seconds = value / per_second;
    if value < 0.0 {
        Err("the time is negative".into())
    } else if seconds <= SECONDS_MAX {
        Ok((value * (1e9 / per_second)).round() as i64)
    } else {
        Err("the time is out of range".into()) // NaN and ∞ too
    }
}

fn date_time(text: &str) -> Result<i64, String> {
    let has_offset = text.get(11..).is_some_and(|rest| rest.contains(['+', '-', 'Z', 'z']));
    let stamp = if has_offset {
        text.parse::<Timestamp>()
    } else {
        text.parse::<DateTime>().and_then(|local| Offset::UTC.to_timestamp(local))
    };
    let stamp = stamp.map_err(|_| "the time is not a date and time".to_string())?;
    i64::try_from(stamp.as_nanosecond()).map_err(|_| "the time is out of range".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_times_keep_all_their_digits() {
        let parse = |text| Clock::DateTime.parse(text);
        let start = parse("2023-11-16 18:15:46.6805900").unwrap();
        assert_eq!(parse("2023-11-16 18:15:50.9951690").unwrap() - start, 4_314_579_000);
        assert_eq!(parse("2023-11-16T18:15:46.68059"), Ok(start));
        assert_eq!(parse("2023-11-16 19:15:46.680590+01:00"), Ok(start));
        assert_eq!(parse("2023-11-16 18:15:46.680590Z"), Ok(start));
        for bad in ["", "18:15", "2023-02-30 00:00:00", "5", "2023-11-16 25:00:00", "9999-01-01 00:00:00"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_are_scaled_and_bounded() {
        assert_eq!(Clock::Milliseconds.parse("40.5"), Ok(40_500_000));
        assert_eq!(Clock::Seconds.parse("45.25"), Ok(45_250_000_000));
        assert_eq!(Clock::Seconds.parse("-1"), Err("the time is negative".into()));
        for bad in ["", "nan", "inf", "1e30", "soon"] {
            assert!(Clock::Seconds.parse(bad).is_err(), "{bad}");
        }
    }
}
