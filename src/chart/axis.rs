//! Axes: where the ticks stand and what they say.

use super::grid::Grid;
use super::scale::{self, TimeUnit};

/// An axis: ends, ticks and their labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Ticks with labels; the first and last are the ends of a vertical axis.
    pub ticks: Vec<(f64, String)>,
    /// The unit, printed below a horizontal axis.
    pub title: String,
}

impl Axis {
    /// From zero to a round number at or above `max`, in about `count` steps.
    pub fn from_zero(max: f64, count: usize) -> Axis {
        let ticks = scale::ticks_from_zero(max, count);
        let (step, top) = (ticks[1], ticks[ticks.len() - 1]);
        let decimals = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
        let print = |v: f64| if top >= 1e6 { scale::compact(v) } else { scale::grouped(v, decimals) };
        Axis { ticks: ticks.into_iter().map(|v| (v, print(v))).collect(), title: String::new() }
    }

    /// As [`Axis::from_zero`], for things that come whole.
    pub fn whole(max: f64, count: usize) -> Axis {
        let max = max.max(1.0);
        Axis::from_zero(max, count.min(max.ceil() as usize))
    }

    /// From 0 % to at least `max`, values as shares (1 = 100 %); exactly to 100 % in fifths if `max` is 1.
    pub fn percent(max: f64) -> Axis {
        let tick = |v: f64| (v / 100.0, format!("{} %", scale::short(v)));
        let ticks = scale::ticks_from_zero(100.0 * max.max(1.0), 5);
        Axis { ticks: ticks.into_iter().map(tick).collect(), title: String::new() }
    }

    /// Simulated time over `grid`, values in seconds.
    pub fn time(grid: &Grid, count: usize) -> Axis {
        let unit = TimeUnit::of(grid.end_s());
        let ticks = unit.ticks(grid.end_s(), count);
        let decimals = (-ticks.get(1).unwrap_or(&1.0).log10().floor()).clamp(0.0, 9.0) as usize;
        let tick = |v: f64| (v * unit.seconds(), scale::grouped(v, decimals));
        let title = format!("simulated time ({})", unit.symbol());
        Axis { ticks: ticks.into_iter().map(tick).collect(), title }
    }

    /// The upper end of a vertical axis.
    pub fn high(&self) -> f64 {
        self.ticks[self.ticks.len() - 1].0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_print_as_they_should() {
        let labels = |axis: Axis| axis.ticks.into_iter().map(|tick| tick.1).collect::<Vec<_>>();
        assert_eq!(labels(Axis::from_zero(1100.0, 3)), ["0", "500", "1,000", "1,500"]);
        assert_eq!(labels(Axis::from_zero(0.3, 3)), ["0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(labels(Axis::from_zero(1.2e6, 3)), ["0", "500k", "1M", "1.5M"]);
        assert_eq!(labels(Axis::whole(2.0, 5)), ["0", "1", "2"]);
        assert_eq!(labels(Axis::whole(0.0, 5)), ["0", "1"]);
        assert_eq!(labels(Axis::whole(9.0, 5)), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(labels(Axis::percent(1.0)), ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]);
        assert_eq!(labels(Axis::percent(1.3)), ["0 %", "50 %", "100 %", "150 %"]);
        assert_eq!(Axis::time(&Grid::new(10.0, 1080), 8).title, "simulated time (min)");
    }
}
