//! A log-linear histogram: 128 buckets to every doubling, so that a quantile is within 0.4 % of the truth.
//!
//! Counts are whole numbers, so merging is exact in any order. Only the range of buckets that was touched is
//! held: at most 57 KiB for anything from 1 ns to 584 years, a few KiB in practice, whatever the number of
//! values. (The bucket layout is that of HdrHistogram, Tene 2012.)

use crate::units::Span;

const SUB_BITS: u32 = 7;
const SUB: u64 = 1 << SUB_BITS;

/// Counts of spans by size.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Histogram {
    first: usize,
    counts: Vec<u64>,
    total: u64,
    sum_ns: u128,
}

impl Histogram {
    /// An empty histogram; allocates nothing.
    pub fn new() -> Histogram {
        Histogram::default()
    }

    /// Count one value.
    #[inline]
    pub fn record(&mut self, value: Span) {
        let bucket = bucket_of(value.as_ns());
        self.total += 1;
        self.sum_ns += u128::from(value.as_ns());
        let offset = bucket.wrapping_sub(self.first);
        match self.counts.get_mut(offset) {
            Some(count) => *count += 1,
            None => self.widen_and_count(bucket, 1),
        }
    }

    #[cold]
    fn widen_and_count(&mut self, bucket: usize, n: u64) {
        if self.counts.is_empty() {
            self.first = bucket;
        } else if bucket < self.first {
            let missing = self.first - bucket;
            self.counts.splice(0..0, std::iter::repeat_n(0, missing));
            self.first = bucket;
        }
        let offset = bucket - self.first;
        if offset >= self.counts.len() {
            self.counts.resize(offset + 1, 0);
        }
        self.counts[offset] += n;
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        self.total
    }

    /// The mean of the values (exact, not from buckets); `None` when empty.
    pub fn mean(&self) -> Option<Span> {
        (self.total > 0).then(|| {
            let mean = (self.sum_ns + u128::from(self.total) / 2) / u128::from(self.total);
            Span::from_ns(u64::try_from(mean).expect("a mean is no larger than the largest value"))
        })
    }

    /// The value that `rank` of the values (counted from 1) do not exceed; `None` if fewer were counted.
    pub fn at_rank(&self, rank: u64) -> Option<Span> {
        if rank == 0 || rank > self.total {
            return None;
        }
        let mut seen = 0;
        for (offset, &count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Some(Span::from_ns(middle_of(self.first + offset)));
            }
        }
        unreachable!("the counts sum to the total")
    }

    /// The values at two ranks, the lower first, in one pass over the buckets.
    ///
    /// # Panics
    /// If a rank is 0 or above the number of values.
    pub fn at_ranks(&self, [lower, upper]: [u64; 2]) -> [Span; 2] {
        assert!(0 < lower && lower <= upper && upper <= self.total, "ranks of counted values");
        let (mut seen, mut low) = (0, None);
        for (offset, &count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= lower {
                let here = Span::from_ns(middle_of(self.first + offset));
                let low = *low.get_or_insert(here);
                if seen >= upper {
                    return [low, here];
                }
            }
        }
        unreachable!("the counts sum to the total")
    }

    /// The rank of the `q`-quantile of the counted values.
    pub fn rank_of(&self, q: f64) -> u64 {
        ((q * self.total as f64).ceil() as u64).max(1)
    }

    /// The `q`-quantile (0 < q ≤ 1) of `population` values of which only these are known to be finite: the
    /// smallest value that at least a share q of the population does not exceed; `None` if fewer reach one.
    pub fn quantile_of(&self, q: f64, population: u64) -> Option<Span> {
        self.at_rank(((q * population as f64).ceil() as u64).max(1))
    }

    /// The `q`-quantile of the counted values.
    pub fn quantile(&self, q: f64) -> Option<Span> {
        self.quantile_of(q, self.total)
    }

    /// Add the counts of another histogram.
    pub fn merge(&mut self, other: &Histogram) {
        for (offset, &count) in other.counts.iter().enumerate() {
            if count > 0 {
                self.widen_and_count(other.first + offset, count);
            }
        }
        self.total += other.total;
        self.sum_ns += other.sum_ns;
    }

    /// Forget every value, keep the memory.
    pub fn clear(&mut self) {
        self.counts.fill(0);
        self.total = 0;
        self.sum_ns = 0;
    }

    /// The non-empty buckets in rising order: (middle of the bucket, count).
    pub fn buckets(&self) -> impl Iterator<Item = (Span, u64)> + '_ {
        let first = self.first;
        self.counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(move |(offset, &count)| (Span::from_ns(middle_of(first + offset)), count))
    }
}

/// The bucket of a value: below 256 its own, above 128 to each power of two.
#[inline]
pub(super) fn bucket_of(value: u64) -> usize {
    let shift = (63 - (value | SUB).leading_zeros()) - SUB_BITS;
    (u64::from(shift) * SUB + (value >> shift)) as usize
}

/// The middle of a bucket.
pub(super) fn middle_of(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 * SUB {
        return bucket;
    }
    let shift = bucket / SUB - 1;
    let low = (bucket - shift * SUB) << shift;
    low + (1u64 << shift) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[u64]) -> Histogram {
        let mut h = Histogram::new();
        values.iter().for_each(|&v| h.record(Span::from_ns(v)));
        h
    }

    #[test]
    fn every_bucket_holds_its_middle_and_errs_below_half_a_percent() {
        for e in 0..64u32 {
            for v in [1u64 << e, (1u64 << e) + (1u64 << e) / 3, (1u64 << e).wrapping_mul(2).wrapping_sub(1)] {
                let middle = middle_of(bucket_of(v));
                assert_eq!(bucket_of(middle), bucket_of(v), "{v}");
                assert!((middle as f64 - v as f64).abs() <= 0.004 * v as f64, "{v} {middle}");
            }
        }
    }

    #[test]
    fn merging_equals_counting_together_in_any_order() {
        let (a, b) = (of(&[5, 1_000_000, 7_000]), of(&[3, 9_000_000_000]));
        let mut ab = a.clone();
        ab.merge(&b);
        let mut ba = b.clone();
        ba.merge(&a);
        assert_eq!(ab, ba);
        assert_eq!(ab, of(&[9_000_000_000, 3, 7_000, 5, 1_000_000]));
    }

    #[test]
    fn quantiles_count_those_that_never_succeed() {
        let h = of(&(1..=80).collect::<Vec<_>>());
        assert_eq!(h.quantile_of(0.5, 100), Some(Span::from_ns(50)));
        assert_eq!(h.quantile_of(0.95, 100), None);
        assert_eq!(h.quantile(1.0), Some(Span::from_ns(80)));
        let both = h.at_ranks([h.rank_of(0.5), h.rank_of(0.99)]);
        assert_eq!(both.map(Some), [h.quantile(0.5), h.quantile(0.99)]);
        assert_eq!(Histogram::new().quantile(0.5), None);
        assert_eq!(h.mean(), Some(Span::from_ns(41)));
    }

    #[test]
    fn clearing_forgets() {
        let mut h = of(&[1, 2, 3]);
        h.clear();
        h.record(Span::from_ns(2));
        assert_eq!((h.count(), h.quantile(0.5)), (1, Some(Span::from_ns(2))));
    }
}
