//! `schema`: the JSON Schema of a scenario, for editors.

use super::stream::write_results;
use crate::error::Error;
use crate::read;
use crate::scenario::spec::SCENARIO;

/// Print the schema.
///
/// # Errors
/// Those of standard output.
pub fn print() -> Result<(), Error> {
    let text = serde_json::to_string_pretty(&read::schema(&SCENARIO)).expect("a schema is plain JSON");
    write_results(|out| writeln!(out, "{text}"))
}
