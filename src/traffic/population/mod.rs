//! Populations: many orgs written as one, in order of demand, reported in groups.
//!
//! | file | concept |
//! |---|---|
//! | this file | the population and its groups; the registry of demands |
//! | [`demand`] | what every demand answers |
//! | `equal`, `zipf`, `lognormal` | one demand each |
//! | [`members`] | whose request is the next |
//!
//! What a scenario writes of a population's traffic is that of all members together. Each of its requests is some
//! member's, independently, with the probability of that member's share of demand. Of a Poisson stream this makes
//! independent Poisson streams, one for each member (Kingman, *Poisson Processes*, 1993, §5.1); of any other, the
//! members' streams are what is left of the common one.
//!
//! A new demand is a file here that implements `Ranked` and `Written`, and one line of the registry.

pub mod demand;
mod equal;
mod lognormal;
pub mod members;
mod zipf;

use std::sync::OnceLock;

use rand_distr::weighted::WeightedAliasIndex;

use crate::bounds;
use crate::read::{Family, Key, Spec, Table, Tagged};
use crate::registry::registry;
use demand::{Ranked, Written};

pub use equal::Equal;
pub use lognormal::Lognormal;
pub use zipf::Zipf;

registry! {
    /// How demand is spread over the members of a population.
    pub enum Demand: Ranked {
        /// All alike.
        Equal,
        /// By a power of the rank.
        Zipf,
        /// The logarithm is normal.
        Lognormal,
    }
    reads {
        weight(rank: u32, count: u32) -> f64;
    }
    advances {}
    written[] as Written, given ();
}

/// The demands: `zipf = { s = 1.0 }`.
pub static DEMANDS: Family = Family::new(
    "demand of members",
    "how demand is spread over the members of a population",
    &Demand::members(),
);

/// The keys of `population`.
pub static SPEC: Spec = Spec::new(
    "population",
    "many orgs written as one: each of the requests is one member's, by the members' shares of demand",
    &[
        Key::integer("count", bounds::MEMBERS).doc("how many members"),
        Key::one_of("demand", &DEMANDS).doc("how demand is spread over them"),
    ],
);

/// Many orgs, in order of demand.
#[derive(Clone, Debug)]
pub struct Population {
    /// How many, from 1.
    pub count: u32,
    /// How demand is spread over them.
    pub demand: Demand,
}

/// Where groups end, in percent of the members, and what they are called.
const GROUPS: [(u64, &str); 4] = [(1, "top1pct"), (10, "next9pct"), (50, "next40pct"), (100, "rest")];

/// The longest name of a group.
pub const GROUP_NAME_LEN_MAX: usize = 9;

/// Members next to each other in rank: what is reported as one.
#[derive(Debug)]
pub struct Group {
    /// Its name; `None` of a population that is one group.
    pub name: Option<&'static str>,
    /// The rank of its first member, from 0.
    pub first: u32,
    /// How many they are, from 1.
    pub members: u32,
    /// The share of demand of those before it, and of those up to its last.
    pub shares: [f64; 2],
    population: Population,
    table: OnceLock<Option<WeightedAliasIndex<f64>>>,
}

impl Population {
    /// Read a population; `None` only after an error was recorded.
    pub fn read(table: &mut Table) -> Option<Population> {
        let count = table.integer("count") as u32;
        let demand = table.tagged("demand").and_then(|chosen: Tagged| Demand::read(chosen, ()))?;
        Some(Population { count, demand })
    }

    /// The share of demand of a rank, from 0, before all are divided by their sum.
    fn weight(&self, rank: u32) -> f64 {
        self.demand.weight(rank, self.count)
    }

    /// Its groups: the heaviest hundredth of the members, the rest of the heaviest tenth, the rest of the heavier
    /// half, the others. Ends are rounded up to whole members; a group without any is left out, and members that
    /// are all alike are one. It takes a time in proportion to the number of members.
    pub fn groups(&self) -> Vec<Group> {
        let alike = self.weight(0) == self.weight(self.count - 1);
        let end = |percent: u64| (u64::from(self.count) * percent).div_ceil(100) as u32;
        let mut cuts: Vec<(u32, &str)> = GROUPS.iter().map(|&(percent, name)| (end(percent), name)).collect();
        cuts.dedup_by_key(|(end, _)| *end);
        if alike || cuts.len() == 1 {
            return vec![self.group(None, [0, self.count], [0.0, 1.0])];
        }
        // Smallest first: so many small numbers are lost on a large sum.
        let mut sums = vec![0.0; cuts.len() + 1];
        for i in (0..cuts.len()).rev() {
            let first = if i == 0 { 0 } else { cuts[i - 1].0 };
            sums[i] = (first..cuts[i].0).rev().fold(sums[i + 1], |sum, rank| sum + self.weight(rank));
        }
        let share = |i: usize| 1.0 - sums[i] / sums[0];
        let bounds = |i: usize| [if i == 0 { 0 } else { cuts[i - 1].0 }, cuts[i].0];
        (0..cuts.len()).map(|i| self.group(Some(cuts[i].1), bounds(i), [share(i), share(i + 1)])).collect()
    }

    fn group(&self, name: Option<&'static str>, [first, end]: [u32; 2], shares: [f64; 2]) -> Group {
        let table = OnceLock::new();
        Group { name, first, members: end - first, shares, population: self.clone(), table }
    }
}

impl Group {
    /// Its share of the population's demand.
    pub fn share(&self) -> f64 {
        self.shares[1] - self.shares[0]
    }

    /// Whether a draw of [0, 1) over the population's demand falls to it.
    #[inline]
    fn holds(&self, draw: f64) -> bool {
        (self.shares[0]..self.shares[1]).contains(&draw)
    }

    /// The weights of its members as an alias table (Walker 1977, Vose 1991), made at the first call, once for all
    /// runs; `None` where all weigh the same.
    #[inline]
    fn table(&self) -> Option<&WeightedAliasIndex<f64>> {
        self.table.get_or_init(|| self.make_table()).as_ref()
    }

    fn make_table(&self) -> Option<WeightedAliasIndex<f64>> {
        let weight = |member: u32| self.population.weight(self.first + member);
        let (most, least) = (weight(0), weight(self.members - 1));
        let weights = || (0..self.members).map(|member| weight(member) / most).collect();
        let make = || WeightedAliasIndex::new(weights()).expect("weights are positive and at most 1");
        (most != least).then(make)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn zipf(count: u32, s: f64) -> Population {
        Population { count, demand: Zipf::new(s).into() }
    }

    /// (name, first, members) of the groups.
    fn shape(population: &Population) -> Vec<(Option<&'static str>, u32, u32)> {
        population.groups().iter().map(|group| (group.name, group.first, group.members)).collect()
    }

    #[test]
    fn groups_are_whole_members_and_none_is_empty() {
        let [top, next, half, rest] = GROUPS.map(|(_, name)| Some(name));
        assert_eq!(
            shape(&zipf(1000, 1.0)),
            [(top, 0, 10), (next, 10, 90), (half, 100, 400), (rest, 500, 500)]
        );
        assert_eq!(shape(&zipf(10, 1.0)), [(top, 0, 1), (half, 1, 4), (rest, 5, 5)]);
        assert_eq!(shape(&zipf(3, 1.0)), [(top, 0, 1), (half, 1, 1), (rest, 2, 1)]);
        assert_eq!(shape(&zipf(2, 1.0)), [(top, 0, 1), (rest, 1, 1)]);
        assert_eq!(shape(&zipf(1, 1.0)), [(None, 0, 1)]);
        assert_eq!(shape(&zipf(1000, 0.0)), [(None, 0, 1000)], "all alike");
        let names = GROUPS.map(|(_, name)| name.len());
        assert_eq!(names.into_iter().max(), Some(GROUP_NAME_LEN_MAX));
        for count in 1..=2000 {
            let groups = zipf(count, 1.0).groups();
            assert!(groups.iter().all(|group| group.members > 0 && group.share() > 0.0), "{count}");
            let ends = groups.iter().map(|group| group.first + group.members);
            let firsts = groups.iter().skip(1).map(|group| group.first).chain([count]);
            assert!(groups[0].first == 0 && ends.eq(firsts), "{count}");
        }
    }

    #[test]
    fn the_shares_of_groups_are_those_of_their_members() {
        // Harmonic numbers: H(10), H(100), H(500), H(1000).
        let harmonic =
            [2.928_968_253_968_254, 5.187_377_517_639_621, 6.792_823_429_990_524, 7.485_470_860_550_345];
        let groups = zipf(1000, 1.0).groups();
        for (group, sum) in groups.iter().zip(harmonic) {
            assert!((group.shares[1] - sum / harmonic[3]).abs() < 1e-12, "{group:?}");
        }
        assert_eq!((groups[0].shares[0], groups[3].shares[1]), (0.0, 1.0), "no draw falls to nobody");
        let next: Vec<f64> = groups.iter().skip(1).map(|group| group.shares[0]).collect();
        assert!(groups.iter().zip(next).all(|(group, from)| group.shares[1] == from));
    }
}
