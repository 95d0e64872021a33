//! The way a workload's requests are served: serverless, as batch jobs, or on a dedicated endpoint.
//!
//! | file | concept |
//! |---|---|
//! | [`batch`] | the batch lane: discounted, on spare capacity, within a window |
//! | [`dedicated`] | the dedicated lane: reserved replicas, paid by the hour |
//! | [`jobs`] | batch jobs at run time: files, submission, what is done and what expired |

pub mod batch;
pub mod dedicated;
pub mod jobs;

use crate::read::{Family, Member, Spec, Tagged};
use batch::Batch;
use dedicated::Dedicated;

/// A lane.
#[derive(Clone, Debug)]
pub enum Lane {
    /// The model's replicas, shared by all orgs under their dynamic rates.
    Serverless,
    /// Jobs on the model's spare capacity.
    Batch(Batch),
    /// Replicas of its own.
    Dedicated(Box<Dedicated>),
}

static SERVERLESS: Spec = Spec::new(
    "serverless",
    "the model's replicas, shared by all orgs under their dynamic rates; paid per token",
    &[],
);

/// All lanes, as a scenario names them.
pub static LANES: Family = Family::new(
    "lane",
    "how a workload's requests are served and paid",
    &[
        Member::table("serverless", &SERVERLESS),
        Member::table("batch", &batch::SPEC),
        Member::table("dedicated", &dedicated::SPEC),
    ],
);

impl Lane {
    /// Read the key `lane` of a workload, if it is there.
    pub fn read(chosen: Option<Tagged>) -> Lane {
        let Some(chosen) = chosen else { return Lane::Serverless };
        let tag = chosen.tag;
        let mut table = chosen.table();
        match tag {
            "batch" => Lane::Batch(Batch::read(&mut table)),
            "dedicated" => Lane::Dedicated(Box::new(Dedicated::read(&mut table))),
            _ => Lane::Serverless,
        }
    }

    /// Its word in tables.
    pub fn word(&self) -> &'static str {
        WORDS[self.index()]
    }

    /// Its place in [`WORDS`].
    pub fn index(&self) -> usize {
        match self {
            Lane::Serverless => 0,
            Lane::Batch(_) => 1,
            Lane::Dedicated(_) => 2,
        }
    }

    /// The batch lane, if it is that.
    pub fn batch(&self) -> Option<&Batch> {
        if let Lane::Batch(batch) = self { Some(batch) } else { None }
    }

    /// The dedicated lane, if it is that.
    pub fn dedicated(&self) -> Option<&Dedicated> {
        if let Lane::Dedicated(dedicated) = self { Some(dedicated) } else { None }
    }
}

/// The lanes' words, in the order they are listed.
pub const WORDS: [&str; 3] = ["serverless", "batch", "dedicated"];
