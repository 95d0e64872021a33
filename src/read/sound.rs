//! Is a spec itself in order? For the tests of the rooms that write specs.

use super::check;
use super::node::{Node, Origin, Value, parse_value};
use super::spec::{Fallback, Family, Kind, Spec};

/// The mistakes in `root` and in all it refers to, each with its path; none in a sound spec.
///
/// A spec is sound when its keys are distinct and have a sentence each, every default can be read and lies
/// in its range, shorthands name keys of their table, and the kinds of an `Either` differ in TOML type. A
/// room's test asserts that `faults(&SPEC)` is empty.
pub fn faults(root: &Spec) -> Vec<String> {
    let mut faults = Vec::new();
    table(root, root.name, &mut faults);
    faults
}

fn table(spec: &Spec, path: &str, faults: &mut Vec<String>) {
    if spec.doc.is_empty() {
        faults.push(format!("{path}: no doc"));
    }
    for name in spec.shorthand.iter().filter(|name| spec.position(name).is_none()) {
        faults.push(format!("{path}: the shorthand sets `{name}`, which is no key"));
    }
    for (index, key) in spec.keys.iter().enumerate() {
        let path = format!("{path}.{}", key.name);
        if key.doc.is_empty() {
            faults.push(format!("{path}: no doc"));
        }
        for name in key.aliases.iter().chain([&key.name]) {
            if spec.position(name) != Some(index) {
                faults.push(format!("{path}: `{name}` is another key, too"));
            }
        }
        kind(&key.kind, &path, faults);
        match key.fallback {
            Fallback::Required | Fallback::Absent => {}
            Fallback::Table if matches!(key.kind, Kind::Table(_)) => {}
            Fallback::Table => faults.push(format!("{path}: only a table can default to an empty table")),
            Fallback::Text(toml) => match parse_value(toml, Origin::Default, 0) {
                Ok(node) => value(&key.kind, &node, &format!("{path}, by default,"), faults),
                Err(error) => faults.push(format!("{path}: the default is not TOML: {}", error.message())),
            },
        }
    }
}

fn kind(what: &Kind, path: &str, faults: &mut Vec<String>) {
    match what {
        Kind::Table(spec) | Kind::Rows(spec) => table(spec, path, faults),
        Kind::OneOf(choice) => family(choice, path, faults),
        Kind::List(item) => kind(item, path, faults),
        Kind::Pairs(first, second) => [first, second].into_iter().for_each(|item| kind(item, path, faults)),
        Kind::Choice([]) => faults.push(format!("{path}: nothing to choose from")),
        Kind::Either(kinds) => {
            for (index, one) in kinds.iter().enumerate() {
                kind(one, path, faults);
                let samples = [Value::Bool(true), Value::Integer(0), Value::Text(String::new())];
                let samples = samples.into_iter().chain([Value::Array(Vec::new()), Value::Table(Vec::new())]);
                for sample in samples.filter(|sample| check::fits(one, sample)) {
                    if kinds[..index].iter().any(|other| check::fits(other, &sample)) {
                        faults.push(format!("{path}: two kinds for {}", sample.type_name()));
                    }
                }
            }
        }
        _ => {}
    }
}

fn family(family: &Family, path: &str, faults: &mut Vec<String>) {
    if family.members.is_empty() || family.doc.is_empty() {
        faults.push(format!("{path}: a family needs a doc and members"));
    }
    for (index, member) in family.members.iter().enumerate() {
        let path = format!("{path}.{}", member.tag);
        if family.position(member.tag) != Some(index) {
            faults.push(format!("{path}: a tag given twice"));
        }
        if member.doc.is_empty() {
            faults.push(format!("{path}: no doc"));
        }
        kind(&member.value, &path, faults);
    }
}

/// The mistakes in a default.
fn value(kind: &Kind, node: &Node, path: &str, faults: &mut Vec<String>) {
    let given = &node.value;
    let scalar = match *kind {
        Kind::Bool => check::bool(given).map(drop),
        Kind::Integer(range) | Kind::Tokens(range) => check::integer(given, range).map(drop),
        Kind::Number(range) => check::number(given, range).map(drop),
        Kind::Span(range) => check::span(given, range, false).map(drop),
        Kind::SpanOrUnlimited(range) => check::span(given, range, true).map(drop),
        Kind::Rate(of, range) => check::rate(given, of, range, false).map(drop),
        Kind::RateOrUnlimited(of, range) => check::rate(given, of, range, true).map(drop),
        Kind::Name => check::name(given).map(drop),
        Kind::Text(max_chars) => check::text(given, max_chars).map(drop),
        Kind::Path => check::path(given).map(drop),
        Kind::Choice(words) => check::choice(given, words).map(drop),
        Kind::Toml => check::toml(given).map(drop),
        Kind::Table(spec) => return table_value(spec, node, path, faults),
        Kind::OneOf(family) => return family_value(family, node, path, faults),
        Kind::Rows(spec) => return items(&Kind::Table(spec), node, path, faults),
        Kind::List(item) => return items(item, node, path, faults),
        Kind::Pairs(..) => Err("cannot have a default".to_owned()),
        Kind::Either(kinds) => match kinds.iter().find(|kind| check::fits(kind, given)) {
            Some(kind) => return value(kind, node, path, faults),
            None => Err(format!("must not be {}", given.type_name())),
        },
    };
    faults.extend(scalar.err().map(|reason| format!("{path} {reason}")));
}

fn table_value(spec: &Spec, node: &Node, path: &str, faults: &mut Vec<String>) {
    match &node.value {
        Value::Table(entries) => {
            for entry in entries {
                match spec.position(&entry.key) {
                    Some(index) => value(&spec.keys[index].kind, &entry.node, path, faults),
                    None => faults.push(format!("{path} sets the unknown key `{}`", entry.key)),
                }
            }
            let is_set = |name: &str| entries.iter().any(|entry| entry.key == name);
            let required = spec.keys.iter().filter(|key| matches!(key.fallback, Fallback::Required));
            for key in required.filter(|key| !is_set(key.name)) {
                faults.push(format!("{path} lacks the key `{}`", key.name));
            }
        }
        Value::Text(_) if !spec.shorthand.is_empty() => {
            for index in spec.shorthand.iter().filter_map(|name| spec.position(name)) {
                value(&spec.keys[index].kind, node, path, faults);
            }
        }
        other => faults.push(format!("{path} must be a table, not {}", other.type_name())),
    }
}

fn family_value(family: &Family, node: &Node, path: &str, faults: &mut Vec<String>) {
    let Value::Table(entries) = &node.value else {
        return faults.push(format!("{path} must be a table, not {}", node.value.type_name()));
    };
    match &entries[..] {
        [entry] => match family.position(&entry.key) {
            Some(index) => value(&family.members[index].value, &entry.node, path, faults),
            None => faults.push(format!("{path} has the unknown tag `{}`", entry.key)),
        },
        _ => faults.push(format!("{path} must have one tag, not {}", entries.len())),
    }
}

fn items(kind: &Kind, node: &Node, path: &str, faults: &mut Vec<String>) {
    match &node.value {
        Value::Array(items) => items.iter().for_each(|item| value(kind, item, path, faults)),
        other => faults.push(format!("{path} must be a list, not {}", other.type_name())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::range::Range;
    use super::super::spec::{Key, Member};
    use super::*;

    const INNER: Spec = Spec::new("inner", "Inner.", &[Key::integer("n", Range::new(1, 9)).doc("n")]);
    const FAMILY: Family = Family::new("family", "Which.", &[Member::table("inner", &INNER)]);

    #[test]
    fn mistakes_in_specs_are_found() {
        const SPEC: Spec = Spec::new(
            "spec",
            "A spec.",
            &[
                Key::integer("low", Range::new(1, 9)).or("0").doc("x"),
                Key::integer("twice", Range::new(1, 9)).doc("x"),
                Key::bool("other").alias(&["twice"]).doc("x"),
                Key::bool("silent"),
                Key::table("lacks", &INNER).or("{}").doc("x"),
                Key::table("strange", &INNER).or("{ n = 1, m = 1 }").doc("x"),
                Key::one_of("untagged", &FAMILY).or("{}").doc("x"),
                Key::either("either", &[Kind::Name, Kind::Path]).doc("x"),
                Key::bool("toml").or("tru").doc("x"),
                Key::one_of("sound", &FAMILY).or("{ inner.n = 3 }").doc("x"),
            ],
        )
        .shorthand(&["absent"]);
        let faults = faults(&SPEC);
        let wanted = [
            ("spec", "`absent`, which is no key"),
            ("spec.low", "must not be 0"),
            ("spec.other", "`twice` is another key"),
            ("spec.silent", "no doc"),
            ("spec.lacks", "lacks the key `n`"),
            ("spec.strange", "unknown key `m`"),
            ("spec.untagged", "one tag, not 0"),
            ("spec.either", "two kinds for text"),
            ("spec.toml", "not TOML"),
        ];
        assert_eq!(faults.len(), wanted.len(), "{faults:#?}");
        for (fault, (path, text)) in faults.iter().zip(wanted) {
            assert!(fault.starts_with(path) && fault.contains(text), "{fault}");
        }
    }
}
