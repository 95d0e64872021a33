//! One JSON line in, one JSON line out: for whoever chooses the next point itself, such as an optimiser.

use serde_json::{Map, Value, json};
use std::io::{self, BufRead, Write};
use std::path::Path;

use crate::error::{Error, one_line};
use crate::sweep::plan::Point;
use crate::sweep::point::{compute, simulate};
use crate::sweep::store::{Claim, Store};

/// The longest line read, in bytes.
const LINE_MAX: usize = 1 << 20;

/// Answer every line of standard input until it ends, or until nobody reads the answers.
///
/// A number, or `{"point": 3}`, is a point of the plan, which is stored; any other object is a point in no plan: keys of
/// the scenario with their values, which is not. A line that is neither is answered with an `error`.
///
/// # Errors
/// Those of the store and of the streams.
pub fn answer(store: &Store) -> Result<(), Error> {
    let (stdin, mut stdout) = (io::stdin().lock(), io::stdout().lock());
    for line in stdin.split(b'\n') {
        let line = line.map_err(Error::io("read", Path::new("standard input")))?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let reply = reply(store, &line)?;
        match writeln!(stdout, "{reply}").and_then(|()| stdout.flush()) {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(Error::io("write", Path::new("standard output")))?,
        }
    }
    Ok(())
}

fn reply(store: &Store, line: &[u8]) -> Result<String, Error> {
    let error = |what: &str| Ok(json!({ "error": what }).to_string());
    if line.len() > LINE_MAX {
        return error("the line is longer than 1 MiB");
    }
    let count = store.plan.len();
    match serde_json::from_slice::<Value>(line) {
        Ok(Value::Object(object)) => match object.get("point").map(Value::as_u64) {
            Some(Some(number)) if (number as usize) < count => planned(store, number as usize),
            Some(_) => error(&format!("there is no such point: they are numbered from 0 to {}", count - 1)),
            None => Ok(free(store, object)),
        },
        Ok(Value::Number(number)) => match number.as_u64() {
            Some(number) if (number as usize) < count => planned(store, number as usize),
            _ => error(&format!("there is no such point: they are numbered from 0 to {}", count - 1)),
        },
        Ok(_) => error("a line is a number of a point or an object of keys and values"),
        Err(what) => error(&one_line(&what.to_string())),
    }
}

/// A point of the plan, computed unless it is there.
fn planned(store: &Store, number: usize) -> Result<String, Error> {
    let claimed = match store.claim(number, false)? {
        Claim::Done(record) => return Ok(record.to_line()),
        Claim::Mine(claimed) => Some(claimed),
        // Somebody else will store it; the answer is the same.
        Claim::Theirs => None,
    };
    let point = Point { number, levels: store.plan.sampler().levels(number) };
    let record = compute(&store.plan, &store.id, &store.source, &point, &()).expect("nobody stops it");
    claimed.map_or(Ok(()), |claimed| claimed.finish(&record))?;
    Ok(record.to_line())
}

/// A point in no plan.
fn free(store: &Store, values: Map<String, Value>) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let own = values.iter().map(|(path, value)| (path.clone(), text(value)));
    let sets: Vec<(String, String)> = store.plan.sets.iter().cloned().chain(own).collect();
    let mut record = simulate(&store.plan, &store.source, &sets, &()).expect("nobody stops it");
    record.axes = values;
    record.to_line()
}
