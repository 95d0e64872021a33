//! What two arms agree on beyond the least: every law by its keys, fallbacks, closed loops, populations.

use super::{Arms, Draw};

const REQUESTS: [f64; 6] = [0.25, 0.5, 1.0, 2.0, 4.0, f64::INFINITY];
const TOKENS: [f64; 6] = [1.0, 2.0, 4.0, 8.0, 16.0, f64::INFINITY];

impl Draw {
    fn rates(&mut self, from: usize, to: usize) -> String {
        let (requests, tokens) = (self.rate(&REQUESTS[from..to]), self.rate(&TOKENS[from..to]));
        format!("requests = {requests}, tokens = {tokens}")
    }

    fn share(&mut self) -> String {
        if self.chance(2) {
            format!(", share = {}", self.one(&["0.25", "0.5", "1.0"]))
        } else {
            String::new()
        }
    }

    /// Any law but those without a memory, with bases that bind.
    pub fn law_that_remembers(&mut self) -> String {
        let (base, cap) = (self.rates(0, 3), self.rates(3, 6));
        let band = format!("base = {{ {base} }}, cap = {{ {cap} }}");
        let freeze = self.one(&["true", "false"]);
        let multiplier = self.one(&["1.5", "3.0", "10.0"]);
        match self.number(0, 6) {
            0 => {
                let (tau, share) = (self.span(10, 120), self.share());
                format!(
                    "ewma = {{ tau = {tau}, multiplier = {multiplier}, {band}{share}, freeze_on_503 = {freeze} }}"
                )
            }
            1 => {
                let (window, half_life) = (self.one(&["1 min", "150 s", "6 min"]), self.span(10, 120));
                let share = self.share();
                format!(
                    "recent_peak = {{ window = \"{window}\", half_life = {half_life}, multiplier = {multiplier}, {band}{share}, \
                     freeze_on_503 = {freeze} }}"
                )
            }
            2 => {
                let (window, from) = (self.one(&["1 min", "5 min"]), self.number(10, 60));
                let (first, second) = (self.rates(3, 5), self.rates(4, 6));
                format!(
                    "tiered = {{ tiers = [ {{ from_tokens = 0, {first} }}, {{ from_tokens = {from}, {second} }} ], \
                     growth = {multiplier}, window = \"{window}\", base = {{ {base} }}, freeze_on_503 = {freeze} }}"
                )
            }
            3 => format!("fair_share = {{ interval = {}, {band} }}", self.span(4, 20)),
            4 => {
                // Small, so that it is used as it grows.
                let (requests, tokens) = (self.rate(&[0.05, 0.1, 0.25]), self.rate(&[0.25, 0.5, 1.0]));
                format!(
                    "additive = {{ base = {{ requests = {requests}, tokens = {tokens} }}, cap = {{ {cap} }} }}"
                )
            }
            5 => {
                let window = self.span(6, 120);
                format!(
                    "success_window = {{ window = {window}, {band}, multiplier = {multiplier}, freeze_on_503 = {freeze} }}"
                )
            }
            _ => {
                let (formula, cap) = (self.formula(freeze), self.rates(3, 5));
                format!("{}, base = {{ {base} }}, cap = {{ {cap} }} }}", formula.trim_end_matches(" }"))
            }
        }
    }

    /// Where a request goes instead of being given up.
    pub fn fallbacks(&mut self, own: u64, models: u64, batch_too: bool) -> String {
        let mut rows: Vec<String> = Vec::new();
        for model in (0..models).filter(|&model| model != own) {
            if self.chance(2) {
                rows.push(format!("{{ model = \"m{model}\" }}"));
            }
        }
        if batch_too && self.chance(3) {
            let (enqueued, window) = (self.enqueued_tokens(), self.timer(5, 40, true));
            let gather = self.span(0, 4);
            rows.push(format!(
                "{{ lane.batch = {{ window = {window}, gather = {gather}, enqueued_tokens = {enqueued} }} }}"
            ));
        }
        if rows.is_empty() { String::new() } else { format!("fallback = [ {} ]\n", rows.join(", ")) }
    }

    /// Demand that waits for its own requests; nobody thinks a round number, so that no two think as long.
    pub fn closed_loop(&mut self) -> String {
        if self.chance(2) {
            let requests = self.number(1, 20);
            let release = match self.number(0, 2) {
                0 => String::new(),
                1 => format!(", concurrency = {}", self.number(1, 4)),
                _ => format!(", rate = {}", self.rate(&[0.5, 1.0, 2.0])),
            };
            return format!("arrivals.backlog = {{ requests = {requests}{release} }}\n");
        }
        let (users, think) = (self.number(1, 6), self.span(1, 8));
        let session = match self.number(0, 2) {
            0 => String::new(),
            1 => format!(", session = {{ turns = {}, context_tokens = 12 }}", self.number(1, 4)),
            _ => {
                let pause = self.span(4, 12);
                format!(
                    ", session = {{ turns = 3, context_tokens = 30, pause.exponential = {{ mean = {pause} }} }}"
                )
            }
        };
        format!("arrivals.users = {{ users = {users}, think.exponential = {{ mean = {think} }}{session} }}\n")
    }

    /// An org that stands for several.
    pub fn population(&mut self) -> String {
        let count = self.number(1, 12);
        let demand = self.one(&["zipf = { s = 1.0 }", "equal = {}", "lognormal = { cv = 1.5 }"]);
        format!("population = {{ count = {count}, demand.{demand} }}\n")
    }

    /// Whether what the requests of a client share is drawn too.
    pub fn shares(&self) -> bool {
        self.shape.all_options && self.shape.arms != Arms::Platform
    }
}
