//! One input, watched: a panic, more than 1 s, more than 256 MB.

use crate::MEMORY;
use crate::targets::Target;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// The longest an input may take.
pub const TIME_MAX: Duration = Duration::from_secs(1);
/// The most bytes it may hold at a time.
pub const BYTES_MAX: usize = 256 << 20;

thread_local! {
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

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
        PANIC.with(|kept| kept.replace(Some(told)));
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
        if took.time > TIME_MAX {
            took.time = took.time.min(once(target, input)?.time);
        }
    }
    if took.time > TIME_MAX {
        return Err(format!("takes {:.1} s", took.time.as_secs_f64()));
    }
    if took.bytes > BYTES_MAX {
        return Err(format!("holds {} MB", took.bytes >> 20));
    }
    Ok(took)
}

fn once(target: &Target, input: &[u8]) -> Result<Took, String> {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let start = Instant::now();
    let ended = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let time = start.elapsed();
    let bytes = MEMORY.peak_usage().saturating_sub(before);
    let told = || PANIC.with(RefCell::take).unwrap_or_else(|| "panics in another thread".to_owned());
    ended.map(|()| Took { time, bytes }).map_err(|_| told())
}
