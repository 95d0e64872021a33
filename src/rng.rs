//! Random streams keyed by name and purpose.
//!
//! Every draw of a run comes from a stream whose key is built from the seed, the replication, the names of
//! the org, workload or model it serves, and its purpose; never from the order in which things were made.
//! So adding an org, reordering the file or exchanging a client leaves every other stream untouched: common
//! random numbers come for free.
//!
//! The key is a 64-bit hash: FNV-1a (Fowler, Noll, Vo 1991) over the parts, each followed by a separator
//! byte that no name holds, finished by the mixing function of SplitMix64 (Steele, Lea, Flood 2014).
//! A sequential stream is xoshiro256++ (Blackman, Vigna 2018) seeded from the key; a draw addressed by
//! number (a retry's jitter) is the mixing function itself.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

/// The generator behind every sequential stream.
pub type Stream = Xoshiro256PlusPlus;

/// The key of a stream: refine it part by part, then open the stream.
///
/// ```
/// use ratetide::rng::Key;
/// let key = Key::new(7, 0).with("steady").with("chat");
/// assert_ne!(key.with("prompt_tokens"), key.with("output_tokens"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key(u64);

impl Key {
    /// The root key of one replication of one seed.
    pub fn new(seed: u64, replication: u64) -> Key {
        Key(0xcbf2_9ce4_8422_2325).number(seed).number(replication)
    }

    /// The key refined by a name or a purpose.
    pub fn with(self, part: &str) -> Key {
        Key(absorb(absorb(self.0, part.as_bytes()), &[0xff]))
    }

    /// The key refined by a number (a replica, a request).
    pub fn number(self, n: u64) -> Key {
        Key(absorb(absorb(self.0, &n.to_le_bytes()), &[0xfe]))
    }

    /// The sequential stream of this key.
    pub fn stream(self) -> Stream {
        Stream::seed_from_u64(mix(self.0))
    }

    /// A uniform draw in [0, 1) addressed by two numbers, for example (request, attempt).
    pub fn uniform(self, a: u64, b: u64) -> f64 {
        let bits = mix(mix(mix(self.0).wrapping_add(a)).wrapping_add(b));
        (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }
}

/// One FNV-1a round per byte.
fn absorb(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// The output function of SplitMix64: a bijection with full avalanche.
fn mix(x: u64) -> u64 {
    let z = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn a_stream_is_pinned_for_ever() {
        let mut stream = Key::new(7, 0).with("org").with("arrivals").stream();
        let drawn: Vec<u64> = (0..3).map(|_| stream.next_u64()).collect();
        assert_eq!(drawn, GOLDEN);
    }
    const GOLDEN: [u64; 3] = [7244104925733329444, 3720722045204590170, 10087946074890171119];

    #[test]
    fn parts_do_not_run_together() {
        let key = Key::new(0, 0);
        assert_ne!(key.with("ab").with("c"), key.with("a").with("bc"));
        assert_ne!(key.with("a").number(1), key.number(1).with("a"));
        assert_ne!(Key::new(0, 1), Key::new(1, 0));
    }

    #[test]
    fn addressed_draws_are_uniform() {
        let key = Key::new(3, 1).with("jitter");
        let n = 100_000u64;
        let draws: Vec<f64> = (0..n).map(|i| key.uniform(i, i % 5)).collect();
        assert!(draws.iter().all(|u| (0.0..1.0).contains(u)));
        let mean = draws.iter().sum::<f64>() / n as f64;
        let second = draws.iter().map(|u| u * u).sum::<f64>() / n as f64;
        assert!((mean - 0.5).abs() < 0.004, "{mean}");
        assert!((second - 1.0 / 3.0).abs() < 0.004, "{second}");
    }
}
