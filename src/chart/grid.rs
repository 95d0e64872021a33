//! The time axis of a run: bins gathered into as many points as a panel can show.

use super::data::ResultData;
use super::error::ChartError;

/// Bins of a run, drain included, that a chart accepts.
const BINS_MAX: f64 = 1e6;

/// Equal bins from time 0, `bins_per_point` of them to a point (fewer to the last one).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// Width of a bin, seconds.
    pub interval_s: f64,
    /// Bins in all.
    pub bins: usize,
    /// Bins that make one drawn point.
    pub bins_per_point: usize,
}

impl Grid {
    /// The bins up to the end of traffic, and of the drain as far as anything happened in it, gathered into at
    /// most `points_max` points.
    ///
    /// # Errors
    /// More than a million bins, or a bin after the end of the run.
    pub fn of(data: &ResultData, points_max: usize) -> Result<Grid, ChartError> {
        let summary = &data.summary;
        let whole_s = summary.duration_s + summary.drain_s;
        if whole_s / summary.interval_s > BINS_MAX {
            return Err(ChartError::column(
                "summary.json",
                "interval_s",
                "more than a million bins in the run",
            ));
        }
        for table in [&data.outcomes, &data.rates, &data.capacity, &data.cost] {
            let late =
                table.number("time_s").iter().position(|time_s| *time_s > whole_s + summary.interval_s);
            if let Some(row) = late {
                let what = format!("a bin after the end of the run ({whole_s} s)");
                return Err(ChartError::cell(table.file, row as u64 + 2, "time_s", what));
            }
        }
        let times_s = data.outcomes.number("time_s");
        let busy = |column: &str| {
            let counts = data.outcomes.number(column).iter().zip(times_s);
            counts.filter(|(count, _)| **count > 0.0).map(|(_, time_s)| *time_s).fold(0.0, f64::max)
        };
        let last_s = ["attempts", "ok_200", "gave_up"].map(busy).into_iter().fold(0.0, f64::max);
        let end_s = summary.duration_s.max(last_s + summary.interval_s);
        let bins = (end_s / summary.interval_s - 1e-9).ceil().max(1.0) as usize;
        Ok(Grid { bins_per_point: bins.div_ceil(points_max), ..Grid::new(summary.interval_s, bins) })
    }

    /// The grid, longer if `end_s` lies after its end, in at most `points_max` points.
    pub fn reaching(self, end_s: f64, points_max: usize) -> Grid {
        let bins = (end_s / self.interval_s - 1e-9).ceil().clamp(self.bins as f64, 2.0 * BINS_MAX) as usize;
        Grid { bins_per_point: bins.div_ceil(points_max), ..Grid::new(self.interval_s, bins) }
    }

    /// `bins` bins of `interval_s` seconds, each a point.
    pub fn new(interval_s: f64, bins: usize) -> Grid {
        Grid { interval_s, bins, bins_per_point: 1 }
    }

    /// Number of points.
    pub fn points(&self) -> usize {
        self.bins.div_ceil(self.bins_per_point)
    }

    /// End of the last bin, seconds.
    pub fn end_s(&self) -> f64 {
        self.bins as f64 * self.interval_s
    }

    /// Start and end of point `i`, seconds.
    pub fn edges_s(&self, i: usize) -> (f64, f64) {
        let edge = |point: usize| (point * self.bins_per_point).min(self.bins) as f64 * self.interval_s;
        (edge(i), edge(i + 1))
    }

    fn fold(&self, cells: impl Iterator<Item = (f64, f64)>, mut take: impl FnMut(usize, f64)) {
        for (time_s, value) in cells {
            let bin = (time_s / self.interval_s).round() as usize;
            if bin < self.bins && !value.is_nan() {
                take(bin / self.bins_per_point, value);
            }
        }
    }

    /// Counts per bin (cells of one bin add up) as a rate per minute at each point; no cell counts as zero.
    pub fn per_minute(&self, cells: impl Iterator<Item = (f64, f64)>) -> Vec<Option<f64>> {
        let mut sums = vec![0.0; self.points()];
        self.fold(cells, |point, count| sums[point] += count);
        let minutes = |i: usize| (self.edges_s(i).1 - self.edges_s(i).0) / 60.0;
        sums.iter().enumerate().map(|(i, sum)| Some(sum / minutes(i))).collect()
    }

    /// The sum of all cells up to the end of each point.
    pub fn running(&self, cells: impl Iterator<Item = (f64, f64)>) -> Vec<Option<f64>> {
        let mut sums = vec![0.0; self.points()];
        self.fold(cells, |point, value| sums[point] += value);
        sums.into_iter()
            .scan(0.0, |sum, value| {
                *sum += value;
                Some(Some(*sum))
            })
            .collect()
    }

    /// The mean of the cells of each point.
    pub fn mean(&self, cells: impl Iterator<Item = (f64, f64)>) -> Vec<Option<f64>> {
        let mut sums = vec![(0.0, 0.0); self.points()];
        self.fold(cells, |point, value| sums[point] = (sums[point].0 + value, sums[point].1 + 1.0));
        sums.into_iter().map(|(sum, n)| (n > 0.0).then(|| sum / n)).collect()
    }

    /// The first and the last defined cell.
    pub fn ends(&self, cells: impl Iterator<Item = (f64, f64)>) -> Option<(f64, f64)> {
        let inside = cells.filter(|(time_s, value)| *time_s < self.end_s() && !value.is_nan());
        inside
            .map(|(_, value)| value)
            .fold(None, |ends, value| Some((ends.map_or(value, |(first, _)| first), value)))
    }

    /// The largest cell of each point.
    pub fn max(&self, cells: impl Iterator<Item = (f64, f64)>) -> Vec<Option<f64>> {
        let mut largest: Vec<Option<f64>> = vec![None; self.points()];
        self.fold(cells, |point, value| {
            largest[point] = Some(largest[point].map_or(value, |v| v.max(value)))
        });
        largest
    }
}

/// The largest defined value, or zero.
pub fn peak<'a>(values: impl IntoIterator<Item = &'a Option<f64>>) -> f64 {
    values.into_iter().flatten().copied().fold(0.0, f64::max)
}

/// The mean of the defined values, or zero.
pub fn mean(values: &[Option<f64>]) -> f64 {
    let defined = values.iter().flatten().count();
    if defined == 0 { 0.0 } else { values.iter().flatten().sum::<f64>() / defined as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_gathered_and_the_short_last_point_counts_as_what_it_is() {
        let grid = Grid { bins_per_point: 167, ..Grid::new(1.0, 100_000) };
        assert_eq!(grid.points(), 599);
        let rates = grid.per_minute((0..100_000).map(|i| (f64::from(i), 2.0)));
        assert!(rates.iter().all(|rate| (rate.unwrap() - 120.0).abs() < 1e-9));
        assert_eq!((grid.reaching(5.0, 600).bins, grid.reaching(200_000.0, 100).points()), (100_000, 100));
    }

    #[test]
    fn cells_of_one_bin_add_up_and_the_undefined_stay_out() {
        let grid = Grid::new(10.0, 3);
        let cells = [(0.0, 1.0), (0.0, 2.0), (20.0, f64::NAN), (20.0, 4.0), (990.0, 9.0)];
        assert_eq!(grid.per_minute(cells.into_iter()), [Some(18.0), Some(0.0), Some(24.0)]);
        assert_eq!(grid.mean(cells.into_iter()), [Some(1.5), None, Some(4.0)]);
        assert_eq!(grid.running(cells.into_iter()), [Some(3.0), Some(3.0), Some(7.0)]);
        assert_eq!(grid.max(cells.into_iter()), [Some(2.0), None, Some(4.0)]);
        assert_eq!((peak(&[None, Some(3.0)]), mean(&[None, Some(3.0), Some(1.0)])), (3.0, 2.0));
    }
}
