//! Recorded demand as statistics: a renewal process whose rate, cv and law change from window to window.

use std::sync::Arc;

use rand_distr::{Distribution, Exp1};

use super::process::{Birth, LoadTrace, NS, Process, Written};
use super::replay::SCALE;
use super::weibull::UnitWeibull;
use crate::dist::{Gamma as UnitGamma, Law as _};
use crate::read::{Form, Key, Kind, Member, Range, Spec, Tagged};
use crate::rng::Stream;
use crate::traffic::windows::{ClientWindows, GapLaw, Window};
use crate::units::Span;

/// Gaps of mean 1, each drawn under the law and cv of the window in which it begins, run off at the rate of each
/// window they pass through: what is left of a gap at a window's end goes on in the next at that one's rate. So the
/// count follows the rates however short a window is, and rate 0 is silence. After the last window nothing comes.
///
/// # Parameters
/// `rate_scale` multiplies every rate; `time_scale` stretches windows and gaps alike (2 = half as fast); both in
/// [10⁻⁶, 10⁶], and no rate above 10⁶/s.
///
/// # Source
/// Rate, cv and law per client and 600 s window: Xiang et al., *ServeGen* (2025). Windows in the operational time of
/// the rate: Gerhardt and Nelson, *Transforming Renewal Processes for Simulation of Nonstationary Arrival Processes*,
/// INFORMS Journal on Computing 21 (2009).
#[derive(Clone, Debug)]
pub struct Windowed {
    pieces: Arc<[Piece]>,
    /// The piece in force, and the time in it or at its start.
    piece: usize,
    now_ns: f64,
}

/// A window, scaled.
#[derive(Clone, Debug)]
struct Piece {
    start_ns: f64,
    end_ns: f64,
    rate_per_ns: f64,
    gap: Gap,
}

/// A law of gaps with mean 1.
#[derive(Clone, Debug)]
enum Gap {
    Exponential,
    Gamma(UnitGamma),
    Weibull(UnitWeibull),
}

impl Gap {
    fn of(window: &Window) -> Gap {
        match window.law {
            GapLaw::Exponential => Gap::Exponential,
            GapLaw::Gamma => {
                Gap::Gamma(UnitGamma::from_mean_cv(1.0, window.cv).expect("rows hold the cv of a law"))
            }
            GapLaw::Weibull => Gap::Weibull(UnitWeibull::of_cv(window.cv)),
        }
    }

    #[inline]
    fn sample(&self, stream: &mut Stream) -> f64 {
        match self {
            Gap::Exponential => Exp1.sample(stream),
            Gap::Gamma(law) => law.sample(stream),
            Gap::Weibull(law) => law.sample(stream),
        }
    }

    fn cv(&self) -> f64 {
        match self {
            Gap::Exponential => 1.0,
            Gap::Gamma(law) => law.cv(),
            Gap::Weibull(law) => law.cv,
        }
    }
}

impl Windowed {
    /// The arrivals of a client, its rates multiplied by `rate_scale` and its time by `time_scale`.
    ///
    /// # Errors
    /// A scale outside [10⁻⁶, 10⁶], or not a number; a rate that is scaled above 10⁶/s; windows that are all silent.
    pub fn new(client: &ClientWindows, time_scale: f64, rate_scale: f64) -> Result<Windowed, String> {
        for (name, scale) in [("time_scale", time_scale), ("rate_scale", rate_scale)] {
            if !SCALE.contains(&scale) {
                return Err(format!("{name} must be {SCALE}, not {scale}"));
            }
        }
        let width_ns = client.width.as_ns() as f64;
        let piece = |window: &Window| Piece {
            start_ns: window.start_ns as f64 * time_scale,
            end_ns: (window.start_ns as f64 + width_ns) * time_scale,
            rate_per_ns: window.rate_per_s * rate_scale / time_scale / NS,
            gap: Gap::of(window),
        };
        let pieces: Vec<Piece> = client.windows.iter().map(piece).collect();
        let highest_per_s = pieces.iter().map(|piece| piece.rate_per_ns * NS).fold(0.0, f64::max);
        if highest_per_s > super::RATE_MAX_PER_S {
            return Err(format!("the highest rate would be {highest_per_s:.3e}/s, above 10⁶/s"));
        }
        if highest_per_s == 0.0 {
            return Err("the client is silent in all its windows".into());
        }
        let now_ns = pieces[0].start_ns;
        Ok(Windowed { pieces: pieces.into(), piece: 0, now_ns })
    }

    fn end_ns(&self) -> f64 {
        self.pieces[self.pieces.len() - 1].end_ns
    }
}

impl Piece {
    /// Arrivals expected up to `now_ns`, in the whole window at most.
    fn expected(&self, now_ns: f64) -> f64 {
        self.rate_per_ns * (now_ns.min(self.end_ns) - self.start_ns).max(0.0)
    }
}

impl Process for Windowed {
    #[inline]
    fn next(&mut self, stream: &mut Stream) -> Option<Birth> {
        // A gap begins under a law: the next one that speaks.
        while self.pieces.get(self.piece)?.rate_per_ns == 0.0 {
            self.now_ns = self.pieces[self.piece].end_ns;
            self.piece += 1;
        }
        let mut gap = self.pieces[self.piece].gap.sample(stream);
        loop {
            let piece = self.pieces.get(self.piece)?;
            let left = piece.rate_per_ns * (piece.end_ns - self.now_ns);
            if gap < left {
                self.now_ns += gap / piece.rate_per_ns;
                return Some(Birth { operational_ns: self.now_ns, tokens: None });
            }
            gap -= left;
            self.now_ns = piece.end_ns;
            self.piece += 1;
        }
    }

    /// Over the whole file, silence included.
    fn mean_rate(&self) -> f64 {
        self.expected(f64::INFINITY) / (self.end_ns() / NS)
    }

    /// Over the whole file: gaps of mean 1/r and cv c have the second moment (1 + c²)/r², and there are r·T of them
    /// in a window of length T. A silence of length S lengthens the one gap that spans it, whose parts before and
    /// after are each (1 + c²)/2r long on average.
    fn cv(&self) -> f64 {
        let (mut count, mut time, mut squares) = (0.0, 0.0, 0.0);
        let mut last: Option<(f64, f64)> = None;
        let mut silence = 0.0;
        for piece in self.pieces.iter() {
            let (rate, length) = (piece.rate_per_ns, piece.end_ns - piece.start_ns);
            if rate == 0.0 {
                silence += length;
                continue;
            }
            let square = 1.0 + piece.gap.cv().powi(2);
            if let Some((rate_before, square_before)) = last.filter(|_| silence > 0.0) {
                time += silence;
                squares += silence * silence + silence * (square_before / rate_before + square / rate);
            }
            count += rate * length;
            time += length;
            squares += square / rate * length;
            (last, silence) = (Some((rate, square)), 0.0);
        }
        (squares * count / (time * time) - 1.0).max(0.0).sqrt()
    }

    fn dispersion(&self) -> Option<f64> {
        None
    }

    fn expected(&self, operational_s: f64) -> f64 {
        self.pieces.iter().map(|piece| piece.expected(operational_s * NS)).sum()
    }
}

/// The width of a window.
const WIDTH: Range<Span> = Range::new(Span::from_ms(1), Span::from_s(366 * 86_400));

/// A client's name, which in a file may be a number.
const CLIENT: &[Kind] = &[Kind::Integer(Range::new(0, 1 << 53)), Kind::Text(64)];

impl Written for Windowed {
    const MEMBER: Member = Member::table(
        "windows",
        &Spec::new(
            "windows_arrivals",
            "recorded rate, cv and law of the gaps per window of time, of one client",
            &[
                Key::path("file").doc("CSV with the columns client, t_s, rate_rps, iat_cv, pattern"),
                Key::either("client", CLIENT).optional().doc("which client; may be left out if there is one"),
                Key::span("width", WIDTH).or("\"10 min\"").doc("the length of a window"),
                Key::number("time_scale", SCALE)
                    .or("1.0")
                    .doc("stretches windows and gaps: 2 is half as fast"),
                Key::number("rate_scale", SCALE).or("1.0").doc("multiplies the rates: 2 is twice as many"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, load: LoadTrace<'_>) -> Option<Windowed> {
        let mut table = value.table();
        let file = table.path("file");
        let client = match table.form("client") {
            Form::Number(number) => Some(number.integer().to_string()),
            Form::Text(text) => Some(text.text()),
            _ => None,
        };
        let width = table.span("width");
        let (time_scale, rate_scale) = (table.number("time_scale"), table.number("rate_scale"));
        if !table.clean() {
            return None;
        }
        let windows = load.windows(&file).map_err(|message| table.error_at("file", message, None)).ok()?;
        let mine = windows.of(client.as_deref(), width).map_err(|error| {
            let key = if error.is_choice { "client" } else { "file" };
            table.error_at(key, error.message, Some(error.help));
        });
        crate::registry::accept(&table, Windowed::new(&mine.ok()?, time_scale, rate_scale))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;
    use crate::traffic::windows;

    const TEXT: &str = "client,t_s,rate_rps,iat_cv,pattern\n\
        a,0,10,1.0,Exponential\na,600,0,0,\na,1200,5,2.0,Gamma\na,1800,20,0.5,Weibull\nb,600,1,1,Gamma\n";

    fn process(client: &str, time_scale: f64, rate_scale: f64) -> Windowed {
        let windows = windows::parse(TEXT.as_bytes()).unwrap();
        let mine = windows.of(Some(client), Span::from_s(600)).unwrap();
        Windowed::new(&mine, time_scale, rate_scale).unwrap()
    }

    #[test]
    fn counts_follow_the_rates_window_by_window() {
        for (time_scale, rate_scale) in [(1.0, 1.0), (2.0, 3.0)] {
            let mut counts = [0u32; 4];
            for seed in 0..200 {
                let mut stream = Key::new(seed, 0).with("arrivals").stream();
                let mut process = process("a", time_scale, rate_scale);
                while let Some(birth) = process.next(&mut stream) {
                    counts[(birth.operational_ns / (600e9 * time_scale)) as usize] += 1;
                }
                assert_eq!(process.next(&mut stream), None);
            }
            for (count, rate) in counts.into_iter().zip([10.0, 0.0, 5.0, 20.0]) {
                let (found, truth) = (f64::from(count) / 200.0, rate * 600.0 * rate_scale);
                assert!((found - truth).abs() <= 0.01 * truth, "{found} in a window, not {truth}");
            }
        }
    }

    #[test]
    fn rate_and_expected_count_are_those_of_the_file() {
        let process = process("a", 1.0, 1.0);
        assert!((process.mean_rate() - 35.0 / 4.0).abs() < 1e-9, "{}", process.mean_rate());
        for (at, count) in [(0.0, 0.0), (300.0, 3000.0), (1000.0, 6000.0), (1500.0, 7500.0), (1e9, 21_000.0)]
        {
            assert!((process.expected(at) - count).abs() < 1e-6, "{at}: {}", process.expected(at));
        }
        // The other client begins with the second window of the file's clock.
        let mut late = self::process("b", 1.0, 1.0);
        assert!(late.next(&mut Key::new(1, 0).stream()).unwrap().operational_ns > 600e9);
        assert!((late.mean_rate() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn gaps_vary_as_declared() {
        let (mut sum, mut squares, mut n) = (0.0, 0.0, 0.0);
        for seed in 0..400 {
            let mut stream = Key::new(seed, 0).with("arrivals").stream();
            let mut process = process("a", 1.0, 1.0);
            let times: Vec<f64> =
                std::iter::from_fn(|| process.next(&mut stream)).map(|birth| birth.operational_ns).collect();
            for pair in times.windows(2) {
                let gap = pair[1] - pair[0];
                (sum, squares, n) = (sum + gap, squares + gap * gap, n + 1.0);
            }
        }
        let cv = (squares * n / (sum * sum) - 1.0f64).sqrt();
        let declared = process("a", 1.0, 1.0).cv();
        assert!((cv / declared - 1.0).abs() < 0.01, "{cv}, declared {declared}");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let windows = windows::parse(TEXT.as_bytes()).unwrap();
        let mine = windows.of(Some("a"), Span::from_s(600)).unwrap();
        for bad in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
            assert!(
                Windowed::new(&mine, bad, 1.0).is_err() && Windowed::new(&mine, 1.0, bad).is_err(),
                "{bad}"
            );
        }
        assert!(Windowed::new(&mine, 1.0, 1e6).unwrap_err().contains("highest rate"));
        let silent = ClientWindows { windows: vec![mine.windows[1]], width: mine.width };
        assert!(Windowed::new(&silent, 1.0, 1.0).unwrap_err().contains("silent"));
    }

    #[test]
    fn the_first_arrivals_are_pinned() {
        super::super::check::pinned(process("a", 1.0, 1.0), [167_113_141, 413_544_542, 470_737_249]);
    }
}
