//! `sweep recipe`: print how an engine that people already run starts the shards.

use super::super::stream::write_results;
use crate::error::Error;
use crate::read::nearest;
use crate::sweep::recipe::{RECIPES, Recipe, find};

/// The arguments of `sweep recipe`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// The engine: parallel, slurm, dask, ray or k8s
    #[arg(value_name = "ENGINE", value_parser = engine)]
    engine: &'static Recipe,
}

fn engine(name: &str) -> Result<&'static Recipe, String> {
    find(name).ok_or_else(|| {
        let names = || RECIPES.iter().map(|recipe| recipe.name);
        match nearest(name, names()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("one of {}", names().collect::<Vec<_>>().join(", ")),
        }
    })
}

/// Print a recipe.
///
/// # Errors
/// Those of standard output.
pub fn recipe(arguments: &Arguments) -> Result<(), Error> {
    write_results(|out| out.write_all(arguments.engine.text.as_bytes()))
}
