//! The recent past, in buckets of time.

use crate::units::{SimTime, Span};

/// `N` buckets that together cover a span; the oldest is forgotten as a whole. Plain data, so that a preset can
/// hold one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window<T, const N: usize> {
    bucket: Span,
    empty: T,
    buckets: [T; N],
    /// Number of the bucket in which now is, counted from the start of the run.
    current: u64,
}

impl<T: Copy, const N: usize> Window<T, N> {
    /// An empty past of this length.
    pub const fn new(span: Span, empty: T) -> Window<T, N> {
        assert!(span.as_ns() > 0, "a window has a length");
        let bucket = Span::from_ns(span.as_ns().div_ceil(N as u64));
        Window { bucket, empty, buckets: [empty; N], current: 0 }
    }

    /// The bucket in which now is.
    pub fn now(&mut self, now: SimTime) -> &mut T {
        let current = now.as_ns() / self.bucket.as_ns();
        for number in 1..=current.saturating_sub(self.current).min(N as u64) {
            self.buckets[((self.current + number) % N as u64) as usize] = self.empty;
        }
        // A client's clock never goes back.
        self.current = current.max(self.current);
        &mut self.buckets[(self.current % N as u64) as usize]
    }

    /// What is not yet forgotten, bucket by bucket.
    pub fn past(&mut self, now: SimTime) -> &[T; N] {
        self.now(now);
        &self.buckets
    }

    /// Forget everything.
    pub fn clear(&mut self) {
        self.buckets = [self.empty; N];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_forgotten_a_span_after_it_began() {
        let mut window: Window<u32, 10> = Window::new(Span::from_s(10), 0);
        let mut sum = |s: u64| window.past(SimTime::from_s(s)).iter().sum::<u32>();
        assert_eq!(sum(3), 0);
        *window.now(SimTime::from_s(3)) += 1;
        *window.now(SimTime::from_s(7)) += 2;
        let mut sum = |s: u64| window.past(SimTime::from_s(s)).iter().sum::<u32>();
        assert_eq!([sum(12), sum(13), sum(16), sum(17), sum(1000)], [3, 2, 2, 0, 0]);
    }
}
