//! A resolved value in words: `poisson = { rate = "100/min" }` is "poisson (rate 100/min)".

use crate::read::Family;
use toml::Value;

/// Items of a list that are spelled out.
const ITEMS_MAX: usize = 4;

/// A value in words; of a table its keys with their values.
///
/// ```
/// use ratetide::cli::phrase::phrase;
/// let table: toml::Table = toml::from_str("max_wait = \"10 s\"\nearly_refusal = true\nretry.fixed.delay = \"1 s\"").unwrap();
/// assert_eq!(phrase(&table.into()), "max wait 10 s, early refusal yes, retry fixed (delay 1 s)");
/// ```
pub fn phrase(value: &Value) -> String {
    match value {
        Value::Table(table) => {
            let items =
                table.iter().map(|(key, value)| format!("{} {}", key.replace('_', " "), nested(value)));
            items.collect::<Vec<_>>().join(", ")
        }
        other => nested(other),
    }
}

/// The alternative chosen of a family: its tag, with its parameters in brackets.
pub fn chosen(value: &Value) -> String {
    match value {
        Value::Table(table) if table.len() == 1 => {
            table.iter().map(|(tag, parameters)| tagged(tag, parameters)).collect()
        }
        other => phrase(other),
    }
}

/// The tag of the alternative chosen of a family.
pub fn tag(value: &Value) -> &str {
    value.as_table().and_then(|table| table.keys().next()).map_or("", String::as_str)
}

/// The alternative chosen, with its sentence.
pub fn with_doc(choice: &Value, family: &Family) -> String {
    let doc = family.position(tag(choice)).map_or("", |index| family.members[index].doc);
    format!("{} — {doc}", chosen(choice))
}

fn tagged(tag: &str, parameters: &Value) -> String {
    match parameters {
        Value::Table(table) if table.is_empty() => tag.to_owned(),
        Value::Table(_) => format!("{tag} ({})", phrase(parameters)),
        scalar => format!("{tag} {}", nested(scalar)),
    }
}

/// A value inside another.
fn nested(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Boolean(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Float(number) => number.to_string(),
        Value::Table(table) if table.len() == 1 && is_choice(table) => chosen(value),
        Value::Table(table) if table.is_empty() => "by default".to_owned(),
        Value::Table(_) => format!("({})", phrase(value)),
        Value::Array(items) => {
            let told: Vec<String> = items.iter().take(ITEMS_MAX).map(nested).collect();
            let more = items.len().saturating_sub(ITEMS_MAX);
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            format!("[{}{more}]", told.join(", "))
        }
        other => other.to_string(),
    }
}

/// Whether a table of one key is a tag with its parameters, rather than a key with its value.
fn is_choice(table: &toml::Table) -> bool {
    table.values().all(Value::is_table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        Value::Table(toml::from_str(text).unwrap())
    }

    #[test]
    fn an_alternative_is_its_tag_with_its_parameters() {
        assert_eq!(chosen(&value("poisson.rate = \"100/min\"")), "poisson (rate 100/min)");
        assert_eq!(chosen(&value("constant = 800")), "constant 800");
        assert_eq!(chosen(&value("unlimited = {}")), "unlimited");
        assert_eq!(tag(&value("poisson.rate = \"100/min\"")), "poisson");
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(phrase(&value("q = [1, 2, 3, 4, 5, 6]")), "q [1, 2, 3, 4, and 2 more]");
    }
}
