//! Clients of random scenarios: presets, retries, timers, and what their requests share.

use super::{Arms, Draw, Options};
use ratetide::client::presets;
use ratetide::units::Span;

impl Draw {
    pub fn client(&mut self, rtt: u64, options: Options) -> String {
        let Options { timeout, deadline, odd, timed_presets, paced, fallbacks } = options;
        if !self.shape.scalable && !timeout && !deadline && self.chance(5) {
            let all = self.shares();
            let way = Span::from_ns(self.tick.as_ns() * rtt / 2);
            let known = presets::PRESETS.iter().filter(|preset| {
                let client = &preset.client;
                (all || !client.is_shared())
                    && (client.timeout == Span::MAX || timed_presets && client.timeout > way)
            });
            let names: Vec<&str> = known.map(|preset| preset.name).collect();
            return format!("client = \"{}\"\n", self.one(&names));
        }
        let endless = rtt > 0 && self.chance(8);
        let attempts = self.number(1, 5);
        let most = if endless { "\"unlimited\"".into() } else { attempts.to_string() };
        let mut text = format!("[org.workload.client]\nmax_attempts = {most}\n");
        text += &match self.number(0, 2) {
            0 => "retry.immediate = {}\n".into(),
            1 => format!("retry.fixed = {{ delay = {} }}\n", self.span(0, 4)),
            _ => {
                let (base, cap) = (self.span(1, 2), self.span(2, 12));
                let jitters =
                    ["\"none\"", "\"full\"", "\"equal\"", "\"decorrelated\"", "\"quarter\"", "[0.5, 1.5]"];
                let jitter = self.one(if self.shape.scalable { &jitters[..1] } else { &jitters });
                let more = if self.shape.scalable { String::new() } else { self.backoff(jitter) };
                format!("retry.exponential = {{ base = {base}, cap = {cap}, jitter = {jitter}{more} }}\n")
            }
        };
        if !self.shape.scalable && self.chance(4) {
            let on = self.one(&["\"429\"", "\"429\", \"503\"", "\"503\", \"timeout\""]);
            text += &format!("retry_on = [ {on} ]\n");
        }
        text += &if self.shape.scalable { String::new() } else { self.honor() };
        if timeout {
            text += &format!("timeout = {}\n", self.timer(rtt + 1, rtt + 8, odd));
        }
        if deadline {
            // Not before the timeout, if there is one.
            let least = if timeout { rtt + 8 } else { rtt + 1 };
            text += &format!("deadline = {}\n", self.timer(least, rtt + 24, odd));
        }
        if paced && self.chance(3) {
            text += &self.pacing();
        }
        if self.shares() && !endless {
            text += &self.shared_parts(attempts, deadline);
        }
        match fallbacks {
            // Timers of two routes ring in an order of their own.
            Some((own, models, batch_too)) if !timeout => {
                text + &self.fallbacks(own, models, batch_too && self.shares())
            }
            _ => text,
        }
    }

    fn pacing(&mut self) -> String {
        if self.shares() && self.chance(2) {
            return self
                .one(&[
                    "pacing.ramp = { growth = 2.0, floor = \"1/s\", window = \"10 s\" }\n",
                    "pacing.aimd = { rate = \"2/s\", increase = \"0.5/s\", unavailable = 0.9 }\n",
                    "pacing.cubic = {}\n",
                    "pacing.buckets = { requests = \"1/s\", tokens = \"10/s\", full = \"2 s\" }\n",
                ])
                .to_owned();
        }
        let (rate, burst) = (self.rate(&[0.5, 1.0, 2.0]), self.number(1, 3));
        format!("pacing.paced = {{ rate = {rate}, burst = {burst} }}\n")
    }

    /// What real clients add to an exponential delay.
    fn backoff(&mut self, jitter: &str) -> String {
        let mut text = String::new();
        if self.chance(4) {
            text += &format!(", base_other = {}", self.span(1, 2));
        }
        if self.chance(4) {
            text += &format!(", plus = {}", self.span(0, 2));
        }
        if self.chance(4) {
            text += &format!(", max = {}", self.span(2, 6));
        }
        if jitter != "\"decorrelated\"" && self.chance(3) {
            text += &format!(", floor = {}, from = {}", self.span(0, 2), self.number(0, 2));
        }
        text
    }

    /// What the requests of a client share, and where they go instead of being given up.
    fn shared_parts(&mut self, attempts: u64, deadline: bool) -> String {
        let mut text = String::new();
        if self.chance(4) {
            let limit = self.number(1, 4);
            text += &match self.number(0, 3) {
                0 => format!("concurrency.fixed = {{ limit = {limit} }}\n"),
                1 => format!(
                    "concurrency.aimd = {{ initial = {limit}, min = 1, max = 8, timeout = \"3 s\" }}\n"
                ),
                2 => format!("concurrency.vegas = {{ initial = {limit}, max = 8, probe = 3 }}\n"),
                _ => format!("concurrency.gradient2 = {{ initial = {limit}, min = 1, max = 8 }}\n"),
            };
        }
        if self.chance(3) {
            let budgets = [
                "budget.grpc = { max = 4.0, ratio = 0.5 }\n",
                "budget.quota = { capacity = 40 }\n",
                "budget.active = { share = 0.3, min = 1 }\n",
            ];
            text += self.one(if deadline { &budgets[..2] } else { &budgets });
        } else if self.chance(5) {
            let (ratio, min) = (self.one(&["0.0", "0.2", "1.0"]), self.one(&["0.1/s", "1/s"]));
            text += &format!("budget.ratio = {{ ratio = {ratio}, min = \"{min}\", ttl = \"3 s\" }}\n");
        }
        if self.chance(6) {
            text += "throttle = { k = 1.5, window = \"4 s\" }\n";
        }
        if self.chance(4) {
            text += self.one(&[
                "breaker.error_window = { window = \"4 s\", requests = 3, share = 0.5, open = \"2 s\" }\n",
                "breaker.count_window = { calls = 4, share = 0.5, open = \"2 s\", probes = 2 }\n",
            ]);
        }
        if attempts >= 2 && self.chance(3) {
            let delay = self.span(0, 3);
            text += &format!("hedge = {{ delay = {delay}, max = {} }}\n", self.number(2, attempts));
        }
        if self.shape.arms == Arms::No && self.chance(4) {
            let enqueued = self.enqueued_tokens();
            let window = self.span(5, 20);
            text += &format!(
                "fallback = [ {{ lane.batch = {{ window = {window}, gather = \"1 s\", enqueued_tokens = {enqueued} }} }} ]\n"
            );
        }
        text
    }

    fn honor(&mut self) -> String {
        match self.number(0, 3) {
            0 => String::new(),
            1 => format!("honor = \"{}\"\n", self.one(&["none", "reset", "retry_after"])),
            _ => {
                let (header, combine) =
                    (self.one(&["reset", "retry_after"]), self.one(&["replace", "floor"]));
                let (jitter, beyond) = (self.one(&["0.0", "0.5"]), self.one(&["backoff", "give_up", "clip"]));
                let (spread, plus) = (self.one(&["0.0", "0.5"]), self.span(0, 1));
                let max = self.one(&["1 s", "3 s", "unlimited"]);
                format!(
                    "honor = {{ header = \"{header}\", combine = \"{combine}\", jitter = {jitter}, \
                     spread = {spread}, plus = {plus}, max = \"{max}\", beyond = \"{beyond}\" }}\n"
                )
            }
        }
    }
}
