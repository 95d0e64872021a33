//! Parts of a scenario that meet in nothing, and can run apart.
//!
//! Orgs meet on a model; two models meet where a client falls back from one to the other, and nowhere else: limits,
//! buffers, fleets, batch queues and incidents are a model's, what a client's requests share is a workload's, and every
//! random stream is keyed by names.

use super::Scenario;

/// Which models, (org, model) pairs and workloads belong to a part.
#[derive(Clone, Debug)]
pub struct Part {
    /// By model.
    pub models: Vec<bool>,
    /// By pair.
    pub pairs: Vec<bool>,
    /// By workload.
    pub workloads: Vec<bool>,
}

impl Scenario {
    /// All of it.
    pub fn whole(&self) -> Part {
        self.part(|_| true)
    }

    /// At most `most` parts, of about the same number of expected requests.
    pub fn parts(&self, most: usize) -> Vec<Part> {
        let groups = self.connected();
        let mut load = vec![0.0; self.models.len()];
        for workload in self.workloads.iter().filter(|w| w.fallback_of.is_none()) {
            load[groups[workload.pool as usize]] += workload.expected();
        }
        // The heaviest first, each to the part that has least.
        let mut heaviest: Vec<usize> = (0..groups.len()).filter(|&group| groups[group] == group).collect();
        heaviest.sort_by(|&a, &b| load[b].total_cmp(&load[a]));
        let mut loads = vec![0.0; most.clamp(1, heaviest.len().max(1))];
        let mut place = vec![0; groups.len()];
        for group in heaviest {
            let least = (0..loads.len()).min_by(|&a, &b| f64::total_cmp(&loads[a], &loads[b]));
            place[group] = least.expect("there is at least one part");
            loads[place[group]] += load[group];
        }
        (0..loads.len()).map(|part| self.part(|model| place[groups[model]] == part)).collect()
    }

    /// Of each model, the first of those that are connected with it.
    fn connected(&self) -> Vec<usize> {
        let mut groups: Vec<usize> = (0..self.models.len()).collect();
        for workload in &self.workloads {
            let home = &self.workloads[workload.home as usize];
            let (a, b) = (groups[workload.pool as usize], groups[home.pool as usize]);
            groups.iter_mut().filter(|group| **group == a.max(b)).for_each(|group| *group = a.min(b));
        }
        groups
    }

    fn part(&self, has: impl Fn(usize) -> bool) -> Part {
        Part {
            models: (0..self.models.len()).map(&has).collect(),
            pairs: self.pairs.iter().map(|pair| has(pair.model as usize)).collect(),
            workloads: self.workloads.iter().map(|workload| has(workload.pool as usize)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::{Scenario, reading};

    /// Three models; `w` of the first is as given.
    fn scenario(client: &str) -> Scenario {
        let mut text = String::from("run.duration = \"1 s\"\n");
        for model in ["a", "b", "c"] {
            let slots = "engine.slots = { per_replica = 1, service.constant = \"1 s\" }";
            text += &format!("[[model]]\nname = \"{model}\"\n{slots}\n");
        }
        text += "[[org]]\nname = \"o\"\n";
        for (model, rate, client) in [("a", 9, client), ("b", 5, ""), ("c", 1, "")] {
            text += &format!(
                "[[org.workload]]\nname = \"w{model}\"\nmodel = \"{model}\"\n{client}\n\
                 arrivals.constant = {{ rate = \"{rate}/s\" }}\nprompt_tokens.constant = 1\n\
                 output_tokens.constant = 1\n"
            );
        }
        let no_trace = &mut |name: &str| Err(name.to_owned());
        reading::read("t.toml", text.as_bytes(), &[], no_trace, 1e12).unwrap_or_else(|e| panic!("{e:?}")).0
    }

    #[test]
    fn models_that_meet_in_nothing_come_apart_by_load() {
        let parts = scenario("").parts(2);
        let models: Vec<_> = parts.iter().map(|part| part.models.clone()).collect();
        assert_eq!(models, [[true, false, false], [false, true, true]]);
        assert!(parts.iter().all(|part| part.models == part.pairs && part.models == part.workloads));
        assert_eq!(scenario("").parts(8).len(), 3);
        assert_eq!(scenario("").parts(1)[0].models, [true; 3]);
    }

    #[test]
    fn a_fallback_keeps_models_together() {
        let parts = scenario("client = { fallback = [{ model = \"c\" }] }").parts(8);
        let models: Vec<_> = parts.iter().map(|part| part.models.clone()).collect();
        assert_eq!(models, [[true, false, true], [false, true, false]]);
        let workloads: Vec<usize> =
            parts.iter().map(|part| part.workloads.iter().filter(|mine| **mine).count()).collect();
        assert_eq!(workloads, [3, 1]);
    }
}
