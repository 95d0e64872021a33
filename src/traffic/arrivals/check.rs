//! For tests: sampled rate, cv and dispersion against what a process declares (V32).

use super::{ArrivalProcess, Arrivals, Process};
use crate::rng::{Key, Stream};
use crate::traffic::profile::{Profile, Step};
use crate::units::Span;

/// Windows counted, and mean arrivals in each: the standard error of a dispersion is √(2/windows) = 0.45 %.
const WINDOWS: usize = 100_000;
const PER_WINDOW: f64 = 200.0;

fn stream() -> Stream {
    Key::new(23, 0).with("arrivals").stream()
}

/// What was sampled.
struct Sampled {
    rate: f64,
    cv: f64,
    dispersion: f64,
}

/// Statistics of arrivals at these operational times (s) in `windows` windows of `window_s`.
fn sampled(times_s: impl Iterator<Item = f64>, window_s: f64, windows: usize) -> Sampled {
    let mut counts = vec![0u64; windows];
    let (mut n, mut last, mut gaps, mut squares) = (0.0, None, 0.0, 0.0);
    for t in times_s {
        // Off the process's own grid, so that rounding moves nothing across an edge.
        let t = t + window_s * 0.3 / PER_WINDOW;
        let Some(count) = counts.get_mut((t / window_s) as usize) else { break };
        *count += 1;
        n += 1.0;
        if let Some(last) = last.replace(t) {
            gaps += t - last;
            squares += (t - last) * (t - last);
        }
    }
    let gap = gaps / (n - 1.0);
    let per_window = n / windows as f64;
    let variance = counts.iter().map(|&c| (c as f64 - per_window).powi(2)).sum::<f64>() / windows as f64;
    Sampled {
        rate: n / (windows as f64 * window_s),
        cv: (squares / (n - 1.0) / (gap * gap) - 1.0).max(0.0).sqrt(),
        dispersion: variance / per_window,
    }
}

/// Panics unless rate, cv and dispersion are sampled as declared within 1 %, and are the same when the process
/// runs through a profile that steps, ramps and pauses and is seen in operational time.
pub(super) fn sampled_is_declared(process: impl Into<ArrivalProcess>) {
    let process = process.into();
    let near = |what: &str, found: f64, wanted: f64, tolerance: f64| {
        let allowed = tolerance * wanted.max(1.0);
        assert!((found - wanted).abs() <= allowed, "{what} {found}, not {wanted}");
    };
    let plain = through(&[], &process, WINDOWS);
    near("rate ÷ declared", plain.rate / process.mean_rate(), 1.0, 0.01);
    near("cv", plain.cv, process.cv(), 0.01);
    near("dispersion", plain.dispersion, process.dispersion().unwrap(), 0.01);

    let windows = WINDOWS / 10;
    let tenth = Span::from_secs_f64(PER_WINDOW / process.mean_rate() * windows as f64 / 10.0);
    let step = |tenths: f64, factor, over| Step { at: tenth.scale(tenths), factor, over };
    let (now, gradually) = (Span::ZERO, tenth);
    let varied = [step(1.0, 2.0, gradually), step(4.0, 0.5, now), step(6.0, 0.0, now), step(6.5, 3.0, now)];
    let (plain, varied) = (through(&[], &process, windows), through(&varied, &process, windows));
    near("rate in a profile ÷ rate", varied.rate / plain.rate, 1.0, 1e-6);
    near("cv in a profile", varied.cv, plain.cv, 1e-5);
    near("dispersion in a profile", varied.dispersion, plain.dispersion, 1e-3);
}

/// Statistics, in operational time, of `process` run through a profile over `windows` windows.
fn through(steps: &[Step], process: &ArrivalProcess, windows: usize) -> Sampled {
    let window_s = PER_WINDOW / process.mean_rate();
    let profile = Profile::new(steps).unwrap();
    let duration = Span::from_secs_f64(window_s * windows as f64).scale(1.2);
    let mut arrivals = Arrivals::new(process.clone(), profile.clone(), duration);
    let mut stream = stream();
    let times = std::iter::from_fn(|| arrivals.next(&mut stream));
    sampled(times.map(|a| profile.operational_ns(a.at) / 1e9), window_s, windows)
}

/// The dispersion of counts in windows that hold `per_window` arrivals on average.
pub(super) fn dispersion(mut process: impl Process, per_window: f64, windows: usize) -> f64 {
    let window_s = per_window / process.mean_rate();
    let mut stream = stream();
    let times = std::iter::from_fn(|| process.next(&mut stream)).map(|b| b.operational_ns / 1e9);
    sampled(times, window_s, windows).dispersion
}

/// Panics unless the first arrivals fall on these ns: a changed sampler changes every result.
pub(super) fn pinned(process: impl Into<ArrivalProcess>, golden_ns: [u64; 3]) {
    let mut arrivals = Arrivals::new(process.into(), Profile::default(), Span::from_s(1000));
    let mut stream = stream();
    let times = [(); 3].map(|()| arrivals.next(&mut stream).unwrap().at.as_ns());
    assert_eq!(times, golden_ns);
}
