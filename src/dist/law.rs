//! What every law answers, and the checks they share.

use crate::rng::Stream;

/// A non-negative random quantity, in seconds for times, unit-free for token counts.
pub trait Law {
    /// One draw: finite and ≥ 0.
    fn sample(&self, stream: &mut Stream) -> f64;
    /// The exact mean.
    fn mean(&self) -> f64;
    /// The exact coefficient of variation: standard deviation ÷ mean, 0 for a constant.
    fn cv(&self) -> f64;
    /// The median: what half of the draws do not exceed.
    fn median(&self) -> f64;
    /// The quantile function at a level in [0, 1): what that share of the draws does not exceed, to 10⁻¹² of it.
    /// Where there is no closed form it is searched for, which takes microseconds: [`Inverse`](super::Inverse) draws.
    fn quantile(&self, level: f64) -> f64;
}

/// The most tokens a draw is worth (2^31): larger draws are cut to it.
pub const TOKENS_MAX: u32 = 1 << 31;

/// A draw as a token count: rounded half up, at least 1, at most [`TOKENS_MAX`].
#[inline]
pub fn tokens(draw: f64) -> u32 {
    // The cast rounds down, without a call into libm.
    (draw + 0.5).clamp(1.0, f64::from(TOKENS_MAX)) as u32
}

/// The largest mean, median or quantile a law accepts: 10¹² (seconds or tokens).
pub(super) const VALUE_MAX: f64 = 1e12;
/// The largest coefficient of variation a law accepts: beyond it no run is long enough to show the mean.
pub(super) const CV_MAX: f64 = 100.0;

/// Where `above`, P(X > x), comes down to 1 − `level`, near `guess`: bisection until the doubles all but meet.
pub(super) fn inverted(above: impl Fn(f64) -> f64, level: f64, guess: f64) -> f64 {
    let tail = 1.0 - level;
    let (mut low, mut high) = (guess, guess);
    while above(high) > tail && high < 1e300 {
        high *= 2.0;
    }
    while above(low) < tail {
        low *= 0.5;
        if low < 1e-300 {
            return 0.0;
        }
    }
    while high - low > 1e-13 * high {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        *(if above(middle) > tail { &mut low } else { &mut high }) = middle;
    }
    0.5 * (low + high)
}

/// `value` if it lies in [`min`, `max`], else a message naming the parameter and the range.
pub(super) fn checked(name: &str, value: f64, min: f64, max: f64) -> Result<f64, String> {
    if (min..=max).contains(&value) {
        Ok(value)
    } else {
        Err(format!("{name} must be between {min} and {max}, not {value}"))
    }
}

/// `value` if 0 < `value` ≤ `max`, else a message naming the parameter and the range.
pub(super) fn positive(name: &str, value: f64, max: f64) -> Result<f64, String> {
    if value > 0.0 && value <= max {
        Ok(value)
    } else {
        Err(format!("{name} must be above 0 and at most {max}, not {value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_round_half_up_and_are_at_least_one() {
        let draws = [0.0, 0.49, 0.5, 1.49, 1.5, 2.5, 1e300, f64::INFINITY];
        let counts = draws.map(tokens);
        assert_eq!(counts, [1, 1, 1, 1, 2, 3, TOKENS_MAX, TOKENS_MAX]);
    }

    #[test]
    fn ranges_refuse_what_is_not_a_number() {
        for bad in [f64::NAN, -1.0, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(checked("x", bad, 0.0, 9.0).is_err(), "{bad}");
            assert!(positive("x", bad, 9.0).is_err(), "{bad}");
        }
        assert!(positive("x", 0.0, 9.0).is_err());
        assert_eq!(checked("x", 0.0, 0.0, 9.0), Ok(0.0));
        assert_eq!(positive("mean", -2.0, 9.0).unwrap_err(), "mean must be above 0 and at most 9, not -2");
    }
}
