//! How the engines that people already run start the shards of a plan. Each is a file of its own, ready to be changed.

/// An engine and what it is given.
#[derive(Debug)]
pub struct Recipe {
    /// Its name on the command line.
    pub name: &'static str,
    /// One line.
    pub doc: &'static str,
    /// The file.
    pub text: &'static str,
}

/// Every engine there is a recipe for.
pub const RECIPES: &[Recipe] = &[
    Recipe {
        name: "parallel",
        doc: "GNU parallel, on one machine or over ssh",
        text: include_str!("recipes/parallel.sh"),
    },
    Recipe { name: "slurm", doc: "a Slurm array job", text: include_str!("recipes/slurm.sh") },
    Recipe { name: "dask", doc: "a Dask cluster", text: include_str!("recipes/dask.py") },
    Recipe { name: "ray", doc: "a Ray cluster", text: include_str!("recipes/ray.py") },
    Recipe { name: "k8s", doc: "a Kubernetes Indexed Job", text: include_str!("recipes/k8s.yaml") },
];

/// The recipe of that name.
pub fn find(name: &str) -> Option<&'static Recipe> {
    RECIPES.iter().find(|recipe| recipe.name == name)
}
