//! Switching between two Poisson rates.

use rand::RngExt;
use rand_distr::{Distribution, Exp1};

use super::process::{Birth, LoadTrace, NS, Process, RATE, RATE_MAX_PER_S, Written, checked_rate};
use crate::read::{Key, Member, Range, Spec, Tagged};
use crate::registry::accept;
use crate::rng::Stream;
use crate::units::{Quantity, Rate, Span};

/// A two-state Markov-modulated Poisson process: arrivals at `rate` while on and at `off_rate` while off,
/// with exponential stays of mean `on` and `off`, in equilibrium from the start.
///
/// With s₁ = 1/on, s₂ = 1/off, rates a and b, and v = s₁s₂(a−b)²/(s₁+s₂)²:
/// mean rate (a·s₂ + b·s₁)/(s₁+s₂), cv² = 1 + 2v/(ab + a·s₂ + b·s₁), dispersion 1 + 2v/(a·s₂ + b·s₁).
///
/// # Parameters
/// `rate`; `off_rate`, 0 by default; `on` and `off` above zero, together long enough for one arrival in
/// 10 000 cycles on average: with shorter stays it is a Poisson process, and every cycle costs two draws.
///
/// # Source
/// Fischer and Meier-Hellstern, *The Markov-modulated Poisson process (MMPP) cookbook*, Performance
/// Evaluation 18 (1993).
#[derive(Clone, Debug)]
pub struct OnOff {
    on: State,
    off: State,
    started: bool,
    is_on: bool,
    now_ns: f64,
    /// When the present stay ends.
    until_ns: f64,
}

/// A state of the modulating chain.
#[derive(Clone, Debug)]
struct State {
    rate_per_s: f64,
    stay_s: f64,
}

/// A mean stay: from a millisecond to a year.
const STAY: Range<Span> = Range::new(Span::from_ms(1), Span::from_s(365 * 86_400));

/// The least mean number of arrivals in a cycle of both states.
const PER_CYCLE_MIN: f64 = 1e-4;

impl OnOff {
    /// The process of these two rates (per second) and mean stays.
    ///
    /// # Errors
    /// `rate_per_s` outside [0.01/day, 10⁶/s], `off_rate_per_s` neither 0 nor in that range, an empty stay,
    /// less than one arrival in 10 000 cycles.
    pub fn new(rate_per_s: f64, off_rate_per_s: f64, on: Span, off: Span) -> Result<OnOff, String> {
        let rate_per_s = checked_rate("rate", rate_per_s)?;
        if off_rate_per_s != 0.0 {
            checked_rate("off_rate", off_rate_per_s)?;
        }
        if on.is_zero() || off.is_zero() {
            return Err("on and off must be above 0 s".into());
        }
        let per_cycle = rate_per_s * on.as_secs_f64() + off_rate_per_s * off.as_secs_f64();
        if per_cycle < PER_CYCLE_MIN {
            let message = "on and off are too short for these rates: less than one arrival in 10 000 cycles, \
                           which is as good as `poisson`";
            return Err(message.into());
        }
        Ok(OnOff {
            on: State { rate_per_s, stay_s: on.as_secs_f64() },
            off: State { rate_per_s: off_rate_per_s, stay_s: off.as_secs_f64() },
            started: false,
            is_on: false,
            now_ns: 0.0,
            until_ns: 0.0,
        })
    }

    fn state(&self) -> &State {
        if self.is_on { &self.on } else { &self.off }
    }

    /// s₁, s₂, v and a·s₂ + b·s₁ of the type's description.
    fn constants(&self) -> (f64, f64, f64, f64) {
        let (s1, s2) = (1.0 / self.on.stay_s, 1.0 / self.off.stay_s);
        let difference = (self.on.rate_per_s - self.off.rate_per_s) / (s1 + s2);
        (s1, s2, s1 * s2 * difference * difference, self.on.rate_per_s * s2 + self.off.rate_per_s * s1)
    }
}

impl Process for OnOff {
    #[inline]
    fn next(&mut self, stream: &mut Stream) -> Option<Birth> {
        if !self.started {
            // The stay in force at 0 is as long as any other: it is memoryless.
            self.started = true;
            self.is_on = stream.random::<f64>() < self.on.stay_s / (self.on.stay_s + self.off.stay_s);
            self.until_ns = exponential(stream) * self.state().stay_s * NS;
        }
        loop {
            // Arrival and switch compete; whichever loses is drawn anew, which being memoryless it may be.
            let rate_per_s = self.state().rate_per_s;
            if rate_per_s > 0.0 {
                let at_ns = self.now_ns + exponential(stream) / rate_per_s * NS;
                if at_ns < self.until_ns {
                    self.now_ns = at_ns;
                    return Some(Birth { operational_ns: at_ns, tokens: None });
                }
            }
            self.now_ns = self.until_ns;
            self.is_on = !self.is_on;
            self.until_ns += exponential(stream) * self.state().stay_s * NS;
        }
    }

    fn mean_rate(&self) -> f64 {
        let (s1, s2, _, weighted) = self.constants();
        weighted / (s1 + s2)
    }

    fn cv(&self) -> f64 {
        let (_, _, v, weighted) = self.constants();
        (1.0 + 2.0 * v / (self.on.rate_per_s * self.off.rate_per_s + weighted)).sqrt()
    }

    fn dispersion(&self) -> Option<f64> {
        let (_, _, v, weighted) = self.constants();
        Some(1.0 + 2.0 * v / weighted)
    }
}

/// An exponential draw of mean 1.
#[inline]
fn exponential(stream: &mut Stream) -> f64 {
    Exp1.sample(stream)
}

impl Written for OnOff {
    const MEMBER: Member = Member::table(
        "on_off",
        &Spec::new(
            "on_off_arrivals",
            "switches between two poisson rates after exponential stays (MMPP)",
            &[
                Key { doc: "arrivals per time while on", ..RATE },
                Key::rate(
                    "off_rate",
                    Quantity::Requests,
                    Range::new(Rate::ZERO, Rate::from_per_s(RATE_MAX_PER_S)),
                )
                .or("\"0/s\"")
                .doc("arrivals per time while off"),
                Key::span("on", STAY).doc("mean stay on"),
                Key::span("off", STAY).doc("mean stay off"),
            ],
        ),
    );

    fn read(value: Tagged<'_>, _: LoadTrace<'_>) -> Option<OnOff> {
        let mut table = value.table();
        let (rate, off_rate) = (table.rate("rate"), table.rate("off_rate"));
        let (on, off) = (table.span("on"), table.span("off"));
        accept(&table, OnOff::new(rate.per_s(), off_rate.per_s(), on, off))
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::rng::Key;

    fn process(rate: f64, off_rate: f64, on_ms: u64, off_ms: u64) -> OnOff {
        OnOff::new(rate, off_rate, Span::from_ms(on_ms), Span::from_ms(off_ms)).unwrap()
    }

    #[test]
    fn sampled_is_declared() {
        check::sampled_is_declared(process(10.0, 0.0, 200, 300));
        check::sampled_is_declared(process(10.0, 2.0, 300, 100));
    }

    #[test]
    fn without_arrivals_while_off_the_gaps_are_hyperexponential() {
        // Kuczura (1973): cv² = 1 + 2·a·s₁/(s₁+s₂)².
        let p = process(10.0, 0.0, 200, 300);
        let (s1, s2) = (5.0, 1.0 / 0.3);
        assert!((p.cv().powi(2) - (1.0 + 2.0 * 10.0 * s1 / (s1 + s2) / (s1 + s2))).abs() < 1e-12);
        assert!((p.mean_rate() - 4.0).abs() < 1e-12);
    }

    #[test]
    fn it_starts_in_equilibrium() {
        // On a fifth of the time: so is the share of streams that begin on.
        let begins_on = |seed| {
            let mut p = process(1000.0, 0.0, 1000, 4000);
            p.next(&mut Key::new(seed, 0).stream()).unwrap().operational_ns < 10e6
        };
        let share = (0..20_000).filter(|&seed| begins_on(seed)).count() as f64 / 20_000.0;
        assert!((share - 0.2).abs() < 0.01, "{share}");
    }

    #[test]
    fn bad_parameters_are_refused() {
        let s = Span::from_s(1);
        assert!(OnOff::new(1.0, 0.0, Span::ZERO, s).is_err() && OnOff::new(1.0, 0.0, s, Span::ZERO).is_err());
        for bad in [f64::NAN, -1.0, f64::INFINITY] {
            assert!(OnOff::new(bad, 0.0, s, s).is_err() && OnOff::new(1.0, bad, s, s).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_first_arrivals_are_pinned() {
        check::pinned(process(10.0, 0.0, 200, 300), [753_641_218, 773_414_857, 776_771_200]);
    }
}
