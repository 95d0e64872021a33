//! Token counts of requests, drawn at birth.

use super::arrivals::Arrival;
use super::coupling::Coupling;
use super::trace::Trace;
use crate::dist::{Dist, Law, tokens};
use crate::rng::{Key, Stream};

/// Where the token counts of a workload come from: a law each for prompt and output, or the arrival itself.
///
/// Prompt and output have streams of their own, keyed by purpose, so that a change of one law leaves the
/// other's draws, and the arrivals, untouched.
#[derive(Clone, Debug)]
pub struct TokenSource {
    prompt: Side,
    output: Side,
    /// How the two go together, if they do.
    coupling: Option<Coupling>,
    /// The most output a request asks for.
    max_tokens: u32,
}

/// One of the two counts.
#[derive(Clone, Debug)]
struct Side {
    /// `None`: the arrival brings it.
    law: Option<Dist>,
    key: Key,
    stream: Stream,
    mean: f64,
}

impl TokenSource {
    /// Token counts for one workload. A law that is given wins over what the trace says; `key` is the
    /// workload's; output is cut at `max_tokens`.
    ///
    /// # Errors
    /// A law is missing and there is no trace to bring the count; `max_tokens` is 0.
    pub fn new(
        prompt: Option<Dist>,
        output: Option<Dist>,
        max_tokens: Option<u32>,
        trace: Option<&Trace>,
        key: Key,
    ) -> Result<TokenSource, String> {
        let side = |law: Option<Dist>, traced: Option<f64>, purpose: &str| {
            let mean = law.as_ref().map(|law| law.mean().max(1.0)).or(traced);
            let mean =
                mean.ok_or_else(|| format!("{purpose} is needed: the arrivals bring no token counts"))?;
            let key = key.with(purpose);
            Ok::<Side, String>(Side { law, key, stream: key.stream(), mean })
        };
        if max_tokens == Some(0) {
            return Err("max_tokens must be at least 1".into());
        }
        Ok(TokenSource {
            prompt: side(prompt, trace.map(|t| t.mean_prompt), "prompt_tokens")?,
            output: side(output, trace.map(|t| t.mean_output), "output_tokens")?,
            coupling: None,
            max_tokens: max_tokens.unwrap_or(u32::MAX),
        })
    }

    /// The same, prompt and output joined by a coupling of their laws.
    pub fn coupled(self, coupling: Option<Coupling>) -> TokenSource {
        TokenSource { coupling, ..self }
    }

    /// Prompt and output tokens of the request born with `arrival`; called once for each, in order.
    #[inline]
    pub fn draw(&mut self, arrival: &Arrival) -> (u32, u32) {
        if let Some(coupling) = &self.coupling {
            let (prompt, output) = coupling.draw(&mut self.prompt.stream, &mut self.output.stream);
            return (tokens(prompt), tokens(output).min(self.max_tokens));
        }
        let prompt = self.prompt.draw(arrival.tokens.map(|t| t.0));
        let output = self.output.draw(arrival.tokens.map(|t| t.1));
        (prompt, output.min(self.max_tokens))
    }

    /// The tokens of the request with this number, whatever was drawn before.
    pub fn draw_numbered(&mut self, number: u64, arrival: &Arrival) -> (u32, u32) {
        for side in [&mut self.prompt, &mut self.output] {
            side.stream = side.key.number(number).stream();
        }
        self.draw(arrival)
    }

    /// Mean prompt tokens, as configured or traced.
    pub fn mean_prompt(&self) -> f64 {
        self.prompt.mean
    }

    /// Mean output tokens, as configured or traced, at most `max_tokens`.
    pub fn mean_output(&self) -> f64 {
        self.output.mean.min(f64::from(self.max_tokens))
    }
}

impl Side {
    fn draw(&mut self, brought: Option<u32>) -> u32 {
        match &self.law {
            Some(law) => tokens(law.sample(&mut self.stream)),
            None => brought.expect("a workload without laws for its tokens has a trace"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::{Constant, Lognormal};
    use crate::traffic::trace;
    use crate::units::SimTime;

    fn law(mean: f64) -> Option<Dist> {
        Some(Lognormal::from_mean_cv(mean, 0.9).unwrap().into())
    }

    fn key() -> Key {
        Key::new(3, 0).with("org").with("chat")
    }

    const PLAIN: Arrival = Arrival { at: SimTime::ZERO, tokens: None };

    #[test]
    fn one_law_does_not_disturb_the_other() {
        let mut a = TokenSource::new(law(100.0), law(50.0), None, None, key()).unwrap();
        let mut b = TokenSource::new(law(900.0), law(50.0), None, None, key()).unwrap();
        for _ in 0..100 {
            assert_eq!(a.draw(&PLAIN).1, b.draw(&PLAIN).1);
        }
    }

    #[test]
    fn output_is_cut_at_max_tokens() {
        let mut source = TokenSource::new(law(100.0), law(500.0), Some(20), None, key()).unwrap();
        assert!((0..1000).all(|_| source.draw(&PLAIN).1 <= 20));
        assert_eq!(source.mean_output(), 20.0);
    }

    #[test]
    fn the_trace_brings_what_no_law_gives() {
        let text = b"timestamp,input_length,output_length\n0,10,1\n5,30,3\n";
        let trace = trace::parse(text).unwrap();
        let fixed = Some(Constant::new(7.0).unwrap().into());
        let mut source = TokenSource::new(None, fixed, None, Some(&trace), key()).unwrap();
        let arrival = Arrival { at: SimTime::ZERO, tokens: Some((30, 3)) };
        assert_eq!(source.draw(&arrival), (30, 7));
        assert_eq!((source.mean_prompt(), source.mean_output()), (20.0, 7.0));
    }

    #[test]
    fn a_count_from_nowhere_is_an_error() {
        let error = TokenSource::new(law(1.0), None, None, None, key()).unwrap_err();
        assert!(error.starts_with("output_tokens is needed"), "{error}");
        assert!(TokenSource::new(law(1.0), law(1.0), Some(0), None, key()).is_err());
    }
}
