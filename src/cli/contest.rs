//! A comparison about to be run: the scenario in all its variants, every one of them checked beforehand.

use super::console::Console;
use super::scenarios::Changes;
use crate::compare::comparison::Whose;
use crate::compare::laws::LimitChange;
use crate::compare::strategy::Strategy;
use crate::compare::trial::Trial;
use crate::error::Error;
use crate::scenario::limits::Limits;
use crate::scenario::loading::{LoadError, Loaded, Source};

/// The scenario that is varied.
pub struct Base {
    /// As written, with the changes of the command line.
    pub written: Loaded,
    source: Source,
    sets: Vec<(String, String)>,
    limits: Limits,
}

impl Base {
    /// Load it as written.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is not valid.
    pub fn load(
        source: Source,
        changes: &Changes,
        jobs: Option<u16>,
        console: &Console,
    ) -> Result<Base, Error> {
        let (sets, limits) = (changes.assignments(), changes.limits(jobs));
        let written = load(&source, &sets, limits, console)?;
        Ok(Base { written, source, sets, limits })
    }

    /// It with more changes, as one of so many variants.
    fn with(&self, more: &[(String, String)], variants: usize, console: &Console) -> Result<Loaded, Error> {
        load(
            &self.source,
            &[&self.sets, more].concat(),
            Limits { variants: variants as u32, ..self.limits },
            console,
        )
    }
}

fn load(
    source: &Source,
    sets: &[(String, String)],
    limits: Limits,
    console: &Console,
) -> Result<Loaded, Error> {
    source.load(sets, limits).map_err(|error| match error {
        LoadError::File(error) => error,
        LoadError::Problems(problems) => Error::Invalid(problems.render(console.paint_err().is_on())),
    })
}

/// What is compared with what.
pub struct Contest {
    /// The scenario.
    pub base: Base,
    /// The strategies.
    pub strategies: Vec<Strategy>,
    /// The one the others are compared with.
    pub baseline: usize,
    /// Whose client is exchanged.
    pub whose: Whose,
    /// The measure that decides.
    pub primary: usize,
}

impl Contest {
    /// The laws that differ from the scenario's and from each other, all checked.
    ///
    /// # Errors
    /// As [`arms`](Contest::arms).
    pub fn distinct(&self, laws: Vec<LimitChange>, console: &Console) -> Result<Vec<LimitChange>, Error> {
        let policies = |loaded: &Loaded| {
            loaded.scenario.models.iter().map(|model| model.policy.clone()).collect::<Vec<_>>()
        };
        let mut seen = vec![policies(&self.base.written)];
        let mut distinct = Vec::new();
        for law in laws {
            let these = policies(&self.arm(&self.strategies[self.baseline], Some(&law), console)?);
            if seen.contains(&these) {
                console.detail(|| {
                    format!("{}: the same limits as the scenario's, or as a law before it", law.name)
                });
                continue;
            }
            seen.push(these);
            distinct.push(law);
        }
        Ok(distinct)
    }

    /// The scenario under each strategy, and a law if one is given.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a strategy or the law does not work there.
    pub fn arms(&self, law: Option<&LimitChange>, console: &Console) -> Result<Vec<Loaded>, Error> {
        self.strategies.iter().map(|strategy| self.arm(strategy, law, console)).collect()
    }

    fn arm(
        &self,
        strategy: &Strategy,
        law: Option<&LimitChange>,
        console: &Console,
    ) -> Result<Loaded, Error> {
        let models = self.base.written.scenario.declared_models().iter().map(|model| model.name.as_str());
        let law = law.map_or(Vec::new(), |law| law.assignments(models));
        let client = strategy.assignments(&self.whose.org, &self.whose.workloads);
        // And once more without our requests.
        self.base.with(&[law, client].concat(), self.strategies.len() + 1, console)
    }

    /// The trial of these scenarios.
    pub fn trial<'a>(&self, arms: &'a [Loaded]) -> Trial<'a> {
        Trial {
            arms: arms.iter().map(|arm| &arm.scenario).collect(),
            ours: arms.iter().map(|arm| self.whose.indices(&arm.scenario)).collect(),
            baseline: self.baseline,
            primary: self.primary,
        }
    }

    /// The names of the strategies.
    pub fn labels(&self) -> Vec<String> {
        self.strategies.iter().map(|strategy| strategy.label.clone()).collect()
    }
}
