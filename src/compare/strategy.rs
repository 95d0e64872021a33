//! What is exchanged: the client of some workloads.

use crate::client::presets::PRESETS;
use crate::read::nearest;

/// The scenario's own clients, as a strategy among the others.
pub const AS_WRITTEN: &str = "as written";

/// Strategies compared at most.
pub const STRATEGIES_MAX: usize = 64;

/// Those compared when none are named, where there are such presets.
pub const USUAL: &[&str] = &[
    "none",
    "immediate",
    "exponential",
    "openai-python",
    "together-python",
    "sre-adaptive",
    "aimd",
    "reset-aware",
];

/// A client strategy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strategy {
    /// Its name.
    pub label: String,
    /// The client as a TOML value; `None`: as the scenario has it.
    pub client: Option<String>,
}

impl Strategy {
    /// The scenario's own.
    pub fn as_written() -> Strategy {
        Strategy { label: AS_WRITTEN.to_owned(), client: None }
    }

    /// A preset by name.
    ///
    /// # Errors
    /// There is none of that name; the message says which is nearest.
    pub fn preset(name: &str) -> Result<Strategy, String> {
        let names = || PRESETS.iter().map(|preset| preset.name);
        if names().any(|known| known == name) {
            return Ok(Strategy { label: name.to_owned(), client: Some(format!("\"{name}\"")) });
        }
        let help = match nearest(name, names()) {
            Some(near) => format!("did you mean {near}?"),
            None => "`ratetide list clients` names them; a file of a client's keys ends in .toml".to_owned(),
        };
        Err(format!("there is no client {name}: {help}"))
    }

    /// The strategies compared when none are named.
    pub fn usual() -> Vec<Strategy> {
        USUAL.iter().filter_map(|name| Strategy::preset(name).ok()).collect()
    }

    /// Every preset there is.
    pub fn all() -> Vec<Strategy> {
        PRESETS.iter().filter_map(|preset| Strategy::preset(preset.name).ok()).collect()
    }

    /// What `--set` would be told to give these workloads of an org this client.
    pub fn assignments(&self, org: &str, workloads: &[String]) -> Vec<(String, String)> {
        let Some(client) = &self.client else { return Vec::new() };
        let path = |workload: &String| format!("org.\"{org}\".workload.\"{workload}\".client");
        workloads.iter().map(|workload| (path(workload), client.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_mistaken_is_told_the_nearest() {
        let told = Strategy::preset("exponentail").unwrap_err();
        assert!(told.contains("did you mean exponential?"), "{told}");
        assert!(Strategy::preset("zzzzzzzzzzzz").unwrap_err().contains("ratetide list clients"));
        assert_eq!(Strategy::usual().len(), USUAL.len(), "each is a preset");
    }
}
