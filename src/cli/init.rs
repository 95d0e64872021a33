//! `init`: a commented scenario to start from. A new kind is a file and a line of [`KINDS`].

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser};

use super::console::Console;
use super::stream::write_results;
use crate::error::{Error, one_line};

/// A scenario to start from.
#[derive(Debug)]
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// The question it answers.
    pub doc: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// A shipped scenario, under the stem of its file.
macro_rules! shipped {
    ($name:literal, $doc:literal) => {
        Kind { name: $name, doc: $doc, text: include_str!(concat!("../../scenarios/", $name, ".toml")) }
    };
}

/// Every scenario to start from; the first is the default. Those that read a file beside them are not among them: they are
/// not complete without it.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "basic",
        doc: "a steady team and a spiky neighbour share a model: whom does the limit hit?",
        text: include_str!("templates/basic.toml"),
    },
    shipped!(
        "spike",
        "a neighbour sends sixty times as much: who feels it, and how to tell a limit from an outage?"
    ),
    shipped!("users", "what does a limit do to people who wait for their answers?"),
    shipped!("steady-growth", "how fast may traffic grow under a limit of twice the past hour's use?"),
    shipped!("ramp-versus-step", "twenty times the usual traffic: ramp it up, or switch it on?"),
    shipped!("sixty-at-once", "60 requests per minute: may all sixty come in one second?"),
    shipped!(
        "fair-buffer",
        "who waits for whom when a neighbour floods the buffer: in order of arrival, or by turns?"
    ),
    shipped!(
        "autoscalers",
        "a fixed fleet, one that reacts and one that forecasts: what does a ramp cost, what a step?"
    ),
    shipped!(
        "population",
        "a hundred thousand orgs, a few of them heavy: whom does the limit hit in a surge?"
    ),
    shipped!("backlog", "100 000 prompts by morning: serverless, as batch jobs, or on a dedicated endpoint?"),
    shipped!("retry-storm", "why does it go on when the outage is over, and what ends it?"),
    shipped!("honour-reset", "what if the SDK honoured the reset header, under each way to work it out?"),
    shipped!("noisy-neighbour", "does an org within its rate notice a neighbour above its own?"),
    shipped!(
        "incident",
        "replicas are lost: what does steady traffic within its rate see, and for how long?"
    ),
    shipped!("batching", "what slows a chat in a batch: a crowd, or a few long prompts?"),
    shipped!("cold-start", "what does a slow cold start cost when traffic rises within minutes?"),
    shipped!("retry-herd", "everybody waits just as long as the header says: does that suffice?"),
    shipped!("sdk-defaults", "how many requests of a burst finish with the retries an SDK makes by default?"),
    shipped!("laws", "nine rate laws, one traffic: who lets a ramp through, who a spike?"),
    shipped!("formula", "a rate law of your own: how is one written as a formula?"),
    shipped!("lanes", "a nightly backlog by serverless, batch and dedicated: time, cost, who is hurt?"),
];

/// The arguments of `init`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Which scenario
    #[arg(value_name = "KIND", default_value = KINDS[0].name, value_parser = kinds())]
    kind: String,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Overwrite the file
    #[arg(long)]
    force: bool,
}

fn kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(KINDS.iter().map(|kind| PossibleValue::new(kind.name).help(kind.doc)))
}

/// Write a scenario.
///
/// # Errors
/// [`Error::Usage`] if the file exists, those of writing.
pub fn init(arguments: &Arguments, console: &Console) -> Result<(), Error> {
    let kind = KINDS.iter().find(|kind| kind.name == arguments.kind).expect("one of the possible values");
    match arguments.output.as_deref() {
        None => write_results(|out| out.write_all(kind.text.as_bytes())),
        Some(path) if path == Path::new("-") => write_results(|out| out.write_all(kind.text.as_bytes())),
        Some(path) => {
            write_file(path, kind.text, arguments.force)?;
            let shown = one_line(&path.display().to_string());
            console.note(&format!("{shown} is written; try `ratetide run {shown}`"));
            Ok(())
        }
    }
}

fn write_file(path: &Path, text: &str, force: bool) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).create_new(!force);
    let mut file = options.open(path).map_err(|cause| match cause.kind() {
        io::ErrorKind::AlreadyExists => {
            Error::Usage(format!("{} exists; pass --force to overwrite it", path.display()))
        }
        _ => Error::io("create", path)(cause),
    })?;
    file.write_all(text.as_bytes()).map_err(Error::io("write", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_scenario_that_stands_alone_is_a_kind() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let entries = std::fs::read_dir(folder).expect("the scenarios are there").map(Result::unwrap);
        let names =
            entries.filter_map(|e| e.file_name().to_string_lossy().strip_suffix(".toml").map(str::to_owned));
        let mut names: Vec<String> =
            names.filter(|name| name != "trace-replay" && name != "day-of-twelve").collect();
        names.sort();
        let mut kinds: Vec<&str> = KINDS[1..].iter().map(|kind| kind.name).collect();
        kinds.sort_unstable();
        assert_eq!(names, kinds);
    }
}
