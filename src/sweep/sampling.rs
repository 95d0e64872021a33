//! Which combinations of levels: all of a grid, or a sample that fills the space evenly with fewer points.

use super::axis::{Axis, Level};
use crate::rng::Key;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// Points of Sobol's sequence at most: as far as the tables of its crate go.
pub const SOBOL_MAX: usize = 1 << 16;

/// How points are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Every combination of the levels, the last axis fastest.
    Grid,
    /// So many points, one in each of so many equal strips of every axis (McKay, Beckman, Conover 1979).
    Lhs(usize),
    /// The first points of Sobol's sequence (1967), Owen-scrambled.
    Sobol(usize),
}

impl Sampling {
    /// Read `grid`, `lhs:N` or `sobol:N`.
    ///
    /// # Errors
    /// It is none of these.
    pub fn parse(text: &str) -> Result<Sampling, String> {
        let (kind, count) = text.split_once(':').map_or((text, None), |(kind, n)| (kind, n.parse().ok()));
        match (kind, count) {
            ("grid", None) if text == "grid" => Ok(Sampling::Grid),
            ("lhs", Some(n)) if n > 0 => Ok(Sampling::Lhs(n)),
            ("sobol", Some(n)) if n > SOBOL_MAX => Err(format!("sobol: at most {SOBOL_MAX} points")),
            ("sobol", Some(n)) if n > 0 => Ok(Sampling::Sobol(n)),
            _ => Err("it must be grid, lhs:N or sobol:N, such as lhs:200".to_owned()),
        }
    }

    /// How many points these axes have.
    ///
    /// # Errors
    /// A grid over a range without a number of levels.
    pub fn count(self, axes: &[Axis]) -> Result<u128, String> {
        let (Sampling::Lhs(n) | Sampling::Sobol(n)) = self else {
            if let Some(axis) = axes.iter().find(|axis| axis.levels.is_empty()) {
                let name = &axis.name;
                return Err(format!(
                    "the range of {name} needs a number of levels in a grid, such as 0.0..1.0:5"
                ));
            }
            // At most 10⁵ levels of at most 7 axes below 10³⁵; beyond that it does not matter how many.
            return Ok(axes.iter().fold(1, |n: u128, axis| n.saturating_mul(axis.levels.len() as u128)));
        };
        Ok(n as u128)
    }
}

/// The points of a plan by number.
#[derive(Debug)]
pub struct Sampler<'a> {
    axes: &'a [Axis],
    sampling: Sampling,
    seed: u64,
    /// Of a Latin hypercube, per axis: the strip of each point.
    strips: Vec<Vec<u32>>,
}

impl<'a> Sampler<'a> {
    /// The points of these axes; a sample depends on the seed.
    pub fn new(axes: &'a [Axis], sampling: Sampling, seed: u64) -> Sampler<'a> {
        let strips = |axis: &Axis| match sampling {
            Sampling::Lhs(n) => {
                let mut strips: Vec<u32> = (0..n as u32).collect();
                strips.shuffle(&mut key(seed, axis).with("strips").stream());
                strips
            }
            _ => Vec::new(),
        };
        Sampler { axes, sampling, seed, strips: axes.iter().map(strips).collect() }
    }

    /// The level of each axis at a point.
    pub fn levels(&self, point: usize) -> Vec<Level> {
        if self.sampling == Sampling::Grid {
            let mut rest = point;
            let mut levels: Vec<Level> = Vec::new();
            for axis in self.axes.iter().rev() {
                levels.push(axis.levels[rest % axis.levels.len()].clone());
                rest /= axis.levels.len();
            }
            levels.reverse();
            return levels;
        }
        self.axes.iter().enumerate().map(|(i, axis)| axis.at(self.share(point, i))).collect()
    }

    /// How far along an axis a point of a sample lies, in [0, 1).
    fn share(&self, point: usize, axis: usize) -> f64 {
        match self.sampling {
            Sampling::Grid => unreachable!("a grid has levels"),
            Sampling::Lhs(n) => {
                let within = key(self.seed, &self.axes[axis]).with("within").uniform(point as u64, 0);
                (f64::from(self.strips[axis][point]) + within) / n as f64
            }
            Sampling::Sobol(_) => {
                let seed = (self.seed ^ (self.seed >> 32)) as u32;
                f64::from(sobol_burley::sample(point as u32, axis as u32, seed))
            }
        }
    }
}

fn key(seed: u64, axis: &Axis) -> Key {
    Key::new(seed, 0).with("sweep").with(&axis.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes() -> Vec<Axis> {
        ["a=1..3", "b=x,y", "c=0.0..1.0:2"].map(|text| Axis::parse(text).unwrap()).to_vec()
    }

    fn labels(sampler: &Sampler, point: usize) -> Vec<String> {
        sampler.levels(point).into_iter().map(|level| level.label).collect()
    }

    #[test]
    fn a_grid_has_every_combination_the_last_axis_fastest() {
        let axes = axes();
        assert_eq!(Sampling::Grid.count(&axes), Ok(12));
        let sampler = Sampler::new(&axes, Sampling::Grid, 1);
        assert_eq!(labels(&sampler, 0), ["1", "x", "0"]);
        assert_eq!(labels(&sampler, 1), ["1", "x", "1"]);
        assert_eq!(labels(&sampler, 11), ["3", "y", "1"]);
        let all: std::collections::BTreeSet<_> = (0..12).map(|i| labels(&sampler, i)).collect();
        assert_eq!(all.len(), 12);
    }

    #[test]
    fn a_latin_hypercube_has_one_point_in_every_strip_of_every_axis() {
        let axes = axes();
        let n = 50;
        let sampler = Sampler::new(&axes, Sampling::Lhs(n), 7);
        for axis in 0..axes.len() {
            let mut strips: Vec<usize> =
                (0..n).map(|i| (sampler.share(i, axis) * n as f64) as usize).collect();
            strips.sort_unstable();
            assert_eq!(strips, (0..n).collect::<Vec<_>>(), "axis {axis}");
        }
        let other = Sampler::new(&axes, Sampling::Lhs(n), 8);
        assert!((0..n).any(|i| sampler.share(i, 0) != other.share(i, 0)));
    }

    #[test]
    fn sobol_fills_the_square_evenly() {
        let axes = axes();
        let sampler = Sampler::new(&axes, Sampling::Sobol(256), 7);
        // A (0, 8, 2)-net in base 2: exactly one point in each of 16 × 16 cells.
        let cell = |u: f64| (u * 16.0) as usize;
        let cells: std::collections::BTreeSet<_> =
            (0..256).map(|i| (cell(sampler.share(i, 0)), cell(sampler.share(i, 1)))).collect();
        assert_eq!(cells.len(), 256);
    }

    #[test]
    fn words_that_are_no_sampling_are_refused() {
        assert_eq!(Sampling::parse("lhs:200"), Ok(Sampling::Lhs(200)));
        for bad in ["", "lhs", "lhs:0", "sobol:x", "grid:4", "halton:3", "sobol:70000"] {
            assert!(Sampling::parse(bad).is_err(), "{bad}");
        }
        let open = [Axis::parse("a=0.0..1.0").unwrap()];
        assert!(Sampling::Grid.count(&open).unwrap_err().contains("number of levels"));
        assert_eq!(Sampling::Sobol(8).count(&open), Ok(8));
    }
}
