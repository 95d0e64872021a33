//! One resource of one org on one model over time: what it sends, what is served, its dynamic rate.

use super::data::ResultData;
use super::grid::{self, Grid};
use super::table::Table;

/// A dynamic rate above this many times the traffic leaves the plot, or the traffic would lie on the floor.
const ABOVE_MAX: f64 = 4.0;

/// A value per point; none where it is not defined.
pub type Series = Vec<Option<f64>>;

/// Requests or tokens, per minute at each point.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// Attempts sent; empty for tokens, whose demand is not recorded.
    pub offered: Series,
    /// Served with a 200.
    pub served: Series,
    /// The dynamic rate; of a group the sum over its members, as what they send is.
    pub rate: Series,
    /// The dynamic rate in the first and last bin.
    pub ends: Option<(f64, f64)>,
    /// Low and high ends over replications of offered, served and rate, where there are any.
    pub bands: [Option<[Series; 2]>; 3],
}

/// The cells of a table's column in the rows of one org and model, with the times of their bins.
struct Rows<'a> {
    table: &'a Table,
    org: (usize, u32),
    model: (usize, u32),
}

impl<'a> Rows<'a> {
    fn cells(&self, values: &'a [f64]) -> impl Iterator<Item = (f64, f64)> + 'a {
        let (orgs, models) = (self.table.key(self.org.0), self.table.key(self.model.0));
        let (org, model) = (self.org.1, self.model.1);
        let times = self.table.number("time_s");
        let ours = (0..times.len()).filter(move |&row| orgs[row] == org && models[row] == model);
        ours.map(move |row| (times[row], values[row]))
    }

    fn column(&self, name: &str) -> impl Iterator<Item = (f64, f64)> + 'a {
        self.cells(self.table.number(name))
    }

    fn band(
        &self,
        name: &str,
        gather: impl Fn(&mut dyn Iterator<Item = (f64, f64)>) -> Series,
    ) -> Option<[Series; 2]> {
        let (low, high) = self.table.band(name)?;
        Some([low, high].map(|values| gather(&mut self.cells(values))))
    }
}

/// What all members of a group are granted, from the mean over some of them.
fn summed(mean: Series, members: f64) -> Series {
    mean.into_iter().map(|rate| rate.map(|rate| rate * members)).collect()
}

impl Trace {
    /// Requests of `org` on `model` (name ids).
    pub fn requests(data: &ResultData, grid: &Grid, [org, model]: [u32; 2]) -> Trace {
        let outcomes = Rows { table: &data.outcomes, org: (0, org), model: (2, model) };
        let rates = Rows { table: &data.rates, org: (0, org), model: (1, model) };
        let rate = "dynamic_rate_rpm";
        let members = f64::from(data.summary.members(data.names.text(org)));
        let bands = [
            outcomes.band("attempts", |cells| grid.per_minute(cells)),
            outcomes.band("ok_200", |cells| grid.per_minute(cells)),
            rates.band(rate, |cells| summed(grid.mean(cells), members)),
        ];
        Trace {
            offered: grid.per_minute(outcomes.column("attempts")),
            served: grid.per_minute(outcomes.column("ok_200")),
            rate: summed(grid.mean(rates.column(rate)), members),
            ends: grid.ends(rates.column(rate)).map(|(first, last)| (first * members, last * members)),
            bands,
        }
    }

    /// Tokens, prompt and output together, of `org` on `model` (name ids).
    pub fn tokens(data: &ResultData, grid: &Grid, [org, model]: [u32; 2]) -> Trace {
        let outcomes = Rows { table: &data.outcomes, org: (0, org), model: (2, model) };
        let rates = Rows { table: &data.rates, org: (0, org), model: (1, model) };
        let rate = "dynamic_tokens_tpm";
        let members = f64::from(data.summary.members(data.names.text(org)));
        Trace {
            offered: Vec::new(),
            served: grid.per_minute(outcomes.column("prompt_tokens").chain(outcomes.column("output_tokens"))),
            rate: summed(grid.mean(rates.column(rate)), members),
            ends: grid.ends(rates.column(rate)).map(|(first, last)| (first * members, last * members)),
            bands: [None, None, rates.band(rate, |cells| summed(grid.mean(cells), members))],
        }
    }

    /// The upper end the vertical axis needs.
    pub fn top(&self) -> f64 {
        let bands = self.bands.iter().flatten().map(|[_, high]| grid::peak(high)).fold(0.0, f64::max);
        let traffic = grid::peak(&self.offered).max(grid::peak(&self.served));
        let rate = grid::peak(&self.rate);
        match traffic {
            t if t > 0.0 && rate > ABOVE_MAX * t => 1.25 * t,
            t => t.max(rate).max(bands),
        }
    }

    /// The largest ratio of what is sent to the dynamic rate, 0 without a rate.
    pub fn overdrive(&self) -> f64 {
        let sent = self.offered.iter().zip(&self.rate);
        sent.filter_map(|(sent, rate)| Some((*sent)? / rate.filter(|rate| *rate > 0.0)?)).fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::Sample;
    use super::*;

    #[test]
    fn a_rate_far_above_the_traffic_leaves_the_plot() {
        let trace = |rate| Trace { offered: vec![Some(100.0)], rate: vec![Some(rate)], ..Trace::default() };
        assert_eq!((trace(6000.0).top(), trace(300.0).top()), (125.0, 300.0));
        assert_eq!(trace(50.0).overdrive(), 2.0);
    }

    #[test]
    fn the_rates_of_a_group_are_summed_as_its_traffic_is() {
        use super::super::data::GroupHead;
        let mut data = ResultData::read(&Sample::spike().files()).unwrap();
        let grid = Grid::of(&data, 480).unwrap();
        let key = [data.outcomes.key(0)[0], data.outcomes.key(2)[0]];
        let one = Trace::requests(&data, &grid, key);
        data.summary.groups.push(GroupHead { org: "steady".to_owned(), members: 50 });
        let fifty = Trace::requests(&data, &grid, key);
        assert_eq!((fifty.ends.unwrap().0, fifty.offered), (50.0 * one.ends.unwrap().0, one.offered));
        assert_eq!(fifty.rate[9], one.rate[9].map(|rate| 50.0 * rate));
        assert_eq!(Trace::tokens(&data, &grid, key).ends.unwrap().0, 50.0 * 60_000.0);
    }

    #[test]
    fn a_trace_is_of_its_org_alone() {
        let data = ResultData::read(&Sample::spike().files()).unwrap();
        let grid = Grid::of(&data, 480).unwrap();
        let [steady, model] = [data.outcomes.key(0)[0], data.outcomes.key(2)[0]];
        let spiky = data.outcomes.key(0)[1];
        let [steady, spiky] = [steady, spiky].map(|org| Trace::requests(&data, &grid, [org, model]));
        assert!((90.0..110.0).contains(&grid::mean(&steady.offered)));
        assert!(grid::peak(&spiky.offered) > 1200.0 && grid::peak(&steady.offered) < 130.0);
        assert_eq!(steady.ends.unwrap().0, 60.0);
    }
}
