//! The batches of a model's replicas.

use super::batch::Batch;
use super::batching::Batching;
use crate::platform::Consumed;
use crate::platform::attempt::{Attempts, Id};
use crate::units::SimTime;

/// A batch for each replica that ever served, by the replica's index.
#[derive(Clone, Debug)]
pub struct Batches {
    /// What they are made of.
    pub engine: Batching,
    slowdown: f64,
    batches: Vec<Batch>,
}

impl Batches {
    /// No replica has served yet.
    pub fn new(engine: Batching) -> Batches {
        Batches { engine, slowdown: 1.0, batches: Vec::new() }
    }

    /// Whether a replica has space for so many tokens more.
    #[inline]
    pub fn has_space(&self, replica: u32, tokens: u64) -> bool {
        let taken = self.batches.get(replica as usize).map_or(0, Batch::tokens);
        self.engine.fits(taken + tokens)
    }

    /// A replica takes an attempt.
    pub fn admit(&mut self, now: SimTime, replica: u32, id: Id, attempts: &mut Attempts) {
        let index = replica as usize;
        if index >= self.batches.len() {
            self.batches.resize(index + 1, Batch::new(self.slowdown));
        }
        self.batches[index].admit(now, id, &self.engine, attempts);
    }

    /// An attempt leaves its replica.
    pub fn leave(&mut self, now: SimTime, replica: u32, id: Id, attempts: &mut Attempts) {
        self.batches[replica as usize].leave(now, id, &self.engine, attempts);
    }

    /// What an attempt has consumed: its prompt once its prefill has begun, and a token for each whole step.
    pub fn consumed(&self, now: SimTime, id: Id, attempts: &mut Attempts) -> Consumed {
        let (replica, work) = (attempts[id].replica, attempts[id].work);
        let stay = *attempts.stay(id);
        let output = match stay.prefilled {
            SimTime::NEVER => 0,
            _ => self.batches[replica as usize].output_made(now, &stay, work.output),
        };
        Consumed { prompt: if stay.computing { work.prompt } else { 0 }, output }
    }

    /// Whether this is what was said last of a replica.
    pub fn is_due(&self, now: SimTime, replica: u32, version: u8) -> bool {
        self.batches[replica as usize].is_due(now, version)
    }

    /// What is due on a replica happens; who is done, if anybody is.
    pub fn turn(&mut self, now: SimTime, replica: u32, attempts: &mut Attempts) -> Option<Id> {
        self.batches[replica as usize].turn(now, &self.engine, attempts)
    }

    /// A replica is lost with all on it.
    pub fn lose(&mut self, replica: u32) {
        if let Some(batch) = self.batches.get_mut(replica as usize) {
            batch.lose();
        }
    }

    /// Everything takes `slowdown` times as long from now on.
    pub fn set_slowdown(&mut self, now: SimTime, slowdown: f64) {
        self.slowdown = slowdown;
        self.batches.iter_mut().for_each(|batch| batch.set_slowdown(now, slowdown, &self.engine));
    }

    /// How many replicas have ever served.
    pub fn len(&self) -> u32 {
        self.batches.len() as u32
    }

    /// True before any has.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// When something happens next on a replica, if that is another instant than was said, and the version of
    /// saying so.
    pub fn reschedule(
        &mut self,
        now: SimTime,
        replica: u32,
        attempts: &mut Attempts,
    ) -> Option<(SimTime, u8)> {
        self.batches.get_mut(replica as usize)?.reschedule(now, attempts)
    }
}
