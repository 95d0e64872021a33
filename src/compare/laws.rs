//! The limit laws to repeat a comparison under, since a provider's own is not published.

use crate::limit::law::LAWS;
use crate::limit::presets::PRESETS;
use crate::read::{Fallback, Kind, Member, nearest};

/// A law or a whole limit block, as `--set` writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitChange {
    /// Its name.
    pub name: &'static str,
    /// A block replaces all of `limit`, a law only what stands there under `law`.
    is_block: bool,
}

/// Every limit block by name, then every law that needs nothing said about it.
pub fn all() -> Vec<LimitChange> {
    let bare = |member: &&Member| match member.value {
        Kind::Table(spec) => spec.keys.iter().all(|key| !matches!(key.fallback, Fallback::Required)),
        _ => false,
    };
    let blocks = PRESETS.iter().map(|preset| LimitChange { name: preset.name, is_block: true });
    let laws = LAWS.members.iter().filter(bare).map(|law| LimitChange { name: law.tag, is_block: false });
    blocks.chain(laws).collect()
}

/// A law or block by name.
///
/// # Errors
/// There is none of that name that needs no keys of its own; the message says which is nearest.
pub fn find(name: &str) -> Result<LimitChange, String> {
    let all = all();
    if let Some(found) = all.iter().find(|law| law.name == name) {
        return Ok(found.clone());
    }
    if LAWS.position(name).is_some() {
        return Err(format!("the law {name} needs keys of its own: it cannot be taken by name alone"));
    }
    let help = match nearest(name, all.iter().map(|law| law.name)) {
        Some(near) => format!("did you mean {near}?"),
        None => "`ratetide list laws` and `ratetide list limits` name them".to_owned(),
    };
    Err(format!("there is no law or limit block {name}: {help}"))
}

impl LimitChange {
    /// What `--set` would be told to put these models under it.
    pub fn assignments<'a>(&self, models: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
        let (key, value) = match self.is_block {
            true => ("limit", format!("\"{}\"", self.name)),
            false => ("limit.law", format!("{{ {} = {{}} }}", self.name)),
        };
        models.map(|model| (format!("model.\"{model}\".{key}"), value.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laws_that_need_keys_are_told_apart_from_those_there_are_not() {
        assert!(all().len() > 9);
        assert!(find("formula").unwrap_err().contains("keys of its own"));
        assert!(find("aditive").unwrap_err().contains("did you mean additive?"));
        let set = find("additive").unwrap().assignments(["a.b"].into_iter());
        assert_eq!(set, [("model.\"a.b\".limit.law".to_owned(), "{ additive = {} }".to_owned())]);
        let set = find("fixed-tier").unwrap().assignments(["m"].into_iter());
        assert_eq!(set, [("model.\"m\".limit".to_owned(), "\"fixed-tier\"".to_owned())]);
    }
}
