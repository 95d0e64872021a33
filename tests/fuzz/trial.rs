//! One input, watched: a panic, more than a second, more than 256 MB.

use crate::MEMORY;
use crate::targets::Target;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The most bytes it may hold at a time.
pub const BYTES_MAX: usize = 256 << 20;

/// What the last panic said, in whatever thread.
static PANIC: Mutex<Option<String>> = Mutex::new(None);

/// Panics are kept, not printed.
pub fn keep_panics() {
    panic::set_hook(Box::new(|info| {
        let text = info.payload().downcast_ref::<&str>().copied();
        let said = text.or(info.payload().downcast_ref::<String>().map(String::as_str));
        let what = said.unwrap_or("a panic without words").lines().next().unwrap_or_default();
        let told = match info.location() {
            Some(place) => format!("panics at {}:{}: {what}", place.file(), place.line()),
            None => format!("panics: {what}"),
        };
        *PANIC.lock().unwrap() = Some(told);
    }));
}

/// What a good trial took.
pub struct Took {
    pub time: Duration,
    pub bytes: usize,
}

/// Try an input.
///
/// # Errors
/// What is wrong with what the target makes of it.
pub fn of(target: &Target, input: &[u8]) -> Result<Took, String> {
    let mut took = once(target, input)?;
    // On a busy machine a process is kept waiting: what is slow by itself is slow thrice.
    for _ in 0..2 {
        if took.time > target.time_max {
            took.time = took.time.min(once(target, input)?.time);
        }
    }
    if took.time > target.time_max {
        return Err(format!("takes {:.1} s", took.time.as_secs_f64()));
    }
    if took.bytes > BYTES_MAX {
        return Err(format!("holds {} MB", took.bytes >> 20));
    }
    Ok(took)
}

fn once(target: &Target, input: &[u8]) -> Result<Took, String> {
    PANIC.lock().unwrap().take();
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let start = Instant::now();
    let ended = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let time = start.elapsed();
    let bytes = MEMORY.peak_usage().saturating_sub(before);
    let told = || PANIC.lock().unwrap().take().unwrap_or_else(|| "panics".to_owned());
    ended.map(|()| Took { time, bytes }).map_err(|_| told())
}
