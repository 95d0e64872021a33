//! Arrival processes: when a workload's requests are born.
//!
//! A process speaks in operational time, in which its rate is constant ([`Process`]); [`Arrivals`] maps it
//! through the workload's profile onto the run. Most are open: they do not wait for answers. `constant`, `batch` and
//! a trace begin at 0, the others after one gap. Two are closed loops, which the engine carries on as requests end:
//! [`Users`] and [`Backlog`].
//!
//! A new process is a file here that implements `Process` and `Written`, and one line of the registry.
//!
//! ```
//! use ratetide::rng::Key;
//! use ratetide::traffic::arrivals::{Arrivals, Poisson};
//! use ratetide::traffic::profile::Profile;
//! use ratetide::units::Span;
//! let mut stream = Key::new(7, 0).with("steady").with("chat").with("arrivals").stream();
//! let process = Poisson::new(2.0)?.into();
//! let mut arrivals = Arrivals::new(process, Profile::default(), Span::from_s(60));
//! assert_eq!(arrivals.expected(), 120.0);
//! let first = arrivals.next(&mut stream).unwrap();
//! let second = arrivals.next(&mut stream).unwrap();
//! assert!(first.at <= second.at);
//! # Ok::<(), String>(())
//! ```

mod backlog;
mod batch;
#[cfg(test)]
mod check;
mod constant;
mod gamma;
mod on_off;
mod poisson;
mod process;
mod replay;
mod users;
mod weibull;
mod windows;

use super::profile::{Clock, Profile};
use super::trace::Trace;
use crate::read::Family;
use crate::registry::registry;
use crate::rng::Stream;
use crate::units::{SimTime, Span};

pub use backlog::{Backlog, Release};
pub use batch::Batch;
pub use constant::Constant;
pub use gamma::Gamma;
pub use on_off::OnOff;
pub use poisson::Poisson;
use process::Written;
pub use process::{Birth, LoadTrace, Process, RATE_MAX_PER_S, RATE_MIN_PER_S, Recordings};
pub use replay::Replay;
pub use users::{CYCLE_MIN, Session, Users};
pub use weibull::Weibull;
pub use windows::Windowed;

registry! {
    /// One of the known arrival processes, with its state.
    pub enum ArrivalProcess: Process {
        /// Evenly spaced.
        Constant,
        /// Memoryless.
        Poisson,
        /// Independent gamma gaps: smoother or burstier than Poisson.
        Gamma,
        /// Independent Weibull gaps: longer-tailed than gamma.
        Weibull,
        /// Switching between two Poisson rates.
        OnOff,
        /// Many at once, at even distances.
        Batch,
        /// A recorded trace.
        Replay,
        /// Recorded rate, cv and law per window of time.
        Windowed,
        /// A closed loop of users.
        Users,
        /// So many requests, all there from the start.
        Backlog,
    }
    reads {
        mean_rate() -> f64;
        cv() -> f64;
        dispersion() -> Option<f64>;
        expected(operational_s: f64) -> f64;
    }
    advances {
        next(stream: &mut Stream) -> Option<Birth>;
    }
    written[] as Written, given LoadTrace<'_>;
}

/// The arrival processes: `poisson = { rate = "100/min" }`.
pub static PROCESSES: Family =
    Family::new("arrival process", "when requests are born", &ArrivalProcess::members());

impl ArrivalProcess {
    /// The trace being replayed, if it is one: its token counts, and what was dropped from it.
    pub fn trace(&self) -> Option<&Trace> {
        match self {
            ArrivalProcess::Replay(replay) => Some(replay.trace()),
            _ => None,
        }
    }

    /// The same; of users, with the mean time to an answer of an idle platform.
    pub fn answered_in(self, seconds: f64) -> ArrivalProcess {
        match self {
            ArrivalProcess::Users(users) => users.answered_in(seconds).into(),
            other => other,
        }
    }

    /// Whether what becomes of requests says when the next are sent: such demand has no profile.
    pub fn is_closed(&self) -> bool {
        matches!(self, ArrivalProcess::Users(_) | ArrivalProcess::Backlog(_))
    }
}

/// One arrival in the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// The instant of birth.
    pub at: SimTime,
    /// Prompt and output tokens, where the process brings them (a trace).
    pub tokens: Option<(u32, u32)>,
}

/// A process running through a profile for the length of a run.
#[derive(Clone, Debug)]
pub struct Arrivals {
    process: ArrivalProcess,
    clock: Clock,
    end: SimTime,
    /// Operational seconds in the whole run.
    operational_s: f64,
}

impl Arrivals {
    /// The arrivals of `process`, modulated by `profile`, in [0, `duration`).
    pub fn new(process: ArrivalProcess, profile: Profile, duration: Span) -> Arrivals {
        let end = SimTime::ZERO + duration;
        let operational_s = profile.operational_ns(end) / 1e9;
        Arrivals { process, clock: Clock::new(profile), end, operational_s }
    }

    /// The next arrival, never earlier than the one before; `None` when there is none before the end of the
    /// run, and ever after. `stream` must be the same at each call.
    #[inline]
    pub fn next(&mut self, stream: &mut Stream) -> Option<Arrival> {
        let birth = self.process.next(stream)?;
        let at = self.clock.instant(birth.operational_ns)?;
        (at < self.end).then_some(Arrival { at, tokens: birth.tokens })
    }

    /// The largest factor on the rate in [0, `duration`].
    pub fn max_factor(&self, duration: Span) -> f64 {
        self.clock.profile().max_factor(duration)
    }

    /// The same process modulated by another profile.
    pub fn through(self, profile: Profile, duration: Span) -> Arrivals {
        Arrivals::new(self.process, profile, duration)
    }

    /// The trace being replayed, if it is one.
    pub fn trace(&self) -> Option<&Trace> {
        self.process.trace()
    }

    /// The users of a closed loop, if it is one.
    pub fn users(&self) -> Option<&Users> {
        match &self.process {
            ArrivalProcess::Users(users) => Some(users),
            _ => None,
        }
    }

    /// The backlog, if it is one.
    pub fn backlog(&self) -> Option<&Backlog> {
        match &self.process {
            ArrivalProcess::Backlog(backlog) => Some(backlog),
            _ => None,
        }
    }

    /// Whether the end of a request lets the next one go.
    pub fn hands_on_places(&self) -> bool {
        self.backlog().is_some_and(|backlog| matches!(backlog.release(), Release::Concurrent(_)))
    }

    /// Whether what becomes of requests says when the next are sent.
    pub fn is_closed(&self) -> bool {
        self.process.is_closed()
    }

    /// Operational seconds in the whole run.
    pub fn operational_s(&self) -> f64 {
        self.operational_s
    }

    /// The expected number of arrivals up to `at`, in the whole run at most.
    pub fn expected_by(&self, at: SimTime) -> f64 {
        self.process.expected(self.clock.profile().operational_ns(at.min(self.end)) / 1e9)
    }

    /// The expected number of arrivals in the whole run.
    pub fn expected(&self) -> f64 {
        self.process.expected(self.operational_s)
    }
}

#[cfg(test)]
mod tests {
    use super::super::profile::Step;
    use super::*;
    use crate::rng::Key;
    use proptest::prelude::*;

    fn all(process: impl Into<ArrivalProcess>, profile: &[Step], duration_s: u64) -> Vec<f64> {
        let profile = Profile::new(profile).unwrap();
        let mut arrivals = Arrivals::new(process.into(), profile, Span::from_s(duration_s));
        let mut stream = Key::new(5, 0).with("arrivals").stream();
        let times = std::iter::from_fn(|| arrivals.next(&mut stream)).map(|a| a.at.as_secs_f64()).collect();
        assert_eq!(arrivals.next(&mut stream), None);
        times
    }

    #[test]
    fn the_duration_is_half_open_and_constant_starts_at_zero() {
        let paced = Constant::new(1.0).unwrap();
        assert_eq!(all(paced.clone(), &[], 3), [0.0, 1.0, 2.0]);
        let double = [Step { at: Span::from_s(1), factor: 2.0, over: Span::ZERO }];
        assert_eq!(all(paced, &double, 3), [0.0, 1.0, 1.5, 2.0, 2.5]);
    }

    #[test]
    fn a_pause_delays_what_falls_into_it() {
        let pause = [
            Step { at: Span::from_s(2), factor: 0.0, over: Span::ZERO },
            Step { at: Span::from_s(60), factor: 1.0, over: Span::ZERO },
        ];
        assert_eq!(all(Constant::new(1.0).unwrap(), &pause, 63), [0.0, 1.0, 60.0, 61.0, 62.0]);
        assert_eq!(all(Constant::new(1.0).unwrap(), &pause[..1], 63), [0.0, 1.0]);
    }

    #[test]
    fn expected_counts_are_exact_where_nothing_is_random() {
        for duration_s in [1, 7, 60, 61] {
            let expected = |p: ArrivalProcess| {
                Arrivals::new(p, Profile::default(), Span::from_s(duration_s)).expected() as usize
            };
            let paced = Constant::new(1.0 / 3.0).unwrap();
            assert_eq!(expected(paced.clone().into()), all(paced, &[], duration_s).len());
            let batch = Batch::new(60, Span::from_s(6)).unwrap();
            assert_eq!(expected(batch.clone().into()), all(batch, &[], duration_s).len());
        }
    }

    /// One of each process, in the order of the registry.
    fn each() -> [ArrivalProcess; PROCESSES.members.len()] {
        let trace = b"timestamp,input_length,output_length\n0,1,1\n700,1,1\n700,1,1\n9000,1,1\n";
        let trace = std::sync::Arc::new(crate::traffic::trace::parse(trace).unwrap());
        let windows = b"t_s,rate_rps,iat_cv,pattern\n0,3,2,Gamma\n10,0,0,\n20,1,0.5,Weibull\n";
        let windows = crate::traffic::windows::parse(windows).unwrap();
        [
            Constant::new(3.0).unwrap().into(),
            Poisson::new(3.0).unwrap().into(),
            Gamma::new(3.0, 2.0).unwrap().into(),
            Weibull::new(3.0, 2.0).unwrap().into(),
            OnOff::new(9.0, 0.0, Span::from_ms(300), Span::from_s(1)).unwrap().into(),
            Batch::new(3, Span::from_s(1)).unwrap().into(),
            Replay::new(trace, 1.0, 1.0).unwrap().into(),
            Windowed::new(&windows.of(None, Span::from_s(10)).unwrap(), 1.0, 1.0).unwrap().into(),
            Users::new(3, crate::dist::Constant::new(1.0).unwrap().into(), None).unwrap().into(),
            Backlog::new(9, Release::AtOnce).unwrap().into(),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_process_in_any_profile_is_in_order_and_ends(
            entries in prop::collection::vec((1u64..20_000, 0.0..9.0f64, 0u64..9_000), 0..6),
            duration_ms in 1u64..60_000,
            seed in 0u64..1_000,
        ) {
            let mut at = 0;
            let steps: Vec<Step> = entries.iter().map(|&(wait, factor, over)| {
                at += wait;
                let step = Step { at: Span::from_ms(at), factor: factor.round(), over: Span::from_ms(over) };
                at += over;
                step
            }).collect();
            let profile = Profile::new(&steps).unwrap();
            let duration = Span::from_ms(duration_ms);
            for process in each() {
                let mut stream = Key::new(seed, 0).stream();
                let mut arrivals = Arrivals::new(process.clone(), profile.clone(), duration);
                let (mut last, mut count) = (SimTime::ZERO, 0);
                while let Some(arrival) = arrivals.next(&mut stream) {
                    prop_assert!(last <= arrival.at && arrival.at < SimTime::ZERO + duration);
                    (last, count) = (arrival.at, count + 1);
                }
                prop_assert_eq!(arrivals.next(&mut stream), None);
                use ArrivalProcess as A;
                if matches!(process, A::Constant(_) | A::Batch(_) | A::Replay(_) | A::Backlog(_)) {
                    // Nothing random: the estimate is the count, but for an arrival at the very end.
                    prop_assert!((arrivals.expected() - f64::from(count)).abs() <= 3.0);
                }
            }
        }
    }
}
