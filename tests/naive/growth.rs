//! X of `additive`, worked through second by second from all that was answered.

use super::Ns;
use super::laws::{both, held};
use super::limiter::Both;
use ratetide::limit::band::Band;

const SECOND: Ns = 1_000_000_000;

#[derive(Default)]
pub struct Growth {
    pub x: Both<f64>,
    idle_s: Both<u64>,
    second: Ns,
    /// Every 200, with its tokens if they were credited, and every 503.
    pub served: Vec<(Ns, Option<u32>)>,
    unavailable: Vec<Ns>,
    cut: Option<Ns>,
}

impl Growth {
    /// Work through the whole seconds before `now`.
    pub fn advance(&mut self, now: Ns, band: &Band) {
        while self.second < now / SECOND {
            let end = self.second + 1;
            let past = |at: Ns| at / SECOND < end && at / SECOND >= end - 60;
            let ok = self.served.iter().filter(|(at, _)| past(*at)).count();
            let unavailable = self.unavailable.iter().filter(|at| past(**at)).count();
            let credited: Vec<(Ns, u32)> =
                self.served.iter().filter_map(|&(at, tokens)| Some((at, tokens?))).collect();
            let used = credited.iter().filter(|(at, _)| past(*at));
            let (requests, tokens) =
                used.fold((0, 0), |(n, sum), &(_, tokens)| (n + 1, sum + u64::from(tokens)));
            let seen_s = credited.first().map_or(60, |(at, _)| (end - at / SECOND).min(60));
            let healthy = ok as f64 >= 0.95 * (ok + unavailable) as f64;
            let (base, cap) = (both(band.base), both(band.cap));
            let d = held(self.x, band, [f64::INFINITY; 2]);
            for r in 0..2 {
                let s = [requests, tokens][r] as f64 / seen_s as f64;
                if s >= 0.8 * d[r] && healthy {
                    self.x[r] = (self.x[r] + base[r] * (1.0 / 5.0 / 60.0)).min(cap[r]);
                }
                self.idle_s[r] = if s < 0.5 * d[r] { self.idle_s[r] + 1 } else { 0 };
                if self.idle_s[r] > 600 {
                    self.x[r] = (self.x[r] * (-1.0f64 / 1800.0).exp2()).max(self.x[r].min(s));
                }
            }
            self.second = end;
        }
    }

    /// A 503 cuts, at most once in 10 s.
    pub fn cut_at(&mut self, now: Ns, band: &Band) {
        self.advance(now, band);
        self.unavailable.push(now);
        if self.cut.is_some_and(|last| now - last < 10 * SECOND) {
            return;
        }
        self.cut = Some(now);
        let (base, d) = (both(band.base), held(self.x, band, [f64::INFINITY; 2]));
        (0..2).for_each(|r| self.x[r] = self.x[r].min((0.7 * d[r]).max(base[r])));
    }
}
