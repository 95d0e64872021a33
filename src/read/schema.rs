//! The JSON Schema of a document, made from its specs: for editors, which complete keys and show their docs.

use serde_json::{Map, Value as Json, json};

use super::node::{Node, Origin, Value, parse_value};
use super::range::Range;
use super::spec::{Fallback, Family, Key, Kind, Spec};
use crate::name::NAME_PATTERN;
use crate::units::Quantity;

/// A span, as a regular expression.
const SPAN_PATTERN: &str =
    r"\d+(\.\d+)?\s*(d|h|min|s|ms|us|µs|μs|ns)(\s*\d+(\.\d+)?\s*(h|min|s|ms|us|µs|μs|ns))*";

/// The JSON Schema (draft 2020-12) of a document under `root`.
///
/// Specs and families become definitions named after them. Ranges of quantities with units cannot be said in
/// a schema: they stand in the descriptions.
pub fn schema(root: &Spec) -> Json {
    let mut definitions = Definitions(Map::new());
    let mut schema = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": root.name });
    let table = definitions.object(root);
    let (Json::Object(all), Json::Object(table)) = (&mut schema, table) else {
        unreachable!("both are objects")
    };
    all.extend(table);
    all.insert("$defs".to_owned(), Json::Object(definitions.0));
    schema
}

/// The definitions made so far, by name.
struct Definitions(Map<String, Json>);

impl Definitions {
    /// A reference to `schema` under `name`, or under `name-2`, … where that is taken by another.
    fn refer(&mut self, name: &str, schema: Json) -> Json {
        let name = name.replace(' ', "-");
        let mut free = name.clone();
        let mut number = 1;
        while self.0.get(&free).is_some_and(|known| *known != schema) {
            number += 1;
            free = format!("{name}-{number}");
        }
        let reference = json!({ "$ref": format!("#/$defs/{free}") });
        self.0.insert(free, schema);
        reference
    }

    fn object(&mut self, spec: &Spec) -> Json {
        let mut properties = Map::new();
        for key in spec.keys {
            let property = self.property(key);
            for name in [&key.name].into_iter().chain(key.aliases) {
                properties.insert((*name).to_owned(), property.clone());
            }
        }
        let is_required = |key: &&Key| matches!(key.fallback, Fallback::Required) && key.aliases.is_empty();
        let required: Vec<&str> = spec.keys.iter().filter(is_required).map(|key| key.name).collect();
        json!({
            "type": "object",
            "description": spec.doc,
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }

    fn property(&mut self, key: &Key) -> Json {
        let mut property = self.kind(&key.kind);
        let detail = match key.kind {
            Kind::Table(_) | Kind::OneOf(_) | Kind::Rows(_) | Kind::Choice(_) | Kind::Bool => String::new(),
            kind => format!(" ({})", kind.describe()),
        };
        property["description"] = json!(format!("{}{detail}", key.doc));
        if let Fallback::Text(toml) = key.fallback {
            let node = parse_value(toml, Origin::Default, 0).expect("a sound spec");
            property["default"] = to_json(&node);
        }
        property
    }

    fn kind(&mut self, kind: &Kind) -> Json {
        match kind {
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::Integer(Range { min, max }) | Kind::Tokens(Range { min, max }) => {
                json!({ "type": "integer", "minimum": min, "maximum": max })
            }
            Kind::Number(Range { min, max }) if *min == f64::MIN_POSITIVE => {
                json!({ "type": "number", "exclusiveMinimum": 0, "maximum": max })
            }
            Kind::Number(Range { min, max }) => json!({ "type": "number", "minimum": min, "maximum": max }),
            Kind::Span(_) => text(&format!("^\\s*{SPAN_PATTERN}\\s*$")),
            Kind::SpanOrUnlimited(_) => text(&format!("^(\\s*{SPAN_PATTERN}\\s*|unlimited)$")),
            Kind::Rate(of, _) => text(&format!("^\\s*{}\\s*$", rate_pattern(*of))),
            Kind::RateOrUnlimited(of, _) => text(&format!("^(\\s*{}\\s*|unlimited)$", rate_pattern(*of))),
            Kind::Name => text(NAME_PATTERN),
            Kind::Text(max_chars) => json!({ "type": "string", "maxLength": max_chars }),
            Kind::Path => json!({ "type": "string", "minLength": 1 }),
            Kind::Choice(words) => {
                json!({ "enum": words.iter().map(|(word, _)| *word).collect::<Vec<_>>() })
            }
            Kind::Table(spec) => self.table(spec),
            Kind::OneOf(family) => self.family(family),
            Kind::Rows(spec) => json!({ "type": "array", "items": self.table(spec) }),
            Kind::List(item) => json!({ "type": "array", "items": self.kind(item) }),
            Kind::Pairs(first, second) => {
                let pair = [self.kind(first), self.kind(second)];
                json!({ "type": "array", "items": { "type": "array", "prefixItems": pair, "minItems": 2, "maxItems": 2 } })
            }
            Kind::Toml => json!({}),
            Kind::Either(kinds) => {
                json!({ "anyOf": kinds.iter().map(|kind| self.kind(kind)).collect::<Vec<_>>() })
            }
        }
    }

    fn table(&mut self, spec: &Spec) -> Json {
        let object = self.object(spec);
        let schema = match spec.shorthand.first().and_then(|name| spec.position(name)) {
            None => object,
            Some(index) => json!({ "anyOf": [self.kind(&spec.keys[index].kind), object] }),
        };
        self.refer(spec.name, schema)
    }

    fn family(&mut self, family: &Family) -> Json {
        let mut alternatives = Vec::new();
        for member in family.members {
            let value = self.kind(&member.value);
            let mut properties = Map::new();
            properties.insert(member.tag.to_owned(), value);
            alternatives.push(json!({
                "type": "object",
                "description": member.doc,
                "properties": properties,
                "required": [member.tag],
                "additionalProperties": false,
            }));
        }
        self.refer(family.name, json!({ "description": family.doc, "oneOf": alternatives }))
    }
}

fn text(pattern: &str) -> Json {
    json!({ "type": "string", "pattern": pattern })
}

/// A rate, as a regular expression.
fn rate_pattern(of: Quantity) -> String {
    let (words, short) = match of {
        Quantity::Requests => ("reqs?|requests?", "rpm|rps"),
        Quantity::Tokens => ("toks?|tokens?", "tpm|tps"),
    };
    format!(r"\d+(\.\d+)?\s*[kM]?\s*((({words})\s*)?/\s*(s|min|h|d)|{short})")
}

/// A default as JSON.
fn to_json(node: &Node) -> Json {
    match &node.value {
        Value::Bool(b) => json!(b),
        Value::Integer(i) => json!(i),
        Value::Number(x) => json!(x),
        Value::Text(text) => json!(text),
        Value::TooLarge | Value::Date => Json::Null,
        Value::Array(items) => items.iter().map(|item| to_json(item)).collect(),
        Value::Table(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), to_json(&entry.node)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::demo::{ROOT, RUN};
    use super::*;

    #[test]
    fn keys_become_properties_with_their_defaults_and_patterns() {
        let schema = schema(&RUN);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema["required"], json!(["duration"]));
        assert_eq!(schema["additionalProperties"], json!(false));
        let seed = &schema["properties"]["seed"];
        assert_eq!(
            (&seed["type"], &seed["minimum"], &seed["default"]),
            (&json!("integer"), &json!(0), &json!(0))
        );
        assert_eq!(schema["properties"]["drain"]["default"], "10 min");
        assert!(schema["properties"]["drain"]["pattern"].as_str().unwrap().contains("min"));
    }

    #[test]
    fn families_are_alternatives_and_every_reference_leads_somewhere() {
        let schema = schema(&ROOT);
        let laws = schema["$defs"]["law"]["oneOf"].as_array().unwrap();
        assert!(laws.iter().any(|law| law["required"] == json!(["success_window"])));
        assert!(schema["properties"]["check"] == schema["properties"]["checks"]);
        assert_eq!(schema["$defs"]["client"]["anyOf"][0]["enum"][0], "none");
        let text = schema.to_string();
        let references: Vec<&str> =
            text.split("\"#/$defs/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(references.len() > 20);
        for name in references {
            assert!(schema["$defs"][name].is_object(), "{name}");
        }
        // Two specs share a name: each keeps its own definition.
        assert_ne!(schema["$defs"]["exponential"], schema["$defs"]["exponential-2"]);
    }
}
