//! Keys of a client that have no effect beside its others. Each is told, and none is an error, since a sweep or a
//! comparison may come by them.

use super::Client;
use super::backoff::Backoff;
use super::concurrency::{Concurrency, Limiter as _};
use super::honor::{Beyond, Combine, Honor};
use crate::read::Table;
use crate::units::Span;

impl Client {
    /// Tell of the keys given in its table that do nothing.
    pub(super) fn note_idle(&self, table: &Table) {
        if !table.clean() {
            return;
        }
        let told = |keys: &[&str], why: &str| {
            for key in keys.iter().filter(|key| table.has(key)) {
                table.note_at(key, &format!("`{key}` has no effect: {why}"));
            }
        };
        if let Some(why) = self.never_retries() {
            told(&["retry", "honor", "budget"], why);
            if self.max_attempts == 1 {
                told(&["retry_on"], why);
            } else {
                told(&["max_attempts"], why);
            }
            return;
        }
        let first = self.first_delay();
        if self.honor.combine == Combine::Floor || self.honor.header.is_none() {
            let delay = format!("the first retry comes after {first} or later, the deadline before");
            if self.deadline <= first {
                told(&["retry", "max_attempts", "honor"], &delay);
            }
        }
        self.note_hedge(told);
        if self.honor.header.is_none() && self.honor != Honor::NONE {
            told(&["honor"], "it names no header");
        }
        if self.honor.beyond != Beyond::Backoff && self.honor.max == Span::MAX && table.has("honor") {
            table.note_at(
                "honor",
                "`honor.beyond` has no effect: without `honor.max` no told wait is beyond it",
            );
        }
    }

    fn note_hedge(&self, told: impl Fn(&[&str], &str)) {
        let Some(hedge) = self.hedge.filter(|hedge| hedge.max > 1) else { return };
        if matches!(self.concurrency, Some(Concurrency::Fixed(fixed)) if fixed.limit() == 1) {
            told(&["hedge"], "a hedge does not wait, and `concurrency` lets one attempt go at a time");
        } else if self.deadline <= hedge.delay {
            told(&["hedge"], "the request's deadline comes before the first hedge");
        } else if self.timeout <= hedge.delay {
            told(&["hedge"], "an attempt times out before the next hedge, and is followed at once");
        }
    }

    /// Why no request is ever tried again, if so.
    fn never_retries(&self) -> Option<&'static str> {
        let rejects = self.throttle.is_some() || self.breaker.is_some();
        let on = self.retry_on;
        if self.max_attempts == 1 {
            Some("a request has one attempt (`max_attempts`)")
        } else if !on.limited && !on.unavailable && !on.silence {
            Some("no failure is tried again (`retry_on`)")
        } else if !on.limited && !on.unavailable && self.timeout == Span::MAX && !rejects {
            Some("only timeouts are tried again (`retry_on`), and there is no `timeout`")
        } else {
            None
        }
    }

    /// The shortest delay before a first retry.
    fn first_delay(&self) -> Span {
        let delay = |limited, uniform| self.retry.delay(0, limited, uniform, &mut Span::default());
        let [ends, others] = [true, false].map(|limited| delay(limited, 0.0).min(delay(limited, 1.0)));
        if matches!(self.retry, Backoff::Immediate) { Span::ZERO } else { ends.min(others) }
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::reading;

    /// What is said of a client.
    fn notes(client: &str) -> Vec<String> {
        let text = format!(
            "run.duration = \"1 s\"\n[[model]]\nname = \"m\"\n\
             engine.slots = {{ per_replica = 1, service.constant = \"1 s\" }}\n\
             [[org]]\nname = \"o\"\n[[org.workload]]\nname = \"w\"\nmodel = \"m\"\n\
             arrivals.constant = {{ rate = \"1/s\" }}\nprompt_tokens.constant = 1\noutput_tokens.constant = 1\n\
             client = {client}\n"
        );
        let no_trace = &mut |name: &str| Err(name.to_owned());
        let read = reading::read("t.toml", text.as_bytes(), &[], no_trace, 1e12);
        read.unwrap_or_else(|problems| panic!("{}", problems.render(false))).1.notes().to_vec()
    }

    #[test]
    fn keys_without_effect_are_told_with_their_place() {
        for (client, told) in [
            ("{ honor = \"reset\" }", "`honor` has no effect: a request has one attempt"),
            (
                "{ max_attempts = 1, retry.fixed.delay = \"1 s\" }",
                "`retry` has no effect: a request has one attempt",
            ),
            ("{ budget.ratio = {} }", "`budget` has no effect: a request has one attempt"),
            (
                "{ preset = \"exponential\", max_attempts = 1, retry_on = [\"429\"] }",
                "`retry_on` has no effect",
            ),
            (
                "{ max_attempts = 4, retry_on = [] }",
                "`max_attempts` has no effect: no failure is tried again",
            ),
            ("{ retry.fixed.delay = \"1 s\", retry_on = [\"timeout\"] }", "there is no `timeout`"),
            (
                "{ retry.fixed.delay = \"5 s\", deadline = \"5 s\" }",
                "the first retry comes after 5 s or later",
            ),
            (
                "{ hedge = { delay = \"2 s\" }, timeout = \"2 s\" }",
                "an attempt times out before the next hedge",
            ),
            ("{ hedge = { delay = \"2 s\" }, deadline = \"1 s\" }", "deadline comes before the first hedge"),
            ("{ hedge = {}, concurrency.fixed.limit = 1 }", "lets one attempt go at a time"),
            ("{ preset = \"exponential\", honor.jitter = 0.5 }", "`honor` has no effect: it names no header"),
            (
                "{ preset = \"exponential\", honor = { header = \"reset\", beyond = \"clip\" } }",
                "without `honor.max`",
            ),
            (
                "{ preset = \"exponential\", honor = \"retry_after\" }",
                "`honor` has no effect: the model's answers carry no `Retry-After`",
            ),
        ] {
            let notes = notes(client);
            assert!(notes.len() == 1 && notes[0].contains(told), "{client}: {notes:?}");
            assert!(notes[0].starts_with("t.toml:13: "), "{notes:?}");
        }
    }

    #[test]
    fn nothing_is_said_of_presets_and_of_what_works() {
        for preset in super::super::presets::PRESETS {
            assert!(notes(&format!("\"{}\"", preset.name)).is_empty(), "{}", preset.name);
        }
        for client in [
            "{ retry.exponential = { base = \"1 s\" }, deadline = \"1 s\" }",
            "{ retry.fixed.delay = \"5 s\", deadline = \"4 s\", honor = \"reset\" }",
            "{ hedge = { delay = \"1 s\" }, timeout = \"2 s\", deadline = \"3 s\" }",
            "{ retry.fixed.delay = \"1 s\", retry_on = [\"timeout\"], timeout = \"1 s\" }",
            "{ preset = \"openai-python\", honor = \"none\" }",
            "{ timeout = \"1 s\" }",
        ] {
            assert_eq!(notes(client), [""; 0], "{client}");
        }
    }
}
