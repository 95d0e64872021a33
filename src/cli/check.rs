//! `check`: validate scenarios and say in words what they simulate, without simulating anything.

use serde_json::{Value, json};

use super::console::Console;
use super::explain::explain;
use super::scenarios::{Scenarios, show_config};
use super::stream::{Format, write_results};
use super::verdicts::threshold;
use crate::error::Error;
use crate::scenario::loading::Loaded;

/// The arguments of `check`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    scenarios: Scenarios,
    /// What to print
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text, conflicts_with = "show_config")]
    format: Format,
}

/// Validate scenarios.
///
/// # Errors
/// Those of loading, and of standard output.
pub fn check(arguments: &Arguments, console: &Console) -> Result<(), Error> {
    let loaded = arguments.scenarios.load(None, console)?;
    if arguments.scenarios.show_config {
        return show_config(&loaded);
    }
    if console.is_quiet() && arguments.format == Format::Text {
        return Ok(());
    }
    write_results(|out| {
        if arguments.format == Format::Json {
            let all: Vec<Value> = loaded.iter().map(summary).collect();
            let text = serde_json::to_string_pretty(&all).expect("names and finite numbers serialize");
            return writeln!(out, "{text}");
        }
        for (index, scenario) in loaded.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            for line in explain(scenario) {
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    })
}

/// What a program asks before it starts a run.
fn summary(loaded: &Loaded) -> Value {
    let scenario = &loaded.scenario;
    let estimate = &scenario.expected;
    json!({
        "scenario": loaded.stem,
        "title": scenario.title,
        "seed": scenario.run.seed,
        "replications": scenario.run.replications,
        "models": scenario.declared_models().iter().map(|model| model.name.as_str()).collect::<Vec<_>>(),
        "orgs": scenario.orgs.iter().map(|org| org.name.as_str()).collect::<Vec<_>>(),
        "checks": scenario.checks.iter().map(|check| threshold(check, scenario)).collect::<Vec<_>>(),
        "expected_requests_per_replication": estimate.requests.round(),
        "expected_events": estimate.events.round(),
        "expected_memory_bytes_per_replication": estimate.memory_bytes.round(),
    })
}
