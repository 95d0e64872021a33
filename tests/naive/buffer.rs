//! Who waits, and who is served next: green before red, inside a colour in order of arrival or by turns.
//!
//! Turns are deficit round robin (Shreedhar and Varghese 1995): the org whose turn it is gets a quantum of tokens, and
//! is served while it can pay. The quantum is the largest cost that has waited in the colour, times the org's weight
//! over the least on the model.

use super::{DROPS, Event, Naive, Ns, Place, ns};
use ratetide::limit::policy::Enforcement;
use ratetide::platform::config::Discipline;

/// The orgs that wait in a colour, whose turn it is first.
#[derive(Default)]
pub struct Turns {
    ring: Vec<Org>,
    largest: f64,
}

struct Org {
    pair: usize,
    /// In order of arrival, each with its cost.
    waiting: Vec<(usize, f64)>,
    /// Its weight over the least.
    weight: f64,
    deficit: f64,
    granted: bool,
}

impl Turns {
    fn add(&mut self, pair: usize, weight: f64, t: usize, cost: f64) {
        self.largest = self.largest.max(cost);
        match self.ring.iter_mut().find(|org| org.pair == pair) {
            Some(org) => org.waiting.push((t, cost)),
            None => {
                let waiting = vec![(t, cost)];
                self.ring.push(Org { pair, waiting, weight, deficit: 0.0, granted: false });
            }
        }
    }

    /// Whose turn it is.
    fn next(&mut self) -> Option<usize> {
        if self.ring.is_empty() {
            return None;
        }
        loop {
            let org = &mut self.ring[0];
            if !org.granted {
                org.deficit += self.largest * org.weight;
                org.granted = true;
            }
            let (t, cost) = org.waiting[0];
            if cost <= org.deficit {
                return Some(t);
            }
            org.granted = false;
            self.ring.rotate_left(1);
        }
    }

    /// Who is served pays.
    fn pay(&mut self) {
        let org = &mut self.ring[0];
        org.deficit -= org.waiting[0].1;
    }

    /// Who waits for nothing keeps nothing.
    fn remove(&mut self, t: usize) {
        self.ring.iter_mut().for_each(|org| org.waiting.retain(|&(other, _)| other != t));
        self.ring.retain(|org| !org.waiting.is_empty());
    }
}

impl Naive<'_> {
    /// 0 for who goes first: green, and all in one queue, where the colour is a label only.
    fn class(&self, m: usize, t: usize) -> usize {
        let one_queue = self.models[m].config.policy.enforcement == Enforcement::Attribution;
        usize::from(!one_queue && !self.is_green(t))
    }

    /// How many may be served before a newcomer.
    pub fn ahead_of(&self, m: usize, t: usize) -> usize {
        let class = self.class(m, t);
        self.models[m].waiting.iter().filter(|&&other| self.class(m, other) <= class).count()
    }

    pub fn wait(&mut self, m: usize, t: usize) {
        self.tries[t].place = Place::Waiting;
        let weight = self.weight(t) / self.models[m].weight_min;
        let (class, pair, cost) = (self.class(m, t), self.pair(t), self.tries[t].tokens);
        let model = &mut self.models[m];
        model.waiting.push(t);
        model.turns[class].add(pair, weight, t, cost);
    }

    pub fn stop_waiting(&mut self, m: usize, t: usize) {
        let model = &mut self.models[m];
        model.waiting.retain(|&other| other != t);
        model.spare.retain(|&other| other != t);
        model.turns.iter_mut().for_each(|turns| turns.remove(t));
    }

    fn next(&mut self, m: usize) -> Option<usize> {
        let class =
            (0..2).find(|&class| self.models[m].waiting.iter().any(|&t| self.class(m, t) == class))?;
        if self.models[m].config.buffer.discipline == Discipline::Fair {
            return self.models[m].turns[class].next();
        }
        self.models[m].waiting.iter().copied().find(|&t| self.class(m, t) == class)
    }

    /// Fill free places: first with who waits, one behind another, then with work for spare capacity.
    pub fn serve_waiting(&mut self, now: Ns, m: usize) {
        while self.has_free_place(m)
            && let Some(t) = self.next(m)
            && self.has_place(m, t)
        {
            let class = self.class(m, t);
            if self.models[m].config.buffer.discipline == Discipline::Fair {
                self.models[m].turns[class].pay();
            }
            self.stop_waiting(m, t);
            let r = self.choose(m, t).expect("there is a place");
            self.start_on(now, t, r);
        }
        while let Some(&t) = self.models[m].spare.first()
            && self.has_spare(m)
            && self.has_place(m, t)
        {
            self.stop_waiting(m, t);
            let r = self.choose(m, t).expect("there is a place");
            self.start_on(now, t, r);
        }
    }

    /// The drop timer rang: the oldest is dropped if it has waited its time, and the timer set for the next.
    pub fn drop_expired(&mut self, now: Ns, m: usize) {
        let max_wait = ns(self.models[m].config.buffer.max_wait);
        let oldest = self.models[m].waiting.first().copied();
        let dropped = oldest.filter(|&t| self.tries[t].arrived + max_wait <= now);
        dropped.into_iter().for_each(|t| self.stop_waiting(m, t));
        let next = self.models[m].waiting.first().map(|&t| self.tries[t].arrived + max_wait);
        self.models[m].drops = next.is_some();
        if let Some(t) = dropped {
            self.fail(now, t);
            self.serve_waiting(now, m);
        }
        if let Some(at) = next {
            self.push(at, DROPS, Event::Drop(m));
        }
    }

    /// Whether work for spare capacity may start: nobody else waits, and its reserve stays free.
    fn has_spare(&self, m: usize) -> bool {
        let slots = self.ready(m) * self.places(m);
        let free = slots - self.busy_ready(m);
        let reserve = self.models[m].config.spare_reserve * slots as f64;
        // Up to rounding: a tenth of ten slots is one.
        self.models[m].waiting.is_empty() && free > 0 && (free - 1) as f64 >= reserve - 1e-9
    }
}
