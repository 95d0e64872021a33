//! A population in words.

use super::figures::{count, percent, plural};
use super::phrase::with_doc;
use crate::scenario::Crowd;
use crate::traffic::population::DEMANDS;
use toml::Value;

/// How many members it has, and what each of its groups asks for: (indent, what, words) of each line. `written` is
/// the key `population` as resolved; an org without it has no lines.
pub fn words(mut crowds: Vec<&Crowd>, written: Option<&Value>) -> Vec<(&'static str, &'static str, String)> {
    let Some(demand) = written.and_then(|population| population.get("demand")) else { return Vec::new() };
    crowds.sort_by_key(|crowd| crowd.group.first);
    let groups = crowds.iter().map(|crowd| &crowd.group);
    let all: f64 = groups.clone().map(|group| f64::from(group.members)).sum();
    let mut lines = vec![("  ", "members", format!("{}, demand {}", count(all), with_doc(demand, &DEMANDS)))];
    lines.extend(groups.filter_map(|group| {
        let (members, share) = (plural(group.members.into(), "member"), percent(Some(group.share())));
        Some(("    ", group.name?, format!("{members} with {share} % of the demand")))
    }));
    lines
}
