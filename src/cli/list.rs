//! `list`: every option there is, from the same registries that read a scenario.

use clap::builder::{PossibleValue, PossibleValuesParser};
use serde_json::{Value, json};

use super::grid::wrap;
use super::stream::{Format, write_results};
use super::topics::{Choice, Parameter, TOPICS, Topic};
use crate::error::Error;

/// The arguments of `list`.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// What to list, with parameters and defaults; left out, the names of everything
    #[arg(value_name = "TOPIC", value_parser = topics())]
    topic: Option<String>,
    /// What to print
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    format: Format,
}

fn topics() -> PossibleValuesParser {
    let value = |topic: &Topic| PossibleValue::new(topic.name).aliases(topic.aliases).help(topic.doc);
    PossibleValuesParser::new(TOPICS.iter().map(value))
}

/// Print the list.
///
/// # Errors
/// Those of standard output.
pub fn list(arguments: &Arguments) -> Result<(), Error> {
    let asked = arguments.topic.as_deref();
    let is_asked =
        |topic: &&Topic| asked.is_none_or(|name| topic.name == name || topic.aliases.contains(&name));
    let topics: Vec<&Topic> = TOPICS.iter().filter(is_asked).collect();
    let text = match arguments.format {
        Format::Json => {
            let all: Vec<Value> = topics.iter().map(|topic| json_of(topic)).collect();
            serde_json::to_string_pretty(&all).expect("texts serialize")
        }
        Format::Text if asked.is_some() => detailed(topics[0]).join("\n"),
        Format::Text => overview(&topics).join("\n"),
    };
    write_results(|out| writeln!(out, "{text}"))
}

/// A line for each option of each topic.
fn overview(topics: &[&Topic]) -> Vec<String> {
    let mut lines = Vec::new();
    for topic in topics {
        lines.push(format!("{}: {}", topic.name, topic.doc));
        let choices = (topic.choices)();
        let width = choices.iter().map(|choice| choice.name.chars().count()).max().unwrap_or(0);
        for choice in choices {
            lines.extend(wrap(&format!("  {:<width$}  ", choice.name), &choice.doc));
        }
        lines.push(String::new());
    }
    lines.push("`ratetide list TOPIC` shows each option's parameters, ranges and defaults.".to_owned());
    lines
}

/// Every option of a topic with its parameters.
fn detailed(topic: &Topic) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", topic.name, topic.doc)];
    let choices = (topic.choices)();
    let width = choices.iter().map(|choice| choice.name.chars().count()).max().unwrap_or(0);
    let plain = choices.iter().all(|choice| choice.parameters.is_empty());
    for choice in &choices {
        if !plain {
            lines.push(String::new());
        }
        let width = if plain { width } else { 0 };
        lines.extend(wrap(&format!("{:<width$}  ", choice.name), &choice.doc));
        choice.notes.iter().for_each(|note| lines.extend(wrap("  ", note)));
        lines.extend(parameters(&choice.parameters));
    }
    lines.extend(topic.footnotes.iter().flat_map(|note| {
        let mut lines = vec![String::new()];
        lines.extend(wrap("", note));
        lines
    }));
    lines
}

/// Key, default, meaning and range of each parameter.
fn parameters(parameters: &[Parameter]) -> Vec<String> {
    let width = |of: &dyn Fn(&Parameter) -> &str, most: usize| {
        parameters.iter().map(|p| of(p).chars().count()).filter(|&n| n <= most).max().unwrap_or(0)
    };
    let (keys, defaults) = (width(&|p| &p.key, 32), width(&|p| &p.default, 16));
    let line = |p: &Parameter| {
        let head = format!("    {:<keys$}  {:<defaults$}  ", p.key, p.default);
        // A long default takes a line of its own.
        if head.chars().count() > 8 + keys + defaults {
            let mut lines = wrap(&format!("    {:<keys$}  ", p.key), &p.default);
            lines.extend(wrap(&" ".repeat(8 + keys + defaults), &p.meaning()));
            return lines;
        }
        wrap(&head, &p.meaning())
    };
    parameters.iter().flat_map(line).collect()
}

fn json_of(topic: &Topic) -> Value {
    let parameter =
        |p: &Parameter| json!({ "key": p.key, "default": p.default, "allowed": p.allowed, "doc": p.doc });
    let choice = |choice: &Choice| {
        let mut value = json!({ "name": choice.name, "doc": choice.doc });
        if let Some(rules) = choice.rules {
            value["rules"] = json!(rules);
        }
        value["parameters"] = choice.parameters.iter().map(parameter).collect();
        value
    };
    let choices: Vec<Value> = (topic.choices)().iter().map(choice).collect();
    json!({ "topic": topic.name, "doc": topic.doc, "options": choices })
}

#[cfg(test)]
mod tests {
    use super::super::grid::WIDTH;
    use super::*;

    #[test]
    fn every_topic_fits_the_screen_and_names_its_options() {
        for topic in TOPICS {
            let lines = detailed(topic);
            for line in &lines {
                assert!(line.chars().count() <= WIDTH, "{}: {line}", topic.name);
            }
            for choice in (topic.choices)() {
                assert!(!choice.doc.is_empty(), "{} {} has no line", topic.name, choice.name);
                assert!(lines.iter().any(|line| line.starts_with(&choice.name)), "{}", choice.name);
                assert!(
                    choice.parameters.iter().all(|p| !p.doc.is_empty()),
                    "{} {}",
                    topic.name,
                    choice.name
                );
            }
        }
    }
}
