//! Sums of `outcomes.csv`: what became of attempts and requests, for all and for each group.

use std::collections::BTreeMap;

use super::data::ResultData;

/// Sums over bins.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    /// Requests born.
    pub requests: f64,
    /// Requests that succeeded.
    pub succeeded: f64,
    /// Attempts sent.
    pub attempts: f64,
    /// 200.
    pub ok: f64,
    /// 429, request limit.
    pub limited_request: f64,
    /// 429, token limit.
    pub limited_token: f64,
    /// 503.
    pub unavailable: f64,
    /// Ended by the client.
    pub timeout: f64,
}

impl Tally {
    /// 429 of either limit.
    pub fn limited(&self) -> f64 {
        self.limited_request + self.limited_token
    }

    /// Attempts that ended, in whatever way.
    pub fn ended(&self) -> f64 {
        self.ok + self.limited() + self.unavailable + self.timeout
    }

    /// Attempts that ended otherwise than with a 200.
    pub fn failed(&self) -> f64 {
        self.limited() + self.unavailable + self.timeout
    }

    /// `count` as a share of the ended attempts, 0 if none ended.
    pub fn share(&self, count: f64) -> f64 {
        if self.ended() > 0.0 { count / self.ended() } else { 0.0 }
    }

    fn add(&mut self, data: &ResultData, row: usize) {
        let cell = |column: &str| data.outcomes.number(column)[row];
        self.requests += cell("requests");
        self.succeeded += cell("succeeded");
        self.attempts += cell("attempts");
        self.ok += cell("ok_200");
        self.limited_request += cell("limited_429_request");
        self.limited_token += cell("limited_429_token");
        self.unavailable += cell("unavailable_503");
        self.timeout += cell("client_timeout");
    }
}

/// A tally with the names it belongs to: ids in the order of the key columns asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Name ids.
    pub key: Vec<u32>,
    /// Its sums.
    pub tally: Tally,
}

/// The tally of every row.
pub fn total(data: &ResultData) -> Tally {
    let mut tally = Tally::default();
    (0..data.outcomes.rows).for_each(|row| tally.add(data, row));
    tally
}

/// Tallies by key columns (0 org, 1 workload, 2 model), the most attempts first, ties in order of appearance.
pub fn groups(data: &ResultData, columns: &[usize]) -> Vec<Group> {
    let mut places = BTreeMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for row in 0..data.outcomes.rows {
        let key: Vec<u32> = columns.iter().map(|&column| data.outcomes.key(column)[row]).collect();
        let place = *places.entry(key).or_insert_with_key(|key| {
            groups.push(Group { key: key.clone(), tally: Tally::default() });
            groups.len() - 1
        });
        groups[place].tally.add(data, row);
    }
    groups.sort_by(|a, b| b.tally.attempts.total_cmp(&a.tally.attempts));
    groups
}

/// At most `count` of `groups`, which come ranked: the first ones, with `worst` in the last place if it is
/// not among them; and a note naming the choice, empty if all are shown.
pub fn pick<T: Clone>(ranked: &[T], worst: Option<usize>, count: usize, what: [&str; 3]) -> (Vec<T>, String) {
    let mut picked: Vec<T> = ranked.iter().take(count).cloned().collect();
    if ranked.len() <= count {
        return (picked, String::new());
    }
    let [plural, ranking, worst_name] = what;
    let mut note = format!("{} of {} {plural} shown: {ranking}", picked.len(), ranked.len());
    if let Some(worst) = worst.filter(|worst| *worst >= count) {
        picked[count - 1] = ranked[worst].clone();
        note = format!("{note}, and {worst_name}");
    }
    (picked, note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_shown_even_when_it_is_small() {
        let what = ["orgs", "most attempts", "the most limited"];
        assert_eq!(pick(&[1, 2, 3], Some(2), 4, what), (vec![1, 2, 3], String::new()));
        let (picked, note) = pick(&[1, 2, 3, 4, 5, 6], Some(5), 4, what);
        assert_eq!(picked, [1, 2, 3, 6]);
        assert_eq!(note, "4 of 6 orgs shown: most attempts, and the most limited");
        assert_eq!(pick(&[1, 2, 3, 4, 5, 6], Some(1), 4, what).0, [1, 2, 3, 4]);
    }
}
