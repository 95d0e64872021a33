//! Follows the work in flight.

use super::decision::{Decision, Seen};
use super::scaler::{Scaler, Written};
use super::sizing::{COLD_START, COOLDOWN, INTERVAL, MAX, MIN, Sizing};
use crate::bounds;
use crate::read::{Key, Member, Spec, Tagged};
use crate::units::{SimTime, Span};
use std::collections::VecDeque;

/// Every `interval`, N* = ⌈(in service + waiting) ÷ target⌉, or what there is while that is within `tolerance`
/// of it, and at least 1 if anybody has arrived since the last look. Up, to the least N* of the last
/// `scale_up_window`, and down, to the greatest of the last `scale_down_window`: only when every N* of the
/// window says so. Before the first look N* is what the model starts with. Where nothing is ready or starting,
/// the first replica waits for no window.
///
/// The shape is that of Kubernetes' horizontal autoscaler with its stabilisation windows (Kubernetes 1.18,
/// `behavior`), on concurrency as in Knative.
#[derive(Clone, Debug)]
pub struct Reactive {
    sizing: Sizing,
    /// Attempts in flight per replica to aim at.
    pub target: f64,
    /// Relative deviation from the target that is left alone.
    pub tolerance: f64,
    least: Window,
    greatest: Window,
}

impl Reactive {
    /// How long more must have been wanted.
    pub fn scale_up_window(&self) -> Span {
        self.least.length
    }

    /// How long fewer must have been wanted, its beginning included.
    pub fn scale_down_window(&self) -> Span {
        self.greatest.length.saturating_sub(Span::from_ns(1))
    }
}

impl Scaler for Reactive {
    fn sizing(&self) -> Option<&Sizing> {
        Some(&self.sizing)
    }

    fn forecast(&self) -> Option<f64> {
        None
    }

    fn look(&mut self, now: SimTime, seen: &Seen) -> Decision {
        let ratio = f64::from(seen.in_flight) / self.target;
        let current = f64::from(seen.current);
        let left_alone = seen.current > 0 && (ratio - current).abs() <= self.tolerance * current;
        let wanted = if left_alone { seen.current } else { ratio.ceil().min(f64::from(u32::MAX)) as u32 };
        let wanted = self.sizing.within(wanted.max(u32::from(seen.arrived > 0)));
        let least = self.least.push(now, wanted, |new, old| new <= old);
        let greatest = self.greatest.push(now, wanted, |new, old| new >= old);
        let at_once = u32::from(seen.current == 0 && wanted > 0);
        // Every N* between the two leaves it as it is.
        let size = seen.current.clamp(least.max(at_once).min(greatest), greatest);
        self.sizing.decide(now, size, seen.current)
    }
}

impl Written<u32> for Reactive {
    const MEMBER: Member = Member::table(
        "reactive",
        &Spec::new(
            "reactive",
            "follows the work in flight",
            &[
                MIN,
                MAX,
                COLD_START,
                INTERVAL,
                Key::number("target", bounds::IN_FLIGHT)
                    .or("8.0")
                    .doc("attempts in service and waiting per replica to aim at"),
                Key::number("tolerance", bounds::TOLERANCE)
                    .or("0.0")
                    .doc("relative deviation from the target that is left alone"),
                Key::span("scale_up_window", bounds::SCALE_WINDOW)
                    .or("\"60 s\"")
                    .doc("how long more must have been wanted"),
                Key::span("scale_down_window", bounds::SCALE_WINDOW)
                    .or("\"300 s\"")
                    .doc("how long fewer must have been wanted"),
                COOLDOWN.or("\"0 s\""),
            ],
        ),
    );

    fn read(value: Tagged<'_>, replicas: u32) -> Option<Reactive> {
        let mut t = value.table();
        let mut sizing = Sizing::read(&mut t);
        sizing.interval = t.span("interval");
        let [target, tolerance] = ["target", "tolerance"].map(|key| t.number(key));
        let least = Window::new(t.span("scale_up_window"), replicas);
        // What was wanted when the window began still counts: capacity is kept for the whole of it.
        let whole = t.span("scale_down_window").saturating_add(Span::from_ns(1));
        let greatest = Window::new(whole, replicas);
        sizing.finish(&mut t, replicas);
        Some(Reactive { sizing, target, tolerance, least, greatest })
    }
}

/// The extreme of the values of the last `length`, the value of its beginning left out.
#[derive(Clone, Debug)]
struct Window {
    length: Span,
    /// Values that nothing newer has outdone, the extreme first.
    values: VecDeque<(SimTime, u32)>,
}

impl Window {
    /// Until the first value it is `initial`.
    fn new(length: Span, initial: u32) -> Window {
        Window { length, values: VecDeque::from([(SimTime::ZERO, initial)]) }
    }

    /// Take in a value; the extreme.
    fn push(&mut self, now: SimTime, value: u32, outdoes: impl Fn(u32, u32) -> bool) -> u32 {
        while self.values.back().is_some_and(|&(_, old)| outdoes(value, old)) {
            self.values.pop_back();
        }
        self.values.push_back((now, value));
        while self.values.len() > 1 && self.values[0].0.saturating_add(self.length) <= now {
            self.values.pop_front();
        }
        self.values[0].1
    }
}
