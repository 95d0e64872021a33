//! From numbers to pixels: axis ranges, round ticks, and numbers in print.

/// How far numbers of one axis are apart on the page.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Linear,
    Log,
}

/// One axis: `low ..= high` mapped to `from ..= to` px. Values beyond the range land on its ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    kind: Kind,
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// A linear axis. The one place where ranges are checked before anything is drawn.
    ///
    /// # Panics
    /// Unless `low < high` and both are finite.
    pub fn linear(low: f64, high: f64, from: f64, to: f64) -> Scale {
        assert!(low.is_finite() && high.is_finite() && low < high, "axis range {low} to {high}");
        Scale { kind: Kind::Linear, low, high, from, to }
    }

    /// A logarithmic axis.
    ///
    /// # Panics
    /// Unless `0 < low < high` and both are finite.
    pub fn log(low: f64, high: f64, from: f64, to: f64) -> Scale {
        assert!(low > 0.0, "a log axis starts above 0, not at {low}");
        Scale { kind: Kind::Log, ..Scale::linear(low, high, from, to) }
    }

    /// Where `value` stands, px.
    pub fn px(&self, value: f64) -> f64 {
        let value = value.clamp(self.low, self.high);
        let part = match self.kind {
            Kind::Linear => (value - self.low) / (self.high - self.low),
            Kind::Log => (value / self.low).ln() / (self.high / self.low).ln(),
        };
        self.from + part * (self.to - self.from)
    }

    /// The upper end of the range.
    pub fn high(&self) -> f64 {
        self.high
    }
}

/// The smallest of 1, 2, 5 × 10ᵏ that is at least `least`, which is positive and finite.
pub fn round_step(least: f64) -> f64 {
    let decade = 10f64.powi(least.log10().floor() as i32);
    [1.0, 2.0, 5.0, 10.0]
        .map(|m| m * decade)
        .into_iter()
        .find(|step| *step >= least * (1.0 - 1e-9))
        .unwrap_or(least)
}

/// Ticks from 0 in steps of 1, 2, 5 × 10ᵏ, about `count` of them, the last at or above `max`.
pub fn ticks_from_zero(max: f64, count: usize) -> Vec<f64> {
    let max = if max > 0.0 { max.max(1e-9) } else { 1.0 };
    let step = round_step(max / count.max(1) as f64);
    let last = (max / step - 1e-9).ceil().max(1.0) as usize;
    (0..=last).map(|i| i as f64 * step).collect()
}

/// Ticks 1, 3, 10, 30 … that cover `low ..= high` (both positive); the first and last are the axis' ends.
/// Beyond four decades only powers of ten.
pub fn log_ticks(low: f64, high: f64) -> Vec<f64> {
    let first = low.log10().floor() as i32;
    let last = high.log10().ceil() as i32;
    let steps: &[f64] = if last - first > 5 { &[1.0] } else { &[1.0, 3.0] };
    let all: Vec<f64> = (first..=last).flat_map(|k| steps.iter().map(move |m| m * 10f64.powi(k))).collect();
    let from = all.iter().rposition(|tick| *tick <= low * (1.0 + 1e-9)).unwrap_or(0);
    let to = all.iter().position(|tick| *tick >= high * (1.0 - 1e-9)).unwrap_or(all.len() - 1);
    all[from..=to.max(from + 1).min(all.len() - 1)].to_vec()
}

/// Panels of one quantity share their range unless one peaks this many times higher than the other.
const SHARE_MAX: f64 = 8.0;

/// Axis ends: panels whose peaks are within [`SHARE_MAX`] of each other share the largest's.
pub fn shared_tops(tops: impl Iterator<Item = f64>) -> Vec<f64> {
    let tops: Vec<f64> = tops.collect();
    let mut order: Vec<usize> = (0..tops.len()).collect();
    order.sort_by(|a, b| tops[*b].total_cmp(&tops[*a]));
    let mut shared = tops.clone();
    let mut largest = f64::INFINITY;
    for i in order {
        if largest.is_infinite() || tops[i] * SHARE_MAX < largest && tops[i] > 0.0 {
            largest = tops[i];
        }
        shared[i] = largest;
    }
    shared
}

/// The unit a time axis is printed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    /// Up to 3 minutes.
    Second,
    /// Up to 4 hours.
    Minute,
    /// Up to 3 days.
    Hour,
    /// Beyond.
    Day,
}

impl TimeUnit {
    /// The unit in which `span_s` seconds read well.
    pub fn of(span_s: f64) -> TimeUnit {
        match span_s {
            s if s <= 180.0 => TimeUnit::Second,
            s if s <= 4.0 * 3600.0 => TimeUnit::Minute,
            s if s <= 3.0 * 86_400.0 => TimeUnit::Hour,
            _ => TimeUnit::Day,
        }
    }

    /// Seconds in the unit.
    pub fn seconds(self) -> f64 {
        match self {
            TimeUnit::Second => 1.0,
            TimeUnit::Minute => 60.0,
            TimeUnit::Hour => 3600.0,
            TimeUnit::Day => 86_400.0,
        }
    }

    /// Its symbol.
    pub fn symbol(self) -> &'static str {
        match self {
            TimeUnit::Second => "s",
            TimeUnit::Minute => "min",
            TimeUnit::Hour => "h",
            TimeUnit::Day => "d",
        }
    }

    /// Ticks in this unit over `0 ..= span_s` seconds, about `count` of them: steps a clock knows.
    pub fn ticks(self, span_s: f64, count: usize) -> Vec<f64> {
        let span = span_s / self.seconds();
        let least = span / count.max(1) as f64;
        let clock: &[f64] = match self {
            TimeUnit::Second | TimeUnit::Minute => &[1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0],
            TimeUnit::Hour => &[1.0, 2.0, 3.0, 6.0, 12.0, 24.0],
            TimeUnit::Day => &[1.0, 2.0, 7.0, 14.0, 28.0],
        };
        let on_clock = clock.iter().copied().find(|step| *step >= least && least > clock[0] / 2.0);
        let step = on_clock.unwrap_or_else(|| round_step(least));
        let last = (span / step + 1e-9).floor() as usize;
        (0..=last).map(|i| i as f64 * step).collect()
    }
}

/// `value` with `decimals` places and thousands separators.
pub fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.find('.').map_or((text.as_str(), ""), |dot| text.split_at(dot));
    let mut out = String::with_capacity(text.len() + 8);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// A number to three significant figures, trailing zeros dropped, from a million on with M, G, T.
pub fn short(value: f64) -> String {
    for (unit, symbol) in [(1e12, "T"), (1e9, "G"), (1e6, "M")] {
        if value >= unit * 0.9995 {
            return short(value / unit) + symbol;
        }
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let decimals = (2 - value.log10().floor() as i32).clamp(0, 9) as usize;
    let text = grouped(value, decimals);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A number in little room: to three significant figures, from ten thousand on with k, M, G, T.
pub fn compact(value: f64) -> String {
    if (9_999.5..999_500.0).contains(&value) { short(value / 1000.0) + "k" } else { short(value) }
}

/// A share in 0–1 as a percentage that is never rounded to "none" or "all" when it is neither.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        p if p <= 0.0 => "0 %".to_owned(),
        p if p < 0.05 => "< 0.1 %".to_owned(),
        p if p >= 100.05 => format!("{p:.1} %"),
        p if p >= 100.0 - 1e-9 => "100 %".to_owned(),
        p if p > 99.95 => "> 99.9 %".to_owned(),
        p => format!("{p:.1} %"),
    }
}

/// An amount of money in dollars: to the cent, below ten cents to three significant figures, large ones whole.
pub fn money(usd: f64) -> String {
    match usd {
        v if v < 0.0995 => format!("${}", short(v)),
        v if v < 9_999.995 => format!("${}", grouped(v, 2)),
        v if v < 999_999.5 => format!("${}", grouped(v, 0)),
        v => format!("${}", short(v)),
    }
}

/// A span of time in words, to two or three figures: "0.8 s", "90 s", "12 min", "1.5 h".
pub fn span(seconds: f64) -> String {
    let unit = match seconds {
        s if s < 120.0 => TimeUnit::Second,
        s if s < 7200.0 => TimeUnit::Minute,
        s if s < 2.0 * 86_400.0 => TimeUnit::Hour,
        _ => TimeUnit::Day,
    };
    let value = seconds / unit.seconds();
    let value = match value {
        v if v >= 10.0 => v.round(),
        v if v >= 1.0 => (v * 10.0).round() / 10.0,
        v => v,
    };
    format!("{} {}", short(value), unit.symbol())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_maps_its_ends_and_holds_what_lies_beyond() {
        let scale = Scale::linear(0.0, 10.0, 100.0, 0.0);
        assert_eq!([-5.0, 0.0, 2.5, 10.0, 1e15].map(|v| scale.px(v)), [100.0, 100.0, 75.0, 0.0, 0.0]);
        let scale = Scale::log(0.1, 1000.0, 0.0, 400.0);
        assert!((scale.px(1.0) - 100.0).abs() < 1e-9 && scale.px(0.0) == 0.0);
    }

    #[test]
    #[should_panic(expected = "axis range")]
    fn an_infinite_range_is_refused() {
        Scale::linear(0.0, f64::INFINITY, 0.0, 1.0);
    }

    #[test]
    fn ticks_are_1_2_5_and_cover_the_data() {
        assert_eq!(ticks_from_zero(1130.0, 5), [0.0, 500.0, 1000.0, 1500.0]);
        assert_eq!(ticks_from_zero(980.0, 5), [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]);
        assert_eq!(ticks_from_zero(0.0, 4), [0.0, 0.5, 1.0]);
        for max in [1e-300, 1e-9, 0.3, 1.0, 7.7, 1e6, 1e15] {
            let ticks = ticks_from_zero(max, 5);
            assert!(ticks.len() <= 7 && *ticks.last().unwrap() >= max, "{max}: {ticks:?}");
        }
    }

    #[test]
    fn log_ticks_are_1_3_10_and_cover_the_data() {
        assert_eq!(
            log_ticks(0.4, 110.0),
            [0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0].map(|t| near(t, 0.4, 110.0))
        );
        assert_eq!(log_ticks(1.0, 1.0).len(), 2);
        let wide = log_ticks(1e-3, 1e6);
        assert!(wide.len() <= 10 && wide[0] <= 1e-3 && *wide.last().unwrap() >= 1e6);
    }

    /// The tick as computed, so that rounding of powers cannot fail the comparison.
    fn near(tick: f64, low: f64, high: f64) -> f64 {
        log_ticks(low, high).into_iter().find(|t| (t / tick - 1.0).abs() < 1e-9).unwrap()
    }

    #[test]
    fn panels_share_their_range_unless_one_would_vanish() {
        assert_eq!(shared_tops([100.0, 50.0].into_iter()), [100.0, 100.0]);
        assert_eq!(shared_tops([1.0, 1e6, 3.0, 0.0].into_iter()), [3.0, 1e6, 3.0, 3.0]);
        assert_eq!(shared_tops([0.0, 0.0].into_iter()), [0.0, 0.0]);
    }

    #[test]
    fn time_axes_use_steps_a_clock_knows() {
        assert_eq!(TimeUnit::of(1800.0).ticks(1800.0, 7), [0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0]);
        assert_eq!(TimeUnit::of(15_000.0).ticks(15_000.0, 4), [0.0, 2.0, 4.0]);
        assert_eq!(TimeUnit::of(10_800.0).ticks(10_800.0, 8).last(), Some(&180.0));
        for span in [1e-6, 0.3, 1.0, 45.0, 1e4, 1e5, 1e6, 1e10] {
            let ticks = TimeUnit::of(span).ticks(span, 8);
            assert!((2..=18).contains(&ticks.len()), "{span}: {}", ticks.len());
        }
    }

    #[test]
    fn money_is_to_the_cent_where_cents_matter() {
        assert_eq!(
            [0.0, 0.00123, 0.5, 0.999, 12.9, 6251.0, 81_234.5, 2e6].map(money),
            ["$0", "$0.00123", "$0.50", "$1.00", "$12.90", "$6,251.00", "$81,234", "$2M"]
        );
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(1234567.0, 0), "1,234,567");
        assert_eq!(grouped(999.5, 1), "999.5");
        assert_eq!([0.0, 0.25, 12.345, 1234.0, 2_000_000.0].map(short), ["0", "0.25", "12.3", "1,234", "2M"]);
        assert_eq!([6000.0, 60_000.0, 578_893.0, 2e6].map(compact), ["6,000", "60k", "579k", "2M"]);
        assert_eq!(
            [0.0, 1e-5, 0.119, 0.99999, 1.0].map(percent),
            ["0 %", "< 0.1 %", "11.9 %", "> 99.9 %", "100 %"]
        );
        assert_eq!([0.25, 8.96, 33.2, 720.0, 10_800.0].map(span), ["0.25 s", "9 s", "33 s", "12 min", "3 h"]);
    }
}
