//! Sums of `cost.csv`: what was spent and what for, row by row and for each party.

use std::collections::BTreeMap;

use super::data::ResultData;
use super::text;
use super::theme::{NAME_MAX, TITLE};

/// What was spent, and what came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spend {
    /// Of everything served, USD.
    pub cost_usd: f64,
    /// Of what was served in vain, USD, contained in the cost.
    pub wasted_usd: f64,
    /// Prompt and output tokens of the requests that succeeded.
    pub tokens: f64,
    /// Requests that succeeded.
    pub succeeded: f64,
}

impl Spend {
    /// The sum of rows.
    pub fn of<'a>(rows: impl Iterator<Item = &'a Row>) -> Spend {
        Spend::sum(rows.map(|row| row.spend))
    }

    /// The sum.
    pub fn sum(parts: impl Iterator<Item = Spend>) -> Spend {
        parts.fold(Spend::default(), |a, b| Spend {
            cost_usd: a.cost_usd + b.cost_usd,
            wasted_usd: a.wasted_usd + b.wasted_usd,
            tokens: a.tokens + b.tokens,
            succeeded: a.succeeded + b.succeeded,
        })
    }

    /// The price of a million tokens, USD; none without tokens.
    pub fn per_million_usd(&self) -> Option<f64> {
        (self.tokens > 0.0).then(|| 1e6 * self.cost_usd / self.tokens).filter(|price| price.is_finite())
    }

    /// The price of a request that succeeded, USD; none if none did.
    pub fn per_success_usd(&self) -> Option<f64> {
        (self.succeeded > 0.0).then(|| self.cost_usd / self.succeeded).filter(|price| price.is_finite())
    }
}

/// A row of the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Start of its bin, seconds.
    pub time_s: f64,
    /// What it sums.
    pub spend: Spend,
}

/// Everybody of the same lane, org or workload.
#[derive(Debug, Clone, PartialEq)]
pub struct Party {
    /// Its name, cut to leave room in a title.
    pub name: String,
    /// The parts of its name.
    pub parts: Vec<String>,
    /// Its sums.
    pub spend: Spend,
    /// Its rows.
    pub rows: Vec<usize>,
}

/// The rows of the file; an empty cell counts as zero.
pub fn rows(data: &ResultData) -> Vec<Row> {
    let table = &data.cost;
    let column = |name: &str| table.number(name).iter().map(|v| if v.is_nan() { 0.0 } else { *v });
    let tokens = column("prompt_tokens").zip(column("output_tokens")).map(|(a, b)| a + b);
    let money = column("cost_usd").zip(column("wasted_cost_usd"));
    let spends =
        money.zip(tokens.zip(column("succeeded"))).map(|((cost_usd, wasted_usd), (tokens, succeeded))| {
            Spend { cost_usd, wasted_usd, tokens, succeeded }
        });
    column("time_s").zip(spends).map(|(time_s, spend)| Row { time_s, spend }).collect()
}

/// Sums by key columns (0 org, 1 workload, 2 model, 3 lane), the most spent first, ties in order of appearance.
pub fn parties(data: &ResultData, rows: &[Row], columns: &[usize]) -> Vec<Party> {
    let mut places: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
    let mut parties: Vec<Party> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let key: Vec<u32> = columns.iter().map(|&column| data.cost.key(column)[index]).collect();
        let place = *places.entry(key).or_insert_with_key(|key| {
            let parts: Vec<String> = key.iter().map(|&name| data.names.text(name).to_owned()).collect();
            let name = text::fit_parts(&parts, TITLE, NAME_MAX);
            parties.push(Party { name, parts, spend: Spend::default(), rows: Vec::new() });
            parties.len() - 1
        });
        parties[place].spend = Spend::sum([parties[place].spend, row.spend].into_iter());
        parties[place].rows.push(index);
    }
    parties.sort_by(|a, b| b.spend.cost_usd.total_cmp(&a.spend.cost_usd));
    parties
}

#[cfg(test)]
mod tests {
    use super::super::samples::Shape;
    use super::*;

    #[test]
    fn parties_sum_to_the_whole_and_come_by_size() {
        let sample = Shape { lanes: &["serverless", "batch"], ..Shape::many(5) }.make();
        let data = ResultData::read(&sample.files()).unwrap();
        let rows = rows(&data);
        for columns in [&[0][..], &[3], &[0, 1]] {
            let parties = parties(&data, &rows, columns);
            let sum = Spend::sum(parties.iter().map(|party| party.spend));
            assert!((sum.cost_usd / Spend::of(rows.iter()).cost_usd - 1.0).abs() < 1e-9);
            assert!(parties.is_sorted_by(|a, b| a.spend.cost_usd >= b.spend.cost_usd));
        }
        let lanes = parties(&data, &rows, &[3]);
        assert_eq!(lanes.iter().map(|lane| lane.name.as_str()).collect::<Vec<_>>(), ["serverless", "batch"]);
        assert!((lanes[1].spend.per_million_usd().unwrap() - 0.44).abs() < 1e-9);
        assert_eq!(Spend::default().per_success_usd(), None);
    }
}
