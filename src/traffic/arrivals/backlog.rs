//! A backlog: so many requests, all there from the start.

use super::process::{Birth, LoadTrace, Process, RATE, Written, checked_rate};
use crate::read::{Key, Member, Range, Spec, Tagged};
use crate::rng::Stream;
use crate::units::SimTime;

/// So many requests, all born at 0. Their client sends them all at once, or so many at a time, the next when one has
/// ended, or one by one at a rate: the k-th, k = 0, 1, …, at k/rate.
///
/// # Parameters
/// `requests` in [1, 10⁸]; at most one of `concurrency`, at least 1, and `rate`.
#[derive(Clone, Debug)]
pub struct Backlog {
    requests: u64,
    come: u64,
    release: Release,
}

/// When a backlog's requests are sent first.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Release {
    /// All at once.
    AtOnce,
    /// So many at a time: the next when one has ended, succeeded or given up.
    Concurrent(u32),
    /// At so many per second.
    Paced(f64),
}

impl Release {
    /// When the request of this number may go at the earliest.
    pub fn earliest(self, number: u64) -> SimTime {
        match self {
            Release::AtOnce | Release::Concurrent(_) => SimTime::ZERO,
            Release::Paced(per_s) => SimTime::from_ns((number as f64 / per_s * 1e9).round() as u64),
        }
    }
}

impl Backlog {
    /// The backlog of so many requests.
    ///
    /// # Errors
    /// No request or more than 10⁸, nobody at a time, a rate outside [0.01/day, 10⁶/s].
    pub fn new(requests: u64, release: Release) -> Result<Backlog, String> {
        if !REQUESTS.contains(&requests) {
            return Err(format!("requests must be {REQUESTS}, not {requests}"));
        }
        match release {
            Release::Concurrent(0) => Err("concurrency must be at least 1".into()),
            Release::Paced(rate_per_s) => checked_rate("rate", rate_per_s).map(drop),
            Release::AtOnce | Release::Concurrent(_) => Ok(()),
        }?;
        Ok(Backlog { requests, come: 0, release })
    }

    /// How many requests.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// When they are sent.
    pub fn release(&self) -> Release {
        self.release
    }
}

impl Process for Backlog {
    fn next(&mut self, _: &mut Stream) -> Option<Birth> {
        (self.come < self.requests).then(|| self.come += 1)?;
        Some(Birth { operational_ns: 0.0, tokens: None })
    }

    /// A number that ends has no long-run rate.
    fn mean_rate(&self) -> f64 {
        0.0
    }

    fn cv(&self) -> f64 {
        0.0
    }

    fn dispersion(&self) -> Option<f64> {
        None
    }

    fn expected(&self, operational_s: f64) -> f64 {
        if operational_s > 0.0 { self.requests as f64 } else { 0.0 }
    }
}

/// The size of a backlog.
const REQUESTS: Range<u64> = Range::new(1, 100_000_000);

impl Written for Backlog {
    const MEMBER: Member = Member::table(
        "backlog",
        &Spec::new(
            "backlog_arrivals",
            "a closed loop: so many requests, all there from the start, sent so many at a time or at a rate",
            &[
                Key::integer("requests", REQUESTS).doc("how many; all are born at 0"),
                Key::integer("concurrency", crate::bounds::CONCURRENCY).optional().doc(
                    "how many at a time, the next when one has ended; without it and `rate`, all at once",
                ),
                Key { doc: "sends per time, beginning at once", ..RATE }.optional(),
            ],
        ),
    );

    fn read(value: Tagged<'_>, _: LoadTrace<'_>) -> Option<Backlog> {
        let mut table = value.table();
        let requests = table.integer("requests");
        let (concurrency, rate) = (table.opt_integer("concurrency"), table.opt_rate("rate"));
        let release = match (concurrency, rate) {
            (None, None) => Release::AtOnce,
            (Some(concurrency), None) => {
                Release::Concurrent(u32::try_from(concurrency).expect("the key's range fits"))
            }
            (None, Some(rate)) => Release::Paced(rate.per_s()),
            (Some(_), Some(_)) => {
                let help = "a pace beside a concurrency is the client's: `client.pacing`";
                if table.clean() {
                    table.error_at("rate", "a backlog has either `concurrency` or `rate`", Some(help.into()));
                }
                return None;
            }
        };
        crate::registry::accept(&table, Backlog::new(requests, release))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;

    #[test]
    fn all_are_there_from_the_start() {
        let mut backlog = Backlog::new(3, Release::Concurrent(2)).unwrap();
        let mut stream = Key::new(0, 0).stream();
        let born: Vec<f64> =
            std::iter::from_fn(|| backlog.next(&mut stream)).map(|birth| birth.operational_ns).collect();
        assert_eq!(born, [0.0; 3]);
        assert_eq!(backlog.next(&mut stream), None);
        assert_eq!((backlog.expected(1e-9), backlog.expected(0.0)), (3.0, 0.0));
    }

    #[test]
    fn a_pace_is_exact() {
        let paced = Release::Paced(3.0);
        assert_eq!(
            [0, 1, 2, 3].map(|k| paced.earliest(k).as_ns()),
            [0, 333_333_333, 666_666_667, 1_000_000_000]
        );
        assert_eq!(Release::Concurrent(9).earliest(7), SimTime::ZERO);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Backlog::new(0, Release::AtOnce).is_err());
        assert!(Backlog::new(100_000_001, Release::AtOnce).is_err());
        assert!(Backlog::new(1, Release::Concurrent(0)).is_err());
        for bad in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
            assert!(Backlog::new(1, Release::Paced(bad)).is_err(), "{bad}");
        }
    }
}
