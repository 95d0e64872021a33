//! A law given by its quantiles.

use rand::RngExt;

use super::law::{Law, VALUE_MAX, checked};
use super::written::{Unit, Written, named};
use crate::read::{Key, Kind, Member, Range, Spec, Tagged};
use crate::registry::accept;
use crate::rng::Stream;

/// The inverse distribution function given as a table (level, value), linear between its points:
/// X = x_i + (U − q_i)·(x_{i+1} − x_i)/(q_{i+1} − q_i) for the i with q_i ≤ U < q_{i+1}, U uniform.
///
/// # Parameter
/// 2 to 10 000 pairs: levels increasing from 0 to 1 in steps of at least 10⁻⁹, values in [0, 10¹²] that do
/// not decrease. Equal values at two levels put that much probability on the value.
///
/// # Source
/// Inverse transform with linear interpolation: Devroye, *Non-Uniform Random Variate Generation* (1986),
/// ch. II.2.
#[derive(Clone, PartialEq, Debug)]
pub struct Empirical {
    /// Level at which each piece begins; the first is 0.
    levels: Vec<f64>,
    /// Value at the beginning of each piece, and slope.
    pieces: Vec<(f64, f64)>,
    mean: f64,
    cv: f64,
}

/// The least distance of two levels: slopes stay finite.
const LEVEL_STEP_MIN: f64 = 1e-9;
/// The most points of a quantile table.
pub(super) const POINTS_MAX: usize = 10_000;

impl Empirical {
    /// The law with these quantiles, as pairs (level, value).
    ///
    /// # Errors
    /// Fewer than 2 or more than 10 000 pairs; levels that do not increase from 0 to 1 in steps of at
    /// least 10⁻⁹; values that decrease, lie outside [0, 10¹²] or are not numbers; a table that is zero throughout.
    pub fn from_quantiles(quantiles: &[(f64, f64)]) -> Result<Empirical, String> {
        let [(first, _), .., (last, top)] = *quantiles else {
            return Err("quantiles needs at least two pairs [level, value]".into());
        };
        if quantiles.len() > POINTS_MAX {
            return Err(format!("quantiles has {} pairs, at most {POINTS_MAX} are allowed", quantiles.len()));
        }
        if first != 0.0 || last != 1.0 {
            return Err(format!("quantiles must run from level 0 to level 1, not from {first} to {last}"));
        }
        for &(_, value) in quantiles {
            checked("a quantile", value, 0.0, VALUE_MAX)?;
        }
        let (mut levels, mut pieces, mut mean, mut square) = (Vec::new(), Vec::new(), 0.0, 0.0);
        for pair in quantiles.windows(2) {
            let [(q0, x0), (q1, x1)] = [pair[0], pair[1]];
            if q1.is_nan() || q1 - q0 < LEVEL_STEP_MIN {
                return Err(format!(
                    "quantile levels must increase by {LEVEL_STEP_MIN}: {q1} comes after {q0}"
                ));
            }
            if x1 < x0 {
                return Err(format!("quantiles must not decrease: {x1} at {q1} comes after {x0} at {q0}"));
            }
            let slope = (x1 - x0) / (q1 - q0);
            levels.push(q0);
            pieces.push((x0, slope));
            mean += (q1 - q0) * (x0 + x1) / 2.0;
            square += (q1 - q0) * (x0 * x0 + x0 * x1 + x1 * x1) / 3.0;
        }
        if top == 0.0 {
            return Err("quantiles are all 0".into());
        }
        let cv = (square / (mean * mean) - 1.0).max(0.0).sqrt();
        Ok(Empirical { levels, pieces, mean, cv })
    }
}

impl Law for Empirical {
    #[inline]
    fn sample(&self, stream: &mut Stream) -> f64 {
        self.quantile(stream.random())
    }

    #[inline]
    fn quantile(&self, level: f64) -> f64 {
        let i = self.levels.partition_point(|&q| q <= level) - 1;
        let (start, slope) = self.pieces[i];
        start + slope * (level - self.levels[i])
    }

    fn mean(&self) -> f64 {
        self.mean
    }

    fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    fn cv(&self) -> f64 {
        self.cv
    }
}

impl<U: Unit> Written<U> for Empirical {
    const MEMBER: Member = Member::table(
        "empirical",
        &Spec::new(
            named::<U>("empirical_time", "empirical_tokens"),
            "given by its quantiles, linear between them",
            &[Key::pairs("quantiles", &Kind::Number(Range::new(0.0, 1.0)), &U::QUANTILE)
                .doc("pairs [level, value], from level 0 to level 1")],
        ),
    );

    fn read(value: Tagged<'_>, (): ()) -> Option<Empirical> {
        let mut table = value.table();
        let pairs = table.pairs("quantiles").into_iter();
        let quantiles: Vec<(f64, f64)> =
            pairs.map(|(level, value)| (level.number(), U::quantile(value))).collect();
        accept(&table, Empirical::from_quantiles(&quantiles))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::ks;

    const PROMPTS: [(f64, f64); 4] = [(0.0, 1.0), (0.5, 1020.0), (0.99, 4142.0), (1.0, 9000.0)];

    #[test]
    fn refuses_bad_tables() {
        let bad: [&[(f64, f64)]; 8] = [
            &[],
            &[(0.0, 1.0)],
            &[(0.1, 1.0), (1.0, 2.0)],
            &[(0.0, 1.0), (0.9, 2.0)],
            &[(0.0, 1.0), (f64::NAN, 2.0), (1.0, 3.0)],
            &[(0.0, 3.0), (1.0, 2.0)],
            &[(0.0, -1.0), (1.0, 2.0)],
            &[(0.0, 0.0), (1.0, f64::INFINITY)],
        ];
        for table in bad {
            assert!(Empirical::from_quantiles(table).is_err(), "{table:?}");
        }
        assert!(Empirical::from_quantiles(&[(0.0, 0.0), (1.0, 0.0)]).is_err());
    }

    #[test]
    fn a_straight_line_is_the_uniform_law() {
        let law = Empirical::from_quantiles(&[(0.0, 2.0), (1.0, 4.0)]).unwrap();
        assert_eq!(law.mean(), 3.0);
        assert!((law.cv() - (1.0f64 / 3.0).sqrt() / 3.0).abs() < 1e-12);
    }

    #[test]
    fn equal_values_are_an_atom() {
        let law = Empirical::from_quantiles(&[(0.0, 5.0), (0.75, 5.0), (1.0, 9.0)]).unwrap();
        let share = ks::draw(&law, 100_000).iter().filter(|&&x| x == 5.0).count() as f64 / 1e5;
        assert!((share - 0.75).abs() < 0.005, "{share}");
    }

    #[test]
    fn draws_follow_the_law() {
        let law = Empirical::from_quantiles(&PROMPTS).unwrap();
        assert!((law.mean() - (0.5 * 510.5 + 0.49 * 2581.0 + 0.01 * 6571.0)).abs() < 1e-9);
        ks::check(&law, |x| {
            let i = PROMPTS.windows(2).position(|p| x < p[1].1).unwrap_or(2);
            let [(q0, x0), (q1, x1)] = [PROMPTS[i], PROMPTS[i + 1]];
            q0 + (x - x0) * (q1 - q0) / (x1 - x0)
        });
        ks::moments(&law, 0.003);
        ks::pinned(&law, [2488.4015957062074, 3600.8866311197994, 657.5076843911576]);
    }
}
