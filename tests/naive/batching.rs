//! Continuous batching without virtual time: each replica has a list of sequences, and everything about all of
//! them is worked out anew at each change.
//!
//! Readings taken where the model leaves a choice:
//! - work done is counted down to 2⁻⁴⁸ of a step whenever something changes on the replica, and an end is rounded
//!   up to the nanosecond;
//! - who is done at one instant leaves in order of what was left when all last started, then of arrival: that is
//!   of the fixed-point work left, at or below nothing, then of arrival;
//! - what is due is said again when it moves, or when it is now; said once, it keeps its place.

use super::{COMPLETIONS, Event, Naive, Ns, Place};
use ratetide::platform::serving::batching::{Batching, Choice};
use ratetide::platform::serving::order::Order;

/// How far a sequence is; work left in 2⁻⁴⁸ of a step.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Queued,
    Prefilling,
    Decoding(Ns),
}

/// A prefill pass: when it began, when its work was last counted, how much was left then, when it ends.
#[derive(Clone, Copy)]
struct Pass {
    began: Ns,
    counted: Ns,
    left_ns: f64,
    ends: Ns,
}

/// What a replica holds.
#[derive(Default)]
pub struct Group {
    sequences: Vec<(usize, Stage)>,
    pass: Option<Pass>,
    counted: Ns,
    due: Option<Ns>,
    /// The place in the sequence of what was said last; an event with another is void.
    pub said: u64,
}

impl Naive<'_> {
    pub fn batching(&self, m: usize) -> Option<Batching> {
        self.models[m].config.engine.batching().copied()
    }

    fn batching_on(&self, r: usize) -> Batching {
        self.batching(self.replicas[r].model).expect("it batches")
    }

    fn size(&self, t: usize) -> u64 {
        let request = &self.requests[self.tries[t].request];
        u64::from(request.prompt) + u64::from(request.output)
    }

    /// Whether it would fit an empty replica.
    pub fn fits(&self, t: usize) -> bool {
        self.batching(self.model_of(t)).and_then(|e| e.kv_tokens).is_none_or(|most| self.size(t) <= most)
    }

    fn has_room(&self, r: usize, t: usize) -> bool {
        let replica = &self.replicas[r];
        let taken: u64 = replica.group.sequences.iter().map(|&(other, _)| self.size(other)).sum();
        let most = self.batching(replica.model).and_then(|e| e.kv_tokens);
        self.is_ready(r)
            && replica.serving.len() < self.places(replica.model)
            && most.is_none_or(|most| taken + self.size(t) <= most)
    }

    pub fn has_place(&self, m: usize, t: usize) -> bool {
        self.all_ready(m).into_iter().any(|r| self.has_room(r, t))
    }

    /// The replica that takes an attempt, if any.
    pub fn choose(&mut self, m: usize, t: usize) -> Option<usize> {
        let fewest = |naive: &Naive, among: &[usize]| {
            let roomy = among.iter().copied().filter(|&r| naive.has_room(r, t));
            roomy.min_by_key(|&r| (naive.replicas[r].serving.len(), r))
        };
        let all = self.all_ready(m);
        match self.batching(m).map_or(Choice::RoundRobin, |e| e.choice) {
            Choice::LeastLoaded => fewest(self, &all),
            Choice::RoundRobin => self.models[m].rota.iter().copied().find(|&r| self.has_room(r, t)),
            Choice::PowerOfTwo => {
                let ready: Vec<u32> = all.iter().map(|&r| r as u32).collect();
                let two = Order::drawn(&ready, &mut self.models[m].draws)?.map(|r| r as usize);
                fewest(self, &two).or_else(|| fewest(self, &all))
            }
        }
    }

    fn step_ns(&self, r: usize) -> Ns {
        let engine = self.batching_on(r);
        let k = self.replicas[r].group.sequences.iter().filter(|s| matches!(s.1, Stage::Decoding(_))).count();
        let unslowed = engine.step_ns as f64 + engine.step_per_sequence_ns as f64 * k as f64;
        ((unslowed * self.slowdown(self.replicas[r].model) + 0.5).floor() as Ns).max(1)
    }

    /// Count the work done since it was last counted, at the speed that held.
    fn count(&mut self, now: Ns, r: usize) {
        let step = self.step_ns(r);
        let group = &mut self.replicas[r].group;
        if group.pass.is_none() {
            let done = ((now - group.counted) << 48) / step;
            for (_, stage) in &mut group.sequences {
                if let Stage::Decoding(left) = stage {
                    *left -= done;
                }
            }
        }
        group.counted = now;
    }

    fn prompt_ns(&self, r: usize, t: usize) -> f64 {
        let prompt = self.requests[self.tries[t].request].prompt;
        self.batching_on(r).per_prompt_token_ns as f64 * f64::from(prompt)
    }

    fn begin_pass(&mut self, now: Ns, r: usize) {
        let slowdown = self.slowdown(self.replicas[r].model);
        let mut left_ns = self.batching_on(r).prefill_ns as f64;
        for i in 0..self.replicas[r].group.sequences.len() {
            let (t, stage) = self.replicas[r].group.sequences[i];
            if stage == Stage::Queued {
                left_ns += self.prompt_ns(r, t);
                self.replicas[r].group.sequences[i].1 = Stage::Prefilling;
            }
        }
        let ends = now + (left_ns * slowdown).ceil() as Ns;
        self.replicas[r].group.pass = Some(Pass { began: now, counted: now, left_ns, ends });
    }

    pub fn admit(&mut self, now: Ns, r: usize, t: usize) {
        self.count(now, r);
        let slowdown = self.slowdown(self.replicas[r].model);
        self.replicas[r].group.sequences.push((t, Stage::Queued));
        match self.replicas[r].group.pass {
            None => self.begin_pass(now, r),
            Some(mut pass) if pass.began == now => {
                pass.left_ns += self.prompt_ns(r, t);
                pass.ends = pass.counted + (pass.left_ns * slowdown).ceil() as Ns;
                let group = &mut self.replicas[r].group;
                group.pass = Some(pass);
                group.sequences.last_mut().expect("just admitted").1 = Stage::Prefilling;
            }
            Some(_) => {}
        }
        self.say(now, r);
    }

    /// A sequence is done or withdrawn; a pass goes on as planned.
    pub fn take_out(&mut self, now: Ns, r: usize, t: usize) {
        self.count(now, r);
        self.replicas[r].group.sequences.retain(|s| s.0 != t);
    }

    /// Who is to be done next, with the work left.
    fn first(&self, r: usize) -> Option<(Ns, usize)> {
        let decoding = self.replicas[r].group.sequences.iter().filter_map(|&(t, stage)| match stage {
            Stage::Decoding(left) => Some((left, self.tries[t].ordinal, t)),
            _ => None,
        });
        decoding.min().map(|(left, _, t)| (left, t))
    }

    /// Say when something happens next on a replica.
    pub fn say(&mut self, now: Ns, r: usize) {
        self.count(now, r);
        let step = self.step_ns(r);
        let next = match (self.first(r), self.replicas[r].group.pass) {
            (Some((left, _)), _) if left <= 0 => Some(now),
            (_, Some(pass)) => Some(pass.ends),
            (Some((left, _)), None) => Some(now + (left * step + (1 << 48) - 1) / (1 << 48)),
            (None, None) => None,
        };
        let group = &mut self.replicas[r].group;
        if next == group.due && next != Some(now) {
            return;
        }
        group.due = next;
        group.said = 0;
        if let Some(at) = next {
            self.push(at, COMPLETIONS, Event::Turn(r));
            self.replicas[r].group.said = self.sequence;
        }
    }

    pub fn turn(&mut self, now: Ns, r: usize) {
        self.count(now, r);
        if let Some((_, t)) = self.first(r).filter(|&(left, _)| left <= 0) {
            self.complete(now, t);
        } else if let Some(pass) = self.replicas[r].group.pass.filter(|pass| pass.ends <= now) {
            assert_eq!(pass.ends, now);
            self.replicas[r].group.pass = None;
            for i in 0..self.replicas[r].group.sequences.len() {
                let (t, stage) = self.replicas[r].group.sequences[i];
                if stage == Stage::Prefilling {
                    let output = Ns::from(self.requests[self.tries[t].request].output);
                    self.replicas[r].group.sequences[i].1 = Stage::Decoding(output << 48);
                }
            }
            if self.replicas[r].group.sequences.iter().any(|s| s.1 == Stage::Queued) {
                self.begin_pass(now, r);
            }
        }
        self.say(now, r);
    }

    /// Everything runs `after` times as long as nominal from now on, not `before` times.
    pub fn change_speed(&mut self, now: Ns, m: usize, change: impl FnOnce(&mut Self)) {
        let before = self.slowdown(m);
        let all: Vec<usize> = (0..self.replicas.len()).filter(|&r| self.replicas[r].model == m).collect();
        all.iter().for_each(|&r| self.count(now, r));
        change(self);
        let after = self.slowdown(m);
        for r in all {
            if let Some(pass) = &mut self.replicas[r].group.pass {
                pass.left_ns = (pass.left_ns - (now - pass.counted) as f64 / before).max(0.0);
                pass.counted = now;
                pass.ends = now + (pass.left_ns * after).ceil() as Ns;
            }
            self.say(now, r);
        }
    }

    /// A replica is lost with all on it.
    pub fn empty(&mut self, r: usize) {
        let replica = &mut self.replicas[r];
        (replica.serving, replica.group) = (Vec::new(), Group::default());
    }

    /// Whether an attempt is on a replica that batches, and which.
    pub fn on(&self, t: usize) -> Option<usize> {
        match self.tries[t].place {
            Place::Serving(r) if self.batching(self.replicas[r].model).is_some() => Some(r),
            _ => None,
        }
    }
}
