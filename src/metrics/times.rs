//! The times of one bin, for its quantiles: counted by size, and forgotten when the bin is left.
//!
//! Most bins of most workloads hold a few, and looking through a histogram for them would cost more than all else
//! that is recorded of them (13 % of a day's instructions). So up to [`FEW_MAX`] are kept as they are.

use super::histogram::{Histogram, bucket_of, middle_of};
use crate::units::Span;

/// So many are kept one by one.
const FEW_MAX: usize = 64;

/// Spans, each known to the width of its bucket.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// Their buckets, while they are few.
    few: Vec<u32>,
    /// All, once they are many.
    many: Histogram,
}

impl Times {
    /// Count one.
    #[inline]
    pub fn record(&mut self, time: Span) {
        if self.many.count() > 0 {
            self.many.record(time);
        } else if self.few.len() < FEW_MAX {
            self.few.push(bucket_of(time.as_ns()) as u32);
        } else {
            self.pour(time);
        }
    }

    #[cold]
    fn pour(&mut self, time: Span) {
        self.few.drain(..).for_each(|bucket| self.many.record(Span::from_ns(middle_of(bucket as usize))));
        self.many.record(time);
    }

    /// The median and the 99th percentile, and forget all; `None` of nothing.
    pub fn take(&mut self) -> Option<[Span; 2]> {
        const LEVELS: [f64; 2] = [0.5, 0.99];
        if self.many.count() > 0 {
            let found = self.many.at_ranks(LEVELS.map(|q| self.many.rank_of(q)));
            self.many.clear();
            return Some(found);
        }
        if self.few.is_empty() {
            return None;
        }
        self.few.sort_unstable();
        let rank = |q: f64| ((q * self.few.len() as f64).ceil() as usize).max(1);
        let found = LEVELS.map(|q| Span::from_ns(middle_of(self.few[rank(q) - 1] as usize)));
        self.few.clear();
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;
    use rand::RngExt as _;

    /// Few or many, with the same times more than once: what a histogram says.
    #[test]
    fn few_and_many_have_the_quantiles_of_a_histogram() {
        let mut stream = Key::new(1, 0).with("times").stream();
        let (mut times, mut none) = (Times::default(), 0);
        for _ in 0..2000 {
            let mut histogram = Histogram::new();
            for _ in 0..stream.random_range(0..200) {
                let bits = stream.random_range(1..40);
                let time = Span::from_ns(stream.random_range(0..1 << bits));
                times.record(time);
                histogram.record(time);
            }
            let found = times.take();
            assert_eq!(found, histogram.quantile(0.5).zip(histogram.quantile(0.99)).map(<[Span; 2]>::from));
            none += u32::from(found.is_none());
        }
        assert!(none > 0 && times.take().is_none(), "what was taken is forgotten");
    }
}
