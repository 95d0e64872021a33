//! One JSON line in, one JSON line out: for whoever chooses the next point itself, such as an optimiser.

use serde_json::{Map, Value, json};
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use super::super::interrupt::Interrupt;
use crate::error::{Error, one_line};
use crate::sweep::plan::Point;
use crate::sweep::point::{Record, compute, simulate};
use crate::sweep::store::{Claim, Store};
use crate::sweep::work::Foreman;

/// The longest line read, in bytes.
const LINE_MAX: usize = 1 << 20;
/// How often is looked whether to go on while nobody asks.
const LOOK: Duration = Duration::from_millis(50);

/// Answer every line of standard input until it ends, until nobody reads the answers, or until the foreman stops it.
///
/// A number, or `{"point": 3}`, is a point of the plan, which is stored; any other object is a point in no plan: keys of
/// the scenario with their values, which is not. A line that is neither is answered with an `error`. With `again`, a
/// point that failed before is computed once more.
///
/// # Errors
/// Those of the store and of the streams, [`Error::Interrupted`], [`Error::Missing`] if the time limit came first.
pub fn answer(store: &Store, again: bool, foreman: &dyn Foreman, interrupt: &Interrupt) -> Result<(), Error> {
    let (lines, mut stdout) = (lines(), io::stdout().lock());
    let mut kept = false;
    while foreman.goes_on() {
        let line = match lines.recv_timeout(LOOK) {
            Ok(line) => line.map_err(Error::io("read", Path::new("standard input")))?,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return interrupt.check(kept),
        };
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let Some(reply) = reply(store, &line, again, foreman)? else { break };
        kept |= matches!(&reply, Reply::Point(record) if record.point.is_some());
        match writeln!(stdout, "{}", reply.line()).and_then(|()| stdout.flush()) {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(Error::io("write", Path::new("standard output")))?,
        }
    }
    interrupt.check(kept)?;
    Err(Error::Missing("the time limit came first; what was answered is kept".to_owned()))
}

/// The lines of standard input, read by a thread of its own: a signal does not end a read.
fn lines() -> Receiver<io::Result<Vec<u8>>> {
    let (sender, lines) = sync_channel(0);
    thread::spawn(move || io::stdin().lock().split(b'\n').try_for_each(|line| sender.send(line)));
    lines
}

/// What a line is answered with.
enum Reply {
    Point(Box<Record>),
    Refusal(String),
}

impl Reply {
    fn line(&self) -> String {
        match self {
            Reply::Point(record) => record.to_line(),
            Reply::Refusal(what) => json!({ "error": what }).to_string(),
        }
    }
}

/// The answer to a line; `None` if it was stopped.
fn reply(store: &Store, line: &[u8], again: bool, foreman: &dyn Foreman) -> Result<Option<Reply>, Error> {
    let refusal = |what: String| Ok(Some(Reply::Refusal(what)));
    if line.len() > LINE_MAX {
        return refusal("the line is longer than 1 MiB".to_owned());
    }
    let number = match serde_json::from_slice::<Value>(line) {
        Ok(Value::Object(object)) => match object.get("point") {
            Some(point) => point.as_u64(),
            None => return Ok(free(store, object, foreman)),
        },
        Ok(Value::Number(number)) => number.as_u64(),
        Ok(_) => return refusal("a line is a number of a point or an object of keys and values".to_owned()),
        Err(what) => return refusal(one_line(&what.to_string())),
    };
    let count = store.plan.len();
    match number.filter(|&number| number < count as u64) {
        Some(number) => planned(store, number as usize, again, foreman),
        None => refusal(format!("there is no such point: they are numbered from 0 to {}", count - 1)),
    }
}

/// A point of the plan, computed unless it is there.
fn planned(store: &Store, number: usize, again: bool, foreman: &dyn Foreman) -> Result<Option<Reply>, Error> {
    let claimed = match store.claim(number, again)? {
        Claim::Done(record) => return Ok(Some(Reply::Point(record))),
        Claim::Mine(claimed) => Some(claimed),
        // Somebody else will store it; the answer is the same.
        Claim::Theirs => None,
    };
    let point = Point { number, levels: store.plan.sampler().levels(number) };
    let Some(record) = compute(&store.plan, &store.id, &store.source, &point, foreman) else {
        return Ok(None);
    };
    claimed.map_or(Ok(()), |claimed| claimed.finish(&record))?;
    Ok(Some(Reply::Point(Box::new(record))))
}

/// A point in no plan.
fn free(store: &Store, values: Map<String, Value>, foreman: &dyn Foreman) -> Option<Reply> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let own = values.iter().map(|(path, value)| (path.clone(), text(value)));
    let sets: Vec<(String, String)> = store.plan.sets.iter().cloned().chain(own).collect();
    let record = simulate(&store.plan, &store.source, &sets, foreman)?;
    Some(Reply::Point(Box::new(Record { axes: values, ..record })))
}
