//! Progress of a run on standard error: a bar on a terminal, else one plain line every ten seconds.
//!
//! The run only adds to a counter, such as of simulated nanoseconds; a thread of its own reads it. This and the
//! timing of commands are the only places that look at the wall clock, and nothing of it reaches a result.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::error::one_line;
use crate::units::{NS_PER_S, Span};

/// How progress is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Show {
    /// A bar, redrawn in place.
    Bar,
    /// A plain line now and then.
    Lines,
    /// Nothing.
    Nothing,
}

impl Show {
    /// Nothing if `quiet`; a bar if standard error is a terminal that can redraw; else lines.
    pub fn choose(quiet: bool) -> Show {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        match quiet {
            true => Show::Nothing,
            false if io::stderr().is_terminal() && !dumb => Show::Bar,
            false => Show::Lines,
        }
    }
}

/// What is shown: how far something has come.
pub trait Meter: Send + Sync {
    /// The share done, from 0 to 1.
    fn done(&self) -> f64;
    /// All of it in a line, so long after the start.
    fn text(&self, elapsed: Duration) -> String;
}

/// A meter on a display. Dropping it clears the bar and ends the thread.
pub struct Display {
    /// Dropped to tell the thread to end.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Display {
    /// Show a meter on standard error.
    pub fn start(meter: Arc<dyn Meter>, show: Show) -> Display {
        Display::start_on(io::stderr(), meter, show, Duration::from_secs(10))
    }

    fn start_on(
        sink: impl Write + Send + 'static,
        meter: Arc<dyn Meter>,
        show: Show,
        period: Duration,
    ) -> Display {
        let (stop, stopped) = mpsc::channel();
        let began = Instant::now();
        let thread = match show {
            Show::Bar => Some(thread::spawn(move || bar(&*meter, began, &stopped))),
            Show::Lines => Some(thread::spawn(move || lines(sink, period, &*meter, began, &stopped))),
            Show::Nothing => None,
        };
        Display { stop: Some(stop), thread }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A panic of the display must not become one of the run.
            let _ = thread.join();
        }
    }
}

/// Parts of a bar.
const PARTS: u64 = 100_000;

fn bar(meter: &dyn Meter, began: Instant, stopped: &Receiver<()>) {
    let bar = ProgressBar::with_draw_target(Some(PARTS), ProgressDrawTarget::stderr());
    bar.set_style(
        ProgressStyle::with_template("{bar:20} {msg}").expect("a fixed template").progress_chars("=> "),
    );
    while waits(stopped, Duration::from_millis(100)) {
        bar.set_position((meter.done().clamp(0.0, 1.0) * PARTS as f64) as u64);
        bar.set_message(meter.text(began.elapsed()));
    }
    bar.finish_and_clear();
}

fn lines(mut sink: impl Write, period: Duration, meter: &dyn Meter, began: Instant, stopped: &Receiver<()>) {
    while waits(stopped, period) {
        // Nobody may be reading; the run goes on all the same.
        let _ = writeln!(sink, "{}", meter.text(began.elapsed()));
    }
}

/// Progress of simulated time.
pub struct Progress {
    simulated_ns: Arc<AtomicU64>,
    _display: Display,
}

impl Progress {
    /// Starts showing progress towards `total` simulated time: the sum over all replications that will add to the
    /// [`counter`](Progress::counter).
    pub fn start(label: &str, total: Span, show: Show) -> Progress {
        Progress::start_on(io::stderr(), label, total, show, Duration::from_secs(10))
    }

    fn start_on(
        sink: impl Write + Send + 'static,
        label: &str,
        total: Span,
        show: Show,
        period: Duration,
    ) -> Progress {
        let simulated_ns = Arc::new(AtomicU64::new(0));
        let meter = Simulated { label: one_line(label), total, simulated_ns: simulated_ns.clone() };
        Progress { simulated_ns, _display: Display::start_on(sink, Arc::new(meter), show, period) }
    }

    /// The counter of simulated nanoseconds, for the run to add to.
    pub fn counter(&self) -> Arc<AtomicU64> {
        self.simulated_ns.clone()
    }
}

/// Simulated time done, of so much.
struct Simulated {
    label: String,
    total: Span,
    simulated_ns: Arc<AtomicU64>,
}

impl Simulated {
    fn now(&self) -> Span {
        Span::from_ns(self.simulated_ns.load(Ordering::Relaxed))
    }
}

impl Meter for Simulated {
    fn done(&self) -> f64 {
        self.now().as_secs_f64() / self.total.as_secs_f64().max(1e-9)
    }

    fn text(&self, elapsed: Duration) -> String {
        format!("{}: {}", self.label, describe(self.now(), self.total, elapsed))
    }
}

/// Waits for the period; false once the run has ended.
fn waits(stopped: &Receiver<()>, period: Duration) -> bool {
    stopped.recv_timeout(period) == Err(RecvTimeoutError::Timeout)
}

/// Share done, simulated time, simulated seconds per second and the time left at the average speed so far.
fn describe(done: Span, total: Span, elapsed: Duration) -> String {
    let done = done.min(total);
    let (done_s, total_s) = (done.as_secs_f64(), total.as_secs_f64());
    let percent = if total.is_zero() { 100.0 } else { (100.0 * done_s / total_s).floor() };
    let clock_text = format!("{percent:.0} %, {} of {} simulated", clock(done), clock(total));
    if done.is_zero() || elapsed.is_zero() {
        return clock_text;
    }
    let speed = done_s / elapsed.as_secs_f64();
    let left = Span::from_secs_f64((total_s - done_s) / speed);
    let decimals = if speed < 10.0 { 1 } else { 0 };
    format!("{clock_text}, {speed:.decimals$} s/s, {} left", clock(left))
}

/// Hours, minutes and seconds, such as `1:05:00`.
pub fn clock(span: Span) -> String {
    let s = span.as_ns() / NS_PER_S;
    format!("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Sink {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_line_says_how_far_how_fast_and_how_long() {
        let told = describe(Span::from_s(3900), Span::from_s(11_400), Duration::from_secs(3));
        assert_eq!(told, "34 %, 1:05:00 of 3:10:00 simulated, 1300 s/s, 0:00:05 left");
        let told = describe(Span::ZERO, Span::from_s(60), Duration::from_secs(3));
        assert_eq!(told, "0 %, 0:00:00 of 0:01:00 simulated");
        let told = describe(Span::from_s(90), Span::from_s(60), Duration::from_secs(1));
        assert_eq!(told, "100 %, 0:01:00 of 0:01:00 simulated, 60 s/s, 0:00:00 left");
        assert_eq!(describe(Span::ZERO, Span::ZERO, Duration::ZERO), "100 %, 0:00:00 of 0:00:00 simulated");
        // Almost nothing done: the time left is as long as can be said, and no panic.
        assert!(describe(Span::from_ns(1), Span::MAX, Duration::from_secs(9)).starts_with("0 %, "));
    }

    #[test]
    fn lines_come_while_it_runs_and_none_after() {
        let sink = Sink::default();
        let progress = Progress::start_on(
            sink.clone(),
            "a\nb",
            Span::from_s(100),
            Show::Lines,
            Duration::from_millis(1),
        );
        progress.counter().fetch_add(50 * NS_PER_S, Ordering::Relaxed);
        while !sink.text().contains("50 %") {
            thread::yield_now();
        }
        drop(progress);
        let text = sink.text();
        assert!(
            text.lines().all(|line| line.starts_with("a\\nb: ") && line.contains("of 0:01:40 simulated")),
            "{text}"
        );
        assert!(text.ends_with('\n'));
        assert_eq!(Arc::strong_count(&sink.0), 1, "the thread has ended");
    }

    #[test]
    fn a_short_run_and_a_quiet_one_say_nothing() {
        for (show, period) in [(Show::Lines, Duration::from_secs(10)), (Show::Nothing, Duration::ZERO)] {
            let sink = Sink::default();
            drop(Progress::start_on(sink.clone(), "x", Span::from_s(1), show, period));
            assert_eq!(sink.text(), "");
        }
        assert_eq!(Show::choose(true), Show::Nothing);
    }
}
