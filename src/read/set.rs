//! `--set path=value`: one value of the document replaced from the command line, before anything is read.
//!
//! The path is a TOML dotted key; an item of an array goes by its `name` or its index. The specs lead the
//! way: setting below one tag of a family takes its other tags away, setting below a bare string spells the
//! string out first, and setting below a key left out starts from its default.

use std::rc::Rc;

use super::node::{Entry, Node, Origin, Place, Value, default_node, parse_document, parse_value};
use super::problem::Problem;
use super::spec::{Fallback, Family, Key, Kind, Spec, listed};
use super::suggest::nearest;

/// What stands before the path in the text that errors show.
const PREFIX_LEN: usize = "--set ".len();

/// One part of the path.
struct Step {
    name: String,
    place: Place,
}

/// Sets `path` to `value` in `root`, a document under `spec`; this is the `index`-th `--set`.
pub fn apply(
    root: &mut Rc<Node>,
    spec: &'static Spec,
    path: &str,
    value: &str,
    index: u32,
) -> Result<(), Problem> {
    let mut node = root;
    let mut kind = Kind::Table(spec);
    for step in steps(path, index)? {
        (node, kind) = enter(node, kind, &step)?;
    }
    *node = Rc::new(parse(value, &kind, Origin::Set(index), PREFIX_LEN + path.len() + 1)?);
    Ok(())
}

/// The parts of a dotted key.
fn steps(path: &str, index: u32) -> Result<Vec<Step>, Problem> {
    let origin = Origin::Set(index);
    let invalid = |place| Problem {
        place,
        message: "not a path: keys joined by dots, e.g. `model.\"llama-3.3-70b\".replicas`".to_owned(),
        label: String::new(),
        help: None,
    };
    let whole = Place::new(origin, 0..path.len(), PREFIX_LEN);
    if path.chars().any(char::is_control) {
        return Err(invalid(whole));
    }
    // The TOML parser splits the key for us: a document of that one key.
    let (document, errors) = parse_document(&format!("{path} = 0"), origin, PREFIX_LEN);
    if let Some(error) = errors.first() {
        let span = error.span().unwrap_or(0..path.len());
        return Err(invalid(Place::new(
            origin,
            span.start.min(path.len())..span.end.min(path.len()),
            PREFIX_LEN,
        )));
    }
    let mut steps = Vec::new();
    let mut value = &document.value;
    while let Value::Table(entries) = value {
        let [entry] = &entries[..] else { return Err(invalid(whole)) };
        steps.push(Step { name: entry.key.clone(), place: entry.key_place });
        value = &entry.node.value;
    }
    let end = steps.last().map_or(0, |step| step.place.end as usize);
    if end == PREFIX_LEN + path.trim_end().len() { Ok(steps) } else { Err(invalid(whole)) }
}

/// Goes one step down from `node`, a value of `kind`, making what is not there.
fn enter<'n>(node: &'n mut Rc<Node>, kind: Kind, step: &Step) -> Result<(&'n mut Rc<Node>, Kind), Problem> {
    match kind {
        Kind::Table(spec) => enter_table(node, spec, step),
        Kind::OneOf(family) => enter_family(node, family, step),
        Kind::Rows(spec) => Ok((enter_array(node, step)?, Kind::Table(spec))),
        Kind::List(item) => Ok((enter_array(node, step)?, *item)),
        Kind::Either(kinds) => {
            let has_parts = |kind: &&Kind| {
                matches!(kind, Kind::Table(_) | Kind::OneOf(_) | Kind::Rows(_) | Kind::List(_))
            };
            // The kind that knows the step; else the first that has parts, for its message.
            let knows = |kind: &&Kind| match kind {
                Kind::Table(spec) => spec.position(&step.name).is_some(),
                Kind::OneOf(family) => family.position(&step.name).is_some(),
                _ => false,
            };
            match kinds.iter().find(knows).or_else(|| kinds.iter().find(has_parts)) {
                Some(kind) => enter(node, *kind, step),
                None => Err(no_parts(step)),
            }
        }
        _ => Err(no_parts(step)),
    }
}

fn enter_table<'n>(
    node: &'n mut Rc<Node>,
    spec: &'static Spec,
    step: &Step,
) -> Result<(&'n mut Rc<Node>, Kind), Problem> {
    let Some(index) = spec.position(&step.name) else {
        let known = spec.keys.iter().map(|key| key.name);
        return Err(unknown(step, "key", known.clone(), format!("keys here: {}", listed(known))));
    };
    let key = &spec.keys[index];
    let is_text = matches!(node.value, Value::Text(_));
    if is_text && !spec.shorthand.is_empty() {
        let spelled = spec.shorthand.iter().map(|name| Entry {
            key: (*name).to_owned(),
            key_place: node.place,
            node: node.clone(),
        });
        *node = Rc::new(Node { value: Value::Table(spelled.collect()), place: node.place });
    }
    let entries = entries_of(node, step);
    let found = entries.iter().position(|entry| spec.position(&entry.key) == Some(index));
    let at = found.unwrap_or_else(|| {
        entries.push(Entry { key: key.name.to_owned(), key_place: step.place, node: start(key, step) });
        entries.len() - 1
    });
    Ok((&mut entries[at].node, key.kind))
}

fn enter_family<'n>(
    node: &'n mut Rc<Node>,
    family: &'static Family,
    step: &Step,
) -> Result<(&'n mut Rc<Node>, Kind), Problem> {
    let Some(index) = family.position(&step.name) else {
        let known = family.members.iter().map(|member| member.tag);
        return Err(unknown(step, family.name, known.clone(), format!("one of {}", listed(known))));
    };
    let entries = entries_of(node, step);
    entries.retain(|entry| entry.key == step.name);
    if entries.is_empty() {
        entries.push(Entry { key: step.name.clone(), key_place: step.place, node: empty(step) });
    }
    Ok((&mut entries[0].node, family.members[index].value))
}

fn enter_array<'n>(node: &'n mut Rc<Node>, step: &Step) -> Result<&'n mut Rc<Node>, Problem> {
    let Value::Array(items) = &mut Rc::make_mut(node).value else {
        return Err(problem(step, "there is no list to take an item of".to_owned(), None));
    };
    let names: Vec<Option<&str>> = items.iter().map(|item| item.name()).collect();
    let by_name = names.iter().position(|name| *name == Some(&*step.name));
    let by_index = || step.name.parse().ok().filter(|index| *index < items.len());
    match by_name.or_else(by_index) {
        Some(index) => Ok(&mut items[index]),
        None => {
            let near = nearest(&step.name, names.iter().copied().flatten());
            let help = near.map(|near| format!("did you mean `{near}`?"));
            let help = help.unwrap_or_else(|| {
                format!("items go by name or by index, from 0; there are {}", items.len())
            });
            Err(problem(step, format!("there is no item `{}`", step.name), Some(help)))
        }
    }
}

/// The entries of `node`, made a table if it is not one.
fn entries_of<'n>(node: &'n mut Rc<Node>, step: &Step) -> &'n mut Vec<Entry> {
    if !matches!(node.value, Value::Table(_)) {
        *node = empty(step);
    }
    match &mut Rc::make_mut(node).value {
        Value::Table(entries) => entries,
        _ => unreachable!("made a table above"),
    }
}

/// What a key left out holds before something is set below it.
fn start(key: &Key, step: &Step) -> Rc<Node> {
    match key.fallback {
        Fallback::Text(toml) => default_node(key.name, toml),
        Fallback::Required | Fallback::Absent | Fallback::Table => empty(step),
    }
}

fn empty(step: &Step) -> Rc<Node> {
    Rc::new(Node { value: Value::Table(Vec::new()), place: step.place })
}

/// The value typed: TOML where it is TOML, else a string (`--set org.a.workload.0.client=none`); always a
/// string where only a string can be meant (`--set title=2026`).
fn parse(text: &str, kind: &Kind, origin: Origin, offset: usize) -> Result<Node, Problem> {
    let place = Place::new(origin, 0..text.len(), offset);
    let string = || Node { value: Value::Text(text.to_owned()), place };
    let is_compound = text.trim_start().starts_with(['{', '[', '"', '\'']);
    match parse_value(text, origin, offset) {
        Ok(node) if is_textual(kind) && !is_compound && !matches!(node.value, Value::Text(_)) => Ok(string()),
        Ok(node) => Ok(node),
        Err(error) if is_compound => Err(Problem {
            place: error.span().map_or(place, |span| Place::new(origin, span, offset)),
            message: format!("not valid TOML: {}", error.message()),
            label: String::new(),
            help: None,
        }),
        Err(_) => Ok(string()),
    }
}

fn is_textual(kind: &Kind) -> bool {
    match kind {
        Kind::Name | Kind::Text(_) | Kind::Path | Kind::Choice(_) => true,
        Kind::Span(_) | Kind::SpanOrUnlimited(_) | Kind::Rate(..) | Kind::RateOrUnlimited(..) => true,
        Kind::Table(spec) => !spec.shorthand.is_empty(),
        _ => false,
    }
}

fn problem(step: &Step, message: String, help: Option<String>) -> Problem {
    Problem { place: step.place, message, label: String::new(), help }
}

fn no_parts(step: &Step) -> Problem {
    problem(step, format!("`{}` leads below a value that has no parts", step.name), None)
}

fn unknown(step: &Step, what: &str, known: impl Iterator<Item = &'static str>, list: String) -> Problem {
    let help = nearest(&step.name, known).map_or(list, |near| format!("did you mean `{near}`?"));
    problem(step, format!("unknown {what} `{}`", step.name), Some(help))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::demo::{DEMO, read_with};

    #[test]
    fn the_command_line_sets_any_value() {
        let text = read_with(
            DEMO,
            &[
                ("run.seed", "9"),
                ("title", "2026"),
                ("run.warmup", "1 min"),
                ("model.\"llama-3.3-70b\".replicas", "4"),
                ("model.0.limit.law.fixed.requests", "600/min"),
                ("org.spiky.workload.0.client", "none"),
                ("org.steady.workload.chat.client.max_attempts", "3"),
                ("org.steady.workload.chat.prompt_tokens.constant", "5"),
                ("org.1.workload.0.profile.1.factor", "2"),
                ("model.0.autoscaler.predictive.cold_start.constant", "1 s"),
                ("checks.0.max", "5 s"),
            ],
        );
        let shown = text.unwrap_or_else(|problems| panic!("{problems}")).show();
        let lines: Vec<String> =
            shown.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        for line in [
            "seed = 9 # --set",
            "title = \"2026\" # --set",
            "warmup = \"1 min\" # --set",
            "replicas = 4 # --set",
            "limit.law.fixed.requests = \"600/min\" # --set",
            "limit.law.fixed.tokens = \"unlimited\" # default",
            "client.preset = \"none\" # --set",
            "client.preset = \"openai-python\" # demo.toml:50",
            "client.max_attempts = 3 # --set",
            "prompt_tokens.constant = 5 # --set",
            "autoscaler.predictive.max = 8 # demo.toml:23",
            "autoscaler.predictive.cold_start.constant = \"1 s\" # --set",
            "max = \"5 s\" # --set",
        ] {
            assert!(lines.iter().any(|shown| shown == line), "{line}\n{shown}");
        }
        assert!(!shown.contains("success_window") && !shown.contains("folder/"), "{shown}");
    }

    #[test]
    fn setting_below_a_default_starts_from_it() {
        let law = DEMO.lines().find(|line| line.starts_with("law.")).unwrap();
        let resolved =
            read_with(&DEMO.replace(law, ""), &[("model.0.limit.law.success_window.window", "2 h")]).unwrap();
        let text = resolved.to_toml();
        assert!(text.contains("window = \"2 h\"") && text.contains("share = 0.5"), "{text}");
    }

    #[test]
    fn mistakes_on_the_command_line_are_framed() {
        for (path, value, wanted) in [
            ("run.sede", "9", "did you mean `seed`?"),
            ("run.seed", "x", "`seed` must be a whole number, not text"),
            ("run.duration", "30", "needs a unit"),
            ("org.stedy.weight", "2", "did you mean `steady`?"),
            ("org.7.weight", "2", "there is no item `7`"),
            ("run.seed.x", "2", "no parts"),
            ("model.0.limit.law.fixd", "{}", "did you mean `fixed`?"),
            ("", "1", "not a path"),
            ("a b", "1", "not a path"),
            ("run.seed = 1\nrun.x", "1", "not a path"),
            ("run", "{ seed = ", "not valid TOML"),
            ("run.seed", "[", "not valid TOML"),
        ] {
            let shown = read_with(DEMO, &[(path, value)]).expect_err(path).to_string();
            assert!(shown.contains(wanted), "{path}={value}\n{shown}");
            assert!(shown.contains("--> command line"), "{shown}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn no_set_panics(path in "(run|org|model|checks)(\\.(0|1|spiky|steady|workload|limit|law|fixed|seed|client|\\PC{0,3})){0,5}", value in "\\PC{0,12}") {
            let _ = read_with(DEMO, &[(&path, &value)]).map_err(|problems| problems.render(false));
        }

    }
}
