//! Hedged requests: while nothing has succeeded a further attempt goes every `delay`, and at once after a failure.

use super::{ASKS, Event, Naive, Ns, RETRIES, ns};
use ratetide::platform::serving::ReplicaEngine as _;

impl Naive<'_> {
    /// An attempt of a hedged request goes, with a service time of its own if it is a hedge; the next follows.
    pub fn hedge(&mut self, now: Ns, r: usize, further: bool) {
        let workload = self.workload(self.requests[r].route);
        let hedge = workload.client.hedge.expect("only hedged requests have several attempts");
        let tried = u64::from(self.requests[r].tried);
        let t = self.try_now(now, r);
        if further {
            let request = &self.requests[r];
            let further = self.sources[request.route].further;
            let mut stream = further.number(request.number).number(tried).stream();
            let engine = &self.models[workload.pool as usize].config.engine;
            (self.tries[t].service, _) = engine.draw(&mut stream, request.prompt, request.output);
        }
        self.push(now, RETRIES, Event::Leave(t));
        self.requests[r].hedged = now;
        if self.may_try_more(r) {
            if !hedge.delay.is_zero() {
                self.push(now + ns(hedge.delay), ASKS, Event::Hedge(r));
            } else if self.may_hedge(now, r, None) {
                self.hedge(now, r, true);
            }
        }
    }

    fn may_try_more(&self, r: usize) -> bool {
        let client = &self.workload(self.requests[r].route).client;
        client.hedge.is_some_and(|hedge| self.requests[r].tried < hedge.max.min(client.max_attempts))
    }

    /// The delay has passed since an attempt was sent. Where the gate is shut the next look is a delay later.
    pub fn hedge_is_due(&mut self, now: Ns, r: usize) {
        let request = &self.requests[r];
        let Some(hedge) = self.workload(request.route).client.hedge else { return };
        let under_way = !request.over && !request.trying.is_empty();
        if !under_way || request.hedged + ns(hedge.delay) != now || hedge.delay.is_zero() {
            return;
        }
        if self.may_hedge(now, r, None) {
            self.hedge(now, r, true);
        } else if self.may_try_more(r) {
            self.requests[r].hedged = now;
            self.push(now + ns(hedge.delay), ASKS, Event::Hedge(r));
        }
    }
}
