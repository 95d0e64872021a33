//! The yardstick: no library, no statistics, only what this one model needs.
//!
//! Births are one variable; all else that is pending is a 4-ary heap of eight-byte keys: the bits of a positive
//! `f64`, which sort like the number, with the attempt's number in the lowest two (0: a service ends). What an
//! event leads to replaces the top instead of being pushed after a pop.

#![forbid(unsafe_code)]

use peers::{ARRIVALS_PER_S, BUCKET_PER_S, BURST_S, Counts, QUEUE, SERVERS};
use rand::{RngExt, SeedableRng};
use rand_distr::Exp1;
use rand_xoshiro::Xoshiro256PlusPlus;

const KINDS: u64 = 3;

fn key(at: f64, kind: u64) -> u64 {
    at.to_bits() & !KINDS | kind
}

/// A 4-ary min-heap.
struct Heap(Vec<u64>);

impl Heap {
    #[inline]
    fn top(&self) -> u64 {
        self.0.first().copied().unwrap_or(u64::MAX)
    }

    #[inline]
    fn push(&mut self, key: u64) {
        let heap = &mut self.0;
        heap.push(key);
        let mut hole = heap.len() - 1;
        while hole > 0 {
            let parent = (hole - 1) / 4;
            if heap[parent] <= key {
                break;
            }
            heap[hole] = heap[parent];
            hole = parent;
        }
        heap[hole] = key;
    }

    #[inline]
    fn replace_top(&mut self, key: u64) {
        let heap = &mut self.0[..];
        let mut hole = 0;
        loop {
            let child = 4 * hole + 1;
            let (least, at) = if let Some(four) = heap.get(child..child + 4) {
                let low = if four[1] < four[0] { (four[1], 1) } else { (four[0], 0) };
                let high = if four[3] < four[2] { (four[3], 3) } else { (four[2], 2) };
                if high.0 < low.0 { high } else { low }
            } else if child < heap.len() {
                heap[child..].iter().zip(0..).map(|(&key, at)| (key, at)).min().unwrap_or((u64::MAX, 0))
            } else {
                break;
            };
            if key <= least {
                break;
            }
            heap[hole] = least;
            hole = child + at;
        }
        heap[hole] = key;
    }

    #[inline]
    fn pop(&mut self) {
        if let Some(last) = self.0.pop()
            && !self.0.is_empty()
        {
            self.replace_top(last);
        }
    }
}

fn run(end: f64, arrivals_per_s: f64, bucket_per_s: f64) -> Counts {
    let mut counts = Counts::default();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut heap = Heap(Vec::with_capacity(1024));
    let (gap, cost) = (1.0 / arrivals_per_s, 1.0 / bucket_per_s);
    let (mut busy, mut waiting, mut full_at) = (0, 0, 0.0);
    let mut birth = rng.sample::<f64, _>(Exp1) * gap;
    loop {
        let top = heap.top();
        let born = birth.to_bits() < top;
        let now = if born { birth } else { f64::from_bits(top) };
        if now > end {
            return counts;
        }
        if !born && top & KINDS == 0 {
            counts.served += 1;
            if waiting > 0 {
                waiting -= 1;
                heap.replace_top(key(now + rng.sample::<f64, _>(Exp1), 0));
            } else {
                busy -= 1;
                heap.pop();
            }
            continue;
        }
        let failed = if born {
            counts.requests += 1;
            birth = now + rng.sample::<f64, _>(Exp1) * gap;
            0
        } else {
            top & KINDS
        };
        counts.attempts += 1;
        let full_at_then = f64::max(full_at, now) + cost;
        let next = if full_at_then - now > BURST_S {
            counts.refused_429 += 1;
            None
        } else {
            full_at = full_at_then;
            if busy < SERVERS {
                busy += 1;
                Some(Some(key(now + rng.sample::<f64, _>(Exp1), 0)))
            } else if waiting < QUEUE {
                waiting += 1;
                Some(None)
            } else {
                counts.refused_503 += 1;
                None
            }
        };
        let next = next.unwrap_or_else(|| {
            if failed == KINDS {
                counts.gave_up += 1;
                return None;
            }
            let delay = rng.random::<f64>() * (1 << failed) as f64;
            Some(key(now + delay, failed + 1))
        });
        match (born, next) {
            (true, Some(key)) => heap.push(key),
            (true, None) => {}
            (false, Some(key)) => heap.replace_top(key),
            (false, None) => heap.pop(),
        }
    }
}

fn main() {
    let (duration_s, words) = peers::arguments();
    // `plain`: load .8, and no bucket to speak of.
    let plain = words.iter().any(|word| word == "plain");
    let (arrivals, bucket) = if plain { (6.4, 1e9) } else { (ARRIVALS_PER_S, BUCKET_PER_S) };
    println!("{}", run(duration_s as f64, arrivals, bucket));
}
