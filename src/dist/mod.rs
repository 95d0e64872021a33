//! Non-negative random quantities: service times, cold starts, think times (in seconds) and token counts.
//!
//! A [`Dist`] is one of the laws below. Each law's file gives its definition, its parameters with their
//! ranges, and its source; everything that can be computed once is computed when it is made, so that a draw
//! costs one call of `rand_distr`. Draws are finite and never negative.
//!
//! ```
//! use ratetide::dist::{Dist, Law, Lognormal, tokens};
//! use ratetide::rng::Key;
//! let prompt: Dist = Lognormal::from_mean_cv(1155.0, 0.96)?.into();
//! let mut stream = Key::new(7, 0).with("prompt_tokens").stream();
//! assert!(tokens(prompt.sample(&mut stream)) >= 1);
//! assert!((prompt.mean() - 1155.0).abs() < 1e-9);
//! # Ok::<(), String>(())
//! ```

mod constant;
mod empirical;
mod erlang;
mod exponential;
mod gamma;
mod hyperexponential;
mod inverse;
#[cfg(test)]
pub(crate) mod ks;
mod law;
mod lognormal;
mod written;

use crate::read::{Family, Tagged};
use crate::registry::registry;
use crate::rng::Stream;

pub use constant::Constant;
pub use empirical::Empirical;
pub use erlang::Erlang;
pub use exponential::Exponential;
pub use gamma::{GAMMA_CV, Gamma};
pub use hyperexponential::Hyperexponential;
pub use inverse::Inverse;
pub use law::{Law, TOKENS_MAX, tokens};
pub use lognormal::Lognormal;
use written::Written;
pub use written::{Seconds, Tokens, Unit};

registry! {
    /// A non-negative random quantity: one of the known laws.
    pub enum Dist: Law {
        /// The same value every time.
        Constant,
        /// Memoryless.
        Exponential,
        /// The logarithm is normal.
        Lognormal,
        /// Any variation, by mean and cv.
        Gamma,
        /// A sum of equal exponential stages.
        Erlang,
        /// More variable than exponential: a mixture of two.
        Hyperexponential,
        /// Given by its quantiles.
        Empirical,
    }
    reads {
        sample(stream: &mut Stream) -> f64;
        mean() -> f64;
        cv() -> f64;
        median() -> f64;
        quantile(level: f64) -> f64;
    }
    advances {}
    written[U: Unit] as Written<U>, given ();
}

/// The laws of a time, such as a service time: `lognormal = { mean = "2 s", cv = 1.0 }`.
pub static TIMES: Family = Family::new("time distribution", "how a time varies", &Dist::members::<Seconds>());

/// The laws of a token count: `lognormal = { mean = 1155, cv = 0.96 }`.
pub static TOKENS: Family =
    Family::new("token distribution", "how a token count varies", &Dist::members::<Tokens>());

impl Dist {
    /// Reads a law of [`TIMES`] or [`TOKENS`]; the constant 1 after an error, which is recorded.
    pub fn of<U: Unit>(chosen: Option<Tagged<'_>>) -> Dist {
        let stand_in = || Constant::new(1.0).expect("1 is in range").into();
        chosen.and_then(|chosen| Dist::read::<U>(chosen, ())).unwrap_or_else(stand_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;

    #[test]
    fn half_of_the_draws_lie_below_the_median() {
        let laws: [Dist; 6] = [
            Exponential::new(3.0).unwrap().into(),
            Lognormal::from_mean_cv(3.0, 1.5).unwrap().into(),
            Gamma::from_mean_cv(3.0, 2.0).unwrap().into(),
            Erlang::new(3.0, 4).unwrap().into(),
            Hyperexponential::from_mean_cv(3.0, 2.0).unwrap().into(),
            Empirical::from_quantiles(&[(0.0, 1.0), (0.4, 2.0), (1.0, 9.0)]).unwrap().into(),
        ];
        for law in laws {
            let (n, mut stream) = (40_000, Key::new(2, 0).with("median").stream());
            let below = (0..n).filter(|_| law.sample(&mut stream) <= law.median()).count();
            // Five standard deviations of a fair coin.
            assert!((below as f64 / n as f64 - 0.5).abs() < 0.0125, "{law:?}: {below}");
        }
    }
}
